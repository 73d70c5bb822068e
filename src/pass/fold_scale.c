/*
 * MUL, ADD and SUB by constants go into filters and biases: those behind a convolution or FULLY_CONNECTED always, those
 * in front into FULLY_CONNECTED, and into convolutions when the constant is one number (and, for ADD, no zeros are
 * padded): what TensorFlow's converter folds too, so that quantized tensors stay comparable.
 */
#include <string.h>

#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "pass/pass.h"

/* x * factor[c] + term[c], as one of the two nodes says. */
typedef struct step {
    bool is_factor;
    int32_t n;
    float *values;
} step;

static bool is_step(const mote_graph *graph, const mote_node *node, int32_t *operand)
{
    if (node->op != MOTE_OP_MUL && node->op != MOTE_OP_ADD && node->op != MOTE_OP_SUB)
        return false;
    const int32_t *activation = mote_pass_activation(node);
    *operand = mote_pass_const_operand(graph, node);
    return *operand >= 0 && !(node->op == MOTE_OP_SUB && *operand == 0) && activation && *activation == MOTE_ACT_NONE;
}

/* False: the constant does not go by channel. Memory from the arena. */
static bool read_step(mote_graph *graph, const mote_node *node, int32_t operand, int32_t n, step *s)
{
    s->n = n;
    s->is_factor = node->op == MOTE_OP_MUL;
    s->values = mote_arena_calloc(graph->arena, (size_t)n, sizeof *s->values);
    if (!s->values || !mote_pass_per_channel(graph->tensors[node->inputs[operand]], n, s->values))
        return false;
    for (int32_t i = 0; node->op == MOTE_OP_SUB && i < n; i++)
        s->values[i] = -s->values[i];
    return true;
}

/* Index of the slice along axis that element i lies in. */
static int64_t slice_of(const mote_shape *shape, int32_t axis, int64_t i)
{
    return i / mote_shape_span(shape, axis + 1, shape->rank) % shape->dims[axis];
}

/* --- behind --- */

static bool fold_behind(mote_graph *graph, mote_node *producer, const mote_node *node, int32_t operand)
{
    mote_affine_op affine;
    const int32_t *activation = mote_pass_activation(producer);
    if (!mote_pass_affine_op(producer, &affine) || (activation && *activation != MOTE_ACT_NONE) ||
        !mote_pass_is_const_f32(graph, producer->inputs[affine.filter]))
        return false;
    const mote_shape *out = &graph->tensors[node->outputs[0]]->shape;
    if (!mote_shape_equal(out, &graph->tensors[producer->outputs[0]]->shape))
        return false;
    step s;
    if (!read_step(graph, node, operand, graph->tensors[producer->inputs[affine.filter]]->shape.dims[affine.out_axis],
                   &s))
        return false;
    mote_tensor *bias = mote_pass_own_bias(graph, producer, &affine);
    mote_tensor *filter = s.is_factor ? mote_pass_own_const(graph, producer, affine.filter) : NULL;
    if (!bias || (s.is_factor && !filter))
        return false;
    float *b = bias->data;
    for (int32_t i = 0; i < s.n; i++)
        b[i] = s.is_factor ? b[i] * s.values[i] : b[i] + s.values[i];
    for (int64_t i = 0; filter && i < mote_shape_count(&filter->shape); i++)
        ((float *)filter->data)[i] *= s.values[slice_of(&filter->shape, affine.out_axis, i)];
    return true;
}

/* --- in front --- */

static bool pads_zeros(const mote_node *node)
{
    if (node->op == MOTE_OP_CONV_2D)
        return ((const mote_conv_2d_params *)node->params)->padding != MOTE_PADDING_VALID;
    if (node->op == MOTE_OP_DEPTHWISE_CONV_2D)
        return ((const mote_depthwise_conv_2d_params *)node->params)->padding != MOTE_PADDING_VALID;
    return false;
}

static bool fold_in_front(mote_graph *graph, mote_node *user, const mote_node *node, int32_t operand)
{
    mote_affine_op affine;
    if (!mote_pass_affine_op(user, &affine) || user->inputs[affine.input] != node->outputs[0] ||
        !mote_pass_is_const_f32(graph, user->inputs[affine.filter]))
        return false;
    const mote_tensor *constant = graph->tensors[node->inputs[operand]];
    const bool single = mote_shape_count(&constant->shape) == 1;
    const bool fc = user->op == MOTE_OP_FULLY_CONNECTED;
    if ((!fc && !single) || (node->op != MOTE_OP_MUL && pads_zeros(user)) ||
        !mote_shape_equal(&graph->tensors[node->inputs[1 - operand]]->shape, &graph->tensors[node->outputs[0]]->shape))
        return false;
    const int32_t n = graph->tensors[user->inputs[affine.filter]]->shape.dims[affine.in_axis];
    const mote_shape *in = &graph->tensors[node->outputs[0]]->shape;
    step s;
    if ((fc && in->dims[in->rank - 1] != n) || !read_step(graph, node, operand, n, &s))
        return false;
    if (s.is_factor) {
        mote_tensor *filter = mote_pass_own_const(graph, user, affine.filter);
        for (int64_t i = 0; filter && i < mote_shape_count(&filter->shape); i++)
            ((float *)filter->data)[i] *= s.values[slice_of(&filter->shape, affine.in_axis, i)];
        return filter != NULL;
    }
    mote_tensor *bias = mote_pass_own_bias(graph, user, &affine);
    const mote_tensor *filter = graph->tensors[user->inputs[affine.filter]];
    for (int64_t i = 0; bias && i < mote_shape_count(&filter->shape); i++)
        ((float *)bias->data)[slice_of(&filter->shape, affine.out_axis, i)] +=
            ((const float *)filter->data)[i] * s.values[slice_of(&filter->shape, affine.in_axis, i)];
    return bias != NULL;
}

/* The node's input goes where its output went. */
static void bypass(mote_graph *graph, int32_t at, int32_t operand)
{
    const mote_node *node = graph->nodes[at];
    const int32_t from = node->outputs[0], to = node->inputs[1 - operand];
    mote_graph_remove_node(graph, at);
    mote_graph_replace_uses(graph, from, to);
}

static bool fold_one_behind(mote_graph *graph, int32_t at)
{
    const mote_node *node = graph->nodes[at];
    int32_t operand;
    if (!is_step(graph, node, &operand))
        return false;
    mote_node *producer = mote_pass_producer(graph, node->inputs[1 - operand]);
    if (!producer || mote_pass_only_user(graph, node->inputs[1 - operand]) != node ||
        !fold_behind(graph, producer, node, operand))
        return false;
    /* The result keeps the node's own name and tensor: what follows knows it by that. */
    producer->outputs[0] = node->outputs[0];
    mote_graph_remove_node(graph, at);
    return true;
}

static bool fold_one_in_front(mote_graph *graph, int32_t at)
{
    const mote_node *node = graph->nodes[at];
    int32_t operand;
    if (!is_step(graph, node, &operand))
        return false;
    mote_node *user = mote_pass_only_user(graph, node->outputs[0]);
    if (!user || !fold_in_front(graph, user, node, operand))
        return false;
    bypass(graph, at, operand);
    return true;
}

static bool fold_all(mote_graph *graph, bool (*fold_one)(mote_graph *graph, int32_t at))
{
    bool progress = false;
    for (int32_t i = 0; i < graph->n_nodes; i++)
        if (fold_one(graph, i)) {
            progress = true;
            i--;
        }
    return progress;
}

mote_status mote_pass_fold_scale(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model, (void)err;
    /* Behind first: a filter takes its factors in the order in which TensorFlow's converter multiplies them in. A MUL
     * in front of an ADD that folds forward becomes foldable in the next round. */
    for (bool progress = true; progress;) {
        progress = fold_all(graph, fold_one_behind);
        progress |= fold_all(graph, fold_one_in_front);
    }
    return MOTE_OK;
}
