/*
 * Activations by name, written as TensorFlow writes them, so that each tensor of a converted model has its counterpart.
 * Formulas are those of keras/activations: where Keras 2 and 3 differ, the file's version decides.
 */
#include "import/keras_activation.h"

#include <string.h>

#include "import/keras_expr.h"
#include "op/unary/unary.h"

typedef int32_t activation_fn(keras_call *call, int32_t x, const json_t *config, mote_error *err);

static int32_t linear(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)call, (void)config, (void)err;
    return x;
}

/* The function's parameters (config NULL: by name alone) are those of the ReLU layer. */
static int32_t relu(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const json_t *top = json_object_get(config, "max_value");
    const keras_relu_form form = {
        .slope = keras_number(config, "negative_slope", keras_number(config, "alpha", 0.0)),
        .threshold = keras_number(config, "threshold", 0.0),
        .has_max = json_is_number(top),
        .max = json_number_value(top),
    };
    return keras_relu(call, x, &form, err);
}

static int32_t relu6(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    return keras_unary(call, MOTE_OP_RELU6, x, "Relu6", err);
}

static int32_t leaky_relu(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const double slope = keras_number(config, "negative_slope", keras_number(config, "alpha", 0.2));
    return keras_leaky_relu(call, x, (float)slope, err);
}

static int32_t sigmoid(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    return keras_unary(call, MOTE_OP_LOGISTIC, x, "Sigmoid", err);
}

static int32_t tanh_(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    return keras_unary(call, MOTE_OP_TANH, x, "Tanh", err);
}

/* x above zero, alpha (e^x - 1) below. */
static int32_t elu(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const float alpha = (float)keras_number(config, "alpha", 1.0);
    const int32_t y = keras_unary(call, MOTE_OP_ELU, x, "Elu", err);
    if (y < 0 || alpha == 1.0f)
        return y;
    const int32_t positive = keras_binary_scalar(call, MOTE_OP_GREATER, x, 0.0f, "Greater", err);
    return keras_select(call, positive, y, keras_binary_scalar(call, MOTE_OP_MUL, y, alpha, "mul", err), err);
}

/* Klambauer et al. 2017: scale * elu(x, alpha). */
static int32_t selu(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    const float scale = 1.05070098735548049342f, scale_alpha = 1.75809934084737685995f;
    const int32_t positive = keras_binary_scalar(call, MOTE_OP_GREATER, x, 0.0f, "Selu/Greater", err);
    const int32_t above = keras_binary_scalar(call, MOTE_OP_MUL, x, scale, "Selu/mul", err);
    const int32_t e = keras_unary(call, MOTE_OP_EXP, x, "Selu/Exp", err);
    const int32_t less_one = keras_binary_scalar(call, MOTE_OP_SUB, e, 1.0f, "Selu/sub", err);
    const int32_t below = keras_binary_scalar(call, MOTE_OP_MUL, less_one, scale_alpha, "Selu/mul_1", err);
    return keras_select(call, positive, above, below, err);
}

/* max(x, 0) + alpha (e^(min(x, 0) / alpha) - 1), which is alpha ELU(x / alpha) */
static int32_t celu(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const float alpha = (float)keras_number(config, "alpha", 1.0);
    if (alpha == 1.0f)
        return keras_unary(call, MOTE_OP_ELU, x, "Elu", err);
    const int32_t divided = keras_binary_scalar(call, MOTE_OP_MUL, x, 1.0f / alpha, "mul", err);
    return keras_binary_scalar(call, MOTE_OP_MUL, keras_unary(call, MOTE_OP_ELU, divided, "Elu", err), alpha, "mul_1",
                               err);
}

/* x * sigmoid(x) */
static int32_t swish(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    return keras_binary(call, MOTE_OP_MUL, x, sigmoid(call, x, config, err), "mul", err);
}

static int32_t exponential(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    return keras_unary(call, MOTE_OP_EXP, x, "Exp", err);
}

static int32_t gelu(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    return keras_gelu(call, x, keras_bool(config, "approximate", false), err);
}

static int32_t softmax(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    return keras_softmax_over(call, x, keras_int(config, "axis", -1), err);
}

static int32_t log_softmax(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    return keras_unary(call, MOTE_OP_LOG_SOFTMAX, x, "LogSoftmax", err);
}

/* log(1 + e^x) */
static int32_t softplus(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const int32_t more = keras_binary_scalar(call, MOTE_OP_ADD, exponential(call, x, config, err), 1.0f, "add", err);
    return keras_unary(call, MOTE_OP_LOG, more, "Softplus", err);
}

/* x / (1 + |x|) */
static int32_t softsign(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    const int32_t size = keras_unary(call, MOTE_OP_ABS, x, "Abs", err);
    return keras_binary(call, MOTE_OP_DIV, x, keras_binary_scalar(call, MOTE_OP_ADD, size, 1.0f, "add", err),
                        "Softsign", err);
}

/* x tanh(softplus(x)) */
static int32_t mish(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    return keras_binary(call, MOTE_OP_MUL, x, tanh_(call, softplus(call, x, config, err), config, err), "mul", err);
}

/* Keras 2: clip(0.2 x + 0.5, 0, 1); Keras 3: relu6(x + 3) / 6. */
static int32_t hard_sigmoid(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    if (call->builder->keras_major >= 3) {
        const int32_t six = relu6(call, keras_binary_scalar(call, MOTE_OP_ADD, x, 3.0f, "add", err), config, err);
        return keras_binary_scalar(call, MOTE_OP_MUL, six, 1.0f / 6.0f, "mul", err);
    }
    const int32_t scaled = keras_binary_scalar(call, MOTE_OP_MUL, x, 0.2f, "mul", err);
    const int32_t moved = keras_binary_scalar(call, MOTE_OP_ADD, scaled, 0.5f, "add", err);
    const int32_t low = keras_binary_scalar(call, MOTE_OP_MINIMUM, moved, 1.0f, "clip_by_value/Minimum", err);
    return keras_unary(call, MOTE_OP_RELU, low, "clip_by_value", err);
}

/* x relu6(x + 3) / 6 */
static int32_t hard_swish(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    return keras_unary(call, MOTE_OP_HARD_SWISH, x, "HardSwish", err);
}

static int32_t hard_tanh(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    return keras_unary(call, MOTE_OP_RELU_N1_TO_1, x, "HardTanh", err);
}

/* -softplus(-x), which is log(sigmoid(x)) */
static int32_t log_sigmoid(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const int32_t turned = keras_unary(call, MOTE_OP_NEG, x, "Neg", err);
    return keras_unary(call, MOTE_OP_NEG, softplus(call, turned, config, err), "Neg_1", err);
}

/* x - tanh(x) */
static int32_t tanh_shrink(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    return keras_binary(call, MOTE_OP_SUB, x, tanh_(call, x, config, err), "sub", err);
}

/* max(x - threshold, 0) - max(-x - threshold, 0) */
static int32_t soft_shrink(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const float threshold = (float)keras_number(config, "threshold", 0.5);
    const int32_t above = keras_binary_scalar(call, MOTE_OP_SUB, x, threshold, "sub", err);
    const int32_t turned = keras_unary(call, MOTE_OP_NEG, x, "Neg", err);
    const int32_t below = keras_binary_scalar(call, MOTE_OP_SUB, turned, threshold, "sub_1", err);
    return keras_binary(call, MOTE_OP_SUB, keras_unary(call, MOTE_OP_RELU, above, "Relu", err),
                        keras_unary(call, MOTE_OP_RELU, below, "Relu_1", err), "sub_2", err);
}

/* x where |x| > threshold, else 0 */
static int32_t hard_shrink(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const float threshold = (float)keras_number(config, "threshold", 0.5);
    const int32_t size = keras_unary(call, MOTE_OP_ABS, x, "Abs", err);
    const int32_t far = keras_binary_scalar(call, MOTE_OP_GREATER, size, threshold, "Greater", err);
    return x < 0 ? -1 : keras_select(call, far, x, keras_scalar(call, "zero", 0.0f), err);
}

/* x where x > threshold, else default_value */
static int32_t threshold(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const float limit = (float)keras_number(config, "threshold", keras_number(config, "threshold_value", 0.0));
    const float other = (float)keras_number(config, "default_value", keras_number(config, "value", 0.0));
    const int32_t above = keras_binary_scalar(call, MOTE_OP_GREATER, x, limit, "Greater", err);
    return x < 0 ? -1 : keras_select(call, above, x, keras_scalar(call, "default_value", other), err);
}

/* (x + sqrt(x² + b)) / 2 */
static int32_t squareplus(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const float b = (float)keras_number(config, "b", 4.0);
    const int32_t square = keras_binary(call, MOTE_OP_MUL, x, x, "Square", err);
    const int32_t root =
        keras_unary(call, MOTE_OP_SQRT, keras_binary_scalar(call, MOTE_OP_ADD, square, b, "add", err), "Sqrt", err);
    return keras_binary_scalar(call, MOTE_OP_MUL, keras_binary(call, MOTE_OP_ADD, x, root, "add_1", err), 0.5f, "mul",
                               err);
}

/* clip((x + 1) / 2, 0, 1) */
static int32_t sparse_sigmoid(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    (void)config;
    const int32_t half = keras_binary_scalar(call, MOTE_OP_MUL, x, 0.5f, "mul", err);
    const int32_t moved = keras_binary_scalar(call, MOTE_OP_ADD, half, 0.5f, "add", err);
    return keras_unary(call, MOTE_OP_RELU_0_TO_1, moved, "SparseSigmoid", err);
}

/* 0 up to -1, x from 1 on, ((x + 1) / 2)² between: with c = clip((x + 1) / 2, 0, 1), it is c² + max(x - 1, 0). */
static int32_t sparse_plus(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    const int32_t c = sparse_sigmoid(call, x, config, err);
    const int32_t beyond = keras_binary_scalar(call, MOTE_OP_SUB, x, 1.0f, "sub", err);
    return keras_binary(call, MOTE_OP_ADD, keras_binary(call, MOTE_OP_MUL, c, c, "Square", err),
                        keras_unary(call, MOTE_OP_RELU, beyond, "Relu", err), "add_1", err);
}

/* The first half of the last dimension times the sigmoid of the second. */
static int32_t glu(keras_call *call, int32_t x, const json_t *config, mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape shape = *keras_shape(call, x);
    int32_t axis, begin[MOTE_MAX_RANK] = {0}, end[MOTE_MAX_RANK] = {0}, step[MOTE_MAX_RANK];
    if (!keras_axis(keras_int(config, "axis", -1), shape.rank, &axis) || axis == 0 || shape.dims[axis] % 2 != 0) {
        keras_refuse(call, err, "glu needs an even number of values along its axis");
        return -1;
    }
    for (int32_t i = 0; i < shape.rank; i++)
        end[i] = shape.dims[i], step[i] = 1;
    end[axis] = shape.dims[axis] / 2;
    const int32_t first = keras_sliced(call, x, begin, end, step, "split", err);
    begin[axis] = end[axis];
    end[axis] = shape.dims[axis];
    const int32_t second = keras_sliced(call, x, begin, end, step, "split_1", err);
    return keras_binary(call, MOTE_OP_MUL, first, sigmoid(call, second, NULL, err), "mul", err);
}

typedef struct activation_row {
    const char *name;
    activation_fn *apply;
} activation_row;

/* Names as functions and as the classes that Keras serializes them to. */
static const activation_row ACTIVATIONS[] = {
    {"linear", linear},
    {"relu", relu},
    {"relu6", relu6},
    {"leaky_relu", leaky_relu},
    {"sigmoid", sigmoid},
    {"tanh", tanh_},
    {"elu", elu},
    {"selu", selu},
    {"celu", celu},
    {"swish", swish},
    {"silu", swish},
    {"gelu", gelu},
    {"softmax", softmax},
    {"log_softmax", log_softmax},
    {"exponential", exponential},
    {"softplus", softplus},
    {"softsign", softsign},
    {"mish", mish},
    {"hard_sigmoid", hard_sigmoid},
    {"hard_swish", hard_swish},
    {"hard_silu", hard_swish},
    {"hard_tanh", hard_tanh},
    {"hard_shrink", hard_shrink},
    {"soft_shrink", soft_shrink},
    {"tanh_shrink", tanh_shrink},
    {"log_sigmoid", log_sigmoid},
    {"threshold", threshold},
    {"squareplus", squareplus},
    {"sparse_plus", sparse_plus},
    {"sparse_sigmoid", sparse_sigmoid},
    {"glu", glu},
    {"ReLU", relu},
    {"LeakyReLU", leaky_relu},
    {"ELU", elu},
    {"Softmax", softmax},
};

int32_t keras_activated_by_name(keras_call *call, int32_t x, const char *name, const json_t *config, mote_error *err)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof ACTIVATIONS[0]; i++)
        if (strcmp(ACTIVATIONS[i].name, name) == 0)
            return ACTIVATIONS[i].apply(call, x, config, err);
    keras_refuse(call, err, "activation '%s' is not one of Keras's own that mote knows", name);
    return -1;
}

bool keras_is_activation(const char *name)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof ACTIVATIONS[0]; i++)
        if (strcmp(ACTIVATIONS[i].name, name) == 0)
            return true;
    return false;
}

mote_status keras_activate_by_name(keras_call *call, const char *name, const json_t *config, mote_error *err)
{
    return keras_result(call, keras_activated_by_name(call, keras_value(call), name, config, err), err);
}

/* "relu"; {"class_name": "function", "config": "relu"}; {"class_name": "LeakyReLU", "config": {…}}. */
mote_status keras_activate(keras_call *call, const json_t *activation, mote_error *err)
{
    if (!activation || json_is_null(activation))
        return keras_pass(call, keras_value(call));
    if (json_is_string(activation))
        return keras_activate_by_name(call, json_string_value(activation), NULL, err);
    const json_t *config = json_object_get(activation, "config");
    const char *name = json_is_string(config) ? json_string_value(config) : keras_text(activation, "class_name", "");
    return keras_activate_by_name(call, name, json_is_object(config) ? config : NULL, err);
}
