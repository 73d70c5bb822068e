/* PAD and PADV2: elements around a tensor, zeros (the zero point) or a given value. */
#include "op/op_infer.h"

static mote_status infer_pad(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    const mote_tensor *paddings = io->inputs[1];
    mote_tensor *output = io->outputs[0];
    output->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2) || !paddings->data) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    if (paddings->shape.rank != 2 || paddings->shape.dims[0] != in->rank || paddings->shape.dims[1] != 2)
        return mote_error_set(err, MOTE_SHAPE, "paddings must be %dx2", in->rank);
    mote_shape shape = *in;
    for (int32_t i = 0; i < in->rank; i++) {
        int64_t before, after;
        if (!mote_infer_read_int(paddings, 2 * i, &before) || !mote_infer_read_int(paddings, 2 * i + 1, &after))
            return mote_error_set(err, MOTE_SHAPE, "paddings must be int32 or int64");
        const int64_t size = in->dims[i] + (before <= INT32_MAX ? before : 0) + (after <= INT32_MAX ? after : 0);
        if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX || size > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "padding of dimension %d is negative or too large", i);
        shape.dims[i] = (int32_t)size;
    }
    output->shape = shape;
    return MOTE_OK;
}

/* op_version.cc: 4 for more than four dimensions or int8 with int16; 3 int16, 2 int8. */
static int32_t version_pad(const mote_op_io *io)
{
    if (io->inputs[0]->shape.rank > 4)
        return 4;
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

const mote_op_def mote_op_def_pad = {
    .name = "PAD",
    .options_type = 22,
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_pad,
    .version = version_pad,
    .max_version = 5,
};

const mote_op_def mote_op_def_padv2 = {
    .name = "PADV2",
    .options_type = 43,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_pad,
    .version = version_pad,
    .max_version = 5,
};
