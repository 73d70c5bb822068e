#include "cli/cli_train.h"
#include "cli/cli_interrupt.h"

#include <mote/import.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what a person sees --- */

/* Ctrl-C: the run saves, then ends; a second one ends at once. */
static bool is_stopped(void *arg)
{
    (void)arg;
    return cli_interrupted();
}

static void on_step(void *arg, const mote_fit_step *step)
{
    cli_training *t = arg;
    if (step->step == 1 || !t->drawing) {
        if (t->drawing)
            cli_progress_end(&t->progress);
        cli_progress_start(&t->progress, t->context, t->what, "steps", step->n_steps);
        t->drawing = true;
    }
    if (step->validating)
        snprintf(t->what, sizeof t->what, "epoch %lld/%lld  validating", (long long)step->epoch,
                 (long long)step->n_epochs);
    else
        snprintf(t->what, sizeof t->what, "epoch %lld/%lld  loss %.4f  accuracy %.4f  %.1f images/s",
                 (long long)step->epoch, (long long)step->n_epochs, step->loss, step->accuracy,
                 cli_progress_rate(&t->progress) * (double)step->n_examples / (double)step->step);
    cli_progress_step(&t->progress, step->step);
}

static void print_metrics(FILE *out, const mote_fit_options *options, const mote_metric_values *v, const char *prefix)
{
    fprintf(out, "  %sloss %.4f  %saccuracy %.4f", prefix, v->loss, prefix, v->accuracy);
    if (options->top_k)
        fprintf(out, "  %stop%d %.4f", prefix, options->top_k, v->top_k);
    if (options->auc)
        fprintf(out, "  %sauc %.4f", prefix, v->auc);
    if (options->precision_recall)
        fprintf(out, "  %sprecision %.4f  %srecall %.4f", prefix, v->precision, prefix, v->recall);
}

static void on_epoch(void *arg, const mote_epoch *epoch)
{
    cli_training *t = arg;
    cli_progress_end(&t->progress);
    t->drawing = false;
    if (!t->lines)
        return;
    if (t->context->json) {
        char line[2048];
        if (mote_epoch_json(epoch, &t->options, line, sizeof line) == MOTE_OK)
            fprintf(t->lines, "%s\n", line);
    } else {
        fprintf(t->lines, "epoch %lld/%lld", (long long)epoch->epoch, (long long)t->options.epochs);
        print_metrics(t->lines, &t->options, &epoch->train, "");
        if (epoch->has_val)
            print_metrics(t->lines, &t->options, &epoch->val, "val_");
        fprintf(t->lines, "  %.1f s  %.1f images/s%s\n", epoch->seconds, epoch->images_per_second,
                epoch->best ? "  best" : "");
    }
    fflush(t->lines); /* a line an epoch, also into a pipe */
}

static void on_note(void *arg, const char *text)
{
    cli_training *t = arg;
    cli_progress_end(&t->progress);
    cli_note(t->context, "%s", text);
}

static void on_skip(void *arg, const char *name, const mote_error *err)
{
    cli_training *t = arg;
    cli_progress_end(&t->progress);
    cli_on_skip((void *)(uintptr_t)t->context, name, err);
}

static mote_status freeze(cli_training *t, mote_model *model, mote_error *err)
{
    int32_t n = 0;
    mote_status status = MOTE_OK;
    if (t->args->freeze)
        status = mote_model_set_trainable(model, t->args->freeze, false, &n, err);
    if (status == MOTE_OK && t->args->unfreeze)
        status = mote_model_set_trainable(model, t->args->unfreeze, true, &n, err);
    if (status == MOTE_OK && (t->args->freeze || t->args->unfreeze)) {
        const mote_param_counts counts = mote_model_count_params(model);
        cli_note(t->context, "%lld of %lld parameters train", (long long)counts.trainable, (long long)counts.total);
    }
    return status;
}

/* DIR/history.csv with a checkpoint, and --history. */
static mote_status save_history(const cli_training *t, mote_error *err)
{
    mote_status status = MOTE_OK;
    if (t->result.n_history == 0)
        return MOTE_OK;
    if (t->args->checkpoint) {
        char path[1024];
        snprintf(path, sizeof path, "%s/history.csv", t->args->checkpoint);
        status = mote_history_save(&t->result, &t->options, path, err);
    }
    return status == MOTE_OK && t->args->history ? mote_history_save(&t->result, &t->options, t->args->history, err)
                                                 : status;
}

mote_status cli_train(cli_training *t, const cli_context *context, const cli_train_args *args, const cli_limits *limits,
                      mote_model *model, const cli_data *data, const char *identity, FILE *lines, mote_error *err)
{
    *t = (cli_training){.context = context, .args = args, .lines = lines};
    mote_status status = cli_train_set_options(t, model, data, err);
    if (status == MOTE_OK && args->val) {
        status = mote_dataset_slice(data->dataset, args->val, &t->val, err);
        t->options.val = &t->val;
    }
    if (status == MOTE_OK)
        status = freeze(t, model, err);
    if (status != MOTE_OK)
        return status;
    t->options.identity = identity;
    t->options.stop = is_stopped;
    t->options.on_step = on_step;
    t->options.on_epoch = on_epoch;
    t->options.on_note = on_note;
    t->options.on_skip = on_skip;
    t->options.arg = t;
    t->options.trainer.limit_bytes = cli_limits_training_bytes(limits);
    cli_interrupt_watch();
    status = mote_fit(model, &t->options, &t->result, err);
    cli_interrupt_unwatch();
    cli_progress_end(&t->progress);
    if (status == MOTE_OK && cli_interrupted())
        status = mote_error_set(err, MOTE_CANCELLED, "stopped after the last epoch");
    mote_error later = {0};
    const mote_status saved = save_history(t, &later);
    if (status == MOTE_OK && saved != MOTE_OK) {
        *err = later;
        status = saved;
    }
    return status;
}

void cli_train_free(cli_training *t)
{
    mote_fit_result_free(&t->result);
    mote_slice_free(&t->val, NULL);
    free(t->class_weights);
    t->class_weights = NULL;
}
