/* A step of a recurrent network on floats: vectors meet rows of weights, which are float or int8. */
#ifndef MOTE_OP_RECURRENT_CELL_H
#define MOTE_OP_RECURRENT_CELL_H

#include "op/op.h"

/* A vector as it is, and as int8. */
typedef struct mote_cell_vector {
    const float *x;
    const int8_t *codes; /* NULL where the weights are float */
    float scale;
    int32_t zero;
} mote_cell_vector;

/* codes: room for n of them, or NULL where the weights are float. */
mote_cell_vector mote_cell_vector_make(mote_run *run, bool asymmetric, const float *x, int64_t n, int8_t *codes);
/* Row r of the weights times the vector of n values. */
float mote_cell_product(const mote_tensor *weights, int64_t r, const mote_cell_vector *v, int64_t n);
float mote_cell_logistic(float x);
float mote_cell_activate(float x, int32_t activation);

/* int8 weights under floats have one scale; MOTE_UNSUPPORTED names input `at` that has not. */
mote_status mote_cell_need_one_scale(const mote_tensor *weights, int32_t at, mote_error *err);
/* Input `at` is of this type and shape (cols 0: a vector of rows); left out it is MOTE_SHAPE where needed. */
mote_status mote_cell_check(const mote_tensor *tensor, int32_t at, bool needed, int64_t rows, int64_t cols,
                            mote_dtype dtype, mote_error *err);
/* Input `at` is a variable of so many values. */
mote_status mote_cell_check_state(const mote_tensor *state, int32_t at, int64_t count, mote_dtype dtype,
                                  mote_error *err);

#endif
