/* One is the other's way back. */
#include "op/space_depth/space_depth.h"

static mote_status backward_to_depth(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run, (void)err;
    const mote_space_depth_params *params = grad->io->node->params;
    mote_space_depth_move(params->block_size, &grad->io->inputs[0]->shape, false, sizeof(float), grad->d_outputs[0],
                          grad->d_inputs[0]);
    return MOTE_OK;
}

static mote_status backward_to_space(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run, (void)err;
    const mote_space_depth_params *params = grad->io->node->params;
    mote_space_depth_move(params->block_size, &grad->io->outputs[0]->shape, true, sizeof(float), grad->d_outputs[0],
                          grad->d_inputs[0]);
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_space_to_depth = {.backward = backward_to_depth};
const mote_op_grad mote_op_grad_depth_to_space = {.backward = backward_to_space};
