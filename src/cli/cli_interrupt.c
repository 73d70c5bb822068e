#include "cli/cli_interrupt.h"

#include <mote/io.h>

#include <signal.h>

/* A handler has no other way to tell. */
static volatile sig_atomic_t noted;

static void on_signal(int number)
{
    if (noted) {
        mote_output_discard_all();
        signal(number, SIG_DFL);
        raise(number);
    }
    noted = number;
}

void cli_interrupt_watch(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool cli_interrupted(void)
{
    return noted != 0;
}

void cli_interrupt_end(void)
{
    const int number = noted;
    if (!number)
        return;
    signal(number, SIG_DFL);
    raise(number);
}
