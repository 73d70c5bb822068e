/* What an animal is like, its coat, and its body in four poses. */
#include "report/pets.h"

#include <math.h>

static pet_colour draw_coat(mote_rng *rng)
{
    static const pet_colour coats[] = {
        {0.12, 0.11, 0.11}, {0.30, 0.29, 0.30}, {0.55, 0.55, 0.56}, {0.90, 0.87, 0.82}, {0.82, 0.52, 0.24},
        {0.62, 0.38, 0.20}, {0.38, 0.25, 0.17}, {0.78, 0.66, 0.48}, {0.70, 0.62, 0.55}, {0.93, 0.80, 0.60},
    };
    const pet_colour a = coats[mote_rng_below(rng, 10)], b = coats[mote_rng_below(rng, 10)];
    return pets_shade(pets_mix(a, b, pets_between(rng, 0, 0.25)), pets_between(rng, 0.85, 1.08));
}

static void draw_eyes_and_nose(mote_rng *rng, pet *p)
{
    static const pet_colour cat_eyes[] = {
        {0.62, 0.72, 0.20}, {0.85, 0.70, 0.15}, {0.45, 0.65, 0.35}, {0.40, 0.62, 0.85}, {0.80, 0.50, 0.12}};
    static const pet_colour dog_eyes[] = {{0.36, 0.20, 0.09}, {0.24, 0.13, 0.07}, {0.50, 0.30, 0.12}};
    static const pet_colour noses[] = {{0.85, 0.55, 0.53}, {0.70, 0.42, 0.38}, {0.25, 0.17, 0.16}};
    p->iris = p->dog ? dog_eyes[mote_rng_below(rng, 3)] : cat_eyes[mote_rng_below(rng, 5)];
    p->nose = noses[mote_rng_below(rng, 3)];
}

static pet_ears draw_ear_kind(mote_rng *rng, bool dog)
{
    const double u = (double)mote_rng_float(rng);
    if (!dog)
        return PET_EARS_UP;
    return u < 0.72 ? PET_EARS_FLOPPY : u < 0.90 ? PET_EARS_FOLDED : PET_EARS_UP;
}

pet pets_draw_lots(mote_rng *rng, bool dog)
{
    pet p = {.dog = dog};
    p.pose = (pet_pose)mote_rng_below(rng, PET_N_POSES);
    p.pattern = (pet_pattern)mote_rng_below(rng, PET_N_PATTERNS);
    p.coat = draw_coat(rng);
    p.second = pets_chance(rng, 0.6) ? (pet_colour){0.93, 0.91, 0.87} : draw_coat(rng);
    p.collar = (pet_colour){pets_between(rng, 0.1, 0.9), pets_between(rng, 0.1, 0.7), pets_between(rng, 0.1, 0.8)};
    const double angle = pets_between(rng, -2.6, -0.5); /* from above, left or right */
    p.light_x = cos(angle);
    p.light_y = sin(angle);
    p.yaw = pets_between(rng, -1, 1);
    p.tilt = pets_between(rng, -0.38, 0.38);
    p.ear_size = pets_between(rng, 0.8, 1.2);
    p.muzzle = pets_between(rng, 0.85, 1.15);
    p.pupil = pets_between(rng, 0.16, 0.75);
    p.tail_curl = pets_between(rng, -1, 1);
    p.fatness = pets_between(rng, 0.85, 1.2);
    p.leg_length = pets_between(rng, 0.85, 1.15);
    p.ears = draw_ear_kind(rng, dog);
    p.tongue = dog && pets_chance(rng, 0.45);
    p.has_collar = pets_chance(rng, 0.25);
    p.eyes_closed = pets_chance(rng, 0.07);
    p.mirrored = pets_chance(rng, 0.5);
    draw_eyes_and_nose(rng, &p);
    p.rng = mote_rng_make(mote_rng_u64(rng), 0);
    return p;
}

static void draw_stripes(cairo_t *cr, pet *p)
{
    const pet_colour dark = pets_shade(p->coat, 0.45);
    const double turn = pets_between(&p->rng, -0.3, 0.3);
    for (int i = 0; i < 9; i++) {
        const double x = -1 + 0.25 * i + pets_between(&p->rng, -0.04, 0.04);
        cairo_new_path(cr);
        cairo_move_to(cr, x, -1.1);
        cairo_curve_to(cr, x + turn, -0.5, x - turn, 0, x + turn, pets_between(&p->rng, 0, 0.7));
        pets_source(cr, dark, 0.55);
        cairo_set_line_width(cr, pets_between(&p->rng, 0.06, 0.11));
        cairo_stroke(cr);
    }
}

void pets_draw_marks(cairo_t *cr, pet *p)
{
    if (p->pattern == PET_STRIPES)
        draw_stripes(cr, p);
    if (p->pattern != PET_PATCHES)
        return;
    for (int i = 0; i < 3; i++) {
        const double x = pets_between(&p->rng, -0.9, 0.9), y = pets_between(&p->rng, -0.9, 0.6);
        pets_ellipse(cr, x, y, pets_between(&p->rng, 0.25, 0.6), pets_between(&p->rng, 0.2, 0.5),
                     pets_between(&p->rng, 0, 3));
        pets_source(cr, p->second, 0.92);
        cairo_fill(cr);
    }
}

/* The path filled as coat, with its marks; box: where the marks' square lies. */
static void fill_coat(cairo_t *cr, pet *p, double x, double y, double half)
{
    cairo_path_t *path = cairo_copy_path(cr);
    pets_fill(cr, p, p->coat);
    cairo_save(cr);
    cairo_append_path(cr, path);
    cairo_clip(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, half, half);
    pets_draw_marks(cr, p);
    cairo_restore(cr);
    cairo_path_destroy(path);
}

static pet_colour paw_colour(const pet *p)
{
    return p->pattern == PET_BICOLOUR ? p->second : p->coat;
}

static void draw_paw(cairo_t *cr, const pet *p, double x, double y, double r)
{
    cairo_new_path(cr);
    pets_ellipse(cr, x, y, r * 1.25, r * 0.8, 0);
    pets_fill(cr, p, paw_colour(p));
}

/* A cat's tail is long, thin and even; a dog's is shorter, and tapers. */
static void draw_tail(cairo_t *cr, const pet *p, double x, double y, double side)
{
    const double c = p->tail_curl;
    if (p->dog) {
        const double points[4][2] = {{x, y},
                                     {x + side * 0.12, y - 0.06},
                                     {x + side * 0.2, y - 0.16 - 0.08 * c},
                                     {x + side * (0.2 + 0.04 * c), y - 0.28}};
        pets_limb(cr, p, points, 0.10, 0.035, pets_shade(p->coat, 0.9));
    } else {
        const double points[4][2] = {{x, y},
                                     {x + side * 0.30, y + 0.05},
                                     {x + side * 0.12, y - 0.32},
                                     {x + side * (0.32 + 0.10 * c), y - 0.46 - 0.08 * c}};
        pets_limb(cr, p, points, 0.075, 0.06, pets_shade(p->coat, 0.9));
    }
}

static void place_head(cairo_t *cr, pet *p, double x, double y, double radius)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, radius, radius);
    pets_draw_head(cr, p);
    cairo_restore(cr);
}

static void draw_collar(cairo_t *cr, const pet *p, double x, double y, double rx)
{
    if (!p->has_collar)
        return;
    cairo_new_path(cr);
    cairo_move_to(cr, x - rx, y);
    cairo_curve_to(cr, x - rx * 0.5, y + rx * 0.45, x + rx * 0.5, y + rx * 0.45, x + rx, y);
    pets_source(cr, p->collar, 1);
    cairo_set_line_width(cr, 0.045);
    cairo_stroke(cr);
}

static void draw_portrait(cairo_t *cr, pet *p)
{
    const double f = p->fatness;
    const double shoulders[][2] = {{-0.16, 0.0},    {0.16, 0.0},      {0.30 * f, 0.38},  {0.52 * f, 0.62},
                                   {0.55 * f, 1.1}, {-0.55 * f, 1.1}, {-0.52 * f, 0.62}, {-0.30 * f, 0.38}};
    cairo_new_path(cr);
    pets_blob(cr, shoulders, 8);
    fill_coat(cr, p, 0, 0.6, 0.6);
    draw_collar(cr, p, 0, 0.33, 0.26 * f);
    place_head(cr, p, 0, -0.02, 0.38);
}

static void draw_sitting(cairo_t *cr, pet *p)
{
    const double f = p->fatness, l = p->leg_length;
    draw_tail(cr, p, 0.16 * f, 0.40, 1);
    for (int i = 0; i < 2; i++) { /* haunches */
        const double side = i ? 1 : -1;
        cairo_new_path(cr);
        pets_ellipse(cr, side * 0.19 * f, 0.34, 0.15 * f, 0.17, side * 0.3);
        pets_fill(cr, p, pets_shade(p->coat, 0.86));
        draw_paw(cr, p, side * 0.24 * f, 0.49, 0.065);
    }
    const double body[][2] = {{-0.10, -0.12}, {0.10, -0.12}, {0.19 * f, 0.10},  {0.22 * f, 0.35},
                              {0.12, 0.48},   {-0.12, 0.48}, {-0.22 * f, 0.35}, {-0.19 * f, 0.10}};
    cairo_new_path(cr);
    pets_blob(cr, body, 8);
    fill_coat(cr, p, 0, 0.18, 0.32);
    if (p->pattern == PET_BICOLOUR) {
        pets_ellipse(cr, 0, 0.12, 0.10, 0.17, 0);
        pets_source(cr, p->second, 0.9);
        cairo_fill(cr);
    }
    const double wide = p->dog ? 0.095 : 0.075;
    for (int i = 0; i < 2; i++) {
        const double x = (i ? 1 : -1) * 0.075;
        const double leg[4][2] = {{x, 0.10}, {x * 1.1, 0.22}, {x, 0.34}, {x, 0.38 + 0.11 * l}};
        pets_limb(cr, p, leg, wide * 1.2, wide, pets_shade(p->coat, 1.02));
        draw_paw(cr, p, x, 0.40 + 0.11 * l, 0.052);
    }
    draw_collar(cr, p, 0, -0.06, 0.13);
    place_head(cr, p, 0, -0.25, p->dog ? 0.215 : 0.205);
}

static void draw_standing(cairo_t *cr, pet *p)
{
    const double f = p->fatness, l = p->leg_length * (p->dog ? 0.34 : 0.27), wide = p->dog ? 0.085 : 0.065;
    const double ground = 0.16 + l, top = p->dog ? 0 : 0.03;
    draw_tail(cr, p, 0.36, -0.06 + top, 1);
    for (int i = 0; i < 2; i++) { /* the far legs are in shade */
        const double x = i ? 0.24 : -0.18;
        const double leg[4][2] = {{x, 0.05}, {x + 0.04, 0.1}, {x + 0.02, ground - 0.1}, {x + 0.02, ground - 0.02}};
        pets_limb(cr, p, leg, wide * 1.3, wide * 0.9, pets_shade(p->coat, 0.6));
    }
    const double body[][2] = {{-0.34, -0.10 + top},     {-0.10, -0.15 + top}, {0.18, -0.14 + top},
                              {0.38, -0.07 + top},      {0.38, 0.10},         {0.15, 0.12 + 0.05 * f},
                              {-0.15, 0.12 + 0.06 * f}, {-0.36, 0.12}};
    cairo_new_path(cr);
    pets_blob(cr, body, 8);
    fill_coat(cr, p, 0, 0, 0.42);
    for (int i = 0; i < 2; i++) {
        const double x = i ? 0.30 : -0.26;
        const double leg[4][2] = {{x, 0.0}, {x + (i ? 0.06 : -0.01), 0.14}, {x - 0.02, ground - 0.12}, {x, ground}};
        pets_limb(cr, p, leg, wide * 1.8, wide, p->coat);
        draw_paw(cr, p, x - 0.015, ground + 0.02, 0.048);
    }
    const double neck[4][2] = {{-0.26, 0.02}, {-0.33, -0.05}, {-0.38, -0.12}, {-0.42, -0.20}};
    pets_limb(cr, p, neck, 0.26, 0.19, p->coat);
    place_head(cr, p, -0.44, -0.26 + top, p->dog ? 0.205 : 0.195);
}

static void draw_lying(cairo_t *cr, pet *p)
{
    const double f = p->fatness;
    draw_tail(cr, p, 0.42, 0.26, p->dog ? 1 : 0.7);
    const double body[][2] = {{-0.36, 0.02}, {-0.10, -0.10 * f}, {0.22, -0.08 * f}, {0.44, 0.06},
                              {0.48, 0.24},  {0.36, 0.34},       {-0.30, 0.34},     {-0.44, 0.22}};
    cairo_new_path(cr);
    pets_blob(cr, body, 8);
    fill_coat(cr, p, 0.05, 0.1, 0.45);
    cairo_new_path(cr);
    pets_ellipse(cr, 0.30, 0.20, 0.16 * f, 0.14, -0.2);
    pets_fill(cr, p, pets_shade(p->coat, 0.94));
    for (int i = 0; i < 2; i++) {
        const double y = 0.30 + 0.05 * i, reach = p->dog ? -0.62 : -0.52;
        const double leg[4][2] = {{-0.24, y - 0.02}, {-0.36, y - 0.02}, {-0.44, y + 0.02}, {reach, y + 0.02}};
        pets_limb(cr, p, leg, 0.10, p->dog ? 0.075 : 0.06, p->coat);
        draw_paw(cr, p, reach, y + 0.015, 0.048);
    }
    place_head(cr, p, -0.34, -0.02, p->dog ? 0.225 : 0.215);
}

void pets_draw_animal(cairo_t *cr, pet *p)
{
    cairo_save(cr);
    if (p->mirrored) {
        cairo_scale(cr, -1, 1);
        p->light_x = -p->light_x; /* light stays where it is in the photo */
    }
    switch (p->pose) {
    case PET_PORTRAIT:
        draw_portrait(cr, p);
        break;
    case PET_SITTING:
        draw_sitting(cr, p);
        break;
    case PET_STANDING:
        draw_standing(cr, p);
        break;
    case PET_LYING:
    case PET_N_POSES:
        draw_lying(cr, p);
        break;
    }
    cairo_restore(cr);
}
