/*
 * Floats to int8 codes and sums of codes to floats, compiled once per instruction set and without fused multiply-add: a
 * product rounded once less would be another value now and then.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/quantize_code.h"
#include "kernels/simd.h"

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

/* n values from `at` on, with their scales and biases side by side. */
static inline void floats_of(const mote_qs8_to_f32_job *job, int64_t at, int64_t n, const float *restrict scale,
                             const float *restrict bias)
{
    const int32_t *sums = job->sums + at, *weight_sums = job->weight_sums ? job->weight_sums + at : NULL;
    const float x_scale = job->x_scale, low = job->low, high = job->high;
    float *restrict out = job->out + at;
    float values[BLOCK];
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)(sums[i] - (weight_sums ? job->zero * weight_sums[i] : 0));
    if (job->scale_first)
        for (int64_t i = 0; i < n; i++)
            values[i] = values[i] * scale[i] * x_scale;
    else
        for (int64_t i = 0; i < n; i++)
            values[i] *= x_scale * scale[i];
    for (int64_t i = 0; i < n; i++) {
        float v = values[i] + bias[i];
        v = v < low ? low : v;
        out[i] = v > high ? high : v;
    }
}

void MOTE_SIMD(mote_qs8_to_f32)(const mote_qs8_to_f32_job *job, int64_t n)
{
    float one_scale[BLOCK], no_bias[BLOCK] = {0};
    for (int i = 0; i < BLOCK; i++)
        one_scale[i] = job->scale[0];
    for (int64_t at = 0; at < n; at += BLOCK)
        floats_of(job, at, n - at < BLOCK ? n - at : BLOCK, job->scale_step ? job->scale + at : one_scale,
                  job->bias ? job->bias + at : no_bias);
}
