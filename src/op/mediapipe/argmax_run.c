/*
 * MaxPoolingWithArgmax2D and MaxUnpooling2D. An index is where in its window the greatest value lies, row by row, as a
 * float that is a tenth larger, so that cutting it off gives the whole number.
 */
#include "op/average_pool_2d/pool_2d.h"
#include "op/conv_2d/conv_2d.h"
#include "op/op_quant.h"

#include <string.h>

typedef struct argmax_state {
    mote_window_axis h, w;
    float low, high;
} argmax_state;

static mote_status need_floats(const mote_op_io *io, mote_error *err)
{
    for (int32_t i = 0; i < io->n_inputs; i++)
        if (io->inputs[i]->dtype != MOTE_FLOAT32)
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d is %s, not float32", i,
                                  mote_dtype_name(io->inputs[i]->dtype));
    return MOTE_OK;
}

/* The axes of the pooling: of images of `in`. */
static mote_status make_state(mote_run *run, const mote_op_io *io, const mote_shape *in, void **state, mote_error *err)
{
    const mote_pool_2d_params *p = io->node->params;
    argmax_state *s = *state = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    mote_activation_range_f32(p->activation, &s->low, &s->high);
    const mote_status status = need_floats(io, err);
    return status == MOTE_OK ? mote_pool_2d_window(p, in, &s->h, &s->w, err) : status;
}

static mote_status prepare_pool(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    return make_state(run, io, &io->inputs[0]->shape, state, err);
}

typedef struct pool_call {
    const argmax_state *state;
    const mote_op_io *io;
} pool_call;

/* The taps of a window that lie inside the image. */
typedef struct taps {
    int32_t y0, y1, x0, x1;
} taps;

/* One output value and its index; origin: the place of the window's first element of this channel, which may lie
 * outside. */
static void pool_one(const argmax_state *s, const taps *t, const float *in, int64_t origin, int64_t channels,
                     float *value, float *index)
{
    int32_t best = 0;
    float greatest = -3.402823466e+38F;
    for (int32_t fy = t->y0; fy < t->y1; fy++)
        for (int32_t fx = t->x0; fx < t->x1; fx++) {
            const float element = in[origin + ((int64_t)fy * s->w.in + fx) * channels];
            if (element > greatest) {
                greatest = element;
                best = fy * s->w.filter + fx;
            }
        }
    *value = greatest < s->low ? s->low : greatest > s->high ? s->high : greatest;
    *index = (float)best + 0.1F;
}

static void pool_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const pool_call *call = arg;
    const argmax_state *s = call->state;
    const int64_t channels = call->io->inputs[0]->shape.dims[3];
    const float *in = call->io->inputs[0]->data;
    for (int64_t row = begin; row < end; row++)
        for (int32_t x = 0; x < s->w.out; x++) {
            const int32_t y = (int32_t)(row % s->h.out);
            const int64_t top = row / s->h.out * s->h.in + (int64_t)y * s->h.stride - s->h.pad;
            const int64_t origin = (top * s->w.in + (int64_t)x * s->w.stride - s->w.pad) * channels;
            const int64_t at = (row * s->w.out + x) * channels;
            taps t;
            mote_window_taps(&s->h, y, &t.y0, &t.y1);
            mote_window_taps(&s->w, x, &t.x0, &t.x1);
            for (int64_t c = 0; c < channels; c++)
                pool_one(s, &t, in, origin + c, channels, (float *)call->io->outputs[0]->data + at + c,
                         (float *)call->io->outputs[1]->data + at + c);
        }
}

static mote_status eval_pool(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    const argmax_state *s = state;
    pool_call call = {s, io};
    mote_run_parallel(run, (int64_t)io->inputs[0]->shape.dims[0] * s->h.out, 1, pool_rows, &call);
    return MOTE_OK;
}

static mote_status prepare_unpool(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_shape *in = &io->inputs[0]->shape;
    const mote_pool_2d_params *p = io->node->params;
    const mote_status status = make_state(run, io, &io->outputs[0]->shape, state, err);
    if (status != MOTE_OK)
        return status;
    /* the padding of a pooling that would give just this input */
    argmax_state *s = *state;
    const int64_t h = ((int64_t)in->dims[1] - 1) * p->stride_h + p->filter_height - s->h.in;
    const int64_t w = ((int64_t)in->dims[2] - 1) * p->stride_w + p->filter_width - s->w.in;
    if (h > INT32_MAX || w > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "its stride is too large");
    s->h.pad = h > 0 ? (int32_t)h / 2 : 0;
    s->w.pad = w > 0 ? (int32_t)w / 2 : 0;
    return MOTE_OK;
}

/* Indices that lead outside, or are no numbers, put nothing anywhere. */
static mote_status eval_unpool(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)err;
    const argmax_state *s = state;
    const mote_shape *in = &io->inputs[0]->shape;
    const float *values = io->inputs[0]->data, *indices = io->inputs[1]->data;
    const int64_t channels = in->dims[3], n_rows = (int64_t)in->dims[0] * in->dims[1];
    if (io->outputs[0]->n_bytes > 0)
        memset(io->outputs[0]->data, 0, io->outputs[0]->n_bytes);
    for (int64_t row = 0; row < n_rows; row++)
        for (int64_t i = 0; i < in->dims[2] * channels; i++) {
            const int64_t from = row * in->dims[2] * channels + i;
            if (!(indices[from] >= 0.0F && indices[from] < 0x1p30F))
                continue;
            const int32_t index = (int32_t)indices[from];
            const int64_t x = i / channels * s->w.stride - s->w.pad + index % s->w.filter;
            const int64_t y = row % in->dims[1] * s->h.stride - s->h.pad + index / s->w.filter;
            if (x >= 0 && x < s->w.in && y >= 0 && y < s->h.in)
                ((float *)io->outputs[0]
                     ->data)[((row / in->dims[1] * s->h.in + y) * s->w.in + x) * channels + i % channels] =
                    values[from];
        }
    return MOTE_OK;
}

const mote_op_run mote_op_run_max_pooling_with_argmax_2d = {prepare_pool, eval_pool};
const mote_op_run mote_op_run_max_unpooling_2d = {prepare_unpool, eval_unpool};
