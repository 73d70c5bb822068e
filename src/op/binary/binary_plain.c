/* Two-input operators on floats and plain integers; integers wrap. */
#include "op/binary/binary_loops.h"
#include "op/op_quant.h"

#include <complex.h>

static inline float clamp_f32(float x, const mote_binary_arg *arg)
{
    x = x < arg->min_f32 ? arg->min_f32 : x; /* NaN stays */
    return x > arg->max_f32 ? arg->max_f32 : x;
}

static inline int64_t clamp_i64(int64_t x, const mote_binary_arg *arg)
{
    x = x < arg->min_i64 ? arg->min_i64 : x;
    return x > arg->max_i64 ? arg->max_i64 : x;
}

static inline int32_t clamp_i32(int32_t x, const mote_binary_arg *arg)
{
    return mote_clamp_i32(x, (int32_t)arg->min_i64, (int32_t)arg->max_i64);
}

static inline int64_t add_i64_wrap(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x + (uint64_t)y);
}

static inline int64_t sub_i64_wrap(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x - (uint64_t)y);
}

static inline int64_t mul_i64_wrap(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x * (uint64_t)y);
}

/* x / y towards zero; lowest / -1 wraps. y is not 0: eval has looked. */
static inline int64_t quotient(int64_t x, int64_t y)
{
    return y == -1 ? sub_i64_wrap(0, x) : x / y;
}

static inline int64_t floor_quotient(int64_t x, int64_t y)
{
    const int64_t q = quotient(x, y);
    return y != -1 && x % y != 0 && (x < 0) != (y < 0) ? q - 1 : q;
}

static inline int64_t floor_remainder(int64_t x, int64_t y)
{
    const int64_t r = y == -1 ? 0 : x % y;
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

static inline float floor_remainder_f32(float x, float y)
{
    const float r = fmodf(x, y);
    return r != 0.0f && (r < 0.0f) != (y < 0.0f) ? r + y : r;
}

/* x^y for y >= 0; past int32 the reference converts a double, which gives the lowest code. */
static inline int32_t power_i32(int32_t x, int32_t y)
{
    const double p = pow(x, y);
    return p >= -2147483648.0 && p < 2147483648.0 ? (int32_t)p : INT32_MIN;
}

/* Counts outside the type's width are brought into it. */
static inline int64_t shift_right(int64_t x, int64_t bits, int64_t width)
{
    return x >> (bits < 0 ? 0 : bits > width - 1 ? width - 1 : bits);
}

MOTE_BINARY_LOOP(add_f32, float, float, clamp_f32(x + y, arg))
MOTE_BINARY_LOOP(sub_f32, float, float, clamp_f32(x - y, arg))
MOTE_BINARY_LOOP(mul_f32, float, float, clamp_f32(x *y, arg))
MOTE_BINARY_LOOP(div_f32, float, float, clamp_f32(x / y, arg))
MOTE_BINARY_LOOP(add_i32, int32_t, int32_t, clamp_i32(mote_wrap_add_i32(x, y), arg))
MOTE_BINARY_LOOP(sub_i32, int32_t, int32_t, clamp_i32(mote_wrap_sub_i32(x, y), arg))
MOTE_BINARY_LOOP(mul_i32, int32_t, int32_t, clamp_i32(mote_wrap_mul_i32(x, y), arg))
MOTE_BINARY_LOOP(div_i32, int32_t, int32_t, clamp_i32((int32_t)quotient(x, y), arg))
MOTE_BINARY_LOOP(add_i16, int16_t, int16_t, clamp_i32((int16_t)(x + y), arg))
MOTE_BINARY_LOOP(mul_i16, int16_t, int16_t, clamp_i32((int16_t)(x *y), arg))
MOTE_BINARY_LOOP(add_i64, int64_t, int64_t, clamp_i64(add_i64_wrap(x, y), arg))
MOTE_BINARY_LOOP(sub_i64, int64_t, int64_t, clamp_i64(sub_i64_wrap(x, y), arg))
MOTE_BINARY_LOOP(mul_i64, int64_t, int64_t, clamp_i64(mul_i64_wrap(x, y), arg))
MOTE_BINARY_LOOP(mul_u32, uint32_t, uint32_t, clamp_i64((uint32_t)(x *y), arg))
MOTE_BINARY_LOOP(mul_c64, float complex, float complex, x *y)

MOTE_BINARY_LOOP(max_f32, float, float, x > y ? x : y)
MOTE_BINARY_LOOP(max_u8, uint8_t, uint8_t, x > y ? x : y)
MOTE_BINARY_LOOP(max_i8, int8_t, int8_t, x > y ? x : y)
MOTE_BINARY_LOOP(max_i16, int16_t, int16_t, x > y ? x : y)
MOTE_BINARY_LOOP(max_i32, int32_t, int32_t, x > y ? x : y)
MOTE_BINARY_LOOP(max_i64, int64_t, int64_t, x > y ? x : y)
MOTE_BINARY_LOOP(min_f32, float, float, x < y ? x : y)
MOTE_BINARY_LOOP(min_u8, uint8_t, uint8_t, x < y ? x : y)
MOTE_BINARY_LOOP(min_i8, int8_t, int8_t, x < y ? x : y)
MOTE_BINARY_LOOP(min_i16, int16_t, int16_t, x < y ? x : y)
MOTE_BINARY_LOOP(min_i32, int32_t, int32_t, x < y ? x : y)
MOTE_BINARY_LOOP(min_i64, int64_t, int64_t, x < y ? x : y)

MOTE_BINARY_LOOP(squared_difference_f32, float, float, (x - y) * (x - y))
MOTE_BINARY_LOOP(squared_difference_i32, int32_t, int32_t,
                 mote_wrap_mul_i32(mote_wrap_sub_i32(x, y), mote_wrap_sub_i32(x, y)))
MOTE_BINARY_LOOP(pow_f32, float, float, powf(x, y))
MOTE_BINARY_LOOP(pow_i32, int32_t, int32_t, power_i32(x, y))
MOTE_BINARY_LOOP(atan2_f32, float, float, atan2f(x, y))
MOTE_BINARY_LOOP(atan2_f64, double, double, atan2(x, y))
MOTE_BINARY_LOOP(floor_div_f32, float, float, floor((double)x / (double)y))
MOTE_BINARY_LOOP(floor_div_i8, int8_t, int8_t, floor_quotient(x, y))
MOTE_BINARY_LOOP(floor_div_i16, int16_t, int16_t, floor_quotient(x, y))
MOTE_BINARY_LOOP(floor_div_i32, int32_t, int32_t, floor_quotient(x, y))
MOTE_BINARY_LOOP(floor_mod_f32, float, float, floor_remainder_f32(x, y))
MOTE_BINARY_LOOP(floor_mod_i8, int8_t, int8_t, floor_remainder(x, y))
MOTE_BINARY_LOOP(floor_mod_i16, int16_t, int16_t, floor_remainder(x, y))
MOTE_BINARY_LOOP(floor_mod_i32, int32_t, int32_t, floor_remainder(x, y))
MOTE_BINARY_LOOP(floor_mod_i64, int64_t, int64_t, floor_remainder(x, y))
MOTE_BINARY_LOOP(prelu_f32, float, float, x >= 0.0f ? x : x * y)

MOTE_BINARY_LOOP(xor_8, uint8_t, uint8_t, x ^ y)
MOTE_BINARY_LOOP(xor_16, uint16_t, uint16_t, x ^ y)
MOTE_BINARY_LOOP(xor_32, uint32_t, uint32_t, x ^ y)
MOTE_BINARY_LOOP(shift_i8, int8_t, int8_t, shift_right(x, y, 8))
MOTE_BINARY_LOOP(shift_u8, uint8_t, uint8_t, shift_right(x, y, 8))
MOTE_BINARY_LOOP(shift_i16, int16_t, int16_t, shift_right(x, y, 16))
MOTE_BINARY_LOOP(shift_u16, uint16_t, uint16_t, shift_right(x, y, 16))
MOTE_BINARY_LOOP(shift_i32, int32_t, int32_t, shift_right(x, y, 32))
MOTE_BINARY_LOOP(shift_u32, uint32_t, uint32_t, shift_right(x, y, 32))

#define ROW(OP, TYPE, loop)                                                                                            \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_##TYPE, MOTE_##TYPE, MOTE_##TYPE, MOTE_WHEN_ANY, MOTE_BINARY_PLAIN, loop                    \
    }
#define ROW_PLAIN(OP, TYPE, loop)                                                                                      \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_##TYPE, MOTE_##TYPE, MOTE_##TYPE, MOTE_WHEN_PLAIN, MOTE_BINARY_PLAIN, loop                  \
    }

const mote_binary_row mote_binary_plain_rows[] = {
    ROW(ADD, FLOAT32, add_f32),
    ROW(ADD, INT32, add_i32),
    ROW(ADD, INT64, add_i64),
    ROW_PLAIN(ADD, INT16, add_i16),
    ROW(SUB, FLOAT32, sub_f32),
    ROW(SUB, INT32, sub_i32),
    ROW(SUB, INT64, sub_i64),
    ROW(MUL, FLOAT32, mul_f32),
    ROW(MUL, INT32, mul_i32),
    ROW(MUL, INT64, mul_i64),
    ROW(MUL, UINT32, mul_u32),
    ROW(MUL, COMPLEX64, mul_c64),
    ROW_PLAIN(MUL, INT16, mul_i16),
    ROW(DIV, FLOAT32, div_f32),
    ROW(DIV, INT32, div_i32),
    ROW(MAXIMUM, FLOAT32, max_f32),
    ROW(MAXIMUM, UINT8, max_u8),
    ROW(MAXIMUM, INT8, max_i8),
    ROW(MAXIMUM, INT16, max_i16),
    ROW(MAXIMUM, INT32, max_i32),
    ROW(MAXIMUM, INT64, max_i64),
    ROW(MINIMUM, FLOAT32, min_f32),
    ROW(MINIMUM, UINT8, min_u8),
    ROW(MINIMUM, INT8, min_i8),
    ROW(MINIMUM, INT16, min_i16),
    ROW(MINIMUM, INT32, min_i32),
    ROW(MINIMUM, INT64, min_i64),
    ROW(SQUARED_DIFFERENCE, FLOAT32, squared_difference_f32),
    ROW(SQUARED_DIFFERENCE, INT32, squared_difference_i32),
    ROW(POW, FLOAT32, pow_f32),
    ROW(POW, INT32, pow_i32),
    ROW(ATAN2, FLOAT32, atan2_f32),
    ROW(ATAN2, FLOAT64, atan2_f64),
    ROW(FLOOR_DIV, FLOAT32, floor_div_f32),
    ROW(FLOOR_DIV, INT8, floor_div_i8),
    ROW(FLOOR_DIV, INT16, floor_div_i16),
    ROW(FLOOR_DIV, INT32, floor_div_i32),
    ROW(FLOOR_MOD, FLOAT32, floor_mod_f32),
    ROW(FLOOR_MOD, INT8, floor_mod_i8),
    ROW(FLOOR_MOD, INT16, floor_mod_i16),
    ROW(FLOOR_MOD, INT32, floor_mod_i32),
    ROW(FLOOR_MOD, INT64, floor_mod_i64),
    ROW(PRELU, FLOAT32, prelu_f32),
    ROW(BITWISE_XOR, INT8, xor_8),
    ROW(BITWISE_XOR, UINT8, xor_8),
    ROW(BITWISE_XOR, INT16, xor_16),
    ROW(BITWISE_XOR, UINT16, xor_16),
    ROW(BITWISE_XOR, INT32, xor_32),
    ROW(BITWISE_XOR, UINT32, xor_32),
    ROW(RIGHT_SHIFT, INT8, shift_i8),
    ROW(RIGHT_SHIFT, UINT8, shift_u8),
    ROW(RIGHT_SHIFT, INT16, shift_i16),
    ROW(RIGHT_SHIFT, UINT16, shift_u16),
    ROW(RIGHT_SHIFT, INT32, shift_i32),
    ROW(RIGHT_SHIFT, UINT32, shift_u32),
};
const int32_t mote_binary_n_plain_rows = sizeof mote_binary_plain_rows / sizeof mote_binary_plain_rows[0];
