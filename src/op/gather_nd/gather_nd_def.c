#include "op/op_infer.h"

/* indices[:-1] ++ input[indices[-1]:] */
static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape, *at = &io->inputs[1]->shape;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const int32_t depth = at->rank > 0 ? at->dims[at->rank - 1] : -1;
    if (depth < 0 || depth > in->rank || at->rank - 1 + in->rank - depth > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "indices of rank %d with %d numbers each, for an input of rank %d",
                              at->rank, depth, in->rank);
    mote_shape shape = {0};
    for (int32_t d = 0; d < at->rank - 1; d++)
        shape.dims[shape.rank++] = at->dims[d];
    for (int32_t d = depth; d < in->rank; d++)
        shape.dims[shape.rank++] = in->dims[d];
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    if (io->inputs[1]->dtype == MOTE_INT16)
        return 5;
    switch (io->inputs[0]->dtype) {
    case MOTE_BOOL:
        return 4;
    case MOTE_INT16:
        return 3;
    case MOTE_STRING:
        return 2;
    default:
        return 1;
    }
}

const mote_op_def mote_op_def_gather_nd = {
    .name = "GATHER_ND",
    .options_type = 83,
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer,
    .version = version,
    .max_version = 5,
};
