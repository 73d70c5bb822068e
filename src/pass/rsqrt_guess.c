#include "pass/fold_rsqrt.h"

#include <math.h>

/* What Intel's processors answer to RSQRTPS, for normal positive numbers: the mantissa in [1, 4) is cut into 1024 steps
 * to the octave, and the answer is that of the middle of the step, rounded to 13 bits. */
float mote_rsqrt_guess(float x)
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
