/* Options of SPACE_TO_DEPTH and DEPTH_TO_SPACE. */
#ifndef MOTE_OP_SPACE_DEPTH_SPACE_DEPTH_H
#define MOTE_OP_SPACE_DEPTH_SPACE_DEPTH_H

#include "op/op.h"

typedef struct mote_space_depth_params {
    int32_t block_size;
} mote_space_depth_params;

#endif
