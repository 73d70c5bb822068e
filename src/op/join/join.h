/* Options of the operators that put tensors together along an axis, or take one apart; field names are the schema's. */
#ifndef MOTE_OP_JOIN_JOIN_H
#define MOTE_OP_JOIN_JOIN_H

#include "op/op.h"

typedef struct mote_concatenation_params {
    int32_t axis;
    int32_t fused_activation_function; /* mote_activation; TFLite refuses others than NONE */
} mote_concatenation_params;

typedef struct mote_pack_params {
    int32_t values_count, axis;
} mote_pack_params;

typedef struct mote_unpack_params {
    int32_t num, axis;
} mote_unpack_params;

typedef struct mote_split_params {
    int32_t num_splits;
} mote_split_params;

typedef mote_split_params mote_split_v_params;

#endif
