#include "cli/cli.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_model.h"
#include "cli/cli_output.h"
#include "cli/cli_text.h"
#include "cli/cli_train.h"

#include <mote/import.h>
#include <mote/io.h>
#include <mote/keras.h>

#include <stdio.h>
#include <string.h>

typedef struct train_args {
    const char *output, *data, *labels, *pixels;
    bool strict;
    cli_model_args import;
    cli_train_args train;
} train_args;

static const cli_option OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "FILE",
     .help = "the trained model, .h5 or .keras",
     .offset = offsetof(train_args, output),
     .required = true},
    {.name = "data",
     .kind = CLI_STRING,
     .arg = "DIR",
     .help = "a TFDS dataset, a folder of class folders, or X.npy",
     .offset = offsetof(train_args, data),
     .required = true},
    {.name = "labels",
     .kind = CLI_STRING,
     .arg = "Y.npy",
     .help = "the labels of --data X.npy",
     .offset = offsetof(train_args, labels)},
    {.name = "strict",
     .kind = CLI_FLAG,
     .help = "an unreadable photo is an error, not a warning",
     .offset = offsetof(train_args, strict)},
};
static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0},
                                   CLI_PIXELS_GROUP(train_args, pixels),
                                   {cli_train_options, CLI_N_TRAIN_OPTIONS, offsetof(train_args, train)},
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(train_args, import)},
                                   CLI_LIMIT_GROUP(train_args, import)};

static void tell_end(const cli_context *context, const train_args *a, const cli_training *t)
{
    const mote_fit_result *r = &t->result;
    if (r->stopped_early)
        cli_note(context, "stopped early: no better epoch for %lld", (long long)t->options.patience);
    const bool best = t->options.keep_best && a->train.val && r->best_epoch > 0 && a->train.ema <= 0;
    cli_note(context, "%s: the model after %lld steps%s", a->output, (long long)r->steps,
             a->train.ema > 0 ? ", averaged weights" : "");
    if (best)
        cli_note(context, "  with the weights of epoch %lld, the best", (long long)r->best_epoch);
    if (a->train.checkpoint)
        cli_note(context, "%s: checkpoint.mote, best.h5, history.csv", a->train.checkpoint);
    if (a->train.history)
        cli_note(context, "%s: the history", a->train.history);
    if (a->train.tensorboard)
        cli_note(context, "%s: see it with `tensorboard --logdir %s`", a->train.tensorboard,
                 cli_quoted(a->train.tensorboard).text);
    if (strcmp(a->output, "-") != 0) {
        cli_note(context, "next: mote evaluate %s --data %s", cli_quoted(a->output).text, cli_quoted(a->data).text);
        cli_note(context, "      mote convert %s -o int8.tflite --quantize int8 --calibrate %s",
                 cli_quoted(a->output).text, cli_quoted(a->data).text);
    }
}

/* The lines of the epochs; they leave standard output to a model that goes there. */
static FILE *lines_to(const cli_context *context, const train_args *a)
{
    if (strcmp(a->output, "-") != 0)
        return stdout;
    return context->quiet ? NULL : stderr;
}

static int train(const cli_context *context, const train_args *a, mote_model *model, const cli_data *data)
{
    cli_training t;
    mote_error err = {0};
    const mote_status trained =
        cli_train(&t, context, &a->train, &a->import.limits, model, data, "", lines_to(context, a), &err);
    mote_error later = {0};
    mote_status saved = MOTE_OK;
    if (trained == MOTE_OK || trained == MOTE_CANCELLED)
        saved = mote_keras_save(model, a->output, &later);
    int code = CLI_OK;
    if (saved != MOTE_OK)
        code = cli_fail(context, &later);
    else if (trained == MOTE_CANCELLED)
        code = cli_fail_text(context, "%s; %s has the weights of that moment%s", err.message, a->output,
                             a->train.checkpoint ? ", --resume goes on" : "");
    else if (trained != MOTE_OK)
        code = cli_fail(context, &err);
    else
        tell_end(context, a, &t);
    cli_train_free(&t);
    if (trained == MOTE_CANCELLED)
        cli_interrupt_end();
    return code;
}

/* Better now than after hours: can the output be written at all? */
static mote_status try_output(const char *path, mote_error *err)
{
    mote_output *output;
    if (strcmp(path, "-") == 0)
        return MOTE_OK;
    const mote_status status = mote_output_open(&output, path, err);
    if (status == MOTE_OK)
        mote_output_discard(output);
    return status;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    const train_args *a = args;
    if (a->train.validation_steps > 0 && !a->train.val)
        return cli_usage_error(context, "--validation-steps needs --val SPLIT");
    const int usage = cli_train_check(context, &a->train);
    if (usage != CLI_OK)
        return usage;
    const mote_import_options options = cli_import_options(context, &a->import);
    mote_error err = {0};
    mote_model *model;
    if (cli_check_output(context, "-o", a->output, CLI_KERAS_FILE) != CLI_OK)
        return CLI_USAGE;
    if (try_output(a->output, &err) != MOTE_OK || mote_model_load(&model, positional[0], &options, &err) != MOTE_OK)
        return cli_fail(context, &err);
    int code;
    cli_data data;
    const cli_data_args data_args = {.data = a->data,
                                     .split = a->train.train,
                                     .preferred = "train",
                                     .labels = a->labels,
                                     .pixels = a->pixels,
                                     .strict = a->strict};
    if (strcmp(model->source, "keras") != 0) {
        code = cli_fail_text(context, "%s: only Keras models train; this is a %s model", positional[0], model->source);
    } else if (cli_data_open(&data, &data_args, &err) != MOTE_OK) {
        code = cli_fail(context, &err);
    } else {
        code = train(context, a, model, &data);
        cli_data_close(&data);
    }
    mote_model_free(model);
    return code;
}

const cli_verb cli_verb_train = {
    .name = "train",
    .positional = "MODEL",
    .summary = "fine-tune a Keras model on photos",
    .description =
        "Trains what the file's trainable flags say, as Keras does, in float32 on the processor. The result does not\n"
        "depend on the number of threads. Without --train it goes over the whole split train, or the first where\n"
        "there is none of that name. With --val the best epoch's weights are saved. --json prints one line of JSON\n"
        "for each epoch. Ctrl-C saves and ends; with --checkpoint, --resume goes on.",
    .examples =
        "  mote train b0.h5 -o trained.h5 --data photos/ --train 'train[:70%]' --val 'train[70%:90%]' --epochs 3\n"
        "  mote train b0.h5 -o head.keras --data photos/ --freeze '^(stem|block|top)' --lr 1e-3 --epochs 5\n"
        "  mote train b0.h5 -o t.h5 --data photos/ --epochs 10 --checkpoint run1 --resume --tensorboard logs",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(train_args),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
