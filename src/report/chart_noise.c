/* The signal to noise ratio along the network, a curve for each form that loses accuracy. */
#include "report/canvas.h"
#include "report/comparison.h"

#include <math.h>

enum { LOW_DB = -10, HIGH_DB = 50, STEP_DB = 10 };

typedef struct frame {
    double x, y, width, height;
} frame;

static double y_of(const frame *f, double db)
{
    const double kept = fmin(fmax(db, LOW_DB), HIGH_DB);
    return f->y + f->height * (HIGH_DB - kept) / (HIGH_DB - LOW_DB);
}

static void draw_scale(canvas *k, const frame *f)
{
    const canvas_theme *t = k->theme;
    const canvas_font side = {.size = 12, .colour = t->muted, .align = CANVAS_RIGHT},
                      note = {.size = 12, .colour = t->muted};
    for (int db = LOW_DB; db <= HIGH_DB; db += STEP_DB) {
        char text[16];
        snprintf(text, sizeof text, "%d dB", db);
        canvas_line(k, f->x, y_of(f, db), f->x + f->width, y_of(f, db), 1, t->grid);
        canvas_text(k, f->x - 8, y_of(f, db) + 4, side, text);
    }
    canvas_dashes(k, f->x, y_of(f, 0), f->x + f->width, y_of(f, 0), 1.2, t->muted);
    canvas_text(k, f->x + 6, y_of(f, 0) + 15, note, "below: the error is larger than the signal");
    canvas_text(k, f->x, f->y + f->height + 20, note, "input");
    canvas_text(k, f->x + f->width, f->y + f->height + 20, side, "output");
}

static mote_status draw_curve(canvas *k, const frame *f, const mote_noise *noise, canvas_colour colour, mote_error *err)
{
    const int32_t n = noise->n_layers;
    double *x = mote_calloc(NULL, 2 * (size_t)n, sizeof *x), *y = x + n;
    if (!x)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < n; i++) {
        x[i] = f->x + (n < 2 ? f->width / 2 : f->width * i / (n - 1));
        y[i] = y_of(f, noise->sqnr_db[i]);
    }
    canvas_curve(k, x, y, n, 1.8, colour);
    if (noise->drowned >= 0)
        canvas_dot(k, x[noise->drowned], y[noise->drowned], 5, colour);
    mote_free(NULL, x);
    return MOTE_OK;
}

mote_status mote_chart_noise(const mote_comparison *comparison, const mote_chart_options *options, FILE *out,
                             mote_error *err)
{
    const bool narrow = options->narrow;
    const double width = narrow ? 400 : 1040, margin = narrow ? 16 : 32, height = narrow ? 220 : 260, top = 92;
    const frame f = {margin + 52, top, width - 2 * margin - 52, height};
    canvas k;
    mote_status status = canvas_open(&k, options, width, top + height + 40, out, err);
    if (status != MOTE_OK)
        return status;
    const canvas_colour colours[] = {k.theme->loss, k.theme->main, k.theme->third, k.theme->second};
    double x = f.x;
    int n = 0;
    canvas_text(&k, margin, 40, (canvas_font){.size = narrow ? 15 : 18, .bold = true, .colour = k.theme->ink},
                "Signal to noise, layer by layer");
    draw_scale(&k, &f);
    for (int32_t i = 0; status == MOTE_OK && i < comparison->n_forms; i++) {
        const mote_noise *noise = comparison->forms[i].noise;
        if (!noise || noise->n_layers < 1)
            continue;
        const canvas_colour colour = colours[n++ % 4];
        status = draw_curve(&k, &f, noise, colour, err);
        canvas_dot(&k, x + 5, 65, 4.5, colour);
        x += 14 +
             canvas_text_fit(&k, x + 14, 69, (canvas_font){.size = 12.5, .colour = k.theme->ink}, 160,
                             comparison->forms[i].name) +
             20;
    }
    const mote_status closed = canvas_close(&k, status == MOTE_OK ? err : NULL);
    return status == MOTE_OK ? closed : status;
}
