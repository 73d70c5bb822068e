/*
 * Layers written as expressions: each function adds one node and gives the tensor it makes. A negative tensor among the
 * inputs means that an earlier step failed and is passed on, so that a formula reads as a formula and keras_result,
 * at its end, reports.
 */
#ifndef MOTE_IMPORT_KERAS_EXPR_H
#define MOTE_IMPORT_KERAS_EXPR_H

#include "import/keras_builder.h"

/* The call's output is `tensor`; negative: the failure that err has, or out of memory. */
mote_status keras_result(keras_call *call, int32_t tensor, mote_error *err);
/* err's code, for functions that gave -1. */
mote_status keras_failure(mote_error *err);

/* Operators without options. name: the TensorFlow operation's. */
int32_t keras_unary(keras_call *call, mote_op op, int32_t x, const char *name, mote_error *err);
int32_t keras_binary(keras_call *call, mote_op op, int32_t a, int32_t b, const char *name, mote_error *err);
/* With a scalar constant on the right. */
int32_t keras_binary_scalar(keras_call *call, mote_op op, int32_t a, float b, const char *name, mote_error *err);
int32_t keras_select(keras_call *call, int32_t condition, int32_t a, int32_t b, mote_error *err);
/* MEAN, SUM, REDUCE_…: over n axes. */
int32_t keras_reduce(keras_call *call, mote_op op, int32_t x, int32_t n, const int32_t *axes, bool keep_dims,
                     const char *name, mote_error *err);
int32_t keras_softmax_last(keras_call *call, int32_t x, mote_error *err);
int32_t keras_leaky_relu(keras_call *call, int32_t x, float slope, mote_error *err);
int32_t keras_concat(keras_call *call, int32_t n, const int32_t *tensors, int32_t axis, const char *name,
                     mote_error *err);
/* Of an n-dimensional x; order[i]: where output dimension i comes from. x itself when nothing moves. */
int32_t keras_transposed(keras_call *call, int32_t x, const int32_t *order, const char *name, mote_error *err);
/* dims[0] is the batch, -1 stands for what is left. */
int32_t keras_reshaped(keras_call *call, int32_t x, int32_t rank, const int32_t *dims, const char *name,
                       mote_error *err);
int32_t keras_expanded(keras_call *call, int32_t x, int32_t axis, const char *name, mote_error *err);
/* around: before and after, per dimension of x. x itself when all are 0. */
int32_t keras_padded(keras_call *call, int32_t x, int32_t (*around)[2], const char *name, mote_error *err);
/* With that value in place of zeros. */
int32_t keras_padded_with(keras_call *call, int32_t x, int32_t (*around)[2], float value, const char *name,
                          mote_error *err);
/* Elements begin[i], begin[i] + step[i] … before end[i] of each dimension; the batch is kept whole. x itself when that
 * is all of it. */
int32_t keras_sliced(keras_call *call, int32_t x, const int32_t *begin, const int32_t *end, const int32_t *step,
                     const char *name, mote_error *err);
/* The same without the shortcut; the axes of the bits of `shrink` vanish. */
int32_t keras_strided(keras_call *call, int32_t x, const int32_t *begin, const int32_t *end, const int32_t *step,
                      int32_t shrink, const char *name, mote_error *err);
/* Equal parts of an axis, and its elements without it: the node's outputs, which become the call's; NULL: err. */
const mote_node *keras_split(keras_call *call, int32_t x, int32_t axis, int32_t n, mote_error *err);
const mote_node *keras_unpacked(keras_call *call, int32_t x, int32_t axis, int32_t n, mote_error *err);
/* n tensors of one shape along a new axis. */
int32_t keras_packed(keras_call *call, int32_t n, const int32_t *tensors, int32_t axis, mote_error *err);
/* The elements of an axis that the constant `indices` names. */
int32_t keras_gathered(keras_call *call, int32_t x, int32_t indices, int32_t axis, mote_error *err);
/* x to another element type. */
int32_t keras_cast_to(keras_call *call, int32_t x, mote_dtype dtype, mote_error *err);
/* keras_activate on a tensor. */
int32_t keras_activated(keras_call *call, int32_t x, const json_t *activation, mote_error *err);

/* n values in a row as a constant [n]; NULL: zeros. */
int32_t keras_vector(keras_call *call, const char *name, int32_t n, const float *values);
/* An axis from a config, negative ones counted from the back. False: no dimension of that rank. */
bool keras_axis(int64_t value, int32_t rank, int32_t *axis);
/* "2" or "[1, 2]" as axes, sorted, without the batch. How many; -1: not numbers, outside the rank, or the batch. */
int32_t keras_axes(const json_t *value, int32_t rank, int32_t axes[MOTE_MAX_RANK]);

#endif
