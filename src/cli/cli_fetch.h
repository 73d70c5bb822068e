/* Fetching with a progress bar and a word for each new try: what `dataset download` and `--weights imagenet` share. */
#ifndef MOTE_CLI_CLI_FETCH_H
#define MOTE_CLI_CLI_FETCH_H

#include "cli/cli.h"

#include <mote/fetch.h>

/* --url and --timeout. */
typedef struct cli_fetch_args {
    const char *url; /* NULL: where its makers keep it */
    int64_t timeout;
} cli_fetch_args;
enum { CLI_N_FETCH_OPTIONS = 2 };
extern const cli_option cli_fetch_options[CLI_N_FETCH_OPTIONS];
#define CLI_FETCH_GROUP(type, member)                                                                                  \
    {                                                                                                                  \
        cli_fetch_options, CLI_N_FETCH_OPTIONS, offsetof(type, member)                                                 \
    }

/* what: its name for the bar. wanted says everything but where from (args, else its url) and the callbacks. *fetched:
 * whether anything came over the network; may be NULL. */
mote_status cli_fetch(const cli_context *context, const cli_fetch_args *args, const char *what,
                      const mote_fetch_options *wanted, bool *fetched, mote_error *err);

#endif
