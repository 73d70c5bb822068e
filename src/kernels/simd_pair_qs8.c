/* Two lines of int8 codes multiplied or added, compiled once per instruction set. */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/x86/requantize.h"

#include <immintrin.h>
#include <string.h>

enum { LANES = MOTE_SIMD_BYTES / 4 };

typedef int8_t codes __attribute__((vector_size(LANES)));
typedef uint32_t vec __attribute__((vector_size(MOTE_SIMD_BYTES)));

/* One of the two: A = value - zero in every lane. */
typedef struct operand {
    const int8_t *values;
    int32_t step;
    vec zero, held;
} operand;

static operand operand_of(const int8_t *values, int32_t step, int32_t zero)
{
    const vec none = {0};
    operand o = {.values = values, .step = step, .zero = (uint32_t)zero - none};
    if (!step)
        o.held = (uint32_t)(values[0] - zero) - none;
    return o;
}

static inline vec lanes_of(const operand *o, int64_t at, int64_t n)
{
    if (!o->step)
        return o->held;
    int8_t part[LANES] = {0};
    codes c;
    if (n >= LANES) {
        memcpy(&c, o->values + at, sizeof c);
    } else {
        memcpy(part, o->values + at, (size_t)n);
        memcpy(&c, part, sizeof c);
    }
#if MOTE_SIMD_BYTES == 64
    return (vec)_mm512_cvtepi8_epi32((__m128i)c) - o->zero;
#elif MOTE_SIMD_BYTES == 32
    return (vec)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)&c)) - o->zero;
#else
    return (vec)_mm_cvtepi8_epi32(_mm_loadu_si32(&c)) - o->zero;
#endif
}

static mote_requantizer requantizer_of(const mote_qs8_pair_job *job, mote_multiplier scale, int32_t mantissas[LANES],
                                       int32_t exponents[LANES])
{
    for (int i = 0; i < LANES; i++) {
        mantissas[i] = scale.mantissa;
        exponents[i] = scale.exponent;
    }
    return mote_requantizer_make(&(mote_requantize_values){.mantissa = mantissas,
                                                           .exponent = exponents,
                                                           .lanes = LANES,
                                                           .zero_point = job->zero_point,
                                                           .low = job->low,
                                                           .high = job->high});
}

void MOTE_SIMD(mote_qs8_mul)(const mote_qs8_pair_job *job, int64_t n)
{
    int32_t mantissas[LANES], exponents[LANES];
    const mote_requantizer result = requantizer_of(job, job->scale, mantissas, exponents);
    const operand a = operand_of(job->a, job->a_step, job->zero_a), b = operand_of(job->b, job->b_step, job->zero_b);
    for (int64_t i = 0; i < n; i += LANES) {
        const vec product = lanes_of(&a, i, n - i) * lanes_of(&b, i, n - i);
        mote_requantize_store(&result, (mote_vec_int)product, job->c + i, n - i);
    }
}

/* An input of ADD: half of it, which is exact for the input with the larger scale, or scaled down. */
typedef struct term {
    operand in;
    bool halved;
    mote_requantizer scale;
    int32_t mantissas[LANES], exponents[LANES];
} term;

static bool make_term(term *t, const mote_qs8_pair_job *job, mote_multiplier scale)
{
    t->halved = scale.mantissa == 1 << 30 && scale.exponent == 0 && job->left_shift > 0;
    if (!t->halved)
        t->scale = requantizer_of(job, scale, t->mantissas, t->exponents);
    return t->halved || scale.exponent < 0;
}

static inline vec value_of(const term *t, int64_t at, int64_t n, int32_t left_shift)
{
    const vec x = lanes_of(&t->in, at, n);
    if (t->halved)
        return x << (left_shift - 1);
    return (vec)mote_requantize(&t->scale, (mote_vec_int)(x << left_shift));
}

void MOTE_SIMD(mote_qs8_add)(const mote_qs8_pair_job *job, int64_t n)
{
    term a = {.in = operand_of(job->a, job->a_step, job->zero_a)};
    term b = {.in = operand_of(job->b, job->b_step, job->zero_b)};
    if (!make_term(&a, job, job->scale_a) || !make_term(&b, job, job->scale_b)) {
        mote_qs8_add__ref(job, n);
        return;
    }
    int32_t mantissas[LANES], exponents[LANES];
    const mote_requantizer result = requantizer_of(job, job->scale, mantissas, exponents);
    for (int64_t i = 0; i < n; i += LANES) {
        const vec x = value_of(&a, i, n - i, job->left_shift), y = value_of(&b, i, n - i, job->left_shift);
        mote_requantize_store(&result, (mote_vec_int)(job->subtract ? x - y : x + y), job->c + i, n - i);
    }
}
