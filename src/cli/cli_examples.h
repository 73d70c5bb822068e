/*
 * What a network is run on: photos, one after another through a network with one image input, or .npy arrays, one
 * per input, cut along axis 0 into as many examples as they hold.
 */
#ifndef MOTE_CLI_CLI_EXAMPLES_H
#define MOTE_CLI_CLI_EXAMPLES_H

#include "cli/cli.h"

#include <mote/runtime.h>

typedef struct cli_examples {
    int64_t n; /* invocations */
    bool photos;
    char *const *paths; /* borrowed */
    int n_paths;
    const char *pixels;  /* what the network expects of a pixel: --pixels; NULL: 0..255 */
    mote_tensor *arrays; /* n_paths, of .npy files */
    bool *whole;         /* n_paths: the same array for every example */
} cli_examples;

/* Whether a path is named like an array, "….npy". */
bool cli_is_array_name(const char *path);
/* How many examples of the input's shape an array holds, along axis 0 or with the examples stacked on a new one; 0:
 * none, its shape is another. */
int64_t cli_count_examples(const mote_shape *array, const mote_shape *input);
/* Looks at the files, and gives the runtime's inputs the shapes that they ask for. */
mote_status cli_examples_open(cli_examples *examples, mote_runtime *runtime, char *const *paths, int n_paths,
                              const char *pixels, mote_error *err);
/* Fills the inputs of an allocated runtime with example i. */
mote_status cli_examples_fill(const cli_examples *examples, mote_runtime *runtime, int64_t i, mote_error *err);
void cli_examples_close(cli_examples *examples);

#endif
