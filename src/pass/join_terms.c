/* (x + a) + b with constants is x + (a + b), as in TensorFlow's converter, which leaves products as they are. */
#include "pass/pass.h"

/* Which input of an ADD without activation is a constant; -1: none, or another node. */
static int32_t term_of(const mote_graph *graph, const mote_node *node)
{
    return node->op == MOTE_OP_ADD ? mote_pass_const_operand(graph, node) : -1;
}

/* a + b as a new constant: of one shape, or one of them is a single number. -1: otherwise, or out of memory. */
static int32_t sum_of(mote_graph *graph, int32_t a, int32_t b)
{
    if (mote_shape_count(&graph->tensors[a]->shape) == 1) {
        const int32_t single = a;
        a = b;
        b = single;
    }
    const mote_tensor *x = graph->tensors[a], *y = graph->tensors[b];
    const bool single = mote_shape_count(&y->shape) == 1 && y->shape.rank <= x->shape.rank;
    if (!single && !mote_shape_equal(&x->shape, &y->shape))
        return -1;
    const int32_t sum = mote_graph_add_const(graph, x->name, MOTE_FLOAT32, &x->shape, x->data);
    if (sum < 0)
        return -1;
    float *values = graph->tensors[sum]->data;
    const float *terms = graph->tensors[b]->data;
    for (int64_t i = 0; i < mote_shape_count(&graph->tensors[sum]->shape); i++)
        values[i] += terms[single ? 0 : i];
    return sum;
}

static bool join(mote_graph *graph, mote_node *node)
{
    const int32_t b = term_of(graph, node);
    const mote_node *front = b < 0 ? NULL : mote_pass_producer(graph, node->inputs[1 - b]);
    const int32_t a = front ? term_of(graph, front) : -1;
    if (a < 0 || *mote_pass_activation(front) != MOTE_ACT_NONE || mote_pass_only_user(graph, front->outputs[0]) != node)
        return false;
    const int32_t sum = sum_of(graph, front->inputs[a], node->inputs[b]);
    if (sum < 0)
        return false;
    node->inputs[b] = sum;
    node->inputs[1 - b] = front->inputs[1 - a];
    mote_graph_remove_node(graph, mote_graph_producer(graph, front->outputs[0]));
    return true;
}

mote_status mote_pass_join_terms(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model, (void)err;
    for (int32_t k = 0; k < graph->n_nodes; k++)
        k -= join(graph, graph->nodes[k]);
    return MOTE_OK;
}
