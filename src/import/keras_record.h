/* What the model keeps of its Keras layers: for summary, for names in messages, and to save them again. */
#ifndef MOTE_IMPORT_KERAS_RECORD_H
#define MOTE_IMPORT_KERAS_RECORD_H

#include "import/keras_tree.h"

/* One record for each layer that Keras lists, those inside a model after it: names, config, connections. */
mote_status keras_record_tree(const keras_builder *builder, const keras_tree *tree, mote_error *err);
/* Outputs of a call that has just been built. */
mote_status keras_record_call(const keras_builder *builder, const keras_layer *layer, int32_t call, mote_error *err);
/* Weights, after all layers have taken theirs. */
mote_status keras_record_weights(const keras_builder *builder, const keras_scope *scope, mote_error *err);
/* The entry point, once the graph has its inputs and outputs. */
mote_status keras_record_ends(const keras_builder *builder, const keras_scope *top, mote_error *err);

#endif
