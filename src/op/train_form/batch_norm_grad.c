/*
 * Batch normalization. With M the values of a channel, z = (x - mean) * inverse * gamma + beta and dz the gradient by
 * z:
 *
 *   dbeta = sum dz,  dgamma = inverse * sum dz (x - mean)
 *   dx = gamma inverse (dz - dbeta / M - (x - mean) inverse dgamma / M)        with the batch's statistics
 *   dx = gamma inverse dz                                                      with the moving ones
 *
 * Moments of a few rows at a time are joined in double (Chan, Golub, LeVeque 1979), in one order at every number of
 * threads.
 *
 *   saved:   | mean | variance | inverse | scale | backward: shift | slope |    a float per channel each
 *   scratch: | per part: two floats or doubles per channel |
 */
#include "kernels/kernels.h"
#include "op/op_quant.h"
#include "op/train_form/train_form.h"

#include <math.h>
#include <string.h>

enum { MAX_PARTS = 16, CHUNK_FLOATS = 1 << 14 };

typedef struct norm_state {
    int64_t rows, channels, inner; /* x is rows x channels x inner */
    int64_t n_parts, chunk_rows;
    const mote_batch_norm_params *params;
    const mote_kernels *kernels;
} norm_state;

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_batch_norm_params *params = grad->io->node->params;
    const mote_shape *in = &grad->io->inputs[0]->shape;
    norm_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    s->params = params;
    s->rows = mote_shape_span(in, 0, params->axis);
    s->channels = in->dims[params->axis];
    s->inner = mote_shape_span(in, params->axis + 1, in->rank);
    s->n_parts = s->rows < MAX_PARTS ? s->rows : MAX_PARTS;
    s->chunk_rows = CHUNK_FLOATS / s->channels < 8 ? 8 : CHUNK_FLOATS / s->channels;
    s->kernels = mote_run_kernels(run);
    grad->gives_rows = grad->gives_d_rows = s->inner == 1;
    grad->costly = params->activation == MOTE_NORM_SWISH;
    grad->saved_bytes = (size_t)(6 * s->channels) * sizeof(float);
    mote_run_request_scratch(run, (size_t)(s->n_parts * s->channels * 4) * sizeof(double));
    return MOTE_OK;
}

/* --- where axis is not the last: a channel of a row is a run of `inner` values. Plain loops; rare. --- */

typedef struct norm_job {
    const norm_state *s;
    const mote_kernels *kernels;
    mote_norm_job norm;
    double *parts;
    float *part_sums;
} norm_job;

static void run_rows(const norm_job *job, int64_t first, int64_t last,
                     void (*fn)(const mote_norm_job *, int64_t, int64_t))
{
    const norm_state *s = job->s;
    mote_norm_job one = job->norm;
    one.channels = 1;
    for (int64_t i = first * s->channels; i < last * s->channels; i++) {
        const int64_t c = i % s->channels, at = i * s->inner;
        one.x = job->norm.x + at;
        one.dy = job->norm.dy ? job->norm.dy + at : NULL;
        one.y = job->norm.y ? job->norm.y + at : NULL;
        one.mean = job->norm.mean ? job->norm.mean + c : NULL;
        one.scale = job->norm.scale ? job->norm.scale + c : NULL;
        one.offset = job->norm.offset ? job->norm.offset + c : NULL;
        one.shift = job->norm.shift ? job->norm.shift + c : NULL;
        one.slope = job->norm.slope ? job->norm.slope + c : NULL;
        one.sum = job->norm.sum ? job->norm.sum + c : NULL;
        one.sum_2 = job->norm.sum_2 ? job->norm.sum_2 + c : NULL;
        fn(&one, 0, s->inner);
    }
}

static void pass_over(const norm_job *job, int64_t first, int64_t last,
                      void (*fn)(const mote_norm_job *, int64_t, int64_t))
{
    if (job->s->inner == 1)
        fn(&job->norm, first, last);
    else
        run_rows(job, first, last, fn);
}

static int64_t part_begin(const norm_state *s, int64_t part)
{
    return s->rows * part / s->n_parts;
}

/* --- forward --- */

/* Joins n values of sum and squared deviations into (count, mean, m2). */
static void join(double *mean, double *m2, double count, double n, double sum, double squares)
{
    const double delta = sum / n - *mean, total = count + n;
    *mean += delta * n / total;
    *m2 += squares + delta * delta * count * n / total;
}

/* A part: means, then sums of squared deviations. */
static void moments_parts(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const norm_job *job = arg;
    const norm_state *s = job->s;
    for (int64_t part = begin; part < end; part++) {
        double *mean = job->parts + part * 4 * s->channels, *m2 = mean + s->channels;
        float *sum = (float *)(m2 + s->channels), *squares = sum + s->channels;
        memset(mean, 0, (size_t)(2 * s->channels) * sizeof *mean);
        norm_job one = *job;
        one.norm.sum = sum;
        one.norm.sum_2 = squares;
        const int64_t last = part_begin(s, part + 1), step = s->inner == 1 ? s->chunk_rows : 1;
        double count = 0;
        for (int64_t row = part_begin(s, part); row < last; row += step) {
            const int64_t n = last - row < step ? last - row : step;
            pass_over(&one, row, row + n, job->kernels->f32_norm_moments.run);
            for (int64_t c = 0; c < s->channels; c++)
                join(&mean[c], &m2[c], count, (double)(n * s->inner), sum[c], squares[c]);
            count += (double)(n * s->inner);
        }
    }
}

static void batch_moments(mote_run *run, norm_job *job, float *mean, float *variance)
{
    const norm_state *s = job->s;
    mote_run_parallel(run, s->n_parts, 1, moments_parts, job);
    for (int64_t c = 0; c < s->channels; c++) {
        double joined = 0, m2 = 0, count = 0;
        for (int64_t part = 0; part < s->n_parts; part++) {
            const double *of = job->parts + part * 4 * s->channels;
            const double n = (double)((part_begin(s, part + 1) - part_begin(s, part)) * s->inner);
            join(&joined, &m2, count, n, of[c] * n, of[s->channels + c]);
            count += n;
        }
        mean[c] = (float)joined;
        variance[c] = (float)(m2 / count);
    }
}

static void apply_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const norm_job *job = arg;
    pass_over(job, begin, end, job->kernels->f32_norm_apply.run);
}

static int64_t grain(const norm_state *s)
{
    const int64_t rows = MOTE_ELEMENTS_GRAIN / (s->channels * s->inner);
    return rows > 1 ? rows : 1;
}

static norm_job job_of(mote_run *run, const mote_grad *grad)
{
    const norm_state *s = grad->state;
    const float *saved = grad->saved;
    return (norm_job){
        .s = s,
        .kernels = mote_run_kernels(run),
        .norm = {.channels = s->channels,
                 .activation = s->params->activation,
                 .x = grad->io->inputs[0]->data,
                 .mean = saved,
                 .scale = saved + 3 * s->channels,
                 .offset = grad->io->inputs[2]->data},
        .parts = mote_run_scratch(run),
    };
}

static mote_status forward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    const norm_state *s = grad->state;
    float *mean = grad->saved, *variance = mean + s->channels, *inverse = variance + s->channels;
    float *scale = inverse + s->channels;
    norm_job job = job_of(run, grad);
    job.norm.y = io->outputs[0]->data;
    if (!grad->again) {
        if (grad->training) {
            batch_moments(run, &job, mean, variance);
        } else {
            memcpy(mean, io->inputs[3]->data, (size_t)s->channels * sizeof *mean);
            memcpy(variance, io->inputs[4]->data, (size_t)s->channels * sizeof *mean);
        }
        const float *gamma = io->inputs[1]->data;
        for (int64_t c = 0; c < s->channels; c++) {
            inverse[c] = 1.0f / sqrtf(variance[c] + s->params->epsilon);
            scale[c] = gamma[c] * inverse[c];
        }
    }
    if (!grad->output_is_rows)
        mote_run_parallel(run, s->rows, grain(s), apply_rows, &job);
    return MOTE_OK;
}

static void give_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to)
{
    const norm_state *s = grad->state;
    const float *saved = grad->saved;
    const mote_norm_job norm = {
        .channels = s->channels,
        .activation = s->params->activation,
        .x = (const float *)grad->io->inputs[0]->data + begin * s->channels,
        .y = to,
        .mean = saved,
        .scale = saved + 3 * s->channels,
        .offset = grad->io->inputs[2]->data,
    };
    s->kernels->f32_norm_apply.run(&norm, 0, end - begin);
}

/* --- backward --- */

static void reduce_parts(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const norm_job *job = arg;
    const norm_state *s = job->s;
    for (int64_t part = begin; part < end; part++) {
        double *sum_d = job->parts + part * 4 * s->channels, *products_d = sum_d + s->channels;
        float *sum = (float *)(products_d + s->channels), *products = sum + s->channels;
        memset(sum_d, 0, (size_t)(2 * s->channels) * sizeof *sum_d);
        norm_job one = *job;
        one.norm.sum = sum;
        one.norm.sum_2 = products;
        const int64_t last = part_begin(s, part + 1), step = s->inner == 1 ? s->chunk_rows : 1;
        for (int64_t row = part_begin(s, part); row < last; row += step) {
            memset(sum, 0, (size_t)(2 * s->channels) * sizeof *sum);
            pass_over(&one, row, row + step < last ? row + step : last, job->kernels->f32_norm_reduce.run);
            for (int64_t c = 0; c < s->channels; c++) {
                sum_d[c] += sum[c];
                products_d[c] += products[c];
            }
        }
    }
}

static void input_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const norm_job *job = arg;
    pass_over(job, begin, end, job->kernels->f32_norm_input.run);
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const norm_state *s = grad->state;
    const float *inverse = (const float *)grad->saved + 2 * s->channels;
    float *dx = grad->d_inputs[0], *dgamma = grad->d_inputs[1], *dbeta = grad->d_inputs[2];
    norm_job job = job_of(run, grad);
    const bool linear = job.norm.activation == MOTE_NORM_LINEAR;
    job.norm.dy = grad->d_outputs[0];
    job.norm.y = linear ? NULL : dx;
    if (grad->training || dgamma || dbeta || !linear)
        mote_run_parallel(run, s->n_parts, 1, reduce_parts, &job);
    float *shift = (float *)grad->saved + 4 * s->channels, *slope = shift + s->channels;
    const double count = (double)(s->rows * s->inner);
    for (int64_t c = 0; c < s->channels; c++) {
        double sum = 0, products = 0;
        for (int64_t part = 0; part < s->n_parts && (grad->training || dgamma || dbeta); part++) {
            sum += job.parts[part * 4 * s->channels + c];
            products += job.parts[(part * 4 + 1) * s->channels + c];
        }
        if (dgamma)
            dgamma[c] = (float)(products * inverse[c]);
        if (dbeta)
            dbeta[c] = (float)sum;
        const double scale = job.norm.scale[c], squared = (double)inverse[c] * inverse[c];
        shift[c] = grad->training ? (float)(scale * sum / count) : 0.0f;
        slope[c] = grad->training ? (float)(scale * squared * products / count) : 0.0f;
    }
    if (!dx || grad->d_input_is_rows)
        return MOTE_OK;
    job.norm.dy = linear ? grad->d_outputs[0] : dx;
    job.norm.y = dx;
    job.norm.shift = shift;
    job.norm.slope = slope;
    mote_run_parallel(run, s->rows, grain(s), input_rows, &job);
    return MOTE_OK;
}

/* Where backward has left dz: in the memory of dy, which is dx's. */
static void give_d_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to)
{
    const norm_state *s = grad->state;
    const float *saved = grad->saved;
    const mote_norm_job norm = {
        .channels = s->channels,
        .x = (const float *)grad->io->inputs[0]->data + begin * s->channels,
        .dy = grad->d_inputs[0] + begin * s->channels,
        .y = to,
        .mean = saved,
        .scale = saved + 3 * s->channels,
        .shift = saved + 4 * s->channels,
        .slope = saved + 5 * s->channels,
    };
    s->kernels->f32_norm_input.run(&norm, 0, end - begin);
}

/* The moving statistics take in the batch's. */
static void finish(const mote_grad *grad)
{
    if (!grad->training)
        return;
    const norm_state *s = grad->state;
    const float *mean = grad->saved, *variance = mean + s->channels;
    const double count = (double)(s->rows * s->inner);
    const float bessel = s->params->unbiased ? (float)(count / (count > 1 ? count - 1 : 1)) : 1.0f;
    const float rest = 1.0f - s->params->momentum;
    float *moving_mean = grad->io->inputs[3]->data, *moving_variance = grad->io->inputs[4]->data;
    for (int64_t c = 0; c < s->channels; c++) {
        moving_mean[c] -= (moving_mean[c] - mean[c]) * rest;
        moving_variance[c] -= (moving_variance[c] - variance[c] * bessel) * rest;
    }
}

const mote_op_grad mote_op_grad_batch_norm = {
    .needs_inputs = 1 << 0 | 1 << 2,
    .flags = MOTE_GRAD_IN_PLACE | MOTE_GRAD_CHEAP | MOTE_GRAD_FREEZES,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .finish = finish,
    .give_rows = give_rows,
    .give_d_rows = give_d_rows,
};
