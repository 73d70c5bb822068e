#include "op/gather/gather.h"
#include "op/op_infer.h"

/* input[:axis] ++ indices[batch_dims:] ++ input[axis + 1:] */
static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_gather_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape, *at = &io->inputs[1]->shape;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    int32_t axis;
    status = mote_infer_axis(params->axis, in->rank, &axis, err);
    if (status != MOTE_OK)
        return status;
    const int32_t batch_dims = params->batch_dims < 0 ? params->batch_dims + at->rank : params->batch_dims;
    if (batch_dims < 0 || batch_dims > axis || batch_dims > at->rank ||
        in->rank + at->rank - 1 - batch_dims > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "batch_dims %d with axis %d and indices of rank %d", params->batch_dims,
                              axis, at->rank);
    mote_shape shape = {0};
    for (int32_t d = 0; d < axis; d++)
        shape.dims[shape.rank++] = in->dims[d];
    for (int32_t d = batch_dims; d < at->rank; d++)
        shape.dims[shape.rank++] = at->dims[d];
    for (int32_t d = axis + 1; d < in->rank; d++)
        shape.dims[shape.rank++] = in->dims[d];
    for (int32_t d = 0; d < batch_dims; d++)
        if (in->dims[d] != at->dims[d])
            return mote_error_set(err, MOTE_SHAPE, "batch dimension %d is %d and %d", d, in->dims[d], at->dims[d]);
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    const mote_gather_params *params = io->node->params;
    if (params->batch_dims != 0)
        return 5;
    switch (io->inputs[0]->dtype) {
    case MOTE_INT16:
        return 4;
    case MOTE_BOOL:
        return 3;
    case MOTE_INT8:
        return 2;
    default:
        return 1;
    }
}

static const mote_op_field FIELDS[] = {
    {"axis", 0, MOTE_FIELD_I32, offsetof(mote_gather_params, axis), 0},
    {"batch_dims", 1, MOTE_FIELD_I32, offsetof(mote_gather_params, batch_dims), 0},
};

const mote_op_def mote_op_def_gather = {
    .name = "GATHER",
    .options_type = 23,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_gather_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer,
    .version = version,
    .max_version = 7,
};
