#ifndef MOTE_KERNELS_SIMD_H
#define MOTE_KERNELS_SIMD_H

/* meson.build sets these for each instruction set that a simd_*.c file is compiled for. A tool that looks at one file
 * alone sees the weakest set. */
#ifndef MOTE_SIMD_BYTES
#define MOTE_SIMD_NAME  sse4
#define MOTE_SIMD_BYTES 16
#define MOTE_SIMD_ROWS  4
#endif

#include <stdint.h>
#if MOTE_SIMD_BYTES == 64
#include "kernels/x86/requantize_avx512.h"
#endif

#define MOTE_SIMD_JOIN_(a, b) a##__##b
#define MOTE_SIMD_JOIN(a, b)  MOTE_SIMD_JOIN_(a, b)
/* MOTE_SIMD(mote_f32_gemm) is mote_f32_gemm__avx2 in the avx2 library. */
#define MOTE_SIMD(name) MOTE_SIMD_JOIN(name, MOTE_SIMD_NAME)

typedef float mote_vec_f32 __attribute__((vector_size(MOTE_SIMD_BYTES)));
typedef int32_t mote_vec_i32 __attribute__((vector_size(MOTE_SIMD_BYTES)));

/* Each lane limited to [low, high]; NaN stays NaN, as with two comparisons on a scalar. */
static inline mote_vec_f32 mote_vec_clamp(mote_vec_f32 v, float low, float high)
{
    const mote_vec_f32 l = low - (mote_vec_f32){0}, h = high - (mote_vec_f32){0};
    const mote_vec_i32 below = v < l;
    v = (mote_vec_f32)((below & (mote_vec_i32)l) | (~below & (mote_vec_i32)v));
    const mote_vec_i32 above = v > h;
    return (mote_vec_f32)((above & (mote_vec_i32)h) | (~above & (mote_vec_i32)v));
}

/*
 * out[i] = clamp(mote_scale_i32(sums[i], {mantissa[i], exponent[i]}) + zero_point), i in [0, n): the same two roundings
 * without a branch, in a loop that the compiler vectorizes. Mantissas are not negative, so no product saturates.
 */
static inline void mote_simd_requantize(const int32_t *restrict sums, const int32_t *restrict mantissa,
                                        const int32_t *restrict exponent, int64_t n, int32_t zero_point, int32_t low,
                                        int32_t high, int8_t *restrict out)
{
    int64_t i = 0;
#if MOTE_SIMD_BYTES == 64
    for (; i + 16 <= n; i += 16) {
        __m512i q = mote_requantize_avx512(_mm512_loadu_si512(sums + i), _mm512_loadu_si512(mantissa + i),
                                           _mm512_loadu_si512(exponent + i));
        q = _mm512_add_epi32(q, _mm512_set1_epi32(zero_point));
        q = _mm512_min_epi32(_mm512_max_epi32(q, _mm512_set1_epi32(low)), _mm512_set1_epi32(high));
        _mm_storeu_si128((__m128i *)(void *)(out + i), _mm512_cvtepi32_epi8(q));
    }
#endif
    for (; i < n; i++) {
        const int32_t e = exponent[i];
        const int32_t left = e > 0 ? e : 0, right = e < 0 ? -e : 0;
        const int64_t product = (int64_t)(int32_t)((uint32_t)sums[i] << left) * mantissa[i];
        const int32_t x = (int32_t)(uint32_t)((uint64_t)(product + (1 << 30)) >> 31);
        const int32_t mask = (int32_t)((UINT32_C(1) << right) - 1);
        const int32_t threshold = (mask >> 1) + (int32_t)((uint32_t)x >> 31);
        int32_t y = (x >> right) + ((x & mask) > threshold ? 1 : 0);
        y = (int32_t)((uint32_t)y + (uint32_t)zero_point);
        y = y < low ? low : y;
        out[i] = (int8_t)(y > high ? high : y);
    }
}

#endif
