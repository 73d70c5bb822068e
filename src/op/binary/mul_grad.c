/*
 * MUL as it trains. A gate is an image times one value per channel (squeeze and excitation): its input and its result
 * may both be rows that lie nowhere, and its two gradients come of one pass over dy.
 *
 *   scratch: | per thread: a few rows of the input | sums of a few rows, per channel |
 */
#include "kernels/kernels.h"
#include "op/binary/binary_grad.h"
#include "op/op_quant.h"

#include <string.h>

enum { CHUNK_FLOATS = 1 << 13 };

/* Whether the product is a gate, and what that needs. */
static void plan_gate(mote_run *run, mote_grad *grad, mote_binary_grad_state *state)
{
    const mote_shape *image = &grad->io->inputs[0]->shape, *gate = &grad->io->inputs[1]->shape;
    const mote_shape *out = &grad->io->outputs[0]->shape;
    if (!mote_run_kernels(run) || image->rank != 4 || gate->rank != 4 || !mote_shape_equal(image, out) ||
        gate->dims[0] != image->dims[0] || gate->dims[1] != 1 || gate->dims[2] != 1 || gate->dims[3] != image->dims[3])
        return;
    state->images = image->dims[0];
    state->pixels = (int64_t)image->dims[1] * image->dims[2];
    state->channels = image->dims[3];
    state->kernels = mote_run_kernels(run);
    state->chunk_rows = 1 + CHUNK_FLOATS / state->channels;
    grad->gives_rows = grad->takes_rows = true;
    const int64_t floats = (state->chunk_rows + 1) * state->channels;
    mote_run_request_scratch(run, (size_t)(mote_run_n_threads(run) * floats) * sizeof(float));
}

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_status status = mote_binary_grad_plan(run, grad, err);
    if (status == MOTE_OK)
        plan_gate(run, grad, grad->state);
    return status;
}

typedef struct gate_job {
    const mote_kernels *kernels;
    const mote_grad *grad;
    float *y, *scratch;
} gate_job;

/* Rows [begin, end) of the product, an image at a time. */
static void give(const mote_kernels *kernels, const mote_grad *grad, int64_t begin, int64_t end, float *to)
{
    const mote_binary_grad_state *s = grad->state;
    const float *from = to;
    if (grad->maker)
        mote_grad_read_rows(grad, begin, end, to);
    else
        from = (const float *)grad->io->inputs[0]->data + begin * s->channels;
    for (int64_t row = begin; row < end;) {
        const int64_t image = row / s->pixels, left = (image + 1) * s->pixels - row;
        const mote_rows_job job = {
            .channels = s->channels,
            .n = end - row < left ? end - row : left,
            .a = from,
            .by = (const float *)grad->io->inputs[1]->data + image * s->channels,
            .y = to,
        };
        kernels->f32_rows_scale.run(&job);
        row += job.n;
        to += job.n * s->channels;
        from += job.n * s->channels;
    }
}

static void forward_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const gate_job *job = arg;
    const mote_binary_grad_state *s = job->grad->state;
    for (int64_t row = begin; row < end; row += s->chunk_rows)
        give(job->kernels, job->grad, row, row + s->chunk_rows < end ? row + s->chunk_rows : end,
             job->y + row * s->channels);
}

static mote_status forward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_binary_grad_state *s = grad->state;
    gate_job job = {.kernels = mote_run_kernels(run), .grad = grad, .y = grad->io->outputs[0]->data};
    mote_run_parallel(run, s->images * s->pixels, s->chunk_rows, forward_rows, &job);
    return MOTE_OK;
}

/* An image is one thread's: the sums have one order. */
static void backward_images(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const gate_job *job = arg;
    const mote_grad *grad = job->grad;
    const mote_binary_grad_state *s = grad->state;
    float *rows = job->scratch + thread * (s->chunk_rows + 1) * s->channels, *sum = rows + s->chunk_rows * s->channels;
    float *dx = grad->d_inputs[0], *by_gate = grad->d_inputs[1];
    for (int64_t image = begin; image < end; image++) {
        const int64_t last = (image + 1) * s->pixels;
        float *total = by_gate ? by_gate + image * s->channels : NULL;
        if (total)
            memset(total, 0, (size_t)s->channels * sizeof *total);
        for (int64_t row = image * s->pixels; row < last; row += s->chunk_rows) {
            mote_rows_job part = {
                .channels = s->channels,
                .n = last - row < s->chunk_rows ? last - row : s->chunk_rows,
                .dy = grad->d_outputs[0] + row * s->channels,
                .by = (const float *)grad->io->inputs[1]->data + image * s->channels,
                .y = dx ? dx + row * s->channels : NULL,
                .sum = total ? sum : NULL,
            };
            if (total) {
                part.a = rows;
                if (grad->maker)
                    mote_grad_read_rows(grad, row, row + part.n, rows);
                else
                    part.a = (const float *)grad->io->inputs[0]->data + row * s->channels;
                memset(sum, 0, (size_t)s->channels * sizeof *sum);
            }
            job->kernels->f32_rows_gate.run(&part);
            for (int64_t c = 0; total && c < s->channels; c++)
                total[c] += sum[c];
        }
    }
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_binary_grad_state *s = grad->state;
    if (!s->images)
        return mote_mul_grad_plain(run, grad);
    gate_job job = {.kernels = mote_run_kernels(run), .grad = grad, .scratch = mote_run_scratch(run)};
    mote_run_parallel(run, s->images, 1, backward_images, &job);
    return MOTE_OK;
}

static void give_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to)
{
    const mote_binary_grad_state *s = grad->state;
    give(s->kernels, grad, begin, end, to);
}

const mote_op_grad mote_op_grad_mul = {
    .needs_inputs = 3,
    .flags = MOTE_GRAD_IN_PLACE | MOTE_GRAD_CHEAP | MOTE_GRAD_BY_ROWS,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .give_rows = give_rows,
};
