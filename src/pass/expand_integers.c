/*
 * Operators without an integer kernel, in terms of those that have one.
 *
 *   NEG                 x * -1
 *   SQUARE              x * x
 *
 * as the last step before quantization, since it is exact and nothing new is in between; and for int16 activations,
 * before calibration, so that what is in between gets ranges too
 *
 *   HARD_SWISH          x * (relu6(x + 3) * 1/6)
 *   ELU                 relu(x) + (exp(min(x, 0)) - 1)
 *   SQUARED_DIFFERENCE  (a - b) * (a - b)
 */
#include "op/binary/binary.h"
#include "pass/pass.h"

typedef struct expansion {
    mote_graph *graph;
    int32_t at; /* nodes are put in front of this one */
    int32_t layer;
    bool failed;
} expansion;

static int32_t number(expansion *e, const char *name, float value)
{
    const mote_shape scalar = {0};
    const int32_t tensor = mote_graph_add_const(e->graph, name, MOTE_FLOAT32, &scalar, &value);
    e->failed |= tensor < 0;
    return tensor;
}

/* op(a[, b]); the result goes into `out`, or with -1 into a new tensor shaped like a. */
static int32_t put(expansion *e, mote_op op, int32_t a, int32_t b, mote_activation activation, int32_t out)
{
    if (e->failed)
        return -1;
    const mote_tensor *like = e->graph->tensors[a];
    if (out < 0) {
        const char *name = mote_arena_printf(e->graph->arena, "%s/%s", like->name, mote_op_name(op));
        out = name ? mote_graph_add_tensor(e->graph, name, MOTE_FLOAT32, &like->shape) : -1;
    }
    const int32_t inputs[] = {a, b};
    mote_node *node = out < 0 ? NULL : mote_graph_insert_node(e->graph, e->at, op, b < 0 ? 1 : 2, inputs, 1, &out);
    e->failed |= !node;
    if (!node)
        return -1;
    e->at++;
    node->layer = e->layer;
    if (mote_pass_activation(node))
        *mote_pass_activation(node) = (int32_t)activation;
    return out;
}

static void expand_hard_swish(expansion *e, const mote_node *node)
{
    const int32_t x = node->inputs[0];
    const int32_t gate = put(e, MOTE_OP_ADD, x, number(e, "three", 3.0f), MOTE_ACT_RELU6, -1);
    const int32_t sixth = put(e, MOTE_OP_MUL, gate, number(e, "sixth", 1.0f / 6.0f), MOTE_ACT_NONE, -1);
    put(e, MOTE_OP_MUL, x, sixth, MOTE_ACT_NONE, node->outputs[0]);
}

static void expand_elu(expansion *e, const mote_node *node)
{
    const int32_t x = node->inputs[0];
    const int32_t below = put(e, MOTE_OP_MINIMUM, x, number(e, "zero", 0.0f), MOTE_ACT_NONE, -1);
    const int32_t power = put(e, MOTE_OP_EXP, below, -1, MOTE_ACT_NONE, -1);
    const int32_t low = put(e, MOTE_OP_SUB, power, number(e, "one", 1.0f), MOTE_ACT_NONE, -1);
    const int32_t high = put(e, MOTE_OP_RELU, x, -1, MOTE_ACT_NONE, -1);
    put(e, MOTE_OP_ADD, high, low, MOTE_ACT_NONE, node->outputs[0]);
}

static void expand_squared_difference(expansion *e, const mote_node *node)
{
    const mote_tensor *out = e->graph->tensors[node->outputs[0]];
    const int32_t difference = mote_graph_add_tensor(e->graph, out->name, MOTE_FLOAT32, &out->shape);
    e->failed |= difference < 0;
    put(e, MOTE_OP_SUB, node->inputs[0], node->inputs[1], MOTE_ACT_NONE, difference);
    put(e, MOTE_OP_MUL, difference, difference, MOTE_ACT_NONE, node->outputs[0]);
}

static void expand_neg(expansion *e, const mote_node *node)
{
    put(e, MOTE_OP_MUL, node->inputs[0], number(e, "minus_one", -1.0f), MOTE_ACT_NONE, node->outputs[0]);
}

static void expand_square(expansion *e, const mote_node *node)
{
    put(e, MOTE_OP_MUL, node->inputs[0], node->inputs[0], MOTE_ACT_NONE, node->outputs[0]);
}

typedef enum expand_when { EXPAND_LAST, EXPAND_WIDE_FIRST } expand_when;

typedef struct expand_row {
    mote_op op;
    expand_when when;
    void (*expand)(expansion *e, const mote_node *node);
} expand_row;

static const expand_row ROWS[] = {
    {MOTE_OP_NEG, EXPAND_LAST, expand_neg},
    {MOTE_OP_SQUARE, EXPAND_LAST, expand_square},
    {MOTE_OP_HARD_SWISH, EXPAND_WIDE_FIRST, expand_hard_swish},
    {MOTE_OP_ELU, EXPAND_WIDE_FIRST, expand_elu},
    {MOTE_OP_SQUARED_DIFFERENCE, EXPAND_WIDE_FIRST, expand_squared_difference},
};

static mote_status expand(mote_graph *graph, expand_when when, mote_error *err)
{
    for (int32_t k = 0; k < graph->n_nodes; k++)
        for (size_t r = 0; r < sizeof ROWS / sizeof ROWS[0]; r++) {
            const mote_node *node = graph->nodes[k];
            if (node->op != ROWS[r].op || ROWS[r].when != when ||
                graph->tensors[node->outputs[0]]->dtype != MOTE_FLOAT32)
                continue;
            expansion e = {graph, k, node->layer, false};
            ROWS[r].expand(&e, node);
            if (e.failed)
                return mote_error_no_memory(err);
            k = e.at;
            mote_graph_remove_node(graph, k--);
            break;
        }
    return MOTE_OK;
}

mote_status mote_expand_for_wide(mote_graph *graph, mote_error *err)
{
    return expand(graph, EXPAND_WIDE_FIRST, err);
}

mote_status mote_expand_for_integers(mote_graph *graph, mote_error *err)
{
    return expand(graph, EXPAND_LAST, err);
}
