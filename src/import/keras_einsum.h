#ifndef MOTE_IMPORT_KERAS_EINSUM_H
#define MOTE_IMPORT_KERAS_EINSUM_H

#include "import/keras_builder.h"

/* "abc,cd->abd", "...ab,bc->...ac": n operands, 1 or 2, of which the first has the batch in its first dimension, and so
 * has the result. -1: err, for labels repeated in one operand too. */
int32_t keras_einsum(keras_call *call, const char *equation, int32_t n, const int32_t *operands, mote_error *err);

#endif
