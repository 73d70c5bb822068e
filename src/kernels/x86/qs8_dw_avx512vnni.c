/*
 * Depthwise int8 rows with VNNI, four taps at a time. vpdpbusd multiplies unsigned by signed bytes, so x is shifted up
 * by 128 (a flip of its top bit), which `start` makes good.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernels/simd.h"

typedef __m512i vec;
enum { GROUP = 4, ZERO_SHIFT = 128 };

/* Four rows of sixteen bytes, turned: first whole channels' quarters into their lanes, then bytes within these. */
static inline vec dw_gather(const int8_t *const rows[GROUP])
{
    const __m512i quarters = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i bytes = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)rows[0]));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(const void *)rows[1]), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(const void *)rows[2]), 2);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(const void *)rows[3]), 3);
    v = _mm512_shuffle_epi8(_mm512_permutexvar_epi32(quarters, v), bytes);
    return _mm512_xor_si512(v, _mm512_set1_epi8(-128));
}

static inline vec dw_weights(const int8_t *w)
{
    return _mm512_loadu_si512(w);
}

static inline vec dw_add(vec sums, vec x, vec w)
{
    return _mm512_dpbusd_epi32(sums, x, w);
}

#include "kernels/simd_dw_qs8.h"

void mote_qs8_dw__avx512vnni(const mote_dw_job *job, int32_t row)
{
    run_row(job, row);
}
