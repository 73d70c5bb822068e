/*
 * Floats to int8 codes, compiled once per instruction set and without fused multiply-add: a product rounded once less
 * would be another code now and then.
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
