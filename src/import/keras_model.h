/* Building a whole model out of Keras's JSON and a source of weights. */
#ifndef MOTE_IMPORT_KERAS_MODEL_H
#define MOTE_IMPORT_KERAS_MODEL_H

#include "import/keras_tree.h"

/* Fills layer->weights and n_weights, in the order Keras saves them (trained ones first); memory from the arena. Called
 * for every layer, a model before what is inside of it; whoever has the weights of a model as one list may fill those
 * of its layers then. */
typedef mote_status keras_weights_fn(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err);

/* Sizes for inputs that leave them open (None). */
typedef struct keras_sizes {
    const char *given; /* "224x224x3", or NULL */
    int32_t stand_in;  /* for each that is not given; 0: that is refused */
} keras_sizes;

/* document: {"class_name": "Functional", "config": {…}}; it may be changed. keras_major: 2 or 3. sizes: NULL: none. */
mote_status keras_build_model(mote_model *model, json_t *document, int keras_major, const keras_sizes *sizes,
                              keras_weights_fn *weights, void *weights_arg, mote_error *err);

#endif
