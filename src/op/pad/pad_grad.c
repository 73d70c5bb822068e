#include "op/move/copy_nd.h"
#include "op/op_infer.h"

/* The middle of dy. */
static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run;
    const mote_op_io *io = grad->io;
    const mote_shape *in = &io->inputs[0]->shape;
    mote_box box = {.rank = in->rank, .element_bytes = sizeof(float)};
    mote_row_strides(&io->outputs[0]->shape, sizeof(float), box.source_stride);
    mote_row_strides(in, sizeof(float), box.target_stride);
    const char *source = (const char *)grad->d_outputs[0];
    for (int32_t d = 0; d < in->rank; d++) {
        int64_t before;
        if (!mote_infer_read_int(io->inputs[1], 2 * d, &before))
            return mote_error_set(err, MOTE_UNSUPPORTED, "paddings that are not constant");
        box.dims[d] = in->dims[d];
        source += before * box.source_stride[d];
    }
    if (grad->d_inputs[0])
        mote_copy_box(&box, source, grad->d_inputs[0]);
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_pad = {.backward = backward};
const mote_op_grad mote_op_grad_padv2 = {.backward = backward};
