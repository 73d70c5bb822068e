#include "support/graph_match.h"

#include <math.h>
#include <string.h>

#include "kernels/half.h"
#include "unit/mote_test.h"

enum { MOST_ENDS = 64 };

typedef struct side {
    const mote_graph *graph;
    int32_t *stands_for; /* tensor behind views */
} side;

typedef struct matcher {
    side theirs, ours;
    int32_t *map; /* their tensor -> ours, -1 */
    bool *taken;  /* our nodes */
    graph_match *match;
} matcher;

static const mote_tensor *tensor_of(const side *s, int32_t tensor)
{
    return s->graph->tensors[tensor];
}

static bool is_const(const side *s, int32_t tensor)
{
    return tensor_of(s, tensor)->storage == MOTE_STORAGE_CONST;
}

/* Shapes and indices. */
static bool is_index(const side *s, int32_t tensor)
{
    const mote_tensor *t = tensor_of(s, tensor);
    return (t->dtype == MOTE_INT32 || t->dtype == MOTE_INT64 || t->dtype == MOTE_BOOL) && t->quant.n == 0;
}

static bool is_view(mote_op op)
{
    return op == MOTE_OP_RESHAPE || op == MOTE_OP_SQUEEZE || op == MOTE_OP_EXPAND_DIMS;
}

static bool looks_through(const side *s, const mote_node *node)
{
    return (is_view(node->op) && !is_index(s, node->outputs[0])) ||
           (node->op == MOTE_OP_DEQUANTIZE && is_const(s, node->inputs[0]));
}

static int32_t *new_indices(int32_t n, int32_t value)
{
    int32_t *indices = calloc((size_t)n + 1, sizeof *indices);
    assert_non_null(indices);
    for (int32_t i = 0; i < n; i++)
        indices[i] = value;
    return indices;
}

static side look_at(const mote_graph *graph)
{
    side s = {graph, new_indices(graph->n_tensors, -1)};
    for (int32_t i = 0; i < graph->n_tensors; i++)
        s.stands_for[i] = i;
    for (int32_t k = 0; k < graph->n_nodes; k++)
        if (looks_through(&s, graph->nodes[k]))
            s.stands_for[graph->nodes[k]->outputs[0]] = s.stands_for[graph->nodes[k]->inputs[0]];
    return s;
}

typedef struct ends {
    int32_t n_values, n_constants;
    int32_t values[MOST_ENDS], constants[MOST_ENDS];
} ends;

static ends inputs_of(const side *s, const mote_node *node)
{
    ends e = {0};
    assert_true(node->n_inputs <= MOST_ENDS);
    for (int32_t i = 0; i < node->n_inputs; i++) {
        const int32_t input = node->inputs[i] >= 0 ? s->stands_for[node->inputs[i]] : -1;
        if (input < 0 || is_index(s, input))
            continue;
        if (is_const(s, input))
            e.constants[e.n_constants++] = input;
        else
            e.values[e.n_values++] = input;
    }
    return e;
}

static double code(const mote_tensor *t, int64_t i)
{
    switch (t->dtype) {
    case MOTE_FLOAT32:
        return (double)((const float *)t->data)[i];
    case MOTE_FLOAT16:
        return (double)mote_f32_from_f16(((const uint16_t *)t->data)[i]);
    case MOTE_INT8:
        return ((const int8_t *)t->data)[i];
    case MOTE_INT16:
        return ((const int16_t *)t->data)[i];
    case MOTE_INT32:
        return ((const int32_t *)t->data)[i];
    case MOTE_INT64:
        return (double)((const int64_t *)t->data)[i];
    default:
        return 0;
    }
}

static double real(const mote_tensor *t, int64_t i)
{
    if (t->quant.n == 0)
        return code(t, i);
    const int64_t inner = mote_shape_span(&t->shape, t->quant.axis + 1, t->shape.rank);
    const int64_t c = t->quant.n > 1 ? i / inner % t->quant.n : 0;
    return (code(t, i) - (double)t->quant.zero_point[c]) * (double)t->quant.scale[c];
}

/* Of two constants, relative to the largest number; infinite when they cannot be the same. */
static double distance(const mote_tensor *a, const mote_tensor *b)
{
    const int64_t n = mote_shape_count(&a->shape);
    double top = 1e-30, far = 0;
    if (n != mote_shape_count(&b->shape))
        return INFINITY;
    for (int64_t i = 0; i < n; i++) {
        top = fmax(top, fabs(real(a, i)));
        far = fmax(far, fabs(real(a, i) - real(b, i)));
    }
    return far / top;
}

static bool same_values(const matcher *m, const mote_node *node, const ends *a, const ends *b)
{
    bool same = true, swapped = a->n_values == 2 && (node->op == MOTE_OP_ADD || node->op == MOTE_OP_MUL ||
                                                     node->op == MOTE_OP_MAXIMUM || node->op == MOTE_OP_MINIMUM);
    for (int32_t i = 0; i < a->n_values; i++) {
        same &= m->map[a->values[i]] == b->values[i];
        swapped = swapped && m->map[a->values[i]] == b->values[1 - i];
    }
    return same || swapped;
}

static bool is_affine(mote_op op)
{
    return op == MOTE_OP_CONV_2D || op == MOTE_OP_DEPTHWISE_CONV_2D || op == MOTE_OP_FULLY_CONNECTED ||
           op == MOTE_OP_TRANSPOSE_CONV;
}

/* Tells nodes apart that do the same to the same, but for the scale of the result. */
static double other_scale(const matcher *m, const mote_node *node, const mote_node *candidate)
{
    const mote_quant *a = &tensor_of(&m->theirs, node->outputs[0])->quant;
    const mote_quant *b = &tensor_of(&m->ours, candidate->outputs[0])->quant;
    return a->n && b->n ? fmin(fabs((double)a->scale[0] / (double)b->scale[0] - 1), 1) : 0;
}

static double far_from(const matcher *m, const mote_node *node, const mote_node *candidate)
{
    const ends a = inputs_of(&m->theirs, node), b = inputs_of(&m->ours, candidate);
    if (node->op != candidate->op || a.n_values != b.n_values || a.n_constants != b.n_constants)
        return INFINITY;
    bool known = true;
    for (int32_t i = 0; i < a.n_values; i++)
        known &= m->map[a.values[i]] >= 0;
    if (known && !same_values(m, node, &a, &b))
        return INFINITY;
    double far = 1e-6 * other_scale(m, node, candidate);
    for (int32_t i = 0; i < a.n_constants; i++)
        far += distance(tensor_of(&m->theirs, a.constants[i]), tensor_of(&m->ours, b.constants[i]));
    return known || (is_affine(node->op) && far < 0.05) ? far : INFINITY;
}

static void pair(matcher *m, int32_t theirs, int32_t ours)
{
    m->match->pairs[m->match->n_pairs++] = (graph_pair){theirs, ours};
}

static void visit(matcher *m, const mote_node *node)
{
    const mote_graph *ours = m->ours.graph;
    double nearest = INFINITY;
    int32_t found = -1;
    for (int32_t k = 0; k < ours->n_nodes; k++) {
        const double far = m->taken[k] ? INFINITY : far_from(m, node, ours->nodes[k]);
        if (far < nearest) {
            nearest = far;
            found = k;
        }
    }
    if (found < 0) {
        m->match->first_missing = m->match->n_missing++ ? m->match->first_missing : node;
        return;
    }
    m->taken[found] = true;
    m->match->n_matched++;
    const ends a = inputs_of(&m->theirs, node), b = inputs_of(&m->ours, ours->nodes[found]);
    for (int32_t i = 0; i < a.n_constants; i++)
        pair(m, a.constants[i], b.constants[i]);
    for (int32_t i = 0; i < a.n_values; i++)
        if (m->map[a.values[i]] < 0)
            m->map[a.values[i]] = b.values[i];
    for (int32_t i = 0; i < node->n_outputs && i < ours->nodes[found]->n_outputs; i++) {
        m->map[node->outputs[i]] = ours->nodes[found]->outputs[i];
        pair(m, node->outputs[i], ours->nodes[found]->outputs[i]);
    }
}

static void order_outputs(matcher *m)
{
    const mote_graph *theirs = m->theirs.graph, *ours = m->ours.graph;
    m->match->output_order = new_indices(theirs->n_outputs, -1);
    for (int32_t i = 0; i < theirs->n_outputs; i++)
        for (int32_t j = 0; j < ours->n_outputs; j++)
            if (m->map[m->theirs.stands_for[theirs->outputs[i]]] == m->ours.stands_for[ours->outputs[j]])
                m->match->output_order[i] = j;
}

graph_match graph_match_make(const mote_graph *theirs, const mote_graph *ours)
{
    graph_match match = {0};
    int64_t room = theirs->n_inputs + 1;
    for (int32_t k = 0; k < theirs->n_nodes; k++)
        room += theirs->nodes[k]->n_inputs + theirs->nodes[k]->n_outputs;
    match.pairs = calloc((size_t)room, sizeof *match.pairs);
    matcher m = {.theirs = look_at(theirs), .ours = look_at(ours), .match = &match};
    m.map = new_indices(theirs->n_tensors, -1);
    m.taken = calloc((size_t)ours->n_nodes + 1, sizeof *m.taken);
    assert_true(match.pairs && m.taken);
    for (int32_t k = 0; k < ours->n_nodes; k++)
        m.taken[k] = looks_through(&m.ours, ours->nodes[k]);
    assert_int_equal(theirs->n_inputs, ours->n_inputs);
    for (int32_t i = 0; i < theirs->n_inputs; i++) {
        m.map[theirs->inputs[i]] = ours->inputs[i];
        pair(&m, theirs->inputs[i], ours->inputs[i]);
    }
    for (int32_t k = 0; k < theirs->n_nodes; k++)
        if (!looks_through(&m.theirs, theirs->nodes[k]) && !is_index(&m.theirs, theirs->nodes[k]->outputs[0]))
            visit(&m, theirs->nodes[k]);
    order_outputs(&m);
    free(m.map);
    free(m.taken);
    free(m.theirs.stands_for);
    free(m.ours.stands_for);
    return match;
}

void graph_match_free(graph_match *match)
{
    free(match->pairs);
    free(match->output_order);
    *match = (graph_match){0};
}
