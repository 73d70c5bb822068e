/* Options of SOFTMAX; LOG_SOFTMAX has none. Both work on the last axis. */
#ifndef MOTE_OP_SOFTMAX_SOFTMAX_H
#define MOTE_OP_SOFTMAX_SOFTMAX_H

#include "op/op.h"

typedef struct mote_softmax_params {
    float beta; /* scales the inputs; 1 in what Keras makes. The schema's default is 0 */
} mote_softmax_params;

#endif
