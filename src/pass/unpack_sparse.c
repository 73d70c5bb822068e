/* Sparse constants become plain ones, so that what reads them, by itself or behind DENSIFY, can be folded and
 * quantized. */
#include "op/densify/densify.h"
#include "pass/pass.h"

/* What a few stored values may unfold to: a sparse constant's own size says nothing of its dense one. */
enum { ROOM_BYTES = 64 << 20, MOST_TIMES = 1024 };

static bool is_sparse_const(const mote_tensor *tensor, size_t *dense)
{
    return tensor->storage == MOTE_STORAGE_CONST && tensor->sparsity && mote_tensor_needed_bytes(tensor, dense) &&
           (*dense <= ROOM_BYTES || *dense / MOST_TIMES <= tensor->n_bytes);
}

static mote_status unpack(mote_graph *graph, mote_tensor *tensor, size_t n_bytes, mote_error *err)
{
    void *dense = mote_arena_calloc(graph->arena, n_bytes + 1, 1);
    if (!dense)
        return mote_error_no_memory(err);
    const mote_status status = mote_densify(tensor, dense, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "constant '%s'", tensor->name);
    tensor->data = dense;
    tensor->n_bytes = n_bytes;
    tensor->sparsity = NULL;
    return MOTE_OK;
}

/* A DENSIFY of what is dense goes. The constant takes the name of what it made, by which a graph's end is known. */
static void bypass_densify(mote_graph *graph)
{
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        mote_tensor *tensor = node->op == MOTE_OP_DENSIFY ? graph->tensors[node->inputs[0]] : NULL;
        if (!tensor || tensor->storage != MOTE_STORAGE_CONST || tensor->sparsity)
            continue;
        const int32_t made = node->outputs[0], constant = node->inputs[0];
        tensor->name = graph->tensors[made]->name;
        mote_graph_remove_node(graph, k--);
        mote_graph_replace_uses(graph, made, constant);
    }
}

mote_status mote_unpack_sparse(mote_graph *graph, mote_error *err)
{
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        size_t n_bytes;
        if (!is_sparse_const(graph->tensors[i], &n_bytes) || mote_graph_count_uses(graph, i) == 0)
            continue;
        const mote_status status = unpack(graph, graph->tensors[i], n_bytes, err);
        if (status != MOTE_OK)
            return status;
    }
    bypass_densify(graph);
    return MOTE_OK;
}
