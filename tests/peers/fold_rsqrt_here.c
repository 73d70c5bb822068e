/*
 * In place of src/pass/fold_rsqrt.c, for mote_here: the reciprocal root as TensorFlow's converter has it on this
 * machine. Eigen asks the processor for an approximation, which AMD's answers otherwise than Intel's. What mote writes
 * must not depend on where it runs, and is what Intel's give; this one shows that nothing else differs from TensorFlow.
 */
#include <float.h>
#include <math.h>
#include <xmmintrin.h>

#include "pass/fold_rsqrt.h"

enum { VECTOR = 8 };

static float refined(float x)
{
    if (!(x >= FLT_MIN && x <= FLT_MAX))
        return 1.0f / sqrtf(x);
    const float guess = _mm_cvtss_f32(_mm_rsqrt_ss(_mm_set_ss(x)));
    const float error = x * guess * guess + -1.0f;
    return guess * -0.5f * error + guess;
}

void mote_fold_rsqrt(const float *from, float *to, int32_t n)
{
    const int32_t whole = n - n % VECTOR;
    for (int32_t i = 0; i < n; i++)
        to[i] = i < whole ? refined(from[i]) : 1.0f / sqrtf(from[i]);
}
