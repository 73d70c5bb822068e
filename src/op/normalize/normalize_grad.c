/* L2_NORMALIZATION: with y = x / |x|, dx = (dy - y <y, dy>) / |x|; where the norm is at its least, dx = dy / least. */
#include "op/normalize/normalize.h"
#include "op/op_quant.h"

#include <math.h>

typedef struct l2_job {
    const float *x, *dy;
    float *dx;
    int64_t depth;
} l2_job;

static void l2_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const l2_job *job = arg;
    for (int64_t row = begin; row < end; row++) {
        const float *x = job->x + row * job->depth, *dy = job->dy + row * job->depth;
        float *dx = job->dx + row * job->depth;
        double squares = 0, product = 0;
        for (int64_t i = 0; i < job->depth; i++) {
            squares += (double)x[i] * x[i];
            product += (double)x[i] * dy[i];
        }
        const double norm = fmax(sqrt(squares), MOTE_L2_LEAST_NORM);
        const double along = norm > MOTE_L2_LEAST_NORM ? product / squares : 0.0;
        for (int64_t i = 0; i < job->depth; i++)
            dx[i] = (float)((dy[i] - x[i] * along) / norm);
    }
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_shape *shape = &grad->io->inputs[0]->shape;
    l2_job job = {grad->io->inputs[0]->data, grad->d_outputs[0], grad->d_inputs[0], shape->dims[shape->rank - 1]};
    if (mote_shape_count(shape) == 0)
        return MOTE_OK;
    const int64_t grain = MOTE_ELEMENTS_GRAIN / job.depth;
    mote_run_parallel(run, mote_shape_span(shape, 0, shape->rank - 1), grain > 1 ? grain : 1, l2_rows, &job);
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_l2_normalization = {
    .needs_inputs = 1, .flags = MOTE_GRAD_IN_PLACE, .backward = backward};
