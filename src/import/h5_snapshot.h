/* What the child of h5_file.h sends, received: checked like any other hostile file. */
#ifndef MOTE_IMPORT_H5_SNAPSHOT_H
#define MOTE_IMPORT_H5_SNAPSHOT_H

#include "import/h5_walk.h"

#include <mote/alloc.h>
#include <mote/tensor.h>

/* An object of the file. Paths begin with a slash; the root's is "". */
typedef struct h5_object {
    const char *path;
    h5_record kind;     /* H5_GROUP, H5_DATASET or H5_UNREADABLE */
    mote_tensor tensor; /* of a dataset */
    const char *why;    /* of one that cannot be read */
} h5_object;

typedef struct h5_attribute {
    const char *path, *name;
    const char **texts;
    int32_t n;
} h5_attribute;

typedef struct h5_snapshot {
    mote_arena *arena;
    h5_object *objects; /* sorted by path once complete */
    h5_attribute *attributes;
    int32_t n_objects, n_attributes, object_capacity, attribute_capacity;
} h5_snapshot;

/* Where the bytes come from: a pipe, or memory in tests. Reads all of n_bytes or returns false. */
typedef bool h5_read_fn(void *context, void *data, size_t n_bytes);

/* Everything up to the end record goes into the arena, whose limit is the limit. A stream that breaks off or has
 * anything else in it is MOTE_FORMAT; the child's own error is passed on. */
mote_status h5_snapshot_receive(h5_snapshot *snapshot, mote_arena *arena, h5_read_fn *read, void *context,
                                mote_error *err);

const h5_object *h5_snapshot_find(const h5_snapshot *snapshot, const char *path);
const h5_attribute *h5_snapshot_attribute(const h5_snapshot *snapshot, const char *path, const char *name);
/* Index of the first object whose path is not before this one. */
int32_t h5_snapshot_lower_bound(const h5_snapshot *snapshot, const char *path);

#endif
