#include "import/keras_builder.h"

#include "import/keras_function.h"
#include "import/keras_layout.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "op/view/view.h"

static const char *tensor_name(const keras_call *call, const char *name)
{
    return mote_arena_printf(call->builder->arena, "%s%s/%s", call->builder->prefix, call->layer->name, name);
}

mote_node *keras_node_outputs(keras_call *call, mote_op op, int32_t n_inputs, const int32_t *inputs, int32_t n_outputs,
                              const char *name, mote_error *err)
{
    mote_graph *graph = call->builder->graph;
    const mote_shape unknown = {.rank = MOTE_RANK_UNKNOWN};
    int32_t outputs[KERAS_MAX_OUTPUTS];
    if (n_outputs < 1 || n_outputs > KERAS_MAX_OUTPUTS) {
        keras_refuse(call, err, "it has %d outputs; %d are the most", n_outputs, KERAS_MAX_OUTPUTS);
        return NULL;
    }
    const char *full = tensor_name(call, name);
    for (int32_t i = 0; i < n_outputs; i++) {
        const char *own = i == 0 || !full ? full : mote_arena_printf(call->builder->arena, "%s:%d", full, i);
        outputs[i] = own ? mote_graph_add_tensor(graph, own, MOTE_FLOAT32, &unknown) : -1;
        if (outputs[i] < 0) {
            mote_error_no_memory(err);
            return NULL;
        }
        graph->tensors[outputs[i]]->layer = call->layer->record;
    }
    mote_node *node = mote_graph_add_node(graph, op, n_inputs, inputs, n_outputs, outputs);
    if (!node) {
        mote_error_no_memory(err);
        return NULL;
    }
    node->layer = call->layer->record;
    return node;
}

mote_node *keras_node(keras_call *call, mote_op op, int32_t n_inputs, const int32_t *inputs, const char *name,
                      mote_error *err)
{
    return keras_node_outputs(call, op, n_inputs, inputs, 1, name, err);
}

mote_status keras_emit(keras_call *call, const mote_node *node, mote_error *err)
{
    mote_graph *graph = call->builder->graph;
    mote_tensor *inputs[KERAS_MAX_INPUTS], *outputs[KERAS_MAX_OUTPUTS];
    if (node->n_inputs > KERAS_MAX_INPUTS)
        return keras_refuse(call, err, "more than %d inputs", KERAS_MAX_INPUTS);
    for (int32_t i = 0; i < node->n_inputs; i++)
        inputs[i] = node->inputs[i] >= 0 ? graph->tensors[node->inputs[i]] : NULL;
    for (int32_t i = 0; i < node->n_outputs; i++)
        outputs[i] = graph->tensors[node->outputs[i]];
    const mote_op_io io = {node, inputs, outputs, node->n_inputs, node->n_outputs};
    const mote_op_def *def = mote_op_find(node->op);
    const mote_status status = def->infer(&io, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "layer '%s' (%s)", call->layer->name, call->layer->class_name);
    for (int32_t i = 0; i < node->n_outputs; i++) {
        if (!mote_shape_is_known(&outputs[i]->shape))
            return keras_refuse(call, err, "its output shape depends on values");
        call->outputs[i] = node->outputs[i];
    }
    call->n_outputs = node->n_outputs;
    return MOTE_OK;
}

mote_status keras_apply(keras_call *call, mote_op op, int32_t n_inputs, const int32_t *inputs, const char *name,
                        mote_error *err)
{
    for (int32_t i = 0; i < n_inputs; i++)
        if (inputs[i] < 0)
            return mote_error_no_memory(err);
    const mote_node *node = keras_node(call, op, n_inputs, inputs, name, err);
    return node ? keras_emit(call, node, err) : MOTE_NO_MEMORY;
}

int32_t keras_value(const keras_call *call)
{
    return call->n_outputs ? call->outputs[0] : call->inputs[0];
}

const mote_shape *keras_shape(const keras_call *call, int32_t tensor)
{
    return &call->builder->graph->tensors[tensor]->shape;
}

mote_status keras_pass(keras_call *call, int32_t tensor)
{
    call->outputs[0] = tensor;
    call->n_outputs = 1;
    return MOTE_OK;
}

int32_t keras_const(keras_call *call, const char *name, const mote_shape *shape, const float *data)
{
    const char *full = tensor_name(call, name);
    return full ? mote_graph_add_const(call->builder->graph, full, MOTE_FLOAT32, shape, data) : -1;
}

int32_t keras_scalar(keras_call *call, const char *name, float value)
{
    const mote_shape scalar = {0};
    return keras_const(call, name, &scalar, &value);
}

int32_t keras_const_i32(keras_call *call, const char *name, int32_t n, const int32_t *values)
{
    const char *full = tensor_name(call, name);
    return full ? mote_graph_add_const_i32(call->builder->graph, full, n, values) : -1;
}

mote_status keras_reshape(keras_call *call, int32_t rank, const int32_t *dims, mote_error *err)
{
    const int32_t inputs[] = {keras_value(call), keras_const_i32(call, "Reshape/shape", rank, dims)};
    return keras_apply(call, MOTE_OP_RESHAPE, 2, inputs, "Reshape", err);
}

/* --- weights --- */

int32_t keras_take_weight(keras_call *call, const char *role, int32_t rank, mote_weight_layout layout, mote_error *err)
{
    keras_layer *layer = call->layer;
    if (call->next_weight >= layer->n_weights) {
        keras_refuse(call, err, "its %s is missing from the file", role);
        return -1;
    }
    keras_weight *weight = &layer->weights[call->next_weight++];
    if (weight->tensor >= 0)
        return weight->tensor;
    if (!weight->name)
        weight->name = mote_arena_printf(call->builder->scratch, "%s/%s:0", layer->name, role);
    if (weight->value.shape.rank != rank || weight->value.dtype == MOTE_INT64) {
        char text[MOTE_SHAPE_TEXT_BYTES];
        keras_refuse(call, err, "its %s has shape %s; %d dimensions are needed", role,
                     mote_shape_format(&weight->value.shape, text), rank);
        return -1;
    }
    const int64_t count = mote_shape_count(&weight->value.shape);
    if (count < 1 || count > INT32_MAX) {
        keras_refuse(call, err, "its %s has %lld values", role, (long long)count);
        return -1;
    }
    const mote_shape shape = keras_laid_out_shape(&weight->value.shape, layout);
    weight->tensor = keras_const(call, role, &shape, NULL);
    if (weight->tensor < 0) {
        mote_error_no_memory(err);
        return -1;
    }
    mote_tensor *tensor = call->builder->graph->tensors[weight->tensor];
    keras_lay_out(weight->value.data, &weight->value.shape, layout, tensor->data);
    tensor->layer = layer->record;
    weight->layout = layout;
    return weight->tensor;
}

const keras_weight *keras_peek_weight(const keras_call *call, int32_t index)
{
    return index < call->layer->n_weights ? &call->layer->weights[index] : NULL;
}

void keras_skip_weights(keras_call *call, int32_t n)
{
    for (int32_t i = 0; i < n && call->next_weight < call->layer->n_weights; i++)
        call->layer->weights[call->next_weight++].trainable = false;
}

/* --- config --- */

bool keras_bool(const json_t *config, const char *key, bool def)
{
    const json_t *value = json_object_get(config, key);
    return json_is_boolean(value) ? json_is_true(value) : json_is_integer(value) ? json_integer_value(value) != 0 : def;
}

double keras_number(const json_t *config, const char *key, double def)
{
    const json_t *value = json_object_get(config, key);
    return json_is_number(value) ? json_number_value(value) : def;
}

int64_t keras_int(const json_t *config, const char *key, int64_t def)
{
    const json_t *value = json_object_get(config, key);
    return json_is_number(value) ? (int64_t)json_number_value(value) : def;
}

const char *keras_text(const json_t *config, const char *key, const char *def)
{
    const char *text = json_string_value(json_object_get(config, key));
    return text ? text : def;
}

bool keras_dtype(const char *name, mote_dtype *dtype)
{
    if (!mote_dtype_parse(name, dtype))
        return false;
    if (*dtype == MOTE_FLOAT16 || *dtype == MOTE_BFLOAT16 || *dtype == MOTE_FLOAT64)
        *dtype = MOTE_FLOAT32;
    return true;
}

static bool small_int(const json_t *value, int32_t *out)
{
    if (!json_is_number(value))
        return false;
    const double number = json_number_value(value);
    if (!(number >= 0 && number <= 1 << 20) || number != floor(number))
        return false;
    *out = (int32_t)number;
    return true;
}

bool keras_pair(const json_t *config, const char *key, int32_t pair[2], int32_t def)
{
    const json_t *value = json_object_get(config, key);
    if (!value || json_is_null(value)) {
        pair[0] = pair[1] = def;
        return true;
    }
    if (small_int(value, &pair[0])) {
        pair[1] = pair[0];
        return true;
    }
    if (json_is_array(value) && json_array_size(value) == 1 && small_int(json_array_get(value, 0), &pair[0])) {
        pair[1] = pair[0];
        return true;
    }
    return json_is_array(value) && json_array_size(value) == 2 && small_int(json_array_get(value, 0), &pair[0]) &&
           small_int(json_array_get(value, 1), &pair[1]);
}

mote_status keras_need_channels_last(const keras_call *call, mote_error *err)
{
    const char *format = keras_text(call->config, "data_format", "channels_last");
    return strcmp(format, "channels_last") == 0
               ? MOTE_OK
               : keras_refuse(call, err, "data_format '%s'; save the model with channels_last", format);
}

mote_status keras_refuse(const keras_call *call, mote_error *err, const char *format, ...)
{
    char text[MOTE_ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mote_error_set(err, MOTE_UNSUPPORTED, "%s", text);
    return mote_error_prefix(err, MOTE_UNSUPPORTED, "layer '%s' (%s)", call->layer->name, call->layer->class_name);
}

typedef struct layer_row {
    const char *class_name;
    keras_layer_fn *build;
    keras_mask_way mask;
} layer_row;

static const layer_row LAYERS[] = {
#define MOTE_KERAS_LAYER(class_name, function, mask, note) {class_name, function, KERAS_MASK_##mask},
#include "import/keras_layer_list.inc"
#undef MOTE_KERAS_LAYER
};

keras_layer_fn *keras_find_layer(const char *class_name, const json_t *config, keras_mask_way *mask)
{
    if (mask)
        *mask = KERAS_MASK_DROPPED;
    if (keras_is_function_node(config) && keras_find_function(class_name))
        return keras_function_node;
    for (size_t i = 0; i < sizeof LAYERS / sizeof LAYERS[0]; i++)
        if (strcmp(LAYERS[i].class_name, class_name) == 0) {
            if (mask)
                *mask = LAYERS[i].mask;
            return LAYERS[i].build;
        }
    return NULL;
}
