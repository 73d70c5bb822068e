/*
 * A transposed convolution is the gradient of a convolution by its input: the three products of conv_grad.h in other
 * roles. That convolution reads this operator's output (its `in`) and makes this operator's input; its weights are
 * [in][taps][out], this filter is [out][taps][in].
 *
 *   scratch: | of the convolution | weights | their gradient |
 */
#include "op/conv_2d/conv_grad.h"
#include "op/transpose_conv/transpose_conv.h"

typedef struct transpose_state {
    mote_conv_pass pass;
    int64_t taps, in_c, out_c;
} transpose_state;

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_op_io *io = grad->io;
    const mote_transpose_conv_params *params = io->node->params;
    const mote_shape *filter = &io->inputs[1]->shape, *in = &io->inputs[2]->shape, *out = &io->outputs[0]->shape;
    transpose_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    s->taps = (int64_t)filter->dims[1] * filter->dims[2];
    s->in_c = in->dims[3];
    s->out_c = out->dims[3];
    s->pass = (mote_conv_pass){.batch = in->dims[0], .in_c = s->out_c, .out_c = s->in_c, .groups = 1};
    mote_status status = mote_need_no_activation(params->activation, err);
    if (status == MOTE_OK)
        status = mote_transpose_conv_window(params, out, filter, &s->pass.h, &s->pass.w, err);
    if (status != MOTE_OK)
        return status;
    if (s->pass.h.out != in->dims[1] || s->pass.w.out != in->dims[2])
        return mote_error_set(err, MOTE_UNSUPPORTED, "an output of %dx%d from an input of %dx%d", out->dims[1],
                              out->dims[2], in->dims[1], in->dims[2]);
    mote_conv_pass_plan(run, &s->pass);
    const size_t weights_bytes = (size_t)(s->taps * s->in_c * s->out_c) * sizeof(float);
    mote_run_request_scratch(run, s->pass.scratch_bytes + 2 * weights_bytes);
    return MOTE_OK;
}

/* [n][taps][c] to [c][taps][n] */
static void turn(const float *from, int64_t n, int64_t taps, int64_t c, float *to)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t tap = 0; tap < taps; tap++)
            for (int64_t j = 0; j < c; j++)
                to[(j * taps + tap) * n + i] = from[(i * taps + tap) * c + j];
}

static float *weights_room(mote_run *run, const transpose_state *s)
{
    return (float *)(void *)((char *)mote_run_scratch(run) + s->pass.scratch_bytes);
}

static mote_status forward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    const transpose_state *s = grad->state;
    const mote_tensor *bias = io->n_inputs > 3 ? io->inputs[3] : NULL;
    float *w = weights_room(run, s), *y = io->outputs[0]->data;
    turn(io->inputs[1]->data, s->out_c, s->taps, s->in_c, w);
    mote_conv_pass_input(run, &s->pass, io->inputs[2]->data, w, y, false);
    const int64_t n = mote_shape_count(&io->outputs[0]->shape);
    for (int64_t i = 0; bias && i < n; i++)
        y[i] += ((const float *)bias->data)[i % s->out_c];
    return MOTE_OK;
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    const transpose_state *s = grad->state;
    float *w = weights_room(run, s), *dw = w + s->taps * s->in_c * s->out_c;
    const float *dy = grad->d_outputs[0];
    if (grad->d_inputs[1]) {
        mote_conv_pass_weights(run, &s->pass, dy, io->inputs[2]->data, dw, NULL);
        turn(dw, s->in_c, s->taps, s->out_c, grad->d_inputs[1]);
    }
    if (grad->d_inputs[2]) {
        turn(io->inputs[1]->data, s->out_c, s->taps, s->in_c, w);
        mote_conv_pass_output(run, &s->pass, dy, w, NULL, grad->d_inputs[2]);
    }
    float *db = io->n_inputs > 3 ? grad->d_inputs[3] : NULL;
    for (int64_t c = 0; db && c < s->out_c; c++) {
        double sum = 0;
        for (int64_t i = c; i < mote_shape_count(&io->outputs[0]->shape); i += s->out_c)
            sum += dy[i];
        db[c] = (float)sum;
    }
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_transpose_conv = {
    .needs_inputs = 1 << 1 | 1 << 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
