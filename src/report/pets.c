#include "report/pets.h"

#include <string.h>

const char *mote_pet_name(int32_t kind)
{
    return kind == MOTE_PET_CAT ? "cat" : kind == MOTE_PET_DOG ? "dog" : NULL;
}

typedef struct canvas {
    cairo_surface_t *surface;
    cairo_t *cr;
} canvas;

/* Drawing units: the photo's width is 1. */
static canvas new_canvas(int32_t px)
{
    canvas c = {.surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, px, px)};
    c.cr = cairo_create(c.surface);
    cairo_scale(c.cr, px, px);
    return c;
}

static const unsigned char *pixels_of(const canvas *c)
{
    cairo_surface_flush(c->surface);
    return cairo_image_surface_get_data(c->surface);
}

/* cairo keeps the first error of a context and of a surface. */
static bool is_good(const canvas *c)
{
    return cairo_status(c->cr) == CAIRO_STATUS_SUCCESS && cairo_surface_status(c->surface) == CAIRO_STATUS_SUCCESS &&
           pixels_of(c);
}

static void free_canvas(canvas *c)
{
    cairo_destroy(c->cr);
    cairo_surface_destroy(c->surface);
}

/* How large an animal of a pose may be, so that most of it, and its head, is in the picture. */
static void place_animal(cairo_t *cr, mote_rng *rng, const pet *p)
{
    const bool portrait = p->pose == PET_PORTRAIT, wide = p->pose == PET_STANDING || p->pose == PET_LYING;
    const double size = portrait ? pets_between(rng, 0.68, 1.15)
                        : wide   ? pets_between(rng, 0.60, 0.84)
                                 : pets_between(rng, 0.78, 1.12);
    const double aside = wide ? 0.06 : 0.15; /* a wide one fills the picture from side to side */
    cairo_translate(cr, 0.5 + pets_between(rng, -aside, aside), 0.54 + pets_between(rng, -0.11, 0.12));
    cairo_rotate(cr, pets_between(rng, -0.16, 0.16));
    cairo_scale(cr, size, size);
    if (wide) /* its head is more to one side than its body to the other */
        cairo_translate(cr, p->mirrored ? -0.10 : 0.10, 0);
}

/* What the animal keeps from the light: a soft patch below it. */
static void draw_shadow(cairo_t *cr, const pet *p)
{
    if (p->pose == PET_PORTRAIT)
        return;
    const double y = p->pose == PET_LYING ? 0.36 : p->pose == PET_SITTING ? 0.5 : 0.47;
    for (int i = 1; i <= 5; i++) {
        pets_ellipse(cr, 0, y, 0.11 * i, 0.024 * i, 0);
        cairo_set_source_rgba(cr, 0, 0, 0, 0.13);
        cairo_fill(cr);
    }
}

mote_status mote_pet_draw(uint64_t seed, int64_t index, int32_t kind, int32_t px, const mote_allocator *allocator,
                          mote_image *image, mote_error *err)
{
    *image = (mote_image){.allocator = allocator};
    if (!mote_pet_name(kind) || px < MOTE_PET_MIN_PX || px > MOTE_PET_MAX_PX)
        return mote_error_set(err, MOTE_ARGUMENT, "a photo of %d pixels; from %d to %d are drawn", px, MOTE_PET_MIN_PX,
                              MOTE_PET_MAX_PX);
    mote_rng rng = mote_rng_make(seed, (uint64_t)index * MOTE_N_PETS + (uint64_t)kind);
    pet p = pets_draw_lots(&rng, kind == MOTE_PET_DOG);
    canvas back = new_canvas(px), animal = new_canvas(px), front = new_canvas(px);
    pets_draw_background(back.cr, &rng);
    place_animal(animal.cr, &rng, &p);
    draw_shadow(animal.cr, &p);
    pets_draw_animal(animal.cr, &p);
    pets_draw_foreground(front.cr, &rng);
    *image = (mote_image){.height = px, .width = px, .channels = 3, .dtype = MOTE_UINT8, .allocator = allocator};
    image->data = mote_alloc(allocator, 3 * (size_t)px * (size_t)px);
    mote_status status = MOTE_NO_MEMORY;
    if (image->data && is_good(&back) && is_good(&animal) && is_good(&front)) {
        const pet_layers layers = {pixels_of(&back), pixels_of(&animal), pixels_of(&front),
                                   cairo_image_surface_get_stride(back.surface)};
        if (pets_photograph(&layers, px, &rng, allocator, image->data))
            status = MOTE_OK;
    }
    free_canvas(&back);
    free_canvas(&animal);
    free_canvas(&front);
    if (status == MOTE_OK)
        return MOTE_OK;
    mote_image_free(image);
    return mote_error_set(err, status, "out of memory for a photo of %d x %d pixels", px, px);
}
