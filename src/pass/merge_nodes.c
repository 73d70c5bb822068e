/*
 * Equal operators on equal inputs become one, as in TensorFlow's converter: the zeros in front of two causal
 * convolutions of one sequence, the mean that two branches take.
 */
#include <string.h>

#include "pass/pass.h"

/* Options by their bytes: those with pointers count as different. */
static bool same_options(const mote_node *a, const mote_node *b, const mote_op_def *def)
{
    if (!a->params || !b->params)
        return !a->params && !b->params;
    return memcmp(a->params, b->params, def->params_bytes) == 0;
}

static bool is_mergeable(const mote_graph *graph, const mote_node *node)
{
    const mote_op_def *def = mote_op_find(node->op);
    if (!def || (def->flags & (MOTE_OP_STATEFUL | MOTE_OP_CONTROL | MOTE_OP_TRAINING)) || node->n_inputs < 1 ||
        node->inputs[0] < 0)
        return false;
    for (int32_t i = 0; i < node->n_outputs; i++)
        if (mote_graph_is_output(graph, node->outputs[i]))
            return false;
    return true;
}

static bool same_results(const mote_graph *graph, const mote_node *a, const mote_node *b)
{
    for (int32_t i = 0; i < a->n_outputs; i++) {
        const mote_tensor *x = graph->tensors[a->outputs[i]], *y = graph->tensors[b->outputs[i]];
        if (x->dtype != y->dtype || !mote_shape_equal(&x->shape, &y->shape) ||
            !mote_pass_same_quant(&x->quant, &y->quant))
            return false;
    }
    return true;
}

static bool equal(const mote_graph *graph, const mote_node *a, const mote_node *b)
{
    return a->op == b->op && a->n_inputs == b->n_inputs && a->n_outputs == b->n_outputs &&
           memcmp(a->inputs, b->inputs, (size_t)a->n_inputs * sizeof *a->inputs) == 0 &&
           same_options(a, b, mote_op_find(a->op)) && same_results(graph, a, b);
}

mote_status mote_pass_merge_nodes(mote_model *model, mote_graph *graph, mote_error *err)
{
    if (model->n_layers == 0) /* a .tflite file is as its converter left it */
        return MOTE_OK;
    /* The nodes met so far, chained by their first input: the last one's place + 1, and from each to the one before. */
    const size_t n_tensors = (size_t)graph->n_tensors + 1, n_nodes = (size_t)graph->n_nodes + 1;
    int32_t *last = mote_arena_calloc(graph->arena, n_tensors, sizeof *last);
    int32_t *before = mote_arena_calloc(graph->arena, n_nodes, sizeof *before);
    if (!last || !before)
        return mote_error_no_memory(err);
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        if (!is_mergeable(graph, node))
            continue;
        int32_t j = last[node->inputs[0]];
        while (j > 0 && !equal(graph, graph->nodes[j - 1], node))
            j = before[j - 1];
        for (int32_t i = 0; j > 0 && i < node->n_outputs; i++)
            mote_graph_replace_uses(graph, node->outputs[i], graph->nodes[j - 1]->outputs[i]);
        if (j == 0) {
            before[k] = last[node->inputs[0]];
            last[node->inputs[0]] = k + 1;
        }
    }
    return MOTE_OK;
}
