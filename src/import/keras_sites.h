/* The calls of layers: the tensors and constants that they refer to, as Keras 2 and Keras 3 write them. */
#ifndef MOTE_IMPORT_KERAS_SITES_H
#define MOTE_IMPORT_KERAS_SITES_H

#include "import/keras_tree.h"

/* ["layer", call, output, …] of Keras 2, and of input_layers and output_layers in both. */
bool keras_is_reference(const json_t *json);
/* ["_CONSTANT_VALUE", -1, 2.0, {…}] of Keras 2: a first argument that is no tensor. */
bool keras_is_constant(const json_t *json);

/* Of one file. */
typedef struct keras_reading {
    mote_arena *scratch;
    int depth; /* of models and arguments inside of one another */
} keras_reading;

/* Whether a call is written as Keras 3 does. Keras 2 also writes a dict of references where a layer was called with a
 * dict. */
bool keras_is_site_3(const json_t *node);
/* Fills the layer's sites from its "inbound_nodes", of which there are as many. The scope's layers are known by name.
 */
mote_status keras_read_sites(keras_reading *reading, keras_layer *layer, const json_t *inbound, mote_error *err);
/* "input_layers" or "output_layers" of the scope's model: one at least. */
mote_status keras_read_ends(keras_reading *reading, const keras_scope *scope, json_t *ends, keras_arg **args,
                            int32_t *n, mote_error *err);

#endif
