/* A new model of an architecture and what its weights begin with: the option group of `model new` and `study`. */
#ifndef MOTE_CLI_CLI_WEIGHTS_H
#define MOTE_CLI_CLI_WEIGHTS_H

#include "cli/cli.h"
#include "cli/cli_fetch.h"

#include <mote/arch.h>

typedef struct cli_weights_args {
    const char *weights; /* a Keras file, "imagenet", or NULL: by the seed */
    cli_fetch_args fetch;
} cli_weights_args;
enum { CLI_N_WEIGHTS_OPTIONS = 1 };
extern const cli_option cli_weights_options[CLI_N_WEIGHTS_OPTIONS];

/* The model, with the weights asked for; those of ImageNet are fetched first, unless the cache folder has them.
 * MOTE_ARGUMENT: options that make no sense. Free with mote_model_free. */
mote_status cli_weights_new_model(mote_model **model, const cli_context *context, const cli_weights_args *args,
                                  int32_t arch, const mote_arch_options *options, mote_weights_match how,
                                  mote_error *err);

#endif
