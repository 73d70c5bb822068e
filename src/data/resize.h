/*
 * A bilinear resize that takes lines as they are decoded: no whole image need ever be in memory. tf.image.resize's
 * arithmetic, to the bit: half-pixel centres, no antialias, horizontal first, float32.
 *
 * Of a large photo it reads at most two lines and two columns for each that it makes. Those pixels alone ("kept") are
 * enough to make the same floats again.
 */
#ifndef MOTE_DATA_RESIZE_H
#define MOTE_DATA_RESIZE_H

#include <mote/data.h>

#include "kernels/kernels.h"

typedef struct mote_lerp {
    int32_t lower, upper;
    float weight; /* of upper */
} mote_lerp;

typedef struct mote_resizer {
    const mote_allocator *allocator;
    int32_t in_height, in_width, channels, height, width;
    mote_lerp *ys;         /* height */
    int32_t *left, *right; /* width: where the pixels to blend begin in a line, in values */
    float *weights;        /* width * channels */
    float *lines[2];       /* the two source lines at hand, already of the new width */
    int32_t held[2];       /* which they are */
    int32_t next;          /* the row of out to be made next */
    int32_t n_columns;     /* in a kept line; 0: lines are whole */
    int32_t *columns;      /* which, rising */
    float *out;
    mote_u8_lerp_fn *u8_lerp;
    mote_f32_lerp_fn *f32_lerp;
} mote_resizer;

/* out: height x width x channels. MOTE_NO_MEMORY leaves nothing behind. The kernels are chosen once by the caller: to
 * ask the processor costs a good part of a small photo's resize. */
mote_status mote_resizer_init(mote_resizer *resizer, const mote_allocator *allocator, const mote_kernels *kernels,
                              int32_t in_height, int32_t in_width, int32_t channels, int32_t height, int32_t width,
                              float *out);
void mote_resizer_fini(mote_resizer *resizer);
/* Lines come in order; those that no row reads may be left out. */
bool mote_resizer_reads(const mote_resizer *resizer, int32_t y);
void mote_resizer_line_u8(mote_resizer *resizer, int32_t y, const unsigned char *line);
void mote_resizer_line_f32(mote_resizer *resizer, int32_t y, const float *line);

/* From here on lines hold the kept columns only; mote_resizer_keep makes such a line of a whole one. */
mote_status mote_resizer_keep_columns(mote_resizer *resizer);
void mote_resizer_keep(const mote_resizer *resizer, const unsigned char *line, unsigned char *kept);
/* Bytes of a kept photo, lines in order. */
size_t mote_resizer_kept_bytes(const mote_resizer *resizer);
/* The whole resize from a kept photo. */
void mote_resizer_run_kept(mote_resizer *resizer, const unsigned char *kept);

#endif
