/* Reading all that mote wants of an HDF5 image through libhdf5, as a stream of records. Runs in a child process: see
 * h5_file.h. */
#ifndef MOTE_IMPORT_H5_WALK_H
#define MOTE_IMPORT_H5_WALK_H

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

/* Writes the records to the pipe fd. */
void mote_h5_walk(const void *bytes, size_t n_bytes, int fd);

#endif
