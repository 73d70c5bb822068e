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
static int32_t softmax_over_several(keras_call *call, int32_t n, const int32_t *axes, mote_error *err)
{
    const int32_t x = keras_value(call);
    const int32_t largest = keras_reduce(call, MOTE_OP_REDUCE_MAX, x, n, axes, true, "Max", err);
    const int32_t e =
        keras_unary(call, MOTE_OP_EXP, keras_binary(call, MOTE_OP_SUB, x, largest, "sub", err), "Exp", err);
    return keras_binary(call, MOTE_OP_DIV, e, keras_reduce(call, MOTE_OP_SUM, e, n, axes, true, "Sum", err), "truediv",
                        err);
}

mote_status keras_softmax_layer(keras_call *call, mote_error *err)
{
    const json_t *axis = json_object_get(call->config, "axis");
    const int32_t rank = keras_shape(call, keras_value(call))->rank;
    if (call->n_inputs > 1 || keras_mask_of(call, call->inputs[0]) != MOTE_NO_TENSOR)
        return keras_refuse(call, err, "a mask is not supported");
    if (!json_is_array(axis) || json_array_size(axis) == 1) {
        const json_t *one = json_is_array(axis) ? json_array_get(axis, 0) : axis;
        return keras_result(call, keras_softmax_over(call, keras_value(call), one ? json_integer_value(one) : -1, err),
                            err);
    }
    int32_t axes[MOTE_MAX_RANK], n = 0;
    for (; n < (int32_t)json_array_size(axis) && n < MOTE_MAX_RANK; n++)
        if (!keras_axis(json_integer_value(json_array_get(axis, (size_t)n)), rank, &axes[n]) || axes[n] == 0)
            return keras_refuse(call, err, "its axes do not fit an input of rank %d", rank);
    return keras_result(call, softmax_over_several(call, n, axes, err), err);
}
