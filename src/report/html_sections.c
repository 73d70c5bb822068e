/* The sections of a study besides the comparison: the photos, the model's summary, training by epochs. */
#include "report/html.h"

#include <mote/draw.h>
#include <mote/import.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static mote_status draw_grid(const void *subject, const mote_chart_options *options, FILE *out, mote_error *err)
{
    return mote_grid_draw(subject, options, out, err);
}

mote_status mote_report_add_grid(mote_report *report, const mote_grid *grid, const char *heading, const char *caption,
                                 mote_error *err)
{
    fputs("<h2>", report->body);
    html_text(report->body, heading);
    fputs("</h2>\n", report->body);
    const mote_status status = html_photos(report, draw_grid, grid, "Examples of the photos with their classes", err);
    if (status != MOTE_OK)
        return status;
    if (caption) {
        fputs("<p class=\"note\">", report->body);
        html_text(report->body, caption);
        fputs("</p>\n", report->body);
    }
    return html_status(report, err);
}

/* 4740453 as 4,740,453 */
static void put_count(FILE *out, int64_t n)
{
    if (n >= 1000) {
        put_count(out, n / 1000);
        fprintf(out, ",%03d", (int)(n % 1000));
    } else {
        fprintf(out, "%d", (int)n);
    }
}

mote_status mote_report_add_summary(mote_report *report, const mote_model *model, mote_error *err)
{
    const mote_param_counts counts = mote_model_count_params(model);
    char *text = NULL;
    size_t n_bytes = 0;
    FILE *memory = open_memstream(&text, &n_bytes);
    if (!memory)
        return mote_error_no_memory(err);
    mote_status status = mote_model_summary(model, memory, err);
    if (fclose(memory) != 0 && status == MOTE_OK)
        status = mote_error_no_memory(err);
    if (status == MOTE_OK) {
        fputs("<h2>The model</h2>\n<p>", report->body);
        fputs("The network ", report->body);
        html_text(report->body, model->name && *model->name ? model->name : "");
        fprintf(report->body, " has %d layers and ", model->n_layers);
        put_count(report->body, counts.total);
        fputs(" parameters, ", report->body);
        put_count(report->body, counts.trainable);
        fputs(" of them trainable.</p>\n<details><summary>Layer by layer</summary>\n<pre>", report->body);
        html_lines(report->body, text);
        fputs("</pre>\n</details>\n", report->body);
        status = html_status(report, err);
    }
    free(text);
    return status;
}

/* --- training --- */

static void put_loss(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "<td>%.4f</td>", value);
    else
        fputs("<td>&ndash;</td>", out);
}

static void put_percent(FILE *out, double share)
{
    if (isfinite(share))
        fprintf(out, "<td>%.2f%%</td>", 100 * share);
    else
        fputs("<td>&ndash;</td>", out);
}

static mote_status draw_history(const void *subject, const mote_chart_options *options, FILE *out, mote_error *err)
{
    return mote_chart_history(subject, options, out, err);
}

mote_status mote_report_add_history(mote_report *report, const mote_history *history, mote_error *err)
{
    FILE *out = report->body;
    if (history->n_epochs < 1)
        return MOTE_OK;
    fputs("<h2>Training</h2>\n", out);
    const mote_status status =
        html_chart(report, draw_history, history, "Loss and accuracy by epoch; the table below has the numbers", err);
    if (status != MOTE_OK)
        return status;
    fputs("<details><summary>Epoch by epoch</summary>\n<div class=\"scroll\"><table>\n<tr><th>epoch</th><th>loss</th>"
          "<th>accuracy</th><th>validation loss</th><th>validation accuracy</th><th>seconds</th></tr>\n",
          out);
    for (int32_t i = 0; i < history->n_epochs; i++) {
        const mote_history_epoch *epoch = &history->epochs[i];
        fprintf(out, "<tr><td>%d%s</td>", i + 1, i == history->best ? ", kept" : "");
        put_loss(out, epoch->loss);
        put_percent(out, epoch->accuracy);
        put_loss(out, epoch->val_loss);
        put_percent(out, epoch->val_accuracy);
        fprintf(out, "<td>%.1f</td></tr>\n", epoch->seconds);
    }
    fputs("</table></div>\n</details>\n", out);
    return html_status(report, err);
}
