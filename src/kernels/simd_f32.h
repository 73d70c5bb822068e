/* Vectors of floats, as the files compiled per instruction set share them. */
#ifndef MOTE_KERNELS_SIMD_F32_H
#define MOTE_KERNELS_SIMD_F32_H

#include "kernels/simd.h"

#include <stdbool.h>
#include <string.h>

typedef float mote_word_f32 __attribute__((vector_size(16)));

/* mote_vec_min(a, b) is a < b ? a : b, mote_vec_max likewise: b where either is not a number. Parts are the first n
 * lanes, 0 < n < all. */
#if defined(__x86_64__)
#include "kernels/x86/vec_f32.h"
#else
static inline mote_vec_f32 mote_vec_choose(mote_vec_i32 which, mote_vec_f32 a, mote_vec_f32 b)
{
    return (mote_vec_f32)((which & (mote_vec_i32)a) | (~which & (mote_vec_i32)b));
}

static inline mote_vec_f32 mote_vec_min(mote_vec_f32 a, mote_vec_f32 b)
{
    return mote_vec_choose(a < b, a, b);
}

static inline mote_vec_f32 mote_vec_max(mote_vec_f32 a, mote_vec_f32 b)
{
    return mote_vec_choose(a > b, a, b);
}

static inline void mote_vec_stream(float *p, mote_vec_f32 v)
{
    memcpy(p, &v, sizeof v);
}

static inline void mote_vec_stream_end(void) {}

static inline mote_word_f32 mote_word_from_bytes(const uint8_t *p)
{
    return (mote_word_f32){p[0], p[1], p[2], p[3]};
}
#endif

static inline mote_vec_f32 mote_vec_load(const float *p)
{
    mote_vec_f32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void mote_vec_store(float *p, mote_vec_f32 v)
{
    memcpy(p, &v, sizeof v);
}

static inline mote_vec_f32 mote_vec_all(float x)
{
    return x - (mote_vec_f32){0};
}

#if MOTE_SIMD_BYTES != 64
static inline mote_vec_f32 mote_vec_load_part(const float *p, int64_t n)
{
    float line[MOTE_SIMD_BYTES / 4] = {0};
    for (int64_t i = 0; i < n; i++)
        line[i] = p[i];
    return mote_vec_load(line);
}

static inline void mote_vec_store_part(float *p, mote_vec_f32 v, int64_t n)
{
    float line[MOTE_SIMD_BYTES / 4];
    mote_vec_store(line, v);
    for (int64_t i = 0; i < n; i++)
        p[i] = line[i];
}

/* Within 1 ulp. */
static inline mote_vec_f32 mote_vec_reciprocal(mote_vec_f32 d)
{
    return 1.0f / d;
}

/* 1 / (1 + e^-z), |z| <= 86, within 3 ulp. e^r by a polynomial that is off by 1e-7 at most. */
static inline mote_vec_f32 mote_vec_logistic(mote_vec_f32 z)
{
    const mote_vec_f32 shifted = z * -1.44269504f + 0x1.8p23f; /* rounds to an integer, which sits in the low bits */
    const mote_vec_f32 n = shifted - 0x1.8p23f;
    const mote_vec_f32 r = (n * -0x1.62e4p-1f - z) - n * 0x1.7f7d1cp-20f;
    mote_vec_f32 p = r * 8.3125159e-3f + 4.1890204e-2f;
    p = p * r + 1.6667114e-1f;
    p = p * r + 4.9999231e-1f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const mote_vec_f32 e = (mote_vec_f32)((mote_vec_i32)p + ((mote_vec_i32)shifted << 23));
    return mote_vec_reciprocal(1.0f + e);
}
#endif

/* Whether rows `row` floats apart can be streamed to. */
static inline bool mote_vec_can_stream(const float *p, int64_t row)
{
    return (uintptr_t)p % MOTE_SIMD_BYTES == 0 && row % (MOTE_SIMD_BYTES / 4) == 0;
}

/* n lanes, which may be all. */
static inline mote_vec_f32 mote_vec_fetch(const float *p, int64_t n)
{
    return n == MOTE_SIMD_BYTES / 4 ? mote_vec_load(p) : mote_vec_load_part(p, n);
}

static inline void mote_vec_put(float *p, mote_vec_f32 v, int64_t n)
{
    if (n == MOTE_SIMD_BYTES / 4)
        mote_vec_store(p, v);
    else
        mote_vec_store_part(p, v, n);
}

#endif
