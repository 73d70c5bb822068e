/* The sections that compare: findings, chart, table, confusions. */
#include "report/comparison.h"
#include "report/html.h"

#include <mote/text.h>

#include <math.h>

/* --- what was found --- */

static void put_name(FILE *out, const mote_comparison *c, int32_t form)
{
    fputs("<strong>", out);
    html_text(out, c->forms[form].name);
    fputs("</strong>", out);
}

/* "3.6 times smaller than <reference>" */
static void put_times(FILE *out, const mote_comparison *c, double ratio, const char *what)
{
    if (ratio < 1.05)
        return;
    fprintf(out, ", %.1f times %s than ", ratio, what);
    html_text(out, c->forms[c->reference].name);
}

static void put_accuracy(FILE *out, const mote_comparison *c, int32_t form)
{
    const double drop = mote_comparison_drop(c, form);
    fprintf(out, "%.2f%% right", 100 * c->forms[form].evaluation->accuracy);
    if (form == c->reference)
        return;
    if (fabs(drop) < 0.005)
        fputs(", exactly as many", out);
    else
        fprintf(out, ", %.2f points %s%s", fabs(drop), drop > 0 ? "less" : "more",
                drop > 0.5 ? ", which chance may explain" : "");
}

static void put_findings(FILE *out, const mote_comparison *c)
{
    const mote_report_form *reference = &c->forms[c->reference];
    const int32_t smallest = comparison_smallest_sound(c), fastest = comparison_fastest_sound(c);
    char text[32], verdict[MOTE_VERDICT_BYTES];
    fputs("<ul class=\"findings\">\n<li>", out);
    put_name(out, c, c->reference);
    fprintf(out, "%s answers %.2f%% of %lld photos right (between %.1f%% and %.1f%% with 95%% confidence).</li>\n",
            c->n_forms > 1 ? ", which the others are measured against," : "", 100 * reference->evaluation->accuracy,
            (long long)reference->evaluation->n, 100 * reference->evaluation->interval.low,
            100 * reference->evaluation->interval.high);
    if (smallest != c->reference) {
        fputs("<li>", out);
        put_name(out, c, smallest);
        fprintf(out, " is the smallest that keeps the accuracy: %s", mote_text_size(c->forms[smallest].bytes, text));
        put_times(out, c, (double)reference->bytes / (double)c->forms[smallest].bytes, "smaller");
        fputs("; ", out);
        put_accuracy(out, c, smallest);
        fputs(".</li>\n", out);
    }
    if (fastest != c->reference && reference->p50_ms / c->forms[fastest].p50_ms >= 1.05) {
        fputs("<li>", out);
        put_name(out, c, fastest);
        fprintf(out, " is the fastest that keeps the accuracy: %s a photo",
                comparison_format_ms(c->forms[fastest].p50_ms, text));
        put_times(out, c, reference->p50_ms / c->forms[fastest].p50_ms, "faster");
        fputs(".</li>\n", out);
    }
    for (int32_t i = 0; i < c->n_forms; i++) {
        if (!*mote_comparison_verdict(c, i, verdict))
            continue;
        fputs("<li class=\"loss\">", out);
        html_text(out, verdict);
        fputs(".</li>\n", out);
    }
    fputs("</ul>\n", out);
}

/* --- the table --- */

static void put_row(FILE *out, const mote_comparison *c, int32_t i)
{
    const mote_report_form *form = &c->forms[i];
    const mote_evaluation *e = form->evaluation;
    char text[32];
    fputs("<tr><td title=\"", out);
    html_text(out, form->model);
    fputs("\">", out);
    html_text(out, form->name);
    fputs("</td><td>", out);
    html_text(out, form->format);
    fprintf(out, "</td><td%s>%.2f%%</td><td>%.1f to %.1f%%</td><td>%.4f</td>",
            mote_comparison_loses(c, i) ? " class=\"loss\"" : "", 100 * e->accuracy, 100 * e->interval.low,
            100 * e->interval.high, e->loss);
    fprintf(out, "<td>%s</td>", mote_text_size(form->bytes, text));
    fprintf(out, "<td>%s</td>", comparison_format_ms(form->p50_ms, text));
    if (i == c->reference)
        fputs("<td>reference</td><td></td></tr>\n", out);
    else
        fprintf(out, "<td>%.2f%%</td><td>%lld / %lld</td></tr>\n", 100 * comparison_agreement(form),
                (long long)form->pairing.n_lost, (long long)form->pairing.n_won);
}

static void put_table(FILE *out, const mote_comparison *c)
{
    fputs("<h2>The numbers</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>model</th><th>format</th>"
          "<th>accuracy</th><th>95% interval</th><th>loss</th><th>size</th><th>latency</th>"
          "<th>agreement</th><th>lost / won</th></tr></thead>\n<tbody>\n",
          out);
    for (int32_t i = 0; i < c->n_forms; i++)
        put_row(out, c, i);
    fprintf(
        out,
        "</tbody></table></div>\n<p class=\"note\">Interval: Wilson's. Latency: the median of one photo at a time on "
        "%d thread%s of the machine that made this page. Agreement: photos answered as the reference answers them. "
        "Lost: right in the reference, wrong here; won: the other way.</p>\n",
        c->n_threads, c->n_threads == 1 ? "" : "s");
}

static mote_status draw_accuracy(const void *subject, const mote_chart_options *options, FILE *out, mote_error *err)
{
    return mote_chart_accuracy(subject, options, out, err);
}

mote_status mote_report_add_comparison(mote_report *report, const mote_comparison *comparison, mote_error *err)
{
    put_findings(report->body, comparison);
    const mote_status status =
        html_chart(report, draw_accuracy, comparison,
                   "Bars of accuracy, file size and latency; the table below has the numbers", err);
    if (status != MOTE_OK)
        return status;
    put_table(report->body, comparison);
    return html_status(report, err);
}

/* --- where accuracy is lost --- */

static mote_status draw_noise(const void *subject, const mote_chart_options *options, FILE *out, mote_error *err)
{
    return mote_chart_noise(subject, options, out, err);
}

mote_status mote_report_add_noise(mote_report *report, const mote_comparison *c, mote_error *err)
{
    FILE *out = report->body;
    const mote_noise *some = NULL;
    for (int32_t i = 0; i < c->n_forms; i++)
        some = c->forms[i].noise && c->forms[i].noise->n_layers > 0 ? c->forms[i].noise : some;
    if (!some)
        return MOTE_OK;
    fputs("<h2>Where the accuracy goes</h2>\n", out);
    const mote_status status =
        html_chart(report, draw_noise, c, "Curves of the signal to noise ratio from the input to the output", err);
    if (status != MOTE_OK)
        return status;
    fprintf(out, "<p class=\"note\">Every activation against the same one of ");
    html_text(out, c->forms[c->reference].name);
    fprintf(out,
            ", over %lld photos: power of the signal over power of the difference. 30 dB: an error of 3%%; 10 dB: "
            "32%%; 0 dB: as large as the signal.",
            (long long)some->n_photos);
    for (int32_t i = 0; i < c->n_forms; i++) {
        const mote_noise *noise = c->forms[i].noise;
        if (!noise || noise->drowned < 0)
            continue;
        fputs(" The dot of ", out);
        html_text(out, c->forms[i].name);
        fputs(" is <code>", out);
        html_text(out, noise->drowned_name);
        fputs("</code> (", out);
        html_text(out, noise->drowned_op);
        fprintf(out, "), from where on most layers are below 10 dB.");
    }
    fputs(" <code>mote diff</code> lists all layers.</p>\n", out);
    return html_status(report, err);
}

/* --- confusions --- */

enum { MAX_CONFUSION_CLASSES = 12 };

static void put_confusion(FILE *out, const mote_comparison *c, int32_t form)
{
    const mote_evaluation *e = c->forms[form].evaluation;
    char number[16];
    fputs("<table><caption>", out);
    html_text(out, c->forms[form].name);
    fputs("</caption>\n<tr><th></th>", out);
    for (int32_t i = 0; i < e->n_classes; i++) {
        fputs("<th>", out);
        html_text(out, comparison_class_name(c, i, number));
        fputs("</th>", out);
    }
    fputs("</tr>\n", out);
    for (int32_t i = 0; i < e->n_classes; i++) {
        fputs("<tr><td>", out);
        html_text(out, comparison_class_name(c, i, number));
        fputs("</td>", out);
        for (int32_t k = 0; k < e->n_classes; k++)
            fprintf(out, "<td%s>%lld</td>", i == k ? " class=\"hit\"" : "",
                    (long long)e->confusion[(int64_t)i * e->n_classes + k]);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

mote_status mote_report_add_confusion(mote_report *report, const mote_comparison *c, mote_error *err)
{
    if (c->forms[c->reference].evaluation->n_classes > MAX_CONFUSION_CLASSES)
        return MOTE_OK; /* more numbers than anyone reads; report.json has them */
    fputs("<h2>What is taken for what</h2>\n<p class=\"note\">A row is what a photo shows, a column what it was taken "
          "for.</p>\n<div class=\"matrices scroll\">\n",
          report->body);
    for (int32_t i = 0; i < c->n_forms; i++)
        put_confusion(report->body, c, i);
    fputs("</div>\n", report->body);
    return html_status(report, err);
}
