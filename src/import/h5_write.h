/* Writing HDF5 files in memory: groups, datasets of numbers, attributes of text. Same calls, same bytes: no times are
 * stored. The first failure sticks; h5_writer_finish tells it. */
#ifndef MOTE_IMPORT_H5_WRITE_H
#define MOTE_IMPORT_H5_WRITE_H

#include <mote/alloc.h>
#include <mote/tensor.h>

typedef struct h5_writer h5_writer;

h5_writer *h5_writer_new(void); /* NULL: out of memory */
void h5_writer_free(h5_writer *writer);
/* Makes a group and those above it that are missing; "/a/b". */
void h5_write_group(h5_writer *writer, const char *path);
/* FLOAT32 or INT64 values in C order; groups above it are made. */
void h5_write_dataset(h5_writer *writer, const char *path, mote_dtype dtype, const mote_shape *shape, const void *data);
/* A text of any length. */
void h5_write_text(h5_writer *writer, const char *group, const char *name, const char *text);
/* A list of texts; split over name0, name1, … where it does not fit HDF5's limit of 64 KB, as Keras does. */
void h5_write_text_list(h5_writer *writer, const char *group, const char *name, int32_t n, const char *const *texts);
/* The file; *bytes from allocator. */
mote_status h5_writer_finish(h5_writer *writer, unsigned char **bytes, size_t *n_bytes, const mote_allocator *allocator,
                             mote_error *err);

#endif
