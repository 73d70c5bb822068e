/*
 * Floats to int8 codes, compiled once per instruction set and without fused multiply-add: a product rounded once less
 * would be another code now and then.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/quantize_code.h"
#include "kernels/simd.h"

enum { LANES = MOTE_SIMD_BYTES / 4, BLOCK = 4 * LANES };

/* mote_code_of in every lane, before the codes' own ends. */
static inline mote_vec_i32 round_vec(mote_vec_f32 value)
{
    value = mote_vec_clamp(value, -200.0F, 200.0F);
    const mote_vec_i32 whole = __builtin_convertvector(value, mote_vec_i32);
    const mote_vec_f32 rest = value - __builtin_convertvector(whole, mote_vec_f32);
    return whole + __builtin_convertvector(rest + rest, mote_vec_i32);
}

void MOTE_SIMD(mote_f32_to_qs8)(const float *x, int8_t *q, int64_t n, float inverse, float zero, int32_t low)
{
    const mote_vec_f32 none = {0}, factor = inverse - none, start = zero - none;
    int64_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        int32_t codes[BLOCK];
#pragma GCC unroll 4
        for (int v = 0; v < BLOCK / LANES; v++) {
            mote_vec_f32 value;
            memcpy(&value, x + i + v * LANES, sizeof value);
            const mote_vec_i32 rounded = round_vec(start + value * factor);
            memcpy(codes + v * LANES, &rounded, sizeof rounded);
        }
        for (int j = 0; j < BLOCK; j++) {
            const int32_t high = codes[j] > 127 ? 127 : codes[j];
            q[i + j] = (int8_t)(high < low ? low : high);
        }
    }
    for (; i < n; i++)
        q[i] = mote_code_of(zero + x[i] * inverse, low);
}
