/* A drawn set of cats and dogs as a folder of photos: `dataset make` and `demo`. */
#ifndef MOTE_CLI_CLI_PETS_H
#define MOTE_CLI_CLI_PETS_H

#include "cli/cli.h"

typedef struct cli_pets {
    int64_t count, size, seed; /* photos; width and height in pixels */
} cli_pets;

/* DIR/cat and DIR/dog, on all threads. path must be new or empty; the folder appears when all is drawn, or not at all.
 * MOTE_CANCELLED: Ctrl-C came. */
mote_status cli_pets_make(const cli_context *context, const cli_pets *pets, const char *path, mote_error *err);

#endif
