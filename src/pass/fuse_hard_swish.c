/*
 * x * relu6(x + 3) / 6, in the orders in which people write it, becomes HARD_SWISH (Howard et al. 2019), as
 * TensorFlow's converter does it.
 */
#include <math.h>

#include "pass/pass.h"

/* The operand of a MUL or DIV that has a constant sixth (or six) on the other side, or -1. */
static int32_t divided_by_six(const mote_graph *graph, const mote_node *node)
{
    if (!node || (node->op != MOTE_OP_MUL && node->op != MOTE_OP_DIV))
        return -1;
    const int32_t operand = mote_pass_const_operand(graph, node);
    if (operand < 0 || (node->op == MOTE_OP_DIV && operand == 0))
        return -1;
    const mote_tensor *constant = graph->tensors[node->inputs[operand]];
    if (mote_shape_count(&constant->shape) != 1)
        return -1;
    const float value = *(const float *)constant->data, wanted = node->op == MOTE_OP_MUL ? 1.0f / 6.0f : 6.0f;
    return fabsf(value - wanted) <= 1e-6f * wanted ? node->inputs[1 - operand] : -1;
}

/* gate is relu6(x + 3), the RELU6 a node of its own or fused. */
static bool is_gate(const mote_graph *graph, int32_t gate, int32_t x)
{
    const mote_node *node = mote_pass_producer(graph, gate);
    const bool apart = node && node->op == MOTE_OP_RELU6;
    if (apart)
        node = mote_pass_producer(graph, node->inputs[0]);
    if (!node || node->op != MOTE_OP_ADD || *mote_pass_activation(node) != (apart ? MOTE_ACT_NONE : MOTE_ACT_RELU6))
        return false;
    const int32_t operand = mote_pass_const_operand(graph, node);
    if (operand < 0 || node->inputs[1 - operand] != x)
        return false;
    const mote_tensor *constant = graph->tensors[node->inputs[operand]];
    return mote_shape_count(&constant->shape) == 1 && *(const float *)constant->data == 3.0f;
}

/* x of x * relu6(x + 3), or -1; gate_over_six: the second factor is divided by 6 already. */
static int32_t gated(const mote_graph *graph, const mote_node *node, bool gate_over_six)
{
    if (!node || node->op != MOTE_OP_MUL || *mote_pass_activation(node) != MOTE_ACT_NONE)
        return -1;
    for (int32_t i = 0; i < 2; i++) {
        const int32_t x = node->inputs[i], other = node->inputs[1 - i];
        const int32_t gate = gate_over_six ? divided_by_six(graph, mote_pass_producer(graph, other)) : other;
        if (gate >= 0 && is_gate(graph, gate, x))
            return x;
    }
    return -1;
}

mote_status mote_pass_fuse_hard_swish(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const mote_node *node = graph->nodes[i];
        const int32_t *activation = mote_pass_activation(node);
        if ((node->op != MOTE_OP_MUL && node->op != MOTE_OP_DIV) || *activation != MOTE_ACT_NONE)
            continue;
        const int32_t product = divided_by_six(graph, node);
        const int32_t x =
            product >= 0 ? gated(graph, mote_pass_producer(graph, product), false) : gated(graph, node, true);
        if (x < 0)
            continue;
        const int32_t output = node->outputs[0];
        mote_graph_remove_node(graph, i);
        if (!mote_graph_insert_node(graph, i, MOTE_OP_HARD_SWISH, 1, &x, 1, &output))
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}
