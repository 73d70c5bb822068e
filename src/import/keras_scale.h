#ifndef MOTE_IMPORT_KERAS_SCALE_H
#define MOTE_IMPORT_KERAS_SCALE_H

#include "import/keras_builder.h"

/* A number or a (nested) list of numbers as a constant that broadcasts against the last dimension. -1: neither. */
int32_t keras_number_or_list(keras_call *call, const char *role, const json_t *value);

#endif
