/* STRIDED_SLICE and SLICE: a box of the input, possibly with steps, reversed, or with dimensions added and dropped. */
#ifndef MOTE_OP_SLICE_SLICE_H
#define MOTE_OP_SLICE_SLICE_H

#include "op/op.h"

typedef struct mote_strided_slice_params {
    int32_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask; /* bit i: dimension i of the spec */
    bool offset;                                                                  /* end is relative to begin */
} mote_strided_slice_params;

/* The slice resolved against an input: per input dimension where it starts, how it steps and how far it goes. */
typedef struct mote_slice_box {
    int64_t begin[MOTE_MAX_RANK], step[MOTE_MAX_RANK], count[MOTE_MAX_RANK];
    mote_shape shape; /* of the output */
} mote_slice_box;

/* *known false: begin, end or strides have no value yet. */
mote_status mote_resolve_strided_slice(const mote_op_io *io, mote_slice_box *box, bool *known, mote_error *err);
mote_status mote_resolve_slice(const mote_op_io *io, mote_slice_box *box, bool *known, mote_error *err);

#endif
