/* Layers that put several tensors together. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_mask.h"
#include "import/keras_matmul.h"
#include "op/batch_matmul/batch_matmul.h"

/* Inputs of fewer dimensions get ones behind the batch, as Keras broadcasts them. */
static int32_t with_rank(keras_call *call, int32_t x, int32_t rank, mote_error *err)
{
    while (x >= 0 && keras_shape(call, x)->rank < rank)
        x = keras_expanded(call, x, 1, "ExpandDims", err);
    return x;
}

/* Folds an operator of two inputs over all of the layer's inputs, left to right as Keras does. */
static int32_t fold(keras_call *call, mote_op op, const char *name, mote_error *err)
{
    if (call->n_inputs < 2) {
        keras_refuse(call, err, "it needs two inputs or more");
        return -1;
    }
    int32_t rank = 0;
    for (int32_t i = 0; i < call->n_inputs; i++)
        rank = keras_shape(call, call->inputs[i])->rank > rank ? keras_shape(call, call->inputs[i])->rank : rank;
    int32_t sum = with_rank(call, call->inputs[0], rank, err);
    for (int32_t i = 1; i < call->n_inputs; i++)
        sum = keras_binary(call, op, sum, with_rank(call, call->inputs[i], rank, err), name, err);
    return sum;
}

/* The result, with the masks of what went into it: Keras 2 and Keras 3 differ. */
static mote_status merged(keras_call *call, int32_t y, mote_error *err)
{
    const mote_status status =
        y < 0 ? keras_failure(err) : keras_merge_masks(call, y, call->builder->keras_major >= 3, err);
    return status == MOTE_OK ? keras_result(call, y, err) : status;
}

mote_status keras_add(keras_call *call, mote_error *err)
{
    return merged(call, fold(call, MOTE_OP_ADD, "add", err), err);
}

mote_status keras_subtract(keras_call *call, mote_error *err)
{
    return merged(call, fold(call, MOTE_OP_SUB, "sub", err), err);
}

/* Keras 3: a step that does not count multiplies by 1, and is 0 where it counts in no input. */
static mote_status multiply_masked(keras_call *call, mote_error *err)
{
    int32_t product = MOTE_NO_TENSOR, counts = MOTE_NO_TENSOR;
    bool all = true;
    for (int32_t i = 0; i < call->n_inputs; i++) {
        int32_t x = call->inputs[i];
        const int32_t mask = keras_mask_of(call, x);
        all &= mask != MOTE_NO_TENSOR;
        if (mask != MOTE_NO_TENSOR) {
            const int32_t deep = keras_expanded(call, mask, 2, "ExpandDims", err);
            x = keras_select(call, deep, x, keras_scalar(call, "one", 1.0f), err);
            counts = counts == MOTE_NO_TENSOR ? deep : keras_binary(call, MOTE_OP_LOGICAL_OR, counts, deep, "or", err);
        }
        product = i == 0 ? x : keras_binary(call, MOTE_OP_MUL, product, x, "mul", err);
        if (x < 0 || product < 0)
            return keras_failure(err);
    }
    return merged(call, all ? keras_select(call, counts, product, keras_scalar(call, "zero", 0.0f), err) : product,
                  err);
}

mote_status keras_multiply(keras_call *call, mote_error *err)
{
    bool masked = false;
    for (int32_t i = 0; i < call->n_inputs; i++)
        masked |=
            keras_mask_of(call, call->inputs[i]) != MOTE_NO_TENSOR && keras_shape(call, call->inputs[i])->rank == 3;
    if (masked && call->n_inputs > 1 && call->builder->keras_major >= 3)
        return multiply_masked(call, err);
    return merged(call, fold(call, MOTE_OP_MUL, "mul", err), err);
}

mote_status keras_maximum(keras_call *call, mote_error *err)
{
    return merged(call, fold(call, MOTE_OP_MAXIMUM, "Maximum", err), err);
}

mote_status keras_minimum(keras_call *call, mote_error *err)
{
    return merged(call, fold(call, MOTE_OP_MINIMUM, "Minimum", err), err);
}

/* The sum divided by the count, which the converter turns into a product. */
mote_status keras_average(keras_call *call, mote_error *err)
{
    const int32_t sum = fold(call, MOTE_OP_ADD, "add", err);
    return merged(call, keras_binary_scalar(call, MOTE_OP_MUL, sum, 1.0f / (float)call->n_inputs, "truediv", err), err);
}

/* Sequences one after the other have their masks so; side by side, they are as those of a sum. */
static mote_status concatenate_masks(keras_call *call, int32_t y, int32_t axis, mote_error *err)
{
    int32_t n = 0, masks[KERAS_MAX_INPUTS];
    for (int32_t i = 0; i < call->n_inputs; i++) {
        masks[n] = keras_mask_of(call, call->inputs[i]);
        n += masks[n] != MOTE_NO_TENSOR;
    }
    if (n == 0)
        return MOTE_OK;
    if (axis == keras_shape(call, y)->rank - 1)
        return keras_merge_masks(call, y, call->builder->keras_major >= 3, err);
    if (axis != 1 || n < call->n_inputs)
        return keras_refuse(call, err, "masks of what it puts together do not import for this axis");
    const int32_t mask = keras_concat(call, n, masks, 1, "concat_1", err);
    return mask < 0 ? keras_failure(err) : keras_set_mask(call, y, mask, err);
}

mote_status keras_concatenate(keras_call *call, mote_error *err)
{
    const int32_t rank = keras_shape(call, call->inputs[0])->rank;
    int32_t axis;
    if (!keras_axis(keras_int(call->config, "axis", -1), rank, &axis) || axis == 0)
        return keras_refuse(call, err, "its axis is the batch, or outside rank %d", rank);
    const int32_t y = keras_concat(call, call->n_inputs, call->inputs, axis, "concat", err);
    const mote_status status = y < 0 ? keras_failure(err) : concatenate_masks(call, y, axis, err);
    return status == MOTE_OK ? keras_result(call, y, err) : status;
}

/* --- products of matrices --- */

int32_t keras_matmul(keras_call *call, int32_t a, int32_t b, bool adj_a, bool adj_b, mote_error *err)
{
    if (a < 0 || b < 0)
        return -1;
    const int32_t inputs[] = {a, b};
    mote_node *node = keras_node(call, MOTE_OP_BATCH_MATMUL, 2, inputs, "MatMul", err);
    if (!node)
        return -1;
    mote_batch_matmul_params *params = node->params;
    params->adj_x = adj_a;
    params->adj_y = adj_b;
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

int32_t keras_l2_normalized(keras_call *call, int32_t x, int32_t axis, mote_error *err)
{
    if (x < 0)
        return -1;
    const int32_t rank = keras_shape(call, x)->rank;
    int32_t order[MOTE_MAX_RANK];
    for (int32_t i = 0; i < rank; i++)
        order[i] = i;
    order[axis] = rank - 1;
    order[rank - 1] = axis;
    const int32_t last = keras_transposed(call, x, order, "transpose", err);
    const int32_t y = keras_unary(call, MOTE_OP_L2_NORMALIZATION, last, "l2_normalize", err);
    return keras_transposed(call, y, order, "transpose_1", err);
}

/* [batch, …, axis, …] as [batch, the others together, axis]. */
static int32_t as_matrices(keras_call *call, int32_t x, int32_t axis, mote_error *err)
{
    if (x < 0)
        return -1;
    const int32_t rank = keras_shape(call, x)->rank;
    int32_t order[MOTE_MAX_RANK], n = 0;
    for (int32_t i = 0; i < rank; i++)
        if (i != axis)
            order[n++] = i;
    order[n] = axis;
    const int32_t moved = keras_transposed(call, x, order, "transpose", err);
    if (moved < 0 || rank == 3)
        return moved;
    const mote_shape *shape = keras_shape(call, moved);
    const int64_t rows = mote_shape_span(shape, 1, rank - 1);
    const int32_t dims[] = {-1, (int32_t)rows, shape->dims[rank - 1]};
    return keras_reshaped(call, moved, 3, dims, "Reshape", err);
}

/* Batch-wise: sums over one axis of each. Output [batch, the others of a, the others of b]. */
static int32_t dot(keras_call *call, int32_t a, int32_t b, int32_t axis_a, int32_t axis_b, mote_error *err)
{
    const mote_shape first = *keras_shape(call, a), second = *keras_shape(call, b);
    int32_t dims[2 * MOTE_MAX_RANK] = {-1}, n = 1;
    for (int32_t i = 1; i < first.rank; i++)
        if (i != axis_a)
            dims[n++] = first.dims[i];
    for (int32_t i = 1; i < second.rank; i++)
        if (i != axis_b)
            dims[n++] = second.dims[i];
    if (n == 1)
        dims[n++] = 1;
    if (n > MOTE_MAX_RANK) {
        keras_refuse(call, err, "its output would have %d dimensions", n);
        return -1;
    }
    /* Matrices go in as they are, marked as transposed where the axis is not where the product wants it. */
    const bool plain = first.rank == 3 && second.rank == 3;
    const int32_t x = plain ? a : as_matrices(call, a, axis_a, err);
    const int32_t y = plain ? b : as_matrices(call, b, axis_b, err);
    const int32_t product = keras_matmul(call, x, y, plain && axis_a == 1, !plain || axis_b == 2, err);
    return plain ? product : keras_reshaped(call, product, n, dims, "Reshape_1", err);
}

mote_status keras_dot(keras_call *call, mote_error *err)
{
    if (call->n_inputs != 2)
        return keras_refuse(call, err, "it needs two inputs");
    const json_t *axes = json_object_get(call->config, "axes");
    const json_t *first = json_is_array(axes) ? json_array_get(axes, 0) : axes;
    const json_t *second = json_is_array(axes) ? json_array_get(axes, 1) : axes;
    int32_t a = call->inputs[0], b = call->inputs[1], axis_a, axis_b;
    if (!json_is_integer(first) || !json_is_integer(second) ||
        !keras_axis(json_integer_value(first), keras_shape(call, a)->rank, &axis_a) ||
        !keras_axis(json_integer_value(second), keras_shape(call, b)->rank, &axis_b) || axis_a == 0 || axis_b == 0)
        return keras_refuse(call, err, "its axes do not fit its inputs");
    if (keras_bool(call->config, "normalize", false)) {
        a = keras_l2_normalized(call, a, axis_a, err);
        b = keras_l2_normalized(call, b, axis_b, err);
    }
    return keras_result(call, a < 0 || b < 0 ? -1 : dot(call, a, b, axis_a, axis_b, err), err);
}
