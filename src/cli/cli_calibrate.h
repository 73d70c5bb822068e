/* Calibration examples for `convert`: photos of a data set, or .npy arrays, one per model input. */
#ifndef MOTE_CLI_CLI_CALIBRATE_H
#define MOTE_CLI_CLI_CALIBRATE_H

#include "cli/cli.h"

#include <mote/convert.h>
#include <mote/runtime.h>

typedef struct cli_calibration {
    const cli_context *context;
    const mote_model *model;
    /* photos */
    cli_data data;
    mote_loader *loader;
    mote_loader_options loader_options;
    /* arrays */
    mote_tensor *arrays;
    int32_t n_arrays;
    int64_t n, at; /* examples there are, and the next */
    cli_progress progress;
} cli_calibration;

typedef struct cli_calibrate_args {
    const char *paths; /* --calibrate: a folder, or .npy files separated by commas */
    const char *split, *pixels;
    int64_t samples; /* 0: 100 photos, or all of the arrays */
    bool strict;
} cli_calibrate_args;

/* more_paths: further .npy files, one per further input. */
mote_status cli_calibration_open(cli_calibration *calibration, const cli_context *context, const mote_model *model,
                                 const cli_calibrate_args *args, int n_more, char *const *more_paths, mote_error *err);
/* A source over the examples from the start; may be asked for again. */
mote_status cli_calibration_source(cli_calibration *calibration, const char *what, mote_calibration_source *source,
                                   mote_error *err);
void cli_calibration_close(cli_calibration *calibration);

#endif
