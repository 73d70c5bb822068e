/*
 * An image is one thread's: windows may overlap. A maximum's gradient goes to the first element that has it, row by
 * row, as in TensorFlow; a mean's to all elements of the window that lie inside the image.
 */
#include "op/average_pool_2d/pool_2d.h"
#include "op/conv_2d/conv_grad.h"

#include <string.h>

typedef struct pool_grad_state {
    mote_window_axis h, w;
    int64_t channels;
    bool average;
} pool_grad_state;

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_pool_2d_params *params = grad->io->node->params;
    const mote_shape *in = &grad->io->inputs[0]->shape;
    pool_grad_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    s->channels = in->dims[3];
    s->average = grad->io->node->op == MOTE_OP_AVERAGE_POOL_2D;
    mote_status status = mote_need_no_activation(params->activation, err);
    return status == MOTE_OK ? mote_pool_2d_window(params, in, &s->h, &s->w, err) : status;
}

typedef struct pool_job {
    const pool_grad_state *s;
    const float *x, *y, *dy;
    float *dx;
} pool_job;

typedef struct window {
    int64_t y0, y1, x0, x1; /* in the image */
} window;

static void spread_mean(const pool_job *job, const window *at, const float *dy, float *dx)
{
    const pool_grad_state *s = job->s;
    const float share = 1.0f / (float)((at->y1 - at->y0) * (at->x1 - at->x0));
    for (int64_t y = at->y0; y < at->y1; y++)
        for (int64_t x = at->x0; x < at->x1; x++) {
            float *to = dx + (y * s->w.in + x) * s->channels;
            for (int64_t c = 0; c < s->channels; c++)
                to[c] += dy[c] * share;
        }
}

static void give_to_maximum(const pool_job *job, const window *at, const float *image, const float *out,
                            const float *dy, float *dx)
{
    const pool_grad_state *s = job->s;
    for (int64_t c = 0; c < s->channels; c++) {
        bool given = false;
        for (int64_t y = at->y0; y < at->y1 && !given; y++)
            for (int64_t x = at->x0; x < at->x1 && !given; x++) {
                const int64_t i = (y * s->w.in + x) * s->channels + c;
                given = image[i] == out[c];
                if (given)
                    dx[i] += dy[c];
            }
    }
}

static void images(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const pool_job *job = arg;
    const pool_grad_state *s = job->s;
    const int64_t in_count = s->h.in * s->w.in * s->channels;
    for (int64_t image = begin; image < end; image++) {
        float *dx = job->dx + image * in_count;
        memset(dx, 0, (size_t)in_count * sizeof *dx);
        for (int32_t oy = 0; oy < s->h.out; oy++)
            for (int32_t ox = 0; ox < s->w.out; ox++) {
                int32_t y0, y1, x0, x1;
                mote_window_taps(&s->h, oy, &y0, &y1);
                mote_window_taps(&s->w, ox, &x0, &x1);
                const int64_t top = (int64_t)oy * s->h.stride - s->h.pad, left = (int64_t)ox * s->w.stride - s->w.pad;
                const window at = {top + y0, top + y1, left + x0, left + x1};
                const int64_t o = ((image * s->h.out + oy) * s->w.out + ox) * s->channels;
                if (s->average)
                    spread_mean(job, &at, job->dy + o, dx);
                else
                    give_to_maximum(job, &at, job->x + image * in_count, job->y + o, job->dy + o, dx);
            }
    }
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    pool_job job = {grad->state, io->inputs[0]->data, io->outputs[0]->data, grad->d_outputs[0], grad->d_inputs[0]};
    mote_run_parallel(run, io->inputs[0]->shape.dims[0], 1, images, &job);
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_average_pool_2d = {.plan = plan, .backward = backward};
const mote_op_grad mote_op_grad_max_pool_2d = {
    .needs_inputs = 1, .needs_outputs = 1, .plan = plan, .backward = backward};
