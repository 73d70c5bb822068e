#include "op/stablehlo/combine.h"

#include "kernels/half.h"

#define LOOP(name, T, expression)                                                                                      \
    static void name(const void *left, const void *right, void *out, int64_t n)                                        \
    {                                                                                                                  \
        const T *l = left, *r = right;                                                                                 \
        T *o = out;                                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const T a = l[i], b = r[i];                                                                                \
            o[i] = (T)(expression);                                                                                    \
        }                                                                                                              \
    }

#define REALS(suffix, T)                                                                                               \
    LOOP(add_##suffix, T, a + b)                                                                                       \
    LOOP(multiply_##suffix, T, a *b)                                                                                   \
    LOOP(maximum_##suffix, T, a < b ? b : a)                                                                           \
    LOOP(minimum_##suffix, T, b < a ? b : a)                                                                           \
    LOOP(all_##suffix, T, a != 0 && b != 0)                                                                            \
    LOOP(any_##suffix, T, a != 0 || b != 0)

/* A shift by more than the type's width leaves nothing. */
#define WHOLES(suffix, T)                                                                                              \
    LOOP(add_##suffix, T, (uint64_t)a + (uint64_t)b)                                                                   \
    LOOP(multiply_##suffix, T, (uint64_t)a *(uint64_t)b)                                                               \
    LOOP(maximum_##suffix, T, a < b ? b : a)                                                                           \
    LOOP(minimum_##suffix, T, b < a ? b : a)                                                                           \
    LOOP(and_##suffix, T, a &b)                                                                                        \
    LOOP(shift_##suffix, T, (uint64_t)b < 64 ? (uint64_t)a << (uint64_t)b : 0)                                         \
    LOOP(all_##suffix, T, a != 0 && b != 0)                                                                            \
    LOOP(any_##suffix, T, a != 0 || b != 0)

REALS(f32, float)
REALS(f64, double)
WHOLES(i8, int8_t)
WHOLES(i16, int16_t)
WHOLES(i32, int32_t)
WHOLES(i64, int64_t)
WHOLES(u8, uint8_t)
WHOLES(u16, uint16_t)
WHOLES(u32, uint32_t)
WHOLES(u64, uint64_t)

/* Half precision: computed in float, each result rounded. */
#define HALF(name, expression)                                                                                         \
    static void name(const void *left, const void *right, void *out, int64_t n)                                        \
    {                                                                                                                  \
        const uint16_t *l = left, *r = right;                                                                          \
        uint16_t *o = out;                                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const float a = mote_f32_from_f16(l[i]), b = mote_f32_from_f16(r[i]);                                      \
            o[i] = mote_f16_from_f32(expression);                                                                      \
        }                                                                                                              \
    }

HALF(add_f16, a + b)
HALF(multiply_f16, a *b)
HALF(maximum_f16, a < b ? b : a)
HALF(minimum_f16, b < a ? b : a)

#define REAL_ROW(DTYPE, suffix)                                                                                        \
    {                                                                                                                  \
        MOTE_##DTYPE,                                                                                                  \
        {                                                                                                              \
            add_##suffix, multiply_##suffix, maximum_##suffix, minimum_##suffix, NULL, NULL, all_##suffix,             \
                any_##suffix                                                                                           \
        }                                                                                                              \
    }
#define WHOLE_ROW(DTYPE, suffix)                                                                                       \
    {                                                                                                                  \
        MOTE_##DTYPE,                                                                                                  \
        {                                                                                                              \
            add_##suffix, multiply_##suffix, maximum_##suffix, minimum_##suffix, and_##suffix, shift_##suffix,         \
                all_##suffix, any_##suffix                                                                             \
        }                                                                                                              \
    }

mote_combine_fn *mote_combine_find(mote_combine_kind kind, mote_dtype dtype)
{
    static const struct {
        mote_dtype dtype;
        mote_combine_fn *by_kind[MOTE_N_COMBINES];
    } rows[] = {
        REAL_ROW(FLOAT32, f32),
        REAL_ROW(FLOAT64, f64),
        WHOLE_ROW(INT8, i8),
        WHOLE_ROW(INT16, i16),
        WHOLE_ROW(INT32, i32),
        WHOLE_ROW(INT64, i64),
        WHOLE_ROW(UINT8, u8),
        WHOLE_ROW(UINT16, u16),
        WHOLE_ROW(UINT32, u32),
        WHOLE_ROW(UINT64, u64),
        {MOTE_FLOAT16, {add_f16, multiply_f16, maximum_f16, minimum_f16, NULL, NULL, NULL, NULL}},
        {MOTE_BOOL, {any_u8, all_u8, any_u8, all_u8, all_u8, NULL, all_u8, any_u8}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].dtype == dtype)
            return rows[i].by_kind[kind];
    return NULL;
}

bool mote_combine_of_body(mote_op body, mote_combine_kind *kind)
{
    static const struct {
        mote_op op;
        mote_combine_kind kind;
    } rows[] = {
        {MOTE_OP_ADD, MOTE_COMBINE_ADD},         {MOTE_OP_STABLEHLO_ADD, MOTE_COMBINE_ADD},
        {MOTE_OP_MUL, MOTE_COMBINE_MULTIPLY},    {MOTE_OP_STABLEHLO_MULTIPLY, MOTE_COMBINE_MULTIPLY},
        {MOTE_OP_MAXIMUM, MOTE_COMBINE_MAXIMUM}, {MOTE_OP_STABLEHLO_MAXIMUM, MOTE_COMBINE_MAXIMUM},
        {MOTE_OP_MINIMUM, MOTE_COMBINE_MINIMUM}, {MOTE_OP_STABLEHLO_MINIMUM, MOTE_COMBINE_MINIMUM},
        {MOTE_OP_LOGICAL_AND, MOTE_COMBINE_ALL}, {MOTE_OP_STABLEHLO_AND, MOTE_COMBINE_ALL},
        {MOTE_OP_LOGICAL_OR, MOTE_COMBINE_ANY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == body) {
            *kind = rows[i].kind;
            return true;
        }
    return false;
}
