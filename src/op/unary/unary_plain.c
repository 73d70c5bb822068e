/* One-input operators on floats and plain integers; integers wrap. */
#include "kernels/converter_math.h"
#include "kernels/strict_math.h"
#include "kernels/vec_math.h"
#include "op/op_quant.h"
#include "op/unary/unary_rows.h"

/* Defines a mote_unary_loop: the result from T x, with `arg` in reach. */
#define LOOP(name, T, ...)                                                                                             \
    static void name(const mote_unary_arg *arg, const void *in, void *out, int64_t n)                                  \
    {                                                                                                                  \
        const T *input = in;                                                                                           \
        T *output = out;                                                                                               \
        (void)arg;                                                                                                     \
        MOTE_LOOP_INDEPENDENT                                                                                          \
        for (int64_t i = 0; i < n; ++i) {                                                                              \
            const T x = input[i];                                                                                      \
            output[i] = (T)(__VA_ARGS__);                                                                              \
        }                                                                                                              \
    }

/* x clamped to [low, high]; NaN stays. */
static inline float clamp(float x, float low, float high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

/* x (1 + tanh u) / 2 as x / (1 + e^-2u), which keeps its digits too */
static inline float gelu_tanh(float x)
{
    return x * mote_logistic_f32(2 * 0.79788456080286536f * (x + 0.044715f * x * x * x));
}

LOOP(abs_f32, float, fabsf(x))
LOOP(abs_i16, int16_t, x < 0 ? -x : x)
LOOP(abs_i32, int32_t, x < 0 ? mote_wrap_sub_i32(0, x) : x)
LOOP(neg_f32, float, -x)
LOOP(neg_i8, int8_t, -x)
LOOP(neg_i16, int16_t, -x)
LOOP(neg_i32, int32_t, mote_wrap_sub_i32(0, x))
LOOP(neg_i64, int64_t, 0 - (uint64_t)x)
LOOP(sqrt_f32, float, sqrtf(x))
LOOP(rsqrt_f32, float, 1.0f / sqrtf(x))
LOOP(square_f32, float, x *x)
LOOP(log_f32, float, logf(x))
LOOP(sin_f32, float, sinf(x))
LOOP(cos_f32, float, cosf(x))
LOOP(ceil_f32, float, ceilf(x))
LOOP(floor_f32, float, floorf(x))
LOOP(round_f32, float, rintf(x)) /* ties to even */
LOOP(sign_f32, float, (float)(x > 0.0f) - (float)(x < 0.0f))
LOOP(sign_f64, double, (double)(x > 0.0) - (double)(x < 0.0))
LOOP(sign_i32, int32_t, (x > 0) - (x < 0))
LOOP(not_bool, uint8_t, x == 0)
LOOP(relu_f32, float, x < 0.0f ? 0.0f : x)
LOOP(relu6_f32, float, clamp(x, 0.0f, 6.0f))
LOOP(relu_n1_to_1_f32, float, clamp(x, -1.0f, 1.0f))
LOOP(relu_0_to_1_f32, float, clamp(x, 0.0f, 1.0f))
LOOP(elu_f32, float, x < 0.0f ? expm1f(x) : x)
LOOP(leaky_relu_f32, float, x > 0.0f ? x : x * arg->alpha)

/* --- behind kernel slots --- */

static bool is_calibrating(const mote_unary_arg *arg)
{
    return arg->kernels && arg->kernels->in_converters_order;
}

/* TensorFlow's converter calls the C library's. */
LOOP(exp_strict, float, mote_exp_strict_f32(clamp(x, -110.0f, 88.7f)))
LOOP(gelu_tanh_as_converter, float, mote_gelu_tanh_converter_f32(x))
LOOP(hard_swish_strict, float, x *clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f)
LOOP(hard_swish_as_converter, float, x *(1.0f / 6) * clamp(x + 3.0f, 0.0f, 6.0f))

static void hard_swish_f32(const mote_unary_arg *arg, const void *in, void *out, int64_t n)
{
    (is_calibrating(arg) ? hard_swish_as_converter : hard_swish_strict)(arg, in, out, n);
}

static void exp_f32(const mote_unary_arg *arg, const void *in, void *out, int64_t n)
{
    if (is_calibrating(arg)) {
        exp_strict(arg, in, out, n);
        return;
    }
    (arg->kernels ? arg->kernels->f32_exp.run : mote_f32_exp__ref)(in, out, n, 0.0f, 1.0f);
}

static void logistic_f32(const mote_unary_arg *arg, const void *in, void *out, int64_t n)
{
    (arg->kernels ? arg->kernels->f32_logistic.run : mote_f32_logistic__ref)(in, out, n);
}

static void tanh_f32(const mote_unary_arg *arg, const void *in, void *out, int64_t n)
{
    (arg->kernels ? arg->kernels->f32_tanh.run : mote_f32_tanh__ref)(in, out, n);
}

static void gelu_f32(const mote_unary_arg *arg, const void *in, void *out, int64_t n)
{
    const float *input = in;
    float *output = out;
    if (!arg->approximate) {
        (arg->kernels ? arg->kernels->f32_gelu.run : mote_f32_gelu__ref)(input, output, n);
        return;
    }
    if (is_calibrating(arg)) {
        gelu_tanh_as_converter(arg, in, out, n);
        return;
    }
    MOTE_LOOP_INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        output[i] = gelu_tanh(input[i]);
}

#define ROW(OP, TYPE, loop_fn)                                                                                         \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_##TYPE, -1, loop_fn, NULL, NULL, NULL, false                                                \
    }

const mote_unary_row mote_unary_plain_rows[] = {
    ROW(ABS, FLOAT32, abs_f32),
    ROW(ABS, INT32, abs_i32),
    {MOTE_OP_ABS, MOTE_INT16, 0, abs_i16, NULL, NULL, NULL, false},
    ROW(NEG, FLOAT32, neg_f32),
    ROW(NEG, INT8, neg_i8),
    ROW(NEG, INT16, neg_i16),
    ROW(NEG, INT32, neg_i32),
    ROW(NEG, INT64, neg_i64),
    ROW(SQRT, FLOAT32, sqrt_f32),
    ROW(RSQRT, FLOAT32, rsqrt_f32),
    ROW(SQUARE, FLOAT32, square_f32),
    ROW(EXP, FLOAT32, exp_f32),
    ROW(LOG, FLOAT32, log_f32),
    ROW(SIN, FLOAT32, sin_f32),
    ROW(COS, FLOAT32, cos_f32),
    ROW(CEIL, FLOAT32, ceil_f32),
    ROW(FLOOR, FLOAT32, floor_f32),
    ROW(ROUND, FLOAT32, round_f32),
    ROW(SIGN, FLOAT32, sign_f32),
    ROW(SIGN, FLOAT64, sign_f64),
    ROW(SIGN, INT32, sign_i32),
    ROW(LOGICAL_NOT, BOOL, not_bool),
    ROW(LOGISTIC, FLOAT32, logistic_f32),
    ROW(TANH, FLOAT32, tanh_f32),
    ROW(RELU, FLOAT32, relu_f32),
    ROW(RELU6, FLOAT32, relu6_f32),
    ROW(RELU_N1_TO_1, FLOAT32, relu_n1_to_1_f32),
    ROW(RELU_0_TO_1, FLOAT32, relu_0_to_1_f32),
    ROW(ELU, FLOAT32, elu_f32),
    ROW(HARD_SWISH, FLOAT32, hard_swish_f32),
    ROW(GELU, FLOAT32, gelu_f32),
    ROW(LEAKY_RELU, FLOAT32, leaky_relu_f32),
};
const int32_t mote_unary_n_plain_rows = sizeof mote_unary_plain_rows / sizeof mote_unary_plain_rows[0];
