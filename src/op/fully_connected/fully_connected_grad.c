/* As a 1x1 convolution over an image that is one pixel wide. */
#include "op/conv_2d/conv_grad.h"
#include "op/fully_connected/fully_connected.h"

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_fully_connected_params *params = grad->io->node->params;
    const mote_shape *filter = &grad->io->inputs[1]->shape;
    mote_conv_pass *pass = mote_run_persistent(run, sizeof *pass);
    if (!pass)
        return mote_error_no_memory(err);
    grad->state = pass;
    const int64_t rows = mote_shape_count(&grad->io->inputs[0]->shape) / filter->dims[1];
    *pass = (mote_conv_pass){
        .h = {.in = 1, .out = 1, .filter = 1, .stride = 1, .dilation = 1},
        .w = {.in = 1, .out = 1, .filter = 1, .stride = 1, .dilation = 1},
        .batch = rows,
        .in_c = filter->dims[1],
        .out_c = filter->dims[0],
        .groups = 1,
    };
    mote_conv_pass_plan(run, pass);
    return mote_need_no_activation(params->activation, err);
}

const mote_op_grad mote_op_grad_fully_connected = {
    .needs_inputs = 1 << 0 | 1 << 1,
    .flags = MOTE_GRAD_ADDS,
    .plan = plan,
    .forward = mote_conv_grad_forward,
    .backward = mote_conv_grad_backward,
    .products = mote_conv_grad_products,
};
