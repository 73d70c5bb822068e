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

/* LOGISTIC and TANH on int16 codes of that scale: steps of 1 / (3 * 4096) in a code. */
static inline double mote_sigmoid_steps(float scale)
{
    return (double)scale * 4096.0 * 3.0;
}

/* Whether these are so many that TFLite's product of 32 bits overflows: from a scale of 5.33 on. */
static inline bool mote_sigmoid_overflows(float scale)
{
    return mote_sigmoid_steps(scale) >= 65536.0;
}

#endif
