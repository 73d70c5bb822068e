/* Options of MIRROR_PAD and RESIZE_NEAREST_NEIGHBOR. */
#ifndef MOTE_OP_REMAP_REMAP_H
#define MOTE_OP_REMAP_REMAP_H

#include "op/op.h"

typedef struct mote_mirror_pad_params {
    int32_t mode; /* 0: the edge is not repeated (REFLECT), 1: it is (SYMMETRIC) */
} mote_mirror_pad_params;

typedef struct mote_resize_params {
    bool align_corners, half_pixel_centers;
} mote_resize_params;

/* Infers [batch, size[0], size[1], channels]; for RESIZE_BILINEAR too. */
mote_status mote_infer_resize(const mote_op_io *io, mote_error *err);

#endif
