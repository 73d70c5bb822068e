/* GATHER's options. */
#ifndef MOTE_OP_GATHER_GATHER_H
#define MOTE_OP_GATHER_GATHER_H

#include "op/op.h"

typedef struct mote_gather_params {
    int32_t axis, batch_dims;
} mote_gather_params;

#endif
