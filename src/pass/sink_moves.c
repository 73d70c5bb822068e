/*
 * An operator that only moves elements goes behind the element-wise one that follows, so that what was apart by it
 * meets: batch normalization and activations the convolution (of a one-dimensional layer) that they fold into, one
 * RESHAPE another. Of two in a row the first goes. TensorFlow's converter moves them too, RESHAPE behind fewer.
 */
#include <string.h>

#include "pass/pass.h"

static const mote_shape *shape_of(const mote_graph *graph, int32_t tensor)
{
    return &graph->tensors[tensor]->shape;
}

static bool is_move(const mote_node *node)
{
    switch (node->op) {
    case MOTE_OP_RESHAPE:
    case MOTE_OP_EXPAND_DIMS:
    case MOTE_OP_SQUEEZE:
    case MOTE_OP_TRANSPOSE:
    case MOTE_OP_DEPTH_TO_SPACE:
        return true;
    default:
        return false;
    }
}

/* The move that makes a tensor which nothing but `user` reads; NULL: something else does, or the converter computes the
 * shape of a RESHAPE and leaves it where it is. */
static const mote_node *move_for(const mote_graph *graph, const mote_node *user, int32_t tensor)
{
    const mote_node *node = tensor < 0 ? NULL : mote_pass_producer(graph, tensor);
    return node && is_move(node) && !graph->tensors[tensor]->is_unsized && mote_pass_only_user(graph, tensor) == user
               ? node
               : NULL;
}

static bool is_unary(const mote_node *node)
{
    const mote_op_def *def = mote_op_find(node->op);
    return def && (def->flags & MOTE_OP_ELEMENTWISE) && node->n_inputs == 1 && node->n_outputs == 1;
}

/* What TensorFlow's converter takes past every move, and not RESHAPE alone. */
static bool passes_all_moves(const mote_node *node)
{
    switch (node->op) {
    case MOTE_OP_RELU:
    case MOTE_OP_RELU6:
    case MOTE_OP_RELU_N1_TO_1:
    case MOTE_OP_TANH:
    case MOTE_OP_LOGISTIC:
    case MOTE_OP_EXP:
    case MOTE_OP_SQRT:
    case MOTE_OP_SQUARE:
    case MOTE_OP_NEG:
    case MOTE_OP_FLOOR:
    case MOTE_OP_CEIL:
    case MOTE_OP_ROUND:
        return true;
    default:
        return false;
    }
}

static bool is_binary(const mote_node *node)
{
    switch (node->op) {
    case MOTE_OP_ADD:
    case MOTE_OP_SUB:
    case MOTE_OP_MUL:
    case MOTE_OP_DIV:
    case MOTE_OP_MAXIMUM:
    case MOTE_OP_MINIMUM:
        return true;
    default:
        return false;
    }
}

/* One number, or behind a RESHAPE that keeps the last dimension one for each of its places: broadcasts alike before and
 * behind the move. */
static bool broadcasts_alike(const mote_graph *graph, int32_t constant, const mote_node *move)
{
    const mote_shape *from = shape_of(graph, move->inputs[0]), *to = shape_of(graph, move->outputs[0]);
    const mote_shape *shape = shape_of(graph, constant);
    if (!mote_pass_is_const_f32(graph, constant) || shape->rank > from->rank || from->rank < 1 || to->rank < 1)
        return false;
    const int64_t count = mote_shape_count(shape);
    const int32_t n = from->dims[from->rank - 1];
    return count == 1 || (move->op == MOTE_OP_RESHAPE && count == n && to->dims[to->rank - 1] == n &&
                          shape->rank >= 1 && shape->dims[shape->rank - 1] == n);
}

/* The move of the binary node's input that can go behind it; NULL: none. With two RESHAPEs, both go. */
static const mote_node *find_binary_move(const mote_graph *graph, const mote_node *node)
{
    const mote_node *a = move_for(graph, node, node->inputs[0]), *b = move_for(graph, node, node->inputs[1]);
    if (a && b) {
        const bool same = a->op == MOTE_OP_RESHAPE && b->op == MOTE_OP_RESHAPE &&
                          mote_shape_equal(shape_of(graph, a->inputs[0]), shape_of(graph, b->inputs[0]));
        return same ? a : NULL;
    }
    const mote_node *one = a ? a : b;
    const bool passes = one && (one->op == MOTE_OP_RESHAPE || one->op == MOTE_OP_TRANSPOSE);
    return passes && broadcasts_alike(graph, node->inputs[a ? 1 : 0], one) ? one : NULL;
}

static const mote_node *find_move(const mote_graph *graph, const mote_node *node)
{
    if (node->n_outputs != 1 || graph->tensors[node->outputs[0]]->dtype != MOTE_FLOAT32)
        return NULL;
    if (is_binary(node))
        return find_binary_move(graph, node);
    const mote_node *move = is_unary(node) ? move_for(graph, node, node->inputs[0]) : NULL;
    return move && (move->op == MOTE_OP_RESHAPE || passes_all_moves(node)) ? move : NULL;
}

static bool is_known(const mote_graph *graph, const mote_node *node, const mote_node *move)
{
    const mote_shape *to = shape_of(graph, move->outputs[0]);
    return mote_shape_is_known(shape_of(graph, move->inputs[0])) && mote_shape_is_known(to) &&
           mote_shape_equal(to, shape_of(graph, node->outputs[0]));
}

static mote_status sink(mote_graph *graph, int32_t at, const mote_node *move, mote_error *err)
{
    mote_node *node = graph->nodes[at];
    const int32_t output = node->outputs[0];
    const mote_tensor *result = graph->tensors[output];
    const int32_t middle = mote_graph_add_tensor(graph, result->name, result->dtype, shape_of(graph, move->inputs[0]));
    int32_t *inputs = mote_arena_copy(graph->arena, move->inputs, (size_t)move->n_inputs * sizeof *inputs);
    if (middle < 0 || !inputs)
        return mote_error_no_memory(err);
    graph->tensors[middle]->layer = result->layer;
    inputs[0] = middle;
    mote_node *moved = mote_graph_insert_node(graph, at + 1, move->op, move->n_inputs, inputs, 1, &output);
    if (!moved)
        return mote_error_no_memory(err);
    moved->layer = node->layer;
    if (moved->params && move->params)
        memcpy(moved->params, move->params, mote_op_find(move->op)->params_bytes);
    node->outputs[0] = middle;
    for (int32_t i = 0; i < node->n_inputs; i++) {
        const mote_node *front = move_for(graph, node, node->inputs[i]);
        if (front)
            node->inputs[i] = front->inputs[0];
    }
    return MOTE_OK;
}

/* RESHAPE of a RESHAPE reads what the first one does. */
static void skip_first(const mote_graph *graph, mote_node *node)
{
    const mote_node *first = node->op == MOTE_OP_RESHAPE ? mote_pass_producer(graph, node->inputs[0]) : NULL;
    if (first && first->op == MOTE_OP_RESHAPE)
        node->inputs[0] = first->inputs[0];
}

mote_status mote_pass_sink_moves(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        mote_node *node = graph->nodes[k];
        skip_first(graph, node);
        const mote_node *move = find_move(graph, node);
        if (!move || !is_known(graph, node, move))
            continue;
        const mote_status status = sink(graph, k, move, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}
