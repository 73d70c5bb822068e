/*
 * Floats to int8 codes and sums of codes to floats, compiled once per instruction set and without fused multiply-add: a
 * product rounded once less would be another value now and then.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/quantize_code.h"
#include "kernels/simd_f32.h"

enum { LANES = MOTE_SIMD_BYTES / 4, BLOCK = 4 * LANES };

/* mote_code_of in every lane, before the zero point and the codes' own ends. */
static inline mote_vec_i32 round_vec(mote_vec_f32 value)
{
    const mote_vec_f32 least = -400.0F - (mote_vec_f32){0};
    const mote_vec_i32 inside = value > least; /* NaN is not */
    value = (mote_vec_f32)((inside & (mote_vec_i32)value) | (~inside & (mote_vec_i32)least));
    value = mote_vec_clamp(value, -400.0F, 400.0F);
    const mote_vec_f32 none = {0}, half = 0.5F - none;
    const mote_vec_i32 sign = (mote_vec_i32)value & (mote_vec_i32)(-0.0F - none);
    return __builtin_convertvector(value + (mote_vec_f32)(sign | (mote_vec_i32)half), mote_vec_i32);
}

void MOTE_SIMD(mote_f32_to_qs8)(const float *x, int8_t *q, int64_t n, float inverse, int32_t zero, int32_t low)
{
    const mote_vec_f32 none = {0}, factor = inverse - none;
    int64_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        int32_t codes[BLOCK];
#pragma GCC unroll 4
        for (int v = 0; v < BLOCK / LANES; v++) {
            mote_vec_f32 value;
            memcpy(&value, x + i + v * LANES, sizeof value);
            const mote_vec_i32 rounded = round_vec(value * factor);
            memcpy(codes + v * LANES, &rounded, sizeof rounded);
        }
        for (int j = 0; j < BLOCK; j++) {
            const int32_t code = codes[j] + zero, high = code > 127 ? 127 : code;
            q[i + j] = (int8_t)(high < low ? low : high);
        }
    }
    for (; i < n; i++)
        q[i] = mote_code_of(x[i] * inverse, zero, low);
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
