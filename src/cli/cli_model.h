/* Opening a model of any form so that it runs. */
#ifndef MOTE_CLI_CLI_MODEL_H
#define MOTE_CLI_CLI_MODEL_H

#include "cli/cli.h"

#include <mote/graph.h>
#include <mote/import.h>
#include <mote/runtime.h>

/* --memory-limit and --loop-limit: what running a model of unknown origin may cost. Option group of the verbs that run
 * models; in a zeroed struct there are no limits. */
typedef struct cli_limits {
    int64_t memory_mb; /* -1: 768 MiB and 16 times the model's constants, to train the machine's memory; 0: none */
    double loop_seconds;
} cli_limits;
enum { CLI_N_LIMIT_OPTIONS = 2 };
extern const cli_option cli_limit_options[CLI_N_LIMIT_OPTIONS];
void cli_limits_apply(const cli_limits *limits, mote_model *model);
/* Of a training step; 0: none. */
size_t cli_limits_training_bytes(const cli_limits *limits);
#define CLI_LIMIT_GROUP(type, import)                                                                                  \
    {                                                                                                                  \
        cli_limit_options, CLI_N_LIMIT_OPTIONS, offsetof(type, import.limits)                                          \
    }

/* --input-shape: option group of the verbs that read models. */
typedef struct cli_model_args {
    const char *input_shape;
    cli_limits limits; /* of the verbs that have their group, too */
} cli_model_args;
enum { CLI_N_MODEL_OPTIONS = 1 };
extern const cli_option cli_model_options[CLI_N_MODEL_OPTIONS];
/* What import warns of goes to standard error. */
mote_import_options cli_import_options(const cli_context *context, const cli_model_args *args);

/* .tflite as it is, Keras's forms lowered to what inference runs; with the limits. Errors begin with the path. Free
 * with mote_model_free. */
mote_status cli_model_load_runnable(const cli_context *context, const cli_model_args *args, const char *path,
                                    mote_model **model, mote_error *err);

/* A runtime for it; errors begin with the path. */
mote_status cli_runtime_new(mote_runtime **runtime, const mote_model *model, const char *path, const char *signature,
                            const mote_runtime_options *options, mote_error *err);

#endif
