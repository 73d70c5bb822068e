#include "op/op_infer.h"

/* Inputs: the tensor, and for each output dimension the input dimension it is. */
static mote_status infer_transpose(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    mote_tensor *output = io->outputs[0];
    output->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2) || !io->inputs[1]->data) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    if (mote_shape_count(&io->inputs[1]->shape) != in->rank)
        return mote_error_set(err, MOTE_SHAPE, "a permutation of %d dimensions is needed", in->rank);
    mote_shape shape = {.rank = in->rank};
    uint32_t seen = 0;
    for (int32_t i = 0; i < in->rank; i++) {
        int64_t value;
        int32_t axis;
        if (!mote_infer_read_int(io->inputs[1], i, &value))
            return mote_error_set(err, MOTE_SHAPE, "the permutation must be int32");
        status = mote_infer_axis(value, in->rank, &axis, err);
        if (status != MOTE_OK)
            return status;
        if (seen >> axis & 1)
            return mote_error_set(err, MOTE_SHAPE, "the permutation names dimension %d twice", axis);
        seen |= 1u << axis;
        shape.dims[i] = in->dims[axis];
    }
    output->shape = shape;
    return MOTE_OK;
}

static int32_t version_transpose(const mote_op_io *io)
{
    if (io->inputs[0]->shape.rank > 5)
        return 6;
    if (io->inputs[0]->shape.rank > 4)
        return 4;
    switch (io->inputs[0]->dtype) {
    case MOTE_INT16:
    case MOTE_BOOL:
        return 3;
    case MOTE_INT8:
        return 2;
    default:
        return 1;
    }
}

const mote_op_def mote_op_def_transpose = {
    .name = "TRANSPOSE",
    .options_type = 26,
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_transpose,
    .version = version_transpose,
    .max_version = 9,
};
