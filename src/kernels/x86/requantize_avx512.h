/* Requantization with both of the reference's roundings, sixteen sums at a time. */
#ifndef MOTE_KERNELS_X86_REQUANTIZE_AVX512_H
#define MOTE_KERNELS_X86_REQUANTIZE_AVX512_H

#include <immintrin.h>

/* Doubling high product, rounded: (a * b + 2^30) >> 31 in every lane. */
static inline __m512i mote_mulh_avx512(__m512i a, __m512i b)
{
    const __m512i round = _mm512_set1_epi64(1 << 30);
    const __m512i even = _mm512_srli_epi64(_mm512_add_epi64(_mm512_mul_epi32(a, b), round), 31);
    const __m512i odd_product = _mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32));
    const __m512i odd = _mm512_slli_epi64(_mm512_srli_epi64(_mm512_add_epi64(odd_product, round), 31), 32);
    return _mm512_mask_blend_epi32(0xaaaa, even, odd);
}

/* mote_scale_i32 in every lane. */
static inline __m512i mote_requantize_avx512(__m512i sum, __m512i mantissa, __m512i exponent)
{
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi32(1);
    const __m512i left = _mm512_max_epi32(exponent, zero);
    const __m512i right = _mm512_max_epi32(_mm512_sub_epi32(zero, exponent), zero);
    const __m512i high = mote_mulh_avx512(_mm512_sllv_epi32(sum, left), mantissa);
    /* round half away from zero: the remainder against half of 2^right, one more for negatives */
    const __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
    const __m512i remainder = _mm512_and_si512(high, mask);
    const __m512i threshold = _mm512_add_epi32(_mm512_srli_epi32(mask, 1), _mm512_srli_epi32(high, 31));
    const __mmask16 up = _mm512_cmpgt_epi32_mask(remainder, threshold);
    const __m512i shifted = _mm512_srav_epi32(high, right);
    return _mm512_mask_add_epi32(shifted, up, shifted, one);
}

#endif
