/* requantize.h's, four lanes. Shifts lane by lane are not there: those of a sum are made one by one. */
#ifndef MOTE_KERNELS_X86_REQUANTIZE_SSE4_H
#define MOTE_KERNELS_X86_REQUANTIZE_SSE4_H

typedef struct mote_requantizer {
    __m128i mantissa, mantissa_odd;
    __m128i rounding, rounding_odd;        /* in 64 bits: 2^30 + 2^(30+r) */
    int32_t shifts[MOTE_REQUANTIZE_LANES]; /* r - 1 */
    bool plain;                            /* r is at least 1 everywhere */
    mote_requantize_values values;
} mote_requantizer;

static inline mote_requantizer mote_requantizer_make(const mote_requantize_values *values)
{
    mote_requantizer r = {.plain = true, .values = *values};
    int32_t mantissas[MOTE_REQUANTIZE_LANES], exponents[MOTE_REQUANTIZE_LANES];
    int64_t rounding[MOTE_REQUANTIZE_LANES];
    mote_requantize_part(values->mantissa, values->lanes, mantissas);
    mote_requantize_part(values->exponent, values->lanes, exponents);
    for (int i = 0; i < MOTE_REQUANTIZE_LANES; i++) {
        const int32_t right = mote_max_i32(-exponents[i], 1);
        r.plain = r.plain && (exponents[i] < 0 || mantissas[i] == 0);
        r.shifts[i] = right - 1;
        rounding[i] = (INT64_C(1) << 30) + (INT64_C(1) << (30 + right));
    }
    r.mantissa = _mm_loadu_si128((const __m128i *)(const void *)mantissas);
    r.mantissa_odd = _mm_srli_epi64(r.mantissa, 32);
    r.rounding = _mm_set_epi64x(rounding[2], rounding[0]);
    r.rounding_odd = _mm_set_epi64x(rounding[3], rounding[1]);
    return r;
}

/* n of the lanes, 0 < n. */
static inline void mote_requantize_store(const mote_requantizer *r, __m128i sums, int8_t *out, int64_t n)
{
    const int64_t count = n < MOTE_REQUANTIZE_LANES ? n : MOTE_REQUANTIZE_LANES;
    int32_t each[MOTE_REQUANTIZE_LANES];
    if (!r->plain) {
        _mm_storeu_si128((__m128i *)(void *)each, sums);
        mote_requantize_one_by_one(&r->values, each, out, count);
        return;
    }
    const __m128i sign = _mm_set1_epi64x(INT64_C(1) << 31), odd = _mm_srli_epi64(sums, 32);
    const __m128i add = _mm_sub_epi64(r->rounding, _mm_and_si128(sums, sign));
    const __m128i add_odd = _mm_sub_epi64(r->rounding_odd, _mm_and_si128(odd, sign));
    const __m128i even_high = _mm_add_epi64(_mm_mul_epi32(sums, r->mantissa), add);
    const __m128i odd_high = _mm_add_epi64(_mm_mul_epi32(odd, r->mantissa_odd), add_odd);
    _mm_storeu_si128((__m128i *)(void *)each, _mm_blend_epi16(_mm_srli_epi64(even_high, 32), odd_high, 0xcc));
    for (int64_t i = 0; i < count; i++) {
        const int32_t code = mote_wrap_add_i32(each[i] >> r->shifts[i], r->values.zero_point);
        out[i] = (int8_t)mote_clamp_i32(code, r->values.low, r->values.high);
    }
}

#endif
