/* The strict slots (strict_math.h), compiled once per instruction set and without fused multiply-add. */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/strict_math.h"

#if MOTE_SIMD_BYTES == 64
#include "kernels/x86/strict_avx512.h"
#else
enum { STRICT_LANES = 1 };

static inline void logistic_lanes(const float *in, float *out)
{
    *out = mote_logistic_strict_f32(*in);
}
#endif

void MOTE_SIMD(mote_f32_logistic_strict)(const float *in, float *out, int64_t n)
{
    int64_t i = 0;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
    for (; i <= n - STRICT_LANES; i += STRICT_LANES)
        logistic_lanes(in + i, out + i);
    for (; i < n; ++i)
        out[i] = mote_logistic_strict_f32(in[i]);
}
