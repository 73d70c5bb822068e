/* Heads, about (0, 0) and of radius 1, looking at the camera or a little aside. */
#include "report/pets.h"

#include <math.h>

static void draw_cat_ear(cairo_t *cr, const pet *p, double side)
{
    /* The ear that is turned away is narrower. */
    const double width = 0.40 * (1 - 0.35 * side * p->yaw), tall = 0.80 * p->ear_size;
    const double x = side * 0.55 + p->yaw * 0.10, y = -0.52;
    const double tip_x = x + side * 0.24, tip_y = y - tall;
    cairo_new_path(cr);
    cairo_move_to(cr, x - side * width, y - 0.12);
    cairo_curve_to(cr, x - side * width * 0.5, y - 0.55 * tall, tip_x - side * 0.14, tip_y + 0.06, tip_x, tip_y);
    cairo_curve_to(cr, tip_x + side * 0.12, tip_y + 0.25, x + side * (width + 0.06), y - 0.1, x + side * (width - 0.02),
                   y + 0.35);
    cairo_close_path(cr);
    pets_fill(cr, p, pets_shade(p->coat, 0.92));
    cairo_move_to(cr, x - side * width * 0.5, y - 0.08);
    cairo_line_to(cr, tip_x - side * 0.03, tip_y + 0.17);
    cairo_line_to(cr, x + side * width * 0.72, y + 0.16);
    cairo_close_path(cr);
    pets_source(cr, pets_mix(p->coat, (pet_colour){0.86, 0.58, 0.55}, 0.65), 0.9);
    cairo_fill(cr);
}

static void draw_floppy_ear(cairo_t *cr, const pet *p, double side)
{
    const double x = side * 0.66 + p->yaw * 0.08, long_ = 1.05 * p->ear_size, out = 0.32 + 0.1 * side * p->yaw;
    const double points[][2] = {{x - side * 0.22, -0.80},         {x + side * 0.10, -0.82},
                                {x + side * out, -0.45},          {x + side * (out + 0.06), -0.45 + long_ * 0.55},
                                {x + side * 0.18, -0.42 + long_}, {x - side * 0.06, -0.45 + long_ * 0.7},
                                {x - side * 0.08, -0.35}};
    cairo_new_path(cr);
    pets_blob(cr, points, 7);
    pets_fill(cr, p, pets_shade(p->pattern == PET_BICOLOUR || p->pattern == PET_PATCHES ? p->second : p->coat, 0.78));
}

/* Up, with the tip fallen forward. */
static void draw_folded_ear(cairo_t *cr, const pet *p, double side)
{
    const double x = side * 0.58 + p->yaw * 0.1, s = p->ear_size;
    const double base[][2] = {{x - side * 0.30, -0.62},
                              {x - side * 0.06, -0.62 - 0.42 * s},
                              {x + side * 0.22, -0.66 - 0.40 * s},
                              {x + side * 0.32, -0.30}};
    cairo_new_path(cr);
    pets_blob(cr, base, 4);
    pets_fill(cr, p, pets_shade(p->coat, 0.9));
    const double flap[][2] = {{x - side * 0.08, -0.62 - 0.42 * s},
                              {x + side * 0.26, -0.62 - 0.40 * s},
                              {x + side * 0.44, -0.42},
                              {x + side * 0.40, -0.12},
                              {x + side * 0.16, -0.42}};
    cairo_new_path(cr);
    pets_blob(cr, flap, 5);
    pets_fill(cr, p, pets_shade(p->coat, 0.7));
}

static void draw_ears(cairo_t *cr, const pet *p, bool behind)
{
    for (int i = 0; i < 2; i++) {
        const double side = i ? 1 : -1;
        if (p->ears == PET_EARS_FLOPPY) {
            if (!behind)
                draw_floppy_ear(cr, p, side);
        } else if (behind && p->ears == PET_EARS_UP) {
            draw_cat_ear(cr, p, side);
        } else if (behind) {
            draw_folded_ear(cr, p, side);
        }
    }
}

static void draw_eye(cairo_t *cr, const pet *p, double x, double y, double size)
{
    const pet_colour dark = {0.05, 0.04, 0.04};
    if (p->eyes_closed) {
        cairo_new_path(cr);
        cairo_move_to(cr, x - size, y);
        cairo_curve_to(cr, x - size * 0.4, y + size * 0.55, x + size * 0.4, y + size * 0.55, x + size, y);
        pets_source(cr, dark, 0.85);
        cairo_set_line_width(cr, 0.06);
        cairo_stroke(cr);
        return;
    }
    pets_ellipse(cr, x, y, size * 1.14, size * (p->dog ? 1.06 : 0.98), 0);
    pets_source(cr, dark, 0.9);
    cairo_fill(cr);
    pets_ellipse(cr, x, y, size, size * (p->dog ? 0.92 : 0.84), 0);
    pets_source(cr, p->iris, 1);
    cairo_fill(cr);
    const double across = p->dog ? 0.62 : p->pupil;
    pets_ellipse(cr, x + p->yaw * size * 0.15, y, size * across, size * (p->dog ? 0.62 : 0.80), 0);
    pets_source(cr, dark, 1);
    cairo_fill(cr);
    pets_ellipse(cr, x + p->light_x * size * 0.35, y + p->light_y * size * 0.35, size * 0.2, size * 0.2, 0);
    pets_source(cr, (pet_colour){1, 1, 1}, 0.92);
    cairo_fill(cr);
}

static void draw_mouth(cairo_t *cr, double x, double y, double half, double drop, double line)
{
    cairo_new_path(cr);
    cairo_move_to(cr, x - half, y + drop * 0.6);
    cairo_curve_to(cr, x - half * 0.6, y + drop * 1.3, x - half * 0.1, y + drop, x, y);
    cairo_curve_to(cr, x + half * 0.1, y + drop, x + half * 0.6, y + drop * 1.3, x + half, y + drop * 0.6);
    cairo_set_source_rgba(cr, 0.07, 0.04, 0.04, 0.75);
    cairo_set_line_width(cr, line);
    cairo_stroke(cr);
}

static void draw_whiskers(cairo_t *cr, const pet *p, double x, double y)
{
    const bool dark_coat = p->coat.r + p->coat.g + p->coat.b < 1.2;
    const pet_colour colour = dark_coat ? (pet_colour){0.92, 0.92, 0.9} : (pet_colour){1, 1, 0.98};
    cairo_set_line_width(cr, 0.030);
    for (int i = 0; i < 6; i++) {
        const double side = i < 3 ? -1 : 1, fan = (i % 3 - 1) * 0.22;
        cairo_new_path(cr);
        cairo_move_to(cr, x + side * 0.2, y + 0.08 + fan * 0.3);
        cairo_curve_to(cr, x + side * 0.6, y + fan * 0.8, x + side * 0.95, y + fan * 1.2, x + side * 1.25,
                       y + 0.12 + fan * 2.2);
        pets_source(cr, colour, 0.75);
        cairo_stroke(cr);
    }
}

static void draw_cat_face(cairo_t *cr, const pet *p)
{
    const double x = p->yaw * 0.28, mx = p->yaw * 0.36;
    const pet_colour pale =
        pets_mix(p->pattern == PET_BICOLOUR ? p->second : p->coat, (pet_colour){1, 0.97, 0.93}, 0.55);
    for (int i = 0; i < 2; i++) {
        const double side = i ? 1 : -1;
        draw_eye(cr, p, x + side * 0.40 * (1 - 0.2 * side * p->yaw), -0.10, 0.235);
    }
    for (int i = 0; i < 2; i++) {
        pets_ellipse(cr, mx + (i ? 0.17 : -0.17), 0.42, 0.235, 0.19, 0);
        pets_source(cr, pale, 0.95);
        cairo_fill(cr);
    }
    pets_ellipse(cr, mx, 0.60, 0.16, 0.13, 0);
    pets_source(cr, pets_shade(pale, 0.92), 0.95);
    cairo_fill(cr);
    draw_mouth(cr, mx, 0.36, 0.25, 0.15, 0.045);
    cairo_new_path(cr);
    cairo_move_to(cr, mx - 0.13, 0.20);
    cairo_curve_to(cr, mx - 0.05, 0.17, mx + 0.05, 0.17, mx + 0.13, 0.20);
    cairo_line_to(cr, mx, 0.36);
    cairo_close_path(cr);
    pets_source(cr, p->nose, 1);
    cairo_fill(cr);
    draw_whiskers(cr, p, mx, 0.36);
}

static void draw_tongue(cairo_t *cr, double x, double y)
{
    const double points[][2] = {
        {x - 0.15, y}, {x + 0.15, y}, {x + 0.16, y + 0.30}, {x, y + 0.44}, {x - 0.15, y + 0.30}};
    cairo_new_path(cr);
    pets_blob(cr, points, 5);
    cairo_set_source_rgb(cr, 0.90, 0.42, 0.46);
    cairo_fill(cr);
    cairo_move_to(cr, x, y + 0.04);
    cairo_line_to(cr, x, y + 0.3);
    cairo_set_source_rgba(cr, 0.6, 0.2, 0.25, 0.6);
    cairo_set_line_width(cr, 0.03);
    cairo_stroke(cr);
}

static void draw_dog_face(cairo_t *cr, const pet *p)
{
    const double x = p->yaw * 0.22, mx = p->yaw * 0.50, m = p->muzzle;
    const pet_colour pale = p->pattern == PET_BICOLOUR || p->pattern == PET_PATCHES
                                ? pets_mix(p->second, (pet_colour){1, 0.97, 0.93}, 0.25)
                                : pets_mix(p->coat, (pet_colour){0.95, 0.88, 0.78}, 0.25);
    for (int i = 0; i < 2; i++) {
        const double side = i ? 1 : -1;
        draw_eye(cr, p, x + side * 0.36 * (1 - 0.2 * side * p->yaw), -0.20, 0.155);
        pets_ellipse(cr, x + side * 0.36, -0.46, 0.13, 0.05, side * 0.35); /* brow */
        pets_source(cr, pets_shade(p->coat, 1.25), 0.55);
        cairo_fill(cr);
    }
    if (p->tongue)
        draw_tongue(cr, mx * 1.05, 0.68 + 0.1 * m);
    /* The muzzle stands out from the head: long towards the viewer, wide at the lips. */
    const double muzzle[][2] = {{x * 0.6 - 0.26, -0.05}, {x * 0.6 + 0.26, -0.05}, {mx + 0.40 * m, 0.30},
                                {mx + 0.46 * m, 0.62},   {mx, 0.62 + 0.22 * m},   {mx - 0.46 * m, 0.62},
                                {mx - 0.40 * m, 0.30}};
    cairo_new_path(cr);
    pets_blob(cr, muzzle, 7);
    pets_fill(cr, p, pale);
    draw_mouth(cr, mx, 0.46, 0.36 * m, 0.22, 0.055);
    const double nose[][2] = {{mx - 0.22, 0.20}, {mx, 0.13}, {mx + 0.22, 0.20},
                              {mx + 0.16, 0.38}, {mx, 0.46}, {mx - 0.16, 0.38}};
    cairo_new_path(cr);
    pets_blob(cr, nose, 6);
    cairo_set_source_rgb(cr, 0.06, 0.05, 0.05);
    cairo_fill(cr);
    pets_ellipse(cr, mx + p->light_x * 0.07, 0.23, 0.07, 0.035, 0);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.5);
    cairo_fill(cr);
}

static void skull_path(cairo_t *cr, const pet *p)
{
    const double cat[][2] = {{0, -0.82},    {0.55, -0.72}, {0.92, -0.25}, {1.02, 0.22},   {0.68, 0.66},  {0.25, 0.84},
                             {-0.25, 0.84}, {-0.68, 0.66}, {-1.02, 0.22}, {-0.92, -0.25}, {-0.55, -0.72}};
    const double dog[][2] = {{0, -0.88},    {0.48, -0.82}, {0.80, -0.42}, {0.80, 0.10},   {0.62, 0.55},  {0.30, 0.88},
                             {-0.30, 0.88}, {-0.62, 0.55}, {-0.80, 0.10}, {-0.80, -0.42}, {-0.48, -0.82}};
    cairo_new_path(cr);
    pets_blob(cr, p->dog ? dog : cat, 11);
}

void pets_draw_head(cairo_t *cr, pet *p)
{
    cairo_save(cr);
    cairo_rotate(cr, p->tilt);
    draw_ears(cr, p, true);
    skull_path(cr, p);
    pets_fill(cr, p, p->coat);
    skull_path(cr, p);
    cairo_save(cr);
    cairo_clip(cr);
    pets_draw_marks(cr, p);
    if (p->pattern == PET_BICOLOUR) { /* a blaze down the face */
        const double x = p->yaw * 0.3;
        const double blaze[][2] = {{x, -0.75},   {x + 0.16, -0.1}, {x + 0.55, 0.5}, {x + 0.3, 1},
                                   {x - 0.3, 1}, {x - 0.55, 0.5},  {x - 0.16, -0.1}};
        cairo_new_path(cr);
        pets_blob(cr, blaze, 7);
        pets_source(cr, p->second, 0.9);
        cairo_fill(cr);
    }
    cairo_restore(cr);
    if (p->dog)
        draw_dog_face(cr, p);
    else
        draw_cat_face(cr, p);
    draw_ears(cr, p, false);
    cairo_restore(cr);
}
