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
