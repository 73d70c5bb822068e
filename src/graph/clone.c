/* A deep copy of a model. Constants that several tensors share become one each. */
#include <mote/graph.h>

#include <string.h>

#include "graph/graph_tables.h"

/* Copies n elements; *failed is set (and stays set) when memory runs out. NULL stays NULL. */
static void *copy_bytes(mote_arena *arena, const void *source, size_t n_bytes, bool *failed)
{
    if (!source)
        return NULL;
    void *copy = mote_arena_copy(arena, source, n_bytes);
    *failed |= !copy;
    return copy;
}

static const char *copy_text(mote_arena *arena, const char *text, bool *failed)
{
    return copy_bytes(arena, text, text ? strlen(text) + 1 : 0, failed);
}

static int32_t *copy_i32(mote_arena *arena, const int32_t *values, int32_t n, bool *failed)
{
    return copy_bytes(arena, values, (size_t)n * sizeof *values, failed);
}

static void copy_quant(mote_arena *arena, const mote_shape *shape, mote_quant *quant, bool *failed)
{
    const size_t n = (size_t)quant->n;
    const size_t n_blocks = quant->block_size > 0 ? (size_t)(mote_shape_count(shape) / quant->block_size) : 0;
    quant->block_scale = copy_bytes(arena, quant->block_scale, n_blocks * sizeof *quant->block_scale, failed);
    quant->scale = copy_bytes(arena, quant->scale, n * sizeof *quant->scale, failed);
    quant->zero_point = copy_bytes(arena, quant->zero_point, n * sizeof *quant->zero_point, failed);
}

static const mote_sparsity *copy_sparsity(mote_arena *arena, const mote_sparsity *source, bool *failed)
{
    mote_sparsity *copy = copy_bytes(arena, source, sizeof *source, failed);
    if (!copy)
        return NULL;
    copy->traversal_order = copy_i32(arena, source->traversal_order, source->n_traversal, failed);
    copy->block_map = copy_i32(arena, source->block_map, source->n_block_map, failed);
    mote_sparse_dim *dims = copy_bytes(arena, source->dims, (size_t)source->n_dims * sizeof *dims, failed);
    for (int32_t i = 0; dims && i < source->n_dims; i++) {
        dims[i].segments = copy_i32(arena, dims[i].segments, dims[i].n_segments, failed);
        dims[i].indices = copy_i32(arena, dims[i].indices, dims[i].n_indices, failed);
    }
    copy->dims = dims;
    return copy;
}

static mote_tensor *copy_tensor(mote_arena *arena, const mote_tensor *source, bool *failed)
{
    mote_tensor *copy = copy_bytes(arena, source, sizeof *source, failed);
    if (!copy)
        return NULL;
    copy->name = copy_text(arena, source->name, failed);
    copy_quant(arena, &copy->shape, &copy->quant, failed);
    copy->sparsity = copy_sparsity(arena, source->sparsity, failed);
    if (source->data) {
        const size_t room = source->n_bytes < MOTE_ALIGNMENT ? MOTE_ALIGNMENT : source->n_bytes;
        copy->data = mote_arena_alloc(arena, room);
        *failed |= !copy->data;
        if (copy->data && source->n_bytes)
            memcpy(copy->data, source->data, source->n_bytes);
    }
    return copy;
}

static mote_node *copy_node(mote_arena *arena, const mote_node *source, bool *failed)
{
    mote_node *copy = copy_bytes(arena, source, sizeof *source, failed);
    if (!copy)
        return NULL;
    copy->inputs = copy_i32(arena, source->inputs, source->n_inputs, failed);
    copy->outputs = copy_i32(arena, source->outputs, source->n_outputs, failed);
    copy->intermediates = copy_i32(arena, source->intermediates, source->n_intermediates, failed);
    *failed |= mote_graph_copy_params(source->op, source->params, arena, &copy->params) != MOTE_OK;
    copy->custom_code = copy_text(arena, source->custom_code, failed);
    copy->custom_options = copy_bytes(arena, source->custom_options, source->n_custom_bytes, failed);
    return copy;
}

static mote_graph *copy_graph(mote_arena *arena, const mote_graph *source, bool *failed)
{
    mote_graph *copy = copy_bytes(arena, source, sizeof *source, failed);
    if (!copy)
        return NULL;
    copy->arena = arena;
    copy->name = copy_text(arena, source->name, failed);
    copy->tensors = copy_bytes(arena, source->tensors, (size_t)source->n_tensors * sizeof *source->tensors, failed);
    copy->nodes = copy_bytes(arena, source->nodes, (size_t)source->n_nodes * sizeof *source->nodes, failed);
    copy->tensor_capacity = source->n_tensors;
    copy->node_capacity = source->n_nodes;
    for (int32_t i = 0; !*failed && i < source->n_tensors; i++)
        copy->tensors[i] = copy_tensor(arena, source->tensors[i], failed);
    for (int32_t i = 0; !*failed && i < source->n_nodes; i++)
        copy->nodes[i] = copy_node(arena, source->nodes[i], failed);
    copy->inputs = copy_i32(arena, source->inputs, source->n_inputs, failed);
    copy->outputs = copy_i32(arena, source->outputs, source->n_outputs, failed);
    return copy;
}

static mote_signature_arg *copy_args(mote_arena *arena, const mote_signature_arg *source, int32_t n, bool *failed)
{
    mote_signature_arg *copy = copy_bytes(arena, source, (size_t)n * sizeof *source, failed);
    for (int32_t i = 0; copy && i < n; i++)
        copy[i].name = copy_text(arena, source[i].name, failed);
    return copy;
}

static void copy_layer(mote_arena *arena, mote_layer *layer, bool *failed)
{
    layer->name = copy_text(arena, layer->name, failed);
    layer->class_name = copy_text(arena, layer->class_name, failed);
    layer->config_json = copy_text(arena, layer->config_json, failed);
    const size_t n_outputs = (size_t)layer->n_outputs;
    layer->output_shapes = copy_bytes(arena, layer->output_shapes, n_outputs * sizeof *layer->output_shapes, failed);
    layer->output_tensors = copy_i32(arena, layer->output_tensors, layer->n_outputs, failed);
    const char **inbound = copy_bytes(arena, layer->inbound, (size_t)layer->n_inbound * sizeof *inbound, failed);
    for (int32_t i = 0; inbound && i < layer->n_inbound; i++)
        inbound[i] = copy_text(arena, inbound[i], failed);
    layer->inbound = inbound;
    const size_t n_weights = (size_t)layer->n_weights;
    layer->weights = copy_bytes(arena, layer->weights, n_weights * sizeof *layer->weights, failed);
    for (int32_t i = 0; layer->weights && i < layer->n_weights; i++) {
        mote_layer_weight *weight = &layer->weights[i];
        const mote_dtype stored = weight->dtype == MOTE_INT64 ? MOTE_INT64 : MOTE_FLOAT32;
        const mote_tensor probe = {.dtype = stored, .shape = weight->shape};
        size_t n_bytes = 0;
        mote_tensor_needed_bytes(&probe, &n_bytes);
        weight->name = copy_text(arena, weight->name, failed);
        weight->data = copy_bytes(arena, weight->data, n_bytes, failed);
    }
}

/* Everything but the graphs. */
static void copy_rest(mote_model *copy, bool *failed)
{
    mote_arena *arena = copy->arena;
    copy->description = copy_text(arena, copy->description, failed);
    copy->name = copy_text(arena, copy->name, failed);
    copy->source = copy_text(arena, copy->source, failed);
    copy->config_json = copy_text(arena, copy->config_json, failed);
    copy->training_json = copy_text(arena, copy->training_json, failed);
    copy->keras_version = copy_text(arena, copy->keras_version, failed);
    copy->signatures =
        copy_bytes(arena, copy->signatures, (size_t)copy->n_signatures * sizeof *copy->signatures, failed);
    for (int32_t i = 0; copy->signatures && i < copy->n_signatures; i++) {
        mote_signature *signature = &copy->signatures[i];
        signature->key = copy_text(arena, signature->key, failed);
        signature->inputs = copy_args(arena, signature->inputs, signature->n_inputs, failed);
        signature->outputs = copy_args(arena, signature->outputs, signature->n_outputs, failed);
    }
    copy->metadata = copy_bytes(arena, copy->metadata, (size_t)copy->n_metadata * sizeof *copy->metadata, failed);
    for (int32_t i = 0; copy->metadata && i < copy->n_metadata; i++) {
        copy->metadata[i].name = copy_text(arena, copy->metadata[i].name, failed);
        copy->metadata[i].data = copy_bytes(arena, copy->metadata[i].data, copy->metadata[i].n_bytes, failed);
    }
    copy->layers = copy_bytes(arena, copy->layers, (size_t)copy->n_layers * sizeof *copy->layers, failed);
    for (int32_t i = 0; copy->layers && i < copy->n_layers; i++)
        copy_layer(arena, &copy->layers[i], failed);
}

mote_model *mote_model_clone(const mote_model *model, const mote_allocator *allocator)
{
    mote_arena *arena = mote_arena_new(allocator, 0);
    bool failed = false;
    mote_model *copy = arena ? copy_bytes(arena, model, sizeof *model, &failed) : NULL;
    if (!copy) {
        mote_arena_free(arena);
        return NULL;
    }
    copy->arena = arena;
    copy->graphs = copy_bytes(arena, model->graphs, (size_t)model->n_graphs * sizeof *model->graphs, &failed);
    for (int32_t i = 0; !failed && i < model->n_graphs; i++)
        copy->graphs[i] = copy_graph(arena, model->graphs[i], &failed);
    if (!failed)
        copy_rest(copy, &failed);
    if (failed) {
        mote_arena_free(arena);
        return NULL;
    }
    return copy;
}
