/* requantize.h's, eight lanes. */
#ifndef MOTE_KERNELS_X86_REQUANTIZE_AVX2_H
#define MOTE_KERNELS_X86_REQUANTIZE_AVX2_H

typedef __m256i mote_vec_int;
typedef struct mote_requantizer {
    __m256i mantissa, mantissa_odd;
    __m256i rounding, rounding_odd; /* in 64 bits: 2^30 + 2^(30+r) */
    __m256i shift;                  /* r - 1 */
    bool plain;                     /* r is at least 1 everywhere */
    mote_requantize_values values;
} mote_requantizer;

static inline mote_requantizer mote_requantizer_make(const mote_requantize_values *values)
{
    int32_t mantissas[MOTE_REQUANTIZE_LANES], exponents[MOTE_REQUANTIZE_LANES];
    mote_requantize_part(values->mantissa, values->lanes, mantissas);
    mote_requantize_part(values->exponent, values->lanes, exponents);
    const __m256i mantissa = _mm256_loadu_si256((const __m256i *)(const void *)mantissas);
    const __m256i exponent = _mm256_loadu_si256((const __m256i *)(const void *)exponents);
    const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi32(1), half_bit = _mm256_set1_epi64x(1 << 30);
    const __m256i right = _mm256_max_epi32(_mm256_sub_epi32(zero, exponent), one);
    const __m256i even = _mm256_and_si256(right, _mm256_set1_epi64x(UINT32_MAX)), odd = _mm256_srli_epi64(right, 32);
    const __m256i not_right = _mm256_cmpgt_epi32(exponent, _mm256_set1_epi32(-1));
    return (mote_requantizer){
        .mantissa = mantissa,
        .mantissa_odd = _mm256_srli_epi64(mantissa, 32),
        .rounding = _mm256_add_epi64(_mm256_sllv_epi64(half_bit, even), half_bit),
        .rounding_odd = _mm256_add_epi64(_mm256_sllv_epi64(half_bit, odd), half_bit),
        .shift = _mm256_sub_epi32(right, one),
        .plain = _mm256_testc_si256(_mm256_cmpeq_epi32(mantissa, zero), not_right) != 0,
        .values = *values,
    };
}

/* Plain only. */
static inline __m256i mote_requantize(const mote_requantizer *r, __m256i sums)
{
    const __m256i sign = _mm256_set1_epi64x(INT64_C(1) << 31), odd = _mm256_srli_epi64(sums, 32);
    const __m256i add = _mm256_sub_epi64(r->rounding, _mm256_and_si256(sums, sign));
    const __m256i add_odd = _mm256_sub_epi64(r->rounding_odd, _mm256_and_si256(odd, sign));
    const __m256i even_high = _mm256_add_epi64(_mm256_mul_epi32(sums, r->mantissa), add);
    const __m256i odd_high = _mm256_add_epi64(_mm256_mul_epi32(odd, r->mantissa_odd), add_odd);
    const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even_high, 32), odd_high, 0xaa);
    return _mm256_srav_epi32(high, r->shift);
}

/* n of the lanes, 0 < n. */
static inline void mote_requantize_store(const mote_requantizer *r, __m256i sums, int8_t *out, int64_t n)
{
    if (!r->plain) {
        int32_t each[MOTE_REQUANTIZE_LANES];
        _mm256_storeu_si256((__m256i *)(void *)each, sums);
        mote_requantize_one_by_one(&r->values, each, out, n < MOTE_REQUANTIZE_LANES ? n : MOTE_REQUANTIZE_LANES);
        return;
    }
    const __m256i q = _mm256_add_epi32(mote_requantize(r, sums), _mm256_set1_epi32(r->values.zero_point));
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
    __m128i codes = _mm_packs_epi16(words, words);
    codes = _mm_max_epi8(codes, _mm_set1_epi8((int8_t)r->values.low));
    codes = _mm_min_epi8(codes, _mm_set1_epi8((int8_t)r->values.high));
    if (n >= MOTE_REQUANTIZE_LANES) {
        _mm_storel_epi64((__m128i *)(void *)out, codes);
        return;
    }
    int8_t each[2 * MOTE_REQUANTIZE_LANES];
    _mm_storeu_si128((__m128i *)(void *)each, codes);
    memcpy(out, each, (size_t)n);
}

#endif
