/*
 * mote_model -> .tflite, front to back: the model's table, operator codes, graphs, signatures and metadata, then
 * the buffers, whose bytes begin at multiples of 16. Nothing depends on addresses or time: same model, same bytes.
 */
#include <mote/io.h>
#include <mote/tflite.h>

#include "op/op.h"
#include "tflite/tflite_schema.h"
#include "tflite/tflite_writer.h"

#include <string.h>

enum { BUFFER_ALIGNMENT = 16, FIRST_BLOBS = 64 };

void mote_tflite_writer_fail(mote_tflite_writer *writer, mote_status status)
{
    if (writer->out.status == MOTE_OK)
        writer->out.status = status;
}

/* --- buffers --- */

static uint64_t hash_bytes(const uint8_t *bytes, size_t n)
{
    uint64_t hash = 14695981039346656037u ^ n, word; /* FNV-1a over 8-byte words, then the tail */
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&word, bytes + i, 8);
        hash = (hash ^ word) * 1099511628211u;
        hash ^= hash >> 29;
    }
    for (; i < n; ++i)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

/* The slot of the table where an equal blob is, or where one belongs. */
static int32_t find_slot(const mote_tflite_writer *writer, const void *data, size_t n_bytes, uint64_t hash)
{
    const uint64_t mask = (uint64_t)writer->blob_table_size - 1;
    for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
        const int32_t index = writer->blob_table[at];
        if (index < 0)
            return (int32_t)at;
        const mote_tflite_blob *blob = &writer->blobs[index];
        if (blob->hash == hash && blob->n_bytes == n_bytes &&
            (n_bytes == 0 || blob->data == data || memcmp(blob->data, data, n_bytes) == 0))
            return (int32_t)at;
    }
}

/* Room for one more blob, and a table at most half full. The unshared ones are never in the table. */
static bool grow_blobs(mote_tflite_writer *writer)
{
    if (writer->n_blobs < writer->blob_capacity)
        return true;
    const int32_t capacity = writer->blob_capacity == 0 ? FIRST_BLOBS : 2 * writer->blob_capacity;
    mote_tflite_blob *blobs = mote_realloc(writer->allocator, writer->blobs, (size_t)writer->n_blobs * sizeof *blobs,
                                           (size_t)capacity * sizeof *blobs);
    if (blobs == NULL)
        return false;
    writer->blobs = blobs;
    int32_t *table = mote_calloc(writer->allocator, 2 * (size_t)capacity, sizeof *table);
    if (table == NULL)
        return false;
    memset(table, 0xff, 2 * (size_t)capacity * sizeof *table);
    int32_t *old = writer->blob_table;
    const int32_t old_size = writer->blob_table_size;
    writer->blob_table = table;
    writer->blob_table_size = 2 * capacity;
    writer->blob_capacity = capacity;
    for (int32_t i = 0; i < old_size; ++i)
        if (old[i] >= 0) {
            const mote_tflite_blob *blob = &blobs[old[i]];
            table[find_slot(writer, blob->data, blob->n_bytes, blob->hash)] = old[i];
        }
    mote_free(writer->allocator, old);
    return true;
}

int32_t mote_tflite_add_blob(mote_tflite_writer *writer, const void *data, size_t n_bytes, bool shared)
{
    if (!grow_blobs(writer)) {
        mote_tflite_writer_fail(writer, MOTE_NO_MEMORY);
        return -1;
    }
    const uint64_t hash = shared ? hash_bytes(data, n_bytes) : 0;
    const int32_t slot = shared ? find_slot(writer, data, n_bytes, hash) : -1;
    if (shared && writer->blob_table[slot] >= 0)
        return writer->blob_table[slot];
    const int32_t index = writer->n_blobs++;
    writer->blobs[index] = (mote_tflite_blob){data, n_bytes, hash, true};
    if (shared)
        writer->blob_table[slot] = index;
    return index;
}

static size_t put_buffers(mote_tflite_writer *writer)
{
    mote_fb_writer *out = &writer->out;
    const size_t vec = mote_fb_put_ref_vec(out, (size_t)writer->n_blobs);
    for (int32_t i = 0; i < writer->n_blobs; ++i) {
        const mote_tflite_blob *blob = &writer->blobs[i];
        mote_fb_row row = {0};
        if (blob->present)
            mote_fb_row_ref(&row, TFL_BUFFER_DATA);
        mote_fb_link(out, vec + 4 + 4 * (size_t)i, mote_fb_put_row(out, &row));
        if (blob->present)
            mote_fb_link(out, mote_fb_row_slot(&row, TFL_BUFFER_DATA),
                         mote_fb_put_vec(out, blob->data, blob->n_bytes, 1, BUFFER_ALIGNMENT));
    }
    return vec;
}

/* --- operator codes --- */

static bool same_code(const mote_tflite_code *a, const mote_tflite_code *b)
{
    return a->op == b->op && a->version == b->version &&
           (a->custom_code == b->custom_code ||
            (a->custom_code != NULL && b->custom_code != NULL && strcmp(a->custom_code, b->custom_code) == 0));
}

/* The node's tensors for mote_op_io, in scratch memory: inputs, then outputs. */
static bool look_up(mote_tflite_writer *writer, const mote_graph *graph, const mote_node *node, mote_op_io *io)
{
    const int32_t n = node->n_inputs + node->n_outputs;
    if (n > writer->scratch_capacity) {
        mote_free(writer->allocator, writer->scratch);
        writer->scratch = mote_calloc(writer->allocator, (size_t)n, sizeof *writer->scratch);
        writer->scratch_capacity = writer->scratch == NULL ? 0 : n;
        if (writer->scratch == NULL)
            return false;
    }
    for (int32_t i = 0; i < node->n_inputs; ++i)
        writer->scratch[i] = node->inputs[i] == MOTE_NO_TENSOR ? NULL : graph->tensors[node->inputs[i]];
    for (int32_t i = 0; i < node->n_outputs; ++i)
        writer->scratch[node->n_inputs + i] = graph->tensors[node->outputs[i]];
    *io = (mote_op_io){node, writer->scratch, writer->scratch == NULL ? NULL : writer->scratch + node->n_inputs,
                       node->n_inputs, node->n_outputs};
    return true;
}

int32_t mote_tflite_add_code(mote_tflite_writer *writer, const mote_graph *graph, const mote_node *node)
{
    const mote_op_def *def = mote_op_find((int32_t)node->op);
    const bool custom = node->op == MOTE_OP_CUSTOM || def->read_custom;
    mote_tflite_code code = {custom ? MOTE_OP_CUSTOM : (int32_t)node->op, node->version,
                             custom ? node->custom_code : NULL};
    if (code.version == 0) {
        mote_op_io io;
        if (!look_up(writer, graph, node, &io)) {
            mote_tflite_writer_fail(writer, MOTE_NO_MEMORY);
            return -1;
        }
        code.version = def->version != NULL ? def->version(&io) : 1;
    }
    for (int32_t i = 0; i < writer->n_codes; ++i)
        if (same_code(&writer->codes[i], &code))
            return i;
    if (writer->n_codes == writer->code_capacity) {
        const int32_t capacity = writer->code_capacity == 0 ? FIRST_BLOBS : 2 * writer->code_capacity;
        mote_tflite_code *codes = mote_realloc(writer->allocator, writer->codes, (size_t)writer->n_codes * sizeof code,
                                               (size_t)capacity * sizeof code);
        if (codes == NULL) {
            mote_tflite_writer_fail(writer, MOTE_NO_MEMORY);
            return -1;
        }
        writer->codes = codes;
        writer->code_capacity = capacity;
    }
    writer->codes[writer->n_codes] = code;
    return writer->n_codes++;
}

static size_t put_codes(mote_tflite_writer *writer)
{
    mote_fb_writer *out = &writer->out;
    const size_t vec = mote_fb_put_ref_vec(out, (size_t)writer->n_codes);
    for (int32_t i = 0; i < writer->n_codes; ++i) {
        const mote_tflite_code *code = &writer->codes[i];
        const int32_t old = code->op < TFL_PLACEHOLDER_CODE ? code->op : TFL_PLACEHOLDER_CODE;
        const bool named = code->custom_code != NULL && *code->custom_code != '\0';
        mote_fb_row row = {0};
        mote_fb_row_u8(&row, TFL_CODE_DEPRECATED, (uint8_t)old, 0);
        if (named)
            mote_fb_row_ref(&row, TFL_CODE_CUSTOM);
        mote_fb_row_i32(&row, TFL_CODE_VERSION, code->version, 1);
        mote_fb_row_i32(&row, TFL_CODE_BUILTIN, code->op, 0);
        mote_fb_link(out, vec + 4 + 4 * (size_t)i, mote_fb_put_row(out, &row));
        if (named)
            mote_fb_link(out, mote_fb_row_slot(&row, TFL_CODE_CUSTOM), mote_fb_put_string(out, code->custom_code));
    }
    return vec;
}

/* --- the file --- */

static mote_status refuse(const mote_model *model, const mote_node *node, const char *why, mote_error *err)
{
    const char *name = mote_op_name((int32_t)node->op);
    const char *layer = node->layer >= 0 && node->layer < model->n_layers ? model->layers[node->layer].name : NULL;
    return mote_error_set(err, MOTE_UNSUPPORTED, "operator %s%s%s%s: %s", name != NULL ? name : "of unknown number",
                          layer != NULL ? " of layer '" : "", layer != NULL ? layer : "", layer != NULL ? "'" : "",
                          why);
}

/* Operators that a .tflite file has no word for. */
static mote_status check_writable(const mote_model *model, mote_error *err)
{
    for (int32_t g = 0; g < model->n_graphs; ++g)
        for (int32_t i = 0; i < model->graphs[g]->n_nodes; ++i) {
            const mote_node *node = model->graphs[g]->nodes[i];
            const mote_op_def *def = mote_op_find((int32_t)node->op);
            if (def == NULL)
                return refuse(model, node, "mote does not know its options and cannot write it", err);
            if ((def->flags & MOTE_OP_TRAINING) != 0 || ((int32_t)node->op >= MOTE_OP_FIRST_OWN && !def->read_custom))
                return refuse(model, node, "exists only while training; convert the model before writing a .tflite",
                              err);
        }
    for (int32_t g = 0; g < model->n_graphs; ++g)
        for (int32_t i = 0; i < model->graphs[g]->n_tensors; ++i)
            if (model->graphs[g]->tensors[i]->quant.block_size > 0)
                return mote_error_set(err, MOTE_UNSUPPORTED, "tensor '%s': mote does not write blockwise quantization",
                                      model->graphs[g]->tensors[i]->name);
    return mote_model_verify(model, err);
}

/* All codes before the file begins: operators refer to them by number. */
static void collect_codes(mote_tflite_writer *writer)
{
    for (int32_t g = 0; g < writer->model->n_graphs; ++g)
        for (int32_t i = 0; i < writer->model->graphs[g]->n_nodes; ++i)
            mote_tflite_add_code(writer, writer->model->graphs[g], writer->model->graphs[g]->nodes[i]);
}

static size_t put_graphs(mote_tflite_writer *writer)
{
    const size_t vec = mote_fb_put_ref_vec(&writer->out, (size_t)writer->model->n_graphs);
    for (int32_t i = 0; i < writer->model->n_graphs; ++i)
        mote_fb_link(&writer->out, vec + 4 + 4 * (size_t)i, mote_tflite_put_graph(writer, writer->model->graphs[i]));
    return vec;
}

static void put_model(mote_tflite_writer *writer)
{
    mote_fb_writer *out = &writer->out;
    const char *description = writer->model->description;
    const bool described = description != NULL && *description != '\0';
    mote_fb_row row = {0};
    mote_fb_put(out, "\0\0\0\0TFL3", 8);
    mote_fb_row_i32(&row, TFL_MODEL_VERSION, TFL_SCHEMA_VERSION, 0);
    mote_fb_row_ref(&row, TFL_MODEL_OPERATOR_CODES);
    mote_fb_row_ref(&row, TFL_MODEL_SUBGRAPHS);
    if (described)
        mote_fb_row_ref(&row, TFL_MODEL_DESCRIPTION);
    mote_fb_row_ref(&row, TFL_MODEL_BUFFERS);
    mote_fb_row_ref(&row, TFL_MODEL_METADATA);
    mote_fb_row_ref(&row, TFL_MODEL_SIGNATURE_DEFS);
    mote_fb_link(out, 0, mote_fb_put_row(out, &row));
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_MODEL_OPERATOR_CODES), put_codes(writer));
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_MODEL_SUBGRAPHS), put_graphs(writer));
    if (described)
        mote_fb_link(out, mote_fb_row_slot(&row, TFL_MODEL_DESCRIPTION), mote_fb_put_string(out, description));
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_MODEL_METADATA), mote_tflite_put_metadata(writer));
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_MODEL_SIGNATURE_DEFS), mote_tflite_put_signatures(writer));
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_MODEL_BUFFERS), put_buffers(writer));
}

mote_status mote_tflite_build(const mote_model *model, unsigned char **bytes, size_t *n_bytes,
                              const mote_allocator *allocator, mote_error *err)
{
    *bytes = NULL;
    *n_bytes = 0;
    mote_error_clear(err);
    mote_status status = check_writable(model, err);
    if (status != MOTE_OK)
        return status;
    mote_tflite_writer writer = {.model = model, .allocator = allocator, .err = err};
    mote_fb_writer_init(&writer.out, allocator);
    if (mote_tflite_add_blob(&writer, NULL, 0, false) == 0)
        writer.blobs[0].present = false; /* buffer 0 is the empty one by convention */
    collect_codes(&writer);
    if (writer.out.status == MOTE_OK)
        put_model(&writer);
    status = writer.out.status;
    if (status == MOTE_OK) {
        *bytes = writer.out.bytes;
        *n_bytes = writer.out.n_bytes;
        writer.out.bytes = NULL;
    } else if (status == MOTE_LIMIT) {
        mote_error_set(err, status, "the model needs more than the 2 GB that a .tflite file can hold");
    } else {
        mote_error_set(err, status, "out of memory");
    }
    mote_fb_writer_fini(&writer.out);
    mote_free(allocator, writer.blobs);
    mote_free(allocator, writer.blob_table);
    mote_free(allocator, writer.codes);
    mote_free(allocator, writer.scratch);
    return status;
}

mote_status mote_tflite_save(const mote_model *model, const char *path, mote_error *err)
{
    unsigned char *bytes;
    size_t n_bytes;
    mote_status status = mote_tflite_build(model, &bytes, &n_bytes, NULL, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "%s", path);
    status = mote_file_write(path, bytes, n_bytes, err);
    mote_free(NULL, bytes);
    return status;
}
