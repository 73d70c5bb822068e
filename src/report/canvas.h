/*
 * What charts draw on: cairo, into a PNG or an SVG by the same code. Coordinates are in CSS pixels from the upper left
 * corner. Text may be any bytes. Errors of cairo stay in its context until canvas_close tells.
 */
#ifndef MOTE_REPORT_CANVAS_H
#define MOTE_REPORT_CANVAS_H

#include <mote/report.h>

#include <cairo.h>

typedef uint32_t canvas_colour; /* 0xRRGGBB */

typedef struct canvas_theme {
    canvas_colour paper, ink, muted, grid;
    canvas_colour main, loss, second, third; /* loss stands out from main for the colour-blind too */
} canvas_theme;

typedef struct canvas {
    cairo_surface_t *surface;
    cairo_t *cairo;
    const canvas_theme *theme;
    FILE *out;
    mote_chart_format format;
    bool write_failed;
} canvas;

typedef enum canvas_align { CANVAS_LEFT, CANVAS_CENTRE, CANVAS_RIGHT } canvas_align;

typedef struct canvas_font {
    double size; /* pixels */
    bool bold;
    canvas_colour colour;
    canvas_align align;
} canvas_font;

mote_status canvas_open(canvas *c, const mote_chart_options *options, double width, double height, FILE *out,
                        mote_error *err);
/* Writes what was drawn to out. Call it after a successful canvas_open, once. */
mote_status canvas_close(canvas *c, mote_error *err);

/* y is the base line. Returns the width of what was drawn. */
double canvas_text(canvas *c, double x, double y, canvas_font font, const char *text);
/* As above, cut with an ellipsis to max_width. */
double canvas_text_fit(canvas *c, double x, double y, canvas_font font, double max_width, const char *text);
double canvas_text_width(canvas *c, canvas_font font, const char *text);
void canvas_line(canvas *c, double x0, double y0, double x1, double y1, double width, canvas_colour colour);
void canvas_dashes(canvas *c, double x0, double y0, double x1, double y1, double width, canvas_colour colour);
/* A bar from x to the right, its far corners rounded. */
void canvas_bar(canvas *c, double x, double y, double width, double height, canvas_colour colour);
void canvas_dot(canvas *c, double x, double y, double radius, canvas_colour colour);
/* A line through n points; points with a NaN interrupt it. */
void canvas_curve(canvas *c, const double *x, const double *y, int32_t n, double width, canvas_colour colour);

#endif
