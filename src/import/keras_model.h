/* Building a whole model out of Keras's JSON and a source of weights. */
#ifndef MOTE_IMPORT_KERAS_MODEL_H
#define MOTE_IMPORT_KERAS_MODEL_H

#include "import/keras_builder.h"

/* Fills layer->weights and n_weights, in the order Keras saves them; memory from the arena. */
typedef mote_status keras_weights_fn(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err);

/* document: {"class_name": "Functional", "config": {…}}; it may be changed. input_shape may be NULL. */
mote_status keras_build_model(mote_model *model, json_t *document, int keras_major, const char *input_shape,
                              keras_weights_fn *weights, void *weights_arg, mote_error *err);

#endif
