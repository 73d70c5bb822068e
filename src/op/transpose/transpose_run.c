#include "op/move/copy_nd.h"
#include "op/op_infer.h"

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[0], err);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_tensor *input = io->inputs[0];
    const mote_op_def *def = mote_op_find(io->node->op);
    if (!mote_shape_is_known(&io->outputs[0]->shape)) {
        mote_tensor probe = *io->outputs[0];
        mote_tensor *const probes[] = {&probe};
        mote_op_io now = *io;
        now.outputs = probes;
        mote_status status = def->infer(&now, err);
        if (status == MOTE_OK)
            status = mote_run_resize_output(run, io, 0, &probe.shape, err);
        if (status != MOTE_OK)
            return status;
    }
    const size_t element_bytes = mote_dtype_bytes(input->dtype);
    int64_t in_stride[MOTE_MAX_RANK];
    mote_box box = {.rank = input->shape.rank, .element_bytes = element_bytes};
    mote_row_strides(&input->shape, element_bytes, in_stride);
    mote_row_strides(&io->outputs[0]->shape, element_bytes, box.target_stride);
    for (int32_t i = 0; i < box.rank; i++) {
        int64_t axis;
        if (!mote_infer_read_int(io->inputs[1], i, &axis))
            return mote_error_set(err, MOTE_ARGUMENT, "the permutation must be int32");
        axis = axis < 0 ? axis + box.rank : axis;
        box.dims[i] = input->shape.dims[axis];
        box.source_stride[i] = in_stride[axis];
    }
    if (mote_shape_count(&input->shape) > 0)
        mote_copy_box(&box, input->data, io->outputs[0]->data);
    return MOTE_OK;
}

const mote_op_run mote_op_run_transpose = {prepare, eval};
