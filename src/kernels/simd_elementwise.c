/*
 * The element-wise slots, compiled once per instruction set: loops without calls or branches that the compiler turns
 * into vector code. Outputs may be their inputs.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/vec_math.h"

#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

void MOTE_SIMD(mote_f32_exp)(const float *in, float *out, int64_t n, float shift, float factor)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_exp_f32((in[i] - shift) * factor);
}

void MOTE_SIMD(mote_f32_logistic)(const float *in, float *out, int64_t n)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_logistic_f32(in[i]);
}

void MOTE_SIMD(mote_f32_tanh)(const float *in, float *out, int64_t n)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_tanh_f32(in[i]);
}

void MOTE_SIMD(mote_f32_gelu)(const float *in, float *out, int64_t n)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_gelu_f32(in[i]);
}
