/*
 * A Keras file of any form, opened: where its description is and how its weights are found.
 *
 *   form                         description                weights
 *   .h5, Keras 2 and 3           attribute model_config     /model_weights/<layer>/<weight>    by layer name
 *   weights .h5 (Keras 1 and 2)  none                       /<layer>/<weight>                  by layer name
 *   .keras, Keras 2.12+ and 3    config.json in a zip       model.weights.h5 in the zip        by class path
 *   .weights.h5                  none                       /layers/conv2d_1/vars/0            by class path
 */
#ifndef MOTE_IMPORT_KERAS_FILE_H
#define MOTE_IMPORT_KERAS_FILE_H

#include "import/h5_file.h"
#include "import/keras_model.h"

#include <mote/import.h>

enum { KERAS_MAX_FILE_BYTES = 2000 * 1000 * 1000 };

typedef struct keras_file {
    const char *config;   /* {"class_name": …, "config": …} as text; NULL: weights alone */
    const char *training; /* compile settings as text, or NULL */
    const char *version;  /* of Keras, or NULL */
    mote_h5 *h5;
    const char *root;     /* of the weights: "/model_weights" or "" */
    bool by_path;         /* weights are found by class path, not by layer name */
    unsigned char *image; /* the weights, when they were unpacked */
    size_t n_bytes;       /* of the HDF5 part: what allocations are measured against */
    const mote_allocator *allocator;
} keras_file;

/* Texts live in the arena or with the file, which must be closed after success and after failure. */
mote_status keras_file_open(keras_file *file, const void *bytes, size_t n_bytes, mote_arena *arena,
                            const mote_allocator *allocator, mote_error *err);
/* An .h5 that is open already; the handle goes with the file. n_bytes: its size. */
mote_status keras_file_from_h5(keras_file *file, mote_h5 *h5, size_t n_bytes, mote_arena *arena, mote_error *err);
void keras_file_close(keras_file *file);

/* 2 or 3 (a file that does not say is older). */
int keras_file_major(const keras_file *file);
/* The model in an open file; free with mote_model_free. */
mote_status keras_file_load(mote_model **model, keras_file *file, const mote_import_options *options, mote_error *err);
/* Parses the description; the caller's json_decref. */
mote_status keras_parse_json(const char *text, json_t **document, mote_error *err);

/* Both are keras_weights_fn; arg is the keras_file. */
mote_status keras_weights_by_name(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err);
mote_status keras_weights_by_path(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err);

enum { KERAS_MAX_PARTS = 4 };
/* Where a class that is made of other layers keeps its weights in files that go by class path: the names of its parts,
 * in the order of its weights, of which each has as many. NULL: it keeps them itself. */
const char *const *keras_layer_parts(const char *class_name);

/* The weights of one group of a file that goes by layer names, in the file's order; *n 0: no such group, or empty. */
mote_status keras_group_weights(const keras_file *file, const char *layer_name, mote_arena *arena,
                                keras_weight **weights, int32_t *n, mote_error *err);

#endif
