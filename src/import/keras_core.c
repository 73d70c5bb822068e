/* Shapes, merging, padding, dropout: layers without weights. */
#include "import/keras_builder.h"

#include <string.h>

#include "op/join/join.h"
#include "op/train_form/train_form.h"

mote_status keras_identity(keras_call *call, mote_error *err)
{
    (void)err;
    return keras_pass(call, keras_value(call));
}

/* Folds an operator of two inputs over all of the layer's inputs, left to right as Keras does. */
static mote_status fold(keras_call *call, mote_op op, const char *name, mote_error *err)
{
    if (call->n_inputs < 2)
        return keras_refuse(call, err, "it needs two inputs or more");
    int32_t inputs[] = {call->inputs[0], 0};
    for (int32_t i = 1; i < call->n_inputs; i++) {
        inputs[1] = call->inputs[i];
        const mote_status status = keras_apply(call, op, 2, inputs, name, err);
        if (status != MOTE_OK)
            return status;
        inputs[0] = call->outputs[0];
    }
    return MOTE_OK;
}

mote_status keras_add(keras_call *call, mote_error *err)
{
    return fold(call, MOTE_OP_ADD, "add", err);
}

mote_status keras_subtract(keras_call *call, mote_error *err)
{
    return fold(call, MOTE_OP_SUB, "sub", err);
}

mote_status keras_multiply(keras_call *call, mote_error *err)
{
    return fold(call, MOTE_OP_MUL, "mul", err);
}

mote_status keras_maximum(keras_call *call, mote_error *err)
{
    return fold(call, MOTE_OP_MAXIMUM, "Maximum", err);
}

mote_status keras_minimum(keras_call *call, mote_error *err)
{
    return fold(call, MOTE_OP_MINIMUM, "Minimum", err);
}

/* The sum divided by the count, which the converter turns into a product. */
mote_status keras_average(keras_call *call, mote_error *err)
{
    const mote_status status = fold(call, MOTE_OP_ADD, "add", err);
    if (status != MOTE_OK)
        return status;
    const int32_t inputs[] = {keras_value(call), keras_scalar(call, "truediv/y", 1.0f / (float)call->n_inputs)};
    return keras_apply(call, MOTE_OP_MUL, 2, inputs, "truediv", err);
}

mote_status keras_concatenate(keras_call *call, mote_error *err)
{
    if (call->n_inputs < 1)
        return keras_refuse(call, err, "it needs inputs");
    const int32_t rank = keras_shape(call, call->inputs[0])->rank;
    int32_t axis = (int32_t)keras_int(call->config, "axis", -1);
    axis = axis < 0 ? axis + rank : axis;
    if (axis <= 0 || axis >= rank)
        return keras_refuse(call, err, "axis %d is the batch, or outside rank %d", axis, rank);
    mote_node *node = keras_node(call, MOTE_OP_CONCATENATION, call->n_inputs, call->inputs, "concat", err);
    if (!node)
        return MOTE_NO_MEMORY;
    ((mote_concatenation_params *)node->params)->axis = axis;
    return keras_emit(call, node, err);
}

mote_status keras_reshape_layer(keras_call *call, mote_error *err)
{
    const json_t *target = json_object_get(call->config, "target_shape");
    const size_t n = json_array_size(target);
    if (!json_is_array(target) || n + 1 > MOTE_MAX_RANK)
        return keras_refuse(call, err, "target_shape is missing or has too many dimensions");
    const mote_shape *in = keras_shape(call, keras_value(call));
    const int64_t count = mote_shape_span(in, 1, in->rank);
    int32_t dims[MOTE_MAX_RANK] = {-1}, open = 0;
    int64_t rest = 1;
    for (size_t i = 0; i < n; i++) {
        const json_int_t dim = json_integer_value(json_array_get(target, i));
        if (dim < -1 || dim > INT32_MAX)
            return keras_refuse(call, err, "target_shape has a dimension of %lld", (long long)dim);
        dims[i + 1] = (int32_t)dim;
        if (dim == -1)
            open = (int32_t)i + 1;
        else if (__builtin_mul_overflow(rest, (int64_t)dim, &rest))
            return keras_refuse(call, err, "target_shape overflows");
    }
    /* The batch is the dimension left open; one that Keras infers is fixed. */
    if (open)
        dims[open] = rest > 0 && count % rest == 0 ? (int32_t)(count / rest) : 0;
    if (rest * (open ? dims[open] : 1) != count)
        return keras_refuse(call, err, "%lld values do not fit its target_shape", (long long)count);
    return keras_reshape(call, (int32_t)n + 1, dims, err);
}

mote_status keras_flatten(keras_call *call, mote_error *err)
{
    const mote_shape *in = keras_shape(call, keras_value(call));
    const int64_t count = mote_shape_span(in, 1, in->rank);
    if (count < 0 || count > INT32_MAX)
        return keras_refuse(call, err, "its input is too large");
    if (in->rank == 2)
        return keras_pass(call, keras_value(call));
    const int32_t dims[] = {-1, (int32_t)count};
    return keras_reshape(call, 2, dims, err);
}

mote_status keras_permute(keras_call *call, mote_error *err)
{
    const json_t *dims = json_object_get(call->config, "dims");
    const int32_t rank = keras_shape(call, keras_value(call))->rank;
    int32_t order[MOTE_MAX_RANK] = {0};
    if (!json_is_array(dims) || (int32_t)json_array_size(dims) != rank - 1)
        return keras_refuse(call, err, "dims must name %d dimensions", rank - 1);
    for (int32_t i = 1; i < rank; i++)
        order[i] = (int32_t)json_integer_value(json_array_get(dims, (size_t)i - 1));
    const int32_t inputs[] = {keras_value(call), keras_const_i32(call, "transpose/perm", rank, order)};
    return keras_apply(call, MOTE_OP_TRANSPOSE, 2, inputs, "transpose", err);
}

mote_status keras_zero_padding_2d(keras_call *call, mote_error *err)
{
    const mote_status status = keras_need_channels_last(call, err);
    if (status != MOTE_OK)
        return status;
    const json_t *padding = json_object_get(call->config, "padding");
    int32_t around[4][2] = {{0}};
    for (size_t i = 0; i < 2; i++) {
        const json_t *side = json_is_array(padding) ? json_array_get(padding, i) : padding;
        for (size_t j = 0; j < 2; j++) {
            const json_t *value = json_is_array(side) ? json_array_get(side, j) : side;
            if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1 << 20)
                return keras_refuse(call, err, "padding is not whole numbers");
            around[i + 1][j] = (int32_t)json_integer_value(value);
        }
    }
    const mote_shape shape = {2, {4, 2}};
    const int32_t paddings = mote_graph_add_const(call->builder->graph, "paddings", MOTE_INT32, &shape, around);
    const int32_t inputs[] = {keras_value(call), paddings};
    return keras_apply(call, MOTE_OP_PAD, 2, inputs, "Pad", err);
}

static mote_status emit_dropout(keras_call *call, const mote_shape *noise_shape, mote_error *err)
{
    const int32_t input = keras_value(call);
    mote_node *node = keras_node(call, MOTE_OP_DROPOUT, 1, &input, "dropout", err);
    if (!node)
        return MOTE_NO_MEMORY;
    mote_dropout_params *params = node->params;
    params->rate = (float)keras_number(call->config, "rate", 0.0);
    params->noise_shape = *noise_shape;
    return keras_emit(call, node, err);
}

/* noise_shape's null entries are the input's own dimensions, kept as -1. */
mote_status keras_dropout(keras_call *call, mote_error *err)
{
    const json_t *noise = json_object_get(call->config, "noise_shape");
    mote_shape shape = {0};
    for (size_t i = 0; i < json_array_size(noise) && i < MOTE_MAX_RANK; i++) {
        const json_t *dim = json_array_get(noise, i);
        shape.dims[shape.rank++] = json_is_integer(dim) ? (int32_t)json_integer_value(dim) : MOTE_DIM_UNKNOWN;
    }
    return emit_dropout(call, &shape, err);
}

mote_status keras_spatial_dropout_2d(keras_call *call, mote_error *err)
{
    const mote_shape shape = {4, {MOTE_DIM_UNKNOWN, 1, 1, MOTE_DIM_UNKNOWN}};
    return emit_dropout(call, &shape, err);
}
