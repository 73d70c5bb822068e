/* Pictures that mote draws: a grid of labelled photos, and photos of cats and dogs that never were. */
#ifndef MOTE_DRAW_H
#define MOTE_DRAW_H

#include <mote/data.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- a grid of photos --- */
typedef struct mote_grid_cell {
    const mote_image *image; /* uint8, 1 or 3 channels, any size: shown whole */
    const char *label;       /* UTF-8; long ones are cut */
    const char *note;        /* smaller, below the label; may be NULL */
    int32_t group;           /* cells of a group share a colour: the class */
} mote_grid_cell;

typedef struct mote_grid {
    const char *title, *subtitle; /* UTF-8; may be NULL */
    const mote_grid_cell *cells;
    int32_t n_cells;   /* 1…1000 */
    int32_t n_columns; /* <= 0: as square as it gets */
    int32_t cell_px;   /* side of a photo; <= 0: 224 */
} mote_grid;

/* *image: RGB, from allocator. MOTE_ARGUMENT, MOTE_NO_MEMORY. */
MOTE_API mote_status mote_grid_draw(const mote_grid *grid, const mote_allocator *allocator, mote_image *image,
                                    mote_error *err);

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
