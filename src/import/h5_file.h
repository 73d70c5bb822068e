/*
 * Reading HDF5 within limits. libhdf5 breaks down on some damaged files (of 20,000 mutants of small Keras files, 1.10.8
 * crashed or hung on one in a hundred), so it only ever runs in a child process: without files to open, with little
 * memory and time, and with nothing to tell but a stream of records that is checked here. What crashes it becomes an
 * error of one line. Of the file only hard links are followed, and only attributes that Keras writes and datasets of
 * plain numbers are read, without external storage, views or filters other than deflate, shuffle and fletcher32.
 */
#ifndef MOTE_IMPORT_H5_FILE_H
#define MOTE_IMPORT_H5_FILE_H

#include "import/h5_snapshot.h"

#include <mote/io.h>

typedef struct mote_h5 mote_h5;

/* Reads all of the file at once; bytes are not needed afterwards. */
mote_status mote_h5_open(mote_h5 **h5, const void *bytes, size_t n_bytes, mote_error *err);
/* The same from the records of mote_h5_walk on a file of n_bytes, which the limit on memory goes by. */
mote_status mote_h5_receive(mote_h5 **h5, size_t n_bytes, h5_read_fn *read, void *context, mote_error *err);
void mote_h5_close(mote_h5 *h5);

/* Paths begin with a slash; the root is "/". */
bool mote_h5_has(const mote_h5 *h5, const char *path);
/* A text attribute of a group; *text NULL when there is none. Texts, names and values live as long as the handle. */
mote_status mote_h5_text(const mote_h5 *h5, const char *group, const char *name, const char **text, mote_error *err);
/* A list-of-text attribute, also where Keras split it over name0, name1, … The list itself is in the arena. */
mote_status mote_h5_text_list(const mote_h5 *h5, const char *group, const char *name, mote_arena *arena,
                              const char ***list, int32_t *n, mote_error *err);
/* Shape and type of a dataset, and its values: floats of any width are float32, integers int64. */
mote_status mote_h5_dataset(const mote_h5 *h5, const char *path, mote_tensor *tensor, mote_error *err);
/* Names of a group's members, in the order of strcmp; the list is in the arena. */
mote_status mote_h5_members(const mote_h5 *h5, const char *group, mote_arena *arena, const char ***list, int32_t *n,
                            mote_error *err);

#endif
