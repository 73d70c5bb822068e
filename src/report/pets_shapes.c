#include "report/pets.h"

#include <math.h>

static const double TAU = 6.283185307179586;

void pets_source(cairo_t *cr, pet_colour colour, double alpha)
{
    cairo_set_source_rgba(cr, colour.r, colour.g, colour.b, alpha);
}

void pets_ellipse(cairo_t *cr, double x, double y, double rx, double ry, double angle)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_rotate(cr, angle);
    cairo_scale(cr, rx, ry);
    cairo_new_sub_path(cr);
    cairo_arc(cr, 0, 0, 1, 0, TAU);
    cairo_close_path(cr);
    cairo_restore(cr);
}

void pets_blob(cairo_t *cr, const double (*points)[2], int n)
{
    cairo_new_sub_path(cr);
    cairo_move_to(cr, points[0][0], points[0][1]);
    for (int i = 0; i < n; i++) { /* Catmull-Rom as Bézier curves */
        const double *a = points[(i + n - 1) % n], *b = points[i], *c = points[(i + 1) % n], *d = points[(i + 2) % n];
        cairo_curve_to(cr, b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6, c[0] - (d[0] - b[0]) / 6,
                       c[1] - (d[1] - b[1]) / 6, c[0], c[1]);
    }
    cairo_close_path(cr);
}

void pets_fill(cairo_t *cr, const pet *p, pet_colour colour)
{
    double x0, y0, x1, y1;
    cairo_path_extents(cr, &x0, &y0, &x1, &y1);
    const double x = (x0 + x1) / 2, y = (y0 + y1) / 2, radius = fmax(x1 - x0, y1 - y0) / 2 + 1e-6;
    cairo_pattern_t *light = cairo_pattern_create_radial(x + p->light_x * radius * 0.6, y + p->light_y * radius * 0.6,
                                                         radius * 0.1, x, y, radius * 1.25);
    const pet_colour bright = pets_shade(colour, 1.16), dark = pets_shade(colour, 0.55);
    cairo_pattern_add_color_stop_rgb(light, 0, bright.r, bright.g, bright.b);
    cairo_pattern_add_color_stop_rgb(light, 0.55, colour.r, colour.g, colour.b);
    cairo_pattern_add_color_stop_rgb(light, 1, dark.r, dark.g, dark.b);
    cairo_set_source(cr, light);
    cairo_fill_preserve(cr);
    cairo_pattern_destroy(light);
    pets_source(cr, pets_shade(colour, 0.35), 0.35); /* where a form turns away from the eye */
    cairo_set_line_width(cr, radius * 0.05);
    cairo_stroke(cr);
}

void pets_limb(cairo_t *cr, const pet *p, const double (*points)[2], double from, double to, pet_colour colour)
{
    enum { STEPS = 12 };
    double sides[2 * (STEPS + 1)][2];
    for (int i = 0; i <= STEPS; i++) {
        const double t = (double)i / STEPS, u = 1 - t;
        const double w[4] = {u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t};
        const double d[3] = {u * u, 2 * u * t, t * t};
        double x = 0, y = 0, dx = 0, dy = 0;
        for (int j = 0; j < 4; j++) {
            x += w[j] * points[j][0];
            y += w[j] * points[j][1];
        }
        for (int j = 0; j < 3; j++) {
            dx += d[j] * (points[j + 1][0] - points[j][0]);
            dy += d[j] * (points[j + 1][1] - points[j][1]);
        }
        const double length = hypot(dx, dy) + 1e-9, width = (from + (to - from) * t) / 2;
        sides[i][0] = x - dy / length * width;
        sides[i][1] = y + dx / length * width;
        sides[2 * STEPS + 1 - i][0] = x + dy / length * width;
        sides[2 * STEPS + 1 - i][1] = y - dx / length * width;
    }
    cairo_new_path(cr);
    pets_blob(cr, (const double(*)[2])sides, 2 * (STEPS + 1));
    pets_fill(cr, p, colour);
}
