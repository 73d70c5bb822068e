/* Ctrl-C for verbs that must tidy up more than open outputs: they watch while they work, look now and then, and end in
 * order. Outside of that it ends the process at once, without open outputs. */
#ifndef MOTE_CLI_CLI_INTERRUPT_H
#define MOTE_CLI_CLI_INTERRUPT_H

#include <stdbool.h>

/* For main: SIGINT, SIGTERM and SIGHUP end the process, and what is half written goes. */
void cli_interrupt_catch(void);
/* From here to unwatch the first of them is only noted; a second one ends the process at once. */
void cli_interrupt_watch(void);
void cli_interrupt_unwatch(void);
bool cli_interrupted(void); /* in any thread, also after unwatch */
/* Ends the process by the signal that was noted, as if it had not been. Returns if none was. */
void cli_interrupt_end(void);

#endif
