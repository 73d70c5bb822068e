#include "op/conv_2d/conv_grad.h"

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_conv_2d_params *params = grad->io->node->params;
    const mote_shape *in = &grad->io->inputs[0]->shape, *filter = &grad->io->inputs[1]->shape;
    mote_conv_pass *pass = mote_run_persistent(run, sizeof *pass);
    if (!pass)
        return mote_error_no_memory(err);
    grad->state = pass;
    *pass = (mote_conv_pass){
        .batch = in->dims[0],
        .in_c = in->dims[3],
        .out_c = filter->dims[0],
        .groups = in->dims[3] / filter->dims[3],
        .grad = grad,
    };
    mote_status status = mote_need_no_activation(params->activation, err);
    if (status == MOTE_OK)
        status = mote_conv_window_make(&params->window, in, filter, &pass->h, &pass->w, err);
    if (status == MOTE_OK)
        mote_conv_pass_plan(run, pass);
    return status;
}

mote_status mote_conv_grad_forward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    mote_conv_pass_output(run, grad->state, io->inputs[0]->data, io->inputs[1]->data, bias ? bias->data : NULL,
                          io->outputs[0]->data);
    return MOTE_OK;
}

mote_status mote_conv_grad_backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    float *db = io->n_inputs > 2 ? grad->d_inputs[2] : NULL;
    mote_conv_pass_backward(run, grad->state, io->inputs[0]->data, grad->d_outputs[0], io->inputs[1]->data,
                            grad->d_inputs[0], grad->add & 1, grad->d_inputs[1], db);
    return MOTE_OK;
}

int64_t mote_conv_grad_products(const mote_op_io *io)
{
    const mote_shape *filter = &io->inputs[1]->shape;
    return mote_shape_count(&io->outputs[0]->shape) * mote_shape_span(filter, 1, filter->rank);
}

/* Only the input's gradient is ever added to: the bits of weights stay 0 (mote_trainer gives those memory of their
 * own). */
const mote_op_grad mote_op_grad_conv_2d = {
    .needs_inputs = 1 << 0 | 1 << 1,
    .flags = MOTE_GRAD_ADDS,
    .plan = plan,
    .forward = mote_conv_grad_forward,
    .backward = mote_conv_grad_backward,
    .products = mote_conv_grad_products,
};
