#include "op/view/view.h"

#include <string.h>

static mote_status prepare_view(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)io, (void)state, (void)err;
    return MOTE_OK;
}

/* The planner lets both share memory where it can. */
static mote_status eval_view(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_tensor *input = io->inputs[0];
    mote_tensor *output = io->outputs[0];
    if (mote_dtype_bits(input->dtype) == 0) {
        const mote_status status = mote_run_set_output_bytes(run, io, 0, input->n_bytes, err);
        if (status != MOTE_OK)
            return status;
    }
    if (output->data != input->data && input->n_bytes)
        memcpy(output->data, input->data, input->n_bytes);
    return MOTE_OK;
}

static void store_int(mote_tensor *tensor, int64_t index, int64_t value)
{
    if (tensor->dtype == MOTE_INT64)
        ((int64_t *)tensor->data)[index] = value;
    else
        ((int32_t *)tensor->data)[index] = (int32_t)value;
}

static mote_status eval_shape(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    for (int32_t i = 0; i < io->inputs[0]->shape.rank; i++)
        store_int(io->outputs[0], i, io->inputs[0]->shape.dims[i]);
    return MOTE_OK;
}

static mote_status eval_rank(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    store_int(io->outputs[0], 0, io->inputs[0]->shape.rank);
    return MOTE_OK;
}

const mote_op_run mote_op_run_reshape = {prepare_view, eval_view};
const mote_op_run mote_op_run_squeeze = {prepare_view, eval_view};
const mote_op_run mote_op_run_expand_dims = {prepare_view, eval_view};
const mote_op_run mote_op_run_bitcast = {prepare_view, eval_view};
const mote_op_run mote_op_run_shape = {prepare_view, eval_shape};
const mote_op_run mote_op_run_rank = {prepare_view, eval_rank};
