/* Depthwise int8 rows in 16-bit multiply-adds of two taps each, exact; compiled once per instruction set. */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernels/simd.h"

#if MOTE_SIMD_BYTES == 64
typedef __m512i vec;
#elif MOTE_SIMD_BYTES == 32
typedef __m256i vec;
#else
typedef __m128i vec;
#endif
enum { GROUP = 2, ZERO_SHIFT = 0 };

static inline vec dw_gather(const int8_t *const rows[GROUP])
{
#if MOTE_SIMD_BYTES == 64
    const vec upper = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)rows[0]));
    const vec lower = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)rows[1]));
    return _mm512_mask_blend_epi16(0xaaaaaaaa, upper, _mm512_slli_epi32(lower, 16));
#elif MOTE_SIMD_BYTES == 32
    const vec upper = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)rows[0]));
    const vec lower = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)rows[1]));
    return _mm256_blend_epi16(upper, _mm256_slli_epi32(lower, 16), 0xaa);
#else
    const vec upper = _mm_cvtepi8_epi32(_mm_loadu_si32(rows[0])), lower = _mm_cvtepi8_epi32(_mm_loadu_si32(rows[1]));
    return _mm_blend_epi16(upper, _mm_slli_epi32(lower, 16), 0xaa);
#endif
}

static inline vec dw_weights(const int8_t *w)
{
#if MOTE_SIMD_BYTES == 64
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)w));
#elif MOTE_SIMD_BYTES == 32
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)w));
#else
    return _mm_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)(const void *)w));
#endif
}

static inline vec dw_add(vec sums, vec x, vec w)
{
#if MOTE_SIMD_BYTES == 64
    return _mm512_add_epi32(sums, _mm512_madd_epi16(x, w));
#elif MOTE_SIMD_BYTES == 32
    return _mm256_add_epi32(sums, _mm256_madd_epi16(x, w));
#else
    return _mm_add_epi32(sums, _mm_madd_epi16(x, w));
#endif
}

#include "kernels/simd_dw_qs8.h"

void MOTE_SIMD(mote_qs8_dw)(const mote_dw_job *job, int32_t row)
{
    run_row(job, row);
}
