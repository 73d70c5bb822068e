/* What a reduction gives back: dy spread over the axes that it folded. */
#include "kernels/kernels.h"
#include "op/broadcast.h"
#include "op/op_quant.h"
#include "op/reduce/reduce.h"

#include <string.h>

typedef struct reduce_grad_state {
    mote_broadcast plan; /* inputs: dy (with the folded axes as 1), x, y; output: dx */
    float factor;
    /* MEAN over the pixels of images, which may be rows that lie nowhere; images 0: another. */
    int64_t images, pixels, channels, chunk_rows;
} reduce_grad_state;

enum { CHUNK_FLOATS = 1 << 13 };

static void plan_pixels(mote_run *run, mote_grad *grad, reduce_grad_state *s, uint32_t mask)
{
    const mote_shape *in = &grad->io->inputs[0]->shape;
    if (grad->io->node->op != MOTE_OP_MEAN || in->rank != 4 || mask != 6 || !mote_run_kernels(run))
        return;
    s->images = in->dims[0];
    s->pixels = (int64_t)in->dims[1] * in->dims[2];
    s->channels = in->dims[3];
    s->chunk_rows = 1 + CHUNK_FLOATS / s->channels;
    grad->takes_rows = true;
    const int64_t floats = (s->chunk_rows + 1) * s->channels;
    mote_run_request_scratch(run, (size_t)(mote_run_n_threads(run) * floats) * sizeof(float));
}

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_op_io *io = grad->io;
    const mote_shape *in = &io->inputs[0]->shape;
    reduce_grad_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    uint32_t mask;
    const mote_status status = mote_reduce_axes(io, &mask, err);
    if (status != MOTE_OK)
        return status;
    mote_shape kept = *in;
    int64_t folded = 1;
    for (int32_t d = 0; d < in->rank; d++)
        if (mask >> d & 1u) {
            folded *= in->dims[d];
            kept.dims[d] = 1;
        }
    const mote_shape *shapes[] = {&kept, in, &kept};
    mote_broadcast_init(&s->plan, 3, shapes, in);
    s->factor = io->node->op == MOTE_OP_MEAN ? 1.0f / (float)folded : 1.0f;
    mote_run_request_scratch(run, 2 * (size_t)mote_shape_count(&kept) * sizeof(float));
    plan_pixels(run, grad, s, mask);
    return MOTE_OK;
}

typedef struct mean_job {
    const mote_grad *grad;
    const mote_kernels *kernels;
    float *scratch;
} mean_job;

static void mean_images(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const mean_job *job = arg;
    const reduce_grad_state *s = job->grad->state;
    float *rows = job->scratch + thread * (s->chunk_rows + 1) * s->channels, *sum = rows + s->chunk_rows * s->channels;
    for (int64_t image = begin; image < end; image++) {
        const int64_t last = (image + 1) * s->pixels;
        float *mean = (float *)job->grad->io->outputs[0]->data + image * s->channels;
        memset(mean, 0, (size_t)s->channels * sizeof *mean);
        for (int64_t row = image * s->pixels; row < last; row += s->chunk_rows) {
            const int64_t n = last - row < s->chunk_rows ? last - row : s->chunk_rows;
            mote_grad_read_rows(job->grad, row, row + n, rows);
            memset(sum, 0, (size_t)s->channels * sizeof *sum);
            job->kernels->f32_rows_sum.run(&(mote_rows_job){.channels = s->channels, .n = n, .a = rows, .sum = sum});
            for (int64_t c = 0; c < s->channels; c++)
                mean[c] += sum[c];
        }
        for (int64_t c = 0; c < s->channels; c++)
            mean[c] *= s->factor;
    }
}

static mote_status forward_mean(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const reduce_grad_state *s = grad->state;
    mean_job job = {.grad = grad, .kernels = mote_run_kernels(run), .scratch = mote_run_scratch(run)};
    mote_run_parallel(run, s->images, 1, mean_images, &job);
    return MOTE_OK;
}

typedef struct spread_arg {
    float factor;
    bool add;
} spread_arg;

static void spread(const void *arg, const void *const *in, const int32_t *step, void *out, int64_t n)
{
    const spread_arg *a = arg;
    const float *dy = in[0];
    float *dx = out;
    const int32_t s = step[0];
    if (a->add && s == 1) {
        for (int64_t i = 0; i < n; i++)
            dx[i] += dy[i] * a->factor;
    } else if (s == 1) {
        for (int64_t i = 0; i < n; i++)
            dx[i] = dy[i] * a->factor;
    } else {
        const float value = dy[0] * a->factor;
        for (int64_t i = 0; i < n; i++)
            dx[i] = a->add ? dx[i] + value : value;
    }
}

static mote_status backward_sum(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const reduce_grad_state *s = grad->state;
    mote_broadcast one = s->plan;
    one.n_inputs = 1;
    const spread_arg arg = {s->factor, grad->add & 1};
    const void *in[] = {grad->d_outputs[0]};
    const size_t element_bytes[] = {sizeof(float)};
    mote_broadcast_run(run, &one, in, element_bytes, grad->d_inputs[0], sizeof(float), spread, &arg);
    return MOTE_OK;
}

/* An extreme that several elements share is split among them evenly, as TensorFlow does. */
static void share(const void *arg, const void *const *in, const int32_t *step, void *out, int64_t n)
{
    (void)arg;
    const float *dy = in[0], *x = in[1], *y = in[2];
    float *dx = out;
    for (int64_t i = 0; i < n; i++)
        dx[i] = x[i * step[1]] == y[i * step[2]] ? dy[i * step[0]] : 0.0f;
}

/* How many elements of x each element of y equals. In one thread: y is small. */
static void count_equals(const mote_broadcast *plan, const float *x, const float *y, float *counts)
{
    for (int64_t row = 0; row < plan->n_outer; row++) {
        int64_t at[MOTE_BROADCAST_INPUTS];
        mote_broadcast_offsets(plan, row, at);
        for (int64_t i = 0; i < plan->n_inner; i++, x++)
            counts[at[2] + i * plan->step[2]] += *x == y[at[2] + i * plan->step[2]] ? 1.0f : 0.0f;
    }
}

static mote_status backward_extreme(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const reduce_grad_state *s = grad->state;
    const float *x = grad->io->inputs[0]->data, *y = grad->io->outputs[0]->data;
    const int64_t n = mote_shape_count(&grad->io->outputs[0]->shape);
    float *counts = mote_run_scratch(run), *shares = counts + n;
    memset(counts, 0, (size_t)n * sizeof *counts);
    count_equals(&s->plan, x, y, counts);
    for (int64_t i = 0; i < n; i++)
        shares[i] = counts[i] > 0.0f ? grad->d_outputs[0][i] / counts[i] : 0.0f;
    const void *in[] = {shares, x, y};
    const size_t element_bytes[] = {sizeof(float), sizeof(float), sizeof(float)};
    mote_broadcast_run(run, &s->plan, in, element_bytes, grad->d_inputs[0], sizeof(float), share, NULL);
    return MOTE_OK;
}

#define EXTREME(symbol)                                                                                                \
    const mote_op_grad mote_op_grad_##symbol = {                                                                       \
        .needs_inputs = 1, .needs_outputs = 1, .plan = plan, .backward = backward_extreme};

const mote_op_grad mote_op_grad_mean = {
    .flags = MOTE_GRAD_ADDS | MOTE_GRAD_BY_ROWS,
    .plan = plan,
    .forward = forward_mean,
    .backward = backward_sum,
};
const mote_op_grad mote_op_grad_sum = {.flags = MOTE_GRAD_ADDS, .plan = plan, .backward = backward_sum};
EXTREME(reduce_max)
EXTREME(reduce_min)
