#include "cli/cli_train.h"
#include "cli/cli_interrupt.h"

#include <mote/import.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(cli_train_args, member)
const cli_option cli_train_options[CLI_N_TRAIN_OPTIONS] = {
    {.name = "train",
     .kind = CLI_STRING,
     .arg = "SPLIT",
     .help = "what to train on, e.g. train[:70%]",
     .offset = AT(train)},
    {.name = "val",
     .kind = CLI_STRING,
     .arg = "SPLIT",
     .help = "what to judge each epoch by, e.g. train[70%:90%]",
     .offset = AT(val)},
    {.name = "epochs",
     .kind = CLI_INT,
     .arg = "N",
     .help = "times through the training split",
     .def = "1",
     .offset = AT(epochs),
     .min = 1,
     .max = 1e6},
    {.name = "batch",
     .kind = CLI_INT,
     .arg = "N",
     .help = "photos in a step",
     .def = "16",
     .offset = AT(batch),
     .min = 1,
     .max = 65536},
    {.name = "lr",
     .kind = CLI_FLOAT,
     .arg = "RATE",
     .help = "learning rate",
     .def = "1e-4",
     .offset = AT(lr),
     .min = 1e-12,
     .max = 1e3},
    {.name = "steps-per-epoch",
     .kind = CLI_INT,
     .arg = "N",
     .help = "an epoch is so many steps and the data goes round (default: once through)",
     .offset = AT(steps_per_epoch),
     .min = 1,
     .max = 1e9},
    {.name = "validation-steps",
     .kind = CLI_INT,
     .arg = "N",
     .help = "judge by so many batches of --val (default: all)",
     .offset = AT(validation_steps),
     .min = 1,
     .max = 1e9},
    {.name = "optimizer",
     .kind = CLI_CHOICE,
     .choices = "adam|adamw|sgd|rmsprop",
     .help = "with Keras's defaults",
     .def = "adam",
     .offset = AT(optimizer)},
    {.name = "momentum",
     .kind = CLI_FLOAT,
     .arg = "M",
     .help = "of sgd and rmsprop",
     .def = "0",
     .offset = AT(momentum),
     .min = 0,
     .max = 1},
    {.name = "nesterov", .kind = CLI_FLAG, .help = "sgd looks ahead", .offset = AT(nesterov)},
    {.name = "weight-decay",
     .kind = CLI_FLOAT,
     .arg = "W",
     .help = "part of a weight that a step takes off, times the learning rate (default: 0; of adamw 0.004)",
     .def = "-1",
     .offset = AT(weight_decay),
     .min = -1,
     .max = 1e3},
    {.name = "clipnorm",
     .kind = CLI_FLOAT,
     .arg = "N",
     .help = "each gradient's norm at most",
     .def = "0",
     .offset = AT(clipnorm),
     .min = 0,
     .max = 1e9},
    {.name = "schedule",
     .kind = CLI_STRING,
     .arg = "S",
     .help = "learning rate over time: constant, cosine, exponential:FACTOR[:STEPS], step:EPOCHS:FACTOR, "
             "plateau:EPOCHS:FACTOR",
     .def = "constant",
     .offset = AT(schedule)},
    {.name = "warmup",
     .kind = CLI_INT,
     .arg = "STEPS",
     .help = "the learning rate rises over so many first steps",
     .def = "0",
     .offset = AT(warmup),
     .min = 0,
     .max = 1e9},
    {.name = "loss",
     .kind = CLI_CHOICE,
     .choices = "sparse_categorical_crossentropy|categorical_crossentropy|binary_crossentropy|mean_squared_error",
     .arg = "L",
     .help = "what is made small (default: what fits the model's end)",
     .offset = AT(loss)},
    {.name = "label-smoothing",
     .kind = CLI_FLOAT,
     .arg = "S",
     .help = "of the labels' probabilities, this part is spread over all classes",
     .def = "0",
     .offset = AT(label_smoothing),
     .min = 0,
     .max = 0.99},
    {.name = "class-weights",
     .kind = CLI_STRING,
     .arg = "W",
     .help = "balanced, or one number per class separated by commas",
     .offset = AT(class_weights)},
    {.name = "metrics",
     .kind = CLI_STRING,
     .arg = "LIST",
     .help = "besides accuracy: top5 (any number), auc, precision",
     .offset = AT(metrics)},
    {.name = "freeze",
     .kind = CLI_STRING,
     .arg = "REGEX",
     .help = "layers whose names match do not train",
     .offset = AT(freeze)},
    {.name = "unfreeze",
     .kind = CLI_STRING,
     .arg = "REGEX",
     .help = "and these do, after --freeze",
     .offset = AT(unfreeze)},
    {.name = "augment",
     .kind = CLI_STRING,
     .arg = "LIST",
     .help =
         "random changes: flip, flip_vertical, rotate:TURNS, zoom:PART, translate:PART, brightness:PART, contrast:PART",
     .offset = AT(augment)},
    {.name = "no-shuffle",
     .kind = CLI_FLAG,
     .help = "photos in the split's order, every epoch",
     .offset = AT(no_shuffle)},
    {.name = "seed",
     .kind = CLI_INT,
     .arg = "S",
     .help = "of shuffling, dropout and augmentation: same seed, same weights, at any --threads",
     .def = "0",
     .offset = AT(seed),
     .min = 0,
     .max = 9007199254740992.0},
    {.name = "monitor",
     .kind = CLI_CHOICE,
     .choices = "accuracy|loss",
     .help = "what makes an epoch better",
     .def = "accuracy",
     .offset = AT(monitor)},
    {.name = "keep",
     .kind = CLI_CHOICE,
     .choices = "best|last",
     .help = "which epoch's weights are saved; without --val the last",
     .def = "best",
     .offset = AT(keep)},
    {.name = "patience",
     .kind = CLI_INT,
     .arg = "EPOCHS",
     .help = "stop after so many epochs without a better one (0: never)",
     .def = "0",
     .offset = AT(patience),
     .min = 0,
     .max = 1e6},
    {.name = "min-delta",
     .kind = CLI_FLOAT,
     .arg = "D",
     .help = "better by less than this is not better",
     .def = "0",
     .offset = AT(min_delta),
     .min = 0,
     .max = 1e9},
    {.name = "ema",
     .kind = CLI_FLOAT,
     .arg = "M",
     .help = "save a moving average of the weights, e.g. 0.99",
     .def = "0",
     .offset = AT(ema),
     .min = 0,
     .max = 0.999999},
    {.name = "checkpoint",
     .kind = CLI_STRING,
     .arg = "DIR",
     .help = "after each epoch: checkpoint.mote to go on from, best.h5, the history",
     .offset = AT(checkpoint)},
    {.name = "checkpoint-steps",
     .kind = CLI_INT,
     .arg = "N",
     .help = "also every N steps",
     .offset = AT(checkpoint_steps),
     .min = 1,
     .max = 1e9},
    {.name = "resume",
     .kind = CLI_FLAG,
     .help = "go on from --checkpoint, to the very weights of a run that was never stopped",
     .offset = AT(resume)},
    {.name = "tensorboard",
     .kind = CLI_STRING,
     .arg = "DIR",
     .help = "event files for TensorBoard",
     .offset = AT(tensorboard)},
    {.name = "histograms",
     .kind = CLI_FLAG,
     .help = "with --tensorboard: of all weights, each epoch",
     .offset = AT(histograms)},
    {.name = "history",
     .kind = CLI_STRING,
     .arg = "FILE",
     .help = "the history, .csv or .jsonl",
     .offset = AT(history)},
    {.name = "cache",
     .kind = CLI_INT,
     .arg = "MB",
     .help = "memory for decoded photos (default: a quarter of the machine's, 4096 at most)",
     .def = "-1",
     .offset = AT(cache_mb),
     .min = -1,
     .max = 1e6},
    {.name = "qat",
     .kind = CLI_STRING,
     .arg = "TYPE",
     .help = "quantization-aware training: not there yet",
     .offset = AT(qat)},
};
#undef AT

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

/* --- options --- */

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

static mote_status set_options(cli_training *t, const mote_model *model, const cli_data *data, mote_error *err)
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
    o->stop = is_stopped;
    o->on_step = on_step;
    o->on_epoch = on_epoch;
    o->on_note = on_note;
    o->on_skip = on_skip;
    o->arg = t;
    mote_status status = mote_schedule_parse(args->schedule, &o->schedule, err);
    if (status == MOTE_OK && args->augment)
        status = mote_augment_parse(args->augment, &o->augment, err);
    if (status == MOTE_OK)
        status = parse_metrics(o, args->metrics, err);
    const mote_graph *graph = model->graphs[0];
    const mote_shape *out = graph->n_outputs ? &graph->tensors[graph->outputs[0]]->shape : NULL;
    if (status == MOTE_OK)
        status = parse_class_weights(t, out && out->rank == 2 && out->dims[1] > 1 ? out->dims[1] : 2, err);
    return status;
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
    mote_status status = set_options(t, model, data, err);
    if (status == MOTE_OK && args->val) {
        status = mote_dataset_slice(data->dataset, args->val, &t->val, err);
        t->options.val = &t->val;
    }
    if (status == MOTE_OK)
        status = freeze(t, model, err);
    if (status != MOTE_OK)
        return status;
    t->options.identity = identity;
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
