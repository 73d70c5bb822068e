/* One-input operators on quantized codes: docs/numerics.md has each formula. */
#include "kernels/fixed_math.h"
#include "op/op_quant.h"
#include "op/unary/unary.h"
#include "op/unary/unary_rows.h"

static inline int32_t finish(int32_t scaled, const mote_unary_arg *arg)
{
    return mote_clamp_i32(mote_wrap_add_i32(scaled, arg->zero_out), arg->min_code, arg->max_code);
}

/* --- RELU and its kin: min_code and max_code are the bounds --- */

static inline int32_t relu_code(const mote_unary_arg *arg, int32_t code)
{
    return finish(mote_scale_i32(code - arg->zero_in, arg->scale), arg);
}

static int32_t bound(float value, const mote_unary_arg *arg)
{
    const float steps = roundf(value / arg->scale_out);
    return arg->zero_out + (steps < 1e6f ? (int32_t)steps : 1000000);
}

static mote_status set_range(mote_unary_arg *arg, float low, float high)
{
    arg->min_code = mote_max_i32(
        arg->min_code, arg->zero_out + (low < 0.0f ? (int32_t)fmaxf(roundf(low / arg->scale_out), -1e6f) : 0));
    if (high < INFINITY)
        arg->max_code = mote_min_i32(arg->max_code, bound(high, arg));
    return MOTE_OK;
}

static mote_status set_relu(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    return set_range(arg, 0.0f, INFINITY);
}

static mote_status set_relu6(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    return set_range(arg, 0.0f, 6.0f);
}

static mote_status set_relu_n1_to_1(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    return set_range(arg, -1.0f, 1.0f);
}

static mote_status set_relu_0_to_1(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    return set_range(arg, 0.0f, 1.0f);
}

/* --- LEAKY_RELU --- */

static inline int32_t leaky_relu_code(const mote_unary_arg *arg, int32_t code)
{
    const int32_t value = code - arg->zero_in;
    if (value >= 0)
        return finish(mote_scale_i32(value, arg->scale), arg);
    const int32_t scaled = mote_scale_i32(value, arg->scale_2);
    return finish(arg->negative ? -scaled : scaled, arg);
}

static mote_status set_leaky_relu(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    const float factor = arg->scale_in * arg->alpha / arg->scale_out;
    arg->negative = factor < 0.0f;
    arg->scale_2 = mote_multiplier_from_double(fabs((double)factor));
    if (arg->scale_2.exponent > 30)
        return mote_error_set(err, MOTE_UNSUPPORTED, "alpha is too large");
    return MOTE_OK;
}

/* --- ABS, SQRT, RSQRT --- */

static inline int32_t abs_code(const mote_unary_arg *arg, int32_t code)
{
    const int32_t value = code < arg->zero_in ? arg->zero_in - code : code - arg->zero_in;
    return finish(arg->scale_in == arg->scale_out ? value : mote_scale_i32(value, arg->scale), arg);
}

static mote_status set_abs(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    arg->scale = mote_multiplier_from_double(arg->scale_in / arg->scale_out);
    return MOTE_OK;
}

static inline int32_t sqrt_code(const mote_unary_arg *arg, int32_t code)
{
    if (code < arg->zero_in)
        return arg->min_code; /* never reached: eval refuses such inputs */
    const float root = sqrtf(arg->scale_in * (float)(code - arg->zero_in)) / arg->scale_out;
    return finish(root < 2e9f ? (int32_t)root : INT32_MAX / 2, arg); /* truncated, as the reference does */
}

static int32_t rsqrt_code(const mote_unary_arg *arg, int32_t code)
{
    enum { SHIFT = 20 };
    const int32_t value = code - arg->zero_in;
    if (value <= 0)
        return arg->max_code;
    mote_multiplier inverse = mote_fixed_inverse_sqrt(value);
    inverse.exponent += SHIFT;
    const mote_multiplier scale = {arg->scale_2.mantissa, arg->scale_2.exponent - SHIFT};
    return finish(mote_scale_i32(mote_scale_i32(1, inverse), scale), arg);
}

static mote_status set_rsqrt(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    arg->scale_2 = mote_multiplier_from_double(1. / (double)(sqrtf(arg->scale_in) * arg->scale_out));
    if (arg->scale_2.exponent > 50 || arg->scale_2.exponent < -11)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the scales are too far apart");
    return MOTE_OK;
}

static float rsqrt_real(float value, const void *argument)
{
    const mote_unary_arg *arg = argument;
    return value <= 0.0f ? INT16_MAX * arg->scale_out : 1.0f / sqrtf(value);
}

/* --- HARD_SWISH, in 16-bit fixed point: x * relu6(x + 3) / 6 --- */

static int16_t saturate_i16(int64_t x)
{
    return (int16_t)(x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x);
}

static int32_t hard_swish_code(const mote_unary_arg *arg, int32_t code)
{
    const int16_t input = (int16_t)((code - arg->zero_in) * (1 << 7));
    const int16_t on_output_scale = mote_mulh_i16(input, (int16_t)arg->scale.mantissa);
    const int32_t exponent = arg->scale_2.exponent;
    /* the factor relu6(x + 3) / 6 as x / 3 in Q0.15, saturated, then brought from [-1, 1] to [0, 1] */
    int16_t factor = input;
    if (exponent > 0)
        factor = saturate_i16((int64_t)factor * (INT64_C(1) << (exponent - 1)));
    factor = mote_mulh_i16(factor, (int16_t)arg->scale_2.mantissa);
    if (exponent > 0)
        factor = saturate_i16((int64_t)factor * 2);
    else if (exponent < 0)
        factor = (int16_t)mote_shift_right_round_i32(factor, mote_min_i32(-exponent, 31));
    factor = (int16_t)((factor + (1 << 15)) >> 1);
    const int32_t product = (int32_t)factor * on_output_scale / (1 << 15); /* towards zero */
    return finish(mote_shift_right_round_i32(product, -arg->scale.exponent), arg);
}

static int32_t mantissa_16(int32_t mantissa)
{
    return mantissa >= INT32_MAX - (1 << 15) ? INT16_MAX : (mantissa + (1 << 15)) >> 16;
}

static mote_status set_hard_swish(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    const float hires_scale = (1.0f / 128.0f) * arg->scale_in;
    arg->scale = mote_multiplier_from_double(hires_scale / arg->scale_out);
    arg->scale_2 = mote_multiplier_from_double(hires_scale / (3.0f / 32768.0f));
    if (arg->scale.exponent > 0 || arg->scale_2.exponent > 31)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the input's scale is too large");
    arg->scale.mantissa = mantissa_16(arg->scale.mantissa);
    arg->scale_2.mantissa = mantissa_16(arg->scale_2.mantissa);
    return MOTE_OK;
}

/* --- int16 LOGISTIC and TANH: sigmoid on [0, 10.7] from a table of 256, interpolated --- */

/* Input codes to steps of 1 / (3 * 4096): a multiplier of at most 16 bits and a shift. `integer_shift` is what a
 * power-of-two scale needs; there the multiplier is 3 << it. */
static mote_status set_sigmoid(mote_unary_arg *arg, int32_t most_shift, mote_error *err)
{
    const float log2 = logf(arg->scale_in) * (1.0f / logf(2.0f));
    const int32_t integer_shift = 12 + (int32_t)roundf(log2);
    if (arg->scale_out != 1.0f / 32768.0f)
        return mote_error_set(err, MOTE_UNSUPPORTED, "an int16 output must have scale 1/32768");
    if (fabsf(log2 - roundf(log2)) < 1e-3f && integer_shift >= 0 && integer_shift <= most_shift) {
        arg->multiplier = 3 << integer_shift;
        arg->shift = 0;
        return MOTE_OK;
    }
    double multiplier = mote_sigmoid_steps(arg->scale_in);
    if (mote_sigmoid_overflows(arg->scale_in))
        return mote_error_set(err, MOTE_UNSUPPORTED, "the input's scale is too large");
    arg->shift = 0;
    while (multiplier <= 32767.0 / 2.0 && arg->shift <= 30) {
        ++arg->shift;
        multiplier *= 2.0;
    }
    arg->multiplier = (int32_t)multiplier;
    return MOTE_OK;
}

static mote_status set_logistic_i16(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    return set_sigmoid(arg, 0, err);
}

static mote_status set_tanh_i16(mote_unary_arg *arg, const mote_op_io *io, mote_error *err)
{
    return set_sigmoid(arg, 1, err);
}

static inline int32_t sigmoid_step(const mote_unary_arg *arg, int32_t code)
{
    const int64_t round = arg->shift > 0 ? INT64_C(1) << (arg->shift - 1) : 0;
    return (int32_t)(((int64_t)code * arg->multiplier + round) >> arg->shift);
}

static inline int32_t logistic_code_i16(const mote_unary_arg *arg, int32_t code)
{
    const int32_t step = sigmoid_step(arg, code);
    const uint32_t magnitude = (uint32_t)(step < 0 ? -step : step), index = magnitude >> 9;
    uint32_t result = 0x7FFFu << 10;
    if (index < 255) {
        const uint32_t a = arg->sigmoid[index], b = arg->sigmoid[index + 1];
        result = (a << 9) + (magnitude & 0x1FFu) * (b - a);
    }
    result = step >= 0 ? result + (1u << 9) : (1u << 25) - result + (1u << 9) - 1;
    return (int16_t)(result >> 10);
}

/* tanh(x) = 2 sigmoid(2x) - 1 */
static inline int32_t tanh_code_i16(const mote_unary_arg *arg, int32_t code)
{
    const int32_t step = sigmoid_step(arg, code);
    const uint32_t magnitude = (uint32_t)(step < 0 ? -step : step), index = magnitude >> 8;
    int32_t result = 0xFFFF << 8;
    if (index < 255) {
        const uint32_t a = arg->sigmoid[index], b = arg->sigmoid[index + 1];
        result = (int32_t)((a << 8) + (magnitude & 0xFFu) * (b - a));
    }
    result = step >= 0 ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1;
    return (int16_t)(result >> 8);
}

/* --- real functions behind tables --- */

static float logistic_real(float value, const void *arg)
{
    return 1.0f / (1.0f + expf(-value));
}

static float tanh_real(float value, const void *arg)
{
    return tanhf(value);
}

static float exp_real(float value, const void *arg)
{
    return expf(value);
}

/* Where there is no logarithm the lowest value that the output holds. */
static float log_real(float value, const void *argument)
{
    const mote_unary_arg *arg = argument;
    return value <= 0.0f ? (float)(arg->min_code - arg->zero_out) * arg->scale_out : logf(value);
}

static float elu_real(float value, const void *arg)
{
    return value < 0.0f ? expm1f(value) : value;
}

static float gelu_real(float value, const void *argument)
{
    const mote_unary_arg *arg = argument;
    if (arg->approximate)
        return 0.5f * value *
               (1.f + tanhf((float)(M_2_SQRTPI * M_SQRT1_2) * (value + 0.044715f * value * value * value)));
    return 0.5f * value * erfcf(value * (float)-M_SQRT1_2);
}

/* Loops over int16 codes with the function inside. */
#define LOOP_16(name, code)                                                                                            \
    static void name(const mote_unary_arg *arg, const void *in, void *out, int64_t n)                                  \
    {                                                                                                                  \
        const int16_t *input = in;                                                                                     \
        int16_t *output = out;                                                                                         \
        MOTE_LOOP_INDEPENDENT                                                                                          \
        for (int64_t i = 0; i < n; ++i)                                                                                \
            output[i] = (int16_t)code(arg, input[i]);                                                                  \
    }

LOOP_16(relu_16, relu_code)
LOOP_16(leaky_relu_16, leaky_relu_code)
LOOP_16(abs_16, abs_code)
LOOP_16(sqrt_16, sqrt_code)
LOOP_16(logistic_16, logistic_code_i16)
LOOP_16(tanh_16, tanh_code_i16)

#define CODE(OP, TYPE, code_fn, set_fn)                                                                                \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_##TYPE, 1, NULL, code_fn, NULL, set_fn, false                                               \
    }
#define CODE_16(OP, loop_fn, set_fn)                                                                                   \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_INT16, 1, loop_fn, NULL, NULL, set_fn, false                                                \
    }
#define REAL(OP, TYPE, real_fn)                                                                                        \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_##TYPE, 1, NULL, NULL, real_fn, NULL, false                                                 \
    }
#define POSITIVE(OP, TYPE, code_fn, real_fn, set_fn)                                                                   \
    {                                                                                                                  \
        MOTE_OP_##OP, MOTE_##TYPE, 1, NULL, code_fn, real_fn, set_fn, true                                             \
    }

const mote_unary_row mote_unary_quant_rows[] = {
    CODE(RELU, INT8, relu_code, set_relu),
    CODE(RELU, UINT8, relu_code, set_relu),
    CODE_16(RELU, relu_16, set_relu),
    CODE(RELU6, INT8, relu_code, set_relu6),
    CODE(RELU6, UINT8, relu_code, set_relu6),
    CODE_16(RELU6, relu_16, set_relu6),
    CODE(RELU_N1_TO_1, INT8, relu_code, set_relu_n1_to_1),
    CODE(RELU_N1_TO_1, UINT8, relu_code, set_relu_n1_to_1),
    CODE(RELU_0_TO_1, INT8, relu_code, set_relu_0_to_1),
    CODE(RELU_0_TO_1, UINT8, relu_code, set_relu_0_to_1),
    CODE(LEAKY_RELU, INT8, leaky_relu_code, set_leaky_relu),
    CODE(LEAKY_RELU, UINT8, leaky_relu_code, set_leaky_relu),
    CODE_16(LEAKY_RELU, leaky_relu_16, set_leaky_relu),
    CODE(ABS, INT8, abs_code, set_abs),
    CODE_16(ABS, abs_16, set_abs),
    POSITIVE(SQRT, INT8, sqrt_code, NULL, NULL),
    {MOTE_OP_SQRT, MOTE_INT16, 1, sqrt_16, NULL, NULL, NULL, true},
    POSITIVE(RSQRT, INT8, rsqrt_code, NULL, set_rsqrt),
    POSITIVE(RSQRT, INT16, NULL, rsqrt_real, NULL),
    CODE(HARD_SWISH, INT8, hard_swish_code, set_hard_swish),
    CODE(HARD_SWISH, UINT8, hard_swish_code, set_hard_swish),
    REAL(LOGISTIC, INT8, logistic_real),
    REAL(LOGISTIC, UINT8, logistic_real),
    CODE_16(LOGISTIC, logistic_16, set_logistic_i16),
    REAL(TANH, INT8, tanh_real),
    REAL(TANH, UINT8, tanh_real),
    CODE_16(TANH, tanh_16, set_tanh_i16),
    REAL(EXP, INT8, exp_real),
    REAL(EXP, INT16, exp_real),
    REAL(LOG, INT8, log_real),
    REAL(LOG, INT16, log_real),
    REAL(ELU, INT8, elu_real),
    REAL(GELU, INT8, gelu_real),
    REAL(GELU, UINT8, gelu_real),
    REAL(GELU, INT16, gelu_real),
};
const int32_t mote_unary_n_quant_rows = sizeof mote_unary_quant_rows / sizeof mote_unary_quant_rows[0];
