/* Layers that are activations. */
#include <math.h>
#include <string.h>

#include "import/keras_activation.h"
#include "import/keras_expr.h"
#include "import/keras_mask.h"
#include "op/unary/unary.h"

/* Fewer operators than TensorFlow's chain of clips, for the same function. */
int32_t keras_relu(keras_call *call, int32_t x, const keras_relu_form *form, mote_error *err)
{
    const float threshold = (float)form->threshold, slope = (float)form->slope;
    if (form->has_max && form->max == 6.0 && slope == 0.0f && threshold == 0.0f)
        return keras_unary(call, MOTE_OP_RELU6, x, "Relu6", err);
    int32_t y;
    if (threshold != 0.0f) {
        const int32_t above = keras_binary_scalar(call, MOTE_OP_GREATER, x, threshold, "Greater", err);
        int32_t below = above < 0 ? -1 : keras_scalar(call, "zero", 0.0f);
        if (slope != 0.0f)
            below = keras_binary_scalar(
                call, MOTE_OP_MUL, keras_binary_scalar(call, MOTE_OP_SUB, x, threshold, "sub", err), slope, "mul", err);
        y = keras_select(call, above, x, below, err);
    } else {
        y = slope != 0.0f ? keras_leaky_relu(call, x, slope, err) : keras_unary(call, MOTE_OP_RELU, x, "Relu", err);
    }
    return form->has_max ? keras_binary_scalar(call, MOTE_OP_MINIMUM, y, (float)form->max, "Minimum", err) : y;
}

int32_t keras_gelu(keras_call *call, int32_t x, bool approximate, mote_error *err)
{
    mote_node *node = x < 0 ? NULL : keras_node(call, MOTE_OP_GELU, 1, &x, "Gelu", err);
    if (!node)
        return -1;
    ((mote_gelu_params *)node->params)->approximate = approximate;
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

int32_t keras_softmax_over(keras_call *call, int32_t x, int64_t axis, mote_error *err)
{
    if (x < 0)
        return -1;
    const int32_t rank = keras_shape(call, x)->rank;
    int32_t at, order[MOTE_MAX_RANK];
    if (!keras_axis(axis, rank, &at) || at == 0) {
        keras_refuse(call, err, "softmax over axis %d of an input of rank %d", (int)axis, rank);
        return -1;
    }
    for (int32_t i = 0; i < rank; i++)
        order[i] = i;
    order[at] = rank - 1; /* the exchange of two axes is its own inverse */
    order[rank - 1] = at;
    const int32_t last = keras_transposed(call, x, order, "transpose", err);
    return keras_transposed(call, keras_softmax_last(call, last, err), order, "transpose_1", err);
}

mote_status keras_activation(keras_call *call, mote_error *err)
{
    return keras_activate(call, json_object_get(call->config, "activation"), err);
}

mote_status keras_relu_layer(keras_call *call, mote_error *err)
{
    return keras_activate_by_name(call, "relu", call->config, err);
}

mote_status keras_thresholded_relu_layer(keras_call *call, mote_error *err)
{
    const keras_relu_form form = {.threshold = keras_number(call->config, "theta", 1.0)};
    return keras_result(call, keras_relu(call, keras_value(call), &form, err), err);
}

mote_status keras_leaky_relu_layer(keras_call *call, mote_error *err)
{
    const double slope =
        keras_number(call->config, "negative_slope", keras_number(call->config, "alpha", (double)0.3f));
    return keras_result(call, keras_leaky_relu(call, keras_value(call), (float)slope, err), err);
}

/* Shared axes have a single value, which broadcasts. */
mote_status keras_prelu_layer(keras_call *call, mote_error *err)
{
    const int32_t rank = keras_shape(call, keras_value(call))->rank;
    const int32_t alpha = keras_take_weight(call, "alpha", rank - 1, MOTE_WEIGHT_AS_IS, err);
    return keras_result(
        call, alpha < 0 ? -1 : keras_binary(call, MOTE_OP_PRELU, keras_value(call), alpha, "PRelu", err), err);
}

mote_status keras_elu_layer(keras_call *call, mote_error *err)
{
    return keras_activate_by_name(call, "elu", call->config, err);
}

/* Over several axes: each softmax's denominator is a sum over all of them. */
static int32_t softmax_over_several(keras_call *call, int32_t x, int32_t n, const int32_t *axes, mote_error *err)
{
    const int32_t largest = keras_reduce(call, MOTE_OP_REDUCE_MAX, x, n, axes, true, "Max", err);
    const int32_t e =
        keras_unary(call, MOTE_OP_EXP, keras_binary(call, MOTE_OP_SUB, x, largest, "sub", err), "Exp", err);
    return keras_binary(call, MOTE_OP_DIV, e, keras_reduce(call, MOTE_OP_SUM, e, n, axes, true, "Sum", err), "truediv",
                        err);
}

/* Over the config's axis or axes. */
static int32_t softmax_by_config(keras_call *call, int32_t x, mote_error *err)
{
    if (x < 0)
        return -1;
    const json_t *axis = json_object_get(call->config, "axis");
    const int32_t rank = keras_shape(call, x)->rank;
    if (!json_is_array(axis) || json_array_size(axis) == 1) {
        const json_t *one = json_is_array(axis) ? json_array_get(axis, 0) : axis;
        return keras_softmax_over(call, x, one ? json_integer_value(one) : -1, err);
    }
    int32_t axes[MOTE_MAX_RANK], n = 0;
    for (; n < (int32_t)json_array_size(axis) && n < MOTE_MAX_RANK; n++)
        if (!keras_axis(json_integer_value(json_array_get(axis, (size_t)n)), rank, &axes[n]) || axes[n] == 0) {
            keras_refuse(call, err, "its axes do not fit an input of rank %d", rank);
            return -1;
        }
    return softmax_over_several(call, x, n, axes, err);
}

/* Each dimension of the mask is that of x, or 1. */
static bool mask_fits(const mote_shape *mask, const mote_shape *x)
{
    bool fits = mask->rank == x->rank;
    for (int32_t d = 0; fits && d < x->rank; d++)
        fits = mask->dims[d] == x->dims[d] || mask->dims[d] == 1;
    return fits;
}

/* Keras 2 adds a large negative number to what the mask hides, or a part of it where the mask is of numbers. */
static int32_t lowered(keras_call *call, int32_t x, int32_t mask, mote_error *err)
{
    const int32_t kept = keras_cast_to(call, mask, MOTE_FLOAT32, err);
    const int32_t hidden =
        kept < 0 ? -1 : keras_binary(call, MOTE_OP_SUB, keras_scalar(call, "one", 1.0f), kept, "sub", err);
    return keras_binary(call, MOTE_OP_ADD, x, keras_binary_scalar(call, MOTE_OP_MUL, hidden, -1e9f, "mul", err), "add",
                        err);
}

/* What the mask hides counts for nothing; where it hides all, Keras 3 gives zeros and Keras 2 equal parts. */
static int32_t masked_softmax(keras_call *call, int32_t x, int32_t mask, mote_error *err)
{
    const bool third = call->builder->keras_major >= 3;
    const bool plain = call->builder->graph->tensors[mask]->dtype == MOTE_BOOL;
    if (!plain && !third && !keras_bool(call->config, "robust_masking", false))
        return softmax_by_config(call, lowered(call, x, mask, err), err);
    if (!plain)
        mask = keras_binary_scalar(call, MOTE_OP_GREATER, keras_cast_to(call, mask, MOTE_FLOAT32, err), 0.5f, "Greater",
                                   err);
    const int32_t kept = mask < 0 ? -1 : keras_select(call, mask, x, keras_scalar(call, "masked", -1e9f), err);
    const int32_t y = softmax_by_config(call, kept, err);
    return y < 0 || !third ? y : keras_select(call, mask, y, keras_scalar(call, "zero", 0.0f), err);
}

mote_status keras_softmax_layer(keras_call *call, mote_error *err)
{
    const int32_t x = call->inputs[0], own = keras_mask_of(call, x);
    const int32_t mask = keras_has_mask(call) ? keras_given_mask(call, 0) : own;
    if (mask == MOTE_NO_TENSOR)
        return keras_result(call, softmax_by_config(call, x, err), err);
    if (!mask_fits(keras_shape(call, mask), keras_shape(call, x)))
        return keras_refuse(call, err, "its mask must have the dimensions of its input, or 1 in their place");
    const int32_t y = masked_softmax(call, x, mask, err);
    const mote_status status = y < 0 ? keras_failure(err) : keras_set_mask(call, y, own, err);
    return status == MOTE_OK ? keras_result(call, y, err) : status;
}
