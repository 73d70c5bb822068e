/* What CUMSUM gives back: dy summed from the other end. */
#include "op/accumulate/accumulate.h"
#include "op/op_infer.h"

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run;
    const mote_cumsum_params *params = grad->io->node->params;
    const mote_shape *shape = &grad->io->inputs[0]->shape;
    int64_t value;
    int32_t axis;
    if (!mote_infer_read_int(grad->io->inputs[1], 0, &value))
        return mote_error_set(err, MOTE_ARGUMENT, "the axis must be int32 or int64");
    const mote_status status = mote_infer_axis(value, shape->rank, &axis, err);
    if (status != MOTE_OK)
        return status;
    const int64_t n = shape->dims[axis], inner = mote_shape_span(shape, axis + 1, shape->rank);
    const int64_t outer = mote_shape_span(shape, 0, axis);
    for (int64_t i = 0; i < outer * inner; i++) {
        const int64_t first = i / inner * n * inner + i % inner;
        double sum = 0;
        for (int64_t k = 0; k < n; k++) {
            const int64_t at = first + (params->reverse ? k : n - 1 - k) * inner;
            const float dy = grad->d_outputs[0][at];
            grad->d_inputs[0][at] = (float)(params->exclusive ? sum : sum + dy);
            sum += dy;
        }
    }
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_cumsum = {.needs_inputs = 1 << 1, .flags = MOTE_GRAD_IN_PLACE, .backward = backward};
