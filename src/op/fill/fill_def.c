#include "op/op_infer.h"

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[1]->dtype;
    if (mote_infer_is_open(io, 2) || (!io->inputs[0]->data && mote_shape_count(&io->inputs[0]->shape) != 0)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const int64_t rank = mote_shape_count(&io->inputs[0]->shape);
    if (rank > MOTE_MAX_RANK || mote_shape_count(&io->inputs[1]->shape) != 1)
        return mote_error_set(err, MOTE_SHAPE, "at most %d dimensions and one value are needed", MOTE_MAX_RANK);
    mote_shape shape = {.rank = (int32_t)rank};
    for (int32_t d = 0; d < shape.rank; d++) {
        int64_t size;
        if (!mote_infer_read_int(io->inputs[0], d, &size) || size < 0 || size > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "dimension %d is not a whole number from 0 to 2^31", d);
        shape.dims[d] = (int32_t)size;
    }
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    switch (io->inputs[1]->dtype) {
    case MOTE_FLOAT16:
        return 4;
    case MOTE_INT8:
    case MOTE_INT16:
        return 3;
    case MOTE_BOOL:
    case MOTE_STRING:
        return 2;
    default:
        return 1;
    }
}

const mote_op_def mote_op_def_fill = {
    .name = "FILL",
    .options_type = 68,
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .version = version,
    .max_version = 4,
};
