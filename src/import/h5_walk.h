/* Reading all that mote wants of an HDF5 image through libhdf5, as a stream of records. Runs in a child process: see
 * h5_file.h. (The fuzzer runs it in its own, to see where inputs lead.) */
#ifndef MOTE_IMPORT_H5_WALK_H
#define MOTE_IMPORT_H5_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A record is one of these, in native byte order; a text is its length in 4 bytes and the bytes.
 *
 *   'G'  path                                  a group
 *   'A'  path, name, n in 4 bytes, n texts     an attribute of a group
 *   'D'  path, dtype, rank, rank dims, n_bytes in 8 bytes, values     a dataset; numbers in 4 bytes
 *   'U'  path, text                            a dataset that cannot be read, and why
 *   'E'  status in 4 bytes, text               the end: it failed
 *   'Z'                                        the end: that was all
 */
typedef enum h5_record {
    H5_GROUP = 'G',
    H5_ATTRIBUTE = 'A',
    H5_DATASET = 'D',
    H5_UNREADABLE = 'U',
    H5_ERROR = 'E',
    H5_END = 'Z',
} h5_record;

enum {
    H5_MAX_PATH_BYTES = 4096,
    H5_MAX_TEXT_BYTES = 64 * 1024 * 1024, /* of an attribute */
    H5_MAX_LIST = 100000,
    H5_MAX_OBJECTS = 200000,
    H5_MAX_DEPTH = 64,
};

/* Where the records go: a pipe, or memory in tests. False: nobody reads any more. */
typedef bool h5_write_fn(void *context, const void *data, size_t n_bytes);

void mote_h5_walk(const void *bytes, size_t n_bytes, h5_write_fn *write, void *context);

#endif
