/* What the gradients of the two-input operators share with MUL's, which has a form of its own. */
#ifndef MOTE_OP_BINARY_BINARY_GRAD_H
#define MOTE_OP_BINARY_BINARY_GRAD_H

#include "op/broadcast.h"

typedef struct mote_binary_grad_state {
    mote_broadcast plan;
    int64_t images, pixels, channels; /* of a gate (mul_grad.c); images 0: it is none */
    int64_t chunk_rows;
    const struct mote_kernels *kernels;
} mote_binary_grad_state;

mote_status mote_binary_grad_plan(mote_run *run, mote_grad *grad, mote_error *err);
/* Both gradients of a product, of any broadcast. */
mote_status mote_mul_grad_plain(mote_run *run, const mote_grad *grad);

#endif
