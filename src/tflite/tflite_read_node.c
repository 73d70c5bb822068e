/* Operators, signatures and metadata. */
#include "op/custom/custom.h"
#include "tflite/tflite_options.h"
#include "tflite/tflite_reader.h"
#include "tflite/tflite_schema.h"

#include <string.h>

/* The operator's number: old files fill only the 8-bit field, new ones both or only the other. */
static mote_status read_code(mote_tflite_reader *reader, const mote_fb_table *from, mote_fb_table *code, int32_t *op)
{
    const uint32_t index = mote_fb_get_u32(from, TFL_OP_OPCODE_INDEX, 0);
    if (index >= reader->codes.n)
        return mote_error_set(reader->err, MOTE_FORMAT, "names operator code %u, of %u there are", index,
                              reader->codes.n);
    *code = mote_fb_vec_table(&reader->codes, index);
    const int32_t old = mote_fb_get_i8(code, TFL_CODE_DEPRECATED, 0);
    const int32_t new = mote_fb_get_i32(code, TFL_CODE_BUILTIN, 0);
    *op = old > new ? old : new;
    if (*op < 0 || *op >= MOTE_OP_FIRST_OWN)
        return mote_error_set(reader->err, MOTE_FORMAT, "operator number %d does not exist", *op);
    return MOTE_OK;
}

static mote_status read_custom(mote_tflite_reader *reader, const mote_fb_table *from, const mote_fb_table *code,
                               mote_node *node)
{
    mote_status status = mote_tflite_read_text(reader, code, TFL_CODE_CUSTOM, &node->custom_code);
    if (status != MOTE_OK)
        return status;
    const mote_fb_vec options = mote_fb_get_vec(from, TFL_OP_CUSTOM_OPTIONS);
    const uint64_t offset = mote_fb_get_u64(from, TFL_OP_LARGE_CUSTOM_OFFSET, 0);
    const uint8_t *bytes = options.n > 0 ? mote_fb_vec_bytes(&options) : NULL;
    node->n_custom_bytes = options.n;
    if (offset > 1) { /* outside the flatbuffer */
        const uint64_t size = mote_fb_get_u64(from, TFL_OP_LARGE_CUSTOM_SIZE, 0);
        status = mote_tflite_read_outside(reader, offset, size, "custom options", &bytes);
        if (status != MOTE_OK)
            return status;
        node->n_custom_bytes = (size_t)size;
    }
    if (node->n_custom_bytes == 0)
        return MOTE_OK;
    node->custom_options = mote_tflite_copy(reader, bytes, node->n_custom_bytes);
    return node->custom_options == NULL ? mote_tflite_out_of_memory(reader) : MOTE_OK;
}

static mote_status read_params(mote_tflite_reader *reader, const mote_fb_table *from, const mote_op_def *def,
                               mote_node *node)
{
    if (def->params_bytes == 0)
        return MOTE_OK;
    node->params = mote_tflite_alloc(reader, 1, def->params_bytes);
    if (node->params == NULL)
        return mote_tflite_out_of_memory(reader);
    if (def->read_custom) {
        def->read_custom(node->custom_options, node->n_custom_bytes, node->params);
        return MOTE_OK;
    }
    mote_tflite_default_options(def, node->params);
    const bool second = def->options2_type != 0;
    const uint8_t wanted = second ? def->options2_type : def->options_type;
    const uint8_t type = mote_fb_get_u8(from, second ? TFL_OP_OPTIONS_2_TYPE : TFL_OP_OPTIONS_TYPE, 0);
    mote_fb_table options;
    if (wanted == 0 || type == 0 || !mote_fb_get_table(from, second ? TFL_OP_OPTIONS_2 : TFL_OP_OPTIONS, &options))
        return MOTE_OK;
    if (type != wanted)
        return mote_error_set(reader->err, MOTE_FORMAT, "carries the options of another operator (type %u, not %u)",
                              type, wanted);
    return mote_tflite_read_options(reader, def, &options, node->params);
}

static mote_status read_node(mote_tflite_reader *reader, const mote_fb_table *from, mote_node *node)
{
    mote_fb_table code;
    int32_t op = -1;
    node->layer = -1;
    mote_status status = read_code(reader, from, &code, &op);
    if (status != MOTE_OK)
        return status;
    node->op = (mote_op)op;
    node->version = mote_fb_get_i32(&code, TFL_CODE_VERSION, 1);
    if (node->version < 1)
        return mote_error_set(reader->err, MOTE_FORMAT, "version %d; versions count from 1", node->version);
    status = mote_tflite_read_indices(reader, from, TFL_OP_INPUTS, &node->n_inputs, &node->inputs);
    if (status == MOTE_OK)
        status = mote_tflite_read_indices(reader, from, TFL_OP_OUTPUTS, &node->n_outputs, &node->outputs);
    if (status == MOTE_OK)
        status =
            mote_tflite_read_indices(reader, from, TFL_OP_INTERMEDIATES, &node->n_intermediates, &node->intermediates);
    if (status == MOTE_OK && op == MOTE_OP_CUSTOM) {
        status = read_custom(reader, from, &code, node);
        if (status == MOTE_OK)
            node->op = mote_op_find_custom(node->custom_code);
    }
    const mote_op_def *def = mote_op_find(node->op);
    if (status == MOTE_OK && def != NULL)
        status = read_params(reader, from, def, node);
    return status;
}

mote_status mote_tflite_read_nodes(mote_tflite_reader *reader, const mote_fb_table *from, mote_graph *graph)
{
    const mote_fb_vec vec = mote_fb_get_vec(from, TFL_GRAPH_OPERATORS);
    graph->nodes = mote_tflite_alloc(reader, vec.n, sizeof *graph->nodes);
    mote_node *nodes = mote_tflite_alloc(reader, vec.n, sizeof *nodes);
    if (graph->nodes == NULL || nodes == NULL)
        return mote_tflite_out_of_memory(reader);
    graph->n_nodes = graph->node_capacity = (int32_t)vec.n;
    for (uint32_t i = 0; i < vec.n; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&vec, i);
        graph->nodes[i] = &nodes[i];
        const mote_status status = read_node(reader, &table, &nodes[i]);
        if (status != MOTE_OK) {
            const char *name = mote_op_name((int32_t)nodes[i].op);
            return mote_error_prefix(reader->err, status, "operator %u (%s)", i, name ? name : "unknown");
        }
    }
    return MOTE_OK;
}

/* --- signatures --- */

static mote_status read_args(mote_tflite_reader *reader, const mote_fb_table *from, uint16_t id,
                             const mote_graph *graph, int32_t *n, mote_signature_arg **args)
{
    const mote_fb_vec vec = mote_fb_get_vec(from, id);
    *n = (int32_t)vec.n;
    *args = mote_tflite_alloc(reader, vec.n, sizeof **args);
    if (*args == NULL)
        return mote_tflite_out_of_memory(reader);
    for (uint32_t i = 0; i < vec.n; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&vec, i);
        const uint32_t tensor = mote_fb_get_u32(&table, TFL_TENSOR_MAP_INDEX, 0);
        if (tensor >= (uint32_t)graph->n_tensors)
            return mote_error_set(reader->err, MOTE_FORMAT, "argument %u is tensor %u, of %d there are", i, tensor,
                                  graph->n_tensors);
        (*args)[i].tensor = (int32_t)tensor;
        const mote_status status = mote_tflite_read_text(reader, &table, TFL_TENSOR_MAP_NAME, &(*args)[i].name);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static mote_status read_signature(mote_tflite_reader *reader, const mote_fb_table *from, mote_signature *signature)
{
    const uint32_t graph = mote_fb_get_u32(from, TFL_SIGNATURE_GRAPH, 0);
    if (graph >= (uint32_t)reader->model->n_graphs)
        return mote_error_set(reader->err, MOTE_FORMAT, "names graph %u, of %d there are", graph,
                              reader->model->n_graphs);
    signature->graph = (int32_t)graph;
    mote_status status = mote_tflite_read_text(reader, from, TFL_SIGNATURE_KEY, &signature->key);
    if (status == MOTE_OK)
        status = read_args(reader, from, TFL_SIGNATURE_INPUTS, reader->model->graphs[graph], &signature->n_inputs,
                           &signature->inputs);
    if (status == MOTE_OK)
        status = read_args(reader, from, TFL_SIGNATURE_OUTPUTS, reader->model->graphs[graph], &signature->n_outputs,
                           &signature->outputs);
    return status;
}

mote_status mote_tflite_read_signatures(mote_tflite_reader *reader)
{
    const mote_fb_vec vec = mote_fb_get_vec(&reader->root, TFL_MODEL_SIGNATURE_DEFS);
    mote_model *model = reader->model;
    model->signatures = mote_tflite_alloc(reader, vec.n, sizeof *model->signatures);
    if (model->signatures == NULL)
        return mote_tflite_out_of_memory(reader);
    for (uint32_t i = 0; i < vec.n; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&vec, i);
        const mote_status status = read_signature(reader, &table, &model->signatures[i]);
        if (status != MOTE_OK)
            return mote_error_prefix(reader->err, status, "signature %u", i);
    }
    model->n_signatures = (int32_t)vec.n;
    return MOTE_OK;
}

/* --- metadata --- */

mote_status mote_tflite_read_metadata(mote_tflite_reader *reader)
{
    const mote_fb_vec vec = mote_fb_get_vec(&reader->root, TFL_MODEL_METADATA);
    mote_model *model = reader->model;
    model->metadata = mote_tflite_alloc(reader, vec.n, sizeof *model->metadata);
    if (model->metadata == NULL)
        return mote_tflite_out_of_memory(reader);
    for (uint32_t i = 0; i < vec.n; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&vec, i);
        const uint32_t buffer = mote_fb_get_u32(&table, TFL_METADATA_BUFFER, 0);
        mote_metadata *metadata = &model->metadata[i];
        if (buffer >= reader->n_buffers)
            return mote_error_set(reader->err, MOTE_FORMAT, "metadata %u names buffer %u, of %u there are", i, buffer,
                                  reader->n_buffers);
        mote_status status = mote_tflite_read_text(reader, &table, TFL_METADATA_NAME, &metadata->name);
        if (status == MOTE_OK)
            status = mote_tflite_read_buffer(reader, buffer, &metadata->data);
        if (status != MOTE_OK)
            return status;
        metadata->n_bytes = reader->buffers[buffer].n_bytes;
    }
    model->n_metadata = (int32_t)vec.n;
    return MOTE_OK;
}
