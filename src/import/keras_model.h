/* Building a whole model out of Keras's JSON and a source of weights. */
#ifndef MOTE_IMPORT_KERAS_MODEL_H
#define MOTE_IMPORT_KERAS_MODEL_H

#include "import/keras_tree.h"

/* Fills layer->weights and n_weights, in the order Keras saves them (trained ones first); memory from the arena. Called
 * for every layer, a model before what is inside of it; whoever has the weights of a model as one list may fill those
 * of its layers then. */
typedef mote_status keras_weights_fn(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err);

/* document: {"class_name": "Functional", "config": {…}}; it may be changed. keras_major: 2 or 3. input_shape:
 * "224x224x3" for inputs with None sizes; may be NULL. */
mote_status keras_build_model(mote_model *model, json_t *document, int keras_major, const char *input_shape,
                              keras_weights_fn *weights, void *weights_arg, mote_error *err);

#endif
