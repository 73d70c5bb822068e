/* Options of the operators on sequences. */
#ifndef MOTE_OP_SEQUENCE_SEQUENCE_H
#define MOTE_OP_SEQUENCE_SEQUENCE_H

#include "op/op.h"

typedef struct mote_reverse_sequence_params {
    int32_t seq_dim, batch_dim;
} mote_reverse_sequence_params;

#endif
