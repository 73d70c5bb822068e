#include "op/move/copy_nd.h"
#include "op/slice/slice.h"

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[0], err);
}

static void copy_slice(const mote_op_io *io, const mote_slice_box *slice)
{
    const mote_tensor *input = io->inputs[0];
    const size_t element_bytes = mote_dtype_bytes(input->dtype);
    mote_box box = {.rank = input->shape.rank, .element_bytes = element_bytes};
    int64_t in_stride[MOTE_MAX_RANK];
    mote_row_strides(&input->shape, element_bytes, in_stride);
    int64_t offset = 0, stride = (int64_t)element_bytes;
    for (int32_t i = box.rank - 1; i >= 0; i--) {
        box.dims[i] = slice->count[i];
        box.source_stride[i] = in_stride[i] * slice->step[i];
        box.target_stride[i] = stride;
        stride *= slice->count[i];
        if (slice->count[i] > 0)
            offset += in_stride[i] * slice->begin[i];
    }
    mote_copy_box(&box, (const char *)input->data + offset, io->outputs[0]->data);
}

/* Begins and ends that only eval knows: the output's shape follows from them now. */
static mote_status eval_with(mote_run *run, const mote_op_io *io,
                             mote_status (*resolve)(const mote_op_io *, mote_slice_box *, bool *, mote_error *),
                             mote_error *err)
{
    mote_slice_box box;
    bool known;
    mote_status status = resolve(io, &box, &known, err);
    if (status != MOTE_OK)
        return status;
    if (!mote_shape_equal(&box.shape, &io->outputs[0]->shape)) {
        status = mote_run_resize_output(run, io, 0, &box.shape, err);
        if (status != MOTE_OK)
            return status;
    }
    copy_slice(io, &box);
    return MOTE_OK;
}

static mote_status eval_strided_slice(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    return eval_with(run, io, mote_resolve_strided_slice, err);
}

static mote_status eval_slice(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    return eval_with(run, io, mote_resolve_slice, err);
}

const mote_op_run mote_op_run_strided_slice = {prepare, eval_strided_slice};
const mote_op_run mote_op_run_slice = {prepare, eval_slice};
