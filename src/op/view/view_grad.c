#include "op/op.h"

#include <string.h>

/* The trainer lets both gradients share memory where it can. */
static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run, (void)err;
    const int64_t n = mote_shape_count(&grad->io->inputs[0]->shape);
    if (grad->d_inputs[0] != grad->d_outputs[0] && n > 0)
        memcpy(grad->d_inputs[0], grad->d_outputs[0], (size_t)n * sizeof(float));
    return MOTE_OK;
}

#define GRAD(symbol) const mote_op_grad mote_op_grad_##symbol = {.flags = MOTE_GRAD_IN_PLACE, .backward = backward};

GRAD(cast) /* between floats; to and from integers it has no derivative, and nobody asks */
GRAD(reshape)
GRAD(squeeze)
GRAD(expand_dims)

/* They look at the shape only. */
const mote_op_grad mote_op_grad_shape = {0};
const mote_op_grad mote_op_grad_rank = {0};
