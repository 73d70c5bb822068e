/* MATRIX_DIAG: vectors as the diagonals of matrices that are else 0. MATRIX_SET_DIAG: matrices with other diagonals. */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"

#include <string.h>

static mote_status infer_diag(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_same(io, err);
    if (status != MOTE_OK || mote_infer_is_open(io, 1))
        return status;
    mote_shape *out = &io->outputs[0]->shape;
    if (out->rank < 1 || out->rank >= MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "diagonals of rank %d", out->rank);
    out->dims[out->rank] = out->dims[out->rank - 1];
    out->rank++;
    return MOTE_OK;
}

static mote_status infer_set_diag(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need_same_dtype(io, 2, err);
    if (status == MOTE_OK)
        status = mote_infer_same(io, err);
    if (status != MOTE_OK || mote_infer_is_open(io, 2))
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    if (in->rank < 2)
        return mote_error_set(err, MOTE_SHAPE, "matrices of rank %d", in->rank);
    const int32_t *size = in->dims + in->rank - 2;
    const int64_t needed = mote_shape_span(in, 0, in->rank - 2) * (size[0] < size[1] ? size[0] : size[1]);
    if (mote_shape_count(&io->inputs[1]->shape) != needed)
        return mote_error_set(err, MOTE_SHAPE, "%lld elements of diagonals where %lld are needed",
                              (long long)mote_shape_count(&io->inputs[1]->shape), (long long)needed);
    return MOTE_OK;
}

const mote_op_def mote_op_def_matrix_diag = {
    .name = "MATRIX_DIAG",
    .options_type = 88,
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_diag,
    .max_version = 1,
};

const mote_op_def mote_op_def_matrix_set_diag = {
    .name = "MATRIX_SET_DIAG",
    .options_type = 90,
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_set_diag,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[0], err);
}

/* Diagonals lie one after the other. */
static void put_diagonals(const mote_tensor *diagonals, const mote_tensor *out)
{
    const mote_shape *shape = &out->shape;
    const size_t element = mote_dtype_bytes(out->dtype);
    const int64_t n_rows = shape->dims[shape->rank - 2], n_columns = shape->dims[shape->rank - 1];
    const int64_t n = n_rows < n_columns ? n_rows : n_columns, n_matrices = mote_shape_span(shape, 0, shape->rank - 2);
    const char *from = diagonals->data;
    for (int64_t m = 0; m < n_matrices; m++)
        for (int64_t i = 0; i < n; i++, from += element)
            memcpy((char *)out->data + (size_t)((m * n_rows + i) * n_columns + i) * element, from, element);
}

static mote_status eval_diag(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    if (io->outputs[0]->n_bytes)
        memset(io->outputs[0]->data, 0, io->outputs[0]->n_bytes);
    put_diagonals(io->inputs[0], io->outputs[0]);
    return MOTE_OK;
}

static mote_status eval_set_diag(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    if (io->outputs[0]->n_bytes)
        memcpy(io->outputs[0]->data, io->inputs[0]->data, io->outputs[0]->n_bytes);
    put_diagonals(io->inputs[1], io->outputs[0]);
    return MOTE_OK;
}

const mote_op_run mote_op_run_matrix_diag = {prepare, eval_diag};
const mote_op_run mote_op_run_matrix_set_diag = {prepare, eval_set_diag};
