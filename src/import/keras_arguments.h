/* What the arguments of a layer's call are named. */
#ifndef MOTE_IMPORT_KERAS_ARGUMENTS_H
#define MOTE_IMPORT_KERAS_ARGUMENTS_H

#include "import/keras_builder.h"

/* Keras 3 writes tensors of a call as the code gave them, by position or by name; Keras 2 names all but the first. The
 * name of argument i, counted from 0, for the layers that take masks, states or keys; NULL: the first, or not known. */
const char *keras_argument_name(const keras_layer *layer, size_t i);

#endif
