/* Options of the operators that fold axes away; field names are the schema's. */
#ifndef MOTE_OP_REDUCE_REDUCE_H
#define MOTE_OP_REDUCE_REDUCE_H

#include "op/op.h"

typedef struct mote_reduce_params { /* MEAN, SUM, REDUCE_… */
    bool keep_dims;
} mote_reduce_params;

typedef struct mote_arg_max_params { /* ARG_MAX, ARG_MIN */
    int32_t output_type;             /* mote_dtype: MOTE_INT32 or MOTE_INT64 */
} mote_arg_max_params;

/* One bit per axis that input 1 of a reduction names (negative ones counted from the back, repeats
 * merged). The axis tensor's data must be known. MOTE_SHAPE on an axis outside the input's rank. */
mote_status mote_reduce_axes(const mote_op_io *io, uint32_t *mask, mote_error *err);

#endif
