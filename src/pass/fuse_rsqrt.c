/* x / sqrt(y) becomes x * rsqrt(y), as in TensorFlow's converter, whatever else reads the root. */
#include "pass/pass.h"

static bool divides_by_root(const mote_graph *graph, const mote_node *node)
{
    if (node->op != MOTE_OP_DIV)
        return false;
    const mote_node *root = mote_pass_producer(graph, node->inputs[1]);
    return root && root->op == MOTE_OP_SQRT;
}

mote_status mote_pass_fuse_rsqrt(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        mote_node *node = graph->nodes[i];
        if (!divides_by_root(graph, node))
            continue;
        const int32_t root = node->inputs[1], square = mote_pass_producer(graph, root)->inputs[0];
        const int32_t inverse = mote_pass_add_value(graph, root, "_inverse", &graph->tensors[root]->shape);
        const mote_node *made =
            inverse < 0 ? NULL : mote_graph_insert_node(graph, i, MOTE_OP_RSQRT, 1, &square, 1, &inverse);
        const int32_t factors[] = {node->inputs[0], inverse}, output = node->outputs[0];
        const int32_t activation = *mote_pass_activation(node);
        mote_graph_remove_node(graph, ++i);
        mote_node *product = made ? mote_graph_insert_node(graph, i, MOTE_OP_MUL, 2, factors, 1, &output) : NULL;
        if (!product)
            return mote_error_no_memory(err);
        *mote_pass_activation(product) = activation;
    }
    return MOTE_OK;
}
