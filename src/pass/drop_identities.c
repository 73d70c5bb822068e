/*
 * What changes nothing goes: MUL and DIV by ones, ADD and SUB of zeros, RESHAPE to the shape that is there already,
 * reductions of single values, and a TRANSPOSE that undoes the one in front of it.
 */
#include "pass/pass.h"

static bool is_filled(const mote_tensor *constant, float value)
{
    const float *data = constant->data;
    for (int64_t i = 0; i < mote_shape_count(&constant->shape); i++)
        if (data[i] != value)
            return false;
    return true;
}

/* The input that comes out as it is, or -1. */
static int32_t unchanged_operand(const mote_graph *graph, const mote_node *node)
{
    const bool scales = node->op == MOTE_OP_MUL || node->op == MOTE_OP_DIV;
    const bool moves = node->op == MOTE_OP_ADD || node->op == MOTE_OP_SUB;
    if (!scales && !moves)
        return -1;
    const int32_t *activation = mote_pass_activation(node), operand = mote_pass_const_operand(graph, node);
    const bool ordered = node->op == MOTE_OP_DIV || node->op == MOTE_OP_SUB;
    if (operand < 0 || (ordered && operand == 0) || (activation && *activation != MOTE_ACT_NONE))
        return -1;
    return is_filled(graph->tensors[node->inputs[operand]], scales ? 1.0f : 0.0f) ? 1 - operand : -1;
}

/* The tensor in front of two transpositions that cancel, or -1. */
static int32_t before_transposes(const mote_graph *graph, const mote_node *node)
{
    const mote_node *first = mote_pass_producer(graph, node->inputs[0]);
    if (!first || first->op != MOTE_OP_TRANSPOSE)
        return -1;
    const int32_t *a = mote_pass_const_order(graph, first), *b = mote_pass_const_order(graph, node);
    const int32_t rank = graph->tensors[node->outputs[0]]->shape.rank;
    for (int32_t i = 0; i < rank; i++)
        if (!a || !b || b[i] < 0 || b[i] >= rank || a[b[i]] != i)
            return -1;
    return rank > 0 ? first->inputs[0] : -1;
}

/* The tensor that may be the node's output already, or -1. */
static int32_t same_values(const mote_graph *graph, const mote_node *node)
{
    switch (node->op) {
    case MOTE_OP_TRANSPOSE:
        return before_transposes(graph, node);
    case MOTE_OP_RESHAPE:
    case MOTE_OP_MEAN: /* of one value each, where the shape stays */
    case MOTE_OP_SUM:
    case MOTE_OP_REDUCE_MAX:
    case MOTE_OP_REDUCE_MIN:
    case MOTE_OP_REDUCE_PROD:
        return node->inputs[0];
    default: {
        const int32_t operand = unchanged_operand(graph, node);
        return operand < 0 ? -1 : node->inputs[operand];
    }
    }
}

static int32_t same_as_output(const mote_graph *graph, const mote_node *node)
{
    const int32_t tensor = same_values(graph, node);
    if (tensor < 0)
        return -1;
    const mote_shape *shape = &graph->tensors[tensor]->shape;
    return mote_shape_is_known(shape) && mote_shape_equal(shape, &graph->tensors[node->outputs[0]]->shape) ? tensor
                                                                                                           : -1;
}

/* Node `at` goes, whose output is `tensor`. A graph's output keeps its name: the node in front makes it, or all stays.
 */
static bool drop(mote_graph *graph, int32_t at, int32_t tensor)
{
    const mote_node *node = graph->nodes[at];
    const int32_t output = node->outputs[0];
    if (mote_graph_is_output(graph, output)) {
        const mote_node *front = mote_pass_producer(graph, tensor);
        if (!front || mote_pass_only_user(graph, tensor) != node || front->n_outputs != 1)
            return false;
        front->outputs[0] = output;
    } else {
        /* In TensorFlow's files a RESHAPE stays, and what is written over its result leaves the range in front alone.
         */
        graph->tensors[tensor]->is_unsized |= node->op == MOTE_OP_RESHAPE;
        mote_graph_replace_uses(graph, output, tensor);
    }
    mote_graph_remove_node(graph, at);
    return true;
}

mote_status mote_pass_drop_identities(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model, (void)err;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const int32_t tensor = same_as_output(graph, graph->nodes[i]);
        if (tensor >= 0 && drop(graph, i, tensor))
            i--;
    }
    return MOTE_OK;
}
