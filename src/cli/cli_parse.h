/* Parsing, help and man pages out of a verb's option table; for main.c. */
#ifndef MOTE_CLI_CLI_PARSE_H
#define MOTE_CLI_CLI_PARSE_H

#include "cli/cli.h"

/* --json, -q and --threads, which every verb has; offsets are into cli_context. */
extern const cli_group cli_common_group;

/* argv[0] is the verb's last word. Returns the exit code. */
int cli_run_verb(const cli_verb *verb, int argc, char **argv);
void cli_print_help(const cli_verb *verb);
/* The man page (roff) of one verb by name with '-' for spaces ("dataset-info"), or of mote itself ("mote", NULL). */
int cli_print_man_pages(const cli_verb *const *verbs, size_t n_verbs, const char *name);

#endif
