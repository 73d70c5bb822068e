/* FULLY_CONNECTED's options. The filter is [units, depth]. */
#ifndef MOTE_OP_FULLY_CONNECTED_FULLY_CONNECTED_H
#define MOTE_OP_FULLY_CONNECTED_FULLY_CONNECTED_H

#include "op/op.h"

typedef struct mote_fully_connected_params {
    int32_t activation;     /* mote_activation */
    int32_t weights_format; /* 0: rows of depth; 1: shuffled for another machine, which mote refuses */
    bool keep_num_dims;     /* the output keeps the input's leading dimensions */
    bool asymmetric_quantize_inputs;
    int32_t quantized_bias_type; /* mote_dtype; FLOAT32: not stated */
} mote_fully_connected_params;

#endif
