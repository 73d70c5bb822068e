#include "op/reduce/reduce_loops.h"
#include "op/op_quant.h"

#include <float.h>

/*
 * Defines the loops `name`: inputs T, running values S from INITIAL; `STEP` is the next value of s given x,
 * `FINISH` the output (of type T) of s. Both see arg.
 */
#define REDUCE(name, T, S, INITIAL, STEP, FINISH)                                                                      \
    static void name##_begin(void *sums, int64_t n)                                                                    \
    {                                                                                                                  \
        S *s = sums;                                                                                                   \
        for (int64_t i = 0; i < n; ++i)                                                                                \
            s[i] = INITIAL;                                                                                            \
    }                                                                                                                  \
    static void name##_add(void *sums, const void *in, int64_t n, bool first, const mote_reduce_arg *arg)              \
    {                                                                                                                  \
        S *restrict all = sums;                                                                                        \
        const T *restrict input = in;                                                                                  \
        (void)arg;                                                                                                     \
        (void)first;                                                                                                   \
        for (int64_t i = 0; i < n; ++i) {                                                                              \
            const S s = all[i];                                                                                        \
            const T x = input[i];                                                                                      \
            (void)s;                                                                                                   \
            all[i] = (S)(STEP);                                                                                        \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_fold(void *sums, const void *in, int64_t n, int64_t at, bool first, const mote_reduce_arg *arg) \
    {                                                                                                                  \
        const T *input = in;                                                                                           \
        S s = *(S *)sums;                                                                                              \
        (void)at, (void)arg;                                                                                           \
        for (int64_t i = 0; i < n; ++i, first = false) {                                                               \
            const T x = input[i];                                                                                      \
            s = (S)(STEP);                                                                                             \
        }                                                                                                              \
        (void)first;                                                                                                   \
        *(S *)sums = s;                                                                                                \
    }                                                                                                                  \
    static void name##_end(const void *sums, void *out, int64_t n, const mote_reduce_arg *arg)                         \
    {                                                                                                                  \
        const S *all = sums;                                                                                           \
        T *output = out;                                                                                               \
        (void)arg;                                                                                                     \
        for (int64_t i = 0; i < n; ++i) {                                                                              \
            const S s = all[i];                                                                                        \
            output[i] = (T)(FINISH);                                                                                   \
        }                                                                                                              \
    }                                                                                                                  \
    static const mote_reduce_loops name = {name##_begin, name##_add, name##_fold, name##_end};

static inline int64_t wrap_add_i64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t wrap_mul_i64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static inline int64_t mean_i64(int64_t sum, const mote_reduce_arg *arg)
{
    return arg->n_reduced > 0 ? sum / arg->n_reduced : 0;
}

/* The sum of n codes less n zero points, scaled. */
static inline int32_t scaled_sum(int32_t sum, const mote_reduce_arg *arg)
{
    const int32_t centred = (int32_t)((int64_t)sum - arg->zero_in * arg->n_reduced);
    return mote_clamp_i32(mote_wrap_add_i32(mote_scale_i32(centred, arg->scale), arg->zero_out), arg->min_code,
                          arg->max_code);
}

static inline int32_t scaled_sum_f32(int32_t sum, const mote_reduce_arg *arg)
{
    const float scaled = roundf((float)sum * arg->scale_f32 + arg->bias_f32);
    const int32_t code = scaled >= 2147483648.0f ? INT32_MAX : scaled < -2147483648.0f ? INT32_MIN : (int32_t)scaled;
    return mote_clamp_i32(mote_wrap_add_i32(code, arg->zero_out), arg->min_code, arg->max_code);
}

/* Each factor after the first is scaled by the input's scale over the n-th root of the output's. */
static inline int32_t scaled_product(int32_t product, int32_t code, bool first, const mote_reduce_arg *arg)
{
    const int32_t centred = code - arg->zero_in;
    return first ? centred : mote_scale_i64((int64_t)product * centred, arg->scale);
}

static inline int32_t end_product(int32_t product, const mote_reduce_arg *arg)
{
    return mote_clamp_i32(mote_wrap_add_i32(mote_scale_i64(product, arg->scale), arg->zero_out), arg->min_code,
                          arg->max_code);
}

REDUCE(sum_i32, int32_t, int32_t, 0, mote_wrap_add_i32(s, x), s)
REDUCE(sum_i64, int64_t, int64_t, 0, wrap_add_i64(s, x), s)
REDUCE(mean_of_i32, int32_t, int64_t, 0, wrap_add_i64(s, x), mean_i64(s, arg))
REDUCE(mean_of_i64, int64_t, int64_t, 0, wrap_add_i64(s, x), mean_i64(s, arg))
REDUCE(mean_i8, int8_t, int32_t, 0, mote_wrap_add_i32(s, x), scaled_sum(s, arg))
REDUCE(mean_u8, uint8_t, int32_t, 0, mote_wrap_add_i32(s, x), scaled_sum(s, arg))
REDUCE(mean_i16, int16_t, int32_t, 0, mote_wrap_add_i32(s, x), scaled_sum(s, arg))
REDUCE(sum_i8, int8_t, int32_t, 0, mote_wrap_add_i32(s, x), scaled_sum_f32(s, arg))
REDUCE(sum_i16, int16_t, int32_t, 0, mote_wrap_add_i32(s, x), scaled_sum_f32(s, arg))

REDUCE(prod_f32, float, float, 1.0f, s *x, s)
REDUCE(prod_i32, int32_t, int32_t, 1, mote_wrap_mul_i32(s, x), s)
REDUCE(prod_i64, int64_t, int64_t, 1, wrap_mul_i64(s, x), s)
REDUCE(prod_plain_i8, int8_t, int8_t, 1, s *x, s)
REDUCE(prod_plain_i16, int16_t, int16_t, 1, s *x, s)
REDUCE(prod_plain_u8, uint8_t, uint8_t, 1, s *x, s)
REDUCE(prod_i8, int8_t, int32_t, 0, scaled_product(s, x, first, arg), end_product(s, arg))
REDUCE(prod_i16, int16_t, int32_t, 0, scaled_product(s, x, first, arg), end_product(s, arg))

REDUCE(max_f32, float, float, -FLT_MAX, x > s ? x : s, s)
REDUCE(max_i8, int8_t, int8_t, INT8_MIN, x > s ? x : s, s)
REDUCE(max_u8, uint8_t, uint8_t, 0, x > s ? x : s, s)
REDUCE(max_i16, int16_t, int16_t, INT16_MIN, x > s ? x : s, s)
REDUCE(max_i32, int32_t, int32_t, INT32_MIN, x > s ? x : s, s)
REDUCE(max_i64, int64_t, int64_t, INT64_MIN, x > s ? x : s, s)
REDUCE(min_f32, float, float, FLT_MAX, x < s ? x : s, s)
REDUCE(min_i8, int8_t, int8_t, INT8_MAX, x < s ? x : s, s)
REDUCE(min_u8, uint8_t, uint8_t, UINT8_MAX, x < s ? x : s, s)
REDUCE(min_i16, int16_t, int16_t, INT16_MAX, x < s ? x : s, s)
REDUCE(min_i32, int32_t, int32_t, INT32_MAX, x < s ? x : s, s)
REDUCE(min_i64, int64_t, int64_t, INT64_MAX, x < s ? x : s, s)
REDUCE(any_bool, uint8_t, uint8_t, 0, s | (x != 0), s)
REDUCE(all_bool, uint8_t, uint8_t, 1, s &(x != 0), s)

/* Float sums along a run go in eight lanes: faster, and closer to the real sum than one chain of additions. */
static void sum_f32_begin(void *sums, int64_t n)
{
    float *s = sums;
    for (int64_t i = 0; i < n; ++i)
        s[i] = 0.0f;
}

static void sum_f32_add(void *sums, const void *in, int64_t n, bool first, const mote_reduce_arg *arg)
{
    float *restrict s = sums;
    const float *restrict x = in;
    for (int64_t i = 0; i < n; ++i)
        s[i] += x[i];
}

static void sum_f32_fold(void *sums, const void *in, int64_t n, int64_t at, bool first, const mote_reduce_arg *arg)
{
    (void)at, (void)first, (void)arg;
    const float *x = in;
    float lanes[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (int64_t k = 0; k < 8; ++k)
            lanes[k] += x[i + k];
    }
    float rest = 0.0f;
    for (; i < n; ++i)
        rest += x[i];
    const float folded =
        ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
    *(float *)sums += folded + rest;
}

static void sum_f32_end(const void *sums, void *out, int64_t n, const mote_reduce_arg *arg)
{
    const float *s = sums;
    float *result = out;
    for (int64_t i = 0; i < n; ++i)
        result[i] = s[i];
}

static void mean_f32_end(const void *sums, void *out, int64_t n, const mote_reduce_arg *arg)
{
    const float *s = sums;
    float *result = out;
    for (int64_t i = 0; i < n; ++i)
        result[i] = s[i] / (float)arg->n_reduced;
}

static const mote_reduce_loops sum_f32 = {sum_f32_begin, sum_f32_add, sum_f32_fold, sum_f32_end};
static const mote_reduce_loops mean_f32 = {sum_f32_begin, sum_f32_add, sum_f32_fold, mean_f32_end};

#define ROW(OP, TYPE, loops)                                                                                           \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_##TYPE, -1, MOTE_REDUCE_PLAIN, &loops                                                       \
    }
#define EXTREMA(OP, name)                                                                                              \
    ROW(OP, FLOAT32, name##_f32), ROW(OP, INT32, name##_i32), ROW(OP, INT64, name##_i64),                              \
        {MOTE_OP_##OP, MOTE_INT8, -1, MOTE_REDUCE_SAME_SCALE, &name##_i8},                                             \
        {MOTE_OP_##OP, MOTE_UINT8, -1, MOTE_REDUCE_SAME_SCALE, &name##_u8},                                            \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_INT16, -1, MOTE_REDUCE_SAME_SCALE, &name##_i16                                              \
    }

const mote_reduce_row mote_reduce_rows[] = {
    ROW(MEAN, FLOAT32, mean_f32),
    ROW(MEAN, INT32, mean_of_i32),
    ROW(MEAN, INT64, mean_of_i64),
    {MOTE_OP_MEAN, MOTE_INT8, 1, MOTE_REDUCE_MEAN, &mean_i8},
    {MOTE_OP_MEAN, MOTE_UINT8, 1, MOTE_REDUCE_MEAN, &mean_u8},
    {MOTE_OP_MEAN, MOTE_INT16, 1, MOTE_REDUCE_MEAN, &mean_i16},
    ROW(SUM, FLOAT32, sum_f32),
    ROW(SUM, INT32, sum_i32),
    ROW(SUM, INT64, sum_i64),
    {MOTE_OP_SUM, MOTE_INT8, 1, MOTE_REDUCE_SUM_F32, &sum_i8},
    {MOTE_OP_SUM, MOTE_INT16, 1, MOTE_REDUCE_SUM_F32, &sum_i16},
    {MOTE_OP_SUM, MOTE_UINT8, 1, MOTE_REDUCE_SUM, &mean_u8},
    ROW(REDUCE_PROD, FLOAT32, prod_f32),
    ROW(REDUCE_PROD, INT32, prod_i32),
    ROW(REDUCE_PROD, INT64, prod_i64),
    {MOTE_OP_REDUCE_PROD, MOTE_INT8, 1, MOTE_REDUCE_PROD, &prod_i8},
    {MOTE_OP_REDUCE_PROD, MOTE_INT16, 1, MOTE_REDUCE_PROD, &prod_i16},
    {MOTE_OP_REDUCE_PROD, MOTE_INT8, 0, MOTE_REDUCE_PLAIN, &prod_plain_i8},
    {MOTE_OP_REDUCE_PROD, MOTE_UINT8, 0, MOTE_REDUCE_PLAIN, &prod_plain_u8},
    {MOTE_OP_REDUCE_PROD, MOTE_INT16, 0, MOTE_REDUCE_PLAIN, &prod_plain_i16},
    EXTREMA(REDUCE_MAX, max),
    EXTREMA(REDUCE_MIN, min),
    ROW(REDUCE_ANY, BOOL, any_bool),
    ROW(REDUCE_ALL, BOOL, all_bool),
};
const int32_t mote_reduce_n_rows = sizeof mote_reduce_rows / sizeof mote_reduce_rows[0];
