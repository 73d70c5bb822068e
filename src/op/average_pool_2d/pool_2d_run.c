/* AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D (the root of the mean square); elements outside the image do not count.
 */
#include "op/average_pool_2d/pool_2d.h"
#include "op/conv_2d/conv_2d.h"
#include "op/op_quant.h"

#include <math.h>

typedef struct pool_state {
    mote_window_axis h, w;
    int32_t channels;
    bool average, squares;
    float min, max;
    int32_t code_min, code_max;
} pool_state;

static mote_status prepare(mote_run *run, const mote_op_io *io, void **out, mote_error *err)
{
    const mote_pool_2d_params *params = io->node->params;
    const mote_tensor *in = io->inputs[0];
    pool_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *out = state;
    mote_status status = mote_pool_2d_window(params, &in->shape, &state->h, &state->w, err);
    if (status != MOTE_OK)
        return status;
    state->channels = in->shape.dims[3];
    state->squares = io->node->op == MOTE_OP_L2_POOL_2D;
    state->average = state->squares || io->node->op == MOTE_OP_AVERAGE_POOL_2D;
    mote_activation_range_f32(params->activation, &state->min, &state->max);
    if (in->dtype == MOTE_FLOAT32)
        return MOTE_OK;
    if (state->squares || (in->dtype != MOTE_INT8 && in->dtype != MOTE_UINT8 && in->dtype != MOTE_INT16))
        return mote_error_set(err, MOTE_UNSUPPORTED, "an input of %s", mote_dtype_name(in->dtype));
    status = mote_need_per_tensor(io->outputs[0], "the output", err);
    if (status == MOTE_OK)
        mote_activation_range_quant(params->activation, io->outputs[0], &state->code_min, &state->code_max);
    return status;
}

static int32_t load(const mote_tensor *tensor, int64_t i)
{
    if (tensor->dtype == MOTE_INT8)
        return ((const int8_t *)tensor->data)[i];
    return tensor->dtype == MOTE_UINT8 ? ((const uint8_t *)tensor->data)[i] : ((const int16_t *)tensor->data)[i];
}

/* The mean rounded half away from zero. */
static int32_t mean(int32_t sum, int32_t n)
{
    return sum > 0 ? (sum + n / 2) / n : (sum - n / 2) / n;
}

typedef struct pool_call {
    const pool_state *state;
    const mote_tensor *in, *out;
} pool_call;

typedef struct pool_taps {
    int32_t y0, y1, x0, x1;
    int64_t origin; /* of tap (0, 0)'s first channel, which may lie outside */
} pool_taps;

static void pool_f32(const pool_call *call, const pool_taps *t, int32_t c, int64_t at)
{
    const pool_state *s = call->state;
    const float *in = call->in->data;
    float value = s->average ? 0 : -3.402823466e+38F;
    for (int32_t y = t->y0; y < t->y1; y++)
        for (int32_t x = t->x0; x < t->x1; x++) {
            const float element = in[t->origin + c + ((int64_t)y * s->w.in + x) * s->channels];
            const float term = s->squares ? element * element : element;
            value = s->average ? value + term : term > value ? term : value;
        }
    if (s->average)
        value /= (float)((t->y1 - t->y0) * (t->x1 - t->x0));
    if (s->squares)
        value = sqrtf(value);
    ((float *)call->out->data)[at] = value < s->min ? s->min : value > s->max ? s->max : value;
}

static void pool_codes(const pool_call *call, const pool_taps *t, int32_t c, int64_t at)
{
    const pool_state *s = call->state;
    int32_t value = s->average ? 0 : INT32_MIN;
    for (int32_t y = t->y0; y < t->y1; y++)
        for (int32_t x = t->x0; x < t->x1; x++) {
            const int32_t element = load(call->in, t->origin + c + ((int64_t)y * s->w.in + x) * s->channels);
            value = s->average ? value + element : mote_max_i32(value, element);
        }
    const int32_t n = (t->y1 - t->y0) * (t->x1 - t->x0);
    if (s->average && n > 0)
        value = mean(value, n);
    value = mote_clamp_i32(value, s->code_min, s->code_max);
    if (call->out->dtype == MOTE_INT16)
        ((int16_t *)call->out->data)[at] = (int16_t)value;
    else
        ((uint8_t *)call->out->data)[at] = (uint8_t)value;
}

static void eval_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const pool_call *call = arg;
    const pool_state *s = call->state;
    for (int64_t row = begin; row < end; row++) {
        const int64_t example = row / s->h.out;
        const int32_t y = (int32_t)(row % s->h.out);
        for (int32_t x = 0; x < s->w.out; x++) {
            pool_taps taps;
            mote_window_taps(&s->h, y, &taps.y0, &taps.y1);
            mote_window_taps(&s->w, x, &taps.x0, &taps.x1);
            const int64_t iy = example * s->h.in + (int64_t)y * s->h.stride - s->h.pad;
            taps.origin = (iy * s->w.in + (int64_t)x * s->w.stride - s->w.pad) * s->channels;
            for (int32_t c = 0; c < s->channels; c++) {
                const int64_t at = (row * s->w.out + x) * s->channels + c;
                if (call->in->dtype == MOTE_FLOAT32)
                    pool_f32(call, &taps, c, at);
                else
                    pool_codes(call, &taps, c, at);
            }
        }
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *arg, mote_error *err)
{
    (void)err;
    const pool_state *state = arg;
    pool_call call = {state, io->inputs[0], io->outputs[0]};
    mote_run_parallel(run, (int64_t)io->inputs[0]->shape.dims[0] * state->h.out, 1, eval_rows, &call);
    return MOTE_OK;
}

const mote_op_run mote_op_run_average_pool_2d = {prepare, eval};
const mote_op_run mote_op_run_max_pool_2d = {prepare, eval};
const mote_op_run mote_op_run_l2_pool_2d = {prepare, eval};
