/* Options of AVERAGE_POOL_2D and MAX_POOL_2D. */
#ifndef MOTE_OP_AVERAGE_POOL_2D_POOL_2D_H
#define MOTE_OP_AVERAGE_POOL_2D_POOL_2D_H

#include "op/op.h"

typedef struct mote_pool_2d_params {
    int32_t padding; /* mote_padding */
    int32_t stride_h, stride_w, filter_height, filter_width;
    int32_t activation; /* mote_activation */
} mote_pool_2d_params;

#endif
