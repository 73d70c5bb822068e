/*
 * SVDF: each filter's response to the newest input enters its memory (a shift register, oldest first); a unit is the
 * sum of its `rank` filters' memories under the time weights, plus bias.
 */
#include "op/conv_2d/conv_2d.h"
#include "op/op_quant.h"
#include "op/recurrent/recurrent.h"

#include <string.h>

enum { X, FEATURE, TIME, BIAS, STATE };

typedef struct svdf_state {
    mote_multiplier feature_scale, output_scale;
    const float *time; /* int8 weights under floats: the time weights as floats */
} svdf_state;

static bool is_hybrid(const mote_op_io *io)
{
    return io->inputs[X]->dtype == MOTE_FLOAT32 && io->inputs[FEATURE]->dtype == MOTE_INT8;
}

static mote_status check_shapes(const mote_op_io *io, mote_error *err)
{
    const mote_svdf_params *params = io->node->params;
    const mote_shape *x = &io->inputs[X]->shape, *feature = &io->inputs[FEATURE]->shape;
    const mote_shape *time = &io->inputs[TIME]->shape;
    const mote_tensor *state = io->inputs[STATE], *bias = io->inputs[BIAS];
    if (feature->dims[1] != x->dims[1] || time->rank != 2 || time->dims[0] != feature->dims[0] || time->dims[1] < 1)
        return mote_error_set(err, MOTE_SHAPE, "the weights do not fit the input or each other");
    if (bias && mote_shape_count(&bias->shape) != feature->dims[0] / params->rank)
        return mote_error_set(err, MOTE_SHAPE, "the bias has %lld values", (long long)mote_shape_count(&bias->shape));
    if (state->storage != MOTE_STORAGE_VARIABLE ||
        mote_shape_count(&state->shape) != (int64_t)x->dims[0] * mote_shape_count(time))
        return mote_error_set(err, MOTE_SHAPE, "its state must be a variable of batch x filters x memory values");
    return MOTE_OK;
}

static mote_status prepare_codes(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    static const char *const WHAT[] = {"its input", "the feature weights", "the time weights", "", "its state"};
    for (int32_t i = 0; i < io->n_inputs; i++) {
        const mote_status status = i == BIAS ? MOTE_OK : mote_need_per_tensor(io->inputs[i], WHAT[i], err);
        if (status != MOTE_OK)
            return status;
    }
    const mote_status status = mote_need_per_tensor(io->outputs[0], "its output", err);
    if (status != MOTE_OK)
        return status;
    svdf_state *s = *state = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    /* in float, as the reference: the rounding decides */
    const float feature =
        mote_scale_of(io->inputs[X]) * mote_scale_of(io->inputs[FEATURE]) / mote_scale_of(io->inputs[STATE]);
    const float output =
        mote_scale_of(io->inputs[STATE]) * mote_scale_of(io->inputs[TIME]) / mote_scale_of(io->outputs[0]);
    if (!(feature < 0x1p30F) || !(output < 0x1p30F))
        return mote_error_set(err, MOTE_UNSUPPORTED, "its scales are too far apart");
    s->feature_scale = mote_multiplier_from_double(feature);
    s->output_scale = mote_multiplier_from_double(output);
    return MOTE_OK;
}

/* Inputs become int8 as they come; the time weights are floats from here on, as what they meet is. */
static mote_status prepare_hybrid(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_tensor *time = io->inputs[TIME];
    mote_status status = mote_need_per_tensor(io->inputs[FEATURE], "the feature weights", err);
    if (status == MOTE_OK)
        status = mote_need_per_tensor(time, "the time weights", err);
    if (status == MOTE_OK && !time->data)
        status = mote_error_set(err, MOTE_UNSUPPORTED, "the time weights are not a constant");
    if (status != MOTE_OK)
        return status;
    const int64_t n = mote_shape_count(&time->shape);
    svdf_state *s = *state = mote_run_persistent(run, sizeof *s);
    float *values = mote_run_persistent(run, (size_t)n * sizeof *values);
    if (!s || !values)
        return mote_error_no_memory(err);
    for (int64_t i = 0; i < n; i++)
        values[i] = mote_scale_of(time) * (float)(((const int8_t *)time->data)[i] - mote_zero_of(time));
    s->time = values;
    const mote_shape *x = &io->inputs[X]->shape;
    mote_run_request_scratch(run, (size_t)x->dims[0] * (sizeof(float) + sizeof(int32_t) + (size_t)x->dims[1]));
    return MOTE_OK;
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_svdf_params *params = io->node->params;
    const mote_status status = check_shapes(io, err);
    if (status != MOTE_OK)
        return status;
    const bool codes = io->inputs[X]->dtype == MOTE_INT8;
    const mote_dtype weights = codes || is_hybrid(io) ? MOTE_INT8 : MOTE_FLOAT32;
    const mote_dtype needed[] = {codes ? MOTE_INT8 : MOTE_FLOAT32, weights, codes ? MOTE_INT16 : weights,
                                 codes ? MOTE_INT32 : MOTE_FLOAT32, codes ? MOTE_INT16 : MOTE_FLOAT32};
    for (int32_t i = 0; i < io->n_inputs; i++)
        if (io->inputs[i] && io->inputs[i]->dtype != needed[i])
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d is %s, not %s", i,
                                  mote_dtype_name(io->inputs[i]->dtype), mote_dtype_name(needed[i]));
    if (params->fused_activation_function < MOTE_ACT_NONE || params->fused_activation_function > MOTE_ACT_RELU6)
        return mote_error_set(err, MOTE_UNSUPPORTED, "activation %d", params->fused_activation_function);
    if (codes)
        return prepare_codes(run, io, state, err);
    return is_hybrid(io) ? prepare_hybrid(run, io, state, err) : MOTE_OK;
}

/* The whole state moves by one value, as in the reference; each register's last is then written. */
static void shift_state(const mote_op_io *io)
{
    mote_tensor *state = io->inputs[STATE];
    const size_t element = mote_dtype_bytes(state->dtype);
    if (state->n_bytes > element)
        memmove(state->data, (char *)state->data + element, state->n_bytes - element);
}

typedef struct sizes {
    int64_t n_batch, n_input, n_filter, n_memory, rank;
} sizes;

/* The inputs as int8, for weights of int8; scales NULL: floats. */
typedef struct svdf_codes {
    const float *scales;
    const int32_t *zeros;
    const int8_t *values;
} svdf_codes;

static svdf_codes quantize_inputs(mote_run *run, const mote_op_io *io, const sizes *n)
{
    const mote_svdf_params *params = io->node->params;
    float *scales = mote_run_scratch(run);
    int32_t *zeros = (int32_t *)(void *)(scales + n->n_batch);
    int8_t *values = (int8_t *)(zeros + n->n_batch);
    mote_quantize_rows(run, params->asymmetric_quantize_inputs, io->inputs[X]->data, n->n_batch, n->n_input, values,
                       scales, zeros);
    for (int64_t b = 0; b < n->n_batch; b++)
        scales[b] *= mote_scale_of(io->inputs[FEATURE]);
    return (svdf_codes){scales, zeros, values};
}

static float respond(const mote_op_io *io, const sizes *n, const svdf_codes *codes, int64_t b, int64_t f)
{
    if (!codes->scales) {
        const float *x = (const float *)io->inputs[X]->data + b * n->n_input;
        const float *feature = (const float *)io->inputs[FEATURE]->data + f * n->n_input;
        float sum = 0.0F;
        for (int64_t i = 0; i < n->n_input; i++)
            sum += feature[i] * x[i];
        return sum;
    }
    const int8_t *x = codes->values + b * n->n_input;
    const int8_t *feature = (const int8_t *)io->inputs[FEATURE]->data + f * n->n_input;
    return (float)mote_dot_s8(x, feature, n->n_input, -codes->zeros[b], 0) * codes->scales[b];
}

static void eval_float(const mote_op_io *io, const sizes *n, const svdf_codes *codes, const float *time)
{
    const mote_svdf_params *params = io->node->params;
    const float *bias = io->inputs[BIAS] ? io->inputs[BIAS]->data : NULL;
    float *memory = io->inputs[STATE]->data, *out = io->outputs[0]->data;
    float low, high;
    mote_activation_range_f32(params->fused_activation_function, &low, &high);
    const bool bounded = params->fused_activation_function != MOTE_ACT_NONE;
    for (int64_t b = 0; b < n->n_batch; b++)
        for (int64_t u = 0; u < n->n_filter / n->rank; u++) {
            float sum = bias ? bias[u] : 0.0F;
            for (int64_t f = u * n->rank; f < (u + 1) * n->rank; f++, memory += n->n_memory) {
                memory[n->n_memory - 1] = respond(io, n, codes, b, f);
                for (int64_t m = 0; m < n->n_memory; m++)
                    sum += time[f * n->n_memory + m] * memory[m];
            }
            *out++ = !bounded ? sum : sum < low ? low : sum > high ? high : sum;
        }
}

static void eval_codes(const mote_op_io *io, const sizes *n, const svdf_state *s)
{
    const int8_t *x = io->inputs[X]->data, *feature = io->inputs[FEATURE]->data;
    const int16_t *time = io->inputs[TIME]->data;
    const int32_t *bias = io->inputs[BIAS] ? io->inputs[BIAS]->data : NULL;
    const int32_t x_zero = mote_zero_of(io->inputs[X]), out_zero = mote_zero_of(io->outputs[0]);
    int16_t *memory = io->inputs[STATE]->data;
    int8_t *out = io->outputs[0]->data;
    for (int64_t b = 0; b < n->n_batch; b++, x += n->n_input)
        for (int64_t u = 0; u < n->n_filter / n->rank; u++) {
            int32_t sum = bias ? bias[u] : 0;
            for (int64_t f = u * n->rank; f < (u + 1) * n->rank; f++, memory += n->n_memory) {
                const int32_t newest = (int32_t)mote_dot_s8(x, feature + f * n->n_input, n->n_input, -x_zero, 0);
                memory[n->n_memory - 1] =
                    (int16_t)mote_clamp_i32(mote_scale_i32(newest, s->feature_scale), INT16_MIN, INT16_MAX);
                for (int64_t m = 0; m < n->n_memory; m++)
                    sum = mote_wrap_add_i32(sum, time[f * n->n_memory + m] * memory[m]);
            }
            const int32_t code = mote_wrap_add_i32(mote_scale_i32(sum, s->output_scale), out_zero);
            *out++ = (int8_t)mote_clamp_i32(code, INT8_MIN, INT8_MAX);
        }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    const mote_svdf_params *params = io->node->params;
    const sizes n = {
        .n_batch = io->inputs[X]->shape.dims[0],
        .n_input = io->inputs[X]->shape.dims[1],
        .n_filter = io->inputs[FEATURE]->shape.dims[0],
        .n_memory = io->inputs[TIME]->shape.dims[1],
        .rank = params->rank,
    };
    shift_state(io);
    const svdf_state *s = state;
    const svdf_codes none = {0};
    if (io->inputs[X]->dtype == MOTE_INT8) {
        eval_codes(io, &n, s);
    } else if (s) {
        const svdf_codes codes = quantize_inputs(run, io, &n);
        eval_float(io, &n, &codes, s->time);
    } else {
        eval_float(io, &n, &none, io->inputs[TIME]->data);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_svdf = {prepare, eval};
