/* Pictures that mote draws: a grid of a dataset's photos, and photos of cats and dogs that never were. */
#ifndef MOTE_DRAW_H
#define MOTE_DRAW_H

#include <mote/report.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- a grid of labelled photos --- */
typedef struct mote_grid {
    const mote_dataset *dataset;
    const mote_slice *slice;
    int32_t count;                /* the first so many that can be read, 1…MOTE_GRID_MAX */
    const char *title, *subtitle; /* any bytes; may be NULL */
    bool strict;                  /* an unreadable example is an error, else it is left out */
    void (*on_skip)(void *arg, const char *name, const mote_error *err); /* may be NULL */
    void *on_skip_arg;
} mote_grid;
enum { MOTE_GRID_MAX = 400 };

/* Each photo whole, with its class, name and size. Errors: count out of range, nothing readable, out of memory, out. */
MOTE_API mote_status mote_grid_draw(const mote_grid *grid, const mote_chart_options *options, FILE *out,
                                    mote_error *err);

/* The grid as a section of a report, a line of text below it (NULL: none). */
MOTE_API mote_status mote_report_add_grid(mote_report *report, const mote_grid *grid, const char *heading,
                                          const char *caption, mote_error *err);

/* --- drawn pets --- */
enum { MOTE_PET_CAT, MOTE_PET_DOG, MOTE_N_PETS };
enum { MOTE_PET_MIN_PX = 16, MOTE_PET_MAX_PX = 2048 };

MOTE_API const char *mote_pet_name(int32_t kind); /* "cat", "dog" */
/* Photo `index` of a set: varied in pose, coat, light, background, sharpness, and in what stands before the animal.
 * The same pixels for the same seed, index, kind and px, whoever calls. Thread-safe. image: RGB, from allocator. */
MOTE_API mote_status mote_pet_draw(uint64_t seed, int64_t index, int32_t kind, int32_t px,
                                   const mote_allocator *allocator, mote_image *image, mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
