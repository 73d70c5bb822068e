/* Ctrl-C for verbs that must tidy up more than open outputs: they watch, look now and then, and end in order. */
#ifndef MOTE_CLI_CLI_INTERRUPT_H
#define MOTE_CLI_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on the first SIGINT, SIGTERM or SIGHUP is only noted; a second one ends the process at once. */
void cli_interrupt_watch(void);
bool cli_interrupted(void); /* in any thread */
/* Ends the process by the signal that came, as if it had not been caught. Returns if none came. */
void cli_interrupt_end(void);

#endif
