/* BATCH_MATMUL's options: products of the matrices in the last two dimensions, the others broadcast. */
#ifndef MOTE_OP_BATCH_MATMUL_BATCH_MATMUL_H
#define MOTE_OP_BATCH_MATMUL_BATCH_MATMUL_H

#include "op/op.h"

typedef struct mote_batch_matmul_params {
    bool adj_x, adj_y; /* the matrices of input 0, input 1 are transposed first */
    bool asymmetric_quantize_inputs;
} mote_batch_matmul_params;

#endif
