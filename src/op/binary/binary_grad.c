/*
 * Derivatives of the two-input operators. What an input gets is dy * (derivative by it), summed over the dimensions
 * along which it was repeated. The sum of one element has one order, whatever the number of threads: dimensions along
 * which the input is walked are split among threads, those along which it is held never.
 */
#include "op/binary/binary_grad.h"
#include "op/binary/binary.h"
#include "op/broadcast.h"
#include "op/conv_2d/conv_grad.h"
#include "op/op_quant.h"

#include <math.h>
#include <string.h>

enum { TILE = 256 };

/* g[i] = dy[i] * (derivative by the input in question) at a[i * sa], b[i * sb], y[i] */
typedef void part_fn(const float *a, int32_t sa, const float *b, int32_t sb, const float *y, const float *dy, float *g,
                     int64_t n);

#define PART(name, ...)                                                                                                \
    static void name(const float *a, int32_t sa, const float *b, int32_t sb, const float *y, const float *dy,          \
                     float *g, int64_t n)                                                                              \
    {                                                                                                                  \
        (void)a;                                                                                                       \
        (void)b;                                                                                                       \
        (void)y;                                                                                                       \
        (void)sa;                                                                                                      \
        (void)sb;                                                                                                      \
        MOTE_LOOP_INDEPENDENT                                                                                          \
        for (int64_t i = 0; i < n; ++i)                                                                                \
            g[i] = dy[i] * (__VA_ARGS__);                                                                              \
    }
#define A a[i * sa]
#define B b[i * sb]
#define Y y[i]

/* x^y by y where x is not positive: 0, as TensorFlow has it. */
static inline float pow_by_b(float a, float y)
{
    return a > 0.0f ? y * logf(a) : 0.0f;
}

PART(one, 1.0f)
PART(minus_one, -1.0f)
PART(mul_by_b, A)
PART(div_by_a, 1.0f / B)
PART(div_by_b, -Y / B)
PART(max_by_a, A >= B ? 1.0f : 0.0f)
PART(max_by_b, A >= B ? 0.0f : 1.0f)
PART(min_by_a, A <= B ? 1.0f : 0.0f)
PART(min_by_b, A <= B ? 0.0f : 1.0f)
PART(difference_by_a, 2.0f * (A - B))
PART(difference_by_b, -2.0f * (A - B))
PART(pow_by_a_part, B == 0.0f ? 0.0f : B * powf(A, B - 1.0f))
PART(pow_by_b_part, pow_by_b(A, Y))
PART(floor_mod_by_b, -floorf(A / B))
PART(prelu_by_a, A >= 0.0f ? 1.0f : B)
PART(prelu_by_b, A >= 0.0f ? 0.0f : A)

/* The product with the other input held or walked, each a loop that vectorizes. */
static void mul_by_a(const float *a, int32_t sa, const float *b, int32_t sb, const float *y, const float *dy, float *g,
                     int64_t n)
{
    (void)a;
    (void)sa;
    (void)y;
    if (sb) {
        MOTE_LOOP_INDEPENDENT
        for (int64_t i = 0; i < n; ++i)
            g[i] = dy[i] * b[i];
    } else {
        MOTE_LOOP_INDEPENDENT
        for (int64_t i = 0; i < n; ++i)
            g[i] = dy[i] * b[0];
    }
}

typedef struct binary_grad_job {
    const mote_broadcast *plan;
    int32_t which; /* the input whose gradient this is */
    bool whole;    /* it is as large as the output: nothing is summed, and dx may be dy */
    part_fn *part;
    const float *a, *b, *y, *dy;
    float *dx;
} binary_grad_job;

/* One run of the output from element `at` on, into dx at the input's own offset. */
static void add_run(const binary_grad_job *job, const int64_t *offset, int64_t at, int64_t begin, int64_t n)
{
    const mote_broadcast *plan = job->plan;
    float g[TILE];
    float *dx = job->dx + offset[job->which] + begin * plan->step[job->which];
    if (job->whole) { /* element by element: dx may be dy */
        job->part(job->a + offset[0] + begin * plan->step[0], plan->step[0], job->b + offset[1] + begin * plan->step[1],
                  plan->step[1], job->y + at + begin, job->dy + at + begin, dx, n);
        return;
    }
    double held = 0;
    for (int64_t i = begin; i < begin + n; i += TILE) {
        const int64_t m = begin + n - i < TILE ? begin + n - i : TILE;
        job->part(job->a + offset[0] + i * plan->step[0], plan->step[0], job->b + offset[1] + i * plan->step[1],
                  plan->step[1], job->y + at + i, job->dy + at + i, g, m);
        if (plan->step[job->which]) {
            for (int64_t j = 0; j < m; j++)
                dx[i - begin + j] += g[j];
        } else {
            float sum = 0.0f;
            for (int64_t j = 0; j < m; j++)
                sum += g[j];
            held += sum;
        }
    }
    if (!plan->step[job->which])
        dx[0] += (float)held;
}

static void add_rows(const binary_grad_job *job, int64_t begin, int64_t end)
{
    const mote_broadcast *plan = job->plan;
    for (int64_t row = begin; row < end; row++) {
        int64_t offset[MOTE_BROADCAST_INPUTS];
        mote_broadcast_offsets(plan, row, offset);
        add_run(job, offset, row * plan->n_inner, 0, plan->n_inner);
    }
}

/* Indices of the outermost loop, along which the input is walked. */
static void outer_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const binary_grad_job *job = arg;
    const int64_t rows = job->plan->n_outer / job->plan->dims[0];
    add_rows(job, begin * rows, end * rows);
}

static void inner_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const binary_grad_job *job = arg;
    const int64_t offset[2] = {0};
    add_run(job, offset, 0, begin, end - begin);
}

static void differentiate(mote_run *run, const mote_grad *grad, int32_t which, part_fn *part)
{
    const mote_op_io *io = grad->io;
    const mote_broadcast *plan = &((const mote_binary_grad_state *)grad->state)->plan;
    binary_grad_job job = {
        .plan = plan,
        .which = which,
        .part = part,
        .a = io->inputs[0]->data,
        .b = io->inputs[1]->data,
        .y = io->outputs[0]->data,
        .dy = grad->d_outputs[0],
        .dx = grad->d_inputs[which],
    };
    const int64_t n = mote_shape_count(&io->inputs[which]->shape);
    job.whole = n == mote_shape_count(&io->outputs[0]->shape);
    if (!job.whole)
        memset(job.dx, 0, (size_t)n * sizeof *job.dx);
    if (plan->n_outer == 1 && job.whole)
        mote_run_parallel(run, plan->n_inner, MOTE_ELEMENTS_GRAIN, inner_range, &job);
    else if (plan->n_outer == 1)
        inner_range(&job, 0, plan->n_inner, 0);
    else if (plan->strides[which][0] != 0)
        mote_run_parallel(run, plan->dims[0], 1, outer_range, &job);
    else
        add_rows(&job, 0, plan->n_outer);
}

mote_status mote_binary_grad_plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_op_io *io = grad->io;
    mote_binary_grad_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    const mote_shape *shapes[] = {&io->inputs[0]->shape, &io->inputs[1]->shape};
    mote_broadcast_init(&state->plan, 2, shapes, &io->outputs[0]->shape);
    grad->state = state;
    int32_t activation = MOTE_ACT_NONE;
    if (io->node->op == MOTE_OP_ADD || io->node->op == MOTE_OP_SUB)
        activation = ((const mote_add_params *)io->node->params)->fused_activation_function;
    else if (io->node->op == MOTE_OP_MUL || io->node->op == MOTE_OP_DIV)
        activation = ((const mote_mul_params *)io->node->params)->fused_activation_function;
    return mote_need_no_activation(activation, err);
}

static mote_status run_parts(mote_run *run, const mote_grad *grad, part_fn *by_a, part_fn *by_b)
{
    /* b first: where a's gradient takes dy's memory it comes last */
    if (grad->d_inputs[1])
        differentiate(run, grad, 1, by_b);
    if (grad->d_inputs[0])
        differentiate(run, grad, 0, by_a);
    return MOTE_OK;
}

mote_status mote_mul_grad_plain(mote_run *run, const mote_grad *grad)
{
    return run_parts(run, grad, mul_by_a, mul_by_b);
}

#define GRAD(symbol, inputs, outputs, extra, by_a, by_b)                                                               \
    static mote_status backward_##symbol(mote_run *run, const mote_grad *grad, mote_error *err)                        \
    {                                                                                                                  \
        (void)err;                                                                                                     \
        return run_parts(run, grad, by_a, by_b);                                                                       \
    }                                                                                                                  \
    const mote_op_grad mote_op_grad_##symbol = {                                                                       \
        .needs_inputs = (inputs),                                                                                      \
        .needs_outputs = (outputs),                                                                                    \
        .flags = MOTE_GRAD_IN_PLACE | (extra),                                                                         \
        .plan = mote_binary_grad_plan,                                                                                 \
        .backward = backward_##symbol,                                                                                 \
    };

enum { BOTH = 3, NEITHER = 0, RESULT = 1 };

GRAD(add, NEITHER, NEITHER, 0, one, one)
GRAD(sub, NEITHER, NEITHER, 0, one, minus_one)
GRAD(div, 1 << 1, RESULT, 0, div_by_a, div_by_b)
GRAD(maximum, BOTH, NEITHER, 0, max_by_a, max_by_b)
GRAD(minimum, BOTH, NEITHER, 0, min_by_a, min_by_b)
GRAD(squared_difference, BOTH, NEITHER, 0, difference_by_a, difference_by_b)
GRAD(pow, BOTH, RESULT, 0, pow_by_a_part, pow_by_b_part)
GRAD(floor_mod, BOTH, NEITHER, 0, one, floor_mod_by_b)
GRAD(prelu, BOTH, NEITHER, 0, prelu_by_a, prelu_by_b)

#define FLAT(symbol) const mote_op_grad mote_op_grad_##symbol = {0};

FLAT(floor_div)
FLAT(equal)
FLAT(not_equal)
FLAT(less)
FLAT(less_equal)
FLAT(greater)
FLAT(greater_equal)
FLAT(logical_and)
FLAT(logical_or)
