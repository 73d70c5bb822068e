/* --data, --split, --labels, --limit and --strict of the verbs that look at data only: DIR may also stand by itself. */
#ifndef MOTE_CLI_CLI_DATA_CHOICE_H
#define MOTE_CLI_CLI_DATA_CHOICE_H

#include "cli/cli.h"

enum { CLI_N_DATA_CHOICE_OPTIONS = 5 };
extern const cli_option cli_data_choice_options[CLI_N_DATA_CHOICE_OPTIONS];
#define CLI_DATA_CHOICE_GROUP(type, member)                                                                            \
    {                                                                                                                  \
        cli_data_choice_options, CLI_N_DATA_CHOICE_OPTIONS, offsetof(type, member)                                     \
    }

/* Puts a DIR that stands by itself into args->data. CLI_OK, or the code of wrong usage: none, or both. */
int cli_data_choose(const cli_context *context, cli_data_args *args, int n_positional, char *const *positional);

#endif
