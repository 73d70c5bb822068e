#include "report/html.h"

#include <mote/text.h>
#include <mote/version.h>

#include <stdlib.h>
#include <string.h>

/* --- text and bytes --- */

static void put_escaped(FILE *out, const char *clean)
{
    for (; *clean; clean++)
        switch (*clean) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*clean, out);
        }
}

void html_text(FILE *out, const char *text)
{
    const size_t n_bytes = strlen(text) + 1; /* cleaning never makes a text longer */
    char *clean = mote_alloc(NULL, n_bytes);
    if (clean)
        put_escaped(out, mote_text_clean(clean, n_bytes, text));
    mote_free(NULL, clean);
}

void html_lines(FILE *out, const char *text)
{
    char *copy = strdup(text), *rest = copy;
    for (char *line = copy ? strsep(&rest, "\n") : NULL; line; line = strsep(&rest, "\n")) {
        html_text(out, line);
        if (rest)
            fputc('\n', out);
    }
    free(copy);
}

void html_data_uri(FILE *out, const char *type, const void *bytes, size_t n_bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = bytes;
    fprintf(out, "data:%s;base64,", type);
    for (size_t i = 0; i < n_bytes; i += 3) {
        const size_t left = n_bytes - i;
        const unsigned value =
            (unsigned)at[i] << 16 | (left > 1 ? (unsigned)at[i + 1] << 8 : 0) | (left > 2 ? at[i + 2] : 0);
        fputc(digits[value >> 18], out);
        fputc(digits[value >> 12 & 63], out);
        fputc(left > 1 ? digits[value >> 6 & 63] : '=', out);
        fputc(left > 2 ? digits[value & 63] : '=', out);
    }
}

/* --- charts --- */

static mote_status put_drawing(FILE *out, html_draw *draw, const void *subject, const mote_chart_options *options,
                               mote_error *err)
{
    char *bytes = NULL;
    size_t n_bytes = 0;
    FILE *memory = open_memstream(&bytes, &n_bytes);
    if (!memory)
        return mote_error_no_memory(err);
    mote_status status = draw(subject, options, memory, err);
    if (fclose(memory) != 0 && status == MOTE_OK)
        status = mote_error_no_memory(err);
    if (status == MOTE_OK)
        html_data_uri(out, options->format == MOTE_CHART_SVG ? "image/svg+xml" : "image/png", bytes, n_bytes);
    free(bytes);
    return status;
}

/* A drawing for readers of whom `media` holds; the last has none and is for all others. */
typedef struct variant {
    const char *media;
    mote_chart_options options;
} variant;

static mote_status put_variants(mote_report *report, const char *kind, const variant *variants, size_t n,
                                html_draw *draw, const void *subject, const char *alternative, mote_error *err)
{
    FILE *out = report->body;
    mote_status status = MOTE_OK;
    fprintf(out, "<picture class=\"%s\">\n", kind);
    for (size_t i = 0; status == MOTE_OK && i < n; i++) {
        if (variants[i].media)
            fprintf(out, "<source media=\"%s\" srcset=\"", variants[i].media);
        else
            fputs("<img src=\"", out);
        status = put_drawing(out, draw, subject, &variants[i].options, err);
        fputs(variants[i].media ? "\">\n" : "\" alt=\"", out);
    }
    html_text(out, alternative);
    fputs("\">\n</picture>\n", out);
    return status;
}

mote_status html_chart(mote_report *report, html_draw *draw, const void *subject, const char *alternative,
                       mote_error *err)
{
    static const variant variants[] = {
        {"(max-width:640px) and (prefers-color-scheme:dark)", {.format = MOTE_CHART_SVG, .narrow = true, .dark = true}},
        {"(max-width:640px)", {.format = MOTE_CHART_SVG, .narrow = true}},
        {"(prefers-color-scheme:dark)", {.format = MOTE_CHART_SVG, .dark = true}},
        {NULL, {.format = MOTE_CHART_SVG}}};
    return put_variants(report, "chart", variants, sizeof variants / sizeof *variants, draw, subject, alternative, err);
}

mote_status html_photos(mote_report *report, html_draw *draw, const void *subject, const char *alternative,
                        mote_error *err)
{
    static const variant variants[] = {
        {"(prefers-color-scheme:dark)", {.format = MOTE_CHART_PNG, .scale = 1, .dark = true}},
        {NULL, {.format = MOTE_CHART_PNG, .scale = 1}}};
    return put_variants(report, "chart grid", variants, sizeof variants / sizeof *variants, draw, subject, alternative,
                        err);
}

/* --- the page --- */

mote_status html_status(const mote_report *report, mote_error *err)
{
    return ferror(report->body) ? mote_error_set(err, MOTE_NO_MEMORY, "out of memory for the report") : MOTE_OK;
}

mote_status mote_report_new(mote_report **report, const char *title, const char *subtitle, mote_error *err)
{
    *report = NULL;
    mote_report *r = mote_calloc(NULL, 1, sizeof *r);
    if (!r)
        return mote_error_no_memory(err);
    r->title = strdup(title);
    r->subtitle = strdup(subtitle);
    r->body = open_memstream(&r->text, &r->n_bytes);
    if (!r->title || !r->subtitle || !r->body) {
        mote_report_free(r);
        return mote_error_no_memory(err);
    }
    *report = r;
    return MOTE_OK;
}

void mote_report_free(mote_report *report)
{
    if (!report)
        return;
    if (report->body)
        fclose(report->body);
    free(report->text);
    free(report->title);
    free(report->subtitle);
    mote_free(NULL, report);
}

mote_status mote_report_write(mote_report *report, FILE *out, mote_error *err)
{
    if (fflush(report->body) != 0 || ferror(report->body))
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for the report");
    /* nothing is fetched from anywhere, and no script runs: whatever a name holds */
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
          "'unsafe-inline'\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          out);
    html_text(out, report->title);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>", html_style);
    html_text(out, report->title);
    fputs("</h1>\n<p>", out);
    html_text(out, report->subtitle);
    fputs("</p>\n</header>\n<main>\n", out);
    fwrite(report->text, 1, report->n_bytes, out);
    fprintf(out, "</main>\n<footer>Made by mote %s.</footer>\n</body>\n</html>\n", MOTE_VERSION);
    return ferror(out) ? mote_error_set(err, MOTE_IO, "the report cannot be written; is the disk full?") : MOTE_OK;
}
