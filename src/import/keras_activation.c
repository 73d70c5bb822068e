/* Activations by name and as layers, written as TensorFlow writes them. */
#include "import/keras_builder.h"

#include <string.h>

#include "op/softmax/softmax.h"
#include "op/unary/unary.h"

typedef mote_status activation_fn(keras_call *call, const json_t *config, mote_error *err);

static mote_status apply_unary(keras_call *call, mote_op op, const char *name, mote_error *err)
{
    const int32_t input = keras_value(call);
    return keras_apply(call, op, 1, &input, name, err);
}

static mote_status apply_binary(keras_call *call, mote_op op, int32_t a, int32_t b, const char *name, mote_error *err)
{
    const int32_t inputs[] = {a, b};
    return keras_apply(call, op, 2, inputs, name, err);
}

static mote_status linear(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config, (void)err;
    return keras_pass(call, keras_value(call));
}

static mote_status relu(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    return apply_unary(call, MOTE_OP_RELU, "Relu", err);
}

static mote_status relu6(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    return apply_unary(call, MOTE_OP_RELU6, "Relu6", err);
}

static mote_status sigmoid(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    return apply_unary(call, MOTE_OP_LOGISTIC, "Sigmoid", err);
}

static mote_status tanh_(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    return apply_unary(call, MOTE_OP_TANH, "Tanh", err);
}

static mote_status elu(keras_call *call, const json_t *config, mote_error *err)
{
    if (keras_number(config, "alpha", 1.0) != 1.0)
        return keras_refuse(call, err, "ELU with alpha other than 1 has no operator in TFLite");
    return apply_unary(call, MOTE_OP_ELU, "Elu", err);
}

/* x * sigmoid(x) */
static mote_status swish(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    const int32_t x = keras_value(call);
    const mote_status status = apply_unary(call, MOTE_OP_LOGISTIC, "Sigmoid", err);
    return status == MOTE_OK ? apply_binary(call, MOTE_OP_MUL, x, keras_value(call), "mul", err) : status;
}

static mote_status exponential(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    return apply_unary(call, MOTE_OP_EXP, "Exp", err);
}

static mote_status gelu(keras_call *call, const json_t *config, mote_error *err)
{
    const int32_t input = keras_value(call);
    mote_node *node = keras_node(call, MOTE_OP_GELU, 1, &input, "Gelu", err);
    if (!node)
        return MOTE_NO_MEMORY;
    ((mote_gelu_params *)node->params)->approximate = keras_bool(config, "approximate", false);
    return keras_emit(call, node, err);
}

static mote_status softmax(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    const int32_t input = keras_value(call);
    mote_node *node = keras_node(call, MOTE_OP_SOFTMAX, 1, &input, "Softmax", err);
    if (!node)
        return MOTE_NO_MEMORY;
    ((mote_softmax_params *)node->params)->beta = 1.0f;
    return keras_emit(call, node, err);
}

/* Keras 2: clip(0.2 x + 0.5, 0, 1); Keras 3: relu6(x + 3) / 6. */
static mote_status hard_sigmoid(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    mote_status status;
    if (call->builder->keras_major >= 3) {
        status = apply_binary(call, MOTE_OP_ADD, keras_value(call), keras_scalar(call, "three", 3.0f), "add", err);
        if (status == MOTE_OK)
            status = apply_unary(call, MOTE_OP_RELU6, "Relu6", err);
        return status == MOTE_OK ? apply_binary(call, MOTE_OP_MUL, keras_value(call),
                                                keras_scalar(call, "sixth", 1.0f / 6.0f), "mul", err)
                                 : status;
    }
    status = apply_binary(call, MOTE_OP_MUL, keras_value(call), keras_scalar(call, "Const", 0.2f), "mul", err);
    if (status == MOTE_OK)
        status = apply_binary(call, MOTE_OP_ADD, keras_value(call), keras_scalar(call, "Const_1", 0.5f), "add", err);
    if (status == MOTE_OK)
        status = apply_binary(call, MOTE_OP_MINIMUM, keras_value(call), keras_scalar(call, "one", 1.0f),
                              "clip_by_value/Minimum", err);
    return status == MOTE_OK ? apply_binary(call, MOTE_OP_MAXIMUM, keras_value(call), keras_scalar(call, "zero", 0.0f),
                                            "clip_by_value", err)
                             : status;
}

static mote_status hard_swish(keras_call *call, const json_t *config, mote_error *err)
{
    (void)config;
    return apply_unary(call, MOTE_OP_HARD_SWISH, "HardSwish", err);
}

typedef struct activation_row {
    const char *name;
    activation_fn *apply;
} activation_row;

static const activation_row ACTIVATIONS[] = {
    {"linear", linear},
    {"relu", relu},
    {"relu6", relu6},
    {"sigmoid", sigmoid},
    {"tanh", tanh_},
    {"elu", elu},
    {"swish", swish},
    {"silu", swish},
    {"gelu", gelu},
    {"softmax", softmax},
    {"exponential", exponential},
    {"hard_sigmoid", hard_sigmoid},
    {"hard_swish", hard_swish},
    {"hard_silu", hard_swish},
};

mote_status keras_activate_by_name(keras_call *call, const char *name, const json_t *config, mote_error *err)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof ACTIVATIONS[0]; i++)
        if (strcmp(ACTIVATIONS[i].name, name) == 0)
            return ACTIVATIONS[i].apply(call, config, err);
    return keras_refuse(call, err, "activation '%s' is not one of Keras's own that mote knows", name);
}

mote_status keras_activate(keras_call *call, const json_t *activation, mote_error *err)
{
    if (!activation || json_is_null(activation))
        return keras_pass(call, keras_value(call));
    if (json_is_string(activation))
        return keras_activate_by_name(call, json_string_value(activation), NULL, err);
    const json_t *config = json_object_get(activation, "config");
    const char *name = json_is_string(config) ? json_string_value(config) : NULL;
    const char *class_name = keras_text(activation, "class_name", "");
    if (!name)
        name = strcmp(class_name, "function") == 0 ? keras_text(activation, "config", "") : class_name;
    return keras_activate_by_name(call, name, json_is_object(config) ? config : NULL, err);
}

mote_status keras_activation(keras_call *call, mote_error *err)
{
    return keras_activate(call, json_object_get(call->config, "activation"), err);
}

mote_status keras_relu_layer(keras_call *call, mote_error *err)
{
    const double slope = keras_number(call->config, "negative_slope", 0.0);
    const double threshold = keras_number(call->config, "threshold", 0.0);
    const json_t *top = json_object_get(call->config, "max_value");
    if (threshold != 0.0)
        return keras_refuse(call, err, "a ReLU threshold other than 0 has no operator in TFLite");
    if (json_is_number(top) && slope == 0.0 && json_number_value(top) == 6.0)
        return relu6(call, NULL, err);
    mote_status status;
    if (slope != 0.0) {
        const int32_t input = keras_value(call);
        mote_node *node = keras_node(call, MOTE_OP_LEAKY_RELU, 1, &input, "LeakyRelu", err);
        if (!node)
            return MOTE_NO_MEMORY;
        ((mote_leaky_relu_params *)node->params)->alpha = (float)slope;
        status = keras_emit(call, node, err);
    } else {
        status = relu(call, NULL, err);
    }
    if (status == MOTE_OK && json_is_number(top))
        status = apply_binary(call, MOTE_OP_MINIMUM, keras_value(call),
                              keras_scalar(call, "max_value", (float)json_number_value(top)), "Minimum", err);
    return status;
}

mote_status keras_leaky_relu_layer(keras_call *call, mote_error *err)
{
    const double slope =
        keras_number(call->config, "negative_slope", keras_number(call->config, "alpha", (double)0.3f));
    const int32_t input = keras_value(call);
    mote_node *node = keras_node(call, MOTE_OP_LEAKY_RELU, 1, &input, "LeakyRelu", err);
    if (!node)
        return MOTE_NO_MEMORY;
    ((mote_leaky_relu_params *)node->params)->alpha = (float)slope;
    return keras_emit(call, node, err);
}

mote_status keras_elu_layer(keras_call *call, mote_error *err)
{
    return elu(call, call->config, err);
}

mote_status keras_softmax_layer(keras_call *call, mote_error *err)
{
    const json_t *axis = json_object_get(call->config, "axis");
    const int32_t rank = keras_shape(call, keras_value(call))->rank;
    const json_int_t value = json_is_array(axis) ? json_integer_value(json_array_get(axis, 0))
                             : axis              ? json_integer_value(axis)
                                                 : -1;
    if (value != -1 && value != rank - 1)
        return keras_refuse(call, err, "softmax over axis %d; only the last is supported", (int)value);
    return softmax(call, NULL, err);
}
