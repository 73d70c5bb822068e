/* The strict slots (strict_math.h), compiled once per instruction set and without fused multiply-add. */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/strict_math.h"

void MOTE_SIMD(mote_f32_logistic_strict)(const float *in, float *out, int64_t n)
{
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_logistic_strict_f32(in[i]);
}
