/*
 * Post-training quantization to int8 (or int16 activations with int8 weights) by TFLite's rules.
 *
 *   1. quantize_plan.c says which parameters every tensor gets, and what each operator reads and makes.
 *   2. Filters become int8 by channel, biases int32 (int64), other constants codes.
 *   3. Where an operator reads or makes other parameters than the tensor has: QUANTIZE in between.
 *   4. Operators without an integer form stay float: DEQUANTIZE in front, QUANTIZE behind.
 *   5. The borders: the caller's input and output types.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pass/pass.h"
#include "pass/quantize_plan.h"

typedef struct quantizer {
    mote_graph *graph;
    const mote_quantize_spec *spec;
    mote_quantize_plan plan;
    int32_t n_tensors, n_nodes; /* before any were added */
    mote_node **nodes;          /* those */
    bool *integer;              /* node becomes integer */
    bool *quantized;            /* tensor becomes integer */
    int32_t *floats;            /* the float copy of a quantized tensor once there is one, else -1 */
} quantizer;

static bool is_value(const quantizer *q, int32_t tensor)
{
    return tensor >= 0 && tensor < q->n_tensors && q->graph->tensors[tensor]->storage != MOTE_STORAGE_CONST &&
           (q->quantized[tensor] || q->graph->tensors[tensor]->dtype == MOTE_FLOAT32);
}

static mote_dtype activation_type(const quantizer *q)
{
    return q->spec->wide ? MOTE_INT16 : MOTE_INT8;
}

/* --- which nodes and tensors become integers --- */

/* LiteRT ends the process when an input of a comparison has a scale of 1 or more. */
static bool is_comparable(const quantizer *q, int32_t k)
{
    const mote_node *node = q->nodes[k];
    for (int32_t i = 0; i < node->n_inputs; i++)
        if (q->plan.nodes[k].reads[i].scale >= 1.0f ||
            (is_value(q, node->inputs[i]) && q->plan.tensors[node->inputs[i]].scale >= 1.0f))
            return false;
    return true;
}

/* The least and greatest number that a tensor holds: calibrated, or of a constant's elements. */
static mote_range seen_range(const quantizer *q, int32_t tensor)
{
    const mote_tensor *t = q->graph->tensors[tensor];
    if (!mote_pass_is_const_f32(q->graph, tensor))
        return q->spec->values[tensor];
    mote_range range = {INFINITY, -INFINITY};
    const float *data = t->data;
    for (int64_t i = 0; i < mote_shape_count(&t->shape); i++) {
        range.low = fminf(range.low, data[i]);
        range.high = fmaxf(range.high, data[i]);
    }
    return range;
}

/* The parameters with which node k reads its input i. */
static mote_qparams read_params(const quantizer *q, int32_t k, int32_t i)
{
    const mote_qparams *reads = &q->plan.nodes[k].reads[i];
    return reads->scale != 0 ? *reads : q->plan.tensors[q->nodes[k]->inputs[i]];
}

/* A divisor whose code is the zero point ends a run: the divisors that were seen must all be of one sign and at least a
 * step away from zero. And the kernel shifts a quotient right by up to 31 + log2(divisor) - e bits, where s_a / (s_b
 * s_o) is below 2^e: past 31 its result is arbitrary. */
static bool has_safe_quotients(const quantizer *q, int32_t k)
{
    const mote_node *node = q->nodes[k];
    const mote_qparams a = read_params(q, k, 0), b = read_params(q, k, 1);
    const mote_qparams *makes = &q->plan.nodes[k].makes[0];
    const mote_qparams o = makes->scale != 0 ? *makes : q->plan.tensors[node->outputs[0]];
    const mote_range range = seen_range(q, node->inputs[1]);
    if (!(range.low <= range.high) || !(range.low >= b.scale || range.high <= -b.scale))
        return false;
    const int64_t largest = q->spec->wide ? 32767 : b.zero_point < 0 ? 127 - b.zero_point : b.zero_point + 128;
    int exponent;
    frexp((double)(a.scale / (b.scale * o.scale)), &exponent);
    return exponent >= 0 && exponent < 31 && (INT64_C(2) << exponent) > largest;
}

/* Convolutions and their kin need constant filters, and an input whose scale their biases get. */
static bool is_integer_affine(const quantizer *q, const mote_node *node, const mote_affine_op *affine)
{
    return is_value(q, node->inputs[affine->input]) && mote_pass_is_const_f32(q->graph, node->inputs[affine->filter]);
}

static bool has_integer_form(const quantizer *q, int32_t k)
{
    mote_affine_op affine;
    const mote_node *node = q->nodes[k];
    if (!mote_quantize_find(node, q->spec->wide))
        return false;
    switch (node->op) {
    case MOTE_OP_GREATER:
    case MOTE_OP_GREATER_EQUAL:
    case MOTE_OP_LESS:
    case MOTE_OP_LESS_EQUAL:
        return q->spec->wide || is_comparable(q, k);
    case MOTE_OP_DIV:
        return has_safe_quotients(q, k);
    case MOTE_OP_SQRT: /* a code below zero ends a run */
    case MOTE_OP_RSQRT:
        return seen_range(q, node->inputs[0]).low >= 0;
    default:
        return !mote_pass_affine_op(node, &affine) || is_integer_affine(q, node, &affine);
    }
}

static void choose_nodes(quantizer *q)
{
    for (int32_t k = 0; k < q->n_nodes; k++) {
        const mote_node *node = q->nodes[k];
        q->integer[k] = has_integer_form(q, k);
        for (int32_t i = 0; q->integer[k] && i < node->n_inputs; i++)
            if (is_value(q, node->inputs[i]))
                q->quantized[node->inputs[i]] = true;
        for (int32_t i = 0; q->integer[k] && i < node->n_outputs; i++)
            if (is_value(q, node->outputs[i]))
                q->quantized[node->outputs[i]] = true;
    }
}

static mote_status quantize_tensor(quantizer *q, int32_t tensor, mote_qparams params, mote_error *err)
{
    q->graph->tensors[tensor]->dtype = activation_type(q);
    return mote_graph_set_quant(q->graph, tensor, 1, 0, &params.scale, &params.zero_point) == MOTE_OK
               ? MOTE_OK
               : mote_error_no_memory(err);
}

/* --- nodes --- */

/* Another tensor for the same values. */
static int32_t add_copy(quantizer *q, int32_t tensor, const char *suffix)
{
    return mote_pass_add_value(q->graph, tensor, suffix, &q->graph->tensors[tensor]->shape);
}

static bool differs(const quantizer *q, int32_t tensor, mote_qparams params)
{
    const mote_qparams *has = &q->plan.tensors[tensor];
    return params.scale != 0 && (params.scale != has->scale || params.zero_point != has->zero_point);
}

/* A QUANTIZE that was already put in for another reader; -1: none. */
static int32_t find_requantized(const quantizer *q, int32_t before, int32_t tensor, mote_qparams params)
{
    for (int32_t k = 0; k < before; k++) {
        const mote_node *node = q->graph->nodes[k];
        if (node->op != MOTE_OP_QUANTIZE || node->inputs[0] != tensor)
            continue;
        const mote_quant *quant = &q->graph->tensors[node->outputs[0]]->quant;
        if (quant->n == 1 && quant->scale[0] == params.scale && quant->zero_point[0] == params.zero_point)
            return node->outputs[0];
    }
    return -1;
}

static mote_status requantize_input(quantizer *q, int32_t *at, int32_t *input, mote_qparams params, mote_error *err)
{
    int32_t copy = find_requantized(q, *at, *input, params);
    if (copy < 0) {
        copy = add_copy(q, *input, "_requantized");
        if (copy < 0 || quantize_tensor(q, copy, params, err) != MOTE_OK ||
            !mote_graph_insert_node(q->graph, (*at)++, MOTE_OP_QUANTIZE, 1, input, 1, &copy))
            return mote_error_no_memory(err);
    }
    *input = copy;
    return MOTE_OK;
}

/* Constants by the rules of operands, filters and biases by their own. */
static mote_status quantize_constants(quantizer *q, mote_node *node, const mote_node_plan *plan, mote_error *err)
{
    mote_affine_op affine;
    const bool is_affine = mote_pass_affine_op(node, &affine);
    for (int32_t i = 0; i < node->n_inputs; i++) {
        if (!mote_pass_is_const_f32(q->graph, node->inputs[i]) || mote_quantize_is_weight(node, i))
            continue;
        const mote_dtype dtype = node->op == MOTE_OP_PRELU ? MOTE_INT8 : activation_type(q);
        node->inputs[i] = mote_quantize_const(q->graph, node->inputs[i], dtype, plan->reads[i]);
        if (node->inputs[i] < 0)
            return mote_error_no_memory(err);
    }
    if (!is_affine)
        return MOTE_OK;
    const float in_scale = q->graph->tensors[node->inputs[affine.input]]->quant.scale[0];
    const mote_filter_kind kind = q->spec->wide ? MOTE_FILTER_WIDE : MOTE_FILTER_INT8;
    const mote_status status = mote_quantize_filter(q->graph, node, &affine, kind, in_scale, err);
    return status == MOTE_OK ? mote_quantize_bias(q->graph, node, &affine, in_scale, q->spec->wide, err) : status;
}

/* ADD and SUB of 16 bits by plain multipliers, as the converter has it. */
static void set_options(const quantizer *q, const mote_node *node)
{
    const mote_op_def *def = mote_op_find(node->op);
    for (int32_t i = 0; i < def->n_fields; i++)
        if (strcmp(def->fields[i].name, "pot_scale_int16") == 0)
            *((bool *)node->params + def->fields[i].offset) = !q->spec->wide;
}

static mote_status make_integer(quantizer *q, int32_t *at, const mote_node_plan *plan, mote_error *err)
{
    mote_node *node = q->graph->nodes[*at];
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < node->n_inputs; i++)
        if (is_value(q, node->inputs[i]) && differs(q, node->inputs[i], plan->reads[i]))
            status = requantize_input(q, at, &node->inputs[i], plan->reads[i], err);
    if (status == MOTE_OK)
        status = quantize_constants(q, node, plan, err);
    for (int32_t i = 0; status == MOTE_OK && i < node->n_outputs; i++) {
        const int32_t output = node->outputs[i];
        if (!is_value(q, output) || !differs(q, output, plan->makes[i]))
            continue;
        const int32_t made = add_copy(q, output, "_made");
        if (made < 0 || quantize_tensor(q, made, plan->makes[i], err) != MOTE_OK ||
            !mote_graph_insert_node(q->graph, ++*at, MOTE_OP_QUANTIZE, 1, &made, 1, &output))
            return mote_error_no_memory(err);
        node->outputs[i] = made;
    }
    set_options(q, node);
    return status;
}

/* --- islands of float --- */

static mote_status dequantize_input(quantizer *q, int32_t *at, int32_t *input, mote_error *err)
{
    int32_t *copy = &q->floats[*input];
    if (*copy < 0) {
        *copy = add_copy(q, *input, "_float");
        if (*copy < 0 || !mote_graph_insert_node(q->graph, (*at)++, MOTE_OP_DEQUANTIZE, 1, input, 1, copy))
            return mote_error_no_memory(err);
    }
    *input = *copy;
    return MOTE_OK;
}

/* Node *at stays float: what it reads is dequantized, what it makes is quantized for those that read integers. */
static mote_status make_island(quantizer *q, int32_t *at, mote_error *err)
{
    mote_node *node = q->graph->nodes[*at];
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < node->n_inputs; i++)
        if (is_value(q, node->inputs[i]) && q->quantized[node->inputs[i]])
            status = dequantize_input(q, at, &node->inputs[i], err);
    for (int32_t i = 0; status == MOTE_OK && i < node->n_outputs; i++) {
        const int32_t output = node->outputs[i];
        if (!is_value(q, output) || !q->quantized[output])
            continue;
        const int32_t copy = q->floats[output] = add_copy(q, output, "_float");
        if (copy < 0 || !mote_graph_insert_node(q->graph, ++*at, MOTE_OP_QUANTIZE, 1, &copy, 1, &output))
            return mote_error_no_memory(err);
        node->outputs[i] = copy;
    }
    return status;
}

/* One line for all nodes of an operator, when the first is met. */
static void warn_island(const quantizer *q, int32_t k)
{
    const mote_op op = q->nodes[k]->op;
    int32_t n = 0;
    for (int32_t i = 0; i < q->n_nodes; i++) {
        if (q->nodes[i]->op != op || q->integer[i])
            continue;
        if (i < k)
            return;
        n++;
    }
    char text[256], times[32] = "";
    if (n > 1)
        snprintf(times, sizeof times, " (%d times)", n);
    const char *form = q->spec->wide ? "16x8" : "int8";
    if (mote_quantize_find(q->nodes[k], q->spec->wide))
        snprintf(text, sizeof text, "%s%s cannot be %s on these values: it stays float, with conversions around it",
                 mote_op_name(op), times, form);
    else
        snprintf(text, sizeof text, "%s%s has no %s form: it stays float, with conversions around it", mote_op_name(op),
                 times, form);
    if (q->spec->on_warning)
        q->spec->on_warning(q->spec->on_warning_arg, text);
}

static bool touches_values(const quantizer *q, const mote_node *node)
{
    bool touches = false;
    for (int32_t i = 0; i < node->n_inputs; i++)
        touches |= is_value(q, node->inputs[i]);
    for (int32_t i = 0; i < node->n_outputs; i++)
        touches |= is_value(q, node->outputs[i]);
    return touches;
}

static mote_status quantize_nodes(quantizer *q, mote_error *err)
{
    for (int32_t k = 0, at = 0; k < q->n_nodes; k++, at++) {
        const mote_node *node = q->nodes[k];
        if (!touches_values(q, node))
            continue;
        mote_status status;
        if (q->integer[k]) {
            status = make_integer(q, &at, &q->plan.nodes[k], err);
        } else {
            warn_island(q, k);
            status = make_island(q, &at, err);
        }
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "quantizing operator %d (%s)", k, mote_op_name(node->op));
    }
    return MOTE_OK;
}

/* --- borders --- */

/* The parameters a border type has for the same numbers: uint8 is int8 moved up by 128. */
static mote_qparams border_params(mote_qparams inner, mote_dtype type)
{
    return type == MOTE_UINT8 ? (mote_qparams){inner.scale, inner.zero_point + 128} : inner;
}

/* Whether a tensor at the border has to become another of that type: one that was quantized, or floats around an
 * operator that stays float where integers are asked for. */
static bool needs_border(const quantizer *q, int32_t inner, mote_dtype type)
{
    const mote_tensor *tensor = q->graph->tensors[inner];
    return inner < q->n_tensors && tensor->dtype != type &&
           (q->quantized[inner] || (tensor->dtype == MOTE_FLOAT32 && q->plan.tensors[inner].scale > 0));
}

static int32_t border_tensor(quantizer *q, int32_t inner, mote_dtype type)
{
    const mote_tensor *tensor = q->graph->tensors[inner];
    const int32_t outer = mote_graph_add_tensor(q->graph, tensor->name, type, &tensor->shape);
    if (outer < 0)
        return -1;
    q->graph->tensors[outer]->signature = tensor->signature;
    q->graph->tensors[outer]->has_signature = tensor->has_signature;
    if (type != MOTE_FLOAT32) {
        const mote_qparams params = border_params(q->plan.tensors[inner], type);
        if (mote_graph_set_quant(q->graph, outer, 1, 0, &params.scale, &params.zero_point) != MOTE_OK)
            return -1;
    }
    return outer;
}

static mote_status set_inputs(quantizer *q, mote_error *err)
{
    mote_graph *graph = q->graph;
    int32_t n_inserted = 0; /* in front of all nodes, in the inputs' order */
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        const int32_t inner = graph->inputs[i];
        if (!needs_border(q, inner, q->spec->input_type))
            continue;
        const int32_t outer = border_tensor(q, inner, q->spec->input_type);
        const mote_op op = q->quantized[inner] ? MOTE_OP_QUANTIZE : MOTE_OP_DEQUANTIZE;
        if (outer < 0 || !mote_graph_insert_node(graph, n_inserted++, op, 1, &outer, 1, &inner))
            return mote_error_no_memory(err);
        graph->inputs[i] = outer;
    }
    return MOTE_OK;
}

static mote_status set_outputs(quantizer *q, mote_error *err)
{
    mote_graph *graph = q->graph;
    for (int32_t i = 0; i < graph->n_outputs; i++) {
        const int32_t inner = graph->outputs[i];
        if (!needs_border(q, inner, q->spec->output_type))
            continue;
        const int32_t outer = border_tensor(q, inner, q->spec->output_type);
        const mote_op op = q->spec->output_type == MOTE_FLOAT32 ? MOTE_OP_DEQUANTIZE : MOTE_OP_QUANTIZE;
        if (outer < 0 || !mote_graph_add_node(graph, op, 1, &inner, 1, &outer))
            return mote_error_no_memory(err);
        graph->outputs[i] = outer;
    }
    return MOTE_OK;
}

static mote_status quantize(quantizer *q, mote_error *err)
{
    mote_status status = mote_quantize_plan_make(q->graph, q->spec->ranges, q->spec->wide, &q->plan, err);
    if (status == MOTE_OK)
        choose_nodes(q);
    for (int32_t i = 0; status == MOTE_OK && i < q->n_tensors; i++)
        if (q->quantized[i])
            status = quantize_tensor(q, i, q->plan.tensors[i], err);
    if (status == MOTE_OK)
        status = quantize_nodes(q, err);
    if (status == MOTE_OK)
        status = set_inputs(q, err);
    return status == MOTE_OK ? set_outputs(q, err) : status;
}

/* What WHILE, IF and CALL_ONCE call, and further entry points: the examples do not show their values. */
static void warn_other_graphs(const mote_model *model, const mote_quantize_spec *spec)
{
    char text[160];
    if (model->n_graphs < 2 || !spec->on_warning)
        return;
    snprintf(text, sizeof text, "only the first of the model's %d graphs becomes %s: the others stay float",
             model->n_graphs, spec->wide ? "16x8" : "int8");
    spec->on_warning(spec->on_warning_arg, text);
}

mote_status mote_quantize_integers(mote_model *model, const mote_quantize_spec *spec, mote_error *err)
{
    warn_other_graphs(model, spec);
    mote_graph *graph = model->graphs[0];
    const size_t n = (size_t)graph->n_tensors + 1, n_nodes = (size_t)graph->n_nodes;
    quantizer q = {.graph = graph, .spec = spec, .n_tensors = graph->n_tensors, .n_nodes = graph->n_nodes};
    q.nodes = mote_arena_copy(graph->arena, graph->nodes, n_nodes * sizeof(mote_node *));
    q.integer = mote_arena_calloc(graph->arena, n_nodes + 1, sizeof *q.integer);
    q.quantized = mote_arena_calloc(graph->arena, n, sizeof *q.quantized);
    q.floats = mote_arena_calloc(graph->arena, n, sizeof *q.floats);
    if (!q.nodes || !q.integer || !q.quantized || !q.floats)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < q.n_tensors; i++)
        q.floats[i] = -1;
    return quantize(&q, err);
}
