/* A PAD of zeros in front of a VALID convolution is SAME padding when it adds just what SAME would. */
#include "pass/pass.h"

/* SAME over the unpadded size gives the same output and the same zeros on both sides. */
static bool is_same(int32_t in, const int32_t around[2], int32_t filter, int32_t stride, int32_t dilation)
{
    const int64_t span = (int64_t)(filter - 1) * dilation + 1;
    const int64_t out = ((int64_t)in + stride - 1) / stride;
    const int64_t padded = (int64_t)in + around[0] + around[1];
    if (padded < span || (padded - span) / stride + 1 != out)
        return false;
    const int64_t total = (out - 1) * stride + span - in > 0 ? (out - 1) * stride + span - in : 0;
    return around[0] == total / 2 && around[1] >= total - total / 2;
}

static bool fuses(const mote_graph *graph, const mote_node *pad, const mote_window_op *window)
{
    const mote_tensor *paddings = graph->tensors[pad->inputs[1]];
    const mote_shape *in = &graph->tensors[pad->inputs[0]]->shape;
    if (paddings->storage != MOTE_STORAGE_CONST || paddings->dtype != MOTE_INT32 || in->rank != 4 ||
        paddings->n_bytes != 8 * sizeof(int32_t))
        return false;
    const int32_t(*around)[2] = paddings->data;
    return around[0][0] == 0 && around[0][1] == 0 && around[3][0] == 0 && around[3][1] == 0 &&
           is_same(in->dims[1], around[1], window->filter[0], window->options->stride[0],
                   window->options->dilation[0]) &&
           is_same(in->dims[2], around[2], window->filter[1], window->options->stride[1], window->options->dilation[1]);
}

mote_status mote_pass_fuse_padding(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model, (void)err;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        mote_window_op window;
        mote_node *node = graph->nodes[i];
        if (!mote_pass_window_op(graph, node, &window) || window.options->padding != MOTE_PADDING_VALID)
            continue;
        const mote_node *pad = mote_pass_producer(graph, node->inputs[0]);
        if (!pad || pad->op != MOTE_OP_PAD || !fuses(graph, pad, &window))
            continue;
        window.options->padding = MOTE_PADDING_SAME;
        node->inputs[0] = pad->inputs[0];
    }
    return MOTE_OK;
}
