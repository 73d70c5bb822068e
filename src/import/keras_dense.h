#ifndef MOTE_IMPORT_KERAS_DENSE_H
#define MOTE_IMPORT_KERAS_DENSE_H

#include "import/keras_builder.h"

/* x [..., in] times kernel [out, in], plus bias [out] (MOTE_NO_TENSOR: none). -1: err. */
int32_t keras_fully_connected(keras_call *call, int32_t x, int32_t kernel, int32_t bias, mote_error *err);

/* The same as an Einstein sum, which Keras 2 gives the shape that it has once more: TensorFlow's converter calibrates
 * the product apart from what follows. */
int32_t keras_einsum_product(keras_call *call, int32_t x, int32_t kernel, int32_t bias, mote_error *err);

#endif
