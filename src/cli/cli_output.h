/* What -o may name. */
#ifndef MOTE_CLI_CLI_OUTPUT_H
#define MOTE_CLI_CLI_OUTPUT_H

#include "cli/cli.h"

typedef enum cli_output_kind {
    CLI_KERAS_FILE,
    CLI_TFLITE_FILE,
    CLI_ARRAY_FILE,
    CLI_PICTURE_FILE,
    CLI_HISTORY_FILE
} cli_output_kind;

/* Whether a name ends so (".npy"), in whatever case, and has something before it. */
bool cli_ends_with(const char *path, const char *ending);
/* Of what an option (-o) names. CLI_OK, or wrong usage, said: a name whose ending promises another kind of file, or
 * standard output that --json wants too. A name without an ending promises nothing ("-", a pipe, /dev/null). */
int cli_check_output(const cli_context *context, const char *option, const char *output, cli_output_kind kind);

#endif
