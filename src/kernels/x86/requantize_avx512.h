/* requantize.h's, sixteen lanes. */
#ifndef MOTE_KERNELS_X86_REQUANTIZE_AVX512_H
#define MOTE_KERNELS_X86_REQUANTIZE_AVX512_H

typedef __m512i mote_vec_int;
typedef struct mote_requantizer {
    __m512i mantissa, mantissa_odd;
    __m512i rounding, rounding_odd; /* in 64 bits: 2^30 + 2^(30+r) */
    __m512i shift;                  /* r - 1 */
    bool plain;                     /* r is at least 1 everywhere */
    mote_requantize_values values;
} mote_requantizer;

static inline mote_requantizer mote_requantizer_make(const mote_requantize_values *values)
{
    int32_t mantissas[MOTE_REQUANTIZE_LANES], exponents[MOTE_REQUANTIZE_LANES];
    mote_requantize_part(values->mantissa, values->lanes, mantissas);
    mote_requantize_part(values->exponent, values->lanes, exponents);
    const __m512i mantissa = _mm512_loadu_si512(mantissas), exponent = _mm512_loadu_si512(exponents);
    const __m512i one = _mm512_set1_epi32(1), half_bit = _mm512_set1_epi64(1 << 30);
    const __m512i right = _mm512_max_epi32(_mm512_sub_epi32(_mm512_setzero_si512(), exponent), one);
    const __m512i even = _mm512_and_si512(right, _mm512_set1_epi64(UINT32_MAX)), odd = _mm512_srli_epi64(right, 32);
    return (mote_requantizer){
        .mantissa = mantissa,
        .mantissa_odd = _mm512_srli_epi64(mantissa, 32),
        .rounding = _mm512_add_epi64(_mm512_sllv_epi64(half_bit, even), half_bit),
        .rounding_odd = _mm512_add_epi64(_mm512_sllv_epi64(half_bit, odd), half_bit),
        .shift = _mm512_sub_epi32(right, one),
        .plain = (_mm512_cmpgt_epi32_mask(exponent, _mm512_set1_epi32(-1)) &
                  _mm512_test_epi32_mask(mantissa, mantissa)) == 0,
        .values = *values,
    };
}

/* Plain only. */
static inline __m512i mote_requantize(const mote_requantizer *r, __m512i sums)
{
    const __m512i sign = _mm512_set1_epi64(INT64_C(1) << 31), odd = _mm512_srli_epi64(sums, 32);
    const __m512i add = _mm512_sub_epi64(r->rounding, _mm512_and_si512(sums, sign));
    const __m512i add_odd = _mm512_sub_epi64(r->rounding_odd, _mm512_and_si512(odd, sign));
    const __m512i even_high = _mm512_add_epi64(_mm512_mul_epi32(sums, r->mantissa), add);
    const __m512i odd_high = _mm512_add_epi64(_mm512_mul_epi32(odd, r->mantissa_odd), add_odd);
    const __m512i high = _mm512_mask_shuffle_epi32(odd_high, 0x5555, even_high, _MM_PERM_DDBB);
    return _mm512_srav_epi32(high, r->shift);
}

/* n of the lanes, 0 < n. */
static inline void mote_requantize_store(const mote_requantizer *r, __m512i sums, int8_t *out, int64_t n)
{
    if (!r->plain) {
        int32_t each[MOTE_REQUANTIZE_LANES];
        _mm512_storeu_si512(each, sums);
        mote_requantize_one_by_one(&r->values, each, out, n < MOTE_REQUANTIZE_LANES ? n : MOTE_REQUANTIZE_LANES);
        return;
    }
    const __m512i q = _mm512_add_epi32(mote_requantize(r, sums), _mm512_set1_epi32(r->values.zero_point));
    __m128i codes = _mm512_cvtsepi32_epi8(q);
    codes = _mm_max_epi8(codes, _mm_set1_epi8((int8_t)r->values.low));
    codes = _mm_min_epi8(codes, _mm_set1_epi8((int8_t)r->values.high));
    if (n >= MOTE_REQUANTIZE_LANES)
        _mm_storeu_si128((__m128i *)(void *)out, codes);
    else
        _mm_mask_storeu_epi8(out, (__mmask16)((1u << n) - 1u), codes);
}

#endif
