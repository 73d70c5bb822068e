/* From the words of the command line to what mote_fit takes. */
#include "cli/cli_output.h"
#include "cli/cli_train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mote_status parse_class_weights(cli_training *t, int32_t n_classes, mote_error *err)
{
    const char *text = t->args->class_weights;
    if (!text)
        return MOTE_OK;
    t->options.balance_classes = strcmp(text, "balanced") == 0;
    if (t->options.balance_classes)
        return MOTE_OK;
    t->class_weights = calloc((size_t)n_classes + 1, sizeof *t->class_weights);
    if (!t->class_weights)
        return mote_error_no_memory(err);
    int32_t n = 0;
    for (const char *at = text; n < n_classes; at++) {
        char *end;
        t->class_weights[n] = strtof(at, &end);
        if (end == at || !(t->class_weights[n] >= 0) || !isfinite(t->class_weights[n]) || (*end && *end != ','))
            break;
        n++;
        if (!*end) {
            t->options.trainer.class_weights = t->class_weights;
            t->options.trainer.n_class_weights = n;
            break;
        }
        at = end;
    }
    return t->options.trainer.n_class_weights == n_classes
               ? MOTE_OK
               : mote_error_set(err, MOTE_ARGUMENT, "--class-weights %s: give 'balanced' or %d numbers, one per class",
                                text, n_classes);
}

static mote_status parse_metrics(mote_fit_options *options, const char *list, mote_error *err)
{
    for (const char *at = list; at && *at;) {
        const size_t n = strcspn(at, ",");
        int used = 0;
        if (sscanf(at, "top%d%n", &options->top_k, &used) == 1 && (size_t)used == n && options->top_k > 0)
            ;
        else if (n == 3 && strncmp(at, "auc", n) == 0)
            options->auc = true;
        else if ((n == 9 && strncmp(at, "precision", n) == 0) || (n == 6 && strncmp(at, "recall", n) == 0))
            options->precision_recall = true;
        else if (n != 8 || strncmp(at, "accuracy", n) != 0)
            return mote_error_set(err, MOTE_ARGUMENT, "--metrics: '%.*s' is none of top5, auc, precision, recall",
                                  (int)n, at);
        at += at[n] ? n + 1 : n;
    }
    return MOTE_OK;
}

static void set_optimizer(mote_fit_options *options, const cli_train_args *args)
{
    mote_optimizer kind;
    mote_optimizer_parse(args->optimizer, &kind); /* one of the choices */
    mote_optimizer_options *o = &options->trainer.optimizer;
    *o = mote_optimizer_options_default(kind);
    if (args->momentum > 0)
        o->momentum = (float)args->momentum;
    o->nesterov = args->nesterov;
    if (args->weight_decay >= 0)
        o->weight_decay = (float)args->weight_decay;
    o->clipnorm = (float)args->clipnorm;
    o->ema_momentum = (float)args->ema;
}

static void set_numbers(mote_fit_options *o, const cli_context *context, const cli_train_args *args)
{
    o->batch = (int32_t)args->batch;
    o->epochs = args->epochs;
    o->steps_per_epoch = args->steps_per_epoch;
    o->validation_steps = args->validation_steps;
    o->shuffle = !args->no_shuffle;
    o->learning_rate = args->lr;
    o->schedule.warmup_steps = args->warmup;
    o->trainer.seed = (uint64_t)args->seed;
    o->trainer.n_threads = context->n_threads;
    o->trainer.label_smoothing = (float)args->label_smoothing;
    o->monitor = strcmp(args->monitor, "loss") == 0 ? MOTE_MONITOR_LOSS : MOTE_MONITOR_ACCURACY;
    o->keep_best = strcmp(args->keep, "best") == 0;
    o->patience = args->patience;
    o->min_delta = args->min_delta;
    o->checkpoint = args->checkpoint;
    o->checkpoint_steps = args->checkpoint_steps;
    o->resume = args->resume;
    o->tensorboard = args->tensorboard;
    o->histograms = args->histograms;
    if (args->cache_mb >= 0)
        o->cache_bytes = (size_t)args->cache_mb << 20;
}

static mote_status parse_words(mote_fit_options *options, const cli_train_args *args, mote_error *err)
{
    mote_status status = mote_schedule_parse(args->schedule, &options->schedule, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "--schedule");
    if (args->augment)
        status = mote_augment_parse(args->augment, &options->augment, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "--augment");
    return parse_metrics(options, args->metrics, err);
}

mote_status cli_train_set_options(cli_training *t, const mote_model *model, const cli_data *data, mote_error *err)
{
    const cli_train_args *args = t->args;
    mote_fit_options *o = &t->options;
    *o = mote_fit_options_default();
    set_numbers(o, t->context, args);
    set_optimizer(o, args);
    mote_fit_choose_loss(model, &o->trainer);
    if (args->loss)
        mote_loss_parse(args->loss, &o->trainer.loss);
    o->dataset = data->dataset;
    o->train = &data->slice;
    o->pixels = data->pixels;
    mote_status status = parse_words(o, args, err);
    const mote_graph *graph = model->graphs[0];
    const mote_shape *out = graph->n_outputs ? &graph->tensors[graph->outputs[0]]->shape : NULL;
    if (status == MOTE_OK)
        status = parse_class_weights(t, out && out->rank == 2 && out->dims[1] > 1 ? out->dims[1] : 2, err);
    return status;
}

/* --- what goes together --- */

int cli_train_check(const cli_context *context, const cli_train_args *args)
{
    const bool adam = strncmp(args->optimizer, "adam", 4) == 0, sgd = strcmp(args->optimizer, "sgd") == 0;
    const struct {
        bool given, needed;
        const char *what;
    } pairs[] = {
        {args->resume, args->checkpoint, "--resume needs --checkpoint DIR"},
        {args->checkpoint_steps > 0, args->checkpoint, "--checkpoint-steps needs --checkpoint DIR"},
        {args->histograms, args->tensorboard, "--histograms needs --tensorboard DIR"},
        {args->momentum > 0, !adam, "--momentum needs --optimizer sgd or rmsprop"},
        {args->nesterov, sgd, "--nesterov needs --optimizer sgd"},
    };
    for (size_t i = 0; i < CLI_COUNT(pairs); i++)
        if (pairs[i].given && !pairs[i].needed)
            return cli_usage_error(context, "%s", pairs[i].what);
    mote_fit_options words = mote_fit_options_default();
    mote_error err = {0};
    if (parse_words(&words, args, &err) != MOTE_OK)
        return cli_usage_error(context, "%s", err.message);
    if (args->qat)
        return cli_fail_text(context, "--qat %s: quantization-aware training is not there yet; train without it",
                             args->qat);
    return cli_check_output(context, "--history", args->history, CLI_HISTORY_FILE);
}
