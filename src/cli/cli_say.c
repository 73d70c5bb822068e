/* What the command line says besides its results: errors, warnings, notes and progress, on standard error. */
#include "cli/cli.h"
#include "cli/cli_text.h"

#include <mote/clock.h>
#include <mote/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 16384, PLAIN_LINE_EVERY = 100, REDRAW_NS = 100 * 1000 * 1000, BAR_WIDTH = 28 };

/* One line, whatever names are in it. */
static void say_line(const char *kind, const char *verb, const char *format, va_list args)
{
    char line[LINE_BYTES];
    if (vsnprintf(line, sizeof line, format, args) < 0)
        line[0] = '\0';
    fprintf(stderr, "mote: %s%s%s%s\n", kind, verb ? verb : "", verb ? ": " : "",
            mote_text_clean(line, sizeof line, line));
}

static void say(const cli_context *context, const char *kind, const char *format, va_list args)
{
    say_line(kind, context->verb, format, args);
}

int cli_fail(const cli_context *context, const mote_error *err)
{
    return cli_fail_text(context, "%s", err->message[0] ? err->message : mote_status_text(err->code));
}

int cli_fail_text(const cli_context *context, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(context, "", format, args);
    va_end(args);
    return CLI_FAILED;
}

int cli_usage_error(const cli_context *context, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(context, "", format, args);
    va_end(args);
    fprintf(stderr, "mote: see `mote %s --help`\n", context->verb);
    return CLI_USAGE;
}

void cli_warn(const cli_context *context, const char *format, ...)
{
    if (context->quiet)
        return;
    va_list args;
    va_start(args, format);
    say(context, "warning: ", format, args);
    va_end(args);
}

void cli_note(const cli_context *context, const char *format, ...)
{
    if (context->quiet)
        return;
    va_list args;
    va_start(args, format);
    say_line("", NULL, format, args);
    va_end(args);
}

void cli_progress_start(cli_progress *progress, const cli_context *context, const char *what, const char *unit,
                        int64_t total)
{
    *progress = (cli_progress){.context = context,
                               .what = what,
                               .unit = unit,
                               .total = total,
                               .start_ns = mote_clock_ns(),
                               .terminal = isatty(STDERR_FILENO) == 1};
}

static double rate(const cli_progress *progress, int64_t now)
{
    const double seconds = (double)(now - progress->start_ns) * 1e-9;
    return seconds > 0 ? (double)progress->done / seconds : 0;
}

double cli_progress_rate(const cli_progress *progress)
{
    return rate(progress, mote_clock_ns());
}

static void draw_bar(cli_progress *progress, int64_t now)
{
    const double per_second = rate(progress, now);
    const int64_t total = progress->total;
    if (total <= 0) {
        fprintf(stderr, "\r\033[K%s  %lld %s  %.1f/s", cli_shown(progress->what).text, (long long)progress->done,
                progress->unit, per_second);
        fflush(stderr);
        progress->drawn = true;
        return;
    }
    const int filled = (int)(progress->done * BAR_WIDTH / total);
    fprintf(stderr, "\r\033[K%s [", cli_shown(progress->what).text);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '=' : i == filled ? '>' : ' ', stderr);
    fprintf(stderr, "] %lld/%lld %s  %.1f/s", (long long)progress->done, (long long)total, progress->unit, per_second);
    if (per_second > 0)
        fprintf(stderr, "  %.0f s left", (double)(total - progress->done) / per_second);
    fflush(stderr);
    progress->drawn = true;
}

void cli_progress_step(cli_progress *progress, int64_t done)
{
    const int64_t before = progress->done;
    progress->done = done;
    if (progress->context->quiet)
        return;
    const int64_t now = mote_clock_ns();
    if (progress->terminal) {
        if (now - progress->last_draw_ns >= REDRAW_NS || done == progress->total) {
            draw_bar(progress, now);
            progress->last_draw_ns = now;
        }
    } else if (done / PLAIN_LINE_EVERY != before / PLAIN_LINE_EVERY) {
        fprintf(stderr, "%s: %lld/%lld %s, %.1f/s\n", cli_shown(progress->what).text, (long long)done,
                (long long)progress->total, progress->unit, rate(progress, now));
    }
}

void cli_progress_end(cli_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
