/* BROADCAST_ARGS: the shape that two shapes broadcast to. */
#include "op/op_infer.h"

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need_same_dtype(io, 2, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const mote_shape *a = &io->inputs[0]->shape, *b = &io->inputs[1]->shape;
    if (a->rank != 1 || b->rank != 1)
        return mote_error_set(err, MOTE_SHAPE, "shapes of rank %d and %d, not 1", a->rank, b->rank);
    io->outputs[0]->shape = a->dims[0] > b->dims[0] ? *a : *b;
    return MOTE_OK;
}

const mote_op_def mote_op_def_broadcast_args = {
    .name = "BROADCAST_ARGS",
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (dtype != MOTE_INT32 && dtype != MOTE_INT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "shapes of %s", mote_dtype_name(dtype));
    return MOTE_OK;
}

/* Dimension d of n, counted from the back of a shape that may have fewer. */
static int64_t dim_of(const mote_tensor *shape, int64_t d, int64_t n)
{
    int64_t dim = 1;
    mote_infer_read_int(shape, d - (n - shape->shape.dims[0]), &dim);
    return dim;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *out = io->outputs[0];
    const int64_t n = out->shape.dims[0];
    for (int64_t d = 0; d < n; d++) {
        const int64_t a = dim_of(io->inputs[0], d, n), b = dim_of(io->inputs[1], d, n);
        if (a != b && a != 1 && b != 1)
            return mote_error_set(err, MOTE_ARGUMENT, "dimensions %lld and %lld do not broadcast", (long long)a,
                                  (long long)b);
        const int64_t dim = a == 1 ? b : a;
        if (out->dtype == MOTE_INT64)
            ((int64_t *)out->data)[d] = dim;
        else
            ((int32_t *)out->data)[d] = (int32_t)dim;
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_broadcast_args = {prepare, eval};
