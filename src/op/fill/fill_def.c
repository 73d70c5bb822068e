#include "op/op_infer.h"

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor *out = io->outputs[0];
    out->dtype = io->inputs[1]->dtype;
    if (!mote_infer_is_open(io, 2) && mote_shape_count(&io->inputs[1]->shape) != 1)
        return mote_error_set(err, MOTE_SHAPE, "one value is needed, not %lld",
                              (long long)mote_shape_count(&io->inputs[1]->shape));
    bool known;
    const mote_status read = mote_infer_read_shape(io->inputs[0], &out->shape, &known, err);
    if (!known)
        mote_infer_set_unknown(out);
    return read;
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
