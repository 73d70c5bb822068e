#include "op/move/copy_nd.h"
#include "op/op_infer.h"

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run;
    const mote_op_io *io = grad->io;
    const mote_shape *in = &io->inputs[0]->shape;
    int64_t in_stride[MOTE_MAX_RANK];
    mote_box box = {.rank = in->rank, .element_bytes = sizeof(float)};
    mote_row_strides(in, sizeof(float), in_stride);
    mote_row_strides(&io->outputs[0]->shape, sizeof(float), box.source_stride);
    for (int32_t d = 0; d < in->rank; d++) {
        int64_t axis;
        if (!mote_infer_read_int(io->inputs[1], d, &axis))
            return mote_error_set(err, MOTE_UNSUPPORTED, "a permutation that is not constant");
        axis = axis < 0 ? axis + in->rank : axis;
        box.dims[d] = in->dims[axis];
        box.target_stride[d] = in_stride[axis];
    }
    mote_copy_box(&box, grad->d_outputs[0], grad->d_inputs[0]);
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_transpose = {.backward = backward};
