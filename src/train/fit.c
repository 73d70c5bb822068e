/* The loop of a training run. */
#include <mote/fit.h>

#include <math.h>
#include <mote/clock.h>
#include <mote/io.h>
#include <mote/keras.h>
#include <stdio.h>
#include <string.h>

#include "train/fit_run.h"

mote_fit_options mote_fit_options_default(void)
{
    mote_fit_options options = {
        .batch = 16,
        .epochs = 1,
        .shuffle = true,
        .cache_bytes = mote_batches_options_default().cache_bytes,
        .learning_rate = 1e-4,
        .schedule = {.factor = 1.0},
        .trainer = mote_trainer_options_default(),
        .keep_best = true,
    };
    return options;
}

void mote_fit_result_free(mote_fit_result *result)
{
    mote_free(NULL, result->history);
    *result = (mote_fit_result){0};
}

static void note(const fit_run *run, const char *text)
{
    if (run->options->on_note)
        run->options->on_note(run->options->arg, text);
}

static bool stopped(const fit_run *run)
{
    return run->options->stop && run->options->stop(run->options->arg);
}

/* --- making the run --- */

static mote_status make_trainer(fit_run *run, mote_error *err)
{
    mote_trainer_options options = run->options->trainer;
    run->pool = mote_pool_new(NULL, options.n_threads);
    if (!run->pool)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for threads");
    options.pool = run->pool;
    if (run->options->balance_classes) {
        const mote_status status = fit_data_balance(run, err);
        if (status != MOTE_OK)
            return status;
        options.class_weights = run->class_weights;
        options.n_class_weights = run->outputs.n_outputs == 1 ? 2 : run->outputs.n_outputs;
    }
    return mote_trainer_new(&run->trainer, run->model, &options, err);
}

/* Plans the largest step before photos are decoded ahead: what does not fit is refused at once. */
static mote_status plan_step(fit_run *run, mote_error *err)
{
    const int64_t n_photos = run->options->train->n;
    mote_trainer_memory memory;
    return mote_trainer_plan(run->trainer, n_photos < run->batch ? (int32_t)n_photos : run->batch, &memory, err);
}

static mote_status begin(fit_run *run, mote_error *err)
{
    const mote_fit_options *o = run->options;
    const mote_graph *graph = run->model->graphs[0];
    mote_status status = fit_data_check(run->model, o, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *shape = &graph->tensors[graph->inputs[0]]->shape;
    run->height = shape->dims[1];
    run->width = shape->dims[2];
    run->channels = shape->dims[3];
    run->batch = o->batch;
    run->outputs = (fit_outputs){.n_outputs = fit_n_outputs(run->model),
                                 .logits = o->trainer.from_logits,
                                 .top_k = o->top_k,
                                 .auc = o->auc,
                                 .precision_recall = o->precision_recall};
    run->progress.rate_factor = 1.0;
    status = make_trainer(run, err);
    if (status == MOTE_OK)
        status = plan_step(run, err);
    if (status == MOTE_OK)
        status = fit_data_open(run, err);
    if (status == MOTE_OK) {
        run->settings = fit_settings(run);
        status = run->settings ? MOTE_OK : mote_error_no_memory(err);
    }
    return status;
}

static void end(fit_run *run)
{
    board_close(run->train_board);
    board_close(run->val_board);
    fit_data_close(run);
    mote_trainer_free(run->trainer);
    mote_pool_free(run->pool);
    mote_free(NULL, run->best);
    json_decref(run->settings);
}

static mote_status resume(fit_run *run, mote_error *err)
{
    if (!run->options->resume)
        return MOTE_OK;
    if (!run->options->checkpoint)
        return mote_error_set(err, MOTE_ARGUMENT, "resume needs the folder of the checkpoint");
    const mote_status status = fit_checkpoint_load(run, &run->result->resumed, err);
    if (status != MOTE_OK)
        return status;
    char text[256];
    if (run->result->resumed)
        snprintf(text, sizeof text, "going on after epoch %lld, step %lld", (long long)run->progress.epoch,
                 (long long)run->progress.step);
    else
        snprintf(text, sizeof text, "no checkpoint in %.200s: beginning anew", run->options->checkpoint);
    note(run, text);
    if (run->progress.step == 0)
        return MOTE_OK;
    const int64_t per_pass = mote_batches_per_epoch(run->train);
    return mote_batches_seek(run->train, run->progress.step / per_pass, run->progress.step % per_pass, err);
}

/* --- an epoch --- */

static void tell_step(const fit_run *run, const fit_metrics *metrics, int64_t step, bool validating)
{
    if (!run->options->on_step)
        return;
    const mote_metric_values v = {.loss = metrics->n ? metrics->loss_sum / (double)metrics->n : 0,
                                  .accuracy = metrics->n ? (double)metrics->n_correct / (double)metrics->n : 0};
    const mote_fit_step told = {.epoch = run->progress.epoch + 1,
                                .n_epochs = run->options->epochs,
                                .step = step,
                                .n_steps = validating ? run->n_val_steps : run->steps_per_epoch,
                                .n_examples = metrics->n,
                                .loss = v.loss,
                                .accuracy = v.accuracy,
                                .validating = validating};
    run->options->on_step(run->options->arg, &told);
}

static double rate_now(const fit_run *run)
{
    return run->progress.rate_factor * mote_schedule_rate(&run->options->schedule, run->options->learning_rate,
                                                          run->progress.step, run->steps_per_epoch,
                                                          run->steps_per_epoch * run->options->epochs);
}

static mote_status one_step(fit_run *run, mote_error *err)
{
    mote_train_batch batch;
    const float *input;
    const int32_t *labels;
    mote_status status = fit_data_next(run, &batch, &input, &labels, err);
    if (status != MOTE_OK)
        return status;
    mote_step_result result;
    status = mote_trainer_step(run->trainer, &batch, (float)rate_now(run), &result, err);
    if (status != MOTE_OK) {
        /* labels and sizes were checked before: what is left is a number that is not finite */
        status = status == MOTE_ARGUMENT ? MOTE_DIVERGED : status;
        return mote_error_prefix(err, status, "epoch %lld", (long long)run->progress.epoch + 1);
    }
    fit_metrics_add(&run->progress.metrics, &run->outputs, &result, labels);
    run->progress.step++;
    run->progress.step_in_epoch++;
    tell_step(run, &run->progress.metrics, run->progress.step_in_epoch, false);
    return MOTE_OK;
}

/* Steps up to the epoch's end, or to where the run is to stop. */
static mote_status train_epoch(fit_run *run, double *last_rate, mote_error *err)
{
    const int64_t every = run->options->checkpoint_steps;
    int64_t begun_ns = mote_clock_ns();
    mote_status status = MOTE_OK;
    while (status == MOTE_OK && run->progress.step_in_epoch < run->steps_per_epoch && !stopped(run)) {
        *last_rate = rate_now(run);
        status = one_step(run, err);
        const bool whole = run->progress.step_in_epoch == run->steps_per_epoch;
        if (status == MOTE_OK && run->options->checkpoint && every > 0 && run->progress.step % every == 0 && !whole) {
            const int64_t now_ns = mote_clock_ns();
            run->progress.seconds += (double)(now_ns - begun_ns) * 1e-9;
            begun_ns = now_ns;
            status = fit_checkpoint_save(run, err);
        }
    }
    run->progress.seconds += (double)(mote_clock_ns() - begun_ns) * 1e-9;
    return status;
}

static mote_status validate(fit_run *run, mote_metric_values *values, mote_error *err)
{
    fit_metrics *metrics = mote_calloc(NULL, 1, sizeof *metrics);
    if (!metrics)
        return mote_error_no_memory(err);
    mote_status status = mote_batches_seek(run->val, 0, 0, err);
    for (int64_t i = 0; status == MOTE_OK && i < run->n_val_steps && !stopped(run); i++) {
        mote_train_batch batch;
        const float *input;
        const int32_t *labels;
        mote_step_result result;
        status = fit_data_next_val(run, &batch, &input, &labels, err);
        if (status == MOTE_OK && batch.n > 0) {
            status = mote_trainer_evaluate(run->trainer, &batch, &result, err);
            if (status == MOTE_OK)
                fit_metrics_add(metrics, &run->outputs, &result, labels);
        }
        tell_step(run, metrics, i + 1, true);
    }
    *values = fit_metrics_values(metrics, &run->outputs);
    mote_free(NULL, metrics);
    return status;
}

/* --- after an epoch --- */

/* Larger is better; the other value breaks ties. */
static void monitored(const fit_run *run, const mote_epoch *epoch, double *value, double *tie)
{
    const mote_metric_values *v = epoch->has_val ? &epoch->val : &epoch->train;
    const bool accuracy = run->options->monitor == MOTE_MONITOR_ACCURACY;
    *value = accuracy ? v->accuracy : -v->loss;
    *tie = accuracy ? -v->loss : v->accuracy;
}

static mote_status judge(fit_run *run, mote_epoch *epoch, mote_error *err)
{
    fit_progress *p = &run->progress;
    double value, tie;
    monitored(run, epoch, &value, &tie);
    const bool first = p->best_epoch == 0;
    const bool better = first || value > p->best_value + run->options->min_delta;
    epoch->best = better || (value == p->best_value && tie > p->best_tie);
    p->waited = better ? 0 : p->waited + 1;
    p->plateau_waited = better ? 0 : p->plateau_waited + 1;
    if (epoch->best) {
        p->best_value = value;
        p->best_tie = tie;
        p->best_epoch = epoch->epoch;
    }
    if (run->options->schedule.kind == MOTE_SCHEDULE_PLATEAU && p->plateau_waited >= run->options->schedule.every) {
        p->rate_factor *= run->options->schedule.factor;
        p->plateau_waited = 0;
        note(run, "no better epoch for a while: the learning rate goes down");
    }
    return epoch->best && run->options->keep_best && epoch->has_val ? fit_best_keep(run, err) : MOTE_OK;
}

/* The best model as a file of its own, for whoever looks into the folder. */
static mote_status save_best_model(fit_run *run, mote_error *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/best.h5", run->options->checkpoint);
    mote_status status = mote_make_directories(run->options->checkpoint, err);
    if (status == MOTE_OK)
        status = mote_trainer_sync(run->trainer, false, err);
    return status == MOTE_OK ? mote_keras_save(run->model, path, err) : status;
}

static mote_status finish_epoch(fit_run *run, double last_rate, mote_error *err)
{
    fit_progress *p = &run->progress;
    mote_epoch epoch = {
        .epoch = p->epoch + 1, .step = p->step, .learning_rate = last_rate, .has_val = run->val != NULL};
    epoch.train = fit_metrics_values(&p->metrics, &run->outputs);
    epoch.seconds = p->seconds;
    epoch.images_per_second = p->seconds > 0 ? (double)p->metrics.n / p->seconds : 0;
    mote_status status = run->val ? validate(run, &epoch.val, err) : MOTE_OK;
    if (status != MOTE_OK || stopped(run))
        return status; /* a validation cut short says nothing: the epoch's end is done again after a resume */
    status = judge(run, &epoch, err);
    if (status == MOTE_OK)
        status = fit_history_add(run, &epoch, err);
    if (status != MOTE_OK)
        return status;
    p->epoch++;
    p->step_in_epoch = 0;
    p->seconds = 0;
    memset(&p->metrics, 0, sizeof p->metrics);
    if (run->options->checkpoint && epoch.best)
        status = save_best_model(run, err);
    if (status == MOTE_OK && run->options->checkpoint)
        status = fit_checkpoint_save(run, err);
    if (status == MOTE_OK)
        status = fit_boards_write(run, &epoch, err);
    if (status == MOTE_OK && run->options->on_epoch)
        run->options->on_epoch(run->options->arg, &epoch);
    return status;
}

static bool patience_is_over(const fit_run *run)
{
    return run->options->patience > 0 && run->progress.waited >= run->options->patience;
}

static mote_status run_epochs(fit_run *run, mote_error *err)
{
    mote_status status = MOTE_OK;
    while (status == MOTE_OK && run->progress.epoch < run->options->epochs && !patience_is_over(run)) {
        double last_rate = rate_now(run);
        status = train_epoch(run, &last_rate, err);
        if (status == MOTE_OK && !stopped(run))
            status = finish_epoch(run, last_rate, err);
        if (status == MOTE_OK && stopped(run)) {
            status = run->options->checkpoint ? fit_checkpoint_save(run, err) : MOTE_OK;
            return status == MOTE_OK ? mote_error_set(err, MOTE_CANCELLED, "stopped in epoch %lld after %lld steps",
                                                      (long long)run->progress.epoch + 1, (long long)run->progress.step)
                                     : status;
        }
    }
    run->result->stopped_early = status == MOTE_OK && run->progress.epoch < run->options->epochs;
    return status;
}

/* What the model keeps of it all. */
static mote_status leave(fit_run *run, mote_status how, mote_error *err)
{
    const bool averaged = run->options->trainer.optimizer.ema_momentum > 0 && run->progress.step > 0;
    if (how == MOTE_OK && run->options->keep_best && !averaged)
        fit_best_restore(run);
    const mote_status status = mote_trainer_sync(run->trainer, averaged && how == MOTE_OK, err);
    return status == MOTE_OK ? fit_set_training_json(run, err) : status;
}

mote_status mote_fit(mote_model *model, const mote_fit_options *options, mote_fit_result *result, mote_error *err)
{
    *result = (mote_fit_result){0};
    fit_run *run = mote_calloc(NULL, 1, sizeof *run); /* large: the metrics of many classes */
    if (!run)
        return mote_error_no_memory(err);
    run->model = model;
    run->options = options;
    run->result = result;
    mote_status status = begin(run, err);
    if (status == MOTE_OK)
        status = resume(run, err);
    if (status == MOTE_OK)
        status = fit_boards_open(run, err);
    if (status == MOTE_OK) {
        status = run_epochs(run, err);
        if (status == MOTE_OK || status == MOTE_CANCELLED) {
            mote_error ignored = {0};
            const mote_status left = leave(run, status, status == MOTE_OK ? err : &ignored);
            status = left == MOTE_OK ? status : left;
        }
    }
    result->epochs = run->progress.epoch;
    result->steps = run->progress.step;
    result->best_epoch = run->progress.best_epoch;
    result->skipped =
        (run->train ? mote_batches_skipped(run->train) : 0) + (run->val ? mote_batches_skipped(run->val) : 0);
    end(run);
    mote_free(NULL, run);
    return status;
}
