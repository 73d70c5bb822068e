#include "pass/fold_rsqrt.h"

#include <float.h>
#include <math.h>

enum { VECTOR = 8 };

/* What Intel's processors answer to RSQRTPS, for normal positive numbers: the mantissa in [1, 4) is cut into 1024 steps
 * to the octave, and the answer is that of the middle of the step, rounded to 13 bits. */
static float approximate(float x)
{
    int exponent;
    double mantissa = 2 * frexp((double)x, &exponent); /* [1, 2) */
    exponent--;
    const double step = floor((mantissa - 1) * 1024);
    mantissa = 1 + (step + 0.5) / 1024;
    if (exponent % 2 != 0) {
        mantissa *= 2;
        exponent--;
    }
    return (float)ldexp(floor(8192 / sqrt(mantissa) + 0.5), -13 - exponent / 2);
}

static float refined(float x)
{
    if (!(x >= FLT_MIN && x <= FLT_MAX))
        return 1.0f / sqrtf(x);
    const float guess = approximate(x);
    const float error = x * guess * guess + -1.0f;
    return guess * -0.5f * error + guess;
}

void mote_fold_rsqrt(const float *from, float *to, int32_t n)
{
    const int32_t whole = n - n % VECTOR;
    for (int32_t i = 0; i < n; i++)
        to[i] = i < whole ? refined(from[i]) : 1.0f / sqrtf(from[i]);
}
