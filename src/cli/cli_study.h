/* The steps of `study`: data, model, training. Converting is cli_forms.h's business, comparing cli_compare.h's. */
#ifndef MOTE_CLI_CLI_STUDY_H
#define MOTE_CLI_CLI_STUDY_H

#include "cli/cli_compare.h"
#include "cli/cli_train.h"
#include "cli/cli_weights.h"

typedef struct cli_study_args {
    const char *data, *labels, *pixels; /* pixels NULL: what the architecture expects, else 0..255 */
    const char *test;
    const char *model, *head, *pooling; /* model: a file or the name of an architecture */
    const char *output;
    int64_t input, samples, runs, photos;
    bool strict;
    cli_model_args import; /* of a file */
    cli_weights_args weights;
    cli_train_args train;
} cli_study_args;

/* The three parts of the data. Which splits they are by default:
 *   validation (or val) and test   train, validation, test
 *   validation (or val)            train[:90%], validation, train[90%:]
 *   test                           train[:80%], train[80%:], test
 *   neither                        train[:70%], train[70%:90%], train[90%:] */
typedef struct cli_study_data {
    cli_data train, val, test;
    char names[3][256];
} cli_study_data;
mote_status cli_study_data_open(cli_study_data *data, const cli_study_args *args, const char *pixels, mote_error *err);
void cli_study_data_close(cli_study_data *data);

typedef struct cli_study_model {
    mote_model *model;
    mote_history history; /* empty before training */
    mote_history_epoch *epochs;
} cli_study_model;

/* What a pixel is to the model: --pixels, or the architecture's. */
const char *cli_study_pixels(const cli_study_args *args);
mote_status cli_study_model_open(cli_study_model *model, const cli_context *context, const cli_study_args *args,
                                 int32_t n_classes, mote_error *err);
/* Trains it and writes it to path. MOTE_CANCELLED: it is written as it was when Ctrl-C came. */
mote_status cli_study_model_train(cli_study_model *model, const cli_context *context, const cli_study_args *args,
                                  const cli_study_data *data, const char *path, mote_error *err);
void cli_study_model_close(cli_study_model *model);

#endif
