/* The box of the input that the output is a copy of gets dy; the rest gets nothing. */
#include "op/move/copy_nd.h"
#include "op/slice/slice.h"

#include <string.h>

static mote_status put_back(const mote_grad *grad,
                            mote_status (*resolve)(const mote_op_io *, mote_slice_box *, bool *, mote_error *),
                            mote_error *err)
{
    const mote_shape *in = &grad->io->inputs[0]->shape;
    mote_slice_box slice;
    bool known;
    const mote_status status = resolve(grad->io, &slice, &known, err);
    if (status != MOTE_OK)
        return status;
    if (!known)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a slice whose place is not constant");
    mote_box box = {.rank = in->rank, .element_bytes = sizeof(float)};
    int64_t in_stride[MOTE_MAX_RANK];
    mote_row_strides(in, sizeof(float), in_stride);
    int64_t offset = 0, stride = sizeof(float);
    for (int32_t d = in->rank - 1; d >= 0; d--) {
        box.dims[d] = slice.count[d];
        box.target_stride[d] = in_stride[d] * slice.step[d];
        box.source_stride[d] = stride;
        stride *= slice.count[d];
        offset += slice.count[d] > 0 ? in_stride[d] * slice.begin[d] : 0;
    }
    memset(grad->d_inputs[0], 0, (size_t)mote_shape_count(in) * sizeof(float));
    mote_copy_box(&box, grad->d_outputs[0], (char *)grad->d_inputs[0] + offset);
    return MOTE_OK;
}

static mote_status backward_strided_slice(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run;
    return put_back(grad, mote_resolve_strided_slice, err);
}

static mote_status backward_slice(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run;
    return put_back(grad, mote_resolve_slice, err);
}

const mote_op_grad mote_op_grad_strided_slice = {.backward = backward_strided_slice};
const mote_op_grad mote_op_grad_slice = {.backward = backward_slice};
