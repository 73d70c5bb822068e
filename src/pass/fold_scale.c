/*
 * MUL, ADD and SUB by constants go into filters and biases: those behind a convolution or FULLY_CONNECTED always, those
 * in front into FULLY_CONNECTED, and into convolutions when the constant is one number (and, for ADD, no zeros are
 * padded); of several readers each takes them by itself. Between two FULLY_CONNECTED the second takes vectors, and the
 * first one's bias too if nothing is between. That is what TensorFlow's converter folds, so that quantized tensors stay
 * comparable.
 */
#include <math.h>

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
    const bool has_bias = producer->n_inputs > affine.bias && producer->inputs[affine.bias] >= 0;
    mote_tensor *bias = has_bias || !s.is_factor ? mote_pass_own_bias(graph, producer, &affine) : NULL;
    mote_tensor *filter = s.is_factor ? mote_pass_own_const(graph, producer, affine.filter) : NULL;
    if (s.is_factor ? !filter || (has_bias && !bias) : !bias)
        return false;
    float *b = bias ? bias->data : NULL;
    for (int32_t i = 0; b && i < s.n; i++)
        b[i] = s.is_factor ? b[i] * s.values[i] : b[i] + s.values[i];
    for (int64_t i = 0; filter && i < mote_shape_count(&filter->shape); i++)
        ((float *)filter->data)[i] *= s.values[slice_of(&filter->shape, affine.out_axis, i)];
    return true;
}

/* --- in front --- */

static bool pads_zeros(const mote_node *node)
{
    const mote_conv_window *window = mote_conv_window_of(node);
    return window && window->padding != MOTE_PADDING_VALID;
}

/* One more term of a sum in float, and of what has been rounded off it (Neumaier 1974). */
static void add_term(float *sum, float *lost, float term)
{
    const float before = *sum;
    *sum = before + term;
    *lost += fabsf(before) >= fabsf(term) ? before - *sum + term : term - *sum + before;
}

/* bias += filter * values: what a term in front of the node adds behind it, in the order in which TensorFlow's
 * converter sums it: onto the bias, in float; `whole`: with what was rounded off at the end. */
static bool add_behind(mote_graph *graph, mote_node *node, const mote_affine_op *affine, const float *values,
                       bool whole)
{
    mote_tensor *bias = mote_pass_own_bias(graph, node, affine);
    const mote_tensor *filter = graph->tensors[node->inputs[affine->filter]];
    const int32_t n = filter->shape.dims[affine->out_axis];
    float *lost = mote_arena_calloc(graph->arena, (size_t)n, sizeof *lost);
    if (!bias || !lost)
        return false;
    float *sums = bias->data;
    for (int64_t i = 0; i < mote_shape_count(&filter->shape); i++) {
        const int64_t out = slice_of(&filter->shape, affine->out_axis, i);
        add_term(&sums[out], &lost[out],
                 ((const float *)filter->data)[i] * values[slice_of(&filter->shape, affine->in_axis, i)]);
    }
    for (int32_t i = 0; whole && i < n; i++)
        sums[i] += lost[i];
    return true;
}

static bool has_const_bias(const mote_graph *graph, const mote_node *node)
{
    return node->n_inputs > 2 && mote_pass_is_const_f32(graph, node->inputs[2]);
}

/* Of several numbers the converter takes factors and sums in front of FULLY_CONNECTED in, if they are a plain row
 * (those of Keras's Normalization have the batch's dimension), and sums if there is a bias to go into. */
static bool takes_row(const mote_graph *graph, const mote_node *user, const mote_node *node, const mote_tensor *row)
{
    return user->op == MOTE_OP_FULLY_CONNECTED && row->shape.rank == 1 &&
           (node->op == MOTE_OP_MUL || (node->op == MOTE_OP_ADD && has_const_bias(graph, user)));
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
    if (!(single || takes_row(graph, user, node, constant)) || (node->op != MOTE_OP_MUL && pads_zeros(user)) ||
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
    return add_behind(graph, user, &affine, s.values, fc && !single);
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

/* Each reader that can take the step in does, whatever the others do; it goes when nobody is left. */
static bool fold_one_in_front(mote_graph *graph, int32_t at)
{
    const mote_node *node = graph->nodes[at];
    int32_t operand;
    bool progress = false;
    if (!is_step(graph, node, &operand))
        return false;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        mote_affine_op affine;
        mote_node *user = graph->nodes[k];
        if (!fold_in_front(graph, user, node, operand) || !mote_pass_affine_op(user, &affine))
            continue;
        user->inputs[affine.input] = node->inputs[1 - operand];
        progress = true;
    }
    if (progress && mote_graph_count_uses(graph, node->outputs[0]) == 0)
        mote_graph_remove_node(graph, at);
    return progress;
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

/* --- between two FULLY_CONNECTED --- */

static bool is_relu(const mote_node *node)
{
    return node->op == MOTE_OP_RELU || node->op == MOTE_OP_RELU6 || node->op == MOTE_OP_RELU_N1_TO_1;
}

/* Whether a FULLY_CONNECTED takes a bias in from the one in front: it has one or will get one from the step behind it,
 * and no activation of its own. */
static bool takes_bias(const mote_graph *graph, const mote_node *node)
{
    int32_t operand;
    const mote_node *next = mote_pass_only_user(graph, node->outputs[0]);
    if (next && is_step(graph, next, &operand))
        return true;
    return has_const_bias(graph, node) && !(next && is_relu(next)) && *mote_pass_activation(node) == MOTE_ACT_NONE;
}

/* A FULLY_CONNECTED with constant weights that reads this tensor, a matrix. */
static bool is_dense_on(const mote_graph *graph, const mote_node *node, int32_t tensor)
{
    return node->op == MOTE_OP_FULLY_CONNECTED && node->inputs[0] == tensor &&
           graph->tensors[tensor]->shape.rank == 2 && mote_pass_is_const_f32(graph, node->inputs[1]);
}

/* Whether a FULLY_CONNECTED that reads the tensor is as `want` says. */
static bool feeds_dense(const mote_graph *graph, int32_t tensor,
                        bool (*want)(const mote_graph *graph, const mote_node *node))
{
    for (int32_t k = 0; k < graph->n_nodes; k++)
        if (is_dense_on(graph, graph->nodes[k], tensor) && want(graph, graph->nodes[k]))
            return true;
    return false;
}

/* What cannot take the bias of nodes[at] in reads an ADD of it. */
static mote_status add_bias_for_others(mote_graph *graph, int32_t at, int32_t bare, int32_t bias, mote_error *err)
{
    mote_node *node = graph->nodes[at];
    const int32_t output = node->outputs[0], terms[] = {bare, bias};
    node->outputs[0] = bare;
    if (mote_graph_count_uses(graph, output) == 0)
        return MOTE_OK;
    return mote_graph_insert_node(graph, at + 1, MOTE_OP_ADD, 2, terms, 1, &output) ? MOTE_OK
                                                                                    : mote_error_no_memory(err);
}

/* The bias of nodes[at] goes into every dense layer behind it that has one. */
static mote_status move_bias(mote_graph *graph, int32_t at, mote_error *err)
{
    mote_node *node = graph->nodes[at];
    const int32_t output = node->outputs[0], bias = node->inputs[2];
    const int32_t bare = mote_pass_add_value(graph, output, "/product", &graph->tensors[output]->shape);
    if (bare < 0)
        return mote_error_no_memory(err);
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        mote_affine_op affine;
        mote_node *user = graph->nodes[k];
        if (!is_dense_on(graph, user, output) || !(has_const_bias(graph, user) || takes_bias(graph, user)))
            continue;
        if (!mote_pass_affine_op(user, &affine) || !add_behind(graph, user, &affine, graph->tensors[bias]->data, true))
            return mote_error_no_memory(err);
        user->inputs[0] = bare;
    }
    node->n_inputs = 2;
    return add_bias_for_others(graph, at, bare, bias, err);
}

/* From the last to the first: a bias that has moved on takes none in. */
static mote_status move_biases(mote_graph *graph, mote_error *err)
{
    for (int32_t k = graph->n_nodes - 1; k >= 0; k--) {
        const mote_node *node = graph->nodes[k];
        if (node->op != MOTE_OP_FULLY_CONNECTED || !has_const_bias(graph, node) ||
            *mote_pass_activation(node) != MOTE_ACT_NONE || !feeds_dense(graph, node->outputs[0], takes_bias))
            continue;
        const mote_status status = move_bias(graph, k, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

/* A bias of zeros (Keras's use_bias=False) is none, but for convolutions. */
static void drop_zero_biases(mote_graph *graph)
{
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        mote_node *node = graph->nodes[k];
        mote_affine_op affine;
        if ((node->op != MOTE_OP_FULLY_CONNECTED && node->op != MOTE_OP_TRANSPOSE_CONV) ||
            !mote_pass_affine_op(node, &affine) || node->n_inputs <= affine.bias ||
            !mote_pass_is_const_f32(graph, node->inputs[affine.bias]))
            continue;
        const mote_tensor *bias = graph->tensors[node->inputs[affine.bias]];
        bool zero = true;
        for (int64_t i = 0; zero && i < mote_shape_count(&bias->shape); i++)
            zero = ((const float *)bias->data)[i] == 0;
        if (zero)
            node->n_inputs = affine.bias;
    }
}

/* Whether TensorFlow's converter folds a step into the FULLY_CONNECTED behind it: vectors, and one number that is added
 * to something else than a product (behind FULLY_CONNECTED it joins the bias). */
static bool goes_forward(const mote_graph *graph, const mote_node *node, int32_t operand)
{
    const mote_node *front = mote_pass_producer(graph, node->inputs[1 - operand]);
    const bool behind_product = front && front->op == MOTE_OP_MUL;
    return graph->tensors[node->inputs[operand]]->shape.rank == 1 || (node->op != MOTE_OP_MUL && !behind_product);
}

/* Steps in front of FULLY_CONNECTED, from the last to the first. */
static void fold_forward(mote_graph *graph)
{
    for (int32_t k = graph->n_nodes - 1; k >= 0; k--) {
        const mote_node *node = graph->nodes[k];
        int32_t operand;
        if (is_step(graph, node, &operand) && feeds_dense(graph, node->outputs[0], has_const_bias) &&
            goes_forward(graph, node, operand))
            fold_one_in_front(graph, k);
    }
}

mote_status mote_pass_fold_scale(mote_model *model, mote_graph *graph, mote_error *err)
{
    if (model->n_layers > 0) { /* from Keras; a .tflite file is as its converter left it */
        drop_zero_biases(graph);
        fold_forward(graph);
        const mote_status status = move_biases(graph, err);
        if (status != MOTE_OK)
            return status;
    }
    /* Behind first: a filter takes its factors in the order in which TensorFlow's converter multiplies them in. A MUL
     * in front of an ADD that folds forward becomes foldable in the next round. */
    for (bool progress = true; progress;) {
        progress = fold_all(graph, fold_one_behind);
        progress |= fold_all(graph, fold_one_in_front);
    }
    return MOTE_OK;
}
