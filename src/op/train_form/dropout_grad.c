/*
 * Dropout. Element i of the noise is kept when the i-th draw of the node's stream is at least rate: nothing is stored
 * between the passes, and the draws do not depend on who makes them.
 */
#include <mote/rng.h>

#include "op/op_quant.h"
#include "op/train_form/train_form.h"

#include <math.h>
#include <string.h>

static const double SELU_LOWEST = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946;

/* y = x * scale + offset where kept, else dropped; the gradient is scale or 0. */
typedef struct dropout_form {
    float scale, offset, dropped;
} dropout_form;

typedef struct dropout_state {
    dropout_form form;
    float rate;
    bool per_element;
    int32_t rank;
    int64_t dims[MOTE_MAX_RANK], strides[MOTE_MAX_RANK]; /* of the noise: 0 where a draw is shared */
} dropout_state;

static dropout_form form_of(const mote_dropout_params *params)
{
    const double rate = params->rate;
    if (!params->alpha)
        return (dropout_form){.scale = 1.0f / (1.0f - params->rate)};
    const double scale = 1.0 / sqrt((1.0 - rate) * (1.0 + rate * SELU_LOWEST * SELU_LOWEST));
    const double offset = -scale * SELU_LOWEST * rate;
    return (dropout_form){(float)scale, (float)offset, (float)(scale * SELU_LOWEST + offset)};
}

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_dropout_params *params = grad->io->node->params;
    const mote_shape *in = &grad->io->inputs[0]->shape;
    dropout_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    s->rate = params->rate;
    if (!(params->rate >= 0.0f && params->rate < 1.0f))
        return mote_error_set(err, MOTE_ARGUMENT, "a dropout rate of %g is not in [0, 1)", (double)params->rate);
    s->form = form_of(params);
    s->per_element = params->noise_shape.rank == 0;
    if (!s->per_element && params->noise_shape.rank != in->rank)
        return mote_error_set(err, MOTE_SHAPE, "a noise shape of rank %d on an input of rank %d",
                              params->noise_shape.rank, in->rank);
    s->rank = in->rank;
    int64_t stride = 1;
    for (int32_t d = in->rank - 1; d >= 0; d--) {
        const int32_t noise = s->per_element ? in->dims[d] : params->noise_shape.dims[d];
        s->dims[d] = in->dims[d];
        s->strides[d] = noise == 1 && in->dims[d] != 1 ? 0 : stride;
        /* dimension 0 is the batch: a file that states 1 there means one draw for all */
        if (d > 0 && noise != MOTE_DIM_UNKNOWN && noise != 1 && noise != in->dims[d])
            return mote_error_set(err, MOTE_SHAPE, "a noise shape that does not fit its input");
        stride *= s->strides[d] ? in->dims[d] : 1;
    }
    return MOTE_OK;
}

typedef struct dropout_job {
    const dropout_state *s;
    dropout_form form; /* of the value, or of the gradient */
    mote_rng rng;
    const float *from;
    float *to;
} dropout_job;

static bool keeps(const dropout_job *job, int64_t i)
{
    int64_t noise = 0;
    if (job->s->per_element) {
        noise = i;
    } else {
        for (int32_t d = job->s->rank - 1; d >= 0; d--) {
            noise += i % job->s->dims[d] * job->s->strides[d];
            i /= job->s->dims[d];
        }
    }
    mote_rng draw = {job->rng.key, (uint64_t)noise};
    return mote_rng_float(&draw) >= job->s->rate;
}

static void drop(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const dropout_job *job = arg;
    const dropout_state *s = job->s;
    const dropout_form form = job->form;
    if (s->rank > 1 && !s->per_element && s->strides[s->rank - 1] == 0) { /* one factor along the last dimension */
        const int64_t width = s->dims[s->rank - 1];
        for (int64_t i = begin; i < end;) {
            const int64_t left = width - i % width, n = left < end - i ? left : end - i;
            const bool kept = keeps(job, i);
            for (int64_t j = i; j < i + n; j++)
                job->to[j] = kept ? job->from[j] * form.scale + form.offset : form.dropped;
            i += n;
        }
        return;
    }
    for (int64_t i = begin; i < end; i++)
        job->to[i] = keeps(job, i) ? job->from[i] * form.scale + form.offset : form.dropped;
}

static mote_status mask(mote_run *run, const mote_grad *grad, dropout_form form, const float *from, float *to)
{
    const dropout_state *s = grad->state;
    const int64_t n = mote_shape_count(&grad->io->inputs[0]->shape);
    dropout_job job = {.s = s, .form = form, .rng = mote_rng_make(grad->seed, grad->stream), .from = from, .to = to};
    if (grad->training && s->rate > 0.0f)
        mote_run_parallel(run, n, MOTE_ELEMENTS_GRAIN, drop, &job);
    else if (from != to && n > 0)
        memcpy(to, from, (size_t)n * sizeof *to);
    return MOTE_OK;
}

static mote_status forward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const dropout_state *s = grad->state;
    return mask(run, grad, s->form, grad->io->inputs[0]->data, grad->io->outputs[0]->data);
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const dropout_state *s = grad->state;
    return mask(run, grad, (dropout_form){.scale = s->form.scale}, grad->d_outputs[0], grad->d_inputs[0]);
}

const mote_op_grad mote_op_grad_dropout = {
    .flags = MOTE_GRAD_IN_PLACE,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
