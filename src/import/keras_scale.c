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

static bool is_number(const json_t *value, double number)
{
    return json_is_number(value) && json_number_value(value) == number;
}

/* x * scale + offset */
mote_status keras_rescaling(keras_call *call, mote_error *err)
{
    const json_t *scale = json_object_get(call->config, "scale"), *offset = json_object_get(call->config, "offset");
    const int32_t factors[] = {keras_value(call), keras_number_or_list(call, "Cast/x", scale)};
    if (factors[1] < 0)
        return keras_refuse(call, err, "its scale is not a number or a list of numbers");
    const mote_status status = keras_apply(call, MOTE_OP_MUL, 2, factors, "mul", err);
    if (status != MOTE_OK || !offset || is_number(offset, 0.0))
        return status;
    const int32_t terms[] = {keras_value(call), keras_number_or_list(call, "Cast_1/x", offset)};
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
    const int32_t source = from_config ? keras_number_or_list(call, key, given) : -1;
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
