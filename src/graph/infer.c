#include <mote/graph.h>

#include "graph/graph_tables.h"

enum { MAX_NODE_TENSORS = 4096 }; /* a node with more arguments than this is refused */

static void look_up(const mote_graph *graph, const int32_t *indices, int32_t n, mote_tensor **tensors)
{
    for (int32_t i = 0; i < n; i++)
        tensors[i] = indices[i] >= 0 ? graph->tensors[indices[i]] : NULL;
}

static mote_status infer_node(mote_graph *graph, const mote_node *node, mote_tensor **scratch, mote_error *err)
{
    if (node->n_inputs > MAX_NODE_TENSORS || node->n_outputs > MAX_NODE_TENSORS)
        return mote_error_set(err, MOTE_LIMIT, "more than %d inputs or outputs", MAX_NODE_TENSORS);
    mote_tensor **outputs = scratch + MAX_NODE_TENSORS;
    look_up(graph, node->inputs, node->n_inputs, scratch);
    look_up(graph, node->outputs, node->n_outputs, outputs);
    return mote_graph_infer_node(node, scratch, outputs, err);
}

mote_status mote_graph_infer(mote_graph *graph, mote_error *err)
{
    mote_tensor **scratch = mote_calloc(NULL, 2 * MAX_NODE_TENSORS, sizeof *scratch);
    if (!scratch)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory inferring shapes");
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < graph->n_nodes; i++) {
        status = infer_node(graph, graph->nodes[i], scratch, err);
        if (status != MOTE_OK) {
            const char *name = mote_op_name(graph->nodes[i]->op);
            mote_error_prefix(err, status, "operator %d (%s)", i, name ? name : "unknown");
        }
    }
    mote_free(NULL, scratch);
    return status;
}
