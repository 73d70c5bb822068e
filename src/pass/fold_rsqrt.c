#include "pass/fold_rsqrt.h"

#include <float.h>
#include <math.h>

enum { VECTOR = 8 };

static float refined(float x)
{
    if (!(x >= FLT_MIN && x <= FLT_MAX))
        return 1.0f / sqrtf(x);
    const float guess = mote_rsqrt_guess(x);
    const float error = x * guess * guess + -1.0f;
    return guess * -0.5f * error + guess;
}

void mote_fold_rsqrt(const float *from, float *to, int32_t n)
{
    const int32_t whole = n - n % VECTOR;
    for (int32_t i = 0; i < n; i++)
        to[i] = i < whole ? refined(from[i]) : 1.0f / sqrtf(from[i]);
}
