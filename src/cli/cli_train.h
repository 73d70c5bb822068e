/* Training from the command line: what `train` and `study` share. */
#ifndef MOTE_CLI_CLI_TRAIN_H
#define MOTE_CLI_CLI_TRAIN_H

#include "cli/cli_model.h"

#include <mote/fit.h>
#include <stdio.h>

typedef struct cli_train_args {
    const char *train, *val, *optimizer, *freeze, *unfreeze, *augment, *checkpoint, *tensorboard, *schedule, *loss;
    const char *class_weights, *metrics, *monitor, *keep, *history, *qat;
    int64_t epochs, batch, steps_per_epoch, validation_steps, seed, checkpoint_steps, warmup, patience, cache_mb;
    double lr, momentum, weight_decay, clipnorm, label_smoothing, ema, min_delta;
    bool no_shuffle, resume, histograms, nesterov;
} cli_train_args;

/* --train … --history, offsets into cli_train_args. */
enum { CLI_N_TRAIN_OPTIONS = 36 };
extern const cli_option cli_train_options[CLI_N_TRAIN_OPTIONS];

typedef struct cli_training {
    const cli_context *context;
    const cli_train_args *args;
    mote_fit_options options;
    mote_fit_result result;
    mote_slice val;
    float *class_weights;
    FILE *lines;
    cli_progress progress;
    char what[160];
    bool drawing;
} cli_training;

/* CLI_OK, or what the verb returns, said: options that miss another one, words that are none, a history of no known
 * form. */
int cli_train_check(const cli_context *context, const cli_train_args *args);
/* From t->args: all but the splits besides the training one, callbacks and limits. */
mote_status cli_train_set_options(cli_training *t, const mote_model *model, const cli_data *data, mote_error *err);

/* Freezes and trains the model in place with data's slice; progress, one line an epoch (or JSON lines) to `lines`
 * (NULL: nowhere), history. Ctrl-C is caught: MOTE_CANCELLED, and the model has what it learned. The result stays in
 * training; free with _free. */
mote_status cli_train(cli_training *training, const cli_context *context, const cli_train_args *args,
                      const cli_limits *limits, mote_model *model, const cli_data *data, const char *identity,
                      FILE *lines, mote_error *err);
void cli_train_free(cli_training *training);

#endif
