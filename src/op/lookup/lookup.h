/* Options of the operators that place and find elements by index. */
#ifndef MOTE_OP_LOOKUP_LOOKUP_H
#define MOTE_OP_LOOKUP_LOOKUP_H

#include "op/op.h"

typedef struct mote_one_hot_params {
    int32_t axis; /* of the output; -1: the last */
} mote_one_hot_params;

typedef struct mote_sparse_to_dense_params {
    bool validate_indices; /* read and written; indices are always checked */
} mote_sparse_to_dense_params;

typedef struct mote_lsh_projection_params {
    int32_t type; /* 1 sparse: a number for each row of seeds; 2 dense: a bit for each seed */
} mote_lsh_projection_params;

typedef struct mote_bucketize_params {
    mote_i32_vec boundaries; /* floats' bits */
} mote_bucketize_params;

typedef struct mote_embedding_lookup_sparse_params {
    int32_t combiner; /* 0 sum, 1 mean, 2 by the root of the weights' squares */
} mote_embedding_lookup_sparse_params;

#endif
