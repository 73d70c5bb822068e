/*
 * .tflite -> mote_model. The whole flatbuffer is verified against the schema first; what the schema cannot
 * say (indices, sizes, quantization) is checked where it is read, and the graph's own rules at the end.
 */
#include <mote/io.h>
#include <mote/tflite.h>

#include "tflite/tflite_reader.h"
#include "tflite/tflite_schema.h"

#include <string.h>

enum { MAX_TABLES = 4000000 };

/* What a file may cost: its constants once, and its structure, which unfolds from a few bytes a tensor. */
static size_t arena_limit(size_t n_bytes)
{
    return 2 * n_bytes + ((size_t)256 << 20);
}

static const size_t max_file_bytes = (size_t)8 << 30;

void *mote_tflite_alloc(mote_tflite_reader *reader, size_t n, size_t element_bytes)
{
    if (__builtin_mul_overflow(n, element_bytes, &reader->wanted_bytes))
        reader->wanted_bytes = SIZE_MAX;
    return mote_arena_alloc(reader->arena, reader->wanted_bytes);
}

void *mote_tflite_copy(mote_tflite_reader *reader, const void *bytes, size_t n_bytes)
{
    reader->wanted_bytes = n_bytes;
    return mote_arena_copy(reader->arena, bytes, n_bytes);
}

mote_status mote_tflite_out_of_memory(const mote_tflite_reader *reader)
{
    if (reader->wanted_bytes > reader->limit_bytes - mote_arena_used_bytes(reader->arena))
        return mote_error_set(reader->err, MOTE_LIMIT,
                              "unfolds to more than %zu MB: its parts refer to the same bytes again and again",
                              reader->limit_bytes >> 20);
    return mote_error_no_memory(reader->err);
}

mote_status mote_tflite_read_outside(const mote_tflite_reader *reader, uint64_t offset, uint64_t size, const char *what,
                                     const uint8_t **bytes)
{
    if (offset > reader->n_bytes || size > reader->n_bytes - offset)
        return mote_error_set(reader->err, MOTE_FORMAT, "%s: %llu bytes at byte %llu lie outside the file", what,
                              (unsigned long long)size, (unsigned long long)offset);
    *bytes = reader->bytes + offset;
    return MOTE_OK;
}

mote_status mote_tflite_read_text(mote_tflite_reader *reader, const mote_fb_table *table, uint16_t id,
                                  const char **text)
{
    const mote_fb_vec vec = mote_fb_get_vec(table, id);
    *text = "";
    if (vec.n == 0)
        return MOTE_OK;
    *text = mote_tflite_copy(reader, mote_fb_vec_bytes(&vec), (size_t)vec.n + 1);
    return *text == NULL ? mote_tflite_out_of_memory(reader) : MOTE_OK;
}

mote_status mote_tflite_read_indices(mote_tflite_reader *reader, const mote_fb_table *table, uint16_t id, int32_t *n,
                                     int32_t **values)
{
    const mote_fb_vec vec = mote_fb_get_vec(table, id);
    *n = (int32_t)vec.n; /* 4 bytes each in a file under 8 GB */
    *values = mote_tflite_alloc(reader, vec.n, sizeof **values);
    if (*values == NULL)
        return mote_tflite_out_of_memory(reader);
    if (vec.n > 0)
        memcpy(*values, mote_fb_vec_bytes(&vec), (size_t)vec.n * sizeof **values);
    return MOTE_OK;
}

/* --- buffers --- */

static mote_status find_buffers(mote_tflite_reader *reader, const mote_allocator *allocator)
{
    const mote_fb_vec vec = mote_fb_get_vec(&reader->root, TFL_MODEL_BUFFERS);
    reader->buffers = mote_calloc(allocator, vec.n, sizeof *reader->buffers);
    if (reader->buffers == NULL)
        return mote_error_no_memory(reader->err);
    reader->n_buffers = vec.n;
    for (uint32_t i = 0; i < vec.n; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&vec, i);
        const uint64_t offset = mote_fb_get_u64(&table, TFL_BUFFER_OFFSET, 0);
        const uint64_t size = mote_fb_get_u64(&table, TFL_BUFFER_SIZE, 0);
        mote_tflite_buffer *buffer = &reader->buffers[i];
        if (mote_fb_has(&table, TFL_BUFFER_DATA)) {
            const mote_fb_vec data = mote_fb_get_vec(&table, TFL_BUFFER_DATA);
            *buffer = (mote_tflite_buffer){.bytes = mote_fb_vec_bytes(&data), .n_bytes = data.n, .present = true};
        } else if (offset > 1) { /* 0 and 1 say: nothing outside */
            const mote_status status = mote_tflite_read_outside(reader, offset, size, "a buffer", &buffer->bytes);
            if (status != MOTE_OK)
                return mote_error_prefix(reader->err, status, "buffer %u", i);
            buffer->n_bytes = (size_t)size;
            buffer->present = true;
        }
    }
    return MOTE_OK;
}

mote_status mote_tflite_read_buffer(mote_tflite_reader *reader, uint32_t index, const void **data)
{
    mote_tflite_buffer *buffer = &reader->buffers[index];
    if (buffer->copy == NULL) {
        /* at least a line: kernels may then count on 64-byte alignment for every constant */
        buffer->copy =
            mote_tflite_alloc(reader, 1, buffer->n_bytes < MOTE_ALIGNMENT ? MOTE_ALIGNMENT : buffer->n_bytes);
        if (buffer->copy == NULL)
            return mote_tflite_out_of_memory(reader);
        if (buffer->n_bytes > 0)
            memcpy(buffer->copy, buffer->bytes, buffer->n_bytes);
    }
    *data = buffer->copy;
    return MOTE_OK;
}

/* --- graphs --- */

static mote_status mark_made(const mote_tflite_reader *reader, const mote_fb_table *table, uint16_t id, uint32_t n,
                             bool *made, const char *what)
{
    const mote_fb_vec vec = mote_fb_get_vec(table, id);
    for (uint32_t i = 0; i < vec.n; ++i) {
        const int32_t tensor = mote_fb_vec_i32(&vec, i);
        if (tensor < 0 || (uint32_t)tensor >= n)
            return mote_error_set(reader->err, MOTE_FORMAT, "%s %u is tensor %d, of %u there are", what, i, tensor, n);
        made[tensor] = true;
    }
    return MOTE_OK;
}

/* Finds the tensors that operators and callers give a value: an empty one among the others is a constant. */
static mote_status find_made(const mote_tflite_reader *reader, const mote_fb_table *from, uint32_t n, bool *made)
{
    mote_status status = mark_made(reader, from, TFL_GRAPH_INPUTS, n, made, "graph input");
    const mote_fb_vec operators = mote_fb_get_vec(from, TFL_GRAPH_OPERATORS);
    for (uint32_t i = 0; i < operators.n && status == MOTE_OK; ++i) {
        const mote_fb_table operator= mote_fb_vec_table(&operators, i);
        status = mark_made(reader, &operator, TFL_OP_OUTPUTS, n, made, "output");
        if (status != MOTE_OK)
            return mote_error_prefix(reader->err, status, "operator %u", i);
    }
    return status;
}

static mote_status read_graph(mote_tflite_reader *reader, const mote_fb_table *from, mote_graph *graph,
                              const mote_allocator *allocator)
{
    mote_status status = mote_tflite_read_text(reader, from, TFL_GRAPH_NAME, &graph->name);
    const uint32_t n = mote_fb_get_vec(from, TFL_GRAPH_TENSORS).n;
    bool *made = mote_calloc(allocator, n, sizeof *made);
    if (made == NULL)
        return mote_error_no_memory(reader->err);
    if (status == MOTE_OK)
        status = find_made(reader, from, n, made);
    if (status == MOTE_OK)
        status = mote_tflite_read_tensors(reader, from, graph, made);
    mote_free(allocator, made);
    if (status == MOTE_OK)
        status = mote_tflite_read_blockwise(reader, from, graph);
    if (status == MOTE_OK)
        status = mote_tflite_read_nodes(reader, from, graph);
    if (status == MOTE_OK)
        status = mote_tflite_read_indices(reader, from, TFL_GRAPH_INPUTS, &graph->n_inputs, &graph->inputs);
    if (status == MOTE_OK)
        status = mote_tflite_read_indices(reader, from, TFL_GRAPH_OUTPUTS, &graph->n_outputs, &graph->outputs);
    return status;
}

static mote_status read_graphs(mote_tflite_reader *reader, const mote_allocator *allocator)
{
    const mote_fb_vec subgraphs = mote_fb_get_vec(&reader->root, TFL_MODEL_SUBGRAPHS);
    if (subgraphs.n == 0)
        return mote_error_set(reader->err, MOTE_FORMAT, "holds no graph");
    mote_model *model = reader->model;
    model->graphs = mote_tflite_alloc(reader, subgraphs.n, sizeof(mote_graph *));
    mote_graph *graphs = mote_tflite_alloc(reader, subgraphs.n, sizeof *graphs);
    if (model->graphs == NULL || graphs == NULL)
        return mote_tflite_out_of_memory(reader);
    model->n_graphs = (int32_t)subgraphs.n;
    for (uint32_t i = 0; i < subgraphs.n; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&subgraphs, i);
        model->graphs[i] = &graphs[i];
        graphs[i].arena = reader->arena;
        const mote_status status = read_graph(reader, &table, &graphs[i], allocator);
        if (status != MOTE_OK)
            return subgraphs.n > 1 ? mote_error_prefix(reader->err, status, "graph %u", i) : status;
    }
    return MOTE_OK;
}

/* --- the file --- */

static mote_status check_file(mote_tflite_reader *reader)
{
    mote_error *err = reader->err;
    if (reader->n_bytes < 8)
        return mote_error_set(err, MOTE_FORMAT, "%zu bytes are no .tflite model", reader->n_bytes);
    if (memcmp(reader->bytes + TFL_ID_AT, "TFL3", 4) != 0)
        return mote_error_set(err, MOTE_FORMAT, "not a .tflite model: 'TFL3' is missing at byte 4");
    uint32_t root_at;
    memcpy(&root_at, reader->bytes, sizeof root_at);
    reader->check = (mote_fb_check){reader->bytes, reader->n_bytes, MAX_TABLES, err};
    mote_status status = mote_fb_check_all(&reader->check, root_at, &mote_tflite_schema_model, &reader->root);
    if (status == MOTE_FORMAT && err) {
        const mote_error where = *err;
        return mote_error_set(err, status, "%s; the file is damaged or truncated, get it again", where.message);
    }
    if (status != MOTE_OK)
        return status;
    const uint32_t version = mote_fb_get_u32(&reader->root, TFL_MODEL_VERSION, 0);
    if (version != TFL_SCHEMA_VERSION)
        return mote_error_set(err, MOTE_UNSUPPORTED, "schema version %u; only version %d is in use, convert it again",
                              version, TFL_SCHEMA_VERSION);
    return MOTE_OK;
}

static mote_status read_model(mote_tflite_reader *reader, const mote_allocator *allocator)
{
    mote_model *model = reader->model;
    model->source = "tflite";
    reader->codes = mote_fb_get_vec(&reader->root, TFL_MODEL_OPERATOR_CODES);
    mote_status status = mote_tflite_read_text(reader, &reader->root, TFL_MODEL_DESCRIPTION, &model->description);
    if (status == MOTE_OK)
        status = find_buffers(reader, allocator);
    if (status == MOTE_OK)
        status = read_graphs(reader, allocator);
    if (status == MOTE_OK)
        status = mote_tflite_read_metadata(reader);
    if (status == MOTE_OK)
        status = mote_tflite_read_signatures(reader);
    if (status == MOTE_OK)
        status = mote_model_verify(model, reader->err);
    mote_free(allocator, reader->buffers);
    return status;
}

mote_status mote_tflite_read(mote_model **model, const void *bytes, size_t n_bytes, const mote_allocator *allocator,
                             mote_error *err)
{
    *model = NULL;
    mote_tflite_reader reader = {.bytes = bytes, .n_bytes = n_bytes, .err = err};
    mote_error_clear(err);
    if (n_bytes > max_file_bytes)
        return mote_error_set(err, MOTE_LIMIT, "%zu bytes, more than the %zu GB mote reads", n_bytes,
                              max_file_bytes >> 30);
    mote_status status = check_file(&reader);
    if (status != MOTE_OK)
        return status;
    reader.limit_bytes = arena_limit(n_bytes);
    reader.model = mote_model_new(allocator, reader.limit_bytes);
    if (reader.model == NULL)
        return mote_error_no_memory(err);
    reader.arena = reader.model->arena;
    status = read_model(&reader, allocator);
    if (status != MOTE_OK) {
        mote_model_free(reader.model);
        return status;
    }
    *model = reader.model;
    return MOTE_OK;
}

mote_status mote_tflite_load(mote_model **model, const char *path, const mote_allocator *allocator, mote_error *err)
{
    mote_file file;
    *model = NULL;
    mote_status status = mote_file_open(&file, path, max_file_bytes, allocator, err);
    if (status != MOTE_OK)
        return status;
    status = mote_tflite_read(model, file.data, file.n_bytes, allocator, err);
    mote_file_close(&file);
    return status == MOTE_OK ? MOTE_OK : mote_error_prefix(err, status, "%s", path);
}
