#ifndef MOTE_IMPORT_KERAS_MATMUL_H
#define MOTE_IMPORT_KERAS_MATMUL_H

#include "import/keras_builder.h"

/* Products of the matrices in the last two dimensions; adj: that side transposed. -1: err. */
int32_t keras_matmul(keras_call *call, int32_t a, int32_t b, bool adj_a, bool adj_b, mote_error *err);
/* x / sqrt(max(sum of x² along the axis, 1e-12)) */
int32_t keras_l2_normalized(keras_call *call, int32_t x, int32_t axis, mote_error *err);

#endif
