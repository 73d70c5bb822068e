#include "cli/cli_interrupt.h"

#include <mote/io.h>

#include <signal.h>
#include <stdio.h>

/* A handler has no other way to tell. */
static volatile sig_atomic_t noted;

/* Half-written outputs go; then the signal does what it always does. */
static void end_by(int number)
{
    mote_output_discard_all();
    signal(number, SIG_DFL);
    raise(number);
}

static void note(int number)
{
    if (noted)
        end_by(number);
    noted = number;
}

static void handle(void (*handler)(int))
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && signals[i] == SIGHUP && before.sa_handler == SIG_IGN)
            continue; /* nohup's wish */
        sigaction(signals[i], &action, NULL);
    }
}

void cli_interrupt_catch(void)
{
    handle(end_by);
}

void cli_interrupt_watch(void)
{
    handle(note);
}

void cli_interrupt_unwatch(void)
{
    handle(end_by);
}

bool cli_interrupted(void)
{
    return noted != 0;
}

void cli_interrupt_end(void)
{
    if (!noted)
        return;
    fflush(stdout);
    end_by(noted);
}
