/* Names of layers that both versions of Keras take. */
#ifndef MOTE_IMPORT_KERAS_NAMES_H
#define MOTE_IMPORT_KERAS_NAMES_H

#include <mote/graph.h>

/* Keras 3 refuses a '/' in a name, which MobileNetV3 of Keras 2 is full of: *view is the model with '_' in their place,
 * in its description and its weights' names too. What changed lies in the arena, all else is the model's own; the view
 * is not to be freed. */
mote_status keras_plain_names(const mote_model *model, mote_arena *arena, mote_model *view, mote_error *err);
/* Whether both are names of one layer, before and after that. */
bool keras_same_plain_name(const char *a, const char *b);

#endif
