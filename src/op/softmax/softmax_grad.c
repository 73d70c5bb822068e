/* Along the last axis: softmax dx = beta y (dy - sum y dy); log-softmax dx = dy - e^y sum dy. */
#include "op/op_quant.h"
#include "op/softmax/softmax.h"

#include <math.h>

typedef struct softmax_job {
    const float *y, *dy;
    float *dx;
    int64_t depth;
    float beta;
    bool log;
} softmax_job;

static void rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const softmax_job *job = arg;
    for (int64_t row = begin; row < end; row++) {
        const float *y = job->y + row * job->depth, *dy = job->dy + row * job->depth;
        float *dx = job->dx + row * job->depth;
        double sum = 0;
        for (int64_t i = 0; i < job->depth; i++)
            sum += job->log ? dy[i] : y[i] * dy[i];
        for (int64_t i = 0; i < job->depth; i++)
            dx[i] = job->log ? dy[i] - expf(y[i]) * (float)sum : job->beta * y[i] * (dy[i] - (float)sum);
    }
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    const mote_shape *shape = &io->inputs[0]->shape;
    const int64_t depth = shape->rank > 0 ? shape->dims[shape->rank - 1] : 1;
    const bool log = io->node->op == MOTE_OP_LOG_SOFTMAX;
    softmax_job job = {
        .y = io->outputs[0]->data,
        .dy = grad->d_outputs[0],
        .dx = grad->d_inputs[0],
        .depth = depth,
        .beta = log ? 1.0f : ((const mote_softmax_params *)io->node->params)->beta,
        .log = log,
    };
    mote_run_parallel(run, mote_shape_count(shape) / depth, 1 + MOTE_ELEMENTS_GRAIN / depth, rows, &job);
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_softmax = {.needs_outputs = 1, .flags = MOTE_GRAD_IN_PLACE, .backward = backward};
const mote_op_grad mote_op_grad_log_softmax = {.needs_outputs = 1, .flags = MOTE_GRAD_IN_PLACE, .backward = backward};
