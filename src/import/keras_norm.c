/* Batch normalization, and the preprocessing layers that scale. */
#include "import/keras_builder.h"

#include <math.h>
#include <string.h>

#include "op/train_form/train_form.h"

static mote_status read_axis(const keras_call *call, int32_t *axis, mote_error *err)
{
    const json_t *value = json_object_get(call->config, "axis");
    const int32_t rank = keras_shape(call, keras_value(call))->rank;
    if (json_is_array(value) && json_array_size(value) == 1)
        value = json_array_get(value, 0);
    *axis = json_is_integer(value) ? (int32_t)json_integer_value(value) : -1;
    *axis = *axis < 0 ? *axis + rank : *axis;
    if (*axis <= 0 || *axis >= rank || json_is_array(value))
        return keras_refuse(call, err, "axis %d is not one dimension of its input", *axis);
    return MOTE_OK;
}

/* A parameter that scale=False or center=False leaves out is a constant. */
static int32_t gamma_or(keras_call *call, const char *flag, const char *role, float value, int32_t n, mote_error *err)
{
    if (keras_bool(call->config, flag, true))
        return keras_take_weight(call, role, 1, MOTE_WEIGHT_AS_IS, err);
    const mote_shape shape = {1, {n}};
    const int32_t tensor = keras_const(call, role, &shape, NULL);
    for (int32_t i = 0; tensor >= 0 && i < n; i++)
        ((float *)call->builder->graph->tensors[tensor]->data)[i] = value;
    return tensor;
}

mote_status keras_batch_normalization(keras_call *call, mote_error *err)
{
    int32_t axis;
    const mote_status status = read_axis(call, &axis, err);
    if (status != MOTE_OK)
        return status;
    const int32_t n = keras_shape(call, keras_value(call))->dims[axis];
    int32_t inputs[5] = {keras_value(call)};
    inputs[1] = gamma_or(call, "scale", "gamma", 1.0f, n, err);
    inputs[2] = inputs[1] < 0 ? -1 : gamma_or(call, "center", "beta", 0.0f, n, err);
    inputs[3] = inputs[2] < 0 ? -1 : keras_take_weight(call, "moving_mean", 1, MOTE_WEIGHT_AS_IS, err);
    inputs[4] = inputs[3] < 0 ? -1 : keras_take_weight(call, "moving_variance", 1, MOTE_WEIGHT_AS_IS, err);
    if (inputs[4] < 0)
        return err && err->code != MOTE_OK ? err->code : MOTE_FORMAT;
    for (int32_t i = 0; i < call->layer->n_weights; i++)
        if (call->layer->weights[i].tensor == inputs[3] || call->layer->weights[i].tensor == inputs[4])
            call->layer->weights[i].trainable = false;
    mote_node *node = keras_node(call, MOTE_OP_BATCH_NORM, 5, inputs, "FusedBatchNormV3", err);
    if (!node)
        return MOTE_NO_MEMORY;
    *(mote_batch_norm_params *)node->params = (mote_batch_norm_params){
        .epsilon = (float)keras_number(call->config, "epsilon", 1e-3),
        .momentum = (float)keras_number(call->config, "momentum", 0.99),
        .axis = axis,
    };
    return keras_emit(call, node, err);
}

/* A number or a (nested) list of numbers as a constant that broadcasts against the last dimensions. */
static int32_t number_or_list(keras_call *call, const char *role, const json_t *value)
{
    while (json_is_array(value) && json_array_size(value) == 1 && json_is_array(json_array_get(value, 0)))
        value = json_array_get(value, 0);
    if (json_is_number(value))
        return keras_scalar(call, role, (float)json_number_value(value));
    const size_t n = json_array_size(value);
    if (n == 0 || n > 1 << 20)
        return -1;
    const mote_shape shape = {1, {(int32_t)n}};
    const int32_t tensor = keras_const(call, role, &shape, NULL);
    for (size_t i = 0; tensor >= 0 && i < n; i++)
        ((float *)call->builder->graph->tensors[tensor]->data)[i] = (float)json_number_value(json_array_get(value, i));
    return tensor;
}

static bool is_number(const json_t *value, double number)
{
    return json_is_number(value) && json_number_value(value) == number;
}

/* x * scale + offset */
mote_status keras_rescaling(keras_call *call, mote_error *err)
{
    const json_t *scale = json_object_get(call->config, "scale"), *offset = json_object_get(call->config, "offset");
    const int32_t factors[] = {keras_value(call), number_or_list(call, "Cast/x", scale)};
    if (factors[1] < 0)
        return keras_refuse(call, err, "its scale is not a number or a list of numbers");
    const mote_status status = keras_apply(call, MOTE_OP_MUL, 2, factors, "mul", err);
    if (status != MOTE_OK || !offset || is_number(offset, 0.0))
        return status;
    const int32_t terms[] = {keras_value(call), number_or_list(call, "Cast_1/x", offset)};
    if (terms[1] < 0)
        return keras_refuse(call, err, "its offset is not a number or a list of numbers");
    return keras_apply(call, MOTE_OP_ADD, 2, terms, "add", err);
}

/* (x - mean) / max(sqrt(variance), 1e-7), the reciprocal taken in float32 as the converter folds it. Statistics are
 * weights (adapt) or stand in the config; kept dimensions are those of `axis`. */
static int32_t statistic(keras_call *call, const char *key, int32_t weight, bool reciprocal_root)
{
    const json_t *given = json_object_get(call->config, key);
    const keras_weight *stored = keras_peek_weight(call, weight);
    const mote_shape *in = keras_shape(call, keras_value(call));
    const bool from_config = given && !json_is_null(given);
    if (!from_config && !stored)
        return -1;
    const int32_t source = from_config ? number_or_list(call, key, given) : -1;
    const mote_tensor *values =
        from_config ? (source >= 0 ? call->builder->graph->tensors[source] : NULL) : &stored->value;
    const int64_t n = values ? mote_shape_count(&values->shape) : -1;
    if (n != 1 && n != in->dims[in->rank - 1])
        return -1;
    mote_shape shape = {.rank = in->rank};
    for (int32_t i = 0; i < shape.rank; i++)
        shape.dims[i] = i + 1 == shape.rank ? (int32_t)n : 1;
    const int32_t tensor = keras_const(call, reciprocal_root ? "truediv" : "mean", &shape, values->data);
    float *data = tensor >= 0 ? call->builder->graph->tensors[tensor]->data : NULL;
    for (int64_t i = 0; data && reciprocal_root && i < n; i++)
        data[i] = 1.0f / fmaxf(sqrtf(data[i]), 1e-7f);
    return tensor;
}

mote_status keras_normalization(keras_call *call, mote_error *err)
{
    if (keras_bool(call->config, "invert", false))
        return keras_refuse(call, err, "invert=True is not supported");
    const int32_t mean = statistic(call, "mean", 0, false);
    const int32_t factor = statistic(call, "variance", 1, true);
    if (mean < 0 || factor < 0)
        return keras_refuse(call, err, "its statistics are missing, or are not per channel; call adapt before saving");
    const int32_t terms[] = {keras_value(call), mean};
    const mote_status status = keras_apply(call, MOTE_OP_SUB, 2, terms, "sub", err);
    if (status != MOTE_OK)
        return status;
    const int32_t factors[] = {keras_value(call), factor};
    return keras_apply(call, MOTE_OP_MUL, 2, factors, "truediv", err);
}

/* TFOpLambda: an operator that Keras wrapped because the model's code wrote it inline. */
typedef struct tf_op_row {
    const char *function;
    mote_op op;
} tf_op_row;

static const tf_op_row TF_OPS[] = {
    {"math.multiply", MOTE_OP_MUL},     {"math.add", MOTE_OP_ADD},     {"math.subtract", MOTE_OP_SUB},
    {"__operators__.add", MOTE_OP_ADD}, {"math.truediv", MOTE_OP_DIV}, {"math.maximum", MOTE_OP_MAXIMUM},
    {"math.minimum", MOTE_OP_MINIMUM},
};

mote_status keras_tf_op(keras_call *call, mote_error *err)
{
    const char *function = keras_text(call->config, "function", "");
    for (size_t i = 0; i < sizeof TF_OPS / sizeof TF_OPS[0]; i++) {
        if (strcmp(TF_OPS[i].function, function) != 0)
            continue;
        int32_t inputs[] = {call->inputs[0], call->n_inputs > 1 ? call->inputs[1] : -1};
        if (inputs[1] < 0)
            inputs[1] = number_or_list(call, "y", json_object_get(call->kwargs, "y"));
        if (inputs[1] < 0)
            return keras_refuse(call, err, "its second operand is neither a tensor nor numbers");
        /* Constants broadcast with as many dimensions as the other side has. */
        mote_tensor *y = call->builder->graph->tensors[inputs[1]];
        const int32_t rank = keras_shape(call, inputs[0])->rank;
        if (y->storage == MOTE_STORAGE_CONST && y->shape.rank == 1 && rank > 1) {
            const int32_t n = y->shape.dims[0];
            y->shape = (mote_shape){.rank = rank};
            for (int32_t d = 0; d < rank; d++)
                y->shape.dims[d] = d + 1 == rank ? n : 1;
        }
        return keras_apply(call, TF_OPS[i].op, 2, inputs, "Mul", err);
    }
    return keras_refuse(call, err, "TensorFlow function '%s' is not supported; write it with Keras layers", function);
}
