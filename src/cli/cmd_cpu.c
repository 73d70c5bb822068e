#include "cli/cli.h"

#include <mote/cpu.h>
#include <mote/version.h>

#include <stdio.h>

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)args, (void)n_positional, (void)positional;
    char has[256], uses[256];
    mote_cpu_format(mote_cpu_detect(), has, sizeof has);
    mote_cpu_format(mote_cpu_features(), uses, sizeof uses);
    const char *format = context->json ? "{\"version\": \"%s\", \"cpu\": \"%s\", \"in_use\": \"%s\", \"threads\": %d}\n"
                                       : "mote     %s\ncpu      %s\nin use   %s\nthreads  %d\n";
    printf(format, MOTE_VERSION, has, uses, context->n_threads);
    return CLI_OK;
}

const cli_verb cli_verb_cpu = {
    .name = "cpu",
    .summary = "what this processor can do, and what mote uses of it",
    .description = "MOTE_CPU=ref|sse4|avx2|avx512|avx512vnni lowers what is used, to test or to measure.",
    .examples = "  mote cpu\n  MOTE_CPU=avx2 mote cpu --json",
    .run = run,
};
