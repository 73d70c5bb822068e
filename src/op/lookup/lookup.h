/* Options of the operators that place elements by index. */
#ifndef MOTE_OP_LOOKUP_LOOKUP_H
#define MOTE_OP_LOOKUP_LOOKUP_H

#include "op/op.h"

typedef struct mote_one_hot_params {
    int32_t axis; /* of the output; -1: the last */
} mote_one_hot_params;

typedef struct mote_sparse_to_dense_params {
    bool validate_indices; /* read and written; indices are always checked */
} mote_sparse_to_dense_params;

#endif
