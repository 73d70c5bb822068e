/* A graph in the file: its tensors, with quantization and sparsity, and its operators. */
#include "op/op.h"
#include "tflite/tflite_options.h"
#include "tflite/tflite_schema.h"
#include "tflite/tflite_writer.h"

#include <string.h>

/* Links reference field `id` of a row, if the row has it, to a vector of 32-bit values. */
static void link_i32_vec(mote_fb_writer *out, const mote_fb_row *row, uint16_t id, const int32_t *values, int32_t n)
{
    mote_fb_link(out, mote_fb_row_slot(row, id), mote_fb_put_vec(out, values, (size_t)n, sizeof *values, 4));
}

/* --- tensors --- */

static size_t put_quant(mote_fb_writer *out, const mote_quant *quant)
{
    mote_fb_row row = {0};
    if (quant->has_range) {
        mote_fb_row_ref(&row, TFL_QUANT_MIN);
        mote_fb_row_ref(&row, TFL_QUANT_MAX);
    }
    if (quant->n > 0) {
        mote_fb_row_ref(&row, TFL_QUANT_SCALE);
        mote_fb_row_ref(&row, TFL_QUANT_ZERO_POINT);
        mote_fb_row_i32(&row, TFL_QUANT_DIMENSION, quant->n > 1 ? quant->axis : 0, 0);
    }
    const size_t at = mote_fb_put_row(out, &row);
    if (quant->has_range) {
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_QUANT_MIN), mote_fb_put_vec(out, &quant->min, 1, 4, 4));
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_QUANT_MAX), mote_fb_put_vec(out, &quant->max, 1, 4, 4));
    }
    if (quant->n > 0) {
        const size_t n = (size_t)quant->n;
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_QUANT_SCALE), mote_fb_put_vec(out, quant->scale, n, 4, 4));
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_QUANT_ZERO_POINT),
                     mote_fb_put_vec(out, quant->zero_point, n, 8, 8));
    }
    return at;
}

/* The narrowest of the index vectors that holds the values, as TFLite's own writer chooses. */
static uint8_t index_type(const int32_t *values, int32_t n)
{
    int32_t largest = 0;
    for (int32_t i = 0; i < n; ++i)
        largest = values[i] > largest ? values[i] : largest;
    return largest <= UINT8_MAX ? TFL_INDEX_UINT8 : largest <= UINT16_MAX ? TFL_INDEX_UINT16 : TFL_INDEX_INT32;
}

static size_t put_index_vec(mote_fb_writer *out, const int32_t *values, int32_t n)
{
    static const uint8_t widths[] = {[TFL_INDEX_INT32] = 4, [TFL_INDEX_UINT16] = 2, [TFL_INDEX_UINT8] = 1};
    const uint8_t width = widths[index_type(values, n)];
    mote_fb_row row = {0};
    mote_fb_row_ref(&row, TFL_INDEX_VALUES);
    const size_t at = mote_fb_put_row(out, &row);
    mote_fb_align(out, 4, 0);
    const uint32_t count = (uint32_t)n;
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_INDEX_VALUES), mote_fb_put(out, &count, sizeof count));
    for (int32_t i = 0; i < n; ++i)
        mote_fb_put(out, &values[i], width); /* little-endian: the low bytes come first */
    return at;
}

static size_t put_sparse_dim(mote_fb_writer *out, const mote_sparse_dim *dim)
{
    const bool csr = dim->format == TFL_DIM_CSR;
    mote_fb_row row = {0};
    mote_fb_row_u8(&row, TFL_DIM_FORMAT, (uint8_t)dim->format, 0);
    mote_fb_row_i32(&row, TFL_DIM_DENSE_SIZE, dim->dense_size, 0);
    if (csr) {
        mote_fb_row_u8(&row, TFL_DIM_SEGMENTS_TYPE, index_type(dim->segments, dim->n_segments), 0);
        mote_fb_row_ref(&row, TFL_DIM_SEGMENTS);
        mote_fb_row_u8(&row, TFL_DIM_INDICES_TYPE, index_type(dim->indices, dim->n_indices), 0);
        mote_fb_row_ref(&row, TFL_DIM_INDICES);
    }
    const size_t at = mote_fb_put_row(out, &row);
    if (csr) {
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_DIM_SEGMENTS), put_index_vec(out, dim->segments, dim->n_segments));
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_DIM_INDICES), put_index_vec(out, dim->indices, dim->n_indices));
    }
    return at;
}

static size_t put_sparsity(mote_fb_writer *out, const mote_sparsity *sparsity)
{
    mote_fb_row row = {0};
    mote_fb_row_ref(&row, TFL_SPARSITY_TRAVERSAL_ORDER);
    if (sparsity->n_block_map > 0)
        mote_fb_row_ref(&row, TFL_SPARSITY_BLOCK_MAP);
    mote_fb_row_ref(&row, TFL_SPARSITY_DIM_METADATA);
    const size_t at = mote_fb_put_row(out, &row);
    link_i32_vec(out, &row, TFL_SPARSITY_TRAVERSAL_ORDER, sparsity->traversal_order, sparsity->n_traversal);
    if (sparsity->n_block_map > 0)
        link_i32_vec(out, &row, TFL_SPARSITY_BLOCK_MAP, sparsity->block_map, sparsity->n_block_map);
    const size_t vec = mote_fb_put_ref_vec(out, (size_t)sparsity->n_dims);
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_SPARSITY_DIM_METADATA), vec);
    for (int32_t i = 0; i < sparsity->n_dims; ++i)
        mote_fb_link(out, vec + 4 + 4 * (size_t)i, put_sparse_dim(out, &sparsity->dims[i]));
    return at;
}

/* The shape as a file states it: a dimension that is still open is 1 there, and -1 in the signature. */
static void stored_shapes(const mote_tensor *tensor, mote_shape *shape, mote_shape *signature, bool *has_signature)
{
    *shape = tensor->shape;
    if (shape->rank < 0)
        shape->rank = 0;
    *signature = tensor->has_signature ? tensor->signature : *shape;
    *has_signature = tensor->has_signature && tensor->signature.rank > 0;
    for (int32_t i = 0; i < shape->rank; ++i)
        if (shape->dims[i] < 0) {
            shape->dims[i] = 1;
            *has_signature = true;
        }
}

size_t mote_tflite_put_tensor(mote_tflite_writer *writer, const mote_tensor *tensor)
{
    mote_fb_writer *out = &writer->out;
    mote_shape shape, signature;
    bool has_signature;
    stored_shapes(tensor, &shape, &signature, &has_signature);
    const bool quantized = tensor->quant.n > 0 || tensor->quant.has_range;
    const int32_t buffer =
        tensor->storage == MOTE_STORAGE_CONST ? mote_tflite_add_blob(writer, tensor->data, tensor->n_bytes, true) : 0;
    mote_fb_row row = {0};
    mote_fb_row_ref(&row, TFL_TENSOR_SHAPE);
    mote_fb_row_u8(&row, TFL_TENSOR_TYPE, (uint8_t)tensor->dtype, MOTE_FLOAT32);
    mote_fb_row_i32(&row, TFL_TENSOR_BUFFER, buffer, 0);
    if (*tensor->name != '\0')
        mote_fb_row_ref(&row, TFL_TENSOR_NAME);
    if (quantized)
        mote_fb_row_ref(&row, TFL_TENSOR_QUANTIZATION);
    mote_fb_row_u8(&row, TFL_TENSOR_IS_VARIABLE, tensor->storage == MOTE_STORAGE_VARIABLE, 0);
    if (tensor->sparsity != NULL)
        mote_fb_row_ref(&row, TFL_TENSOR_SPARSITY);
    if (has_signature)
        mote_fb_row_ref(&row, TFL_TENSOR_SHAPE_SIGNATURE);
    mote_fb_row_u8(&row, TFL_TENSOR_HAS_RANK, tensor->shape.rank >= 0, 0);
    const size_t at = mote_fb_put_row(out, &row);
    link_i32_vec(out, &row, TFL_TENSOR_SHAPE, shape.dims, shape.rank);
    if (*tensor->name != '\0')
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_TENSOR_NAME), mote_fb_put_string(out, tensor->name));
    if (quantized)
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_TENSOR_QUANTIZATION), put_quant(out, &tensor->quant));
    if (tensor->sparsity != NULL)
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_TENSOR_SPARSITY), put_sparsity(out, tensor->sparsity));
    if (has_signature)
        link_i32_vec(out, &row, TFL_TENSOR_SHAPE_SIGNATURE, signature.dims, signature.rank);
    return at;
}

/* --- operators --- */

/* Which inputs are variables, hence written by the operator: a vector of bools. */
static size_t put_mutating(mote_fb_writer *out, const mote_graph *graph, const mote_node *node)
{
    mote_fb_align(out, 4, 0);
    const uint32_t n = (uint32_t)node->n_inputs;
    const size_t at = mote_fb_put(out, &n, sizeof n);
    for (int32_t i = 0; i < node->n_inputs; ++i) {
        const int32_t t = node->inputs[i];
        const uint8_t mutating = t >= 0 && graph->tensors[t]->storage == MOTE_STORAGE_VARIABLE;
        mote_fb_put(out, &mutating, 1);
    }
    return at;
}

static bool mutates(const mote_graph *graph, const mote_node *node)
{
    for (int32_t i = 0; i < node->n_inputs; ++i)
        if (node->inputs[i] >= 0 && graph->tensors[node->inputs[i]]->storage == MOTE_STORAGE_VARIABLE)
            return true;
    return false;
}

static size_t put_node(mote_tflite_writer *writer, const mote_graph *graph, const mote_node *node)
{
    mote_fb_writer *out = &writer->out;
    const mote_op_def *def = mote_op_find((int32_t)node->op);
    const bool mutating = mutates(graph, node);
    mote_fb_row row = {0};
    mote_fb_row_i32(&row, TFL_OP_OPCODE_INDEX, mote_tflite_add_code(writer, graph, node), 0);
    mote_fb_row_ref(&row, TFL_OP_INPUTS);
    mote_fb_row_ref(&row, TFL_OP_OUTPUTS);
    const uint16_t options_id = def->options2_type != 0 ? TFL_OP_OPTIONS_2 : TFL_OP_OPTIONS;
    const uint8_t options_type = def->options2_type != 0 ? def->options2_type : def->options_type;
    mote_fb_row_u8(&row, (uint16_t)(options_id - 1), options_type, 0);
    if (options_type != 0)
        mote_fb_row_ref(&row, options_id);
    if (node->n_custom_bytes > 0)
        mote_fb_row_ref(&row, TFL_OP_CUSTOM_OPTIONS);
    if (mutating)
        mote_fb_row_ref(&row, TFL_OP_MUTATING_INPUTS);
    if (node->n_intermediates > 0)
        mote_fb_row_ref(&row, TFL_OP_INTERMEDIATES);
    const size_t at = mote_fb_put_row(out, &row);
    link_i32_vec(out, &row, TFL_OP_INPUTS, node->inputs, node->n_inputs);
    link_i32_vec(out, &row, TFL_OP_OUTPUTS, node->outputs, node->n_outputs);
    if (options_type != 0)
        mote_fb_link(out, mote_fb_row_slot(&row, options_id), mote_tflite_put_options(out, def, node->params));
    if (node->n_custom_bytes > 0)
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_OP_CUSTOM_OPTIONS),
                     mote_fb_put_vec(out, node->custom_options, node->n_custom_bytes, 1, 16));
    if (mutating)
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_OP_MUTATING_INPUTS), put_mutating(out, graph, node));
    if (node->n_intermediates > 0)
        link_i32_vec(out, &row, TFL_OP_INTERMEDIATES, node->intermediates, node->n_intermediates);
    return at;
}

size_t mote_tflite_put_graph(mote_tflite_writer *writer, const mote_graph *graph)
{
    mote_fb_writer *out = &writer->out;
    const bool named = graph->name != NULL && *graph->name != '\0';
    mote_fb_row row = {0};
    mote_fb_row_ref(&row, TFL_GRAPH_TENSORS);
    mote_fb_row_ref(&row, TFL_GRAPH_INPUTS);
    mote_fb_row_ref(&row, TFL_GRAPH_OUTPUTS);
    mote_fb_row_ref(&row, TFL_GRAPH_OPERATORS);
    if (named)
        mote_fb_row_ref(&row, TFL_GRAPH_NAME);
    const size_t at = mote_fb_put_row(out, &row);
    const size_t tensors = mote_fb_put_ref_vec(out, (size_t)graph->n_tensors);
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_GRAPH_TENSORS), tensors);
    for (int32_t i = 0; i < graph->n_tensors; ++i)
        mote_fb_link(out, tensors + 4 + 4 * (size_t)i, mote_tflite_put_tensor(writer, graph->tensors[i]));
    link_i32_vec(out, &row, TFL_GRAPH_INPUTS, graph->inputs, graph->n_inputs);
    link_i32_vec(out, &row, TFL_GRAPH_OUTPUTS, graph->outputs, graph->n_outputs);
    const size_t nodes = mote_fb_put_ref_vec(out, (size_t)graph->n_nodes);
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_GRAPH_OPERATORS), nodes);
    for (int32_t i = 0; i < graph->n_nodes; ++i)
        mote_fb_link(out, nodes + 4 + 4 * (size_t)i, put_node(writer, graph, graph->nodes[i]));
    if (named)
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_GRAPH_NAME), mote_fb_put_string(out, graph->name));
    return at;
}
