/* Options of SPACE_TO_DEPTH and DEPTH_TO_SPACE. */
#ifndef MOTE_OP_SPACE_DEPTH_SPACE_DEPTH_H
#define MOTE_OP_SPACE_DEPTH_SPACE_DEPTH_H

#include "op/op.h"

typedef struct mote_space_depth_params {
    int32_t block_size;
} mote_space_depth_params;

/* Copies between the finer tensor (shape `fine`, which the block divides) and the deeper one. */
void mote_space_depth_move(int32_t block, const mote_shape *fine, bool to_depth, size_t element_bytes, const void *from,
                           void *to);

#endif
