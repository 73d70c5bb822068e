#include "op/op_infer.h"
#include "op/reduce/reduce.h"

mote_status mote_reduce_axes(const mote_op_io *io, uint32_t *mask, mote_error *err)
{
    const mote_tensor *axes = io->inputs[1];
    const int64_t n = mote_shape_count(&axes->shape);
    *mask = 0;
    if (io->inputs[0]->shape.rank == 0) {
        return MOTE_OK; /* a scalar reduces to itself, whatever the axes say */
    }
    for (int64_t i = 0; i < n; ++i) {
        int64_t value;
        int32_t axis;
        if (!mote_infer_read_int(axes, i, &value)) {
            return mote_error_set(err, MOTE_SHAPE, "axes must be int32, not %s", mote_dtype_name(axes->dtype));
        }
        const mote_status status = mote_infer_axis(value, io->inputs[0]->shape.rank, &axis, err);
        if (status != MOTE_OK) {
            return status;
        }
        *mask |= 1u << axis;
    }
    return MOTE_OK;
}

static mote_status infer_reduce(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK) {
        return status;
    }
    mote_tensor *output = io->outputs[0];
    const mote_shape *in = &io->inputs[0]->shape;
    output->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2) || (io->inputs[1]->data == NULL && mote_shape_count(&io->inputs[1]->shape) != 0)) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    uint32_t mask;
    status = mote_reduce_axes(io, &mask, err);
    if (status != MOTE_OK) {
        return status;
    }
    const mote_reduce_params *params = io->node->params;
    mote_shape out = {0};
    for (int32_t i = 0; i < in->rank; ++i) {
        const bool reduced = (mask >> i & 1u) != 0;
        if (!reduced || params->keep_dims) {
            out.dims[out.rank++] = reduced ? 1 : in->dims[i];
        }
    }
    output->shape = out;
    return MOTE_OK;
}

static mote_status infer_arg(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK) {
        return status;
    }
    mote_tensor *output = io->outputs[0];
    const mote_shape *in = &io->inputs[0]->shape;
    const mote_arg_max_params *params = io->node->params;
    if (params->output_type != MOTE_INT32 && params->output_type != MOTE_INT64) {
        return mote_error_set(err, MOTE_SHAPE, "indices must be int32 or int64");
    }
    output->dtype = (mote_dtype)params->output_type;
    if (mote_infer_is_open(io, 2) || io->inputs[1]->data == NULL) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    int64_t value;
    int32_t axis;
    if (mote_shape_count(&io->inputs[1]->shape) != 1 || !mote_infer_read_int(io->inputs[1], 0, &value)) {
        return mote_error_set(err, MOTE_SHAPE, "the axis must be one int32 or int64");
    }
    if (mote_infer_axis(value, in->rank, &axis, err) != MOTE_OK) {
        return MOTE_SHAPE;
    }
    mote_shape out = {0};
    for (int32_t i = 0; i < in->rank; ++i) {
        if (i != axis) {
            out.dims[out.rank++] = in->dims[i];
        }
    }
    output->shape = out;
    return MOTE_OK;
}

static int32_t version_8_then_16(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_int8(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_quantized(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 || dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_arg(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_BOOL ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

static const mote_op_field reduce_fields[] = {
    {"keep_dims", 0, MOTE_FIELD_BOOL, offsetof(mote_reduce_params, keep_dims), 0},
};
static const mote_op_field arg_fields[] = {
    {"output_type", 0, MOTE_FIELD_ENUM, offsetof(mote_arg_max_params, output_type), 0},
};

#define FOLD(symbol, NAME, options, field_table, params_type, infer_fn, version_fn, newest)                            \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = options,                                                                                       \
        .fields = field_table,                                                                                         \
        .n_fields = 1,                                                                                                 \
        .params_bytes = sizeof(params_type),                                                                           \
        .min_inputs = 2,                                                                                               \
        .max_inputs = 2,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .infer = infer_fn,                                                                                             \
        .version = version_fn,                                                                                         \
        .max_version = newest,                                                                                         \
    };
#define REDUCE(symbol, NAME, version_fn, newest)                                                                       \
    FOLD(symbol, NAME, 27, reduce_fields, mote_reduce_params, infer_reduce, version_fn, newest)

REDUCE(mean, "MEAN", version_8_then_16, 3)
REDUCE(sum, "SUM", version_int8, 2)
REDUCE(reduce_prod, "REDUCE_PROD", version_quantized, 2)
REDUCE(reduce_max, "REDUCE_MAX", version_8_then_16, 3)
REDUCE(reduce_min, "REDUCE_MIN", version_8_then_16, 3)
REDUCE(reduce_any, "REDUCE_ANY", NULL, 1)
REDUCE(reduce_all, "REDUCE_ALL", NULL, 1)
FOLD(arg_max, "ARG_MAX", 40, arg_fields, mote_arg_max_params, infer_arg, version_arg, 3)
FOLD(arg_min, "ARG_MIN", 57, arg_fields, mote_arg_max_params, infer_arg, version_arg, 3)
