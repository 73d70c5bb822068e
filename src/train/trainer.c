/* The trainer from outside: making one, a step, predictions. */
#include <math.h>
#include <string.h>

#include <mote/clock.h>
#include <mote/cpu.h>

#include "train/train_internal.h"

mote_trainer_options mote_trainer_options_default(void)
{
    return (mote_trainer_options){
        .loss = MOTE_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY,
        .optimizer = mote_optimizer_options_default(MOTE_OPTIMIZER_ADAM),
    };
}

void mote_trainer_free(mote_trainer *trainer)
{
    if (!trainer)
        return;
    const mote_allocator *allocator = trainer->allocator;
    tr_plan_free(trainer);
    tr_weights_free(trainer);
    mote_model_free(trainer->own);
    mote_pool_free(trainer->own_pool);
    mote_free(allocator, trainer->loss.class_weights);
    mote_free(allocator, trainer->arena);
    mote_free(allocator, trainer->outputs);
    mote_free(allocator, trainer->forward_ns);
    mote_free(allocator, trainer->backward_ns);
    mote_free(allocator, trainer);
}

static mote_status no_memory(mote_error *err)
{
    return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a trainer");
}

static mote_status check_options(const mote_trainer_options *options, mote_error *err)
{
    const mote_optimizer_options *o = &options->optimizer;
    if (options->loss < 0 || options->loss >= MOTE_LOSS_COUNT || o->kind < 0 || o->kind >= MOTE_OPTIMIZER_COUNT)
        return mote_error_set(err, MOTE_ARGUMENT, "no such loss or optimizer");
    if ((o->clipnorm > 0) + (o->clipvalue > 0) + (o->global_clipnorm > 0) > 1)
        return mote_error_set(err, MOTE_ARGUMENT, "at most one of clipnorm, clipvalue and global_clipnorm");
    if (!(options->label_smoothing >= 0 && options->label_smoothing < 1))
        return mote_error_set(err, MOTE_ARGUMENT, "a label smoothing of %g is not in [0, 1)",
                              (double)options->label_smoothing);
    if (!(o->ema_momentum >= 0 && o->ema_momentum < 1) || !(o->beta_1 >= 0 && o->beta_1 < 1) ||
        !(o->beta_2 >= 0 && o->beta_2 < 1) || !(o->momentum >= 0 && o->momentum <= 1))
        return mote_error_set(err, MOTE_ARGUMENT, "a momentum or beta of the optimizer is not in [0, 1)");
    return MOTE_OK;
}

static mote_status make_services(mote_trainer *trainer, mote_error *err)
{
    struct mote_runtime *runtime = &trainer->runtime;
    runtime->model = trainer->own;
    runtime->allocator = trainer->allocator;
    runtime->pool = trainer->options.pool;
    if (!runtime->pool) {
        trainer->own_pool = mote_pool_new(trainer->allocator, trainer->options.n_threads);
        if (!trainer->own_pool)
            return no_memory(err);
        runtime->pool = trainer->own_pool;
    }
    mote_kernels_select(mote_cpu_features(), &runtime->own_kernels);
    runtime->kernels = &runtime->own_kernels;
    return MOTE_OK;
}

static mote_status make(mote_trainer *trainer, mote_error *err)
{
    mote_status status = check_options(&trainer->options, err);
    if (status != MOTE_OK)
        return status;
    trainer->own = mote_model_clone(trainer->model, trainer->allocator);
    if (!trainer->own)
        return no_memory(err);
    trainer->graph = trainer->own->graphs[0];
    const size_t n_nodes = (size_t)trainer->graph->n_nodes + 1;
    trainer->forward_ns = mote_calloc(trainer->allocator, n_nodes, sizeof *trainer->forward_ns);
    trainer->backward_ns = mote_calloc(trainer->allocator, n_nodes, sizeof *trainer->backward_ns);
    if (!trainer->forward_ns || !trainer->backward_ns)
        return no_memory(err);
    status = make_services(trainer, err);
    if (status == MOTE_OK)
        status = tr_weights_make(trainer, err);
    if (status == MOTE_OK)
        status = tr_state_names_make(trainer, err);
    if (status == MOTE_OK)
        status = tr_loss_make(trainer, err);
    if (status == MOTE_OK)
        status = tr_graph_make(trainer, err);
    /* a first plan refuses what cannot be trained */
    return status == MOTE_OK ? tr_plan_get(trainer, 1, true, err) : status;
}

mote_status mote_trainer_new(mote_trainer **out, mote_model *model, const mote_trainer_options *options,
                             mote_error *err)
{
    const mote_trainer_options defaults = mote_trainer_options_default();
    if (!options)
        options = &defaults;
    *out = NULL;
    mote_trainer *trainer = mote_calloc(options->allocator, 1, sizeof *trainer);
    if (!trainer)
        return no_memory(err);
    trainer->options = *options;
    trainer->allocator = options->allocator;
    trainer->model = model;
    trainer->seed = (int64_t)options->seed;
    const mote_status status = make(trainer, err);
    if (status != MOTE_OK) {
        mote_trainer_free(trainer);
        return status;
    }
    *out = trainer;
    return MOTE_OK;
}

/* --- calls --- */

/* The arena is kept from plan to plan while it is large enough. */
static mote_status get_ready(mote_trainer *trainer, int32_t n, bool training, mote_error *err)
{
    const mote_status status = tr_plan_get(trainer, n, training, err);
    if (status != MOTE_OK)
        return status;
    const tr_plan *plan = trainer->plan;
    if (plan->arena_bytes > trainer->arena_capacity) {
        mote_free(trainer->allocator, trainer->arena);
        trainer->arena_capacity = 0;
        trainer->arena = mote_alloc(trainer->allocator, plan->arena_bytes);
        if (!trainer->arena)
            return mote_error_set(err, MOTE_NO_MEMORY, "out of memory: a step on %d example%s needs %zu bytes", n,
                                  n == 1 ? "" : "s", plan->arena_bytes);
        trainer->arena_capacity = plan->arena_bytes;
    }
    const size_t outputs_bytes = plan->tensors[trainer->loss.output].n_bytes;
    if (outputs_bytes > trainer->outputs_bytes) {
        mote_free(trainer->allocator, trainer->outputs);
        trainer->outputs_bytes = 0;
        trainer->outputs = mote_alloc(trainer->allocator, outputs_bytes);
        if (!trainer->outputs)
            return no_memory(err);
        trainer->outputs_bytes = outputs_bytes;
    }
    return MOTE_OK;
}

/* Runs forward once more to say where the trouble began. */
static mote_status explain(mote_trainer *trainer, const mote_train_batch *batch, const char *what, mote_error *err)
{
    mote_step_result ignored = {0};
    mote_error where = {0};
    const long long step = (long long)trainer->step + 1;
    if (tr_run(trainer, batch, &ignored, true, &where) != MOTE_OK)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "step %lld: %s is not finite: %s; try a lower learning rate or clipnorm", step, what,
                              where.message);
    return mote_error_set(err, MOTE_ARGUMENT, "step %lld: %s is not finite; try a lower learning rate or clipnorm",
                          step, what);
}

mote_status mote_trainer_step(mote_trainer *trainer, const mote_train_batch *batch, float learning_rate,
                              mote_step_result *result, mote_error *err)
{
    *result = (mote_step_result){0};
    mote_status status = get_ready(trainer, batch->n, true, err);
    if (status == MOTE_OK)
        status = tr_check_labels(trainer, batch, err);
    if (status == MOTE_OK)
        status = tr_run(trainer, batch, result, false, err);
    if (status != MOTE_OK)
        return status;
    result->loss += tr_regularize(trainer, true);
    if (!isfinite(result->loss))
        return explain(trainer, batch, "the loss", err);
    const int64_t begin_ns = mote_clock_ns();
    int32_t bad;
    result->gradient_norm = tr_gradient_norm(trainer, &bad);
    if (bad != TR_NONE) {
        char what[256];
        snprintf(what, sizeof what, "the gradient of '%s'", trainer->weights[bad].name);
        return explain(trainer, batch, what, err);
    }
    tr_optimize(trainer, learning_rate, result->gradient_norm);
    tr_finish(trainer);
    trainer->step++;
    trainer->optimizer_ns += mote_clock_ns() - begin_ns;
    return MOTE_OK;
}

mote_status mote_trainer_evaluate(mote_trainer *trainer, const mote_train_batch *batch, mote_step_result *result,
                                  mote_error *err)
{
    *result = (mote_step_result){0};
    mote_status status = get_ready(trainer, batch->n, false, err);
    if (status == MOTE_OK)
        status = tr_check_labels(trainer, batch, err);
    if (status == MOTE_OK)
        status = tr_run(trainer, batch, result, false, err);
    result->loss += tr_regularize(trainer, false);
    return status;
}

mote_status mote_trainer_predict(mote_trainer *trainer, const float *const *inputs, int32_t n, const float **outputs,
                                 mote_error *err)
{
    const mote_train_batch batch = {.n = n, .inputs = inputs};
    mote_step_result result = {0};
    mote_status status = get_ready(trainer, n, false, err);
    if (status == MOTE_OK)
        status = tr_run(trainer, &batch, &result, false, err);
    *outputs = result.outputs;
    return status;
}

int32_t mote_trainer_output_size(const mote_trainer *trainer)
{
    const mote_shape *shape = &trainer->graph->tensors[trainer->loss.output]->shape;
    return (int32_t)mote_shape_span(shape, 1, shape->rank);
}

int64_t mote_trainer_n_steps(const mote_trainer *trainer)
{
    return trainer->step;
}

mote_status mote_trainer_plan(mote_trainer *trainer, int32_t n, mote_trainer_memory *memory, mote_error *err)
{
    const mote_status status = tr_plan_get(trainer, n, true, err);
    if (status != MOTE_OK)
        return status;
    memory->arena_bytes = trainer->plan->arena_bytes;
    memory->weights_bytes = trainer->slot_bytes;
    for (int32_t i = 0; i < trainer->n_weights; i++)
        memory->weights_bytes += (size_t)trainer->weights[i].n * sizeof(float);
    return MOTE_OK;
}
