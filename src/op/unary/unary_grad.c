/* Derivatives of the one-input operators: a loop and a row each. Where a function has a kink the value is TensorFlow's.
 */
#include "kernels/vec_math.h"
#include "op/op_quant.h"
#include "op/unary/unary.h"

#include <math.h>

typedef struct unary_grad_arg {
    float alpha;      /* LEAKY_RELU */
    bool approximate; /* GELU */
} unary_grad_arg;

/* dx[i] = dy[i] * f'(x[i]), from x or from y = f(x); dx may be dy. */
typedef void unary_grad_loop(const unary_grad_arg *arg, const float *xs, const float *ys, const float *dy, float *dx,
                             int64_t n);

/* The derivative from x or y; whichever the facet does not ask for is not read. */
#define LOOP(name, ...)                                                                                                \
    static void name(const unary_grad_arg *arg, const float *xs, const float *ys, const float *dy, float *dx,          \
                     int64_t n)                                                                                        \
    {                                                                                                                  \
        (void)arg;                                                                                                     \
        (void)xs;                                                                                                      \
        (void)ys;                                                                                                      \
        MOTE_LOOP_INDEPENDENT                                                                                          \
        for (int64_t i = 0; i < n; ++i)                                                                                \
            dx[i] = dy[i] * (__VA_ARGS__);                                                                             \
    }
#define X xs[i]
#define Y ys[i]

static inline float hard_swish_slope(float x)
{
    return x <= -3.0f ? 0.0f : x >= 3.0f ? 1.0f : (2.0f * x + 3.0f) / 6.0f;
}

/* Φ(x) + x φ(x), or the derivative of the tanh form written with a logistic. */
static inline float gelu_slope(float x, bool approximate)
{
    if (approximate) {
        const float c = 2 * 0.79788456080286536f, u = c * (x + 0.044715f * x * x * x);
        const float s = mote_logistic_f32(u);
        return s + x * s * (1.0f - s) * c * (1.0f + 3 * 0.044715f * x * x);
    }
    return 0.5f * erfcf(-x * 0.70710678f) + x * 0.39894228f * mote_exp_f32(-0.5f * x * x);
}

LOOP(abs_grad, (float)(X > 0.0f) - (float)(X < 0.0f))
LOOP(neg_grad, -1.0f)
LOOP(sqrt_grad, 0.5f / Y)
LOOP(rsqrt_grad, -0.5f * Y * Y * Y)
LOOP(square_grad, 2.0f * X)
LOOP(exp_grad, Y)
LOOP(log_grad, 1.0f / X)
LOOP(sin_grad, cosf(X))
LOOP(cos_grad, -sinf(X))
LOOP(logistic_grad, Y *(1.0f - Y))
LOOP(tanh_grad, 1.0f - Y * Y)
LOOP(relu_grad, Y > 0.0f ? 1.0f : 0.0f)
LOOP(relu6_grad, Y > 0.0f && Y < 6.0f ? 1.0f : 0.0f)
LOOP(relu_n1_to_1_grad, Y > -1.0f && Y < 1.0f ? 1.0f : 0.0f)
LOOP(relu_0_to_1_grad, Y > 0.0f && Y < 1.0f ? 1.0f : 0.0f)
LOOP(elu_grad, Y < 0.0f ? Y + 1.0f : 1.0f)
LOOP(hard_swish_grad, hard_swish_slope(X))
LOOP(gelu_grad, gelu_slope(X, arg->approximate))
LOOP(leaky_relu_grad, X > 0.0f ? 1.0f : arg->alpha)

typedef struct unary_grad_job {
    unary_grad_loop *loop;
    unary_grad_arg arg;
    const float *x, *y, *dy;
    float *dx;
} unary_grad_job;

static void range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const unary_grad_job *job = arg;
    job->loop(&job->arg, job->x ? job->x + begin : NULL, job->y ? job->y + begin : NULL, job->dy + begin,
              job->dx + begin, end - begin);
}

static mote_status run_loop(mote_run *run, const mote_grad *grad, unary_grad_loop *loop)
{
    const mote_op_io *io = grad->io;
    unary_grad_job job = {
        .loop = loop,
        .x = io->inputs[0]->data,
        .y = io->outputs[0]->data,
        .dy = grad->d_outputs[0],
        .dx = grad->d_inputs[0],
    };
    if (io->node->op == MOTE_OP_LEAKY_RELU)
        job.arg.alpha = ((const mote_leaky_relu_params *)io->node->params)->alpha;
    if (io->node->op == MOTE_OP_GELU)
        job.arg.approximate = ((const mote_gelu_params *)io->node->params)->approximate;
    mote_run_parallel(run, mote_shape_count(&io->inputs[0]->shape), MOTE_ELEMENTS_GRAIN, range, &job);
    return MOTE_OK;
}

enum { FROM_X = 1, FROM_Y = 2, FROM_NONE = 0 };

/* needs: which of x and y the row's loop reads. */
#define GRAD(symbol, needs)                                                                                            \
    static mote_status backward_##symbol(mote_run *run, const mote_grad *grad, mote_error *err)                        \
    {                                                                                                                  \
        (void)err;                                                                                                     \
        return run_loop(run, grad, symbol##_grad);                                                                     \
    }                                                                                                                  \
    const mote_op_grad mote_op_grad_##symbol = {                                                                       \
        .needs_inputs = (needs)&FROM_X,                                                                                \
        .needs_outputs = ((needs)&FROM_Y) / FROM_Y,                                                                    \
        .flags = MOTE_GRAD_IN_PLACE,                                                                                   \
        .backward = backward_##symbol,                                                                                 \
    };

GRAD(abs, FROM_X)
GRAD(neg, FROM_NONE)
GRAD(sqrt, FROM_Y)
GRAD(rsqrt, FROM_Y)
GRAD(square, FROM_X)
GRAD(exp, FROM_Y)
GRAD(log, FROM_X)
GRAD(sin, FROM_X)
GRAD(cos, FROM_X)
GRAD(logistic, FROM_Y)
GRAD(tanh, FROM_Y)
GRAD(relu, FROM_Y)
GRAD(relu6, FROM_Y)
GRAD(relu_n1_to_1, FROM_Y)
GRAD(relu_0_to_1, FROM_Y)
GRAD(elu, FROM_Y)
GRAD(hard_swish, FROM_X)
GRAD(gelu, FROM_X)
GRAD(leaky_relu, FROM_X)

/* Steps: the derivative is 0 wherever there is one. */
#define FLAT(symbol) const mote_op_grad mote_op_grad_##symbol = {0};

FLAT(ceil)
FLAT(floor)
FLAT(round)
FLAT(sign)
FLAT(logical_not)
