/* What a reduction gives back: dy spread over the axes that it folded. */
#include "op/broadcast.h"
#include "op/op_quant.h"
#include "op/reduce/reduce.h"

#include <string.h>

typedef struct reduce_grad_state {
    mote_broadcast plan; /* inputs: dy (with the folded axes as 1), x, y; output: dx */
    float factor;
} reduce_grad_state;

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_op_io *io = grad->io;
    const mote_shape *in = &io->inputs[0]->shape;
    reduce_grad_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    uint32_t mask;
    const mote_status status = mote_reduce_axes(io, &mask, err);
    if (status != MOTE_OK)
        return status;
    mote_shape kept = *in;
    int64_t folded = 1;
    for (int32_t d = 0; d < in->rank; d++)
        if (mask >> d & 1u) {
            folded *= in->dims[d];
            kept.dims[d] = 1;
        }
    const mote_shape *shapes[] = {&kept, in, &kept};
    mote_broadcast_init(&s->plan, 3, shapes, in);
    s->factor = io->node->op == MOTE_OP_MEAN ? 1.0f / (float)folded : 1.0f;
    mote_run_request_scratch(run, 2 * (size_t)mote_shape_count(&kept) * sizeof(float));
    return MOTE_OK;
}

typedef struct spread_arg {
    float factor;
    bool add;
} spread_arg;

static void spread(const void *arg, const void *const *in, const int32_t *step, void *out, int64_t n)
{
    const spread_arg *a = arg;
    const float *dy = in[0];
    float *dx = out;
    const int32_t s = step[0];
    if (a->add && s == 1) {
        for (int64_t i = 0; i < n; i++)
            dx[i] += dy[i] * a->factor;
    } else if (s == 1) {
        for (int64_t i = 0; i < n; i++)
            dx[i] = dy[i] * a->factor;
    } else {
        const float value = dy[0] * a->factor;
        for (int64_t i = 0; i < n; i++)
            dx[i] = a->add ? dx[i] + value : value;
    }
}

static mote_status backward_sum(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const reduce_grad_state *s = grad->state;
    mote_broadcast one = s->plan;
    one.n_inputs = 1;
    const spread_arg arg = {s->factor, grad->add & 1};
    const void *in[] = {grad->d_outputs[0]};
    const size_t element_bytes[] = {sizeof(float)};
    mote_broadcast_run(run, &one, in, element_bytes, grad->d_inputs[0], sizeof(float), spread, &arg);
    return MOTE_OK;
}

/* An extreme that several elements share is split among them evenly, as TensorFlow does. */
static void share(const void *arg, const void *const *in, const int32_t *step, void *out, int64_t n)
{
    (void)arg;
    const float *dy = in[0], *x = in[1], *y = in[2];
    float *dx = out;
    for (int64_t i = 0; i < n; i++)
        dx[i] = x[i * step[1]] == y[i * step[2]] ? dy[i * step[0]] : 0.0f;
}

/* How many elements of x each element of y equals. In one thread: y is small. */
static void count_equals(const mote_broadcast *plan, const float *x, const float *y, float *counts)
{
    for (int64_t row = 0; row < plan->n_outer; row++) {
        int64_t at = 0, rest = row;
        for (int32_t d = plan->rank - 1; d >= 0; d--) {
            at += rest % plan->dims[d] * plan->strides[2][d];
            rest /= plan->dims[d];
        }
        for (int64_t i = 0; i < plan->n_inner; i++, x++)
            counts[at + i * plan->step[2]] += *x == y[at + i * plan->step[2]] ? 1.0f : 0.0f;
    }
}

static mote_status backward_extreme(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const reduce_grad_state *s = grad->state;
    const float *x = grad->io->inputs[0]->data, *y = grad->io->outputs[0]->data;
    const int64_t n = mote_shape_count(&grad->io->outputs[0]->shape);
    float *counts = mote_run_scratch(run), *shares = counts + n;
    memset(counts, 0, (size_t)n * sizeof *counts);
    count_equals(&s->plan, x, y, counts);
    for (int64_t i = 0; i < n; i++)
        shares[i] = counts[i] > 0.0f ? grad->d_outputs[0][i] / counts[i] : 0.0f;
    const void *in[] = {shares, x, y};
    const size_t element_bytes[] = {sizeof(float), sizeof(float), sizeof(float)};
    mote_broadcast_run(run, &s->plan, in, element_bytes, grad->d_inputs[0], sizeof(float), share, NULL);
    return MOTE_OK;
}

#define SUM(symbol)                                                                                                    \
    const mote_op_grad mote_op_grad_##symbol = {.flags = MOTE_GRAD_ADDS, .plan = plan, .backward = backward_sum};
#define EXTREME(symbol)                                                                                                \
    const mote_op_grad mote_op_grad_##symbol = {                                                                       \
        .needs_inputs = 1, .needs_outputs = 1, .plan = plan, .backward = backward_extreme};

SUM(mean)
SUM(sum)
EXTREME(reduce_max)
EXTREME(reduce_min)
