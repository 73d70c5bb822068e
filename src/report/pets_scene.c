/* Where the animals are: places indoors and out, over the unit square, and what may stand before the lens. */
#include "report/pets.h"

#include <math.h>

static pet_colour any_colour(mote_rng *rng, double low, double high)
{
    return (pet_colour){pets_between(rng, low, high), pets_between(rng, low, high), pets_between(rng, low, high)};
}

static void fill_down(cairo_t *cr, double y0, double y1, pet_colour top, pet_colour bottom)
{
    cairo_pattern_t *fade = cairo_pattern_create_linear(0, y0, 0, y1);
    cairo_pattern_add_color_stop_rgb(fade, 0, top.r, top.g, top.b);
    cairo_pattern_add_color_stop_rgb(fade, 1, bottom.r, bottom.g, bottom.b);
    cairo_set_source(cr, fade);
    cairo_rectangle(cr, -1, y0, 3, y1 - y0);
    cairo_fill(cr);
    cairo_pattern_destroy(fade);
}

static void draw_discs(cairo_t *cr, mote_rng *rng, int n, double y0, double y1, pet_colour about, double spread)
{
    for (int i = 0; i < n; i++) {
        const double r = pets_between(rng, 0.02, 0.13);
        pet_colour c = about;
        c.r += pets_between(rng, -spread, spread);
        c.g += pets_between(rng, -spread, spread);
        c.b += pets_between(rng, -spread, spread);
        pets_ellipse(cr, pets_between(rng, -0.1, 1.1), pets_between(rng, y0, y1), r, r, 0);
        pets_source(cr, c, pets_between(rng, 0.25, 0.7));
        cairo_fill(cr);
    }
}

static void draw_meadow(cairo_t *cr, mote_rng *rng)
{
    const double horizon = pets_between(rng, 0.05, 0.55);
    const pet_colour grass = {pets_between(rng, 0.20, 0.45), pets_between(rng, 0.38, 0.58),
                              pets_between(rng, 0.12, 0.25)};
    const pet_colour sky = {pets_between(rng, 0.5, 0.8), pets_between(rng, 0.65, 0.85), pets_between(rng, 0.75, 0.95)};
    fill_down(cr, 0, horizon, sky, pets_mix(sky, (pet_colour){1, 1, 1}, 0.5));
    fill_down(cr, horizon, 1.05, pets_shade(grass, 0.8), grass);
    draw_discs(cr, rng, 12, horizon - 0.15, horizon + 0.02, pets_shade(grass, 0.65), 0.06); /* bushes */
    cairo_set_line_width(cr, 0.008);
    for (int i = 0; i < 60; i++) {
        const double x = pets_between(rng, 0, 1), y = pets_between(rng, horizon, 1.05);
        cairo_move_to(cr, x, y);
        cairo_line_to(cr, x + pets_between(rng, -0.02, 0.02), y - pets_between(rng, 0.02, 0.06));
        pets_source(cr, pets_shade(grass, pets_between(rng, 0.6, 1.3)), 0.6);
        cairo_stroke(cr);
    }
}

static void draw_room(cairo_t *cr, mote_rng *rng)
{
    const double floor = pets_between(rng, 0.45, 0.85);
    const pet_colour wall = any_colour(rng, 0.45, 0.92);
    const pet_colour boards = {pets_between(rng, 0.35, 0.72), pets_between(rng, 0.25, 0.5),
                               pets_between(rng, 0.15, 0.38)};
    fill_down(cr, 0, floor, wall, pets_shade(wall, 0.85));
    fill_down(cr, floor, 1.05, pets_shade(boards, 0.85), boards);
    cairo_set_line_width(cr, 0.006);
    for (int i = -4; i < 14; i++) { /* boards run towards the viewer */
        cairo_move_to(cr, 0.5 + (i - 5) * 0.07, floor);
        cairo_line_to(cr, 0.5 + (i - 5) * 0.2, 1.05);
        pets_source(cr, pets_shade(boards, 0.6), 0.5);
        cairo_stroke(cr);
    }
    cairo_rectangle(cr, -0.1, floor - 0.03, 1.2, 0.03);
    pets_source(cr, pets_shade(wall, 1.12), 1);
    cairo_fill(cr);
    if (pets_chance(rng, 0.6)) { /* a window, a picture or a door */
        const double x = pets_between(rng, -0.1, 0.8), w = pets_between(rng, 0.15, 0.4),
                     h = pets_between(rng, 0.2, 0.6);
        cairo_rectangle(cr, x, floor - 0.1 - h, w, h);
        pets_source(cr, any_colour(rng, 0.3, 1), 1);
        cairo_fill_preserve(cr);
        cairo_set_line_width(cr, 0.02);
        pets_source(cr, any_colour(rng, 0.2, 0.9), 1);
        cairo_stroke(cr);
    }
}

static void draw_sofa(cairo_t *cr, mote_rng *rng)
{
    const pet_colour cloth = any_colour(rng, 0.18, 0.75), wall = any_colour(rng, 0.5, 0.9);
    const double back = pets_between(rng, 0.05, 0.3), seat = pets_between(rng, 0.55, 0.8);
    fill_down(cr, 0, 1.05, wall, pets_shade(wall, 0.9));
    fill_down(cr, back, seat, pets_shade(cloth, 1.1), pets_shade(cloth, 0.85));
    fill_down(cr, seat, 1.05, pets_shade(cloth, 1.05), pets_shade(cloth, 0.7));
    for (int i = 0; i < 3; i++) {
        const double x = pets_between(rng, 0, 1), y = seat - pets_between(rng, 0, 0.15),
                     r = pets_between(rng, 0.12, 0.22);
        const double cushion[][2] = {
            {x - r, y - r}, {x + r, y - r * 0.9}, {x + r * 0.9, y + r}, {x - r * 0.95, y + r * 0.95}};
        cairo_new_path(cr);
        pets_blob(cr, cushion, 4);
        pets_source(cr, pets_chance(rng, 0.5) ? any_colour(rng, 0.15, 0.9) : pets_shade(cloth, 1.15), 1);
        cairo_fill(cr);
    }
}

static void draw_garden(cairo_t *cr, mote_rng *rng)
{
    const pet_colour about =
        pets_mix(any_colour(rng, 0.1, 0.7), (pet_colour){0.25, 0.42, 0.18}, pets_between(rng, 0, 0.9));
    fill_down(cr, 0, 1.05, pets_shade(about, pets_between(rng, 0.6, 1.2)),
              pets_shade(about, pets_between(rng, 0.6, 1.2)));
    draw_discs(cr, rng, 34, 0, 1, about, 0.22);
}

static void draw_open_ground(cairo_t *cr, mote_rng *rng)
{
    static const pet_colour grounds[] = {
        {0.85, 0.76, 0.60}, {0.92, 0.94, 0.97}, {0.50, 0.48, 0.46}, {0.45, 0.34, 0.25}};
    const pet_colour ground = pets_shade(grounds[mote_rng_below(rng, 4)], pets_between(rng, 0.85, 1.05));
    const double horizon = pets_between(rng, -0.1, 0.4);
    const pet_colour far = any_colour(rng, 0.4, 0.9);
    fill_down(cr, 0, 1.05, far, pets_shade(far, 0.9));
    fill_down(cr, horizon, 1.05, pets_shade(ground, 0.9), ground);
    draw_discs(cr, rng, 26, horizon, 1, ground, 0.05);
}

static void draw_tiles(cairo_t *cr, mote_rng *rng)
{
    const pet_colour tile = any_colour(rng, 0.35, 0.9),
                     other = pets_chance(rng, 0.5) ? tile : any_colour(rng, 0.3, 0.9);
    const double turn = pets_between(rng, -0.6, 0.6), size = pets_between(rng, 0.1, 0.22);
    cairo_save(cr);
    fill_down(cr, 0, 1.05, tile, pets_shade(tile, 0.85));
    cairo_translate(cr, 0.5, 0.5);
    cairo_rotate(cr, turn);
    for (int i = -8; i <= 8; i++)
        for (int j = -8; j <= 8; j++) {
            cairo_rectangle(cr, i * size, j * size, size * 0.94, size * 0.94);
            pets_source(cr, pets_shade((i + j) & 1 ? tile : other, 0.9 + 0.1 * pets_between(rng, 0, 1)), 1);
            cairo_fill(cr);
        }
    cairo_restore(cr);
}

/* A thing that lies about: a ball, a box, a pot. */
static void draw_thing(cairo_t *cr, mote_rng *rng)
{
    const double x = pets_between(rng, 0, 1), y = pets_between(rng, 0.4, 0.95), r = pets_between(rng, 0.04, 0.11);
    const pet_colour c = any_colour(rng, 0.1, 0.95);
    if (pets_chance(rng, 0.5))
        pets_ellipse(cr, x, y, r, r, 0);
    else
        cairo_rectangle(cr, x - r, y - r, 2 * r, r * pets_between(rng, 1, 3));
    pets_source(cr, c, 1);
    cairo_fill_preserve(cr);
    pets_source(cr, pets_shade(c, 0.5), 0.7);
    cairo_set_line_width(cr, 0.008);
    cairo_stroke(cr);
}

void pets_draw_background(cairo_t *cr, mote_rng *rng)
{
    static void (*const places[])(cairo_t *, mote_rng *) = {draw_meadow, draw_room,        draw_sofa,
                                                            draw_garden, draw_open_ground, draw_tiles};
    places[mote_rng_below(rng, 6)](cr, rng);
    const int n = (int)mote_rng_below(rng, 4);
    for (int i = 0; i < n; i++)
        draw_thing(cr, rng);
}

static void draw_blades(cairo_t *cr, mote_rng *rng)
{
    const pet_colour grass = {pets_between(rng, 0.2, 0.5), pets_between(rng, 0.4, 0.6), pets_between(rng, 0.1, 0.25)};
    for (int i = 0; i < 26; i++) {
        const double x = pets_between(rng, 0, 1), tall = pets_between(rng, 0.08, 0.32),
                     lean = pets_between(rng, -0.1, 0.1);
        cairo_move_to(cr, x, 1.02);
        cairo_curve_to(cr, x, 1 - tall * 0.5, x + lean * 0.5, 1 - tall * 0.8, x + lean, 1 - tall);
        pets_source(cr, pets_shade(grass, pets_between(rng, 0.6, 1.3)), 0.9);
        cairo_set_line_width(cr, pets_between(rng, 0.008, 0.02));
        cairo_stroke(cr);
    }
}

static void draw_bars(cairo_t *cr, mote_rng *rng)
{
    const pet_colour c = any_colour(rng, 0.05, 0.8);
    const double gap = pets_between(rng, 0.22, 0.4), start = pets_between(rng, 0, gap),
                 lean = pets_between(rng, -0.08, 0.08);
    cairo_set_line_width(cr, pets_between(rng, 0.015, 0.045));
    for (double x = start; x < 1; x += gap) {
        cairo_move_to(cr, x, -0.1);
        cairo_line_to(cr, x + lean, 1.1);
        pets_source(cr, c, 0.95);
        cairo_stroke(cr);
    }
}

static void draw_edge(cairo_t *cr, mote_rng *rng)
{
    /* Something near, at a corner or an edge: a leaf, a cushion, a hand's breadth of table. */
    const double angle = pets_between(rng, 0, 6.28), r = pets_between(rng, 0.16, 0.3);
    pets_ellipse(cr, 0.5 + 0.62 * cos(angle), 0.5 + 0.62 * sin(angle), r, r * pets_between(rng, 0.6, 1.2), angle);
    pets_source(cr, any_colour(rng, 0.08, 0.85), 1);
    cairo_fill(cr);
}

void pets_draw_foreground(cairo_t *cr, mote_rng *rng)
{
    const double u = (double)mote_rng_float(rng);
    if (u < 0.18)
        draw_blades(cr, rng);
    else if (u < 0.26)
        draw_bars(cr, rng);
    else if (u < 0.42)
        draw_edge(cr, rng);
}
