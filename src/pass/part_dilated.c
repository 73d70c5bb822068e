/*
 * Dilated convolutions, for quantization, as TensorFlow's converter leaves them: the pixels that a window sees together
 * are dealt out to one picture each (SPACE_TO_BATCH_ND), a plain convolution runs over those, BATCH_TO_SPACE_ND puts
 * them back, and only then comes the bias. So nothing behind is folded into the filter, the sum rounds twice, and the
 * convolution's range takes in what it makes of the zeros that fill the pictures up, which is cropped off again.
 * mote_join_dilated makes one operator of the three when all that is settled. In floats it is all the same.
 */
#include <string.h>

#include "pass/pass.h"

enum { INPUT = 0, FILTER = 1, BIAS = 2 };
static const int64_t MOST_PADDED = 1 << 26; /* elements; a window that wants more stays whole */

typedef struct parts {
    int32_t block[2], margins[2][2], crops[2][2];
    mote_shape pictures, products; /* of SPACE_TO_BATCH_ND, of the convolution */
} parts;

/* A dilated convolution of Keras. */
static bool is_dilated(const mote_graph *graph, const mote_node *node, mote_window_op *window)
{
    if (node->layer < 0 || !mote_pass_window_op(graph, node, window) || window->options->stride[0] != 1 ||
        window->options->stride[1] != 1 || (window->options->dilation[0] == 1 && window->options->dilation[1] == 1))
        return false;
    const mote_shape *in = &graph->tensors[node->inputs[INPUT]]->shape, *out = &graph->tensors[node->outputs[0]]->shape;
    return mote_shape_is_known(in) && mote_shape_is_known(out) && mote_shape_count(in) > 0 &&
           mote_shape_count(out) > 0 && window->filter[0] > 0 && window->filter[1] > 0 &&
           (node->n_inputs <= BIAS || mote_pass_is_const_f32(graph, node->inputs[BIAS]));
}

/* Margins as for a plain window, and at the end so much more that the pictures get one size. False: too much. */
static bool measure(const mote_graph *graph, const mote_node *node, const mote_window_op *window, parts *p)
{
    p->pictures = graph->tensors[node->inputs[INPUT]]->shape;
    p->products = graph->tensors[node->outputs[0]]->shape;
    int64_t n_padded = mote_shape_count(&p->pictures) / p->pictures.dims[1] / p->pictures.dims[2];
    int64_t n_pictures = p->pictures.dims[0];
    for (int32_t d = 0; d < 2; d++) {
        const int64_t block = window->options->dilation[d], span = (window->filter[d] - 1) * block;
        const int64_t around = window->options->padding == MOTE_PADDING_SAME ? span : 0;
        const int64_t whole = p->pictures.dims[1 + d] + around, fill = (block - whole % block) % block;
        n_pictures *= block;
        if (whole + fill > MOST_PADDED || n_pictures > MOST_PADDED)
            return false;
        n_padded *= whole + fill;
        if (n_padded > MOST_PADDED)
            return false;
        p->block[d] = (int32_t)block;
        p->margins[d][0] = (int32_t)(around / 2);
        p->margins[d][1] = (int32_t)(around - around / 2 + fill);
        p->crops[d][0] = 0;
        p->crops[d][1] = (int32_t)fill;
        p->pictures.dims[1 + d] = (int32_t)((whole + fill) / block);
        p->products.dims[1 + d] = p->pictures.dims[1 + d] - window->filter[d] + 1;
    }
    p->pictures.dims[0] = p->products.dims[0] = (int32_t)n_pictures;
    return true;
}

/* from, dealt out or put back, is to. False: out of memory. */
static bool move(mote_graph *graph, int32_t at, mote_op op, const parts *p, const int32_t margins[2][2], int32_t from,
                 int32_t to)
{
    const mote_shape pairs = {2, {2, 2}};
    const int32_t inputs[] = {from, mote_graph_add_const_i32(graph, "block_shape", 2, p->block),
                              mote_graph_add_const(graph, "margins", MOTE_INT32, &pairs, margins)};
    const bool made = inputs[1] >= 0 && inputs[2] >= 0;
    mote_node *node = made ? mote_graph_insert_node(graph, at, op, 3, inputs, 1, &to) : NULL;
    if (node)
        node->layer = graph->tensors[to]->layer;
    return node != NULL;
}

static bool is_zero(const mote_tensor *bias)
{
    const float *values = bias->data;
    for (int64_t i = 0; i < mote_shape_count(&bias->shape); i++)
        if (values[i] != 0)
            return false;
    return true;
}

/* The node's bias as an ADD behind it; its result takes the place of `whole`. False: out of memory. */
static bool move_bias(mote_graph *graph, int32_t at, mote_node *node, int32_t whole, int32_t output)
{
    const int32_t terms[] = {whole, node->inputs[BIAS]};
    const mote_tensor *bias = graph->tensors[node->inputs[BIAS]];
    node->inputs[BIAS] = mote_graph_add_const(graph, "zero_bias", MOTE_FLOAT32, &bias->shape, NULL);
    mote_node *add =
        node->inputs[BIAS] < 0 ? NULL : mote_graph_insert_node(graph, at, MOTE_OP_ADD, 2, terms, 1, &output);
    if (add)
        add->layer = node->layer;
    return add != NULL;
}

/* Node `at` in parts; how many nodes there are more, -1: out of memory. */
static int32_t part(mote_graph *graph, int32_t at, mote_window_op *window, const parts *p)
{
    mote_node *node = graph->nodes[at];
    const int32_t input = node->inputs[INPUT], output = node->outputs[0];
    const bool is_biased = node->n_inputs > BIAS && !is_zero(graph->tensors[node->inputs[BIAS]]);
    const int32_t pictures = mote_pass_add_value(graph, output, "/SpaceToBatchND", &p->pictures);
    const int32_t products = mote_pass_add_value(graph, output, "/products", &p->products);
    const int32_t whole =
        is_biased ? mote_pass_add_value(graph, output, "/BatchToSpaceND", &graph->tensors[output]->shape) : output;
    if (pictures < 0 || products < 0 || whole < 0)
        return -1;
    graph->tensors[pictures]->layer = node->layer;
    node->inputs[INPUT] = pictures;
    node->outputs[0] = products;
    window->options->padding = MOTE_PADDING_VALID;
    window->options->dilation[0] = window->options->dilation[1] = 1;
    if (!move(graph, at, MOTE_OP_SPACE_TO_BATCH_ND, p, p->margins, input, pictures) ||
        !move(graph, at + 2, MOTE_OP_BATCH_TO_SPACE_ND, p, p->crops, products, whole) ||
        (is_biased && !move_bias(graph, at + 3, node, whole, output)))
        return -1;
    return 2 + is_biased;
}

mote_status mote_part_dilated(mote_model *model, mote_error *err)
{
    mote_graph *graph = model->graphs[0];
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        mote_window_op window;
        parts p;
        if (!is_dilated(graph, graph->nodes[i], &window) || !measure(graph, graph->nodes[i], &window, &p))
            continue;
        const int32_t n_more = part(graph, i, &window, &p);
        if (n_more < 0)
            return mote_error_no_memory(err);
        i += n_more;
    }
    return MOTE_OK;
}
