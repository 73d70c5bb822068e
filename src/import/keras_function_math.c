/* Arithmetic, comparisons, reductions and activations that code calls inline. */
#include <math.h>
#include <string.h>

#include "import/keras_activation.h"
#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_matmul.h"
#include "op/accumulate/accumulate.h"
#include "op/reduce/reduce.h"

static const mote_tensor *tensor_of(const keras_call *call, int32_t tensor)
{
    return call->builder->graph->tensors[tensor];
}

/* Both sides; a constant takes the type of the tensor beside it. False: err. */
static bool read_two(keras_call *call, const char *first, const char *second, int32_t *a, int32_t *b, mote_error *err)
{
    const int32_t tensor = call->inputs[0];
    *a = keras_operand(call, 0, first, tensor, err);
    *b = *a < 0 ? -1 : keras_operand(call, 1, second, tensor, err);
    return *b >= 0;
}

/* --- two operands --- */

mote_status keras_fn_binary(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t a, b;
    if (!read_two(call, "x", "y", &a, &b, err))
        return keras_failure(err);
    return keras_result(call, keras_binary(call, (mote_op)function->op, a, b, call->layer->name, err), err);
}

mote_status keras_fn_add_n(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t sum = call->inputs[0];
    for (int32_t i = 1; i < call->n_inputs; i++)
        sum = keras_binary(call, (mote_op)function->op, sum, call->inputs[i], "AddN", err);
    return keras_result(call, sum, err);
}

mote_status keras_fn_bias_add(keras_call *call, const keras_function *function, mote_error *err)
{
    const char *format = json_string_value(keras_param(call, -1, "data_format", NULL));
    if (format && strncmp(format, "NC", 2) == 0)
        return keras_refuse(call, err, "data_format '%s' is not supported", format);
    const int32_t bias = keras_operand(call, 1, "bias", call->inputs[0], err);
    return keras_result(call, keras_binary(call, (mote_op)function->op, call->inputs[0], bias, "BiasAdd", err), err);
}

/* A float constant divisor becomes a factor, as TensorFlow's converter does it. */
mote_status keras_fn_divide(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t a, b;
    if (!read_two(call, "x", "y", &a, &b, err))
        return keras_failure(err);
    const mote_tensor *divisor = tensor_of(call, b);
    if (divisor->storage != MOTE_STORAGE_CONST || divisor->dtype != MOTE_FLOAT32)
        return keras_result(call, keras_binary(call, (mote_op)function->op, a, b, "truediv", err), err);
    float *data = divisor->data;
    for (int64_t i = 0; i < mote_shape_count(&divisor->shape); i++)
        data[i] = 1.0f / data[i];
    return keras_result(call, keras_binary(call, MOTE_OP_MUL, a, b, "truediv", err), err);
}

static int32_t reciprocal(keras_call *call, int32_t x, mote_error *err)
{
    return x < 0 ? -1 : keras_binary(call, MOTE_OP_DIV, keras_scalar(call, "one", 1.0f), x, "Reciprocal", err);
}

/* Exponents with an operator of their own take it. */
mote_status keras_fn_power(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t a, b;
    if (!read_two(call, "x", "y", &a, &b, err))
        return keras_failure(err);
    const mote_tensor *exponent = tensor_of(call, b);
    int32_t y = -1;
    if (exponent->storage != MOTE_STORAGE_CONST || exponent->dtype != MOTE_FLOAT32 ||
        mote_shape_count(&exponent->shape) != 1)
        y = keras_binary(call, (mote_op)function->op, a, b, "pow", err);
    else if (*(const float *)exponent->data == 2.0f)
        y = keras_binary(call, MOTE_OP_MUL, a, a, "pow", err);
    else if (*(const float *)exponent->data == 1.0f)
        y = a;
    else if (*(const float *)exponent->data == 0.5f)
        y = keras_unary(call, MOTE_OP_SQRT, a, "pow", err);
    else if (*(const float *)exponent->data == -0.5f)
        y = keras_unary(call, MOTE_OP_RSQRT, a, "pow", err);
    else if (*(const float *)exponent->data == -1.0f)
        y = reciprocal(call, a, err);
    else
        y = keras_binary(call, (mote_op)function->op, a, b, "pow", err);
    return keras_result(call, y, err);
}

mote_status keras_fn_where(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const int32_t condition = keras_operand(call, 0, "condition", -1, err);
    if (condition < 0 || call->n_inputs < 2)
        return keras_refuse(call, err, "where needs a condition, and tensors or numbers to choose from");
    const int32_t like = call->inputs[1]; /* the tensor among the two */
    const int32_t a = keras_operand(call, 1, "x", like, err);
    const int32_t b = a < 0 ? -1 : keras_operand(call, 2, "y", like, err);
    return keras_result(call, keras_select(call, condition, a, b, err), err);
}

mote_status keras_fn_clip(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const json_t *low = keras_param(call, 1, "clip_value_min", "x_min");
    const json_t *high = keras_param(call, 2, "clip_value_max", "x_max");
    if (!json_is_number(low) || !json_is_number(high))
        return keras_refuse(call, err, "its bounds are not numbers");
    const float bottom = (float)json_number_value(low), top = (float)json_number_value(high);
    const int32_t x = keras_binary_scalar(call, MOTE_OP_MINIMUM, call->inputs[0], top, "clip_by_value/Minimum", err);
    return keras_result(call,
                        bottom == 0.0f ? keras_unary(call, MOTE_OP_RELU, x, "clip_by_value", err)
                                       : keras_binary_scalar(call, MOTE_OP_MAXIMUM, x, bottom, "clip_by_value", err),
                        err);
}

/* --- one operand --- */

mote_status keras_fn_unary(keras_call *call, const keras_function *function, mote_error *err)
{
    return keras_result(call, keras_unary(call, (mote_op)function->op, call->inputs[0], call->layer->name, err), err);
}

mote_status keras_fn_reciprocal(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    return keras_result(call, reciprocal(call, call->inputs[0], err), err);
}

mote_status keras_fn_log1p(keras_call *call, const keras_function *function, mote_error *err)
{
    const int32_t more = keras_binary_scalar(call, MOTE_OP_ADD, call->inputs[0], 1.0f, "add", err);
    return keras_result(call, keras_unary(call, (mote_op)function->op, more, "Log1p", err), err);
}

mote_status keras_fn_activation(keras_call *call, const keras_function *function, mote_error *err)
{
    const json_t *config = call->builder->keras_major >= 3 ? call->config : call->kwargs;
    return keras_result(call, keras_activated_by_name(call, call->inputs[0], function->text, config, err), err);
}

/* --- reductions --- */

static bool keep_dims(const keras_call *call)
{
    return keras_param_bool(call, "keepdims", "keep_dims", false);
}

mote_status keras_fn_reduce(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t axes[MOTE_MAX_RANK];
    const int32_t x = call->inputs[0], rank = keras_shape(call, x)->rank;
    const int32_t n = keras_read_axes(call, keras_param(call, 1, "axis", NULL), rank, axes, err);
    if (n < 1)
        return keras_failure(err);
    return keras_result(
        call, keras_reduce(call, (mote_op)function->op, x, n, axes, keep_dims(call), call->layer->name, err), err);
}

/* mean((x - mean(x))²) */
static int32_t variance(keras_call *call, int32_t n, const int32_t *axes, int32_t mean, mote_error *err)
{
    const int32_t square =
        keras_binary(call, MOTE_OP_SQUARED_DIFFERENCE, call->inputs[0], mean, "SquaredDifference", err);
    return keras_reduce(call, MOTE_OP_MEAN, square, n, axes, keep_dims(call), "variance", err);
}

mote_status keras_fn_variance(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t axes[MOTE_MAX_RANK];
    const int32_t x = call->inputs[0], rank = keras_shape(call, x)->rank;
    const int32_t n = keras_read_axes(call, keras_param(call, 1, "axis", NULL), rank, axes, err);
    if (n < 1)
        return keras_failure(err);
    const int32_t mean = keras_reduce(call, MOTE_OP_MEAN, x, n, axes, true, "mean", err);
    const int32_t y = variance(call, n, axes, mean, err);
    return keras_result(call, function->op ? keras_unary(call, (mote_op)function->op, y, "std", err) : y, err);
}

/* Two outputs: mean and variance. */
mote_status keras_fn_moments(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axes[MOTE_MAX_RANK];
    const int32_t x = call->inputs[0], rank = keras_shape(call, x)->rank;
    const int32_t n = keras_read_axes(call, keras_param(call, 1, "axes", "axis"), rank, axes, err);
    if (n < 1)
        return keras_failure(err);
    const int32_t kept = keras_reduce(call, MOTE_OP_MEAN, x, n, axes, true, "mean", err);
    const int32_t spread = variance(call, n, axes, kept, err);
    const int32_t mean = keep_dims(call) ? kept : keras_reduce(call, MOTE_OP_MEAN, x, n, axes, false, "mean_1", err);
    if (mean < 0 || spread < 0)
        return keras_failure(err);
    call->outputs[0] = mean;
    call->outputs[1] = spread;
    call->n_outputs = 2;
    return MOTE_OK;
}

/* max + log(sum(exp(x - max))) */
mote_status keras_fn_log_sum_exp(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axes[MOTE_MAX_RANK];
    const int32_t x = call->inputs[0], rank = keras_shape(call, x)->rank;
    const int32_t n = keras_read_axes(call, keras_param(call, 1, "axis", NULL), rank, axes, err);
    if (n < 1)
        return keras_failure(err);
    const int32_t largest = keras_reduce(call, MOTE_OP_REDUCE_MAX, x, n, axes, true, "Max", err);
    const int32_t e =
        keras_unary(call, MOTE_OP_EXP, keras_binary(call, MOTE_OP_SUB, x, largest, "sub", err), "Exp", err);
    const int32_t sum = keras_reduce(call, MOTE_OP_SUM, e, n, axes, keep_dims(call), "Sum", err);
    const int32_t top =
        keep_dims(call) ? largest : keras_reduce(call, MOTE_OP_REDUCE_MAX, x, n, axes, false, "Max_1", err);
    return keras_result(
        call, keras_binary(call, MOTE_OP_ADD, keras_unary(call, MOTE_OP_LOG, sum, "Log", err), top, "add", err), err);
}

/* sqrt(sum(x²)); other orders than the Euclidean are refused. */
mote_status keras_fn_norm(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const json_t *order = keras_param(call, -1, "ord", NULL);
    const bool euclidean = !order || json_is_null(order) || json_number_value(order) == 2.0 ||
                           (json_is_string(order) && strcmp(json_string_value(order), "euclidean") == 0);
    int32_t axes[MOTE_MAX_RANK];
    const int32_t x = call->inputs[0], rank = keras_shape(call, x)->rank;
    const int32_t n = keras_read_axes(call, keras_param(call, -1, "axis", NULL), rank, axes, err);
    if (n < 1)
        return keras_failure(err);
    if (!euclidean)
        return keras_refuse(call, err, "norms other than the Euclidean are not supported");
    const int32_t square = keras_binary(call, MOTE_OP_MUL, x, x, "mul", err);
    const int32_t sum = keras_reduce(call, MOTE_OP_SUM, square, n, axes, keep_dims(call), "Sum", err);
    return keras_result(call, keras_unary(call, MOTE_OP_SQRT, sum, "Sqrt", err), err);
}

/* TensorFlow's default is int64, Keras 3's int32. */
mote_status keras_fn_arg(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t axis;
    const json_t *given = keras_param(call, 1, "axis", "dimension");
    const char *type = json_string_value(keras_param(call, -1, "output_type", NULL));
    const int32_t x = call->inputs[0], rank = keras_shape(call, x)->rank;
    if (!json_is_integer(given) || !keras_axis(json_integer_value(given), rank, &axis) || axis == 0)
        return keras_refuse(call, err, "its axis must be given, and must not be the batch");
    if (keep_dims(call))
        return keras_refuse(call, err, "keepdims is not supported");
    const int32_t inputs[] = {x, keras_const_i32(call, "dimension", 1, &axis)};
    if (inputs[1] < 0)
        return keras_failure(err);
    call->builder->graph->tensors[inputs[1]]->shape = (mote_shape){0};
    mote_node *node = keras_node(call, (mote_op)function->op, 2, inputs, call->layer->name, err);
    if (!node)
        return keras_failure(err);
    const bool narrow = call->builder->keras_major >= 3 || (type && strcmp(type, "int32") == 0);
    ((mote_arg_max_params *)node->params)->output_type = narrow ? MOTE_INT32 : MOTE_INT64;
    return keras_emit(call, node, err);
}

mote_status keras_fn_cumsum(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t axis;
    const json_t *given = keras_param(call, 1, "axis", NULL);
    if (!json_is_integer(given) ||
        !keras_axis(json_integer_value(given), keras_shape(call, call->inputs[0])->rank, &axis) || axis == 0)
        return keras_refuse(call, err, "its axis must be given, and must not be the batch");
    const int32_t inputs[] = {call->inputs[0], keras_const_i32(call, "Cumsum/axis", 1, &axis)};
    if (inputs[1] < 0)
        return keras_failure(err);
    call->builder->graph->tensors[inputs[1]]->shape = (mote_shape){0};
    mote_node *node = keras_node(call, (mote_op)function->op, 2, inputs, "Cumsum", err);
    if (!node)
        return keras_failure(err);
    mote_cumsum_params *params = node->params;
    params->exclusive = keras_param_bool(call, "exclusive", NULL, false);
    params->reverse = keras_param_bool(call, "reverse", NULL, false);
    return keras_emit(call, node, err);
}

/* --- products --- */

mote_status keras_fn_matmul(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const bool k3 = call->builder->keras_major >= 3;
    int32_t a, b;
    if (!read_two(call, k3 ? "x1" : "a", k3 ? "x2" : "b", &a, &b, err))
        return keras_failure(err);
    if (keras_shape(call, a)->rank < 2 || keras_shape(call, b)->rank < 2)
        return keras_refuse(call, err, "both sides must be matrices");
    const bool turn_a = keras_param_bool(call, "transpose_a", "adjoint_a", false);
    const bool turn_b = keras_param_bool(call, "transpose_b", "adjoint_b", false);
    return keras_result(call, keras_matmul(call, a, b, turn_a, turn_b, err), err);
}

mote_status keras_fn_l2_normalize(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis;
    const json_t *given = keras_param(call, 1, "axis", "dim"), *order = keras_param(call, -1, "order", NULL);
    if (json_is_array(given) && json_array_size(given) == 1)
        given = json_array_get(given, 0);
    if (!json_is_integer(given) ||
        !keras_axis(json_integer_value(given), keras_shape(call, call->inputs[0])->rank, &axis) || axis == 0)
        return keras_refuse(call, err, "its axis must be one, and not the batch");
    if (json_is_number(order) && json_number_value(order) != 2.0)
        return keras_refuse(call, err, "orders other than 2 are not supported");
    return keras_result(call, keras_l2_normalized(call, call->inputs[0], axis, err), err);
}
