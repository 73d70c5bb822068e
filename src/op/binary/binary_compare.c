/* Comparisons and logic: two inputs of one type to bool. */
#include "op/binary/binary_loops.h"
#include "op/op_quant.h"

/* The rescaled code of an 8-bit input. */
static inline int32_t on_scale(const mote_binary_arg *arg, int32_t input, uint8_t code)
{
    return arg->rescaled[input][code];
}

static inline int32_t on_scale_i16(const mote_binary_arg *arg, int32_t input, int16_t code)
{
    return mote_scale_i32(mote_shift_left_i32(code - arg->zero[input], arg->left_shift), arg->scale[input]);
}

/* A name and C's operator: loops for each type, and for 8-bit codes on their scales. */
#define COMPARE(name, operation)                                                                                       \
    MOTE_BINARY_LOOP(name##_f32, float, uint8_t, x operation y)                                                        \
    MOTE_BINARY_LOOP(name##_i32, int32_t, uint8_t, x operation y)                                                      \
    MOTE_BINARY_LOOP(name##_i64, int64_t, uint8_t, x operation y)                                                      \
    MOTE_BINARY_LOOP(name##_i16, int16_t, uint8_t, x operation y)                                                      \
    MOTE_BINARY_LOOP(name##_i8, int8_t, uint8_t, x operation y)                                                        \
    MOTE_BINARY_LOOP(name##_u8, uint8_t, uint8_t, x operation y)                                                       \
    MOTE_BINARY_LOOP(name##_codes, uint8_t, uint8_t, on_scale(arg, 0, x) operation on_scale(arg, 1, y))

COMPARE(equal, ==)
COMPARE(not_equal, !=)
COMPARE(less, <)
COMPARE(less_equal, <=)
COMPARE(greater, >)
COMPARE(greater_equal, >=)
MOTE_BINARY_LOOP(equal_codes_i16, int16_t, uint8_t, on_scale_i16(arg, 0, x) == on_scale_i16(arg, 1, y))
MOTE_BINARY_LOOP(not_equal_codes_i16, int16_t, uint8_t, on_scale_i16(arg, 0, x) != on_scale_i16(arg, 1, y))
MOTE_BINARY_LOOP(logical_and, uint8_t, uint8_t, x != 0 && y != 0)
MOTE_BINARY_LOOP(logical_or, uint8_t, uint8_t, x != 0 || y != 0)
MOTE_BINARY_LOOP(equal_bool, uint8_t, uint8_t, (x != 0) == (y != 0))
MOTE_BINARY_LOOP(not_equal_bool, uint8_t, uint8_t, (x != 0) != (y != 0))

#define ROW(OP, TYPE, when, setup, loop)                                                                               \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_##TYPE, MOTE_##TYPE, MOTE_BOOL, when, setup, loop                                           \
    }
#define PLAIN(OP, TYPE, loop) ROW(OP, TYPE, MOTE_WHEN_ANY, MOTE_BINARY_PLAIN, loop)
#define ROWS(OP, name)                                                                                                 \
    PLAIN(OP, FLOAT32, name##_f32), PLAIN(OP, INT32, name##_i32), PLAIN(OP, INT64, name##_i64),                        \
        ROW(OP, INT8, MOTE_WHEN_QUANTIZED, MOTE_BINARY_COMPARE, name##_codes),                                         \
        ROW(OP, UINT8, MOTE_WHEN_QUANTIZED, MOTE_BINARY_COMPARE, name##_codes),                                        \
        ROW(OP, INT8, MOTE_WHEN_PLAIN, MOTE_BINARY_PLAIN, name##_i8),                                                  \
        ROW(OP, UINT8, MOTE_WHEN_PLAIN, MOTE_BINARY_PLAIN, name##_u8)

const mote_binary_row mote_binary_compare_rows[] = {
    ROWS(EQUAL, equal),
    ROWS(NOT_EQUAL, not_equal),
    ROWS(LESS, less),
    ROWS(LESS_EQUAL, less_equal),
    ROWS(GREATER, greater),
    ROWS(GREATER_EQUAL, greater_equal),
    PLAIN(EQUAL, BOOL, equal_bool),
    PLAIN(NOT_EQUAL, BOOL, not_equal_bool),
    ROW(EQUAL, INT16, MOTE_WHEN_PLAIN, MOTE_BINARY_PLAIN, equal_i16),
    ROW(NOT_EQUAL, INT16, MOTE_WHEN_PLAIN, MOTE_BINARY_PLAIN, not_equal_i16),
    ROW(EQUAL, INT16, MOTE_WHEN_QUANTIZED, MOTE_BINARY_COMPARE, equal_codes_i16),
    ROW(NOT_EQUAL, INT16, MOTE_WHEN_QUANTIZED, MOTE_BINARY_COMPARE, not_equal_codes_i16),
    /* the order of int16 is that of the bare codes, scales or not */
    PLAIN(LESS, INT16, less_i16),
    PLAIN(LESS_EQUAL, INT16, less_equal_i16),
    PLAIN(GREATER, INT16, greater_i16),
    PLAIN(GREATER_EQUAL, INT16, greater_equal_i16),
    PLAIN(LOGICAL_AND, BOOL, logical_and),
    PLAIN(LOGICAL_OR, BOOL, logical_or),
};
const int32_t mote_binary_n_compare_rows = sizeof mote_binary_compare_rows / sizeof mote_binary_compare_rows[0];
