/* One photo as a network's input. */
#ifndef MOTE_CLI_CLI_PHOTO_H
#define MOTE_CLI_CLI_PHOTO_H

#include "cli/cli.h"

/* Decodes path and resizes it to input ([1, height, width, 1 or 3]), in the range that --pixels names (NULL: 0..255).
 * Errors begin with the path. */
mote_status cli_photo_fill(mote_tensor *input, const char *path, const char *pixels, mote_error *err);

#endif
