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

/* The index along input dimension d that index i of the output takes, for TILE, BROADCAST_TO, MIRROR_PAD, REVERSE_V2
 * and RESIZE_NEAREST_NEIGHBOR; outside the input: the node is not valid. */
int64_t mote_remap_source(const mote_op_io *io, int32_t d, int64_t i);

#endif
