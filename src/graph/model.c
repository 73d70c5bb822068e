#include <mote/graph.h>

#include <string.h>

#include "graph/graph_tables.h"

mote_model *mote_model_new(const mote_allocator *allocator, size_t limit_bytes)
{
    mote_arena *arena = mote_arena_new(allocator, limit_bytes);
    mote_model *model = arena ? mote_arena_alloc(arena, sizeof *model) : NULL;
    if (!model) {
        mote_arena_free(arena);
        return NULL;
    }
    model->arena = arena;
    model->name = model->description = model->source = "";
    if (!mote_model_add_graph(model, "main")) {
        mote_model_free(model);
        return NULL;
    }
    return model;
}

void mote_model_free(mote_model *model)
{
    if (model)
        mote_arena_free(model->arena);
}

/* Appends one element to an array that lives in the arena: counts are small, so copying each time is fine. */
static void *append(mote_arena *arena, const void *array, int32_t n, size_t element_bytes)
{
    char *bigger = mote_arena_calloc(arena, (size_t)n + 1, element_bytes);
    if (bigger && n)
        memcpy(bigger, array, (size_t)n * element_bytes);
    return bigger;
}

mote_graph *mote_model_add_graph(mote_model *model, const char *name)
{
    mote_graph **graphs = append(model->arena, model->graphs, model->n_graphs, sizeof *graphs);
    mote_graph *graph = mote_arena_alloc(model->arena, sizeof *graph);
    char *copy = mote_arena_strdup(model->arena, name ? name : "");
    if (!graphs || !graph || !copy)
        return NULL;
    graph->arena = model->arena;
    graph->name = copy;
    model->graphs = graphs;
    model->graphs[model->n_graphs++] = graph;
    return graph;
}

mote_status mote_model_add_metadata(mote_model *model, const char *name, const void *data, size_t n_bytes)
{
    mote_metadata *metadata = append(model->arena, model->metadata, model->n_metadata, sizeof *metadata);
    char *name_copy = mote_arena_strdup(model->arena, name);
    void *data_copy = mote_arena_copy(model->arena, data, n_bytes);
    if (!metadata || !name_copy || !data_copy)
        return MOTE_NO_MEMORY;
    model->metadata = metadata;
    model->metadata[model->n_metadata++] = (mote_metadata){name_copy, data_copy, n_bytes};
    return MOTE_OK;
}

bool mote_layer_is_inside(const mote_model *model, int32_t layer, int32_t ancestor)
{
    while (layer >= 0 && layer != ancestor)
        layer = model->layers[layer].parent;
    return layer == ancestor;
}

bool mote_layer_trains(const mote_model *model, int32_t layer)
{
    bool has_inside = false;
    for (int32_t i = 0; i < model->n_layers; i++) {
        if (model->layers[i].parent != layer)
            continue;
        has_inside = true;
        if (mote_layer_trains(model, i))
            return true;
    }
    return !has_inside && model->layers[layer].trainable;
}
