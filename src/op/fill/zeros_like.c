#include "op/op_infer.h"

#include <string.h>

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    return status == MOTE_OK ? mote_infer_same(io, err) : status;
}

const mote_op_def mote_op_def_zeros_like = {
    .name = "ZEROS_LIKE",
    .options_type = 67,
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (dtype != MOTE_FLOAT32 && dtype != MOTE_INT32 && dtype != MOTE_INT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "zeros of %s", mote_dtype_name(dtype));
    return MOTE_OK;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_tensor *out = io->outputs[0];
    const size_t n_bytes = (size_t)mote_shape_count(&out->shape) * mote_dtype_bytes(out->dtype);
    if (n_bytes)
        memset(out->data, 0, n_bytes);
    return MOTE_OK;
}

const mote_op_run mote_op_run_zeros_like = {prepare, eval};
