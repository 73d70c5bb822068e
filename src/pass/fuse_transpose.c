/* Matrices that a TRANSPOSE turns in front of a BATCH_MATMUL: the product turns them itself, whoever else reads them.
 */
#include "op/batch_matmul/batch_matmul.h"
#include "pass/pass.h"

/* The TRANSPOSE that makes a tensor by swapping its last two dimensions, and no more; NULL: there is none. */
static const mote_node *turning(const mote_graph *graph, int32_t tensor)
{
    const mote_node *node = mote_pass_producer(graph, tensor);
    if (!node || node->op != MOTE_OP_TRANSPOSE)
        return NULL;
    const int32_t *order = mote_pass_const_order(graph, node);
    const int32_t rank = graph->tensors[tensor]->shape.rank;
    if (!order || rank < 2)
        return NULL;
    for (int32_t d = 0; d < rank; d++) {
        const int32_t swapped = d < rank - 2 ? d : 2 * rank - 3 - d;
        if (order[d] != swapped && order[d] != swapped - rank)
            return NULL;
    }
    return node;
}

mote_status mote_pass_fuse_transpose(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    (void)err;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        mote_node *node = graph->nodes[i];
        if (node->op != MOTE_OP_BATCH_MATMUL)
            continue;
        mote_batch_matmul_params *params = node->params;
        bool *const turned[] = {&params->adj_x, &params->adj_y};
        for (int32_t k = 0; k < 2; k++) {
            const mote_node *transpose = turning(graph, node->inputs[k]);
            if (!transpose)
                continue;
            node->inputs[k] = transpose->inputs[0];
            *turned[k] = !*turned[k];
        }
    }
    return MOTE_OK;
}
