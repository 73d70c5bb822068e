/*
 * Functions on fixed-point numbers that the quantized SOFTMAX, LOG_SOFTMAX, DIV and L2_NORMALIZATION of
 * TFLite's reference kernels are built from, bit for bit. Qm.n is an int32_t with m integer bits, a sign
 * and n = 31 - m fraction bits.
 */
#ifndef MOTE_KERNELS_FIXED_MATH_H
#define MOTE_KERNELS_FIXED_MATH_H

#include "kernels/fixed_point.h"

/* exp(x) in Q0.31 for x <= 0 in Q<integer_bits>; integer_bits in [0, 5]. */
int32_t mote_fixed_exp(int32_t x, int32_t integer_bits);
/* 1 / (1 + x) in Q0.31 for x in [0, 1) in Q0.31. */
int32_t mote_fixed_reciprocal_1p(int32_t x);
/* log(x) in Q5.26 for x >= 1 in Q12.19. */
int32_t mote_fixed_log_q12(int32_t x);
/* 1 / x as value * 2^-n_bits_over with value in Q0.31, for x > 0 with `integer_digits` of its 32 bits left of the
 * binary point. */
int32_t mote_fixed_reciprocal(int32_t x, int32_t integer_digits, int32_t *n_bits_over);
/* 1 / sqrt(x) as a multiplier with exponent <= 0, for an integer x >= 0 (0 counts as 1). */
mote_multiplier mote_fixed_inverse_sqrt(int32_t x);
/* x * 2^bits, saturated. bits in [0, 30]. */
int32_t mote_saturating_shift_left_i32(int32_t x, int32_t bits);
/* Leading zeros; 32 for 0. */
static inline int32_t mote_leading_zeros_u32(uint32_t x)
{
    return x == 0 ? 32 : (int32_t)__builtin_clz(x);
}

/* The table lookup with linear interpolation that int16 functions use: 513 values, 7 bits between two. */
static inline int16_t mote_lut_i16(int16_t x, const int16_t lut[513])
{
    const int32_t index = 256 + (x >> 7);
    const int32_t base = lut[index];
    const int32_t slope = (int16_t)(lut[index + 1] - base); /* wraps as the reference's int16 does */
    return (int16_t)(base + ((slope * (x & 0x7F) + 64) >> 7));
}

/* Fills a 513-entry table for mote_lut_i16 of f from [input_scale * (-32768 - input_zero), …] to the output's
 * scale; each entry is shifted by half the error that interpolation makes at its midpoint. */
void mote_lut_i16_fill_f32(float input_scale, int32_t input_zero, float output_scale, int32_t output_zero,
                           float (*f)(float value, const void *arg), const void *arg, int16_t lut[513]);
void mote_lut_i16_fill_f64(double input_scale, int32_t input_zero, double output_scale, int32_t output_zero,
                           double (*f)(double value), int16_t lut[513]);

#endif
