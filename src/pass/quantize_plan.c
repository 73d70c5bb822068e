#include "pass/quantize_plan.h"

#include <math.h>

#include "op/unary/unary.h"

static const mote_quantize_row ROWS[] = {
#define MOTE_QUANTIZE(NAME, kind, scale, zero_point, wide_scale, has_wide)                                             \
    {MOTE_OP_##NAME, MOTE_QUANTIZE_##kind, {(float)(scale), zero_point}, {(float)(wide_scale), 0}, has_wide},
#include "pass/quantize_op_list.inc"
#undef MOTE_QUANTIZE
};

const mote_quantize_row *mote_quantize_find(const mote_node *node, bool wide)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++)
        if (ROWS[i].op == node->op)
            return wide && !ROWS[i].has_wide ? NULL : &ROWS[i];
    return NULL;
}

bool mote_quantize_is_weight(const mote_node *node, int32_t i)
{
    mote_affine_op affine;
    return mote_pass_affine_op(node, &affine) && (i == affine.filter || i == affine.bias);
}

typedef struct planner {
    const mote_graph *graph;
    const mote_range *ranges;
    bool wide;
    mote_quantize_plan *plan;
    bool *fixed;         /* the tensor's own range counts */
    bool *redundant;     /* its range does not count: another's scale is its scale */
    mote_range *covered; /* what its scale covers: its range, or that of a result behind it */
    int32_t *stack;      /* nodes to look at, for each at most one entry per tensor that it touches */
    int32_t n_stack;
    bool *done; /* nodes */
} planner;

static bool is_value(const planner *p, int32_t tensor)
{
    return tensor >= 0 && p->graph->tensors[tensor]->dtype == MOTE_FLOAT32 &&
           p->graph->tensors[tensor]->storage != MOTE_STORAGE_CONST;
}

static bool is_float(const planner *p, int32_t tensor)
{
    return tensor >= 0 && p->graph->tensors[tensor]->dtype == MOTE_FLOAT32;
}

static int32_t count_float_inputs(const planner *p, const mote_node *node)
{
    int32_t n = 0;
    for (int32_t i = 0; i < node->n_inputs; i++)
        n += is_float(p, node->inputs[i]);
    return n;
}

/* Its result takes the scale of its input: one value and no constant, as a table of GATHER, which takes the result's.
 */
static bool follows_input(const planner *p, const mote_node *node)
{
    bool has_value = false;
    for (int32_t i = 0; i < node->n_inputs; i++)
        has_value |= is_value(p, node->inputs[i]);
    return has_value && count_float_inputs(p, node) == 1;
}

static bool equal(mote_qparams a, mote_qparams b)
{
    return a.scale == b.scale && a.zero_point == b.zero_point;
}

static mote_qparams own_params(const planner *p, int32_t tensor)
{
    const mote_range range = p->ranges[tensor].low <= p->ranges[tensor].high ? p->ranges[tensor] : (mote_range){0, 0};
    return p->wide ? mote_qparams_int16(range.low, range.high) : mote_qparams_int8(range.low, range.high);
}

/* Constants among the operands: by their values. */
static mote_qparams const_params(const planner *p, const mote_node *node, const mote_tensor *tensor)
{
    mote_range range = {0, 0};
    const float *data = tensor->data;
    for (int64_t i = 0; i < mote_shape_count(&tensor->shape); i++) {
        range.low = fminf(range.low, data[i]);
        range.high = fmaxf(range.high, data[i]);
    }
    if (node->op == MOTE_OP_PRELU) /* slopes are weights: symmetric int8 in both forms */
        return (mote_qparams){mote_symmetric_scale(fmaxf(-range.low, range.high), 127), 0};
    if (range.high - range.low <= 1e-6f) /* as a weight's, not as an activation's */
        range = (mote_range){fminf(range.low, -5e-7f), fmaxf(range.high, 5e-7f)};
    return p->wide ? mote_qparams_int16(range.low, range.high) : mote_qparams_int8(range.low, range.high);
}

static const mote_quantize_row *row_of(const planner *p, const mote_node *node, mote_quantize_kind kind)
{
    const mote_quantize_row *row = mote_quantize_find(node, p->wide);
    return row && row->kind == kind ? row : NULL;
}

/* --- int8: which ranges count --- */

/* Down: behind an operator of one input, whose result shares its scale, the result's range says nothing new. */
static void drop_ranges_below(planner *p)
{
    for (int32_t k = 0; k < p->graph->n_nodes; k++) {
        const mote_node *node = p->graph->nodes[k];
        const bool is_fixed = row_of(p, node, MOTE_QUANTIZE_FIXED) != NULL;
        const bool follows = row_of(p, node, MOTE_QUANTIZE_SAME) && follows_input(p, node);
        for (int32_t i = 0; (is_fixed || follows) && i < node->n_outputs; i++)
            if (is_value(p, node->outputs[i]))
                p->redundant[node->outputs[i]] = true;
    }
}

static bool chooses(const mote_node *node)
{
    return node->op == MOTE_OP_MAXIMUM || node->op == MOTE_OP_MINIMUM || node->op == MOTE_OP_SELECT ||
           node->op == MOTE_OP_SELECT_V2;
}

static bool compares(const mote_node *node)
{
    return node->op == MOTE_OP_GREATER || node->op == MOTE_OP_GREATER_EQUAL || node->op == MOTE_OP_LESS ||
           node->op == MOTE_OP_LESS_EQUAL || node->op == MOTE_OP_EQUAL || node->op == MOTE_OP_NOT_EQUAL;
}

/* Whether the range of what a node chooses would cut off values of this input that another operator computes with.
 * TensorFlow's quantizer does not look, and such a network is wrong. */
static bool is_cut_for_others(const planner *p, const mote_node *node, int32_t tensor)
{
    const mote_range in = p->ranges[tensor], out = p->covered[node->outputs[0]];
    if (!chooses(node) || (out.low <= in.low && out.high >= in.high))
        return false;
    for (int32_t k = 0; k < p->graph->n_nodes; k++) {
        const mote_node *user = p->graph->nodes[k];
        for (int32_t i = 0; user != node && !compares(user) && i < user->n_inputs; i++)
            if (user->inputs[i] == tensor)
                return true;
    }
    return mote_graph_is_output(p->graph, tensor);
}

/* The scale of a result behind the tensor is its own where one of the nodes `above` reads it and none cuts it off. */
static void hand_up(planner *p, const bool *above, int32_t tensor)
{
    const mote_node *reader = NULL;
    for (int32_t k = 0; is_value(p, tensor) && k < p->graph->n_nodes; k++) {
        const mote_node *node = p->graph->nodes[k];
        for (int32_t i = 0; above[k] && i < node->n_inputs; i++) {
            if (node->inputs[i] != tensor)
                continue;
            if (is_cut_for_others(p, node, tensor))
                return;
            reader = node;
        }
    }
    if (reader) {
        p->redundant[tensor] = true;
        p->covered[tensor] = p->covered[reader->outputs[0]];
    }
}

/* A choice of which one operand keeps its own range has a range of its own too, else the other operands had that one's.
 */
static void keep_range_of_choice(planner *p, const mote_node *node)
{
    for (int32_t i = 0; chooses(node) && i < node->n_inputs; i++)
        if (is_value(p, node->inputs[i]) && !p->redundant[node->inputs[i]])
            p->redundant[node->outputs[0]] = false;
}

/* Up: in front of any other such operator, as far as the chain of shared scales goes. */
static void drop_ranges_above(planner *p)
{
    const mote_graph *graph = p->graph;
    bool *above = p->done; /* borrowed: true where a result's range is handed on to the inputs */
    for (int32_t k = graph->n_nodes - 1; k >= 0; k--) {
        const mote_node *node = graph->nodes[k];
        above[k] = false;
        if (!row_of(p, node, MOTE_QUANTIZE_SAME))
            continue;
        for (int32_t i = 0; i < node->n_outputs; i++) {
            if (!is_value(p, node->outputs[i]))
                continue;
            above[k] |= !p->redundant[node->outputs[i]];
            for (int32_t j = k + 1; j < graph->n_nodes; j++)
                for (int32_t u = 0; above[j] && u < graph->nodes[j]->n_inputs; u++)
                    above[k] |= graph->nodes[j]->inputs[u] == node->outputs[i];
        }
    }
    for (int32_t k = graph->n_nodes - 1; k >= 0; k--) /* what reads a tensor comes behind it */
        for (int32_t i = 0; i < graph->nodes[k]->n_outputs; i++)
            hand_up(p, above, graph->nodes[k]->outputs[i]);
    for (int32_t i = 0; i < graph->n_inputs; i++)
        hand_up(p, above, graph->inputs[i]);
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        if (above[k])
            keep_range_of_choice(p, graph->nodes[k]);
        above[k] = false;
    }
}

/* --- int8: propagation --- */

static void push(planner *p, int32_t node)
{
    if (!p->done[node] && mote_quantize_find(p->graph->nodes[node], p->wide))
        p->stack[p->n_stack++] = node;
}

static void set_tensor(planner *p, int32_t tensor, mote_qparams params)
{
    p->plan->tensors[tensor] = params;
    for (int32_t k = 0; k < p->graph->n_nodes; k++) {
        const mote_node *node = p->graph->nodes[k];
        bool touches = false;
        for (int32_t i = 0; i < node->n_inputs; i++)
            touches |= node->inputs[i] == tensor;
        for (int32_t i = 0; i < node->n_outputs; i++)
            touches |= node->outputs[i] == tensor;
        if (touches)
            push(p, k);
    }
}

/* One end of a node has these parameters: the tensor takes them, or keeps its own and is requantized there. */
static void set_end(planner *p, int32_t tensor, mote_qparams params, mote_qparams *end)
{
    if (p->plan->tensors[tensor].scale == 0)
        set_tensor(p, tensor, params);
    else if (!equal(p->plan->tensors[tensor], params))
        *end = params;
}

typedef struct candidates {
    const mote_qparams *first_fixed, *last_fixed, *first_open, *last_open;
    int32_t n_fixed, n_open;
} candidates;

static void add_candidate(const planner *p, candidates *c, int32_t tensor)
{
    const mote_qparams *params = tensor >= 0 ? &p->plan->tensors[tensor] : NULL;
    if (!params || params->scale == 0 || !is_value(p, tensor))
        return;
    const mote_qparams **first = p->fixed[tensor] ? &c->first_fixed : &c->first_open;
    *first = *first ? *first : params;
    *(p->fixed[tensor] ? &c->last_fixed : &c->last_open) = params;
    ++*(p->fixed[tensor] ? &c->n_fixed : &c->n_open);
}

/* Whose parameters all ends of an operator take: of those whose range counts the only input, else the only result, else
 * the first; of the others the same. NULL: none is known yet. */
static const mote_qparams *shared_params(const planner *p, const mote_node *node)
{
    candidates in = {0}, out = {0};
    for (int32_t i = 0; i < node->n_inputs; i++)
        add_candidate(p, &in, node->inputs[i]);
    for (int32_t i = 0; i < node->n_outputs; i++)
        add_candidate(p, &out, node->outputs[i]);
    if (node->n_inputs == 1 && in.n_fixed == 1)
        return in.first_fixed;
    if (node->n_outputs == 1 && out.n_fixed == 1)
        return out.last_fixed;
    if (in.n_fixed + out.n_fixed > 0)
        return in.first_fixed ? in.first_fixed : out.first_fixed;
    if (node->n_inputs == 1 && in.n_open == 1)
        return in.first_open;
    if (node->n_outputs == 1 && out.n_open == 1)
        return out.last_open;
    return in.first_open ? in.first_open : out.first_open;
}

static void share_scale(planner *p, int32_t k)
{
    const mote_node *node = p->graph->nodes[k];
    const mote_qparams *found = shared_params(p, node);
    if (!found) {
        p->done[k] = false; /* until a neighbour knows */
        return;
    }
    const mote_qparams params = *found;
    mote_node_plan *plan = &p->plan->nodes[k];
    for (int32_t i = 0; i < node->n_inputs; i++) {
        if (is_value(p, node->inputs[i]))
            set_end(p, node->inputs[i], params, &plan->reads[i]);
        else if (is_float(p, node->inputs[i]))
            plan->reads[i] = params;
    }
    for (int32_t i = 0; i < node->n_outputs; i++)
        if (is_value(p, node->outputs[i]))
            set_end(p, node->outputs[i], params, &plan->makes[i]);
}

static void propagate(planner *p)
{
    for (int32_t k = 0; k < p->graph->n_nodes; k++)
        push(p, k);
    while (p->n_stack > 0) {
        const int32_t k = p->stack[--p->n_stack];
        const mote_node *node = p->graph->nodes[k];
        if (p->done[k])
            continue;
        p->done[k] = true;
        const mote_quantize_row *row = mote_quantize_find(node, p->wide);
        if (row->kind == MOTE_QUANTIZE_SAME)
            share_scale(p, k);
        if (row->kind == MOTE_QUANTIZE_FIXED && is_value(p, node->outputs[0]))
            set_end(p, node->outputs[0], row->narrow, &p->plan->nodes[k].makes[0]);
    }
}

static void plan_narrow(planner *p)
{
    drop_ranges_below(p);
    drop_ranges_above(p);
    for (int32_t i = 0; i < p->graph->n_tensors; i++) {
        p->fixed[i] = is_value(p, i) && !p->redundant[i] && p->ranges[i].low <= p->ranges[i].high;
        if (p->fixed[i])
            p->plan->tensors[i] = own_params(p, i);
    }
    propagate(p);
}

/* --- int16 --- */

/* What is picked from a constant table has the table's scale. */
static void follow_table(planner *p, int32_t k)
{
    const mote_node *node = p->graph->nodes[k];
    for (int32_t i = 0; i < node->n_inputs; i++)
        if (is_float(p, node->inputs[i]))
            p->plan->tensors[node->outputs[0]] = const_params(p, node, p->graph->tensors[node->inputs[i]]);
}

/* LOGISTIC and TANH are at their ends far inside of the range that would overflow. */
static void narrow_for_curve(planner *p, int32_t k)
{
    static const float reach = 16;
    const mote_node *node = p->graph->nodes[k];
    if ((node->op == MOTE_OP_LOGISTIC || node->op == MOTE_OP_TANH) && is_value(p, node->inputs[0]) &&
        mote_sigmoid_overflows(p->plan->tensors[node->inputs[0]].scale))
        p->plan->nodes[k].reads[0] = mote_qparams_int16(-reach, reach);
}

static void plan_wide(planner *p)
{
    mote_qparams *tensors = p->plan->tensors;
    for (int32_t k = 0; k < p->graph->n_nodes; k++) {
        const mote_node *node = p->graph->nodes[k];
        const mote_quantize_row *row = mote_quantize_find(node, true);
        if (!row)
            continue;
        const mote_qparams *from = NULL;
        for (int32_t i = node->n_inputs - 1; i >= 0; i--) {
            if (!is_value(p, node->inputs[i]))
                continue;
            if (tensors[node->inputs[i]].scale == 0)
                tensors[node->inputs[i]] = own_params(p, node->inputs[i]);
            from = &tensors[node->inputs[i]];
        }
        const bool compares = node->n_outputs == 1 && !is_float(p, node->outputs[0]); /* bare codes */
        const bool same = row->kind == MOTE_QUANTIZE_SAME || compares;
        const bool follows = follows_input(p, node);
        if (same && !from && count_float_inputs(p, node) == 1) {
            follow_table(p, k);
            continue;
        }
        narrow_for_curve(p, k);
        for (int32_t i = 0; i < node->n_outputs; i++)
            if (is_value(p, node->outputs[i]))
                tensors[node->outputs[i]] = row->kind == MOTE_QUANTIZE_FIXED ? row->wide
                                            : same && follows                ? *from
                                                                             : own_params(p, node->outputs[i]);
        for (int32_t i = 0; same && !follows && i < node->n_inputs; i++)
            if (is_float(p, node->inputs[i]) && (from || !compares))
                p->plan->nodes[k].reads[i] = compares ? *from : tensors[node->outputs[0]];
    }
}

/* --- both --- */

/* What is left: values between operators that know nothing of each other's scale, and constant operands. */
static void plan_rest(planner *p)
{
    for (int32_t i = 0; i < p->graph->n_tensors; i++)
        if (is_value(p, i) && p->plan->tensors[i].scale == 0)
            p->plan->tensors[i] = own_params(p, i);
    for (int32_t k = 0; k < p->graph->n_nodes; k++) {
        const mote_node *node = p->graph->nodes[k];
        for (int32_t i = 0; i < node->n_inputs; i++)
            if (is_float(p, node->inputs[i]) && !is_value(p, node->inputs[i]) && !mote_quantize_is_weight(node, i) &&
                p->plan->nodes[k].reads[i].scale == 0)
                p->plan->nodes[k].reads[i] = const_params(p, node, p->graph->tensors[node->inputs[i]]);
    }
}

static bool allocate(planner *p)
{
    const mote_graph *graph = p->graph;
    const size_t n_tensors = (size_t)graph->n_tensors + 1, n_nodes = (size_t)graph->n_nodes + 1;
    size_t n_ends = n_nodes;
    p->plan->tensors = mote_arena_calloc(graph->arena, n_tensors, sizeof *p->plan->tensors);
    p->plan->nodes = mote_arena_calloc(graph->arena, n_nodes, sizeof *p->plan->nodes);
    p->fixed = mote_arena_calloc(graph->arena, n_tensors, sizeof *p->fixed);
    p->redundant = mote_arena_calloc(graph->arena, n_tensors, sizeof *p->redundant);
    p->covered = mote_arena_copy(graph->arena, p->ranges, (size_t)graph->n_tensors * sizeof *p->ranges);
    p->done = mote_arena_calloc(graph->arena, n_nodes, sizeof *p->done);
    bool all = p->plan->tensors && p->plan->nodes && p->fixed && p->redundant && p->covered && p->done;
    for (int32_t k = 0; all && k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        mote_node_plan *plan = &p->plan->nodes[k];
        plan->reads = mote_arena_calloc(graph->arena, (size_t)node->n_inputs + 1, sizeof *plan->reads);
        plan->makes = mote_arena_calloc(graph->arena, (size_t)node->n_outputs + 1, sizeof *plan->makes);
        all = plan->reads && plan->makes;
        n_ends += (size_t)node->n_inputs + (size_t)node->n_outputs;
    }
    /* a tensor is set once, and then pushes each node that touches it */
    p->stack = mote_arena_calloc(graph->arena, n_ends, sizeof *p->stack);
    return all && p->stack;
}

mote_status mote_quantize_plan_make(const mote_graph *graph, const mote_range *ranges, bool wide,
                                    mote_quantize_plan *plan, mote_error *err)
{
    planner p = {.graph = graph, .ranges = ranges, .wide = wide, .plan = plan};
    if (!allocate(&p))
        return mote_error_no_memory(err);
    if (wide)
        plan_wide(&p);
    else
        plan_narrow(&p);
    plan_rest(&p);
    return MOTE_OK;
}
