/*
 * What the products of integer matrices share, compiled once per instruction set: four values of k at a time, in 16
 * bits each, against a panel of columns whose 8-bit weights are widened, so that one multiply-add sums two products of
 * a column exactly.
 */
#ifndef MOTE_KERNELS_SIMD_GEMM_INT_H
#define MOTE_KERNELS_SIMD_GEMM_INT_H

#include "kernels/simd.h"

#include <immintrin.h>
#include <string.h>

#if MOTE_SIMD_BYTES == 64
typedef __m512i vec;
typedef __m256i half;
enum { MR = 6 };
#define V(name)          _mm512_##name
#define V_BITS(name)     _mm512_##name##_si512
#define V_LOAD_HALF      _mm256_loadu_si256
#define V_SPLAT_64(four) _mm512_broadcastq_epi64(four)
#elif MOTE_SIMD_BYTES == 32
typedef __m256i vec;
typedef __m128i half;
enum { MR = 3 };
#define V(name)          _mm256_##name
#define V_BITS(name)     _mm256_##name##_si256
#define V_LOAD_HALF      _mm_loadu_si128
#define V_SPLAT_64(four) _mm256_broadcastq_epi64(four)
#else
typedef __m128i vec;
typedef __m128i half;
enum { MR = 3 };
#define V(name)          _mm_##name
#define V_BITS(name)     _mm_##name##_si128
#define V_LOAD_HALF      _mm_loadl_epi64
#define V_SPLAT_64(four) _mm_unpacklo_epi64(four, four)
#endif

enum { NR = 2 * MOTE_SIMD_BYTES / 4, KR = 4, PARTS = 4 };

static inline vec widen(const int8_t *w)
{
    return V(cvtepi8_epi16)(V_LOAD_HALF((const half *)(const void *)w));
}

/* One group of k for `rows` rows: each accumulator holds two halves of a column's sum side by side. */
static inline __attribute__((always_inline)) void add_group(vec sums[MR][PARTS], const vec a[MR], const int rows,
                                                            const int8_t *w)
{
#pragma GCC unroll 4
    for (int p = 0; p < PARTS; p++) {
        const vec weights = widen(w + p * MOTE_SIMD_BYTES / 2);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            sums[r][p] = V(add_epi32)(sums[r][p], V(madd_epi16)(a[r], weights));
    }
}

#endif
