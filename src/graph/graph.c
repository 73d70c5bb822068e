#include <mote/graph.h>

#include <string.h>

#include "graph/graph_tables.h"

enum { FIRST_CAPACITY = 64 };

/* Grows an array of pointers in the arena; the old one stays there, unused. */
static bool reserve(mote_arena *arena, void ***array, int32_t n, int32_t *capacity)
{
    if (n < *capacity)
        return true;
    if (*capacity > INT32_MAX / 2)
        return false;
    const int32_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void **bigger = mote_arena_calloc(arena, (size_t)wanted, sizeof *bigger);
    if (!bigger)
        return false;
    if (n)
        memcpy(bigger, *array, (size_t)n * sizeof *bigger);
    *array = bigger;
    *capacity = wanted;
    return true;
}

int32_t mote_graph_add_tensor(mote_graph *graph, const char *name, mote_dtype dtype, const mote_shape *shape)
{
    if (!reserve(graph->arena, (void ***)&graph->tensors, graph->n_tensors, &graph->tensor_capacity))
        return -1;
    mote_tensor *tensor = mote_arena_alloc(graph->arena, sizeof *tensor);
    char *copy = mote_arena_strdup(graph->arena, name ? name : "");
    if (!tensor || !copy)
        return -1;
    tensor->name = copy;
    tensor->dtype = dtype;
    tensor->shape = *shape;
    tensor->layer = -1;
    graph->tensors[graph->n_tensors] = tensor;
    return graph->n_tensors++;
}

int32_t mote_graph_add_const(mote_graph *graph, const char *name, mote_dtype dtype, const mote_shape *shape,
                             const void *data)
{
    const mote_tensor probe = {.dtype = dtype, .shape = *shape};
    size_t n_bytes;
    if (!mote_tensor_needed_bytes(&probe, &n_bytes))
        return -1;
    void *copy = mote_arena_alloc(graph->arena, n_bytes < MOTE_ALIGNMENT ? MOTE_ALIGNMENT : n_bytes);
    const int32_t index = copy ? mote_graph_add_tensor(graph, name, dtype, shape) : -1;
    if (index < 0)
        return -1;
    if (data && n_bytes)
        memcpy(copy, data, n_bytes);
    mote_tensor *tensor = graph->tensors[index];
    tensor->storage = MOTE_STORAGE_CONST;
    tensor->data = copy;
    tensor->n_bytes = n_bytes;
    return index;
}

int32_t mote_graph_add_const_i32(mote_graph *graph, const char *name, int32_t n, const int32_t *values)
{
    const mote_shape shape = {1, {n}};
    return mote_graph_add_const(graph, name, MOTE_INT32, &shape, values);
}

mote_status mote_graph_set_quant(mote_graph *graph, int32_t tensor, int32_t n, int32_t axis, const float *scale,
                                 const int64_t *zero_point)
{
    float *scales = mote_arena_copy(graph->arena, scale, (size_t)n * sizeof *scale);
    int64_t *zeros = mote_arena_calloc(graph->arena, (size_t)n, sizeof *zeros);
    if (!scales || !zeros)
        return MOTE_NO_MEMORY;
    if (zero_point && n)
        memcpy(zeros, zero_point, (size_t)n * sizeof *zeros);
    mote_quant *quant = &graph->tensors[tensor]->quant;
    quant->n = n;
    quant->axis = axis;
    quant->scale = scales;
    quant->zero_point = zeros;
    return MOTE_OK;
}

static int32_t *copy_indices(mote_arena *arena, int32_t n, const int32_t *indices)
{
    return mote_arena_copy(arena, indices, (size_t)n * sizeof *indices);
}

mote_node *mote_graph_insert_node(mote_graph *graph, int32_t at, mote_op op, int32_t n_inputs, const int32_t *inputs,
                                  int32_t n_outputs, const int32_t *outputs)
{
    if (!reserve(graph->arena, (void ***)&graph->nodes, graph->n_nodes, &graph->node_capacity))
        return NULL;
    mote_node *node = mote_arena_alloc(graph->arena, sizeof *node);
    if (!node)
        return NULL;
    node->op = op;
    node->layer = -1;
    node->n_inputs = n_inputs;
    node->n_outputs = n_outputs;
    node->inputs = copy_indices(graph->arena, n_inputs, inputs);
    node->outputs = copy_indices(graph->arena, n_outputs, outputs);
    const size_t params_bytes = mote_graph_params_bytes(op);
    if (params_bytes)
        node->params = mote_arena_alloc(graph->arena, params_bytes);
    if (!node->inputs || !node->outputs || (params_bytes && !node->params))
        return NULL;
    memmove(graph->nodes + at + 1, graph->nodes + at, (size_t)(graph->n_nodes - at) * sizeof *graph->nodes);
    graph->nodes[at] = node;
    graph->n_nodes++;
    return node;
}

mote_node *mote_graph_add_node(mote_graph *graph, mote_op op, int32_t n_inputs, const int32_t *inputs,
                               int32_t n_outputs, const int32_t *outputs)
{
    return mote_graph_insert_node(graph, graph->n_nodes, op, n_inputs, inputs, n_outputs, outputs);
}

void mote_graph_remove_node(mote_graph *graph, int32_t node)
{
    graph->n_nodes--;
    memmove(graph->nodes + node, graph->nodes + node + 1, (size_t)(graph->n_nodes - node) * sizeof *graph->nodes);
}

mote_status mote_graph_set_io(mote_graph *graph, int32_t n_inputs, const int32_t *inputs, int32_t n_outputs,
                              const int32_t *outputs)
{
    int32_t *in = copy_indices(graph->arena, n_inputs, inputs);
    int32_t *out = copy_indices(graph->arena, n_outputs, outputs);
    if (!in || !out)
        return MOTE_NO_MEMORY;
    graph->inputs = in;
    graph->outputs = out;
    graph->n_inputs = n_inputs;
    graph->n_outputs = n_outputs;
    return MOTE_OK;
}

static bool holds(const int32_t *indices, int32_t n, int32_t tensor)
{
    for (int32_t i = 0; i < n; i++)
        if (indices[i] == tensor)
            return true;
    return false;
}

int32_t mote_graph_producer(const mote_graph *graph, int32_t tensor)
{
    for (int32_t i = 0; i < graph->n_nodes; i++)
        if (holds(graph->nodes[i]->outputs, graph->nodes[i]->n_outputs, tensor))
            return i;
    return -1;
}

int32_t mote_graph_count_uses(const mote_graph *graph, int32_t tensor)
{
    int32_t uses = 0;
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i]->n_inputs; j++)
            uses += graph->nodes[i]->inputs[j] == tensor;
    for (int32_t i = 0; i < graph->n_outputs; i++)
        uses += graph->outputs[i] == tensor;
    return uses;
}

bool mote_graph_is_output(const mote_graph *graph, int32_t tensor)
{
    return holds(graph->outputs, graph->n_outputs, tensor);
}

bool mote_graph_is_input(const mote_graph *graph, int32_t tensor)
{
    return holds(graph->inputs, graph->n_inputs, tensor);
}

static void replace(int32_t *indices, int32_t n, int32_t from, int32_t to)
{
    for (int32_t i = 0; i < n; i++)
        if (indices[i] == from)
            indices[i] = to;
}

void mote_graph_replace_uses(mote_graph *graph, int32_t from, int32_t to)
{
    for (int32_t i = 0; i < graph->n_nodes; i++)
        replace(graph->nodes[i]->inputs, graph->nodes[i]->n_inputs, from, to);
    replace(graph->outputs, graph->n_outputs, from, to);
}
