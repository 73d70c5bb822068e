/* What the parts of the reader share: the verified file, the model being made, and its constants. */
#ifndef MOTE_TFLITE_TFLITE_READER_H
#define MOTE_TFLITE_TFLITE_READER_H

#include <mote/graph.h>

#include "tflite/flatbuffer.h"

/* A constant's bytes in the file, and its one copy in the model's arena once a tensor wanted it. */
typedef struct mote_tflite_buffer {
    const uint8_t *bytes;
    size_t n_bytes;
    bool present; /* the file gives bytes, if only 0 of them */
    void *copy;
} mote_tflite_buffer;

typedef struct mote_tflite_reader {
    const uint8_t *bytes;
    size_t n_bytes;
    size_t limit_bytes;  /* of the arena */
    size_t wanted_bytes; /* by the latest allocation: tells the limit from a lack of memory */
    mote_fb_table root;
    mote_fb_vec codes;
    mote_tflite_buffer *buffers;
    uint32_t n_buffers;
    mote_model *model;
    mote_arena *arena;   /* the model's */
    mote_fb_check check; /* for options tables, which only an operator's definition describes */
    mote_error *err;
} mote_tflite_reader;

/* In the model's arena, zeroed; NULL: mote_tflite_out_of_memory says why. */
void *mote_tflite_alloc(mote_tflite_reader *reader, size_t n, size_t element_bytes);
void *mote_tflite_copy(mote_tflite_reader *reader, const void *bytes, size_t n_bytes);
/* MOTE_LIMIT when the arena's limit is the reason for the latest NULL, else MOTE_NO_MEMORY. */
mote_status mote_tflite_out_of_memory(const mote_tflite_reader *reader);
/* Bytes outside the flatbuffer, as offset and size from the start of the file. */
mote_status mote_tflite_read_outside(const mote_tflite_reader *reader, uint64_t offset, uint64_t size, const char *what,
                                     const uint8_t **bytes);
/* The buffer's copy in the arena, 64-byte aligned; *data is not NULL even for 0 bytes. */
mote_status mote_tflite_read_buffer(mote_tflite_reader *reader, uint32_t index, const void **data);
/* A string field, copied; "" when absent. */
mote_status mote_tflite_read_text(mote_tflite_reader *reader, const mote_fb_table *table, uint16_t id,
                                  const char **text);
/* An index vector, copied. */
mote_status mote_tflite_read_indices(mote_tflite_reader *reader, const mote_fb_table *table, uint16_t id, int32_t *n,
                                     int32_t **values);
/* made[i]: an operator or the caller gives tensor i its value. */
mote_status mote_tflite_read_tensors(mote_tflite_reader *reader, const mote_fb_table *from, mote_graph *graph,
                                     const bool *made);
/* n_bytes: what the constant's buffer holds. */
mote_status mote_tflite_read_sparsity(mote_tflite_reader *reader, const mote_fb_table *from, mote_tensor *tensor,
                                      size_t n_bytes);
/* The scales that constants have elsewhere; after the tensors. */
mote_status mote_tflite_read_blockwise(mote_tflite_reader *reader, const mote_fb_table *from, mote_graph *graph);
mote_status mote_tflite_read_nodes(mote_tflite_reader *reader, const mote_fb_table *from, mote_graph *graph);
mote_status mote_tflite_read_signatures(mote_tflite_reader *reader);
mote_status mote_tflite_read_metadata(mote_tflite_reader *reader);

#endif
