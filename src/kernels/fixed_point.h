/*
 * The integer arithmetic that TFLite's reference kernels are made of, bit for bit (docs/numerics.md).
 * A real factor is kept as mantissa * 2^(exponent - 31) with the mantissa in [2^30, 2^31); applying it
 * rounds twice: once when the high half of the product is taken, once when it is shifted right.
 */
#ifndef MOTE_KERNELS_FIXED_POINT_H
#define MOTE_KERNELS_FIXED_POINT_H

#include <math.h>
#include <stdint.h>

typedef struct mote_multiplier {
    int32_t mantissa; /* Q0.31 */
    int32_t exponent; /* > 0: left shift before, < 0: right shift after */
} mote_multiplier;

static inline int32_t mote_min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t mote_max_i32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static inline int32_t mote_clamp_i32(int32_t x, int32_t low, int32_t high)
{
    return mote_min_i32(mote_max_i32(x, low), high);
}

/* x * 2^bits modulo 2^32, as the two's complement shift does. bits in [0, 31]. */
static inline int32_t mote_shift_left_i32(int32_t x, int32_t bits)
{
    return (int32_t)((uint32_t)x << bits);
}

/* The sum, difference and product modulo 2^32: what the reference kernels' arithmetic does on overflow. */
static inline int32_t mote_wrap_add_i32(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t mote_wrap_sub_i32(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

static inline int32_t mote_wrap_mul_i32(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a * (uint32_t)b);
}

/* round(a * b / 2^31), ties towards +infinity; -1 * -1 saturates (ARM's SQRDMULH). */
static inline int32_t mote_mulh_i32(int32_t a, int32_t b)
{
    const int64_t product = (int64_t)a * b;
    const int32_t high = (int32_t)((product + (INT64_C(1) << 30)) >> 31);
    return a == INT32_MIN && b == INT32_MIN ? INT32_MAX : high;
}

/* As mote_mulh_i32 on Q0.15. */
static inline int16_t mote_mulh_i16(int16_t a, int16_t b)
{
    const int32_t product = (int32_t)a * b;
    const int16_t high = (int16_t)((product + (1 << 14)) >> 15);
    return a == INT16_MIN && b == INT16_MIN ? INT16_MAX : high;
}

/* x / 2^bits rounded to nearest, ties away from zero. bits in [0, 31]. */
static inline int32_t mote_shift_right_round_i32(int32_t x, int32_t bits)
{
    const int32_t mask = (int32_t)((INT64_C(1) << bits) - 1);
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> bits) + ((x & mask) > threshold);
}

/* x * multiplier with both roundings. The exponent is in [-31, 31]. */
static inline int32_t mote_scale_i32(int32_t x, mote_multiplier multiplier)
{
    const int32_t left = mote_max_i32(multiplier.exponent, 0);
    const int32_t right = mote_max_i32(-multiplier.exponent, 0);
    return mote_shift_right_round_i32(mote_mulh_i32(mote_shift_left_i32(x, left), multiplier.mantissa), right);
}

/* As mote_scale_i32 with ties of the second rounding towards +infinity, as LiteRT's products of uint8 matrices have it.
 */
static inline int32_t mote_scale_up_i32(int32_t x, mote_multiplier multiplier)
{
    const int32_t left = mote_max_i32(multiplier.exponent, 0);
    const int32_t right = mote_max_i32(-multiplier.exponent, 0);
    const int64_t high = mote_mulh_i32(mote_shift_left_i32(x, left), multiplier.mantissa);
    return (int32_t)((high + ((INT64_C(1) << right) >> 1)) >> right);
}

/* As mote_scale_i32 for a multiplier below one: the exponent is in [-31, 0]. */
static inline int32_t mote_scale_down_i32(int32_t x, mote_multiplier multiplier)
{
    return mote_shift_right_round_i32(mote_mulh_i32(x, multiplier.mantissa), -multiplier.exponent);
}

static inline int32_t mote_wide_mantissa(mote_multiplier multiplier)
{
    return multiplier.mantissa < 0x7FFF0000 ? (multiplier.mantissa + (1 << 15)) >> 16 : 0x7FFF;
}

/* What int16 activations use on their 64-bit sums: the mantissa is first rounded to 16 bits, then one
 * rounding, ties towards +infinity. |x| < 2^47, exponent in [-31, 7]. */
static inline int32_t mote_scale_i64(int64_t x, mote_multiplier multiplier)
{
    const int32_t right = 15 - multiplier.exponent;
    const uint64_t product =
        (uint64_t)x * (uint64_t)(int64_t)mote_wide_mantissa(multiplier) + (UINT64_C(1) << (right - 1));
    return (int32_t)((int64_t)product >> right);
}

/* The mantissa and exponent of a real factor: round half away from zero; below 2^-32 it becomes zero. */
static inline mote_multiplier mote_multiplier_from_double(double factor)
{
    mote_multiplier m = {0, 0};
    if (factor == 0.0 || !isfinite(factor))
        return m;
    int exponent;
    int64_t mantissa = (int64_t)round(frexp(factor, &exponent) * 2147483648.0);
    if (mantissa == INT64_C(1) << 31) {
        mantissa /= 2;
        ++exponent;
    }
    if (exponent < -31)
        return m;
    m.mantissa = (int32_t)mantissa;
    m.exponent = exponent;
    return m;
}

#endif
