#include "cli/cli_fetch.h"

#include <stddef.h>

enum { MEGABYTE = 1000000 };

const cli_option cli_fetch_options[CLI_N_FETCH_OPTIONS] = {
    {.name = "url",
     .kind = CLI_STRING,
     .arg = "U",
     .help = "fetch it from here, a mirror for instance (default: where its makers keep it)",
     .offset = offsetof(cli_fetch_args, url)},
    {.name = "timeout",
     .kind = CLI_INT,
     .arg = "SECONDS",
     .def = "30",
     .min = 1,
     .max = 3600,
     .help = "give up on a connection that brings nothing for so long",
     .offset = offsetof(cli_fetch_args, timeout)},
};

typedef struct download {
    const cli_context *context;
    const char *what;
    cli_progress progress;
    bool begun;
} download;

static void on_progress(void *arg, int64_t done, int64_t total)
{
    download *d = arg;
    if (!d->begun)
        cli_progress_start(&d->progress, d->context, d->what, "MB", 0);
    d->begun = true;
    d->progress.total = total / MEGABYTE;
    cli_progress_step(&d->progress, done / MEGABYTE);
}

static void on_retry(void *arg, const mote_error *why)
{
    download *d = arg;
    cli_progress_end(&d->progress); /* the warning gets a line of its own */
    cli_warn(d->context, "%s; trying again", why->message);
}

mote_status cli_fetch(const cli_context *context, const cli_fetch_args *args, const char *what,
                      const mote_fetch_options *wanted, bool *fetched, mote_error *err)
{
    download d = {.context = context, .what = what};
    mote_fetch_options options = *wanted;
    if (args->url)
        options.url = args->url;
    options.timeout_seconds = (int32_t)args->timeout;
    options.on_progress = on_progress;
    options.on_retry = on_retry;
    options.arg = &d;
    const mote_status status = mote_fetch(&options, err);
    cli_progress_end(&d.progress);
    if (fetched)
        *fetched = d.begun;
    return status;
}
