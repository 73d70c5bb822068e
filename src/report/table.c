/* The comparison as lines of text: for a terminal, and as CSV. */
#include "report/comparison.h"

#include <mote/text.h>

#include <string.h>

enum { MAX_NAME = 40 };

static void write_name(FILE *out, const char *name, int width)
{
    char clean[MAX_NAME + 1];
    mote_text_clean(clean, sizeof clean, name);
    fprintf(out, "%s%*s", clean, width - (int)mote_text_length(clean), "");
}

void mote_comparison_write_table(const mote_comparison *c, FILE *out)
{
    int width = 5;
    for (int32_t i = 0; i < c->n_forms; i++) {
        char clean[MAX_NAME + 1];
        const int n = (int)mote_text_length(mote_text_clean(clean, sizeof clean, c->forms[i].name));
        width = n > width ? n : width;
    }
    fprintf(out, "%-*s  %-8s %9s  %17s  %9s  %9s  %9s\n", width, "model", "format", "accuracy", "95% interval", "size",
            "latency", "agreement");
    for (int32_t i = 0; i < c->n_forms; i++) {
        const mote_report_form *form = &c->forms[i];
        const mote_evaluation *e = form->evaluation;
        char size[32], ms[32], interval[32];
        write_name(out, form->name, width);
        snprintf(interval, sizeof interval, "%.2f to %.2f", 100 * e->interval.low, 100 * e->interval.high);
        fprintf(out, "  %-8s %8.2f%%  %17s  %9s  %9s  %8.2f%%\n", form->format, 100 * e->accuracy, interval,
                mote_text_size(form->bytes, size), comparison_format_ms(form->p50_ms, ms),
                100 * comparison_agreement(form));
    }
}

/* In quotes where a reader would need them. */
static void write_field(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void mote_comparison_write_csv(const mote_comparison *c, FILE *out)
{
    fputs("model,format,bytes,examples,skipped,accuracy,accuracy_low,accuracy_high,loss,p50_ms,agreement\r\n", out);
    for (int32_t i = 0; i < c->n_forms; i++) {
        const mote_report_form *form = &c->forms[i];
        const mote_evaluation *e = form->evaluation;
        write_field(out, form->model);
        fprintf(out, ",%s,%lld,%lld,%lld,%.6f,%.6f,%.6f,%.6f,%.4f,%.6f\r\n", form->format, (long long)form->bytes,
                (long long)e->n, (long long)e->n_skipped, e->accuracy, e->interval.low, e->interval.high, e->loss,
                form->p50_ms, comparison_agreement(form));
    }
}
