/* Dropping what nothing depends on, and putting nodes into a runnable order. */
#include <mote/graph.h>

#include <string.h>

#include "graph/graph_tables.h"

static void mark(bool *used, const int32_t *tensors, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        if (tensors[i] >= 0)
            used[tensors[i]] = true;
}

static bool any_used(const bool *used, const int32_t *tensors, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        if (used[tensors[i]])
            return true;
    return false;
}

/* Walks backwards once: nodes are in a runnable order. Marks the tensors that the kept nodes name. */
static int32_t drop_dead_nodes(mote_graph *graph, bool *used)
{
    int32_t dropped = 0;
    for (int32_t i = graph->n_nodes - 1; i >= 0; i--) {
        const mote_node *node = graph->nodes[i];
        if (!any_used(used, node->outputs, node->n_outputs) && !mote_graph_op_traits(node->op).stateful) {
            mote_graph_remove_node(graph, i);
            dropped++;
            continue;
        }
        mark(used, node->inputs, node->n_inputs);
        mark(used, node->outputs, node->n_outputs);
        mark(used, node->intermediates, node->n_intermediates);
    }
    return dropped;
}

static void renumber(int32_t *tensors, int32_t n, const int32_t *map)
{
    for (int32_t i = 0; i < n; i++)
        if (tensors[i] >= 0)
            tensors[i] = map[tensors[i]];
}

static void renumber_graph(mote_graph *graph, const int32_t *map)
{
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        mote_node *node = graph->nodes[i];
        renumber(node->inputs, node->n_inputs, map);
        renumber(node->outputs, node->n_outputs, map);
        renumber(node->intermediates, node->n_intermediates, map);
    }
    renumber(graph->inputs, graph->n_inputs, map);
    renumber(graph->outputs, graph->n_outputs, map);
}

static void renumber_model(mote_model *model, int32_t graph, const int32_t *map)
{
    for (int32_t i = 0; i < model->n_signatures; i++) {
        mote_signature *signature = &model->signatures[i];
        if (signature->graph != graph)
            continue;
        for (int32_t j = 0; j < signature->n_inputs; j++)
            renumber(&signature->inputs[j].tensor, 1, map);
        for (int32_t j = 0; j < signature->n_outputs; j++)
            renumber(&signature->outputs[j].tensor, 1, map);
    }
    for (int32_t i = 0; graph == 0 && i < model->n_layers; i++) {
        mote_layer *layer = &model->layers[i];
        if (layer->output_tensors)
            renumber(layer->output_tensors, layer->n_outputs, map);
        for (int32_t j = 0; j < layer->n_weights; j++)
            renumber(&layer->weights[j].tensor, 1, map);
    }
}

int32_t mote_graph_compact(mote_model *model, int32_t index)
{
    mote_graph *graph = model->graphs[index];
    const size_t n = (size_t)graph->n_tensors;
    bool *used = mote_arena_calloc(graph->arena, n, sizeof *used);
    int32_t *map = mote_arena_calloc(graph->arena, n, sizeof *map);
    if (!used || !map)
        return -1;
    mark(used, graph->inputs, graph->n_inputs);
    mark(used, graph->outputs, graph->n_outputs);
    const int32_t dropped = drop_dead_nodes(graph, used);
    int32_t kept = 0;
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        map[i] = used[i] ? kept : MOTE_NO_TENSOR;
        if (used[i])
            graph->tensors[kept++] = graph->tensors[i];
    }
    graph->n_tensors = kept;
    renumber_graph(graph, map);
    renumber_model(model, index, map);
    return dropped;
}

static bool ready(const mote_node *node, const bool *made)
{
    for (int32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && !made[node->inputs[i]])
            return false;
    return true;
}

/* made[t]: t has a value before any node runs. */
static void mark_sources(const mote_graph *graph, bool *made)
{
    memset(made, true, (size_t)graph->n_tensors * sizeof *made);
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i]->n_outputs; j++)
            made[graph->nodes[i]->outputs[j]] = false;
}

mote_status mote_graph_sort(mote_graph *graph, mote_error *err)
{
    const int32_t n = graph->n_nodes;
    bool *made = mote_arena_calloc(graph->arena, (size_t)graph->n_tensors, sizeof *made);
    mote_node **order = mote_arena_calloc(graph->arena, (size_t)n, sizeof *order);
    bool *placed = mote_arena_calloc(graph->arena, (size_t)n, sizeof *placed);
    if (!made || !order || !placed)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory sorting the graph");
    mark_sources(graph, made);
    int32_t n_placed = 0;
    /* Each round places, in present order, what has become ready: one round for a sorted graph. */
    for (bool progress = true; progress && n_placed < n;) {
        progress = false;
        for (int32_t i = 0; i < n; i++) {
            if (placed[i] || !ready(graph->nodes[i], made))
                continue;
            order[n_placed++] = graph->nodes[i];
            placed[i] = progress = true;
            mark(made, graph->nodes[i]->outputs, graph->nodes[i]->n_outputs);
        }
    }
    if (n_placed < n)
        return mote_error_set(err, MOTE_FORMAT, "the graph has a cycle: %d of its %d nodes wait for one another",
                              n - n_placed, n);
    if (n)
        memcpy(graph->nodes, order, (size_t)n * sizeof *order);
    return MOTE_OK;
}
