/*
 * The optimizers as tf_keras 2.21 and Keras 3 compute them, in float32 and in their order of operations. Weights are
 * split among threads by index; every element is independent.
 */
#include <math.h>
#include <string.h>

#include "import/keras_version.h"
#include "train/train_internal.h"

const char *mote_optimizer_name(mote_optimizer optimizer)
{
    static const char *const names[] = {"adam", "adamw", "sgd", "rmsprop"};
    return optimizer >= 0 && optimizer < MOTE_OPTIMIZER_COUNT ? names[optimizer] : "?";
}

bool mote_optimizer_parse(const char *text, mote_optimizer *optimizer)
{
    for (int32_t i = 0; i < MOTE_OPTIMIZER_COUNT; i++)
        if (strcmp(text, mote_optimizer_name((mote_optimizer)i)) == 0) {
            *optimizer = (mote_optimizer)i;
            return true;
        }
    return false;
}

mote_optimizer_options mote_optimizer_options_default(mote_optimizer kind)
{
    return (mote_optimizer_options){
        .kind = kind,
        .beta_1 = 0.9f,
        .beta_2 = 0.999f,
        .epsilon = 1e-7f,
        .rho = 0.9f,
        .weight_decay = kind == MOTE_OPTIMIZER_ADAMW ? 0.004f : 0.0f,
    };
}

static bool is_adam(const mote_optimizer_options *options)
{
    return options->kind == MOTE_OPTIMIZER_ADAM || options->kind == MOTE_OPTIMIZER_ADAMW;
}

/* Slots in the order of their names here: Adam m, v, (vhat); SGD momentum; RMSprop velocity, (momentum), (average). */
const char *tr_optimizer_slot_name(const mote_optimizer_options *options, int32_t slot)
{
    static const char *const adam[] = {"m", "v", "vhat"};
    if (is_adam(options))
        return slot < 2 + options->amsgrad ? adam[slot] : NULL;
    if (options->kind == MOTE_OPTIMIZER_SGD)
        return slot == 0 && options->momentum > 0 ? "momentum" : NULL;
    if (slot == 0)
        return "velocity";
    if (slot == 1 && options->momentum > 0)
        return "momentum";
    return slot == 1 + (options->momentum > 0) && options->centered ? "average_gradient" : NULL;
}

int32_t tr_optimizer_n_slots(const mote_optimizer_options *options)
{
    int32_t n = 0;
    while (n < TR_MAX_SLOTS && tr_optimizer_slot_name(options, n))
        n++;
    return n;
}

/* --- norms --- */

enum { NORM_BLOCK = 1024 };

static double squares_of(const float *x, int64_t n)
{
    double total = 0;
    for (int64_t at = 0; at < n; at += NORM_BLOCK) {
        const int64_t end = at + NORM_BLOCK < n ? at + NORM_BLOCK : n;
        float lanes[16] = {0};
        int64_t i = at;
        for (; i + 16 <= end; i += 16)
            for (int64_t j = 0; j < 16; j++)
                lanes[j] += x[i + j] * x[i + j];
        for (; i < end; i++)
            lanes[0] += x[i] * x[i];
        for (int64_t j = 0; j < 16; j++)
            total += lanes[j];
    }
    return total;
}

static void norm_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const mote_trainer *trainer = arg;
    for (int64_t i = begin; i < end; i++)
        if (trainer->weights[i].gradient)
            trainer->weights[i].norm_squared = squares_of(trainer->weights[i].gradient, trainer->weights[i].n);
}

double tr_gradient_norm(mote_trainer *trainer, int32_t *bad)
{
    mote_pool_for(trainer->runtime.pool, trainer->n_weights, 1, norm_range, trainer);
    double total = 0;
    *bad = TR_NONE;
    for (int32_t i = 0; i < trainer->n_weights; i++) {
        if (!trainer->weights[i].gradient)
            continue;
        total += trainer->weights[i].norm_squared;
        if (*bad == TR_NONE && !isfinite(trainer->weights[i].norm_squared))
            *bad = i;
    }
    return sqrt(total);
}

/* --- steps --- */

typedef struct optimize_job {
    const mote_optimizer_options *options;
    tr_weight *weights;
    float rate, alpha; /* alpha: Adam's corrected rate */
    float global_scale;
    float ema; /* Keras 3's average begins with the weights after the first step, Keras 2's with those before */
} optimize_job;

static void clip(const optimize_job *job, tr_weight *w)
{
    const mote_optimizer_options *o = job->options;
    float scale = job->global_scale;
    const double norm = sqrt(w->norm_squared);
    if (o->clipnorm > 0 && norm > o->clipnorm)
        scale = (float)(o->clipnorm / norm);
    if (scale != 1.0f)
        for (int64_t i = 0; i < w->n; i++)
            w->gradient[i] *= scale;
    for (int64_t i = 0; o->clipvalue > 0 && i < w->n; i++) {
        const float g = w->gradient[i];
        w->gradient[i] = g > o->clipvalue ? o->clipvalue : g < -o->clipvalue ? -o->clipvalue : g;
    }
}

static void adam(const optimize_job *job, const tr_weight *weight)
{
    const mote_optimizer_options *o = job->options;
    float *restrict w = weight->value, *restrict m = weight->slots[0], *restrict v = weight->slots[1];
    const float *restrict g = weight->gradient;
    float *vhat = o->amsgrad ? weight->slots[2] : NULL;
    const float rest_1 = 1.0f - o->beta_1, rest_2 = 1.0f - o->beta_2, alpha = job->alpha, epsilon = o->epsilon;
    if (!vhat) {
        for (int64_t i = 0; i < weight->n; i++) {
            m[i] += (g[i] - m[i]) * rest_1;
            v[i] += (g[i] * g[i] - v[i]) * rest_2;
            w[i] -= m[i] * alpha / (sqrtf(v[i]) + epsilon);
        }
        return;
    }
    for (int64_t i = 0; i < weight->n; i++) {
        m[i] += (g[i] - m[i]) * rest_1;
        v[i] += (g[i] * g[i] - v[i]) * rest_2;
        vhat[i] = vhat[i] > v[i] ? vhat[i] : v[i];
        w[i] -= m[i] * alpha / (sqrtf(vhat[i]) + epsilon);
    }
}

static void sgd(const optimize_job *job, const tr_weight *weight)
{
    const mote_optimizer_options *o = job->options;
    float *w = weight->value, *m = weight->slots[0];
    const float *g = weight->gradient;
    if (!(o->momentum > 0)) {
        for (int64_t i = 0; i < weight->n; i++)
            w[i] -= g[i] * job->rate;
        return;
    }
    for (int64_t i = 0; i < weight->n; i++) {
        m[i] = m[i] * o->momentum - g[i] * job->rate;
        w[i] += o->nesterov ? m[i] * o->momentum - g[i] * job->rate : m[i];
    }
}

static void rmsprop(const optimize_job *job, const tr_weight *weight)
{
    const mote_optimizer_options *o = job->options;
    float *w = weight->value, *v = weight->slots[0];
    float *m = o->momentum > 0 ? weight->slots[1] : NULL;
    float *average = o->centered ? weight->slots[1 + (o->momentum > 0)] : NULL;
    const float *g = weight->gradient;
    for (int64_t i = 0; i < weight->n; i++) {
        v[i] = o->rho * v[i] + (1.0f - o->rho) * g[i] * g[i];
        float denominator = v[i];
        if (average) {
            average[i] = o->rho * average[i] + (1.0f - o->rho) * g[i];
            denominator -= average[i] * average[i];
        }
        const float step = job->rate * g[i] / sqrtf(denominator + o->epsilon);
        if (m)
            m[i] = o->momentum * m[i] + step;
        w[i] -= m ? m[i] : step;
    }
}

static void optimize_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const optimize_job *job = arg;
    const mote_optimizer_options *o = job->options;
    for (int64_t k = begin; k < end; k++) {
        tr_weight *weight = &job->weights[k];
        if (!weight->gradient)
            continue;
        clip(job, weight);
        if (o->weight_decay > 0)
            for (int64_t i = 0; i < weight->n; i++)
                weight->value[i] -= weight->value[i] * o->weight_decay * job->rate;
        if (is_adam(o))
            adam(job, weight);
        else if (o->kind == MOTE_OPTIMIZER_SGD)
            sgd(job, weight);
        else
            rmsprop(job, weight);
        for (int64_t i = 0; weight->average && i < weight->n; i++)
            weight->average[i] = job->ema * weight->average[i] + (1.0f - job->ema) * weight->value[i];
    }
}

void tr_optimize(mote_trainer *trainer, float learning_rate, double norm)
{
    const mote_optimizer_options *o = &trainer->options.optimizer;
    const float step = (float)(trainer->step + 1);
    const bool keras_3 = keras_major_of(trainer->model->keras_version) == 3;
    optimize_job job = {
        .options = o,
        .weights = trainer->weights,
        .rate = learning_rate,
        .ema = keras_3 && trainer->step == 0 ? 0.0f : o->ema_momentum,
        .alpha = learning_rate * sqrtf(1.0f - powf(o->beta_2, step)) / (1.0f - powf(o->beta_1, step)),
        .global_scale = o->global_clipnorm > 0 && norm > o->global_clipnorm ? (float)(o->global_clipnorm / norm) : 1.0f,
    };
    mote_pool_for(trainer->runtime.pool, trainer->n_weights, 1, optimize_range, &job);
}
