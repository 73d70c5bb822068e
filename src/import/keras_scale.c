/* Preprocessing layers that scale. */
#include "import/keras_scale.h"

#include <math.h>
#include <string.h>

#include "import/keras_expr.h"

/* A number or a (nested) list of numbers as a constant that broadcasts against the last dimensions. */
int32_t keras_number_or_list(keras_call *call, const char *role, const json_t *value)
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

/* x * scale + offset; a scale of 1 and an offset of 0 are nothing. */
mote_status keras_rescaling(keras_call *call, mote_error *err)
{
    static const struct {
        const char *key, *role, *name;
        mote_op op;
        double nothing;
    } STEPS[] = {{"scale", "Cast/x", "mul", MOTE_OP_MUL, 1.0}, {"offset", "Cast_1/x", "add", MOTE_OP_ADD, 0.0}};
    int32_t x = keras_cast_to(call, call->inputs[0], MOTE_FLOAT32, err);
    for (size_t i = 0; x >= 0 && i < sizeof STEPS / sizeof STEPS[0]; i++) {
        const json_t *value = json_object_get(call->config, STEPS[i].key);
        if (!value || (json_is_number(value) && json_number_value(value) == STEPS[i].nothing))
            continue;
        const int32_t constant = keras_number_or_list(call, STEPS[i].role, value);
        if (constant < 0)
            return keras_refuse(call, err, "its %s is not a number or a list of numbers", STEPS[i].key);
        x = keras_binary(call, STEPS[i].op, x, constant, STEPS[i].name, err);
    }
    return keras_result(call, x, err);
}

/* The dimensions that have statistics of their own: "axis" is a number, a list or null. False: they do not fit. */
static bool statistic_shape(const keras_call *call, mote_shape *shape)
{
    const json_t *axis = json_object_get(call->config, "axis");
    const mote_shape *in = keras_shape(call, call->inputs[0]);
    int32_t axes[MOTE_MAX_RANK] = {in->rank - 1};
    const int32_t n = !axis ? 1 : json_is_null(axis) ? 0 : keras_axes(axis, in->rank, axes);
    if (n < 0 || (n > 0 && axes[0] < 1))
        return false;
    *shape = (mote_shape){.rank = in->rank, .dims = {1, 1, 1, 1, 1, 1, 1, 1}};
    for (int32_t i = 0; i < n; i++)
        shape->dims[axes[i]] = in->dims[axes[i]];
    return true;
}

/* mean, or the scale that goes with variance: max(sqrt(variance), 1e-7), or its reciprocal taken in float32 as the
 * converter folds it. Statistics are weights (adapt) or stand in the config. -1: they are missing, or do not fit. */
static int32_t statistic(keras_call *call, const char *key, int32_t weight, bool is_scale, bool invert)
{
    const json_t *given = json_object_get(call->config, key);
    const keras_weight *stored = keras_peek_weight(call, weight);
    const bool from_config = given && !json_is_null(given);
    mote_shape shape;
    if ((!from_config && !stored) || !statistic_shape(call, &shape))
        return -1;
    const int32_t source = from_config ? keras_number_or_list(call, key, given) : -1;
    if (from_config && source < 0)
        return -1;
    const mote_tensor *values = from_config ? call->builder->graph->tensors[source] : &stored->value;
    const int64_t n = mote_shape_count(&values->shape);
    if (values->dtype == MOTE_INT64 || (n != 1 && n != mote_shape_count(&shape)))
        return -1;
    if (n == 1)
        shape = (mote_shape){.rank = shape.rank, .dims = {1, 1, 1, 1, 1, 1, 1, 1}};
    const int32_t tensor = keras_const(call, is_scale ? "truediv" : "mean", &shape, values->data);
    float *data = tensor >= 0 ? call->builder->graph->tensors[tensor]->data : NULL;
    for (int64_t i = 0; data && is_scale && i < n; i++) {
        data[i] = fmaxf(sqrtf(data[i]), 1e-7f);
        data[i] = invert ? data[i] : 1.0f / data[i];
    }
    return tensor;
}

/* (x - mean) / deviation, or with invert x * deviation + mean. */
mote_status keras_normalization(keras_call *call, mote_error *err)
{
    const bool invert = keras_bool(call->config, "invert", false);
    const int32_t mean = statistic(call, "mean", 0, false, invert);
    const int32_t factor = statistic(call, "variance", 1, true, invert);
    if (mean < 0 || factor < 0)
        return keras_refuse(call, err, "its statistics are missing, or do not fit its input; call adapt before saving");
    keras_skip_weights(call, call->layer->n_weights);
    const int32_t x = keras_cast_to(call, call->inputs[0], MOTE_FLOAT32, err);
    int32_t y;
    if (invert)
        y = keras_binary(call, MOTE_OP_ADD, keras_binary(call, MOTE_OP_MUL, x, factor, "mul", err), mean, "add", err);
    else
        y = keras_binary(call, MOTE_OP_MUL, keras_binary(call, MOTE_OP_SUB, x, mean, "sub", err), factor, "truediv",
                         err);
    return keras_result(call, y, err);
}
