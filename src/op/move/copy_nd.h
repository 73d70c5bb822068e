/* Copying a box of elements between two strided layouts: what every operator that only moves data comes down to. */
#ifndef MOTE_OP_MOVE_COPY_ND_H
#define MOTE_OP_MOVE_COPY_ND_H

#include "op/op.h"

/* Strides are in bytes and may be negative or zero (source). Elements are element_bytes wide: 1, 2, 4, 8 or 16. */
typedef struct mote_box {
    int32_t rank;
    int64_t dims[MOTE_MAX_RANK];
    int64_t source_stride[MOTE_MAX_RANK];
    int64_t target_stride[MOTE_MAX_RANK];
    size_t element_bytes;
} mote_box;

/* Row-major byte strides of a shape. */
void mote_row_strides(const mote_shape *shape, size_t element_bytes, int64_t strides[MOTE_MAX_RANK]);
/* Nothing happens when a dimension is 0. Source and target do not overlap. */
void mote_copy_box(const mote_box *box, const void *source, void *target);

/* Index i of int16, int32 or int64 ones. */
int64_t mote_index_at(const mote_tensor *indices, int64_t i);

/* For prepare: MOTE_UNSUPPORTED unless the tensor's elements are whole bytes of a fixed size. */
mote_status mote_need_whole_elements(const mote_tensor *tensor, mote_error *err);

#endif
