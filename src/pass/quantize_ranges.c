#include <string.h>

#include "pass/pass.h"

enum { SMALLEST_BYTES = 4, MOST_INPUTS = 3 };

typedef struct overlay {
    const mote_graph *graph;
    int32_t *memory; /* per tensor: the tensor whose memory it has, after those before it were placed */
    int32_t *uses;   /* by nodes, and as input or output of the graph */
} overlay;

static bool is_view(const mote_node *node)
{
    return node->op == MOTE_OP_RESHAPE || node->op == MOTE_OP_SQUEEZE || node->op == MOTE_OP_EXPAND_DIMS;
}

/* How many of the first inputs may give their memory to the result. */
static int32_t n_sharable(const mote_node *node)
{
    switch (node->op) {
    case MOTE_OP_ADD:
    case MOTE_OP_SUB:
    case MOTE_OP_MUL:
    case MOTE_OP_DIV:
        return 2;
    case MOTE_OP_SOFTMAX:
        return 1;
    default:
        return is_view(node) ? 1 : 0;
    }
}

static bool can_share(const overlay *o, const mote_node *node, int32_t input)
{
    const mote_graph *graph = o->graph;
    if (input < 0 || graph->tensors[input]->storage != MOTE_STORAGE_ACTIVATION || mote_graph_is_input(graph, input) ||
        mote_graph_is_output(graph, node->outputs[0]))
        return false;
    if (is_view(node))
        return true;
    const int64_t n_bytes = mote_shape_count(&graph->tensors[input]->shape) * (int64_t)sizeof(float);
    return o->uses[input] <= 1 && n_bytes > SMALLEST_BYTES &&
           mote_shape_count(&graph->tensors[input]->shape) ==
               mote_shape_count(&graph->tensors[node->outputs[0]]->shape);
}

/* The input whose memory the result takes; -1: none. */
static int32_t find_shared(overlay *o, const mote_node *node)
{
    for (int32_t i = 0; i < n_sharable(node) && i < node->n_inputs && i < MOST_INPUTS; i++) {
        const int32_t input = node->inputs[i];
        if (!can_share(o, node, input))
            continue;
        const int32_t memory = o->memory[input];
        if (!is_view(node) && o->uses[memory] > 1)
            return -1;
        o->memory[node->outputs[0]] = memory;
        return input;
    }
    return -1;
}

static void take_in(mote_range *range, const mote_range *other)
{
    range->low = other->low < range->low ? other->low : range->low;
    range->high = other->high > range->high ? other->high : range->high;
}

mote_status mote_ranges_as_calibrator(const mote_graph *graph, mote_range *ranges, mote_error *err)
{
    const size_t n = (size_t)graph->n_tensors + 1;
    overlay o = {graph, mote_arena_calloc(graph->arena, n, sizeof *o.memory),
                 mote_arena_calloc(graph->arena, n, sizeof *o.uses)};
    mote_range *seen = mote_arena_calloc(graph->arena, n, sizeof *seen);
    if (!o.memory || !o.uses || !seen)
        return mote_error_no_memory(err);
    memcpy(seen, ranges, (size_t)graph->n_tensors * sizeof *seen);
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        o.memory[i] = i;
        o.uses[i] = mote_graph_count_uses(graph, i) + mote_graph_is_input(graph, i);
    }
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        const int32_t input = node->n_outputs > 0 ? find_shared(&o, node) : -1;
        if (input >= 0 && !is_view(node) && !graph->tensors[input]->is_unsized)
            take_in(&ranges[input], &seen[node->outputs[0]]);
    }
    return MOTE_OK;
}
