/* Options of CUMSUM; ADD_N has none. Field names are the schema's. */
#ifndef MOTE_OP_ACCUMULATE_ACCUMULATE_H
#define MOTE_OP_ACCUMULATE_ACCUMULATE_H

#include "op/op.h"

typedef struct mote_cumsum_params {
    bool exclusive; /* element i is left out of sum i */
    bool reverse;   /* from the end of the axis */
} mote_cumsum_params;

#endif
