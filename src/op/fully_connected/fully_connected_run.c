/* FULLY_CONNECTED: packed where that serves (conv_packed.h), else plainly: every output is a dot product of a row of
 * the input and a row of the filter. */
#include "op/conv_2d/conv_2d.h"
#include "op/conv_2d/conv_packed.h"
#include "op/fully_connected/fully_connected.h"
#include "op/op_quant.h"

typedef struct fc_state {
    int32_t n_rows, depth, units;
    mote_requant requant;
    mote_dot_fn *dot; /* NULL: float */
    float min, max;
    bool hybrid, asymmetric;
    float *block_sums;        /* of a blockwise filter: each unit's weights added up */
    mote_conv_packed *packed; /* NULL: plainly */
} fc_state;

/* Weights on blocks of scales meet rows that are quantized asymmetrically. */
static mote_status prepare_blocks(mote_run *run, const mote_op_io *io, fc_state *state, mote_error *err)
{
    const mote_tensor *filter = io->inputs[1], *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    if (filter->dtype != MOTE_INT8 || !filter->data || io->outputs[0]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a blockwise filter of %s with an output of %s",
                              mote_dtype_name(filter->dtype), mote_dtype_name(io->outputs[0]->dtype));
    state->hybrid = state->asymmetric = true;
    state->dot = mote_dot_find(MOTE_INT8, MOTE_INT8);
    state->block_sums = mote_run_persistent(run, (size_t)state->units * sizeof *state->block_sums);
    if (!state->block_sums)
        return mote_error_no_memory(err);
    const int32_t size = filter->quant.block_size;
    const int8_t *w = filter->data;
    for (int64_t block = 0; block < (int64_t)state->units * state->depth / size; block++, w += size) {
        int32_t sum = 0;
        for (int32_t i = 0; i < size; i++)
            sum += w[i];
        state->block_sums[block * size / state->depth] += filter->quant.block_scale[block] * (float)sum;
    }
    mote_run_request_scratch(run, (size_t)mote_shape_count(&io->inputs[0]->shape) + (size_t)state->n_rows * 8);
    return mote_need_real(filter, bias, state->units, err);
}

static mote_status prepare_plain(mote_run *run, const mote_op_io *io, void **out, mote_error *err)
{
    const mote_fully_connected_params *params = io->node->params;
    const mote_tensor *in = io->inputs[0], *filter = io->inputs[1];
    if (params->weights_format != 0)
        return mote_error_set(err, MOTE_UNSUPPORTED, "shuffled weights");
    fc_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *out = state;
    state->depth = filter->shape.dims[1];
    state->units = filter->shape.dims[0];
    state->n_rows = (int32_t)(mote_shape_count(&in->shape) / state->depth);
    mote_activation_range_f32(params->activation, &state->min, &state->max);
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    if (in->dtype == MOTE_FLOAT32 && filter->quant.block_size > 0)
        return prepare_blocks(run, io, state, err);
    if (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_FLOAT32 && io->outputs[0]->dtype == MOTE_FLOAT32)
        return mote_need_real(filter, bias, state->units, err);
    if (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_INT8 && filter->quant.n >= 1 &&
        io->outputs[0]->dtype == MOTE_FLOAT32) {
        state->hybrid = true;
        state->asymmetric = params->asymmetric_quantize_inputs;
        state->dot = mote_dot_find(MOTE_INT8, MOTE_INT8);
        mote_run_request_scratch(run, (size_t)mote_shape_count(&in->shape) + (size_t)state->n_rows * 8);
        return mote_need_real(filter, bias, state->units, err);
    }
    state->dot = mote_dot_find(in->dtype, filter->dtype);
    return mote_requant_make(run, &state->requant, io, state->units, params->activation, true, err);
}

/* As a 1x1 convolution over an image that is one pixel wide. */
static mote_status prepare(mote_run *run, const mote_op_io *io, void **out, mote_error *err)
{
    const mote_status status = prepare_plain(run, io, out, err);
    if (status != MOTE_OK)
        return status;
    fc_state *state = *out;
    if (state->requant.factors || state->block_sums || state->n_rows < 1)
        return MOTE_OK;
    const mote_conv_packed_spec spec = {
        .h = {.in = state->n_rows, .out = state->n_rows, .filter = 1, .stride = 1, .dilation = 1},
        .w = {.in = 1, .out = 1, .filter = 1, .stride = 1, .dilation = 1},
        .n = state->units,
        .k = state->depth,
        .requant = &state->requant,
        .low = state->min,
        .high = state->max,
        .hybrid = state->hybrid,
        .asymmetric = state->asymmetric,
        .per_row = true,
    };
    return mote_conv_packed_make(run, io, &spec, &state->packed, err);
}

typedef struct fc_call {
    const fc_state *state;
    const mote_op_io *io;
    const mote_tensor *bias;
    const int8_t *codes;
    const float *scales;
    const int32_t *zeros;
} fc_call;

static float dot_f32(const float *x, const float *w, int64_t n)
{
    float sums[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            sums[j] += x[i + j] * w[i + j];
    float sum = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
    for (; i < n; i++)
        sum += x[i] * w[i];
    return sum;
}

static float clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

static float hybrid_value(const fc_call *call, int64_t row, int64_t unit, float start)
{
    const fc_state *s = call->state;
    const mote_tensor *filter = call->io->inputs[1];
    const int8_t *w = (const int8_t *)filter->data + unit * s->depth;
    const int64_t sum = s->dot(call->codes + row * s->depth, w, s->depth, -call->zeros[row], 0);
    const float scale = call->scales[row] * filter->quant.scale[filter->quant.n > 1 ? unit : 0];
    return start + (float)sum * scale;
}

static float blockwise_value(const fc_call *call, int64_t row, int64_t unit)
{
    const fc_state *s = call->state;
    const mote_quant *quant = &call->io->inputs[1]->quant;
    const int8_t *x = call->codes + row * s->depth, *w = (const int8_t *)call->io->inputs[1]->data + unit * s->depth;
    const float *scale = quant->block_scale + unit * (s->depth / quant->block_size);
    float sum = 0;
    for (int32_t i = 0; i < s->depth; i += quant->block_size)
        sum += (float)s->dot(x + i, w + i, quant->block_size, 0, 0) * *scale++;
    return (sum - (float)call->zeros[row] * s->block_sums[unit]) * call->scales[row];
}

/* Elements are row * units + unit. */
static void eval_elements(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const fc_call *call = arg;
    const fc_state *s = call->state;
    const mote_tensor *in = call->io->inputs[0], *filter = call->io->inputs[1], *out = call->io->outputs[0];
    const size_t element = mote_dtype_bytes(in->dtype), filter_element = mote_dtype_bytes(filter->dtype);
    for (int64_t i = begin; i < end; i++) {
        const int64_t row = i / s->units, unit = i % s->units;
        const void *x = (const char *)in->data + (size_t)(row * s->depth) * element;
        const void *w = (const char *)filter->data + (size_t)(unit * s->depth) * filter_element;
        const bool real = s->hybrid || !s->dot;
        const float start = real && call->bias ? ((const float *)call->bias->data)[unit] : 0;
        if (s->block_sums)
            ((float *)out->data)[i] = clamp(blockwise_value(call, row, unit) + start, s->min, s->max);
        else if (s->hybrid)
            ((float *)out->data)[i] = clamp(hybrid_value(call, row, unit, start), s->min, s->max);
        else if (!s->dot)
            ((float *)out->data)[i] = clamp(start + dot_f32(x, w, s->depth), s->min, s->max);
        else
            mote_requant_store(&s->requant, s->dot(x, w, s->depth, s->requant.x_offset, s->requant.w_offset),
                               call->bias, (int32_t)unit, out, i);
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *arg, mote_error *err)
{
    (void)err;
    const fc_state *state = arg;
    if (state->packed) {
        mote_conv_packed_run(run, io, state->packed, 1);
        return MOTE_OK;
    }
    fc_call call = {.state = state, .io = io, .bias = io->n_inputs > 2 ? io->inputs[2] : NULL};
    if (state->hybrid) {
        char *scratch = mote_run_scratch(run);
        const size_t n = (size_t)state->n_rows;
        float *scales = (float *)(void *)scratch;
        int32_t *zeros = (int32_t *)(void *)(scratch + n * 4);
        int8_t *codes = (int8_t *)scratch + n * 8;
        mote_quantize_rows(run, state->asymmetric, io->inputs[0]->data, state->n_rows, state->depth, codes, scales,
                           zeros);
        call.codes = codes;
        call.scales = scales;
        call.zeros = zeros;
    }
    mote_run_parallel(run, (int64_t)state->n_rows * state->units, 1 + MOTE_ELEMENTS_GRAIN / state->depth, eval_elements,
                      &call);
    return MOTE_OK;
}

const mote_op_run mote_op_run_fully_connected = {prepare, eval};
