/* The .tflite format: verified completely at the door, then read; written deterministically. */
#ifndef MOTE_TFLITE_H
#define MOTE_TFLITE_H

#include <mote/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every offset, length, index, type and shape is checked before use. The model copies what it needs:
 * bytes may go away afterwards. Errors give the byte offset or the tensor or operator. Operators mote does not know are
 * kept as they are (node->op is the number from the file) so that inspect can show them; running or writing them is
 * refused. */
MOTE_API mote_status mote_tflite_read(mote_model **model, const void *bytes, size_t n_bytes,
                                      const mote_allocator *allocator, mote_error *err);
MOTE_API mote_status mote_tflite_load(mote_model **model, const char *path, const mote_allocator *allocator,
                                      mote_error *err);
/* *bytes from allocator (mote_free). Same model, same bytes. 16-byte-aligned buffers, min_runtime_version metadata. */
MOTE_API mote_status mote_tflite_build(const mote_model *model, unsigned char **bytes, size_t *n_bytes,
                                       const mote_allocator *allocator, mote_error *err);
/* Whole or not at all; "-" is standard output. */
MOTE_API mote_status mote_tflite_save(const mote_model *model, const char *path, mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
