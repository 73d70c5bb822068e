/*
 * Reading HDF5 within limits. The library parses bytes that nobody vouches for, so it is given a file image in memory
 * and asked for little: attributes that are text, and datasets of plain numbers, without external links, external
 * storage or filters other than deflate, shuffle and fletcher32.
 */
#ifndef MOTE_IMPORT_H5_FILE_H
#define MOTE_IMPORT_H5_FILE_H

#include <mote/io.h>
#include <mote/tensor.h>

typedef struct mote_h5 mote_h5;

/* bytes stay the caller's and must outlive the handle. */
mote_status mote_h5_open(mote_h5 **h5, const void *bytes, size_t n_bytes, mote_error *err);
void mote_h5_close(mote_h5 *h5);

bool mote_h5_has(const mote_h5 *h5, const char *path);
/* A text attribute of a group ("/" for the root), in the arena; *text NULL when there is none. */
mote_status mote_h5_text(const mote_h5 *h5, const char *group, const char *name, mote_arena *arena, const char **text,
                         mote_error *err);
/* A list-of-text attribute, also where Keras split it over name0, name1, … */
mote_status mote_h5_text_list(const mote_h5 *h5, const char *group, const char *name, mote_arena *arena,
                              const char ***list, int32_t *n, mote_error *err);
/* Shape and type of a dataset, and its values: floats of any width become float32, integers int64. */
mote_status mote_h5_dataset(const mote_h5 *h5, const char *path, mote_arena *arena, mote_tensor *tensor,
                            mote_error *err);
/* Names of a group's members in creation-independent (name) order. */
mote_status mote_h5_members(const mote_h5 *h5, const char *group, mote_arena *arena, const char ***list, int32_t *n,
                            mote_error *err);

#endif
