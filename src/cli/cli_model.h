/* Opening a model of any form so that it runs. */
#ifndef MOTE_CLI_CLI_MODEL_H
#define MOTE_CLI_CLI_MODEL_H

#include "cli/cli.h"

#include <mote/graph.h>
#include <mote/runtime.h>

/* .tflite as it is, Keras's forms lowered to what inference runs. Errors begin with the path. Free with
 * mote_model_free. */
mote_status cli_model_load_runnable(mote_model **model, const char *path, mote_error *err);

/* --memory-limit and --loop-limit: what a model of unknown origin may cost. Option group of run and benchmark. */
typedef struct cli_limits {
    int64_t memory_mb; /* -1: 768 MiB and 16 times the model's constants; 0: none */
    double loop_seconds;
} cli_limits;
enum { CLI_N_LIMIT_OPTIONS = 2 };
extern const cli_option cli_limit_options[CLI_N_LIMIT_OPTIONS];
void cli_limits_apply(const cli_limits *limits, const mote_model *model, mote_runtime_options *options);

/* A runtime for it; errors begin with the path. */
mote_status cli_runtime_new(mote_runtime **runtime, const mote_model *model, const char *path, const char *signature,
                            const mote_runtime_options *options, mote_error *err);

#endif
