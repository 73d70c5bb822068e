#include "support/model_equal.h"

#include "op/op.h"

#include <stdio.h>
#include <string.h>

typedef struct difference {
    char *text;
    size_t n_bytes;
} difference;

static bool differ(const difference *why, const char *format, int32_t index, const char *what)
{
    snprintf(why->text, why->n_bytes, format, index, what);
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_bytes(const void *a, const void *b, size_t n)
{
    return n == 0 || memcmp(a, b, n) == 0;
}

static bool same_i32(const int32_t *a, int32_t n_a, const int32_t *b, int32_t n_b)
{
    return n_a == n_b && same_bytes(a, b, (size_t)n_a * sizeof *a);
}

static bool same_quant(const mote_quant *a, const mote_quant *b)
{
    return a->n == b->n && a->axis == b->axis && a->has_range == b->has_range &&
           same_bytes(a->scale, b->scale, (size_t)a->n * sizeof *a->scale) &&
           same_bytes(a->zero_point, b->zero_point, (size_t)a->n * sizeof *a->zero_point) &&
           same_bytes(&a->min, &b->min, sizeof a->min) && same_bytes(&a->max, &b->max, sizeof a->max);
}

static bool same_sparsity(const mote_sparsity *a, const mote_sparsity *b)
{
    if (!a || !b)
        return a == b;
    if (!same_i32(a->traversal_order, a->n_traversal, b->traversal_order, b->n_traversal) ||
        !same_i32(a->block_map, a->n_block_map, b->block_map, b->n_block_map) || a->n_dims != b->n_dims)
        return false;
    for (int32_t i = 0; i < a->n_dims; i++) {
        const mote_sparse_dim *x = &a->dims[i], *y = &b->dims[i];
        if (x->format != y->format || x->dense_size != y->dense_size ||
            !same_i32(x->segments, x->n_segments, y->segments, y->n_segments) ||
            !same_i32(x->indices, x->n_indices, y->indices, y->n_indices))
            return false;
    }
    return true;
}

static const char *tensor_difference(const mote_tensor *a, const mote_tensor *b)
{
    if (!same_text(a->name, b->name))
        return "name";
    if (a->dtype != b->dtype || a->storage != b->storage)
        return "type or storage";
    if (!mote_shape_equal(&a->shape, &b->shape))
        return "shape";
    if (a->has_signature != b->has_signature || (a->has_signature && !mote_shape_equal(&a->signature, &b->signature)))
        return "shape signature";
    if (!same_quant(&a->quant, &b->quant))
        return "quantization";
    if (!same_sparsity(a->sparsity, b->sparsity))
        return "sparsity";
    if (a->storage == MOTE_STORAGE_CONST && (a->n_bytes != b->n_bytes || !same_bytes(a->data, b->data, a->n_bytes)))
        return "constant";
    return NULL;
}

/* Options as the printer shows them, which shows all: floats to the bit are compared in the field. */
static bool same_field(const mote_op_field *field, const void *a, const void *b)
{
    const char *x = (const char *)a + field->offset, *y = (const char *)b + field->offset;
    switch ((mote_field_kind)field->kind) {
    case MOTE_FIELD_BOOL:
        return same_bytes(x, y, sizeof(bool));
    case MOTE_FIELD_I8:
    case MOTE_FIELD_ENUM:
    case MOTE_FIELD_I32:
    case MOTE_FIELD_F32:
        return same_bytes(x, y, 4);
    case MOTE_FIELD_I64:
        return same_bytes(x, y, 8);
    case MOTE_FIELD_STRING:
        return same_text(*(const char *const *)(const void *)x, *(const char *const *)(const void *)y);
    case MOTE_FIELD_F32_VEC:
    case MOTE_FIELD_I32_VEC: {
        const mote_i32_vec *v = (const void *)x, *w = (const void *)y;
        return same_i32(v->values, v->n, w->values, w->n);
    }
    case MOTE_FIELD_I64_VEC: {
        const mote_i64_vec *v = (const void *)x, *w = (const void *)y;
        return v->n == w->n && same_bytes(v->values, w->values, (size_t)v->n * 8);
    }
    case MOTE_FIELD_BYTES: {
        const mote_bytes *v = (const void *)x, *w = (const void *)y;
        return v->n == w->n && same_bytes(v->values, w->values, v->n);
    }
    }
    return false;
}

static const char *node_difference(const mote_node *a, const mote_node *b)
{
    if (a->op != b->op || (a->version && b->version && a->version != b->version))
        return "operator or version";
    if (!same_i32(a->inputs, a->n_inputs, b->inputs, b->n_inputs))
        return "inputs";
    if (!same_i32(a->outputs, a->n_outputs, b->outputs, b->n_outputs))
        return "outputs";
    if (!same_i32(a->intermediates, a->n_intermediates, b->intermediates, b->n_intermediates))
        return "intermediates";
    if (!same_text(a->custom_code, b->custom_code) || a->n_custom_bytes != b->n_custom_bytes ||
        !same_bytes(a->custom_options, b->custom_options, a->n_custom_bytes))
        return "custom options";
    const mote_op_def *def = mote_op_find((int32_t)a->op);
    for (int32_t i = 0; def && a->params && b->params && i < def->n_fields; i++)
        if (!same_field(&def->fields[i], a->params, b->params))
            return def->fields[i].name;
    return !a->params == !b->params ? NULL : "options";
}

static bool same_graph(const mote_graph *a, const mote_graph *b, const difference *why)
{
    if (!same_text(a->name, b->name) || a->n_tensors != b->n_tensors || a->n_nodes != b->n_nodes)
        return differ(why, "%d: graph's %s", -1, "name or size");
    if (!same_i32(a->inputs, a->n_inputs, b->inputs, b->n_inputs) ||
        !same_i32(a->outputs, a->n_outputs, b->outputs, b->n_outputs))
        return differ(why, "%d: graph's %s", -1, "inputs or outputs");
    for (int32_t i = 0; i < a->n_tensors; i++) {
        const char *what = tensor_difference(a->tensors[i], b->tensors[i]);
        if (what)
            return differ(why, "tensor %d: %s", i, what);
    }
    for (int32_t i = 0; i < a->n_nodes; i++) {
        const char *what = node_difference(a->nodes[i], b->nodes[i]);
        if (what)
            return differ(why, "operator %d: %s", i, what);
    }
    return true;
}

static bool same_args(const mote_signature_arg *a, int32_t n_a, const mote_signature_arg *b, int32_t n_b)
{
    if (n_a != n_b)
        return false;
    for (int32_t i = 0; i < n_a; i++)
        if (a[i].tensor != b[i].tensor || !same_text(a[i].name, b[i].name))
            return false;
    return true;
}

static bool writers_own(const char *name)
{
    return same_text(name, "min_runtime_version") || same_text(name, "made_by") || same_text(name, "buffer_location");
}

/* The next of the metadata that is the model's own, from *at on; NULL at the end. */
static const mote_metadata *next_metadata(const mote_model *model, int32_t *at)
{
    while (*at < model->n_metadata && writers_own(model->metadata[*at].name))
        ++*at;
    return *at < model->n_metadata ? &model->metadata[(*at)++] : NULL;
}

bool model_equal(const mote_model *a, const mote_model *b, char *text, size_t n_bytes)
{
    const difference why = {text, n_bytes};
    if (a->n_graphs != b->n_graphs || a->n_signatures != b->n_signatures || !same_text(a->description, b->description))
        return differ(&why, "%d: model's %s", -1, "graphs, signatures or description");
    for (int32_t i = 0; i < a->n_graphs; i++)
        if (!same_graph(a->graphs[i], b->graphs[i], &why))
            return false;
    for (int32_t i = 0; i < a->n_signatures; i++) {
        const mote_signature *x = &a->signatures[i], *y = &b->signatures[i];
        if (!same_text(x->key, y->key) || x->graph != y->graph ||
            !same_args(x->inputs, x->n_inputs, y->inputs, y->n_inputs) ||
            !same_args(x->outputs, x->n_outputs, y->outputs, y->n_outputs))
            return differ(&why, "signature %d: %s", i, "key, graph or arguments");
    }
    int32_t at_a = 0, at_b = 0;
    for (;;) {
        const mote_metadata *x = next_metadata(a, &at_a), *y = next_metadata(b, &at_b);
        if (!x && !y)
            return true;
        if (!x || !y || !same_text(x->name, y->name) || x->n_bytes != y->n_bytes ||
            !same_bytes(x->data, y->data, x->n_bytes))
            return differ(&why, "metadata %d: %s", at_a, "name or bytes");
    }
}
