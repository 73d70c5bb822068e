/* dy goes to the value that was chosen, summed over the dimensions along which that was repeated. */
#include "op/broadcast.h"

#include <string.h>

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_op_io *io = grad->io;
    mote_broadcast *plan = mote_run_persistent(run, sizeof *plan);
    if (!plan)
        return mote_error_no_memory(err);
    const mote_shape *shapes[] = {&io->inputs[0]->shape, &io->inputs[1]->shape, &io->inputs[2]->shape};
    mote_broadcast_init(plan, 3, shapes, &io->outputs[0]->shape);
    grad->state = plan;
    return MOTE_OK;
}

/* In one thread: places in dx may be met by several rows of dy. */
static void give_back(const mote_broadcast *plan, const uint8_t *condition, int32_t which, const float *dy, float *dx)
{
    const bool wanted = which == 1;
    for (int64_t row = 0; row < plan->n_outer; row++) {
        int64_t at[MOTE_BROADCAST_INPUTS];
        mote_broadcast_offsets(plan, row, at);
        const int64_t of_condition = at[0], of_value = at[which];
        for (int64_t i = 0; i < plan->n_inner; i++, dy++)
            if ((condition[of_condition + i * plan->step[0]] != 0) == wanted)
                dx[of_value + i * plan->step[which]] += *dy;
    }
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run, (void)err;
    for (int32_t which = 1; which <= 2; which++) {
        float *dx = grad->d_inputs[which];
        if (!dx)
            continue;
        memset(dx, 0, (size_t)mote_shape_count(&grad->io->inputs[which]->shape) * sizeof *dx);
        give_back(grad->state, grad->io->inputs[0]->data, which, grad->d_outputs[0], dx);
    }
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_select_v2 = {.needs_inputs = 1, .plan = plan, .backward = backward};
