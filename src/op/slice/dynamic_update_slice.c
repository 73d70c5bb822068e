/* DYNAMIC_UPDATE_SLICE: a tensor with a box of it replaced; a box that would stick out is moved inside. */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"

#include <string.h>

enum { OPERAND, UPDATE, START };

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 3, err);
    if (status == MOTE_OK)
        status = mote_infer_need_same_dtype(io, 2, err);
    if (status == MOTE_OK)
        status = mote_infer_same(io, err);
    if (status != MOTE_OK || mote_infer_is_open(io, 3))
        return status;
    const mote_shape *in = &io->inputs[OPERAND]->shape, *box = &io->inputs[UPDATE]->shape;
    bool fits = in->rank == box->rank && mote_shape_count(&io->inputs[START]->shape) == in->rank;
    for (int32_t d = 0; fits && d < in->rank; d++)
        fits = box->dims[d] <= in->dims[d];
    char ti[MOTE_SHAPE_TEXT_BYTES], tb[MOTE_SHAPE_TEXT_BYTES];
    return fits ? MOTE_OK
                : mote_error_set(err, MOTE_SHAPE, "a box of %s does not fit into %s", mote_shape_format(box, tb),
                                 mote_shape_format(in, ti));
}

static int32_t version(const mote_op_io *io)
{
    switch (io->inputs[OPERAND]->dtype) {
    case MOTE_BFLOAT16:
        return 6;
    case MOTE_INT16:
        return 4;
    case MOTE_FLOAT16:
        return 3;
    default:
        return io->inputs[START]->dtype == MOTE_INT64 ? 2 : 1;
    }
}

const mote_op_def mote_op_def_dynamic_update_slice = {
    .name = "DYNAMIC_UPDATE_SLICE",
    .options_type = 117,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .version = version,
    .max_version = 6,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype at = io->inputs[START]->dtype;
    if (at != MOTE_INT32 && at != MOTE_INT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "places of %s", mote_dtype_name(at));
    return mote_need_whole_elements(io->inputs[OPERAND], err);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_tensor *in = io->inputs[OPERAND], *update = io->inputs[UPDATE], *out = io->outputs[0];
    mote_box box = {.rank = in->shape.rank, .element_bytes = mote_dtype_bytes(in->dtype)};
    mote_row_strides(&update->shape, box.element_bytes, box.source_stride);
    mote_row_strides(&out->shape, box.element_bytes, box.target_stride);
    int64_t offset = 0;
    for (int32_t d = 0; d < box.rank; d++) {
        const int64_t room = in->shape.dims[d] - update->shape.dims[d];
        int64_t start = 0;
        mote_infer_read_int(io->inputs[START], d, &start);
        box.dims[d] = update->shape.dims[d];
        offset += (start < 0 ? 0 : start > room ? room : start) * box.target_stride[d];
    }
    if (out->n_bytes)
        memcpy(out->data, in->data, out->n_bytes);
    mote_copy_box(&box, update->data, (char *)out->data + offset);
    return MOTE_OK;
}

const mote_op_run mote_op_run_dynamic_update_slice = {prepare, eval};
