/* Options of AVERAGE_POOL_2D and MAX_POOL_2D. */
#ifndef MOTE_OP_AVERAGE_POOL_2D_POOL_2D_H
#define MOTE_OP_AVERAGE_POOL_2D_POOL_2D_H

#include "op/conv_2d/window.h"
#include "op/op.h"

typedef struct mote_pool_2d_params {
    int32_t padding; /* mote_padding */
    int32_t stride_h, stride_w, filter_height, filter_width;
    int32_t activation; /* mote_activation */
} mote_pool_2d_params;

/* Of images `in`, which must have rank 4. */
mote_status mote_pool_2d_window(const mote_pool_2d_params *params, const mote_shape *in, mote_window_axis *h,
                                mote_window_axis *w, mote_error *err);

#endif
