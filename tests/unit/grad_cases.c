#include "unit/grad_cases.h"

#include "kernels/kernels.h"
#include "op/reduce/reduce.h"
#include "op/softmax/softmax.h"
#include "op/train_form/train_form.h"
#include "op/unary/unary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- making tensors --- */

int32_t grad_between(mote_rng *rng, int32_t low, int32_t high)
{
    return low + (int32_t)mote_rng_below(rng, (uint32_t)(high - low + 1));
}

mote_tensor *grad_add_input(grad_case *c, mote_dtype dtype, const mote_shape *shape, bool wants)
{
    mote_tensor *t = &c->inputs[c->n_inputs].tensor;
    c->inputs[c->n_inputs++].wants = wants;
    *t = (mote_tensor){.name = "", .dtype = dtype, .shape = *shape, .storage = MOTE_STORAGE_CONST};
    t->n_bytes = (size_t)mote_shape_count(shape) * 4;
    t->data = calloc(t->n_bytes + 4, 1);
    return t;
}

void grad_case_free(grad_case *c)
{
    for (int32_t i = 0; i < c->n_inputs; i++)
        free(c->inputs[i].tensor.data);
    free(c->params);
}

float *grad_add_whole(grad_case *c, mote_rng *rng, const mote_shape *shape)
{
    float *x = grad_add_input(c, MOTE_FLOAT32, shape, true)->data;
    for (int64_t i = 0; i < mote_shape_count(shape); i++)
        x[i] = (float)grad_between(rng, -3, 3);
    return x;
}

void grad_add_distinct(grad_case *c, mote_rng *rng, const mote_shape *shape)
{
    float *x = grad_add_input(c, MOTE_FLOAT32, shape, true)->data;
    const int64_t n = mote_shape_count(shape);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)(4 * i);
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t j = (int64_t)mote_rng_below(rng, (uint32_t)i + 1);
        const float t = x[i];
        x[i] = x[j];
        x[j] = t;
    }
}

float *grad_add_real(grad_case *c, mote_rng *rng, const mote_shape *shape, double low, double high)
{
    float *x = grad_add_input(c, MOTE_FLOAT32, shape, true)->data;
    for (int64_t i = 0; i < mote_shape_count(shape); i++)
        x[i] = (float)(low + (high - low) * mote_rng_float(rng));
    return x;
}

int32_t *grad_add_ints(grad_case *c, int32_t n, const int32_t *values)
{
    const mote_shape shape = {1, {n}};
    int32_t *to = grad_add_input(c, MOTE_INT32, &shape, false)->data;
    memcpy(to, values, (size_t)n * sizeof *to);
    return to;
}

mote_shape grad_random_shape(mote_rng *rng, int32_t rank, int32_t most)
{
    mote_shape shape = {.rank = rank};
    for (int32_t d = 0; d < rank; d++)
        shape.dims[d] = grad_between(rng, 1, most);
    return shape;
}

/* --- one input --- */

static void unary_reference(const grad_case *c, const mote_op_io *io, double *const *inputs, double *output)
{
    for (int64_t i = 0; i < mote_shape_count(&io->outputs[0]->shape); i++)
        output[i] = c->unary(c, inputs[0][i]);
}

static double gelu(const grad_case *c, double x)
{
    if (((const mote_gelu_params *)c->params)->approximate)
        return 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
    return 0.5 * x * erfc(-x / sqrt(2));
}

static double within(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* A kink closer than the step of the differences would mislead them. */
static void step_aside(float *x, int64_t n, float kink)
{
    for (int64_t i = 0; i < n; i++)
        if (fabsf(x[i] - kink) < 1e-3f)
            x[i] = kink + 1e-2f;
}

#define UNARY(symbol, low, high, ...)                                                                                  \
    static double f_##symbol(const grad_case *c, double x)                                                             \
    {                                                                                                                  \
        (void)c;                                                                                                       \
        return __VA_ARGS__;                                                                                            \
    }                                                                                                                  \
    static void make_##symbol(grad_case *c, mote_rng *rng)                                                             \
    {                                                                                                                  \
        const mote_shape shape = grad_random_shape(rng, grad_between(rng, 1, 4), 5);                                   \
        float *x = grad_add_real(c, rng, &shape, low, high);                                                           \
        static const float kinks[] = {-3, -1, 0, 1, 3, 6};                                                             \
        for (size_t k = 0; k < sizeof kinks / sizeof kinks[0]; k++)                                                    \
            step_aside(x, mote_shape_count(&shape), kinks[k]);                                                         \
        c->unary = f_##symbol;                                                                                         \
        c->reference = unary_reference;                                                                                \
        if (c->op == MOTE_OP_GELU)                                                                                     \
            ((mote_gelu_params *)c->params)->approximate = mote_rng_below(rng, 2);                                     \
        if (c->op == MOTE_OP_LEAKY_RELU)                                                                               \
            ((mote_leaky_relu_params *)c->params)->alpha = 0.2f;                                                       \
    }

UNARY(abs, -2, 2, fabs(x))
UNARY(neg, -2, 2, -x)
UNARY(sqrt, 0.2, 4, sqrt(x))
UNARY(rsqrt, 0.2, 4, 1 / sqrt(x))
UNARY(square, -2, 2, x *x)
UNARY(exp, -3, 2, exp(x))
UNARY(log, 0.2, 4, log(x))
UNARY(sin, -3, 3, sin(x))
UNARY(cos, -3, 3, cos(x))
UNARY(logistic, -6, 6, 1 / (1 + exp(-x)))
UNARY(tanh, -3, 3, tanh(x))
UNARY(relu, -2, 2, x > 0 ? x : 0)
UNARY(relu6, -2, 8, within(x, 0, 6))
UNARY(relu_n1_to_1, -2, 2, within(x, -1, 1))
UNARY(relu_0_to_1, -2, 2, within(x, 0, 1))
UNARY(elu, -3, 2, x < 0 ? expm1(x) : x)
UNARY(hard_swish, -4, 4, x *within(x + 3, 0, 6) / 6)
UNARY(gelu, -4, 4, gelu(c, x))
UNARY(leaky_relu, -2, 2, x > 0 ? x : (double)0.2f * x)

/* --- two inputs --- */

static int64_t broadcast_at(const mote_shape *in, const mote_shape *out, int64_t i)
{
    int64_t at = 0, stride = 1;
    for (int32_t d = out->rank - 1; d >= 0; d--) {
        const int64_t index = i % out->dims[d];
        i /= out->dims[d];
        const int32_t own = d - (out->rank - in->rank);
        if (own < 0)
            continue;
        at += in->dims[own] == 1 ? 0 : index * stride;
        stride *= in->dims[own];
    }
    return at;
}

static void binary_reference(const grad_case *c, const mote_op_io *io, double *const *inputs, double *output)
{
    const mote_shape *out = &io->outputs[0]->shape;
    for (int64_t i = 0; i < mote_shape_count(out); i++)
        output[i] = c->binary(inputs[0][broadcast_at(&io->inputs[0]->shape, out, i)],
                              inputs[1][broadcast_at(&io->inputs[1]->shape, out, i)]);
}

/* Two shapes that broadcast, either of which may lack dimensions or hold some; with whole the first does not. */
static void broadcast_shapes(mote_rng *rng, bool whole, mote_shape shapes[2])
{
    if (!whole && mote_rng_below(rng, 3) == 0) { /* an image and a gate for each of its channels */
        shapes[0] = grad_random_shape(rng, 4, 5);
        shapes[1] = mote_shape_4d(shapes[0].dims[0], 1, 1, shapes[0].dims[3]);
        return;
    }
    const mote_shape out = grad_random_shape(rng, grad_between(rng, 1, 4), 5);
    for (int32_t k = 0; k < 2; k++) {
        const int32_t lacking = mote_rng_below(rng, 3) ? 0 : grad_between(rng, 0, out.rank - 1);
        shapes[k] = (mote_shape){.rank = out.rank - lacking};
        for (int32_t d = 0; d < shapes[k].rank; d++)
            shapes[k].dims[d] = mote_rng_below(rng, 3) ? out.dims[d + lacking] : 1;
    }
    if (whole)
        shapes[0] = out;
}

#define BINARY(symbol, low_a, high_a, low_b, high_b, ...)                                                              \
    static double f_##symbol(double a, double b)                                                                       \
    {                                                                                                                  \
        return __VA_ARGS__;                                                                                            \
    }                                                                                                                  \
    static void make_##symbol(grad_case *c, mote_rng *rng)                                                             \
    {                                                                                                                  \
        mote_shape shapes[2];                                                                                          \
        broadcast_shapes(rng, c->op == MOTE_OP_PRELU, shapes);                                                         \
        grad_add_real(c, rng, &shapes[0], low_a, high_a);                                                              \
        grad_add_real(c, rng, &shapes[1], low_b, high_b);                                                              \
        c->binary = f_##symbol;                                                                                        \
        c->reference = binary_reference;                                                                               \
    }

BINARY(add, -2, 2, -2, 2, a + b)
BINARY(sub, -2, 2, -2, 2, a - b)
BINARY(mul, -2, 2, -2, 2, a *b)
BINARY(div, -2, 2, 0.5, 2, a / b)
BINARY(maximum, -2, 2, -2, 2, a > b ? a : b)
BINARY(minimum, -2, 2, -2, 2, a < b ? a : b)
BINARY(squared_difference, -2, 2, -2, 2, (a - b) * (a - b))
BINARY(pow, 0.3, 2, -2, 2, pow(a, b))
BINARY(floor_mod, -2, 2, 0.5, 2, a - floor(a / b) * b)
BINARY(prelu, -2, 2, -1, 1, a >= 0 ? a : a * b)

/* --- normalization --- */

static double activation_of(int32_t activation, double z)
{
    switch (activation) {
    case MOTE_NORM_RELU:
        return z > 0 ? z : 0;
    case MOTE_NORM_RELU6:
        return within(z, 0, 6);
    case MOTE_NORM_HARD_SWISH:
        return z * within(z + 3, 0, 6) / 6;
    case MOTE_NORM_SWISH:
        return z / (1 + exp(-z));
    default:
        return z;
    }
}

static void batch_norm_reference(const grad_case *c, const mote_op_io *io, double *const *inputs, double *output)
{
    const mote_batch_norm_params *p = io->node->params;
    const mote_shape *shape = &io->inputs[0]->shape;
    const int64_t rows = mote_shape_span(shape, 0, p->axis), inner = mote_shape_span(shape, p->axis + 1, shape->rank);
    const int64_t channels = shape->dims[p->axis];
    for (int64_t ch = 0; ch < channels; ch++) {
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < rows * inner; i++)
            mean += inputs[0][(i / inner * channels + ch) * inner + i % inner] / (double)(rows * inner);
        for (int64_t i = 0; i < rows * inner; i++)
            variance +=
                pow(inputs[0][(i / inner * channels + ch) * inner + i % inner] - mean, 2) / (double)(rows * inner);
        if (!c->training) {
            mean = inputs[3][ch];
            variance = inputs[4][ch];
        }
        for (int64_t i = 0; i < rows * inner; i++) {
            const int64_t at = (i / inner * channels + ch) * inner + i % inner;
            const double z =
                (inputs[0][at] - mean) / sqrt(variance + (double)p->epsilon) * inputs[1][ch] + inputs[2][ch];
            output[at] = activation_of(p->activation, z);
        }
    }
}

static void make_batch_norm(grad_case *c, mote_rng *rng)
{
    mote_shape shape = grad_random_shape(rng, grad_between(rng, 2, 4), 5);
    shape.dims[0] += 3;
    if (c->seed % 4 == 0)
        shape.dims[shape.rank - 1] = grad_between(rng, 15, 70);
    mote_batch_norm_params *p = c->params;
    *p = (mote_batch_norm_params){
        .epsilon = 1e-2f, .momentum = 0.9f, .axis = shape.rank - 1, .activation = (int32_t)(c->seed % 5)};
    if (mote_rng_below(rng, 3) == 0 && shape.rank > 2)
        p->axis = 1;
    c->training = mote_rng_below(rng, 4) != 0;
    c->reference = batch_norm_reference;
    /* a sum over all of a channel that nearly vanishes, and a ReLU's kink within the step */
    c->tolerance = 1e-3;
    const mote_shape channels = {1, {shape.dims[p->axis]}};
    grad_add_real(c, rng, &shape, -2, 2);
    grad_add_real(c, rng, &channels, 0.5, 2);
    grad_add_real(c, rng, &channels, -1, 1);
    grad_add_real(c, rng, &channels, -1, 1);
    grad_add_real(c, rng, &channels, 0.5, 2);
    c->inputs[3].wants = c->inputs[4].wants = false;
}

static void softmax_reference(const grad_case *c, const mote_op_io *io, double *const *inputs, double *output)
{
    const mote_shape *shape = &io->inputs[0]->shape;
    const int64_t depth = shape->dims[shape->rank - 1];
    const bool log_form = c->op == MOTE_OP_LOG_SOFTMAX;
    const double beta = log_form ? 1 : ((const mote_softmax_params *)io->node->params)->beta;
    for (int64_t row = 0; row < mote_shape_count(shape) / depth; row++) {
        double sum = 0;
        for (int64_t i = 0; i < depth; i++)
            sum += exp(beta * inputs[0][row * depth + i]);
        for (int64_t i = 0; i < depth; i++) {
            const double x = beta * inputs[0][row * depth + i];
            output[row * depth + i] = log_form ? x - log(sum) : exp(x) / sum;
        }
    }
}

static void make_softmax(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, grad_between(rng, 1, 3), 6);
    if (c->op == MOTE_OP_SOFTMAX)
        ((mote_softmax_params *)c->params)->beta = mote_rng_below(rng, 2) ? 1.0f : 0.5f;
    grad_add_real(c, rng, &shape, -2, 2);
    c->reference = softmax_reference;
}

static void make_dropout(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 4, 5);
    mote_dropout_params *p = c->params;
    p->rate = 0.5f;
    p->alpha = mote_rng_below(rng, 2) != 0;
    if (mote_rng_below(rng, 2)) {
        p->noise_shape = mote_shape_4d(MOTE_DIM_UNKNOWN, 1, 1, mote_rng_below(rng, 2) ? 1 : MOTE_DIM_UNKNOWN);
    }
    grad_add_whole(c, rng, &shape);
}

static void make_random_augment(grad_case *c, mote_rng *rng)
{
    const mote_shape shape =
        mote_shape_4d(grad_between(rng, 1, 3), grad_between(rng, 2, 5), grad_between(rng, 2, 5), 2);
    mote_random_augment_params *p = c->params;
    static const int32_t kinds[] = {MOTE_AUGMENT_FLIP,        MOTE_AUGMENT_ROTATION,     MOTE_AUGMENT_ZOOM,
                                    MOTE_AUGMENT_TRANSLATION, MOTE_AUGMENT_CONTRAST,     MOTE_AUGMENT_BRIGHTNESS,
                                    MOTE_AUGMENT_NOISE,       MOTE_AUGMENT_FACTOR_NOISE, MOTE_AUGMENT_CROP};
    *p = (mote_random_augment_params){
        .kind = kinds[c->seed % 9],
        .low = {-0.3f, -0.3f},
        .high = {0.3f, 0.3f},
        .flags = (int32_t)mote_rng_below(rng, 16),
        .fill = (int32_t)mote_rng_below(rng, 4),
        .fill_value = 1.0f,
        .nearest = mote_rng_below(rng, 4) == 0,
        .value_low = -100.0f,
        .value_high = 100.0f,
    };
    float *x = grad_add_whole(c, rng, &shape);
    for (int64_t i = 0; i < mote_shape_count(&shape); i++) /* away from where contrast and brightness clip */
        x[i] += p->kind == MOTE_AUGMENT_CONTRAST ? 50.0f : 0.0f;
    if (p->kind == MOTE_AUGMENT_CROP) {
        c->training = mote_rng_below(rng, 4) != 0;
        const mote_shape part =
            mote_shape_4d(shape.dims[0], grad_between(rng, 1, shape.dims[1]), grad_between(rng, 1, shape.dims[2]), 2);
        grad_add_whole(c, rng, &part);
    }
}

/* --- reductions --- */

static void make_reduce(grad_case *c, mote_rng *rng, bool distinct)
{
    const mote_shape shape = grad_random_shape(rng, grad_between(rng, 1, 4), 5);
    ((mote_reduce_params *)c->params)->keep_dims = mote_rng_below(rng, 2);
    if (distinct)
        grad_add_distinct(c, rng, &shape);
    else
        grad_add_whole(c, rng, &shape);
    int32_t axes[MOTE_MAX_RANK], n = 0;
    for (int32_t d = 0; d < shape.rank; d++)
        if (mote_rng_below(rng, 2))
            axes[n++] = mote_rng_below(rng, 2) ? d : d - shape.rank;
    if (n == 0)
        axes[n++] = shape.rank - 1;
    if (shape.rank == 4 && mote_rng_below(rng, 2)) { /* the pixels of images */
        axes[0] = 2;
        axes[1] = -3;
        n = 2;
    }
    grad_add_ints(c, n, axes);
}

static void make_sum(grad_case *c, mote_rng *rng)
{
    make_reduce(c, rng, false);
}

static void make_extreme(grad_case *c, mote_rng *rng)
{
    make_reduce(c, rng, true);
}

/* --- rows and products --- */

static void make_reduce_prod(grad_case *c, mote_rng *rng)
{
    make_reduce(c, rng, false); /* linear in each factor, of which many are 0 */
}

static void l2_reference(const grad_case *c, const mote_op_io *io, double *const *inputs, double *output)
{
    (void)c;
    const mote_shape *shape = &io->inputs[0]->shape;
    const int64_t depth = shape->dims[shape->rank - 1];
    for (int64_t row = 0; row < mote_shape_count(shape) / depth; row++) {
        double squares = 0;
        for (int64_t i = 0; i < depth; i++)
            squares += pow(inputs[0][row * depth + i], 2);
        for (int64_t i = 0; i < depth; i++)
            output[row * depth + i] = inputs[0][row * depth + i] / fmax(sqrt(squares), 1e-6);
    }
}

static void make_l2_normalization(grad_case *c, mote_rng *rng)
{
    mote_shape shape = grad_random_shape(rng, grad_between(rng, 1, 3), 6);
    shape.dims[shape.rank - 1]++; /* of a single value only the sign is left */
    grad_add_real(c, rng, &shape, 0.2, 2);
    c->reference = l2_reference;
}

/* --- table --- */

grad_make_fn *grad_find_row(const grad_row *rows, size_t n, int32_t op)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].op == op)
            return rows[i].make;
    return NULL;
}

grad_make_fn *grad_find_case(int32_t op)
{
    static const grad_row rows[] = {
        CASE(ABS, abs),
        CASE(NEG, neg),
        CASE(SQRT, sqrt),
        CASE(RSQRT, rsqrt),
        CASE(SQUARE, square),
        CASE(EXP, exp),
        CASE(LOG, log),
        CASE(SIN, sin),
        CASE(COS, cos),
        CASE(LOGISTIC, logistic),
        CASE(TANH, tanh),
        CASE(RELU, relu),
        CASE(RELU6, relu6),
        CASE(RELU_N1_TO_1, relu_n1_to_1),
        CASE(RELU_0_TO_1, relu_0_to_1),
        CASE(ELU, elu),
        CASE(HARD_SWISH, hard_swish),
        CASE(GELU, gelu),
        CASE(LEAKY_RELU, leaky_relu),
        CASE(ADD, add),
        CASE(SUB, sub),
        CASE(MUL, mul),
        CASE(DIV, div),
        CASE(MAXIMUM, maximum),
        CASE(MINIMUM, minimum),
        CASE(SQUARED_DIFFERENCE, squared_difference),
        CASE(POW, pow),
        CASE(FLOOR_MOD, floor_mod),
        CASE(PRELU, prelu),
        CASE(BATCH_NORM, batch_norm),
        CASE(DROPOUT, dropout),
        CASE(RANDOM_AUGMENT, random_augment),
        CASE(SOFTMAX, softmax),
        CASE(LOG_SOFTMAX, softmax),
        CASE(MEAN, sum),
        CASE(SUM, sum),
        CASE(REDUCE_PROD, reduce_prod),
        CASE(L2_NORMALIZATION, l2_normalization),
        CASE(REDUCE_MAX, extreme),
        CASE(REDUCE_MIN, extreme),
    };
    grad_make_fn *make = grad_find_row(rows, sizeof rows / sizeof rows[0], op);
    if (!make)
        make = grad_find_moving_case(op);
    return make ? make : grad_find_window_case(op);
}
