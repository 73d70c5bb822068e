/*
 * Keras's description of a model, read into layers and their calls: Keras 2 writes calls as [["layer", 0, 0, {…}]],
 * Keras 3 as {"args": […], "kwargs": {…}}, and a Sequential writes none. A layer that is itself a model has a scope of
 * its own below it.
 */
#ifndef MOTE_IMPORT_KERAS_TREE_H
#define MOTE_IMPORT_KERAS_TREE_H

#include "import/keras_builder.h"

/* A model: the file's, or one that another model uses as a layer. */
struct keras_scope {
    const char *name;
    keras_layer *owner; /* the layer that this is the inside of; NULL at the top */
    bool sequential;
    keras_layer *layers; /* in the file's order */
    int32_t n_layers;
    keras_layer **by_name; /* the same, sorted */
    keras_arg *inputs, *outputs;
    int32_t n_inputs, n_outputs;
};

typedef struct keras_tree {
    keras_scope *top;
    int32_t n_layers;  /* in all scopes */
    int32_t n_records; /* those that Keras lists, numbered from the top down */
} keras_tree;

/* Of a hostile file: more would take seconds to build. */
enum { KERAS_MAX_LAYERS = 10000, KERAS_MAX_CALLS = 20000, KERAS_MAX_DEPTH = 32 };

/* document: {"class_name": "Functional", "config": {…}}. The tree lives in `scratch`, names of layers in `arena`; JSON
 * is borrowed from the document, which may get input layers that it lacks. */
mote_status keras_tree_read(keras_tree *tree, json_t *document, mote_arena *arena, mote_arena *scratch,
                            mote_error *err);

/* Fills by_name; two layers of one name are an error. */
mote_status keras_scope_sort(keras_scope *scope, mote_arena *scratch, mote_error *err);
/* NULL: no such layer. */
keras_layer *keras_scope_find(const keras_scope *scope, const char *name);

#endif
