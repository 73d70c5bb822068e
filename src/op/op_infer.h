/*
 * Shape inference that many operators share, and the checks it begins with. All of these have the
 * signature of mote_op_def.infer or are called by one; messages name the input by its place, the
 * caller adds the node.
 */
#ifndef MOTE_OP_INFER_H
#define MOTE_OP_INFER_H

#include "op/op.h"

/* The first n inputs are there; MOTE_SHAPE names the first that is not. */
mote_status mote_infer_need(const mote_op_io *io, int32_t n, mote_error *err);
/* The first n inputs are there and of one element type. */
mote_status mote_infer_need_same_dtype(const mote_op_io *io, int32_t n, mote_error *err);
/* True when the rank of one of the first n inputs is not known yet. */
bool mote_infer_is_open(const mote_op_io *io, int32_t n);
/* Sets an output's rank to MOTE_RANK_UNKNOWN: only eval will know its shape. */
void mote_infer_set_unknown(mote_tensor *output);

/* Output 0 has input 0's type and shape. */
mote_status mote_infer_same(const mote_op_io *io, mote_error *err);
/* As mote_infer_same, but the type stays what the file states (QUANTIZE, CAST). */
mote_status mote_infer_same_shape(const mote_op_io *io, mote_error *err);
/* Two inputs of one type, broadcast as NumPy does; the output has their type. */
mote_status mote_infer_broadcast(const mote_op_io *io, mote_error *err);
/* As mote_infer_broadcast; with mixed the inputs' types may differ and the output has input 0's. */
mote_status mote_infer_broadcast_to(const mote_op_io *io, bool mixed, mote_error *err);
/* As mote_infer_broadcast with a bool output. */
mote_status mote_infer_compare(const mote_op_io *io, mote_error *err);

/* Reads element `index` of an int32 or int64 constant into value; false when its data is not known,
 * the type is another, or index is out of range. */
bool mote_infer_read_int(const mote_tensor *tensor, int64_t index, int64_t *value);
/* Reads a whole shape from int32 or int64 values. *known false: its values are not known yet. MOTE_SHAPE when a size is
 * negative or the rank too high. */
mote_status mote_infer_read_shape(const mote_tensor *from, mote_shape *shape, bool *known, mote_error *err);
/* Maps an axis in [-rank, rank) to [0, rank); MOTE_SHAPE outside. */
mote_status mote_infer_axis(int64_t axis, int32_t rank, int32_t *out, mote_error *err);

#endif
