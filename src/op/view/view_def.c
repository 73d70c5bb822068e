#include "op/op_infer.h"
#include "op/view/view.h"

/* Where RESHAPE's shape is: its second input, or its options. *known false: only eval will know. */
static mote_status wanted_shape(const mote_op_io *io, mote_shape *shape, bool *known, mote_error *err)
{
    const mote_reshape_params *params = io->node->params;
    const mote_tensor *given = io->n_inputs > 1 ? io->inputs[1] : NULL;
    const int64_t n = given ? mote_shape_count(&given->shape) : params->new_shape.n;
    *known = true;
    *shape = (mote_shape){0};
    if (given && (!given->data || n < 0)) {
        *known = false;
        return MOTE_OK;
    }
    if (n > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "a shape of %lld dimensions, more than %d", (long long)n, MOTE_MAX_RANK);
    /* Old converters write a scalar as the one dimension 0. */
    if (!given && n == 1 && params->new_shape.values[0] == 0)
        return MOTE_OK;
    shape->rank = (int32_t)n;
    for (int32_t i = 0; i < shape->rank; i++) {
        int64_t value = given ? 0 : params->new_shape.values[i];
        if (given && !mote_infer_read_int(given, i, &value))
            return mote_error_set(err, MOTE_SHAPE, "the shape must be int32, not %s", mote_dtype_name(given->dtype));
        if (value < -1 || value > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "dimension %d of the shape is %lld", i, (long long)value);
        shape->dims[i] = (int32_t)value;
    }
    return MOTE_OK;
}

static mote_status infer_reshape(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor *output = io->outputs[0];
    output->dtype = io->inputs[0]->dtype;
    mote_shape shape;
    bool known;
    status = wanted_shape(io, &shape, &known, err);
    if (status != MOTE_OK)
        return status;
    const int64_t count = mote_shape_count(&io->inputs[0]->shape);
    if (!known || count < 0) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    int32_t open = -1;
    int64_t rest = 1;
    for (int32_t i = 0; i < shape.rank; i++) {
        if (shape.dims[i] >= 0) {
            if (__builtin_mul_overflow(rest, (int64_t)shape.dims[i], &rest))
                return mote_error_set(err, MOTE_SHAPE, "the shape overflows");
        } else if (open >= 0) {
            return mote_error_set(err, MOTE_SHAPE, "dimensions %d and %d of the shape are both -1", open, i);
        } else {
            open = i;
        }
    }
    if (open >= 0 && rest > 0 && count % rest == 0 && count / rest <= INT32_MAX) {
        shape.dims[open] = (int32_t)(count / rest);
        rest = count;
    }
    if (open >= 0 && rest == 0)
        shape.dims[open] = 0;
    if (rest != count) {
        char text[MOTE_SHAPE_TEXT_BYTES];
        return mote_error_set(err, MOTE_SHAPE, "%lld elements do not fit the shape %s", (long long)count,
                              mote_shape_format(&shape, text));
    }
    output->shape = shape;
    return MOTE_OK;
}

static mote_status infer_squeeze(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_squeeze_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape;
    mote_tensor *output = io->outputs[0];
    output->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 1)) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    uint32_t drop = 0;
    for (int32_t i = 0; i < params->squeeze_dims.n; i++) {
        int32_t axis;
        status = mote_infer_axis(params->squeeze_dims.values[i], in->rank, &axis, err);
        if (status != MOTE_OK)
            return status;
        if (in->dims[axis] != 1)
            return mote_error_set(err, MOTE_SHAPE, "dimension %d to squeeze is %d, not 1", axis, in->dims[axis]);
        drop |= 1u << axis;
    }
    mote_shape out = {0};
    for (int32_t i = 0; i < in->rank; i++)
        if (params->squeeze_dims.n ? !(drop >> i & 1u) : in->dims[i] != 1)
            out.dims[out.rank++] = in->dims[i];
    output->shape = out;
    return MOTE_OK;
}

static mote_status infer_expand_dims(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    mote_tensor *output = io->outputs[0];
    output->dtype = io->inputs[0]->dtype;
    int64_t value;
    if (mote_infer_is_open(io, 1) || !mote_infer_read_int(io->inputs[1], 0, &value)) {
        mote_infer_set_unknown(output);
        return MOTE_OK;
    }
    if (in->rank >= MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "rank %d cannot be expanded", in->rank);
    int32_t axis;
    status = mote_infer_axis(value, in->rank + 1, &axis, err);
    if (status != MOTE_OK)
        return status;
    mote_shape out = {.rank = in->rank + 1};
    for (int32_t i = 0; i < out.rank; i++)
        out.dims[i] = i < axis ? in->dims[i] : i == axis ? 1 : in->dims[i - 1];
    output->shape = out;
    return MOTE_OK;
}

static mote_status infer_shape(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape_params *params = io->node->params;
    mote_tensor *output = io->outputs[0];
    /* The schema's default, 0, is FLOAT32, which no file means. */
    output->dtype = params->out_type == MOTE_INT64 ? MOTE_INT64 : MOTE_INT32;
    if (mote_infer_is_open(io, 1))
        mote_infer_set_unknown(output);
    else
        output->shape = (mote_shape){1, {io->inputs[0]->shape.rank}};
    return MOTE_OK;
}

static mote_status infer_rank(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = MOTE_INT32;
    io->outputs[0]->shape = (mote_shape){0};
    return MOTE_OK;
}

static const mote_op_field RESHAPE_FIELDS[] = {
    {"new_shape", 0, MOTE_FIELD_I32_VEC, offsetof(mote_reshape_params, new_shape), 0},
};
static const mote_op_field SQUEEZE_FIELDS[] = {
    {"squeeze_dims", 0, MOTE_FIELD_I32_VEC, offsetof(mote_squeeze_params, squeeze_dims), 0},
};
static const mote_op_field SHAPE_FIELDS[] = {
    {"out_type", 0, MOTE_FIELD_ENUM, offsetof(mote_shape_params, out_type), 0},
};

const mote_op_def mote_op_def_reshape = {
    .name = "RESHAPE",
    .options_type = 17,
    .fields = RESHAPE_FIELDS,
    .n_fields = 1,
    .params_bytes = sizeof(mote_reshape_params),
    .min_inputs = 1,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_VIEW | MOTE_OP_DATA_MOVE,
    .infer = infer_reshape,
    .max_version = 2,
};

const mote_op_def mote_op_def_squeeze = {
    .name = "SQUEEZE",
    .options_type = 30,
    .fields = SQUEEZE_FIELDS,
    .n_fields = 1,
    .params_bytes = sizeof(mote_squeeze_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_VIEW | MOTE_OP_DATA_MOVE,
    .infer = infer_squeeze,
    .max_version = 2,
};

const mote_op_def mote_op_def_expand_dims = {
    .name = "EXPAND_DIMS",
    .options_type = 52,
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_VIEW | MOTE_OP_DATA_MOVE,
    .infer = infer_expand_dims,
    .max_version = 1,
};

const mote_op_def mote_op_def_shape = {
    .name = "SHAPE",
    .options_type = 55,
    .fields = SHAPE_FIELDS,
    .n_fields = 1,
    .params_bytes = sizeof(mote_shape_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_SHAPE_ONLY,
    .infer = infer_shape,
    .max_version = 1,
};

const mote_op_def mote_op_def_rank = {
    .name = "RANK",
    .options_type = 86,
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_SHAPE_ONLY,
    .infer = infer_rank,
    .max_version = 1,
};

/* A wider type takes in the last dimension, a narrower one adds one. */
static mote_status infer_bitcast(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const int32_t from = mote_dtype_bits(io->inputs[0]->dtype), to = mote_dtype_bits(io->outputs[0]->dtype);
    if (from < 8 || to < 8)
        return mote_error_set(err, MOTE_UNSUPPORTED, "bits of %s as %s", mote_dtype_name(io->inputs[0]->dtype),
                              mote_dtype_name(io->outputs[0]->dtype));
    mote_shape shape = io->inputs[0]->shape;
    if (mote_infer_is_open(io, 1)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (from < to && (shape.rank < 1 || shape.dims[shape.rank - 1] != to / from))
        return mote_error_set(err, MOTE_SHAPE, "the last dimension must be %d", to / from);
    if (from > to && shape.rank >= MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "an input of rank %d", shape.rank);
    if (from < to)
        shape.rank--;
    else if (from > to)
        shape.dims[shape.rank++] = from / to;
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

const mote_op_def mote_op_def_bitcast = {
    .name = "BITCAST",
    .options_type = 124,
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_bitcast,
    .max_version = 1,
};
