/* TRANSPOSE_CONV's options. Inputs: the output's shape, filter [out, height, width, in], input, bias. */
#ifndef MOTE_OP_TRANSPOSE_CONV_TRANSPOSE_CONV_H
#define MOTE_OP_TRANSPOSE_CONV_TRANSPOSE_CONV_H

#include "op/op.h"

typedef struct mote_transpose_conv_params {
    int32_t padding; /* mote_padding */
    int32_t stride_h, stride_w;
    int32_t activation;          /* mote_activation */
    int32_t quantized_bias_type; /* mote_dtype; FLOAT32: not stated */
} mote_transpose_conv_params;

#endif
