/*
 * Drawn cats and dogs (mote/draw.h): what the files that draw them share. A photo is drawn back to front with cairo
 * (scene, animal, what stands before it), then goes through a simple camera. Lengths are in photo widths; y points
 * down.
 */
#ifndef MOTE_REPORT_PETS_H
#define MOTE_REPORT_PETS_H

#include <mote/draw.h>
#include <mote/rng.h>

#include <cairo.h>

typedef struct pet_colour {
    double r, g, b;
} pet_colour;

typedef enum pet_pattern { PET_PLAIN, PET_BICOLOUR, PET_PATCHES, PET_STRIPES, PET_N_PATTERNS } pet_pattern;
typedef enum pet_pose { PET_PORTRAIT, PET_SITTING, PET_STANDING, PET_LYING, PET_N_POSES } pet_pose;
typedef enum pet_ears { PET_EARS_UP, PET_EARS_FLOPPY, PET_EARS_FOLDED } pet_ears;

/* One animal. Coats, light and poses are drawn alike for both kinds: only the build tells them apart. */
typedef struct pet {
    bool dog;
    pet_pose pose;
    pet_pattern pattern;
    pet_ears ears;
    pet_colour coat, second, iris, nose, collar;
    double light_x, light_y; /* where light comes from, a unit vector */
    double yaw, tilt;        /* of the head: -1 (its left) … 1; radians */
    double ear_size, muzzle, pupil, tail_curl, fatness, leg_length;
    bool tongue, has_collar, eyes_closed, mirrored;
    mote_rng rng; /* for marks on the coat */
} pet;

static inline double pets_between(mote_rng *rng, double low, double high)
{
    return low + (high - low) * (double)mote_rng_float(rng);
}

static inline bool pets_chance(mote_rng *rng, double p)
{
    return (double)mote_rng_float(rng) < p;
}

static inline pet_colour pets_mix(pet_colour a, pet_colour b, double t)
{
    return (pet_colour){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

static inline pet_colour pets_shade(pet_colour c, double factor)
{
    const pet_colour black = {0.02, 0.02, 0.03}, white = {1, 0.99, 0.96};
    return factor < 1 ? pets_mix(black, c, factor) : pets_mix(c, white, factor - 1);
}

/* --- pets_shapes.c: paths and their filling --- */
void pets_source(cairo_t *cr, pet_colour colour, double alpha);
void pets_ellipse(cairo_t *cr, double x, double y, double rx, double ry, double angle);
/* A closed curve through n points. */
void pets_blob(cairo_t *cr, const double (*points)[2], int n);
/* Fills the path as a rounded body of that colour in the animal's light; the path is used up. */
void pets_fill(cairo_t *cr, const pet *p, pet_colour colour);
/* A limb or tail: a thick line that tapers from one width to another along a curve of four control points. */
void pets_limb(cairo_t *cr, const pet *p, const double (*points)[2], double from, double to, pet_colour colour);

/* --- pets_animal.c, pets_head.c --- */
pet pets_draw_lots(mote_rng *rng, bool dog);
/* The head about (0, 0), of radius 1. */
void pets_draw_head(cairo_t *cr, pet *p);
/* The whole animal about (0, 0), about 1 high. */
void pets_draw_animal(cairo_t *cr, pet *p);
/* Stripes or patches within the current clip, over [-1, 1] squared. */
void pets_draw_marks(cairo_t *cr, pet *p);

/* --- pets_scene.c: over the unit square --- */
void pets_draw_background(cairo_t *cr, mote_rng *rng);
void pets_draw_foreground(cairo_t *cr, mote_rng *rng);

/* --- pets_camera.c --- */
/* Premultiplied BGRA as cairo has it, px x px each: what lies behind, the animal, and what lies before it. */
typedef struct pet_layers {
    const unsigned char *back, *animal, *front;
    int stride;
} pet_layers;
/* Fur, depth of field, light, lens and sensor; out is px x px x 3. false: out of memory. */
bool pets_photograph(const pet_layers *layers, int32_t px, mote_rng *rng, const mote_allocator *allocator,
                     unsigned char *out);

#endif
