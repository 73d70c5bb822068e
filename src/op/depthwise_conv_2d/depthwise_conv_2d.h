/* DEPTHWISE_CONV_2D's options. The filter is [1, height, width, input channels * depth_multiplier]. */
#ifndef MOTE_OP_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_H
#define MOTE_OP_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_H

#include "op/conv_2d/window.h"
#include "op/op.h"

typedef struct mote_depthwise_conv_2d_params {
    mote_conv_window window;  /* first: see mote_conv_window_of */
    int32_t depth_multiplier; /* the shapes decide; old files state 0 */
    int32_t activation;       /* mote_activation */
} mote_depthwise_conv_2d_params;

#endif
