#include "op/join/join.h"
#include "op/op_infer.h"

static mote_status infer_concatenation(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need_same_dtype(io, io->n_inputs, err);
    if (status != MOTE_OK)
        return status;
    const mote_concatenation_params *params = io->node->params;
    mote_tensor *output = io->outputs[0];
    output->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, io->n_inputs)) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    mote_shape shape = io->inputs[0]->shape;
    int32_t axis;
    status = mote_infer_axis(params->axis, shape.rank, &axis, err);
    for (int32_t i = 1; status == MOTE_OK && i < io->n_inputs; i++) {
        const mote_shape *in = &io->inputs[i]->shape;
        for (int32_t d = 0; d < shape.rank; d++)
            if (in->rank != shape.rank || (d != axis && in->dims[d] != shape.dims[d]))
                return mote_error_set(err, MOTE_SHAPE, "input %d has another shape off the axis", i);
        if (__builtin_add_overflow(shape.dims[axis], in->dims[axis], &shape.dims[axis]))
            return mote_error_set(err, MOTE_SHAPE, "the joined dimension overflows");
    }
    if (status == MOTE_OK)
        output->shape = shape;
    return status;
}

static mote_status infer_pack(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need_same_dtype(io, io->n_inputs, err);
    if (status != MOTE_OK)
        return status;
    const mote_pack_params *params = io->node->params;
    mote_tensor *output = io->outputs[0];
    output->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, io->n_inputs)) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    const mote_shape *in = &io->inputs[0]->shape;
    for (int32_t i = 1; i < io->n_inputs; i++)
        if (!mote_shape_equal(&io->inputs[i]->shape, in))
            return mote_error_set(err, MOTE_SHAPE, "input %d has another shape than input 0", i);
    if (in->rank >= MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "rank %d cannot be packed", in->rank);
    int32_t axis;
    status = mote_infer_axis(params->axis, in->rank + 1, &axis, err);
    if (status != MOTE_OK)
        return status;
    mote_shape shape = {.rank = in->rank + 1};
    for (int32_t i = 0; i < shape.rank; i++)
        shape.dims[i] = i < axis ? in->dims[i] : i == axis ? io->n_inputs : in->dims[i - 1];
    output->shape = shape;
    return MOTE_OK;
}

static mote_status infer_unpack(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_unpack_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape;
    mote_shape shape = {.rank = MOTE_RANK_UNKNOWN};
    if (!mote_infer_is_open(io, 1)) {
        int32_t axis;
        status = mote_infer_axis(params->axis, in->rank, &axis, err);
        if (status != MOTE_OK)
            return status;
        if (in->dims[axis] != io->n_outputs)
            return mote_error_set(err, MOTE_SHAPE, "dimension %d is %d, but there are %d outputs", axis, in->dims[axis],
                                  io->n_outputs);
        shape.rank = in->rank - 1;
        for (int32_t i = 0; i < shape.rank; i++)
            shape.dims[i] = in->dims[i < axis ? i : i + 1];
    }
    for (int32_t i = 0; i < io->n_outputs; i++) {
        io->outputs[i]->dtype = io->inputs[0]->dtype;
        io->outputs[i]->shape = shape;
    }
    return MOTE_OK;
}

static void set_all_unknown(const mote_op_io *io)
{
    for (int32_t i = 0; i < io->n_outputs; i++)
        mote_infer_set_unknown(io->outputs[i]);
}

/* Inputs: the axis, then what is split. */
static mote_status infer_split(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    for (int32_t i = 0; i < io->n_outputs; i++)
        io->outputs[i]->dtype = io->inputs[1]->dtype;
    int64_t value;
    if (mote_infer_is_open(io, 2) || !mote_infer_read_int(io->inputs[0], 0, &value)) {
        set_all_unknown(io);
        return MOTE_OK;
    }
    mote_shape shape = io->inputs[1]->shape;
    int32_t axis;
    status = mote_infer_axis(value, shape.rank, &axis, err);
    if (status != MOTE_OK)
        return status;
    if (shape.dims[axis] % io->n_outputs)
        return mote_error_set(err, MOTE_SHAPE, "dimension %d of %d does not split into %d", axis, shape.dims[axis],
                              io->n_outputs);
    shape.dims[axis] /= io->n_outputs;
    for (int32_t i = 0; i < io->n_outputs; i++)
        io->outputs[i]->shape = shape;
    return MOTE_OK;
}

/* Inputs: what is split, the sizes (one may be -1: the rest), the axis. */
static mote_status infer_split_v(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    for (int32_t i = 0; i < io->n_outputs; i++)
        io->outputs[i]->dtype = io->inputs[0]->dtype;
    int64_t value;
    if (mote_infer_is_open(io, 3) || !io->inputs[1]->data || !mote_infer_read_int(io->inputs[2], 0, &value)) {
        set_all_unknown(io);
        return MOTE_OK;
    }
    const mote_shape *in = &io->inputs[0]->shape;
    int32_t axis, open = -1;
    status = mote_infer_axis(value, in->rank, &axis, err);
    if (status != MOTE_OK)
        return status;
    int64_t rest = in->dims[axis];
    for (int32_t i = 0; i < io->n_outputs; i++) {
        int64_t size;
        if (!mote_infer_read_int(io->inputs[1], i, &size) || size < -1 || size > in->dims[axis] ||
            (size == -1 && open >= 0))
            return mote_error_set(err, MOTE_SHAPE, "size %d does not fit", i);
        io->outputs[i]->shape = *in;
        io->outputs[i]->shape.dims[axis] = (int32_t)size;
        if (size == -1)
            open = i;
        else
            rest -= size;
    }
    if (rest < 0 || (open < 0 && rest != 0))
        return mote_error_set(err, MOTE_SHAPE, "the sizes do not add up to %d", in->dims[axis]);
    if (open >= 0)
        io->outputs[open]->shape.dims[axis] = (int32_t)rest;
    return MOTE_OK;
}

/* op_version.cc: 1 float and uint8, 2 int8, 3 int16. */
static int32_t version_by_width(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_split(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[1]->dtype;
    return dtype == MOTE_INT16 ? 4 : dtype == MOTE_INT32 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

static const mote_op_field CONCATENATION_FIELDS[] = {
    {"axis", 0, MOTE_FIELD_I32, offsetof(mote_concatenation_params, axis), 0},
    {"fused_activation_function", 1, MOTE_FIELD_ENUM, offsetof(mote_concatenation_params, fused_activation_function),
     0},
};
static const mote_op_field PACK_FIELDS[] = {
    {"values_count", 0, MOTE_FIELD_I32, offsetof(mote_pack_params, values_count), 0},
    {"axis", 1, MOTE_FIELD_I32, offsetof(mote_pack_params, axis), 0},
};
static const mote_op_field UNPACK_FIELDS[] = {
    {"num", 0, MOTE_FIELD_I32, offsetof(mote_unpack_params, num), 0},
    {"axis", 1, MOTE_FIELD_I32, offsetof(mote_unpack_params, axis), 0},
};
static const mote_op_field SPLIT_FIELDS[] = {
    {"num_splits", 0, MOTE_FIELD_I32, offsetof(mote_split_params, num_splits), 0},
};

const mote_op_def mote_op_def_concatenation = {
    .name = "CONCATENATION",
    .options_type = 10,
    .fields = CONCATENATION_FIELDS,
    .n_fields = 2,
    .params_bytes = sizeof(mote_concatenation_params),
    .min_inputs = 1,
    .max_inputs = -1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_concatenation,
    .version = version_by_width,
    .max_version = 6,
};

const mote_op_def mote_op_def_pack = {
    .name = "PACK",
    .options_type = 59,
    .fields = PACK_FIELDS,
    .n_fields = 2,
    .params_bytes = sizeof(mote_pack_params),
    .min_inputs = 1,
    .max_inputs = -1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_pack,
    .version = version_by_width,
    .max_version = 4,
};

const mote_op_def mote_op_def_unpack = {
    .name = "UNPACK",
    .options_type = 64,
    .fields = UNPACK_FIELDS,
    .n_fields = 2,
    .params_bytes = sizeof(mote_unpack_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = -1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_unpack,
    .version = version_by_width,
    .max_version = 5,
};

const mote_op_def mote_op_def_split = {
    .name = "SPLIT",
    .options_type = 35,
    .fields = SPLIT_FIELDS,
    .n_fields = 1,
    .params_bytes = sizeof(mote_split_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = -1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_split,
    .version = version_split,
    .max_version = 4,
};

const mote_op_def mote_op_def_split_v = {
    .name = "SPLIT_V",
    .options_type = 79,
    .fields = SPLIT_FIELDS,
    .n_fields = 1,
    .params_bytes = sizeof(mote_split_v_params),
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = -1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_split_v,
    .version = version_by_width,
    .max_version = 3,
};
