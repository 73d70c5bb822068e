/*
 * Floats to int8 codes, their range, and sums of codes to floats, compiled once per instruction set and without fused
 * multiply-add: a product rounded once less would be another value now and then.
 */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/quantize_code.h"
#include "kernels/simd_f32.h"

enum { LANES = MOTE_SIMD_BYTES / 4, SIDE_BY_SIDE = 4 };

/* mote_code_of in every lane, before the zero point and the codes' own ends. */
static inline mote_vec_i32 round_vec(mote_vec_f32 value)
{
    value = mote_vec_max(value, mote_vec_all(-400.0F)); /* NaN becomes the second */
    value = mote_vec_min(value, mote_vec_all(400.0F));
    const mote_vec_i32 sign = (mote_vec_i32)value & (mote_vec_i32)mote_vec_all(-0.0F);
    return __builtin_convertvector(value + (mote_vec_f32)(sign | (mote_vec_i32)mote_vec_all(0.5F)), mote_vec_i32);
}

/* Codes of one vector: saturated, and at least low. */
static inline void store_codes(int8_t *to, mote_vec_i32 v, int32_t low)
{
    const __m128i least = _mm_set1_epi8((int8_t)low);
#if MOTE_SIMD_BYTES == 64
    _mm_storeu_si128((__m128i *)(void *)to, _mm_max_epi8(_mm512_cvtsepi32_epi8((__m512i)v), least));
#elif MOTE_SIMD_BYTES == 32
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128((__m256i)v), _mm256_extracti128_si256((__m256i)v, 1));
    _mm_storel_epi64((__m128i *)(void *)to, _mm_max_epi8(_mm_packs_epi16(words, words), least));
#else
    const __m128i words = _mm_packs_epi32((__m128i)v, (__m128i)v);
    const int32_t codes = _mm_cvtsi128_si32(_mm_max_epi8(_mm_packs_epi16(words, words), least));
    memcpy(to, &codes, sizeof codes);
#endif
}

void MOTE_SIMD(mote_f32_to_qs8)(const float *x, int8_t *q, int64_t n, float inverse, int32_t zero, int32_t low)
{
    const mote_vec_f32 factor = mote_vec_all(inverse);
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        store_codes(q + i, round_vec(mote_vec_load(x + i) * factor) + zero, low);
    for (; i < n; i++)
        q[i] = mote_code_of(x[i] * inverse, zero, low);
}

void MOTE_SIMD(mote_f32_range)(const float *x, int64_t n, float *low, float *high)
{
    mote_vec_f32 lows[SIDE_BY_SIDE], highs[SIDE_BY_SIDE];
    for (int j = 0; j < SIDE_BY_SIDE; j++)
        lows[j] = highs[j] = mote_vec_all(n ? x[0] : 0.0F);
    int64_t i = 0;
    for (; i + SIDE_BY_SIDE * LANES <= n; i += SIDE_BY_SIDE * LANES)
#pragma GCC unroll 4
        for (int j = 0; j < SIDE_BY_SIDE; j++) {
            const mote_vec_f32 v = mote_vec_load(x + i + j * LANES);
            lows[j] = mote_vec_min(v, lows[j]);
            highs[j] = mote_vec_max(v, highs[j]);
        }
    float each_low[SIDE_BY_SIDE * LANES], each_high[SIDE_BY_SIDE * LANES], unused;
    memcpy(each_low, lows, sizeof lows);
    memcpy(each_high, highs, sizeof highs);
    mote_f32_range__ref(each_low, SIDE_BY_SIDE * LANES, low, &unused);
    mote_f32_range__ref(each_high, SIDE_BY_SIDE * LANES, &unused, high);
    for (; i < n; i++) {
        *low = x[i] < *low ? x[i] : *low;
        *high = x[i] > *high ? x[i] : *high;
    }
}

typedef uint32_t vec_u32 __attribute__((vector_size(MOTE_SIMD_BYTES)));

/* n lanes, which may be all, of integers. */
static inline vec_u32 fetch_u32(const int32_t *p, int64_t n)
{
    vec_u32 v = {0};
    memcpy(&v, p, (size_t)n * sizeof *p);
    return v;
}

static inline __attribute__((always_inline)) void floats_of(const mote_qs8_to_f32_job *job, int64_t at, int64_t n)
{
    const mote_vec_f32 x_scale = mote_vec_all(job->x_scale);
    const mote_vec_f32 scale = job->scale_step ? mote_vec_fetch(job->scale + at, n) : mote_vec_all(job->scale[0]);
    vec_u32 sums = fetch_u32(job->sums + at, n);
    if (job->weight_sums)
        sums -= (uint32_t)job->zero * fetch_u32(job->weight_sums + at, n);
    mote_vec_f32 v = __builtin_convertvector((mote_vec_i32)sums, mote_vec_f32);
    v = job->scale_first ? v * scale * x_scale : v * (x_scale * scale);
    v += job->bias ? mote_vec_fetch(job->bias + at, n) : (mote_vec_f32){0};
    mote_vec_put(job->out + at, mote_vec_clamp(v, job->low, job->high), n);
}

void MOTE_SIMD(mote_qs8_to_f32)(const mote_qs8_to_f32_job *job, int64_t n)
{
    int64_t at = 0;
    for (; at + LANES <= n; at += LANES)
        floats_of(job, at, LANES);
    if (at < n)
        floats_of(job, at, n - at);
}
