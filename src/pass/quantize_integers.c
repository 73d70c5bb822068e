/*
 * Post-training quantization to int8 (or int16 activations with int8 weights) by TFLite's rules.
 *
 *   1. Tensors that operators bind to one scale form groups (union-find); a group's range is the union of its members'.
 *   2. Every float activation that a quantizable operator touches gets its parameters; constants theirs by their
 * values.
 *   3. Filters become int8 by channel, biases int32 (int64).
 *   4. Operators without an integer form stay float: DEQUANTIZE in front, QUANTIZE behind.
 *   5. The borders: the caller's input and output types.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pass/pass.h"
#include "pass/quantize_math.h"

typedef enum quantize_kind { KIND_NONE, KIND_OWN, KIND_SAME, KIND_FIXED } quantize_kind;

typedef struct quantize_row {
    mote_op op;
    quantize_kind kind;
    double scale, zero_point, wide_scale;
} quantize_row;

static const quantize_row ROWS[] = {
#define MOTE_QUANTIZE(NAME, kind, scale, zero_point, wide_scale)                                                       \
    {MOTE_OP_##NAME, KIND_##kind, scale, zero_point, wide_scale},
#include "pass/quantize_op_list.inc"
#undef MOTE_QUANTIZE
};

static const quantize_row *find_row(mote_op op)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++)
        if (ROWS[i].op == op)
            return &ROWS[i];
    return NULL;
}

typedef struct quantizer {
    mote_model *model;
    mote_graph *graph;
    const mote_quantize_spec *spec;
    int32_t n_tensors;    /* before any were added */
    int32_t *group;       /* union-find parent */
    mote_range *ranges;   /* of each group's root */
    mote_qparams *params; /* of each group's root; scale 0: none */
    bool *quantized;      /* tensor becomes integer */
} quantizer;

static mote_status no_memory(mote_error *err)
{
    return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
}

/* Operators with an integer kernel for these types. 16-bit kernels are fewer. */
static const quantize_row *integer_row(const quantizer *q, const mote_node *node)
{
    const quantize_row *row = find_row(node->op);
    const bool wide_refused = node->op == MOTE_OP_HARD_SWISH || node->op == MOTE_OP_L2_NORMALIZATION;
    return row && q->spec->wide && wide_refused ? NULL : row;
}

/* --- groups --- */

static int32_t root(const quantizer *q, int32_t tensor)
{
    while (q->group[tensor] != tensor)
        tensor = q->group[tensor] = q->group[q->group[tensor]];
    return tensor;
}

static void unite(quantizer *q, int32_t a, int32_t b)
{
    const int32_t ra = root(q, a), rb = root(q, b);
    if (ra == rb)
        return;
    q->group[rb] = ra;
    q->ranges[ra].low = fminf(q->ranges[ra].low, q->ranges[rb].low);
    q->ranges[ra].high = fmaxf(q->ranges[ra].high, q->ranges[rb].high);
}

static bool is_float(const quantizer *q, int32_t tensor)
{
    return tensor >= 0 && tensor < q->n_tensors && q->graph->tensors[tensor]->dtype == MOTE_FLOAT32;
}

/* A constant's own range. */
static mote_range const_range(const mote_tensor *tensor)
{
    mote_range range = {INFINITY, -INFINITY};
    const float *data = tensor->data;
    for (int64_t i = 0; i < mote_shape_count(&tensor->shape); i++) {
        range.low = fminf(range.low, data[i]);
        range.high = fmaxf(range.high, data[i]);
    }
    return range;
}

/* Is input i the filter or bias, which have rules of their own? */
static bool is_weight(const mote_node *node, int32_t i)
{
    mote_affine_op affine;
    return mote_pass_affine_op(node, &affine) && (i == affine.filter || i == affine.bias);
}

static void make_groups(quantizer *q)
{
    for (int32_t i = 0; i < q->n_tensors; i++) {
        const mote_tensor *tensor = q->graph->tensors[i];
        q->group[i] = i;
        q->ranges[i] = tensor->storage == MOTE_STORAGE_CONST && tensor->dtype == MOTE_FLOAT32 ? const_range(tensor)
                                                                                              : q->spec->ranges[i];
    }
    for (int32_t i = 0; i < q->graph->n_nodes; i++) {
        const mote_node *node = q->graph->nodes[i];
        const quantize_row *row = integer_row(q, node);
        if (!row || row->kind != KIND_SAME)
            continue;
        for (int32_t j = 0; j < node->n_inputs; j++)
            if (is_float(q, node->inputs[j]))
                for (int32_t k = 0; k < node->n_outputs; k++)
                    if (is_float(q, node->outputs[k]))
                        unite(q, node->inputs[j], node->outputs[k]);
    }
}

/* Outputs whose scale the operator fixes; whatever shares a group with one follows it. */
static void fix_outputs(quantizer *q)
{
    for (int32_t i = 0; i < q->graph->n_nodes; i++) {
        const mote_node *node = q->graph->nodes[i];
        const quantize_row *row = integer_row(q, node);
        if (!row || row->kind != KIND_FIXED || !is_float(q, node->outputs[0]))
            continue;
        q->params[root(q, node->outputs[0])] = q->spec->wide
                                                   ? (mote_qparams){(float)row->wide_scale, 0}
                                                   : (mote_qparams){(float)row->scale, (int64_t)row->zero_point};
    }
}

static mote_qparams params_of(quantizer *q, int32_t tensor)
{
    const int32_t r = root(q, tensor);
    if (q->params[r].scale == 0) {
        const mote_range range = q->ranges[r].low <= q->ranges[r].high ? q->ranges[r] : (mote_range){0, 0};
        q->params[r] =
            q->spec->wide ? mote_qparams_int16(range.low, range.high) : mote_qparams_int8(range.low, range.high);
    }
    return q->params[r];
}

/* --- which tensors become integers --- */

static void mark_node(quantizer *q, const mote_node *node)
{
    for (int32_t i = 0; i < node->n_inputs; i++)
        if (is_float(q, node->inputs[i]) && !is_weight(node, i))
            q->quantized[node->inputs[i]] = true;
    for (int32_t i = 0; i < node->n_outputs; i++)
        if (is_float(q, node->outputs[i]))
            q->quantized[node->outputs[i]] = true;
}

static mote_dtype activation_type(const quantizer *q)
{
    return q->spec->wide ? MOTE_INT16 : MOTE_INT8;
}

static mote_status quantize_activations(quantizer *q, mote_error *err)
{
    for (int32_t i = 0; i < q->n_tensors; i++) {
        mote_tensor *tensor = q->graph->tensors[i];
        if (!q->quantized[i] || tensor->storage == MOTE_STORAGE_CONST)
            continue;
        const mote_qparams params = params_of(q, i);
        tensor->dtype = activation_type(q);
        if (mote_graph_set_quant(q->graph, i, 1, 0, &params.scale, &params.zero_point) != MOTE_OK)
            return no_memory(err);
    }
    return MOTE_OK;
}

/* --- nodes --- */

static mote_status quantize_affine(quantizer *q, mote_node *node, const mote_affine_op *affine, mote_error *err)
{
    if (!mote_pass_is_const_f32(q->graph, node->inputs[affine->filter]))
        return mote_error_set(err, MOTE_UNSUPPORTED, "a filter that is not constant");
    const float in_scale = params_of(q, node->inputs[affine->input]).scale;
    const mote_status status = mote_quantize_filter(q->graph, node, affine, in_scale, q->spec->wide, err);
    return status == MOTE_OK ? mote_quantize_bias(q->graph, node, affine, in_scale, q->spec->wide, err) : status;
}

/* Constants among the operands. ADD and SUB of 16 bits keep plain multipliers: pot_scale_int16 off, as the converter.
 */
static mote_status quantize_operands(quantizer *q, mote_node *node, mote_error *err)
{
    for (int32_t i = 0; i < node->n_inputs; i++) {
        const int32_t tensor = node->inputs[i];
        if (!mote_pass_is_const_f32(q->graph, tensor) || is_weight(node, i))
            continue;
        const mote_qparams params = tensor < q->n_tensors ? params_of(q, tensor) : (mote_qparams){1.0f, 0};
        node->inputs[i] = mote_quantize_const(q->graph, tensor, activation_type(q), params);
        if (node->inputs[i] < 0)
            return no_memory(err);
    }
    const mote_op_def *def = mote_op_find(node->op);
    for (int32_t i = 0; i < def->n_fields; i++)
        if (strcmp(def->fields[i].name, "pot_scale_int16") == 0)
            *((bool *)node->params + def->fields[i].offset) = !q->spec->wide;
    return MOTE_OK;
}

/* A float copy of an integer tensor, made by DEQUANTIZE in front of node *at. */
static mote_status insert_dequantize(quantizer *q, int32_t *at, int32_t *tensor, mote_error *err)
{
    const mote_tensor *source = q->graph->tensors[*tensor];
    const int32_t copy = mote_graph_add_tensor(q->graph, source->name, MOTE_FLOAT32, &source->shape);
    if (copy < 0 || !mote_graph_insert_node(q->graph, (*at)++, MOTE_OP_DEQUANTIZE, 1, tensor, 1, &copy))
        return no_memory(err);
    *tensor = copy;
    return MOTE_OK;
}

/* Node *at stays float: what it reads is dequantized, what it makes is quantized behind it. */
static mote_status make_island(quantizer *q, int32_t *at, mote_error *err)
{
    mote_node *node = q->graph->nodes[*at];
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && node->inputs[i] < q->n_tensors && q->quantized[node->inputs[i]] &&
            q->graph->tensors[node->inputs[i]]->storage != MOTE_STORAGE_CONST)
            status = insert_dequantize(q, at, &node->inputs[i], err);
    for (int32_t i = 0; status == MOTE_OK && i < node->n_outputs; i++) {
        const int32_t output = node->outputs[i];
        if (!q->quantized[output])
            continue;
        const mote_tensor *tensor = q->graph->tensors[output];
        const int32_t copy = mote_graph_add_tensor(q->graph, tensor->name, MOTE_FLOAT32, &tensor->shape);
        if (copy < 0 || !mote_graph_insert_node(q->graph, ++*at, MOTE_OP_QUANTIZE, 1, &copy, 1, &output))
            return no_memory(err);
        node->outputs[i] = copy;
    }
    return status;
}

static void warn_island(const quantizer *q, const mote_node *node)
{
    char text[256];
    snprintf(text, sizeof text, "%s has no %s form: it stays float, with conversions around it", mote_op_name(node->op),
             q->spec->wide ? "16x8" : "int8");
    if (q->spec->on_warning)
        q->spec->on_warning(q->spec->on_warning_arg, text);
}

static bool touches_float(const quantizer *q, const mote_node *node)
{
    for (int32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 &&
            (node->inputs[i] >= q->n_tensors ? q->graph->tensors[node->inputs[i]]->dtype == MOTE_FLOAT32
                                             : q->quantized[node->inputs[i]] || is_float(q, node->inputs[i])))
            return true;
    for (int32_t i = 0; i < node->n_outputs; i++)
        if (is_float(q, node->outputs[i]) || (node->outputs[i] < q->n_tensors && q->quantized[node->outputs[i]]))
            return true;
    return false;
}

static mote_status quantize_nodes(quantizer *q, mote_error *err)
{
    for (int32_t i = 0; i < q->graph->n_nodes; i++) {
        mote_node *node = q->graph->nodes[i];
        mote_status status = MOTE_OK;
        mote_affine_op affine;
        if (!touches_float(q, node))
            continue;
        if (!integer_row(q, node)) {
            warn_island(q, node);
            status = make_island(q, &i, err);
        } else {
            if (mote_pass_affine_op(node, &affine))
                status = quantize_affine(q, node, &affine, err);
            if (status == MOTE_OK)
                status = quantize_operands(q, node, err);
        }
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "quantizing operator %d (%s)", i, mote_op_name(node->op));
    }
    return MOTE_OK;
}

/* --- borders --- */

/* The parameters a border type has for the same numbers: uint8 is int8 moved up by 128. */
static mote_qparams border_params(mote_qparams inner, mote_dtype type)
{
    return type == MOTE_UINT8 ? (mote_qparams){inner.scale, inner.zero_point + 128} : inner;
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
        const mote_qparams params =
            border_params((mote_qparams){tensor->quant.scale[0], tensor->quant.zero_point[0]}, type);
        if (mote_graph_set_quant(q->graph, outer, 1, 0, &params.scale, &params.zero_point) != MOTE_OK)
            return -1;
    }
    return outer;
}

static mote_status set_inputs(quantizer *q, mote_error *err)
{
    mote_graph *graph = q->graph;
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        const int32_t inner = graph->inputs[i];
        if (!q->quantized[inner] || q->spec->input_type == graph->tensors[inner]->dtype)
            continue;
        const int32_t outer = border_tensor(q, inner, q->spec->input_type);
        if (outer < 0 || !mote_graph_insert_node(graph, i, MOTE_OP_QUANTIZE, 1, &outer, 1, &inner))
            return no_memory(err);
        graph->inputs[i] = outer;
    }
    return MOTE_OK;
}

static mote_status set_outputs(quantizer *q, mote_error *err)
{
    mote_graph *graph = q->graph;
    for (int32_t i = 0; i < graph->n_outputs; i++) {
        const int32_t inner = graph->outputs[i];
        if (inner >= q->n_tensors || !q->quantized[inner] || q->spec->output_type == graph->tensors[inner]->dtype)
            continue;
        const int32_t outer = border_tensor(q, inner, q->spec->output_type);
        const mote_op op = q->spec->output_type == MOTE_FLOAT32 ? MOTE_OP_DEQUANTIZE : MOTE_OP_QUANTIZE;
        if (outer < 0 || !mote_graph_add_node(graph, op, 1, &inner, 1, &outer))
            return no_memory(err);
        graph->outputs[i] = outer;
    }
    return MOTE_OK;
}

static mote_status quantize(quantizer *q, mote_error *err)
{
    make_groups(q);
    fix_outputs(q);
    for (int32_t i = 0; i < q->graph->n_nodes; i++)
        if (integer_row(q, q->graph->nodes[i]))
            mark_node(q, q->graph->nodes[i]);
    mote_status status = quantize_activations(q, err);
    if (status == MOTE_OK)
        status = quantize_nodes(q, err);
    if (status == MOTE_OK)
        status = set_inputs(q, err);
    return status == MOTE_OK ? set_outputs(q, err) : status;
}

mote_status mote_quantize_integers(mote_model *model, const mote_quantize_spec *spec, mote_error *err)
{
    if (model->n_graphs != 1)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a model of %d graphs cannot be quantized to integers",
                              model->n_graphs);
    mote_graph *graph = model->graphs[0];
    const size_t n = (size_t)graph->n_tensors;
    quantizer q = {.model = model, .graph = graph, .spec = spec, .n_tensors = graph->n_tensors};
    q.group = mote_arena_calloc(graph->arena, n, sizeof *q.group);
    q.ranges = mote_arena_calloc(graph->arena, n, sizeof *q.ranges);
    q.params = mote_arena_calloc(graph->arena, n, sizeof *q.params);
    q.quantized = mote_arena_calloc(graph->arena, n, sizeof *q.quantized);
    if (!q.group || !q.ranges || !q.params || !q.quantized)
        return no_memory(err);
    return quantize(&q, err);
}
