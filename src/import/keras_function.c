#include "import/keras_function.h"

#include <string.h>

#include "import/keras_expr.h"

static const keras_function FUNCTIONS[] = {
#define MOTE_KERAS_FUNCTION(tf, keras, build, op, text) {tf, keras, build, op, text},
#include "import/keras_function_list.inc"
#undef MOTE_KERAS_FUNCTION
};

const keras_function *keras_find_function(const char *name)
{
    for (size_t i = 0; *name && i < sizeof FUNCTIONS / sizeof FUNCTIONS[0]; i++)
        if (strcmp(FUNCTIONS[i].tf, name) == 0 || strcmp(FUNCTIONS[i].keras, name) == 0)
            return &FUNCTIONS[i];
    return NULL;
}

bool keras_is_function_node(const json_t *config)
{
    return !json_object_get(config, "trainable");
}

mote_status keras_function_node(keras_call *call, mote_error *err)
{
    const keras_function *function = keras_find_function(call->layer->class_name);
    return function ? function->build(call, function, err)
                    : keras_refuse(call, err, "mote does not know this function");
}

/* TFOpLambda and SlicingOpLambda: an operator that Keras wrapped because the model's code wrote it inline. */
mote_status keras_tf_op(keras_call *call, mote_error *err)
{
    const char *name = keras_text(call->config, "function", "");
    const keras_function *function = keras_find_function(name);
    return function ? function->build(call, function, err)
                    : keras_refuse(call, err,
                                   "mote does not know TensorFlow's function '%s'; write it with Keras's layers", name);
}

/* --- arguments --- */

static const json_t *by_name(const keras_call *call, const char *name)
{
    const json_t *value = name ? json_object_get(call->kwargs, name) : NULL;
    return value || !name ? value : json_object_get(call->config, name);
}

const json_t *keras_param(const keras_call *call, int32_t place, const char *name, const char *other_name)
{
    if (place >= 0 && place < call->n_args && !call->args[place].key && call->args[place].value)
        return call->args[place].value;
    const json_t *value = by_name(call, name);
    return value ? value : by_name(call, other_name);
}

bool keras_param_bool(const keras_call *call, const char *name, const char *other_name, bool def)
{
    const json_t *value = keras_param(call, -1, name, other_name);
    return json_is_boolean(value) ? json_is_true(value) : def;
}

/* --- constants --- */

/* The shape of a nested list, which must be regular; false: it is not, or it is too deep. */
static bool list_shape(const json_t *value, mote_shape *shape)
{
    *shape = (mote_shape){0};
    for (; json_is_array(value); value = json_array_get(value, 0)) {
        if (shape->rank == MOTE_MAX_RANK || json_array_size(value) < 1 || json_array_size(value) > 1 << 24)
            return false;
        shape->dims[shape->rank++] = (int32_t)json_array_size(value);
    }
    return json_is_number(value) || json_is_boolean(value);
}

static void store(mote_tensor *tensor, int64_t i, double value)
{
    switch (tensor->dtype) {
    case MOTE_INT32:
        ((int32_t *)tensor->data)[i] = value >= INT32_MIN && value <= INT32_MAX ? (int32_t)value : 0;
        break;
    case MOTE_INT64:
        ((int64_t *)tensor->data)[i] = value >= -0x1p63 && value < 0x1p63 ? (int64_t)value : 0;
        break;
    case MOTE_BOOL:
        ((bool *)tensor->data)[i] = value != 0;
        break;
    default:
        ((float *)tensor->data)[i] = (float)value;
    }
}

/* False: the list is not regular, or holds something else. */
static bool fill(mote_tensor *tensor, const json_t *value, int32_t depth, int64_t *at)
{
    if (depth == tensor->shape.rank) {
        if (!json_is_number(value) && !json_is_boolean(value))
            return false;
        store(tensor, (*at)++, json_is_boolean(value) ? json_is_true(value) : json_number_value(value));
        return true;
    }
    if (!json_is_array(value) || (int32_t)json_array_size(value) != tensor->shape.dims[depth])
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!fill(tensor, json_array_get(value, i), depth + 1, at))
            return false;
    return true;
}

int32_t keras_constant(keras_call *call, const char *name, const json_t *value, mote_dtype dtype)
{
    if (json_is_object(value)) /* {"class_name": "__tensor__" or "__numpy__", "config": {"value": …}} */
        value = json_object_get(json_object_get(value, "config"), "value");
    mote_shape shape;
    int64_t at = 0;
    if (dtype != MOTE_INT32 && dtype != MOTE_INT64 && dtype != MOTE_BOOL)
        dtype = MOTE_FLOAT32;
    if (!list_shape(value, &shape) || mote_shape_count(&shape) > 1 << 24)
        return -1;
    const char *full =
        mote_arena_printf(call->builder->arena, "%s%s/%s", call->builder->prefix, call->layer->name, name);
    const int32_t tensor = full ? mote_graph_add_const(call->builder->graph, full, dtype, &shape, NULL) : -1;
    return tensor >= 0 && fill(call->builder->graph->tensors[tensor], value, 0, &at) ? tensor : -1;
}

/* One value per channel of an image or sequence gets as many dimensions as that has, as TensorFlow's converter writes
 * it. */
static void spread(keras_call *call, int32_t constant, int32_t like)
{
    mote_tensor *tensor = call->builder->graph->tensors[constant];
    const int32_t rank = like >= 0 ? keras_shape(call, like)->rank : 0;
    if (tensor->shape.rank != 1 || rank < 3)
        return;
    const int32_t n = tensor->shape.dims[0];
    tensor->shape = (mote_shape){.rank = rank};
    for (int32_t d = 0; d < rank; d++)
        tensor->shape.dims[d] = d + 1 == rank ? n : 1;
}

int32_t keras_operand(keras_call *call, int32_t place, const char *name, int32_t like, mote_error *err)
{
    if (place < call->n_args && !call->args[place].key && call->args[place].tensor >= 0)
        return call->args[place].tensor;
    for (int32_t i = 0; i < call->n_args; i++)
        if (call->args[i].key && strcmp(call->args[i].key, name) == 0)
            return call->args[i].tensor;
    const mote_dtype dtype = like >= 0 ? call->builder->graph->tensors[like]->dtype : MOTE_FLOAT32;
    const int32_t constant = keras_constant(call, name, keras_param(call, place, name, NULL), dtype);
    if (constant < 0)
        keras_refuse(call, err, "its argument '%s' is neither a tensor nor numbers", name);
    else
        spread(call, constant, like);
    return constant;
}

int32_t keras_read_axes(keras_call *call, const json_t *value, int32_t rank, int32_t axes[MOTE_MAX_RANK],
                        mote_error *err)
{
    const int32_t n = keras_axes(value, rank, axes);
    if (n < 0)
        keras_refuse(call, err, "its axis must be given, must not be the batch, and must lie within rank %d", rank);
    if (n == 0)
        keras_refuse(call, err, "it has no axis");
    return n > 0 ? n : 0;
}
