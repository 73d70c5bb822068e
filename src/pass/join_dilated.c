/*
 * SPACE_TO_BATCH_ND, a plain convolution over the pictures, BATCH_TO_SPACE_ND: a dilated convolution. Each element of
 * the result is the same sum, and one operator takes the place of three.
 */
#include <string.h>

#include "pass/pass.h"

/* The block of two spatial dimensions and the margins that a node has as constants. */
typedef struct moved {
    const int32_t *block, (*margins)[2];
} moved;

static const int32_t *const_ints(const mote_graph *graph, int32_t index, size_t n)
{
    const mote_tensor *tensor = graph->tensors[index];
    return tensor->storage == MOTE_STORAGE_CONST && tensor->dtype == MOTE_INT32 &&
                   tensor->n_bytes == n * sizeof(int32_t)
               ? tensor->data
               : NULL;
}

/* False: the node is something else, or changes the codes. */
static bool read_moved(const mote_graph *graph, const mote_node *node, mote_op op, moved *m)
{
    if (!node || node->op != op || node->inputs[0] < 0 || node->inputs[1] < 0 || node->inputs[2] < 0)
        return false;
    const mote_tensor *in = graph->tensors[node->inputs[0]], *out = graph->tensors[node->outputs[0]];
    *m = (moved){const_ints(graph, node->inputs[1], 2),
                 (const int32_t(*)[2])(const void *)const_ints(graph, node->inputs[2], 4)};
    const bool same_codes = in->quant.n == out->quant.n &&
                            (in->quant.n == 0 || (in->quant.n == 1 && in->quant.scale[0] == out->quant.scale[0] &&
                                                  in->quant.zero_point[0] == out->quant.zero_point[0]));
    return m->block && m->margins && in->shape.rank == 4 && same_codes;
}

/* How a dilated window has to be padded to see what the plain one saw in the pictures; false: neither way. */
static bool find_padding(const mote_window_op *window, const moved *dealt, const moved *put_back, int32_t *padding)
{
    bool valid = true, same = true;
    for (int32_t d = 0; d < 2; d++) {
        const int64_t span = (int64_t)(window->filter[d] - 1) * dealt->block[d];
        const int64_t before = dealt->margins[d][0], after = (int64_t)dealt->margins[d][1] - put_back->margins[d][1];
        if (dealt->block[d] < 1 || dealt->block[d] != put_back->block[d] || put_back->margins[d][0] != 0)
            return false;
        valid &= before == 0 && after == 0;
        same &= before == span / 2 && after == span - span / 2;
    }
    *padding = valid ? MOTE_PADDING_VALID : MOTE_PADDING_SAME;
    return valid || same;
}

/* A plain convolution, which may run over pictures. */
static bool is_plain(const mote_graph *graph, const mote_node *node, mote_window_op *window)
{
    return node && mote_pass_window_op(graph, node, window) && window->options->padding == MOTE_PADDING_VALID &&
           window->options->stride[0] == 1 && window->options->stride[1] == 1 && window->options->dilation[0] == 1 &&
           window->options->dilation[1] == 1;
}

static void join(mote_graph *graph, int32_t at)
{
    const mote_node *last = graph->nodes[at];
    moved dealt, put_back;
    mote_window_op window;
    int32_t padding;
    if (!read_moved(graph, last, MOTE_OP_BATCH_TO_SPACE_ND, &put_back) ||
        mote_pass_only_user(graph, last->inputs[0]) != last)
        return;
    mote_node *node = mote_pass_producer(graph, last->inputs[0]);
    if (!is_plain(graph, node, &window))
        return;
    const mote_node *first = mote_pass_producer(graph, node->inputs[0]);
    if (!read_moved(graph, first, MOTE_OP_SPACE_TO_BATCH_ND, &dealt) ||
        !find_padding(&window, &dealt, &put_back, &padding))
        return;
    window.options->padding = padding;
    for (int32_t d = 0; d < 2; d++)
        window.options->dilation[d] = dealt.block[d];
    node->inputs[0] = first->inputs[0];
    node->outputs[0] = last->outputs[0];
    mote_graph_remove_node(graph, at);
}

mote_status mote_join_dilated(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model, (void)err;
    for (int32_t k = graph->n_nodes - 1; k >= 0; k--)
        join(graph, k);
    return MOTE_OK;
}
