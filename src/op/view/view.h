/* Options of the operators that give the same elements another shape, and of SHAPE; field names are the schema's. */
#ifndef MOTE_OP_VIEW_VIEW_H
#define MOTE_OP_VIEW_VIEW_H

#include "op/op.h"

typedef struct mote_reshape_params {
    mote_i32_vec new_shape; /* used where there is no second input */
} mote_reshape_params;

typedef struct mote_squeeze_params {
    mote_i32_vec squeeze_dims; /* none: every dimension of 1 */
} mote_squeeze_params;

typedef struct mote_shape_params {
    int32_t out_type; /* MOTE_INT32 or MOTE_INT64 */
} mote_shape_params;

#endif
