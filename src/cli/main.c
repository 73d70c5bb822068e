/* mote: finds the verb, parses its options, runs it. */
#include "cli/cli.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_parse.h"
#include "cli/cli_text.h"

#include <mote/cpu.h>
#include <mote/version.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOTE_VERB(symbol) extern const cli_verb cli_verb_##symbol;
#include "cli/verb_list.inc"
#undef MOTE_VERB

static const cli_verb *const VERBS[] = {
#define MOTE_VERB(symbol) &cli_verb_##symbol,
#include "cli/verb_list.inc"
#undef MOTE_VERB
};

static void catch_signals(void)
{
    cli_interrupt_catch();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error like any other, */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
}

/* A standard stream that is closed would give its number to the next file that opens, and text would land in that. */
static void keep_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static void print_version(void)
{
    char cpu[256];
    printf("mote %s\ncpu: %s\nthreads: %d\n", MOTE_VERSION, mote_cpu_format(mote_cpu_features(), cpu, sizeof cpu),
           mote_cpu_count());
}

static void print_overview(FILE *out)
{
    fprintf(out, "mote: from photos to a small, fast, accurate network in TensorFlow Lite's format\n\n"
                 "usage: mote VERB [options] ...\n\n");
    for (size_t i = 0; i < CLI_COUNT(VERBS); i++)
        fprintf(out, "  %-18s %s\n", VERBS[i]->name, VERBS[i]->summary);
    fprintf(out, "\nmote VERB --help   options and examples of a verb\n"
                 "mote --version     version, processor features in use\n");
}

/* Matches the longest verb of one or two words; *n_words says how many were taken. */
static const cli_verb *find_verb(int argc, char **argv, int *n_words)
{
    char two[128] = "";
    if (argc > 2)
        snprintf(two, sizeof two, "%s %s", argv[1], argv[2]);
    for (size_t i = 0; i < CLI_COUNT(VERBS); i++) {
        *n_words = strchr(VERBS[i]->name, ' ') ? 2 : 1;
        if (strcmp(VERBS[i]->name, *n_words == 2 ? two : argv[1]) == 0)
            return VERBS[i];
    }
    return NULL;
}

/* Whether standard output is a pipe that nobody reads any more, as `| head` leaves it. */
static bool reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* A result that could not be written to standard output is a failure; who closed the pipe wants no word of it. */
static int finish(int code)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || code != CLI_OK)
        return code;
    if (!reader_is_gone())
        fprintf(stderr, "mote: standard output: cannot write it; is the disk full, or the stream closed?\n");
    return CLI_FAILED;
}

/* The verbs of two words whose first is this one; false: there are none. */
static bool print_family(FILE *out, const char *first)
{
    const size_t n = strlen(first);
    bool any = false;
    for (size_t i = 0; i < CLI_COUNT(VERBS); i++)
        if (strncmp(VERBS[i]->name, first, n) == 0 && VERBS[i]->name[n] == ' ') {
            fprintf(out, "  %-18s %s\n", VERBS[i]->name, VERBS[i]->summary);
            any = true;
        }
    return any;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static int unknown_verb(int argc, char **argv)
{
    if (argc > 2 && asks_for_help(argv[2]) && print_family(stdout, argv[1]))
        return finish(CLI_OK);
    fprintf(stderr, "mote: no verb '%s'; `mote --help` lists them\n", cli_shown(argv[1]).text);
    print_family(stderr, argv[1]);
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    keep_standard_streams();
    if (argc < 2) {
        print_overview(stderr);
        return CLI_USAGE;
    }
    if (asks_for_help(argv[1])) {
        print_overview(stdout);
        return finish(CLI_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        print_version();
        return finish(CLI_OK);
    }
    if (strcmp(argv[1], "--man") == 0)
        return finish(cli_print_man_pages(VERBS, CLI_COUNT(VERBS), argc > 2 ? argv[2] : NULL));
    int n_words;
    const cli_verb *verb = find_verb(argc, argv, &n_words);
    if (!verb)
        return unknown_verb(argc, argv);
    catch_signals();
    return finish(cli_run_verb(verb, argc - n_words, argv + n_words));
}
