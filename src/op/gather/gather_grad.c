/* Rows of dy are added to the rows that they were copied from, in order: an embedding's gradient. */
#include "op/gather/gather.h"
#include "op/op_infer.h"

#include <string.h>

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run;
    const mote_op_io *io = grad->io;
    const mote_gather_params *params = io->node->params;
    const mote_tensor *indices = io->inputs[1];
    const mote_shape *in = &io->inputs[0]->shape;
    const int32_t axis = params->axis < 0 ? params->axis + in->rank : params->axis;
    const int32_t batch_dims = params->batch_dims < 0 ? params->batch_dims + indices->shape.rank : params->batch_dims;
    const int64_t batch = mote_shape_span(in, 0, batch_dims), outer = mote_shape_span(in, batch_dims, axis);
    const int64_t size = in->dims[axis], inner = mote_shape_span(in, axis + 1, in->rank);
    const int64_t n = mote_shape_span(&indices->shape, batch_dims, indices->shape.rank);
    const float *dy = grad->d_outputs[0];
    float *dx = grad->d_inputs[0];
    memset(dx, 0, (size_t)mote_shape_count(in) * sizeof *dx);
    for (int64_t o = 0; o < batch * outer; o++)
        for (int64_t i = 0; i < n; i++, dy += inner) {
            int64_t at;
            if (!mote_infer_read_int(indices, o / outer * n + i, &at) || at < 0 || at >= size)
                return mote_error_set(err, MOTE_ARGUMENT, "an index outside the %lld of dimension %d", (long long)size,
                                      axis);
            for (int64_t j = 0; j < inner; j++)
                dx[(o * size + at) * inner + j] += dy[j];
        }
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_gather = {.needs_inputs = 1 << 1, .backward = backward};
