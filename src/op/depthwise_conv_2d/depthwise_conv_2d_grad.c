/*
 * Rows of the output, of the input's gradient, and parts of the weights' gradient, each a loop over taps around a loop
 * over channels. Parts are cut by shapes alone, so that sums have one order at every number of threads.
 */
#include "op/conv_2d/conv_grad.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "op/op_quant.h"

#include <string.h>

enum { MAX_PARTS = 16 };

typedef struct dw_state {
    mote_window_axis h, w;
    int64_t batch, in_c, out_c, multiplier, taps;
    int64_t n_parts; /* of dw, over rows of the output */
} dw_state;

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_depthwise_conv_2d_params *params = grad->io->node->params;
    const mote_shape *in = &grad->io->inputs[0]->shape, *filter = &grad->io->inputs[1]->shape;
    dw_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    grad->state = state;
    mote_status status = mote_need_no_activation(params->activation, err);
    if (status == MOTE_OK)
        status = mote_window_axis_make(&state->h, in->dims[1], filter->dims[1], params->stride_h,
                                       params->dilation_h_factor, params->padding, err);
    if (status == MOTE_OK)
        status = mote_window_axis_make(&state->w, in->dims[2], filter->dims[2], params->stride_w,
                                       params->dilation_w_factor, params->padding, err);
    if (status != MOTE_OK)
        return status;
    state->batch = in->dims[0];
    state->in_c = in->dims[3];
    state->out_c = filter->dims[3];
    state->multiplier = state->out_c / state->in_c;
    state->taps = (int64_t)filter->dims[1] * filter->dims[2];
    const int64_t rows = state->batch * state->h.out;
    state->n_parts = rows < MAX_PARTS ? rows : MAX_PARTS;
    mote_run_request_scratch(run, (size_t)(state->n_parts * (state->taps + 1) * state->out_c) * sizeof(float));
    return MOTE_OK;
}

typedef struct dw_job {
    const dw_state *s;
    const float *x, *w, *bias, *dy;
    float *y, *dx, *dw, *db, *parts;
    bool add;
} dw_job;

/* y[c * m + j] += x[c] * w[c * m + j] */
static void multiply_add(float *restrict y, const float *restrict x, const float *restrict w, int64_t in_c, int64_t m)
{
    if (m == 1) {
        for (int64_t c = 0; c < in_c; c++)
            y[c] += x[c] * w[c];
        return;
    }
    for (int64_t c = 0; c < in_c; c++)
        for (int64_t j = 0; j < m; j++)
            y[c * m + j] += x[c] * w[c * m + j];
}

/* dx[c] += sum_j dy[c * m + j] * w[c * m + j] */
static void multiply_fold(float *restrict dx, const float *restrict dy, const float *restrict w, int64_t in_c,
                          int64_t m)
{
    if (m == 1) {
        for (int64_t c = 0; c < in_c; c++)
            dx[c] += dy[c] * w[c];
        return;
    }
    for (int64_t c = 0; c < in_c; c++)
        for (int64_t j = 0; j < m; j++)
            dx[c] += dy[c * m + j] * w[c * m + j];
}

static const float *input_at(const dw_job *job, int64_t image, int64_t y, int64_t x)
{
    const dw_state *s = job->s;
    return job->x + ((image * s->h.in + y) * s->w.in + x) * s->in_c;
}

static void output_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const dw_job *job = arg;
    const dw_state *s = job->s;
    float *out = job->y + begin * s->w.out * s->out_c;
    for (int64_t row = begin; row < end; row++)
        for (int32_t x = 0; x < s->w.out; x++, out += s->out_c) {
            const int32_t y = (int32_t)(row % s->h.out);
            int32_t y0, y1, x0, x1;
            mote_window_taps(&s->h, y, &y0, &y1);
            mote_window_taps(&s->w, x, &x0, &x1);
            memset(out, 0, (size_t)s->out_c * sizeof *out);
            for (int32_t fy = y0; fy < y1; fy++)
                for (int32_t fx = x0; fx < x1; fx++)
                    multiply_add(out,
                                 input_at(job, row / s->h.out, (int64_t)y * s->h.stride - s->h.pad + fy * s->h.dilation,
                                          (int64_t)x * s->w.stride - s->w.pad + fx * s->w.dilation),
                                 job->w + ((int64_t)fy * s->w.filter + fx) * s->out_c, s->in_c, s->multiplier);
            for (int64_t c = 0; job->bias && c < s->out_c; c++)
                out[c] += job->bias[c];
        }
}

/* The output position that reads input position `in` through tap `tap`; -1: none. */
static int64_t reader_of(const mote_window_axis *axis, int64_t in, int64_t tap)
{
    const int64_t at = in + axis->pad - tap * axis->dilation;
    return at < 0 || at % axis->stride != 0 || at / axis->stride >= axis->out ? -1 : at / axis->stride;
}

static void input_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const dw_job *job = arg;
    const dw_state *s = job->s;
    for (int64_t row = begin; row < end; row++) {
        const int64_t image = row / s->h.in, y = row % s->h.in, width = s->w.in * s->in_c;
        float *dx = job->dx + row * width;
        if (!job->add)
            memset(dx, 0, (size_t)width * sizeof *dx);
        for (int64_t fy = 0; fy < s->h.filter; fy++) {
            const int64_t oy = reader_of(&s->h, y, fy);
            for (int64_t x = 0; oy >= 0 && x < s->w.in; x++)
                for (int64_t fx = 0; fx < s->w.filter; fx++) {
                    const int64_t ox = reader_of(&s->w, x, fx);
                    if (ox >= 0)
                        multiply_fold(dx + x * s->in_c, job->dy + ((image * s->h.out + oy) * s->w.out + ox) * s->out_c,
                                      job->w + (fy * s->w.filter + fx) * s->out_c, s->in_c, s->multiplier);
                }
        }
    }
}

/* Adds one row of the output to a part: [taps][out_c] of dw, then [out_c] of db. */
static void weights_row(const dw_job *job, int64_t row, float *part)
{
    const dw_state *s = job->s;
    const float *dy = job->dy + row * s->w.out * s->out_c;
    float *db = part + s->taps * s->out_c;
    const int32_t y = (int32_t)(row % s->h.out);
    int32_t y0, y1, x0, x1;
    mote_window_taps(&s->h, y, &y0, &y1);
    for (int32_t x = 0; x < s->w.out; x++, dy += s->out_c) {
        mote_window_taps(&s->w, x, &x0, &x1);
        for (int32_t fy = y0; job->dw && fy < y1; fy++)
            for (int32_t fx = x0; fx < x1; fx++) {
                const float *in =
                    input_at(job, row / s->h.out, (int64_t)y * s->h.stride - s->h.pad + fy * s->h.dilation,
                             (int64_t)x * s->w.stride - s->w.pad + fx * s->w.dilation);
                multiply_add(part + ((int64_t)fy * s->w.filter + fx) * s->out_c, in, dy, s->in_c, s->multiplier);
            }
        for (int64_t c = 0; job->db && c < s->out_c; c++)
            db[c] += dy[c];
    }
}

static void weights_parts(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const dw_job *job = arg;
    const dw_state *s = job->s;
    const int64_t count = (s->taps + 1) * s->out_c, rows = s->batch * s->h.out;
    for (int64_t part = begin; part < end; part++) {
        float *sums = job->parts + part * count;
        memset(sums, 0, (size_t)count * sizeof *sums);
        for (int64_t row = rows * part / s->n_parts; row < rows * (part + 1) / s->n_parts; row++)
            weights_row(job, row, sums);
    }
}

static void sum_parts(const dw_job *job)
{
    const dw_state *s = job->s;
    const int64_t n_weights = s->taps * s->out_c, count = n_weights + s->out_c;
    for (int64_t i = 0; i < count; i++) {
        float *to = i < n_weights ? job->dw : job->db;
        float sum = job->parts[i];
        for (int64_t part = 1; part < s->n_parts; part++)
            sum += job->parts[part * count + i];
        if (to)
            to[i < n_weights ? i : i - n_weights] = sum;
    }
}

static mote_status forward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    const dw_state *state = grad->state;
    dw_job job = {
        .s = state,
        .x = io->inputs[0]->data,
        .w = io->inputs[1]->data,
        .bias = bias ? bias->data : NULL,
        .y = io->outputs[0]->data,
    };
    mote_run_parallel(run, state->batch * state->h.out, 1, output_rows, &job);
    return MOTE_OK;
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    const dw_state *state = grad->state;
    dw_job job = {
        .s = state,
        .x = io->inputs[0]->data,
        .w = io->inputs[1]->data,
        .dy = grad->d_outputs[0],
        .dx = grad->d_inputs[0],
        .dw = grad->d_inputs[1],
        .db = io->n_inputs > 2 ? grad->d_inputs[2] : NULL,
        .parts = mote_run_scratch(run),
        .add = grad->add & 1,
    };
    if (job.dw || job.db) {
        mote_run_parallel(run, state->n_parts, 1, weights_parts, &job);
        sum_parts(&job);
    }
    if (job.dx)
        mote_run_parallel(run, state->batch * state->h.in, 1, input_rows, &job);
    return MOTE_OK;
}

static int64_t products(const mote_op_io *io)
{
    const mote_shape *filter = &io->inputs[1]->shape;
    return mote_shape_count(&io->outputs[0]->shape) * filter->dims[1] * filter->dims[2];
}

const mote_op_grad mote_op_grad_depthwise_conv_2d = {
    .needs_inputs = 1 << 0 | 1 << 1,
    .flags = MOTE_GRAD_ADDS,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .products = products,
};
