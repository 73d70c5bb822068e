/*
 * The comparison as a chart. A row per form:
 *
 *   wide     name | accuracy from 0 to 100%, with its interval | size | latency
 *   narrow   the name, and below it the three one after another
 *
 * Bars begin at zero. A dashed line through all rows is the reference's accuracy; a form that loses accuracy has the
 * other colour and says by how many points.
 */
#include "report/canvas.h"
#include "report/comparison.h"

#include <math.h>
#include <mote/text.h>
#include <string.h>

/* A column of bars. */
typedef struct panel {
    double x, width; /* of the longest bar */
    double most;     /* the value that fills it */
} panel;

typedef struct layout {
    bool narrow;
    double width, height, margin;
    double title_size, text_size;
    double top, row_height, bar_height; /* top: of the first row */
    double bottom;                      /* of the last row */
    panel accuracy, size, latency;
} layout;

static layout lay_out(const mote_comparison *c, bool narrow)
{
    static const layout wide_layout = {.width = 1040,
                                       .margin = 32,
                                       .title_size = 24,
                                       .text_size = 14,
                                       .top = 124,
                                       .row_height = 56,
                                       .bar_height = 24,
                                       .accuracy = {208, 350, 1},
                                       .size = {700, 84, 1},
                                       .latency = {872, 72, 1}};
    static const layout narrow_layout = {.narrow = true,
                                         .width = 400,
                                         .margin = 16,
                                         .title_size = 17,
                                         .text_size = 12,
                                         .top = 74,
                                         .row_height = 98,
                                         .bar_height = 14,
                                         .accuracy = {78, 186, 1},
                                         .size = {78, 186, 1},
                                         .latency = {78, 186, 1}};
    layout l = narrow ? narrow_layout : wide_layout;
    l.bottom = l.top + c->n_forms * l.row_height;
    l.height = l.bottom + (narrow ? 40 : 62);
    l.latency.most = 1e-9;
    for (int32_t i = 0; i < c->n_forms; i++) {
        l.size.most = fmax(l.size.most, (double)c->forms[i].bytes);
        l.latency.most = fmax(l.latency.most, c->forms[i].p50_ms);
    }
    return l;
}

static canvas_font font(double size, canvas_colour colour, canvas_align align)
{
    return (canvas_font){.size = size, .colour = colour, .align = align};
}

static canvas_font bold(double size, canvas_colour colour)
{
    return (canvas_font){.size = size, .colour = colour, .bold = true};
}

static double at(const panel *p, double value)
{
    return p->x + p->width * value / p->most;
}

static void draw_head(canvas *k, const mote_comparison *c, const layout *l)
{
    const canvas_theme *t = k->theme;
    const char *slash = strrchr(c->data, '/'), *data = slash && slash[1] ? slash + 1 : c->data;
    char text[256];
    canvas_text(k, l->margin, l->margin + l->title_size * 0.75, bold(l->title_size, t->ink),
                "Accuracy, size and latency");
    snprintf(text, sizeof text, "%lld photos: %.80s, %.80s", (long long)c->forms[c->reference].evaluation->n, data,
             c->split);
    canvas_text_fit(k, l->margin, l->margin + l->title_size * 1.75, font(l->text_size, t->muted, CANVAS_LEFT),
                    l->width - 2 * l->margin, text);
}

static void draw_foot(canvas *k, const mote_comparison *c, const layout *l)
{
    char text[256];
    const char *plural = c->n_threads == 1 ? "" : "s";
    if (l->narrow)
        snprintf(text, sizeof text, "Whiskers: 95%% intervals. Latency: one photo, %d thread%s.", c->n_threads, plural);
    else
        snprintf(
            text, sizeof text,
            "Whiskers: 95%% intervals (Wilson). Dashed: %.60s. Latency: median of one photo at a time, %d thread%s.",
            c->forms[c->reference].name, c->n_threads, plural);
    canvas_text_fit(k, l->margin, l->height - l->margin * 0.6, font(l->text_size - 2, k->theme->muted, CANVAS_LEFT),
                    l->width - 2 * l->margin, text);
}

/* Heads of the columns, grid and scale; the narrow form says what a bar is beside it. */
static void draw_columns(canvas *k, const layout *l)
{
    const canvas_theme *t = k->theme;
    const double top = l->top - 4, head = l->top - 14;
    for (int percent = 0; percent <= 100; percent += 25) {
        char text[16];
        const double x = at(&l->accuracy, percent / 100.0);
        snprintf(text, sizeof text, "%d%%", percent);
        canvas_line(k, x, top, x, l->bottom, 1, t->grid);
        canvas_text(k, x, l->bottom + 17, font(12, t->muted, CANVAS_CENTRE), text);
    }
    canvas_line(k, l->size.x, top, l->size.x, l->bottom, 1, t->grid);
    canvas_line(k, l->latency.x, top, l->latency.x, l->bottom, 1, t->grid);
    canvas_text(k, l->accuracy.x, head, font(13, t->muted, CANVAS_LEFT), "accuracy");
    canvas_text(k, l->size.x, head, font(13, t->muted, CANVAS_LEFT), "file size");
    canvas_text(k, l->latency.x, head, font(13, t->muted, CANVAS_LEFT), "latency");
}

/* The accuracy's bar with its interval and value, y its upper edge. */
static void draw_accuracy(canvas *k, const mote_comparison *c, int32_t i, const layout *l, double y)
{
    const canvas_theme *t = k->theme;
    const mote_evaluation *e = c->forms[i].evaluation;
    const bool loses = mote_comparison_loses(c, i);
    const double low = at(&l->accuracy, e->interval.low), high = at(&l->accuracy, e->interval.high),
                 middle = y + l->bar_height / 2, serif = l->bar_height / 5;
    char text[32];
    canvas_bar(k, l->accuracy.x, y, at(&l->accuracy, e->accuracy) - l->accuracy.x, l->bar_height,
               loses ? t->loss : t->main);
    canvas_line(k, low, middle, high, middle, 1.6, t->ink);
    canvas_line(k, low, middle - serif, low, middle + serif, 1.6, t->ink);
    canvas_line(k, high, middle - serif, high, middle + serif, 1.6, t->ink);
    snprintf(text, sizeof text, "%.2f%%", 100 * e->accuracy);
    const double size = l->narrow ? 12 : 15, base = middle + size * 0.36;
    double x = l->narrow ? high + 9 : at(&l->accuracy, 1) + 12; /* one column where there is room */
    x += canvas_text(k, x, base, bold(size, t->ink), text) + 7;
    if (!loses)
        return;
    snprintf(text, sizeof text, "\xE2\x88\x92%.1f", mote_comparison_drop(c, i));
    canvas_text(k, x, base, bold(size - 1, t->loss), text);
}

static void draw_value(canvas *k, const panel *p, double value, const layout *l, double y, canvas_colour colour,
                       const char *text)
{
    const double size = l->narrow ? 12 : 14;
    canvas_bar(k, p->x, y, at(p, value) - p->x, l->bar_height, colour);
    canvas_text(k, at(p, value) + 8, y + l->bar_height / 2 + size * 0.36, font(size, k->theme->ink, CANVAS_LEFT), text);
}

static void draw_row(canvas *k, const mote_comparison *c, int32_t i, const layout *l)
{
    const canvas_theme *t = k->theme;
    const mote_report_form *form = &c->forms[i];
    const double top = l->top + i * l->row_height;
    double y = top + (l->row_height - l->bar_height) / 2, step = 0;
    char text[32];
    if (l->narrow) {
        canvas_text_fit(k, l->margin, top + 14, bold(13.5, t->ink), l->width - 2 * l->margin, form->name);
        y = top + 24;
        step = l->bar_height + 6;
        static const char *const labels[] = {"accuracy", "size", "latency"};
        for (int j = 0; j < 3; j++)
            canvas_text(k, l->margin, y + j * step + l->bar_height - 3, font(11, t->muted, CANVAS_LEFT), labels[j]);
    } else {
        canvas_text_fit(k, l->margin, y + l->bar_height / 2 + 6, bold(16, t->ink), l->accuracy.x - l->margin - 16,
                        form->name);
    }
    draw_accuracy(k, c, i, l, y);
    draw_value(k, &l->size, (double)form->bytes, l, y + step, t->second, mote_text_size(form->bytes, text));
    draw_value(k, &l->latency, form->p50_ms, l, y + 2 * step, t->third, comparison_format_ms(form->p50_ms, text));
}

mote_status mote_chart_accuracy(const mote_comparison *comparison, const mote_chart_options *options, FILE *out,
                                mote_error *err)
{
    const layout l = lay_out(comparison, options->narrow);
    canvas k;
    const mote_status status = canvas_open(&k, options, l.width, l.height, out, err);
    if (status != MOTE_OK)
        return status;
    draw_head(&k, comparison, &l);
    if (!l.narrow)
        draw_columns(&k, &l);
    for (int32_t i = 0; i < comparison->n_forms; i++)
        draw_row(&k, comparison, i, &l);
    if (!l.narrow) {
        const double x = at(&l.accuracy, comparison->forms[comparison->reference].evaluation->accuracy);
        canvas_dashes(&k, x, l.top - 4, x, l.bottom, 1.2, k.theme->muted);
    }
    draw_foot(&k, comparison, &l);
    return canvas_close(&k, err);
}
