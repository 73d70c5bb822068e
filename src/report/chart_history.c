/* Loss and accuracy by epoch, side by side; on a phone below one another. */
#include "report/canvas.h"

#include <math.h>

/* One diagram: its frame, and the range of values in it. */
typedef struct diagram {
    const char *title;
    size_t training, validation; /* offsets into mote_history_epoch */
    bool percent;
    double x, y, width, height;
    double low, high, step; /* of the scale */
} diagram;

static double value_at(const mote_history *history, int32_t epoch, size_t offset)
{
    return *(const double *)((const char *)&history->epochs[epoch] + offset);
}

/* 1, 2 or 5 times a power of ten, so that about `wanted` steps cover the span. */
static double nice_step(double span, int wanted)
{
    const double rough = span / wanted, power = pow(10, floor(log10(rough)));
    const double factor = rough / power;
    return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
}

static void set_scale(diagram *d, const mote_history *history)
{
    double low = INFINITY, high = -INFINITY;
    for (int32_t i = 0; i < history->n_epochs; i++) {
        const double values[] = {value_at(history, i, d->training), value_at(history, i, d->validation)};
        for (int k = 0; k < 2; k++)
            if (isfinite(values[k])) {
                low = fmin(low, values[k]);
                high = fmax(high, values[k]);
            }
    }
    if (!(low <= high))
        low = high = 0;
    if (high - low < 1e-6 * fmax(1, fabs(high))) { /* one value: some room around it */
        const double room = fmax(0.05, 0.05 * fabs(high));
        low = low >= 0 ? fmax(0, low - room) : low - room;
        high += room;
    }
    d->step = nice_step(high - low, 4);
    d->low = floor(low / d->step) * d->step;
    d->high = ceil(high / d->step) * d->step;
    if (d->percent && d->high > 1)
        d->high = 1;
}

static double x_of(const diagram *d, const mote_history *history, int32_t epoch)
{
    return history->n_epochs < 2 ? d->x + d->width / 2 : d->x + d->width * epoch / (history->n_epochs - 1);
}

static double y_of(const diagram *d, double value)
{
    return d->y + d->height * (d->high - value) / (d->high - d->low);
}

static void draw_scale(canvas *k, const diagram *d, const mote_history *history)
{
    const canvas_font side = {.size = 12, .colour = k->theme->muted, .align = CANVAS_RIGHT},
                      below = {.size = 12, .colour = k->theme->muted, .align = CANVAS_CENTRE};
    const int n_steps = (int)lrint((d->high - d->low) / d->step);
    char text[32];
    for (int i = 0; i <= n_steps; i++) {
        const double value = d->low + i * d->step, y = y_of(d, value);
        if (value > d->high + 1e-9)
            break;
        const double shown = d->percent ? 100 * value : value, step = d->percent ? 100 * d->step : d->step;
        const int decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
        if (fabs(shown) < 1e6)
            snprintf(text, sizeof text, "%.*f%s", decimals, shown, d->percent ? "%" : "");
        else
            snprintf(text, sizeof text, "%.3g", shown);
        canvas_line(k, d->x, y, d->x + d->width, y, 1, k->theme->grid);
        canvas_text(k, d->x - 8, y + 4, side, text);
    }
    const int32_t every = (int32_t)fmax(1, ceil(history->n_epochs / (d->width / 40)));
    for (int32_t i = 0; i < history->n_epochs; i += every) {
        snprintf(text, sizeof text, "%d", i + 1);
        canvas_text(k, x_of(d, history, i), d->y + d->height + 18, below, text);
    }
}

static void draw_series(canvas *k, const diagram *d, const mote_history *history, size_t offset, canvas_colour colour)
{
    enum { MOST_DOTS = 40 };
    double before_x = NAN, before_y = NAN;
    for (int32_t i = 0; i < history->n_epochs; i++) {
        const double x = x_of(d, history, i), y = y_of(d, value_at(history, i, offset));
        const double xs[] = {before_x, x}, ys[] = {before_y, y};
        canvas_curve(k, xs, ys, 2, 2.2, colour);
        if (isfinite(y) && history->n_epochs <= MOST_DOTS)
            canvas_dot(k, x, y, 3.2, colour);
        before_x = x;
        before_y = y;
    }
}

static void draw_diagram(canvas *k, diagram *d, const mote_history *history)
{
    const canvas_theme *t = k->theme;
    const canvas_font small = {.size = 12, .colour = t->muted};
    set_scale(d, history);
    canvas_text(k, d->x, d->y - 16, (canvas_font){.size = 15, .bold = true, .colour = t->ink}, d->title);
    draw_scale(k, d, history);
    if (history->best >= 0 && history->best < history->n_epochs) {
        const double x = x_of(d, history, history->best);
        canvas_dashes(k, x, d->y, x, d->y + d->height, 1.2, t->muted);
    }
    draw_series(k, d, history, d->training, t->second);
    draw_series(k, d, history, d->validation, t->main);
    canvas_text(k, d->x + d->width / 2, d->y + d->height + 36,
                (canvas_font){.size = small.size, .colour = small.colour, .align = CANVAS_CENTRE}, "epoch");
}

static bool has_validation(const mote_history *history)
{
    for (int32_t i = 0; i < history->n_epochs; i++)
        if (isfinite(history->epochs[i].val_loss) || isfinite(history->epochs[i].val_accuracy))
            return true;
    return false;
}

static void draw_legend(canvas *k, const mote_history *history, double x, double y)
{
    const canvas_theme *t = k->theme;
    const canvas_font font = {.size = 12.5, .colour = t->ink};
    canvas_dot(k, x, y - 4, 4.5, t->second);
    x += 10 + canvas_text(k, x + 10, y, font, "training") + 22;
    if (has_validation(history)) {
        canvas_dot(k, x, y - 4, 4.5, t->main);
        x += 10 + canvas_text(k, x + 10, y, font, "validation") + 22;
    }
    if (history->best >= 0) {
        canvas_dashes(k, x, y - 11, x, y + 2, 1.2, t->muted);
        canvas_text(k, x + 10, y, font, "kept");
    }
}

mote_status mote_chart_history(const mote_history *history, const mote_chart_options *options, FILE *out,
                               mote_error *err)
{
    if (history->n_epochs < 1)
        return mote_error_set(err, MOTE_ARGUMENT, "no epochs to draw");
    const bool narrow = options->narrow;
    const double width = narrow ? 400 : 1040, margin = narrow ? 16 : 32, side = 52;
    diagram diagrams[] = {
        {.title = "Loss",
         .training = offsetof(mote_history_epoch, loss),
         .validation = offsetof(mote_history_epoch, val_loss)},
        {.title = "Accuracy",
         .training = offsetof(mote_history_epoch, accuracy),
         .validation = offsetof(mote_history_epoch, val_accuracy),
         .percent = true},
    };
    const double height = narrow ? 220 : 260, top = 92, pitch = height + 90;
    canvas k;
    const mote_status status = canvas_open(&k, options, width, top + (narrow ? pitch : 0) + height + 52, out, err);
    if (status != MOTE_OK)
        return status;
    draw_legend(&k, history, margin + 6, 36);
    for (int i = 0; i < 2; i++) {
        diagram *d = &diagrams[i];
        const double column = narrow ? width : width / 2;
        d->x = margin + side + (narrow ? 0 : i * (column - margin / 2));
        d->y = top + (narrow ? i * pitch : 0);
        d->width = column - 2 * margin - side + (narrow ? 0 : margin / 2 - 8);
        d->height = height;
        draw_diagram(&k, d, history);
    }
    return canvas_close(&k, err);
}
