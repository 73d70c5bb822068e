/*
 * Sums of a vector of channels to int8 codes: clamp(mote_scale_i32(sum, multiplier) + zero_point), both roundings kept.
 * For a right shift r of at least 1 the two are one: with P = x * mantissa,
 *
 *   floor((floor((P + 2^30) / 2^31) + 2^(r-1) - [x < 0]) / 2^r) =
 *   floor((P + 2^30 + 2^(30+r) - [x < 0] * 2^31) / 2^(31+r))
 *
 * which the high halves of 64-bit sums give, shifted by r - 1 more. (Where x and the inner quotient differ in sign,
 * that quotient is 0 and so is the result, whichever sign counts.) Vectors with other shifts go by one by one.
 */
#ifndef MOTE_KERNELS_X86_REQUANTIZE_H
#define MOTE_KERNELS_X86_REQUANTIZE_H

#include "kernels/fixed_point.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum { MOTE_REQUANTIZE_LANES = MOTE_SIMD_BYTES / 4 };

/* What codes are made with; mantissas and exponents of `lanes` channels. */
typedef struct mote_requantize_values {
    const int32_t *mantissa, *exponent;
    int64_t lanes;
    int32_t zero_point, low, high;
} mote_requantize_values;

static inline void mote_requantize_one_by_one(const mote_requantize_values *v, const int32_t *sums, int8_t *out,
                                              int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const mote_multiplier m = {v->mantissa[i], v->exponent[i]};
        const int32_t code = mote_wrap_add_i32(mote_scale_i32(sums[i], m), v->zero_point);
        out[i] = (int8_t)mote_clamp_i32(code, v->low, v->high);
    }
}

/* The first of a vector's values; what is past them is 0, and so is a channel with the mantissa 0. */
static inline void mote_requantize_part(const int32_t *from, int64_t lanes, int32_t to[MOTE_REQUANTIZE_LANES])
{
    memset(to, 0, MOTE_SIMD_BYTES);
    memcpy(to, from, (size_t)(lanes < MOTE_REQUANTIZE_LANES ? lanes : MOTE_REQUANTIZE_LANES) * sizeof *to);
}

/* Beside mote_requantizer each of these has mote_vec_int, a vector of int32_t. */
#if MOTE_SIMD_BYTES == 64
#include "kernels/x86/requantize_avx512.h"
#elif MOTE_SIMD_BYTES == 32
#include "kernels/x86/requantize_avx2.h"
#else
#include "kernels/x86/requantize_sse4.h"
#endif

#endif
