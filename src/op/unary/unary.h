/* Options of the operators that map one tensor element by element; field names are the schema's. */
#ifndef MOTE_OP_UNARY_UNARY_H
#define MOTE_OP_UNARY_UNARY_H

#include "op/op.h"

typedef struct mote_leaky_relu_params {
    float alpha; /* slope below zero */
} mote_leaky_relu_params;

typedef struct mote_gelu_params {
    bool approximate; /* the tanh form in place of erf */
} mote_gelu_params;

#endif
