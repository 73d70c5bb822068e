/* DEPTHWISE_CONV_2D's options. The filter is [1, height, width, input channels * depth_multiplier]. */
#ifndef MOTE_OP_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_H
#define MOTE_OP_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_H

#include "op/conv_2d/window.h"
#include "op/op.h"

typedef struct mote_depthwise_conv_2d_params {
    int32_t padding; /* mote_padding */
    int32_t stride_h, stride_w;
    int32_t depth_multiplier; /* the shapes decide; old files state 0 */
    int32_t activation;       /* mote_activation */
    int32_t dilation_h_factor, dilation_w_factor;
    /* Set by the trainer only, with VALID: rows and columns of zeros before and after the image. */
    int32_t pad_before[2], pad_after[2];
} mote_depthwise_conv_2d_params;

mote_status mote_depthwise_conv_2d_window(const mote_depthwise_conv_2d_params *params, const mote_shape *in,
                                          const mote_shape *filter, mote_window_axis *h, mote_window_axis *w,
                                          mote_error *err);

#endif
