/*
 * Attention masks by adding -1e9 in front of SOFTMAX. In codes that would leave one for all scores, so the constant is
 * raised to what is still as good as -infinity there: a masked score stays so far below every other one that its
 * probability rounds to 0.
 */
#include <math.h>

#include "pass/pass.h"

static const float LEAST_MASK = -1e4f; /* terms below this are masks */

static bool has_masked(const mote_tensor *constant)
{
    const float *data = constant->data;
    for (int64_t i = 0; i < mote_shape_count(&constant->shape); i++)
        if (data[i] < LEAST_MASK)
            return true;
    return false;
}

/* The place of the mask among the inputs of an ADD that SOFTMAX reads; -1: it is another node. */
static int32_t mask_operand(const mote_graph *graph, const mote_node *node)
{
    if (node->op != MOTE_OP_ADD || *mote_pass_activation(node) != MOTE_ACT_NONE)
        return -1;
    const int32_t operand = mote_pass_const_operand(graph, node);
    const mote_node *user = mote_pass_only_user(graph, node->outputs[0]);
    return operand >= 0 && user && user->op == MOTE_OP_SOFTMAX && has_masked(graph->tensors[node->inputs[operand]])
               ? operand
               : -1;
}

mote_status mote_own_masks(mote_graph *graph, mote_error *err)
{
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const int32_t operand = mask_operand(graph, graph->nodes[k]);
        if (operand >= 0 && !mote_pass_own_const(graph, graph->nodes[k], operand))
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}

void mote_narrow_masks(const mote_graph *graph, bool wide, mote_range *ranges)
{
    const float distance = wide ? 12.0f : 8.0f; /* e^-12 < 1/65536, e^-8 < 1/512 */
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        const int32_t operand = mask_operand(graph, node);
        const mote_range scores = operand < 0 ? (mote_range){0, -1} : ranges[node->inputs[1 - operand]];
        mote_range *sums = &ranges[node->outputs[0]];
        if (!(scores.low <= scores.high) || !(sums->low <= sums->high))
            continue;
        mote_tensor *mask = graph->tensors[node->inputs[operand]];
        const float least = scores.low - scores.high - distance;
        float *data = mask->data;
        for (int64_t i = 0; i < mote_shape_count(&mask->shape); i++)
            data[i] = data[i] < LEAST_MASK ? least : data[i];
        sums->low = fmaxf(sums->low, scores.low + least);
        sums->high = fmaxf(sums->high, sums->low);
    }
}
