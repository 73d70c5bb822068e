/* requantize.h's, four lanes. Shifts that differ from lane to lane are not there, and made one by one. */
#ifndef MOTE_KERNELS_X86_REQUANTIZE_SSE4_H
#define MOTE_KERNELS_X86_REQUANTIZE_SSE4_H

typedef __m128i mote_vec_int;
typedef struct mote_requantizer {
    __m128i mantissa, mantissa_odd;
    __m128i rounding, rounding_odd;        /* in 64 bits: 2^30 + 2^(30+r) */
    int32_t shifts[MOTE_REQUANTIZE_LANES]; /* r - 1 */
    bool alike;                            /* all shifts are the first */
    bool plain;                            /* r is at least 1 everywhere */
    mote_requantize_values values;
} mote_requantizer;

static inline mote_requantizer mote_requantizer_make(const mote_requantize_values *values)
{
    mote_requantizer r = {.alike = true, .plain = true, .values = *values};
    int32_t mantissas[MOTE_REQUANTIZE_LANES], exponents[MOTE_REQUANTIZE_LANES];
    int64_t rounding[MOTE_REQUANTIZE_LANES];
    mote_requantize_part(values->mantissa, values->lanes, mantissas);
    mote_requantize_part(values->exponent, values->lanes, exponents);
    for (int i = 0; i < MOTE_REQUANTIZE_LANES; i++) {
        const int32_t right = mote_max_i32(-exponents[i], 1);
        r.plain = r.plain && (exponents[i] < 0 || mantissas[i] == 0);
        r.shifts[i] = right - 1;
        r.alike = r.alike && r.shifts[i] == r.shifts[0];
        rounding[i] = (INT64_C(1) << 30) + (INT64_C(1) << (30 + right));
    }
    r.mantissa = _mm_loadu_si128((const __m128i *)(const void *)mantissas);
    r.mantissa_odd = _mm_srli_epi64(r.mantissa, 32);
    r.rounding = _mm_set_epi64x(rounding[2], rounding[0]);
    r.rounding_odd = _mm_set_epi64x(rounding[3], rounding[1]);
    return r;
}

/* Plain only. */
static inline __m128i mote_requantize(const mote_requantizer *r, __m128i sums)
{
    const __m128i sign = _mm_set1_epi64x(INT64_C(1) << 31), odd = _mm_srli_epi64(sums, 32);
    const __m128i add = _mm_sub_epi64(r->rounding, _mm_and_si128(sums, sign));
    const __m128i add_odd = _mm_sub_epi64(r->rounding_odd, _mm_and_si128(odd, sign));
    const __m128i even_high = _mm_add_epi64(_mm_mul_epi32(sums, r->mantissa), add);
    const __m128i odd_high = _mm_add_epi64(_mm_mul_epi32(odd, r->mantissa_odd), add_odd);
    const __m128i high = _mm_blend_epi16(_mm_srli_epi64(even_high, 32), odd_high, 0xcc);
    if (r->alike)
        return _mm_sra_epi32(high, _mm_cvtsi32_si128(r->shifts[0]));
    int32_t each[MOTE_REQUANTIZE_LANES];
    _mm_storeu_si128((__m128i *)(void *)each, high);
    for (int i = 0; i < MOTE_REQUANTIZE_LANES; i++)
        each[i] >>= r->shifts[i];
    return _mm_loadu_si128((const __m128i *)(const void *)each);
}

/* n of the lanes, 0 < n. */
static inline void mote_requantize_store(const mote_requantizer *r, __m128i sums, int8_t *out, int64_t n)
{
    if (!r->plain) {
        int32_t each[MOTE_REQUANTIZE_LANES];
        _mm_storeu_si128((__m128i *)(void *)each, sums);
        mote_requantize_one_by_one(&r->values, each, out, n < MOTE_REQUANTIZE_LANES ? n : MOTE_REQUANTIZE_LANES);
        return;
    }
    const __m128i q = _mm_add_epi32(mote_requantize(r, sums), _mm_set1_epi32(r->values.zero_point));
    const __m128i words = _mm_packs_epi32(q, q);
    __m128i codes = _mm_packs_epi16(words, words);
    codes = _mm_max_epi8(codes, _mm_set1_epi8((int8_t)r->values.low));
    codes = _mm_min_epi8(codes, _mm_set1_epi8((int8_t)r->values.high));
    int8_t each[4 * MOTE_REQUANTIZE_LANES];
    _mm_storeu_si128((__m128i *)(void *)each, codes);
    if (n >= MOTE_REQUANTIZE_LANES)
        memcpy(out, each, MOTE_REQUANTIZE_LANES);
    else
        memcpy(out, each, (size_t)n);
}

#endif
