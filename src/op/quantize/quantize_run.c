/* QUANTIZE: floats to codes, and codes to other codes; FAKE_QUANT: floats onto a grid. */
#include "op/op_quant.h"
#include "op/quantize/quantize.h"
#include "op/quantize/quantize_loops.h"

#include <string.h>

typedef struct quantize_state {
    mote_dtype from, to;
    int32_t zero_in, zero_out;
    mote_multiplier scale;
    int64_t n_channels, inner; /* per channel: channel = i / inner % n_channels */
    int16_t table[256];        /* 8-bit inputs, index = code as uint8_t */
} quantize_state;

typedef struct work {
    const quantize_state *state;
    const mote_op_io *io;
} work;

static int32_t requantize(const quantize_state *state, int32_t code)
{
    const int32_t scaled = mote_scale_i32(mote_wrap_sub_i32(code, state->zero_in), state->scale);
    return mote_clamp_i32(mote_wrap_add_i32(scaled, state->zero_out), mote_dtype_lowest(state->to),
                          mote_dtype_highest(state->to));
}

static void fill_table(quantize_state *state)
{
    for (int32_t i = 0; i < 256; ++i)
        state->table[i] = (int16_t)requantize(state, state->from == MOTE_INT8 ? (int8_t)(uint8_t)i : i);
}

/* float to 8 or 16 bits; with several scales each run of `inner` elements has its own. */
static void from_float(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const quantize_state *state = w->state;
    const mote_quant *quant = &w->io->outputs[0]->quant;
    const float *in = w->io->inputs[0]->data;
    char *out = w->io->outputs[0]->data;
    const size_t bytes = mote_dtype_bytes(state->to);
    while (begin < end) {
        int64_t n = end - begin, channel = 0;
        if (quant->n > 1) {
            channel = begin / state->inner % state->n_channels;
            const int64_t left = state->inner - begin % state->inner;
            n = n < left ? n : left;
        }
        const int32_t zero = quant->zero_point ? (int32_t)quant->zero_point[channel] : 0;
        mote_quantize_f32(in + begin, quant->scale[channel], zero, state->to, out + (size_t)begin * bytes, n);
        begin += n;
    }
}

/* float to 4 bits: begin is even, so that no byte is shared between ranges. */
static void from_float_4(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const quantize_state *state = w->state;
    const float *in = w->io->inputs[0]->data;
    uint8_t *out = w->io->outputs[0]->data;
    const int64_t n = mote_shape_count(&w->io->inputs[0]->shape);
    const float scale = mote_scale_of(w->io->outputs[0]);
    const float low = (float)(mote_dtype_lowest(state->to) - state->zero_out);
    const float high = (float)(mote_dtype_highest(state->to) - state->zero_out);
    for (int64_t pair = begin; pair < end; ++pair) {
        uint32_t byte = 0;
        for (int64_t i = 2 * pair; i < 2 * pair + 2 && i < n; ++i) {
            float x = in[i] / scale;
            x = x > low ? x : low;
            x = x < high ? x : high;
            byte |= ((uint32_t)(mote_round_away_i32(x) + state->zero_out) & 15u) << (4 * (i & 1));
        }
        out[pair] = (uint8_t)byte;
    }
}

static void from_8(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const int16_t *table = w->state->table;
    const uint8_t *in = w->io->inputs[0]->data;
    if (w->state->to == MOTE_INT16) {
        int16_t *out = w->io->outputs[0]->data;
        for (int64_t i = begin; i < end; ++i)
            out[i] = table[in[i]];
        return;
    }
    uint8_t *out = w->io->outputs[0]->data; /* int8's low byte is the same */
    for (int64_t i = begin; i < end; ++i)
        out[i] = (uint8_t)table[in[i]];
}

static void from_wide(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const quantize_state *state = w->state;
    const void *in = w->io->inputs[0]->data;
    void *out = w->io->outputs[0]->data;
    for (int64_t i = begin; i < end; ++i) {
        const int32_t code = state->from == MOTE_INT16 ? ((const int16_t *)in)[i] : ((const int32_t *)in)[i];
        const int32_t result = requantize(state, code);
        if (state->to == MOTE_INT8 || state->to == MOTE_UINT8)
            ((uint8_t *)out)[i] = (uint8_t)result;
        else if (state->to == MOTE_INT16)
            ((int16_t *)out)[i] = (int16_t)result;
        else
            ((int32_t *)out)[i] = result;
    }
}

static bool can_quantize(mote_dtype from, mote_dtype to)
{
    switch (from) {
    case MOTE_FLOAT32:
        return to == MOTE_INT8 || to == MOTE_UINT8 || to == MOTE_INT16 || to == MOTE_UINT16 || to == MOTE_INT4 ||
               to == MOTE_UINT4;
    case MOTE_INT8:
    case MOTE_UINT8:
        return to == MOTE_INT8 || to == MOTE_UINT8 || to == MOTE_INT16;
    case MOTE_INT16:
        return to == MOTE_INT8 || to == MOTE_UINT8 || to == MOTE_INT16 || to == MOTE_INT32;
    case MOTE_INT32:
        return to == MOTE_INT8 || to == MOTE_UINT8 || to == MOTE_INT16;
    default:
        return false;
    }
}

static mote_status check_channels(quantize_state *state, const mote_tensor *tensor, const char *what, mote_error *err)
{
    const mote_quant *quant = &tensor->quant;
    if (quant->axis < 0 || quant->axis >= tensor->shape.rank || tensor->shape.dims[quant->axis] != quant->n)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s has %d scales, which do not match its dimension %d", what,
                              (int)quant->n, (int)quant->axis);
    state->n_channels = quant->n;
    state->inner = mote_shape_span(&tensor->shape, quant->axis + 1, tensor->shape.rank);
    return MOTE_OK;
}

static mote_status quantize_prepare(mote_run *run, const mote_op_io *io, void **state_out, mote_error *err)
{
    const mote_tensor *in = io->inputs[0], *out = io->outputs[0];
    if (!can_quantize(in->dtype, out->dtype))
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s to %s", mote_dtype_name(in->dtype),
                              mote_dtype_name(out->dtype));
    quantize_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *state_out = state;
    state->from = in->dtype;
    state->to = out->dtype;
    state->zero_in = mote_zero_of(in);
    state->zero_out = mote_zero_of(out);
    if (in->dtype == MOTE_FLOAT32 && out->quant.n > 1 && mote_dtype_bytes(out->dtype) > 0)
        return check_channels(state, out, "the output", err);
    mote_status status = mote_need_per_tensor(out, "the output", err);
    if (status != MOTE_OK || in->dtype == MOTE_FLOAT32)
        return status;
    status = mote_need_per_tensor(in, "input 0", err);
    if (status != MOTE_OK)
        return status;
    state->scale = mote_multiplier_from_double((double)mote_scale_of(in) / (double)mote_scale_of(out));
    if (state->scale.exponent > 30)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the scales are too far apart");
    if (mote_dtype_bytes(in->dtype) == 1)
        fill_table(state);
    return MOTE_OK;
}

static mote_status quantize_eval(mote_run *run, const mote_op_io *io, void *state_in, mote_error *err)
{
    const quantize_state *state = state_in;
    const int64_t n = mote_shape_count(&io->outputs[0]->shape);
    work w = {state, io};
    if (state->from == MOTE_FLOAT32 && mote_dtype_bytes(state->to) == 0)
        mote_run_parallel(run, (n + 1) / 2, MOTE_ELEMENTS_GRAIN / 2, from_float_4, &w);
    else if (n > 0)
        mote_run_parallel(run, n, MOTE_ELEMENTS_GRAIN,
                          state->from == MOTE_FLOAT32          ? from_float
                          : mote_dtype_bytes(state->from) == 1 ? from_8
                                                               : from_wide,
                          &w);
    return MOTE_OK;
}

const mote_op_run mote_op_run_quantize = {.prepare = quantize_prepare, .eval = quantize_eval};

/* --- FAKE_QUANT --- */

typedef struct grid {
    float min, max, step; /* moved so that 0 is on it */
} grid;

static mote_status fake_quant_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_fake_quant_params *params = io->node->params;
    if (io->inputs[0]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(io->inputs[0]->dtype));
    if (params->num_bits < 2 || params->num_bits > 16 || !(params->min <= 0.0f) || !(params->max >= 0.0f) ||
        !(params->max > params->min))
        return mote_error_set(err, MOTE_UNSUPPORTED, "a range from %g to %g in %d bits", (double)params->min,
                              (double)params->max, (int)params->num_bits);
    grid *g = mote_run_persistent(run, sizeof *g);
    if (!g)
        return mote_error_no_memory(err);
    *state = g;
    const float low = params->narrow_range ? 1.0f : 0.0f;
    const float high = (float)((1 << params->num_bits) - 1);
    g->step = (params->max - params->min) / (high - low);
    const float zero_exact = low - params->min / g->step;
    const float zero = zero_exact < low ? low : zero_exact > high ? high : roundf(zero_exact);
    g->min = (low - zero) * g->step;
    g->max = (high - zero) * g->step;
    return MOTE_OK;
}

typedef struct fake_work {
    const grid *g;
    const float *in;
    float *out;
} fake_work;

static void fake_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const fake_work *w = arg;
    const grid g = *w->g;
    const float inverse = 1.0f / g.step;
    MOTE_LOOP_INDEPENDENT
    for (int64_t i = begin; i < end; ++i) {
        float x = w->in[i];
        x = x > g.min ? x : g.min;
        x = x < g.max ? x : g.max;
        w->out[i] = (float)mote_round_away_i32((x - g.min) * inverse) * g.step + g.min;
    }
}

static mote_status fake_quant_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    fake_work w = {state, io->inputs[0]->data, io->outputs[0]->data};
    mote_run_parallel(run, mote_shape_count(&io->outputs[0]->shape), MOTE_ELEMENTS_GRAIN, fake_range, &w);
    return MOTE_OK;
}

const mote_op_run mote_op_run_fake_quant = {.prepare = fake_quant_prepare, .eval = fake_quant_eval};
