/* Opening a model of any form so that it runs. */
#ifndef MOTE_CLI_CLI_MODEL_H
#define MOTE_CLI_CLI_MODEL_H

#include "cli/cli.h"

#include <mote/graph.h>
#include <mote/runtime.h>

/* .tflite as it is, Keras's forms lowered to what inference runs. Errors begin with the path. Free with
 * mote_model_free. */
mote_status cli_model_load_runnable(mote_model **model, const char *path, mote_error *err);

/* A runtime for it; errors begin with the path. */
mote_status cli_runtime_new(mote_runtime **runtime, const mote_model *model, const char *path, const char *signature,
                            const mote_runtime_options *options, mote_error *err);

#endif
