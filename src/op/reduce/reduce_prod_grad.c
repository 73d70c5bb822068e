/*
 * A product gives each factor the product of the others. They are formed from both sides, not by dividing, so that a
 * factor of 0 is no exception: once forward with the running product before each factor, once backward with the one
 * after it.
 */
#include "op/broadcast.h"
#include "op/reduce/reduce.h"

/* plan: inputs dy, with the folded axes as 1; output dx. */
static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    mote_broadcast *plan = mote_run_persistent(run, sizeof *plan);
    if (!plan)
        return mote_error_no_memory(err);
    uint32_t mask;
    const mote_status status = mote_reduce_axes(grad->io, &mask, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &grad->io->inputs[0]->shape;
    mote_shape kept = *in;
    for (int32_t d = 0; d < in->rank; d++)
        if (mask >> d & 1u)
            kept.dims[d] = 1;
    const mote_shape *shapes[] = {&kept};
    mote_broadcast_init(plan, 1, shapes, in);
    grad->state = plan;
    mote_run_request_scratch(run, (size_t)mote_shape_count(&kept) * sizeof(float));
    return MOTE_OK;
}

/* Which product element i of the input is a factor of. */
static int64_t product_of(const mote_broadcast *plan, int64_t i)
{
    int64_t at[MOTE_BROADCAST_INPUTS];
    mote_broadcast_offsets(plan, i / plan->n_inner, at);
    return at[0] + i % plan->n_inner * plan->step[0];
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_broadcast *plan = grad->state;
    const float *x = grad->io->inputs[0]->data, *dy = grad->d_outputs[0];
    float *running = mote_run_scratch(run), *dx = grad->d_inputs[0];
    const int64_t n = mote_shape_count(&grad->io->inputs[0]->shape);
    const int64_t n_products = mote_shape_count(&grad->io->outputs[0]->shape);
    for (int64_t i = 0; i < n_products; i++)
        running[i] = 1.0f;
    for (int64_t i = 0; i < n; i++) {
        float *before = &running[product_of(plan, i)];
        dx[i] = *before;
        *before *= x[i];
    }
    for (int64_t i = 0; i < n_products; i++)
        running[i] = dy[i];
    for (int64_t i = n - 1; i >= 0; i--) {
        float *after = &running[product_of(plan, i)];
        dx[i] *= *after;
        *after *= x[i];
    }
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_reduce_prod = {.needs_inputs = 1, .plan = plan, .backward = backward};

/* Truth values have none. */
const mote_op_grad mote_op_grad_reduce_any = {0};
const mote_op_grad mote_op_grad_reduce_all = {0};
