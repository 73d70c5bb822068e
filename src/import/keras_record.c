#include "import/keras_record.h"
#include "import/keras_turned.h"

#include <string.h>

static mote_layer *record_of(const keras_builder *builder, const keras_layer *layer)
{
    return layer->record >= 0 ? &builder->model->layers[layer->record] : NULL;
}

/* The tensors of all calls, as summary prints them: "conv2d[0][0]". */
static mote_status record_inbound(mote_arena *arena, const keras_layer *layer, mote_layer *record)
{
    int32_t n = 0;
    for (int32_t i = 0; i < layer->n_calls; i++)
        for (int32_t j = 0; j < layer->sites[i].n_args; j++)
            n += layer->sites[i].args[j].from != NULL;
    record->inbound_is_list = n > 1;
    record->inbound = mote_arena_calloc(arena, (size_t)n + 1, sizeof *record->inbound);
    if (!record->inbound)
        return MOTE_NO_MEMORY;
    for (int32_t i = 0; i < layer->n_calls; i++)
        for (int32_t j = 0; j < layer->sites[i].n_args; j++) {
            const keras_arg *arg = &layer->sites[i].args[j];
            if (!arg->from)
                continue;
            const char *text =
                mote_arena_printf(arena, "%s[%d][%d]", arg->from->name, arg->from_call, arg->from_output);
            if (!text)
                return MOTE_NO_MEMORY;
            record->inbound[record->n_inbound++] = text;
        }
    return MOTE_OK;
}

static mote_status record_layer(const keras_builder *builder, const keras_layer *layer, int32_t parent,
                                mote_layer *record)
{
    char *config = json_dumps(layer->config, JSON_COMPACT);
    *record = (mote_layer){
        .name = layer->name,
        .class_name = layer->class_name,
        .config_json = config ? mote_arena_strdup(builder->arena, config) : NULL,
        .trainable = keras_bool(layer->config, "trainable", true),
        .parent = parent,
    };
    free(config);
    return record->config_json ? record_inbound(builder->arena, layer, record) : MOTE_NO_MEMORY;
}

static mote_status record_scope(const keras_builder *builder, const keras_scope *scope, int32_t parent)
{
    for (int32_t i = 0; i < scope->n_layers; i++) {
        const keras_layer *layer = &scope->layers[i];
        mote_layer *record = record_of(builder, layer);
        mote_status status = record ? record_layer(builder, layer, parent, record) : MOTE_OK;
        if (status == MOTE_OK && layer->model)
            status = record_scope(builder, layer->model, layer->record);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

mote_status keras_record_tree(const keras_builder *builder, const keras_tree *tree, mote_error *err)
{
    mote_model *model = builder->model;
    model->layers = mote_arena_calloc(model->arena, (size_t)tree->n_records, sizeof *model->layers);
    if (!model->layers)
        return mote_error_no_memory(err);
    model->n_layers = tree->n_records;
    return record_scope(builder, tree->top, -1) == MOTE_OK ? MOTE_OK : mote_error_no_memory(err);
}

static mote_shape batched(const keras_builder *builder, int32_t tensor)
{
    mote_shape out = builder->graph->tensors[tensor]->shape;
    if (out.rank > 0)
        out.dims[keras_turned_of(builder, tensor) ? 1 : 0] = builder->batch;
    return out;
}

mote_status keras_record_call(const keras_builder *builder, const keras_layer *layer, int32_t call, mote_error *err)
{
    mote_layer *record = record_of(builder, layer);
    if (!record)
        return MOTE_OK;
    const int32_t *outputs = layer->call_outputs + call * KERAS_MAX_OUTPUTS;
    const int32_t n = layer->call_n_outputs[call];
    if (record->output_tensors) {
        for (int32_t i = 0; i < n && i < record->n_outputs; i++) {
            const mote_shape shape = batched(builder, outputs[i]);
            record->outputs_differ |= !mote_shape_equal(&shape, &record->output_shapes[i]);
        }
        return MOTE_OK;
    }
    record->n_outputs = n;
    record->output_tensors = mote_arena_copy(builder->arena, outputs, (size_t)n * sizeof *outputs);
    record->output_shapes = mote_arena_calloc(builder->arena, (size_t)n, sizeof *record->output_shapes);
    if (!record->output_tensors || !record->output_shapes)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < n; i++)
        record->output_shapes[i] = batched(builder, outputs[i]);
    return MOTE_OK;
}

static mote_status record_weight(mote_arena *arena, const keras_layer *layer, int32_t index, mote_layer_weight *to)
{
    const keras_weight *from = &layer->weights[index];
    *to = (mote_layer_weight){.name = from->name ? mote_arena_strdup(arena, from->name)
                                                 : mote_arena_printf(arena, "%s/%d:0", layer->name, index),
                              .tensor = from->tensor,
                              .layout = from->layout,
                              .shape = from->value.shape,
                              .dtype = from->value.dtype,
                              .trainable = from->trainable};
    if (from->tensor < 0)
        to->data = mote_arena_copy(arena, from->value.data, from->value.n_bytes);
    return to->name && (from->tensor >= 0 || to->data) ? MOTE_OK : MOTE_NO_MEMORY;
}

mote_status keras_record_weights(const keras_builder *builder, const keras_scope *scope, mote_error *err)
{
    for (int32_t i = 0; i < scope->n_layers; i++) {
        const keras_layer *layer = &scope->layers[i];
        mote_layer *record = record_of(builder, layer);
        const size_t n = (size_t)layer->n_weights;
        if (record) {
            record->weights = mote_arena_calloc(builder->arena, n, sizeof *record->weights);
            record->n_weights = layer->n_weights;
            if (!record->weights)
                return mote_error_no_memory(err);
        }
        for (size_t j = 0; record && j < n; j++)
            if (record_weight(builder->arena, layer, (int32_t)j, &record->weights[j]) != MOTE_OK)
                return mote_error_no_memory(err);
        const mote_status status = layer->model ? keras_record_weights(builder, layer->model, err) : MOTE_OK;
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}
