#include "op/op_infer.h"
#include "op/space_depth/space_depth.h"

static mote_status infer(const mote_op_io *io, bool to_depth, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_space_depth_params *params = io->node->params;
    const int64_t block = params->block_size;
    const mote_shape *in = &io->inputs[0]->shape;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 1)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (in->rank != 4 || block < 1 || block > INT16_MAX)
        return mote_error_set(err, MOTE_SHAPE, "rank 4 and a positive block are needed, not %d and %d", in->rank,
                              params->block_size);
    const int64_t height = to_depth ? in->dims[1] / block : in->dims[1] * block;
    const int64_t width = to_depth ? in->dims[2] / block : in->dims[2] * block;
    const int64_t depth = to_depth ? in->dims[3] * block * block : in->dims[3] / (block * block);
    const bool whole =
        to_depth ? in->dims[1] % block == 0 && in->dims[2] % block == 0 : in->dims[3] % (block * block) == 0;
    if (!whole || height > INT32_MAX || width > INT32_MAX || depth > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "blocks of %d do not divide the input", params->block_size);
    io->outputs[0]->shape = mote_shape_4d(in->dims[0], (int32_t)height, (int32_t)width, (int32_t)depth);
    return MOTE_OK;
}

static mote_status infer_to_depth(const mote_op_io *io, mote_error *err)
{
    return infer(io, true, err);
}

static mote_status infer_to_space(const mote_op_io *io, mote_error *err)
{
    return infer(io, false, err);
}

static int32_t version(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_INT8 ? 2 : 1;
}

static const mote_op_field FIELDS[] = {
    {"block_size", 0, MOTE_FIELD_I32, offsetof(mote_space_depth_params, block_size), 0},
};

#define SPACE_DEPTH(symbol, NAME, options, infer_fn)                                                                   \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = options,                                                                                       \
        .fields = FIELDS,                                                                                              \
        .n_fields = 1,                                                                                                 \
        .params_bytes = sizeof(mote_space_depth_params),                                                               \
        .min_inputs = 1,                                                                                               \
        .max_inputs = 1,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .flags = MOTE_OP_DATA_MOVE,                                                                                    \
        .infer = infer_fn,                                                                                             \
        .version = version,                                                                                            \
        .max_version = 2,                                                                                              \
    };

SPACE_DEPTH(space_to_depth, "SPACE_TO_DEPTH", 19, infer_to_depth)
SPACE_DEPTH(depth_to_space, "DEPTH_TO_SPACE", 94, infer_to_space)
