/* Sparse constants behind DENSIFY become plain ones, so that what reads them can be folded and quantized. */
#include "op/densify/densify.h"
#include "pass/pass.h"

/* What a few stored values may unfold to: a sparse constant's own size says nothing of its dense one. */
enum { ROOM_BYTES = 64 << 20, MOST_TIMES = 1024 };

static bool is_sparse_const(const mote_tensor *tensor)
{
    size_t dense;
    return tensor->storage == MOTE_STORAGE_CONST && tensor->sparsity && mote_tensor_needed_bytes(tensor, &dense) &&
           (dense <= ROOM_BYTES || dense / MOST_TIMES <= tensor->n_bytes);
}

mote_status mote_unpack_sparse(mote_graph *graph, mote_error *err)
{
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        const mote_tensor *sparse = node->op == MOTE_OP_DENSIFY ? graph->tensors[node->inputs[0]] : NULL;
        if (!sparse || !is_sparse_const(sparse))
            continue;
        const int32_t made = node->outputs[0];
        const int32_t dense =
            mote_graph_add_const(graph, graph->tensors[made]->name, sparse->dtype, &sparse->shape, NULL);
        if (dense < 0)
            return mote_error_no_memory(err);
        const mote_status status = mote_densify(sparse, graph->tensors[dense]->data, err);
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "constant '%s'", sparse->name);
        mote_graph_remove_node(graph, k--);
        mote_graph_replace_uses(graph, made, dense);
    }
    return MOTE_OK;
}
