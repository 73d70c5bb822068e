/* SOFTMAX and LOG_SOFTMAX over the last axis: floats, and codes in fixed point (docs/numerics.md). */
#include "kernels/converter_math.h"
#include "kernels/fixed_math.h"
#include "kernels/half.h"
#include "kernels/kernels.h"
#include "op/op_quant.h"
#include "op/softmax/softmax.h"

#include <float.h>

typedef struct softmax_state {
    mote_f32_exp_fn *exp;
    void (*row)(const struct softmax_state *state, const void *in, void *out, int64_t n);
    bool as_converter;          /* floats, as TensorFlow's converter has them while it calibrates */
    size_t in_bytes, out_bytes; /* of an element */
    float beta;
    mote_multiplier scale;   /* code differences to Q5.26; int16: to steps of the exp table */
    mote_multiplier unscale; /* LOG_SOFTMAX: back to codes */
    int32_t diff_min;        /* differences below it contribute nothing */
    int32_t exps[256];       /* by minus the difference: e^difference in Q0.31 */
    int16_t exp_lut[513], reciprocal_lut[513];
} softmax_state;

enum { LANES = 8 }; /* running values side by side in the loops that fold a row */

static float max_of(const float *x, int64_t n)
{
    float lanes[LANES], max = -FLT_MAX;
    for (int32_t k = 0; k < LANES; ++k)
        lanes[k] = -FLT_MAX;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int32_t k = 0; k < LANES; ++k)
            lanes[k] = x[i + k] > lanes[k] ? x[i + k] : lanes[k];
    }
    for (; i < n; ++i)
        max = x[i] > max ? x[i] : max;
    for (int32_t k = 0; k < LANES; ++k)
        max = lanes[k] > max ? lanes[k] : max;
    return max;
}

static float sum_of(const float *x, int64_t n)
{
    float lanes[LANES] = {0}, sum = 0.0f;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int32_t k = 0; k < LANES; ++k)
            lanes[k] += x[i + k];
    }
    for (; i < n; ++i)
        sum += x[i];
    for (int32_t k = 0; k < LANES; ++k)
        sum += lanes[k];
    return sum;
}

static void softmax_f32(const softmax_state *state, const void *input, void *output, int64_t n)
{
    const float *in = input;
    float *out = output;
    state->exp(in, out, n, max_of(in, n), state->beta);
    const float sum = sum_of(out, n);
    MOTE_LOOP_INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = out[i] / sum;
}

/* The row begins at element `at` of the tensor. */
static void softmax_as_converter(const softmax_state *state, const float *in, float *out, int64_t n, int64_t at)
{
    const float max = max_of(in, n);
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_exp_converter_f32((in[i] - max) * state->beta);
    const float factor = 1.0f / mote_sum_column_f32(out, n, at);
    for (int64_t i = 0; i < n; ++i)
        out[i] *= factor;
}

/* Exponentials are rounded to half before they are divided by the sum of the unrounded ones. */
static void softmax_f16(const softmax_state *state, const void *input, void *output, int64_t n)
{
    enum { CHUNK = 256 };
    const uint16_t *in = input;
    uint16_t *out = output;
    float values[CHUNK], max = -FLT_MAX, sum = 0.0f;
    for (int64_t i = 0; i < n; ++i) {
        const float x = mote_f32_from_f16(in[i]);
        max = x > max ? x : max;
    }
    for (int64_t at = 0; at < n; at += CHUNK) {
        const int64_t m = n - at < CHUNK ? n - at : CHUNK;
        mote_load_halves(false, in + at, values, m);
        state->exp(values, values, m, max, state->beta);
        sum += sum_of(values, m);
        mote_store_halves(false, values, out + at, m);
    }
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_f16_from_f32(mote_f32_from_f16(out[i]) / sum);
}

static void log_softmax_f32(const softmax_state *state, const void *input, void *output, int64_t n)
{
    const float *in = input;
    float *out = output;
    const float max = max_of(in, n);
    state->exp(in, out, n, max, 1.0f);
    const float log_sum = logf(sum_of(out, n));
    MOTE_LOOP_INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = in[i] - max - log_sum;
}

/* --- 8 bits --- */

/* Code i of a row: 0 … 255 in the order of the codes' values (int8's sign bit turned). */
static inline int32_t ordered(const uint8_t *in, int64_t i, int32_t flip)
{
    return in[i] ^ flip;
}

/* The row's largest code and the sum of e^difference in Q12.19, at least 1. */
static int32_t sum_of_exps(const softmax_state *state, const uint8_t *in, int64_t n, int32_t flip, int32_t *max)
{
    *max = 0;
    for (int64_t i = 0; i < n; ++i)
        *max = mote_max_i32(*max, ordered(in, i, flip));
    int32_t sum = 0;
    for (int64_t i = 0; i < n; ++i) {
        const int32_t diff = *max - ordered(in, i, flip);
        if (-diff >= state->diff_min)
            sum = mote_wrap_add_i32(sum, mote_shift_right_round_i32(state->exps[diff], 12));
    }
    return sum;
}

static void softmax_8(const softmax_state *state, const uint8_t *in, void *out, int64_t n, int32_t flip, int32_t bits,
                      int32_t lowest)
{
    int32_t max, over;
    const int32_t sum = sum_of_exps(state, in, n, flip, &max);
    const int32_t scale = mote_fixed_reciprocal(sum, 12, &over);
    const int32_t exponent = mote_clamp_i32(over + 31 - bits, 0, 31);
    const int32_t highest = lowest + (1 << bits) - 1;
    for (int64_t i = 0; i < n; ++i) {
        const int32_t diff = max - ordered(in, i, flip);
        int32_t code = lowest;
        if (-diff >= state->diff_min)
            code =
                mote_clamp_i32(lowest + mote_shift_right_round_i32(mote_mulh_i32(scale, state->exps[diff]), exponent),
                               lowest, highest);
        if (bits == 16)
            ((int16_t *)out)[i] = (int16_t)code;
        else
            ((uint8_t *)out)[i] = (uint8_t)code;
    }
}

static void softmax_i8(const softmax_state *state, const void *in, void *out, int64_t n)
{
    softmax_8(state, in, out, n, 0x80, 8, INT8_MIN);
}

static void softmax_u8(const softmax_state *state, const void *in, void *out, int64_t n)
{
    softmax_8(state, in, out, n, 0, 8, 0);
}

static void softmax_i8_i16(const softmax_state *state, const void *in, void *out, int64_t n)
{
    softmax_8(state, in, out, n, 0x80, 16, INT16_MIN);
}

static void softmax_u8_i16(const softmax_state *state, const void *in, void *out, int64_t n)
{
    softmax_8(state, in, out, n, 0, 16, INT16_MIN);
}

/* Output codes: 16ths below the highest, which stands for 0. */
static void log_softmax_8(const softmax_state *state, const uint8_t *in, uint8_t *out, int64_t n, int32_t flip)
{
    int32_t max;
    const int32_t sum = sum_of_exps(state, in, n, flip, &max);
    const int32_t log_sum = mote_fixed_log_q12(sum);
    const int32_t least =
        mote_max_i32(state->diff_min - 1, mote_scale_i32(mote_wrap_add_i32(log_sum, INT32_MIN), state->unscale));
    for (int64_t i = 0; i < n; ++i) {
        const int32_t diff = ordered(in, i, flip) - max;
        int32_t code = 0;
        if (diff > least) {
            const int32_t scaled = mote_scale_i32(diff, state->scale);
            code = mote_clamp_i32(255 + mote_shift_right_round_i32(mote_wrap_sub_i32(scaled, log_sum), 22), 0, 255);
        }
        out[i] = (uint8_t)(code ^ flip);
    }
}

static void log_softmax_i8(const softmax_state *state, const void *in, void *out, int64_t n)
{
    log_softmax_8(state, in, out, n, 0x80);
}

static void log_softmax_u8(const softmax_state *state, const void *in, void *out, int64_t n)
{
    log_softmax_8(state, in, out, n, 0);
}

/* --- int16: exp and 1 / (1 + x) by interpolated tables --- */

static double exp_f64(double x)
{
    return exp(x);
}

static double reciprocal_1p_f64(double x)
{
    return 1.0 / (1.0 + x);
}

static void softmax_i16(const softmax_state *state, const void *input, void *output, int64_t n)
{
    const int16_t *in = input;
    int16_t *out = output;
    int32_t max = INT16_MIN, sum = 0; /* Q16.15 */
    for (int64_t i = 0; i < n; ++i)
        max = mote_max_i32(max, in[i]);
    for (int64_t i = 0; i < n; ++i) {
        const int32_t scaled = mote_wrap_add_i32(mote_scale_i32(in[i] - max, state->scale), 32767);
        out[i] = mote_lut_i16((int16_t)mote_clamp_i32(scaled, INT16_MIN, INT16_MAX), state->exp_lut);
        sum = mote_wrap_add_i32(sum, out[i]);
    }
    const int32_t zeros = mote_leading_zeros_u32((uint32_t)sum);
    const int32_t right = 31 - zeros;
    if (right < 1 || sum < 0) /* no such sum from a table whose largest value is 32767, but for overflow */
        return;
    const int32_t shifted = (int32_t)((((int64_t)sum << (zeros - 1)) + (1 << 13)) >> 14);
    const int32_t centred = mote_clamp_i32(shifted - ((1 << 15) + (1 << 16)), INT16_MIN, INT16_MAX);
    const int32_t reciprocal = mote_lut_i16((int16_t)centred, state->reciprocal_lut);
    for (int64_t i = 0; i < n; ++i) {
        const int64_t product = (int64_t)out[i] * reciprocal + (INT64_C(1) << (right - 1));
        out[i] = (int16_t)mote_clamp_i32((int32_t)(product >> right), 0, INT16_MAX);
    }
}

/* --- preparing --- */

typedef struct softmax_row {
    int32_t op;
    mote_dtype from, to;
    void (*row)(const softmax_state *state, const void *in, void *out, int64_t n);
} softmax_row;

static const softmax_row rows[] = {
    {MOTE_OP_SOFTMAX, MOTE_FLOAT32, MOTE_FLOAT32, softmax_f32},
    {MOTE_OP_SOFTMAX, MOTE_FLOAT16, MOTE_FLOAT16, softmax_f16},
    {MOTE_OP_SOFTMAX, MOTE_INT8, MOTE_INT8, softmax_i8},
    {MOTE_OP_SOFTMAX, MOTE_UINT8, MOTE_UINT8, softmax_u8},
    {MOTE_OP_SOFTMAX, MOTE_INT8, MOTE_INT16, softmax_i8_i16},
    {MOTE_OP_SOFTMAX, MOTE_UINT8, MOTE_INT16, softmax_u8_i16},
    {MOTE_OP_SOFTMAX, MOTE_INT16, MOTE_INT16, softmax_i16},
    {MOTE_OP_LOG_SOFTMAX, MOTE_FLOAT32, MOTE_FLOAT32, log_softmax_f32},
    {MOTE_OP_LOG_SOFTMAX, MOTE_INT8, MOTE_INT8, log_softmax_i8},
    {MOTE_OP_LOG_SOFTMAX, MOTE_UINT8, MOTE_UINT8, log_softmax_u8},
};

/* Differences on Q5.26, and e^ of each; a scale too large to represent is as good as the largest. */
static mote_status set_8(softmax_state *state, const mote_op_io *io, mote_error *err)
{
    const double beta = io->node->op == MOTE_OP_SOFTMAX ? (double)state->beta : 1.0;
    const double factor = beta * (double)mote_scale_of(io->inputs[0]) * (1 << 26);
    state->scale = mote_multiplier_from_double(factor < 2147483647.0 ? factor : 2147483647.0);
    if (!(factor > 1.0))
        return mote_error_set(err, MOTE_UNSUPPORTED, "beta times the input's scale is too small");
    const int32_t left = state->scale.exponent;
    state->diff_min = -(int32_t)floor(31.0 * (1 << 26) / (double)(INT64_C(1) << left));
    for (int32_t diff = 0; diff < 256; ++diff) {
        if (-diff >= state->diff_min)
            state->exps[diff] =
                mote_fixed_exp(mote_mulh_i32(mote_shift_left_i32(-diff, left), state->scale.mantissa), 5);
    }
    state->unscale = mote_multiplier_from_double((double)(INT64_C(1) << (31 - left)) / (double)state->scale.mantissa);
    return MOTE_OK;
}

static mote_status set_16(softmax_state *state, const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_need_symmetric(io->inputs[0], "input 0", err);
    if (status != MOTE_OK)
        return status;
    mote_lut_i16_fill_f64(10.0 / 65535, INT16_MAX, 2.0 / 65535, 0, exp_f64, state->exp_lut);
    mote_lut_i16_fill_f64(1.0 / 65535, INT16_MIN, 2.0 / 65535, 0, reciprocal_1p_f64, state->reciprocal_lut);
    const float product = mote_scale_of(io->inputs[0]) * state->beta; /* in float, as the reference */
    state->scale = mote_multiplier_from_double(product / (10.0 / 65535.0));
    if (state->scale.exponent > 30)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the input's scale is too large");
    return MOTE_OK;
}

/* The kernels write codes of one scale and zero point; another would be misread. */
static mote_status check_output(const mote_op_io *io, mote_error *err)
{
    const mote_tensor *in = io->inputs[0], *out = io->outputs[0];
    float scale = 1.0f / 256;
    int32_t zero = mote_dtype_lowest(out->dtype);
    if (io->node->op == MOTE_OP_LOG_SOFTMAX) {
        scale = 16.0f / 256;
        zero = mote_dtype_highest(out->dtype);
    } else if (out->dtype == MOTE_INT16) {
        scale = in->dtype == MOTE_INT16 ? 1.0f / 32768 : 1.0f / 65536;
        zero = in->dtype == MOTE_INT16 ? 0 : INT16_MIN;
    }
    if (fabsf(mote_scale_of(out) - scale) > scale * 1e-3f || mote_zero_of(out) != zero)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the output must have scale %g and zero point %d, not %g and %d",
                              (double)scale, (int)zero, (double)mote_scale_of(out), (int)mote_zero_of(out));
    return MOTE_OK;
}

static mote_status softmax_prepare(mote_run *run, const mote_op_io *io, void **state_out, mote_error *err)
{
    const mote_tensor *in = io->inputs[0], *out = io->outputs[0];
    const softmax_row *row = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !row; ++i) {
        if (rows[i].op == (int32_t)io->node->op && rows[i].from == in->dtype && rows[i].to == out->dtype)
            row = &rows[i];
    }
    if (!row)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s to %s", mote_dtype_name(in->dtype),
                              mote_dtype_name(out->dtype));
    if (in->shape.rank < 1)
        return mote_error_set(err, MOTE_SHAPE, "the input must have an axis");
    softmax_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *state_out = state;
    state->row = row->row;
    state->exp = mote_run_kernels(run) ? mote_run_kernels(run)->f32_exp.run : mote_f32_exp__ref;
    state->as_converter = row->row == softmax_f32 && mote_run_in_converters_order(run);
    state->in_bytes = mote_dtype_bytes(row->from);
    state->out_bytes = mote_dtype_bytes(row->to);
    if (io->node->op == MOTE_OP_SOFTMAX)
        state->beta = ((const mote_softmax_params *)io->node->params)->beta;
    if (in->dtype == MOTE_FLOAT32 || in->dtype == MOTE_FLOAT16)
        return MOTE_OK;
    mote_status status = mote_need_per_tensor(in, "input 0", err);
    if (status == MOTE_OK)
        status = check_output(io, err);
    if (status != MOTE_OK)
        return status;
    return in->dtype == MOTE_INT16 ? set_16(state, io, err) : set_8(state, io, err);
}

typedef struct work {
    const softmax_state *state;
    const char *in;
    char *out;
    int64_t depth;
} work;

static void rows_of(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    for (int64_t i = begin; i < end; ++i)
        w->state->row(w->state, w->in + (size_t)(i * w->depth) * w->state->in_bytes,
                      w->out + (size_t)(i * w->depth) * w->state->out_bytes, w->depth);
}

static void rows_as_converter(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    for (int64_t at = begin * w->depth; at < end * w->depth; at += w->depth)
        softmax_as_converter(w->state, (const float *)(const void *)w->in + at, (float *)(void *)w->out + at, w->depth,
                             at);
}

static mote_status softmax_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    const mote_shape *shape = &io->inputs[0]->shape;
    work w = {state, io->inputs[0]->data, io->outputs[0]->data, shape->dims[shape->rank - 1]};
    if (mote_shape_count(shape) == 0)
        return MOTE_OK;
    const int64_t grain = MOTE_ELEMENTS_GRAIN / 4 / w.depth;
    mote_run_parallel(run, mote_shape_span(shape, 0, shape->rank - 1), grain > 1 ? grain : 1,
                      w.state->as_converter ? rows_as_converter : rows_of, &w);
    return MOTE_OK;
}

const mote_op_run mote_op_run_softmax = {.prepare = softmax_prepare, .eval = softmax_eval};
const mote_op_run mote_op_run_log_softmax = {.prepare = softmax_prepare, .eval = softmax_eval};
