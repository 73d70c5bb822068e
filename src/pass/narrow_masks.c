/*
 * Attention masks of -1e9 in front of SOFTMAX, added to scores or chosen in their place. In codes that would leave one
 * for all scores, so the constant is raised to what is still as good as -infinity there: a masked score stays so far
 * below every other one that its probability rounds to 0.
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

/* The mask and the scores among the inputs of an operator that SOFTMAX reads. */
typedef struct masking {
    int32_t mask, scores; /* -1: it is another operator */
} masking;

/* Scores and a mask that is added, or a condition that chooses between them. */
static masking find_masking(const mote_graph *graph, const mote_node *node)
{
    const masking none = {-1, -1};
    const bool adds = node->op == MOTE_OP_ADD && *mote_pass_activation(node) == MOTE_ACT_NONE;
    const bool chooses = node->op == MOTE_OP_SELECT || node->op == MOTE_OP_SELECT_V2;
    const mote_node *user = adds || chooses ? mote_pass_only_user(graph, node->outputs[0]) : NULL;
    if (!user || user->op != MOTE_OP_SOFTMAX)
        return none;
    for (int32_t last = node->n_inputs - 1, i = last - 1; i <= last; i++)
        if (mote_pass_is_const_f32(graph, node->inputs[i]) && has_masked(graph->tensors[node->inputs[i]]))
            return (masking){i, 2 * last - 1 - i};
    return none;
}

mote_status mote_own_masks(mote_graph *graph, mote_error *err)
{
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const masking m = find_masking(graph, graph->nodes[k]);
        if (m.mask >= 0 && !mote_pass_own_const(graph, graph->nodes[k], m.mask))
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}

void mote_narrow_masks(const mote_graph *graph, bool wide, mote_range *ranges)
{
    const float distance = wide ? 12.0f : 8.0f; /* e^-12 < 1/65536, e^-8 < 1/512 */
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        const masking m = find_masking(graph, node);
        const mote_range scores = m.mask < 0 ? (mote_range){0, -1} : ranges[node->inputs[m.scores]];
        mote_range *masked = &ranges[node->outputs[0]];
        if (!(scores.low <= scores.high) || !(masked->low <= masked->high))
            continue;
        mote_tensor *mask = graph->tensors[node->inputs[m.mask]];
        const float farthest = scores.low - distance;
        const float least = node->op == MOTE_OP_ADD ? farthest - scores.high : farthest;
        float *data = mask->data;
        for (int64_t i = 0; i < mote_shape_count(&mask->shape); i++)
            data[i] = data[i] < LEAST_MASK ? least : data[i];
        masked->low = fmaxf(masked->low, node->op == MOTE_OP_ADD ? scores.low + least : least);
        masked->high = fmaxf(masked->high, masked->low);
    }
}
