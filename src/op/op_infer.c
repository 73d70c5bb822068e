#include "op/op_infer.h"
#include <string.h>

mote_status mote_infer_need(const mote_op_io *io, int32_t n, mote_error *err)
{
    for (int32_t i = 0; i < n; ++i) {
        if (i >= io->n_inputs || io->inputs[i] == NULL) {
            return mote_error_set(err, MOTE_SHAPE, "input %d is missing", (int)i);
        }
    }
    if (io->n_outputs < 1 || io->outputs[0] == NULL) {
        return mote_error_set(err, MOTE_SHAPE, "output 0 is missing");
    }
    return MOTE_OK;
}

mote_status mote_infer_need_same_dtype(const mote_op_io *io, int32_t n, mote_error *err)
{
    mote_status status = mote_infer_need(io, n, err);
    for (int32_t i = 1; status == MOTE_OK && i < n; ++i) {
        if (io->inputs[i]->dtype != io->inputs[0]->dtype) {
            return mote_error_set(err, MOTE_SHAPE, "input 0 is %s but input %d is %s; they must have one type",
                                  mote_dtype_name(io->inputs[0]->dtype), (int)i, mote_dtype_name(io->inputs[i]->dtype));
        }
    }
    return status;
}

bool mote_infer_is_open(const mote_op_io *io, int32_t n)
{
    for (int32_t i = 0; i < n; ++i) {
        if (io->inputs[i]->shape.rank == MOTE_RANK_UNKNOWN) {
            return true;
        }
    }
    return false;
}

void mote_infer_set_unknown(mote_tensor *output)
{
    memset(&output->shape, 0, sizeof output->shape);
    output->shape.rank = MOTE_RANK_UNKNOWN;
}

mote_status mote_infer_same(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_same_shape(io, err);
    if (status == MOTE_OK) {
        io->outputs[0]->dtype = io->inputs[0]->dtype;
    }
    return status;
}

mote_status mote_infer_same_shape(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status == MOTE_OK) {
        io->outputs[0]->shape = io->inputs[0]->shape;
    }
    return status;
}

static mote_status infer_broadcast_shape(const mote_op_io *io, bool mixed, mote_error *err)
{
    const mote_status status = mixed ? mote_infer_need(io, 2, err) : mote_infer_need_same_dtype(io, 2, err);
    if (status != MOTE_OK) {
        return status;
    }
    const mote_shape *a = &io->inputs[0]->shape;
    const mote_shape *b = &io->inputs[1]->shape;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    mote_shape out;
    if (mote_shape_broadcast(a, b, &out) != MOTE_OK) {
        char ta[MOTE_SHAPE_TEXT_BYTES], tb[MOTE_SHAPE_TEXT_BYTES];
        return mote_error_set(err, MOTE_SHAPE, "shapes %s and %s do not broadcast", mote_shape_format(a, ta),
                              mote_shape_format(b, tb));
    }
    io->outputs[0]->shape = out;
    return MOTE_OK;
}

mote_status mote_infer_broadcast(const mote_op_io *io, mote_error *err)
{
    return mote_infer_broadcast_to(io, false, err);
}

mote_status mote_infer_broadcast_to(const mote_op_io *io, bool mixed, mote_error *err)
{
    const mote_status status = infer_broadcast_shape(io, mixed, err);
    if (status == MOTE_OK) {
        io->outputs[0]->dtype = io->inputs[0]->dtype;
    }
    return status;
}

mote_status mote_infer_compare(const mote_op_io *io, mote_error *err)
{
    const mote_status status = infer_broadcast_shape(io, false, err);
    if (status == MOTE_OK) {
        io->outputs[0]->dtype = MOTE_BOOL;
    }
    return status;
}

bool mote_infer_read_int(const mote_tensor *tensor, int64_t index, int64_t *value)
{
    if (tensor->data == NULL || index < 0 || index >= mote_shape_count(&tensor->shape)) {
        return false;
    }
    if (tensor->dtype == MOTE_INT32) {
        *value = ((const int32_t *)tensor->data)[index];
        return true;
    }
    if (tensor->dtype == MOTE_INT64) {
        *value = ((const int64_t *)tensor->data)[index];
        return true;
    }
    return false;
}

mote_status mote_infer_read_shape(const mote_tensor *from, mote_shape *shape, bool *known, mote_error *err)
{
    const int64_t rank = mote_shape_count(&from->shape);
    *shape = (mote_shape){0};
    *known = rank == 0 || (rank > 0 && from->data);
    if (!*known)
        return MOTE_OK;
    if (rank > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "a shape of %lld dimensions, more than %d", (long long)rank,
                              MOTE_MAX_RANK);
    shape->rank = (int32_t)rank;
    for (int32_t d = 0; d < shape->rank; d++) {
        int64_t size;
        if (!mote_infer_read_int(from, d, &size) || size < 0 || size > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "dimension %d is not a whole number from 0 to 2^31", d);
        shape->dims[d] = (int32_t)size;
    }
    return MOTE_OK;
}

mote_status mote_infer_axis(int64_t axis, int32_t rank, int32_t *out, mote_error *err)
{
    const int64_t from_front = axis < 0 ? axis + rank : axis;
    if (from_front < 0 || from_front >= rank) {
        return mote_error_set(err, MOTE_SHAPE, "axis %lld is outside a tensor of rank %d", (long long)axis, (int)rank);
    }
    *out = (int32_t)from_front;
    return MOTE_OK;
}
