/* TRANSPOSE_CONV's options. Inputs: the output's shape, filter [out, height, width, in], input, bias. */
#ifndef MOTE_OP_TRANSPOSE_CONV_TRANSPOSE_CONV_H
#define MOTE_OP_TRANSPOSE_CONV_TRANSPOSE_CONV_H

#include "op/conv_2d/window.h"
#include "op/op.h"

typedef struct mote_transpose_conv_params {
    int32_t padding; /* mote_padding */
    int32_t stride_h, stride_w;
    int32_t activation;          /* mote_activation */
    int32_t quantized_bias_type; /* mote_dtype; FLOAT32: not stated */
} mote_transpose_conv_params;

/* Of the convolution that this undoes, which reads images `out`. */
mote_status mote_transpose_conv_window(const mote_transpose_conv_params *params, const mote_shape *out,
                                       const mote_shape *filter, mote_window_axis *h, mote_window_axis *w,
                                       mote_error *err);

/* The size that MediaPipe's Convolution2DTransposeBias gives; MOTE_SHAPE when it is none. */
mote_status mote_grown_size(int32_t in, int32_t filter, int32_t stride, int32_t padding, int32_t *size,
                            mote_error *err);

#endif
