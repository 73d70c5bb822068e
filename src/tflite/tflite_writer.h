/* What the parts of the writer share. */
#ifndef MOTE_TFLITE_TFLITE_WRITER_H
#define MOTE_TFLITE_TFLITE_WRITER_H

#include <mote/graph.h>

#include "tflite/flatbuffer.h"
#include "tflite/runtime_version.h"

/* A constant to be stored; equal ones are stored once. */
typedef struct mote_tflite_blob {
    const void *data;
    size_t n_bytes;
    uint64_t hash;
    bool present; /* false: the empty buffer 0 */
} mote_tflite_blob;

typedef struct mote_tflite_code {
    int32_t op, version;
    const char *custom_code; /* NULL but for CUSTOM */
} mote_tflite_code;

typedef struct mote_tflite_writer {
    const mote_model *model;
    const mote_allocator *allocator;
    mote_fb_writer out;
    mote_tflite_blob *blobs;
    int32_t n_blobs, blob_capacity;
    int32_t *blob_table; /* open addressing by hash: index into blobs, or -1 */
    int32_t blob_table_size;
    mote_tflite_code *codes;
    int32_t n_codes, code_capacity;
    mote_tensor **scratch; /* inputs and outputs of one node */
    int32_t scratch_capacity;
    char needed_version[MOTE_RUNTIME_VERSION_BYTES]; /* a metadata's bytes until they are written */
    mote_error *err;
} mote_tflite_writer;

/* Index of the buffer for these bytes; -1: out of memory. shared: an equal one may stand in. */
int32_t mote_tflite_add_blob(mote_tflite_writer *writer, const void *data, size_t n_bytes, bool shared);
/* Index of the operator code of a node, made on first use; -1: out of memory. */
int32_t mote_tflite_add_code(mote_tflite_writer *writer, const mote_graph *graph, const mote_node *node);
size_t mote_tflite_put_tensor(mote_tflite_writer *writer, const mote_tensor *tensor);
/* A graph with its tensors and operators. */
size_t mote_tflite_put_graph(mote_tflite_writer *writer, const mote_graph *graph);
/* The vectors of signatures and metadata. */
size_t mote_tflite_put_signatures(mote_tflite_writer *writer);
size_t mote_tflite_put_metadata(mote_tflite_writer *writer);
void mote_tflite_writer_fail(mote_tflite_writer *writer, mote_status status);

#endif
