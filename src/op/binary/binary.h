/* Options of the operators that combine two tensors element by element; field names are the schema's. */
#ifndef MOTE_OP_BINARY_BINARY_H
#define MOTE_OP_BINARY_BINARY_H

#include "op/op.h"

typedef struct mote_add_params {
    int32_t fused_activation_function; /* mote_activation */
    bool pot_scale_int16; /* int16 with power-of-two scales: shifts in place of multipliers; the schema's default is
                             true */
} mote_add_params;

typedef mote_add_params mote_sub_params;

typedef struct mote_mul_params {
    int32_t fused_activation_function; /* mote_activation */
} mote_mul_params;

typedef mote_mul_params mote_div_params;

#endif
