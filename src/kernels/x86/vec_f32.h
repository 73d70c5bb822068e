/* What GNU vectors lack, for the width that the including file is compiled for. */
#ifndef MOTE_KERNELS_X86_VEC_F32_H
#define MOTE_KERNELS_X86_VEC_F32_H

#include <immintrin.h>

/* Past the caches: p is aligned to the vector. Whoever streams ends with mote_vec_stream_end. */
static inline void mote_vec_stream(float *p, mote_vec_f32 v)
{
#if MOTE_SIMD_BYTES == 64
    _mm512_stream_ps(p, (__m512)v);
#elif MOTE_SIMD_BYTES == 32
    _mm256_stream_ps(p, (__m256)v);
#else
    _mm_stream_ps(p, (__m128)v);
#endif
}

static inline void mote_vec_stream_end(void)
{
    _mm_sfence();
}

/* Four bytes as floats. */
static inline mote_word_f32 mote_word_from_bytes(const uint8_t *p)
{
    int32_t word;
    memcpy(&word, p, sizeof word);
    return (mote_word_f32)_mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(word)));
}

#if MOTE_SIMD_BYTES == 64
static inline mote_vec_f32 mote_vec_min(mote_vec_f32 a, mote_vec_f32 b)
{
    return (mote_vec_f32)_mm512_min_ps((__m512)a, (__m512)b);
}

static inline mote_vec_f32 mote_vec_max(mote_vec_f32 a, mote_vec_f32 b)
{
    return (mote_vec_f32)_mm512_max_ps((__m512)a, (__m512)b);
}

/* One Newton step from 14 bits: half the time of a division. */
static inline mote_vec_f32 mote_vec_reciprocal(mote_vec_f32 d)
{
    const mote_vec_f32 r = (mote_vec_f32)_mm512_rcp14_ps((__m512)d);
    return r + r * (1.0f - d * r);
}

/*
 * 1 / (1 + e^-z), |z| <= 86, off by a part of 4e-7 + 1.4e-8 |z| at most. -z log2(e) = n / 32 + r / 32, n an integer,
 * |r| <= 1/2: e^-z is 2^(n / 32) from a table, whose entries lack what shifting n to the exponent brings along of its
 * low bits, times a parabola that is off by 6e-8 at most.
 */
static inline mote_vec_f32 mote_vec_logistic(mote_vec_f32 z)
{
    static const uint32_t power[32] = {
        0x3f800000, 0x3f7ecd87, 0x3f7daac3, 0x3f7c980f, 0x3f7b95c2, 0x3f7aa43a, 0x3f79c3d3, 0x3f78f4f0,
        0x3f7837f0, 0x3f778d3a, 0x3f76f532, 0x3f767043, 0x3f75fed7, 0x3f75a15b, 0x3f75583f, 0x3f7523f6,
        0x3f7504f3, 0x3f74fbaf, 0x3f7508a4, 0x3f752c4d, 0x3f75672a, 0x3f75b9be, 0x3f76248c, 0x3f76a81e,
        0x3f7744fd, 0x3f77fbb8, 0x3f78ccdf, 0x3f79b907, 0x3f7ac0c7, 0x3f7be4ba, 0x3f7d257d, 0x3f7e83b3};
    const __m512 magic = _mm512_set1_ps(0x1.8p23f), octaves = _mm512_set1_ps(-46.1662413f);
    const __m512 shifted = _mm512_fmadd_ps((__m512)z, octaves, magic); /* an integer, which sits in the low bits */
    const mote_vec_f32 r = (mote_vec_f32)_mm512_fmsub_ps((__m512)z, octaves, _mm512_sub_ps(shifted, magic));
    const mote_vec_f32 p = (r * 2.3459835e-4f + 2.16608495e-2f) * r + 1.0f;
    const __m512i base = _mm512_permutex2var_epi32(_mm512_loadu_si512(power), _mm512_castps_si512(shifted),
                                                   _mm512_loadu_si512(power + 16));
    const __m512i scale = _mm512_add_epi32(base, _mm512_slli_epi32(_mm512_castps_si512(shifted), 18));
    return mote_vec_reciprocal(p * (mote_vec_f32)scale + 1.0f);
}

static inline mote_vec_f32 mote_vec_load_part(const float *p, int64_t n)
{
    return (mote_vec_f32)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1u), p);
}

static inline void mote_vec_store_part(float *p, mote_vec_f32 v, int64_t n)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1u), (__m512)v);
}
#elif MOTE_SIMD_BYTES == 32
static inline mote_vec_f32 mote_vec_min(mote_vec_f32 a, mote_vec_f32 b)
{
    return (mote_vec_f32)_mm256_min_ps((__m256)a, (__m256)b);
}

static inline mote_vec_f32 mote_vec_max(mote_vec_f32 a, mote_vec_f32 b)
{
    return (mote_vec_f32)_mm256_max_ps((__m256)a, (__m256)b);
}
#else
static inline mote_vec_f32 mote_vec_min(mote_vec_f32 a, mote_vec_f32 b)
{
    return (mote_vec_f32)_mm_min_ps((__m128)a, (__m128)b);
}

static inline mote_vec_f32 mote_vec_max(mote_vec_f32 a, mote_vec_f32 b)
{
    return (mote_vec_f32)_mm_max_ps((__m128)a, (__m128)b);
}
#endif

#endif
