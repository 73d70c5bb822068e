/*
 * Every gradient facet of op_list.inc against central differences of J = sum r y over random shapes, strides, paddings
 * and broadcasts. Where an operator is linear in each of its inputs, or piecewise so, the differences are taken of its
 * own float kernel on small whole numbers with a step of 1, and are exact. The others have a plain double reference
 * here (grad_cases.c). An operator with GRAD and no case fails.
 */
#include "unit/mote_test.h"

#include "unit/grad_cases.h"

#include "runtime/interpreter.h"

#include <math.h>
#include <mote/cpu.h>
#include <string.h>

enum { N_ROUNDS = 24, GUARD = 64 };

/* A node with its tensors and the runtime's services, as the trainer gives them. */
typedef struct bench {
    struct mote_runtime runtime;
    rt_plan plan;
    rt_node node;
    mote_arena *memory;
    const mote_op_grad *facet;
    const mote_op_run *run_facet;
    void *run_state;
    mote_tensor tensors[GRAD_MAX_INPUTS + GRAD_MAX_OUTPUTS];
    mote_tensor *pointers[GRAD_MAX_INPUTS + GRAD_MAX_OUTPUTS];
    mote_op_io io;
    mote_grad grad;
    const float *d_outputs[GRAD_MAX_OUTPUTS];
    float *d_inputs[GRAD_MAX_INPUTS];
    void *scratch;
    mote_node at;
} bench;

static int64_t count(const mote_tensor *tensor)
{
    return mote_shape_count(&tensor->shape);
}

static void must_in_case(mote_status status, const mote_error *err, const grad_case *c)
{
    if (status != MOTE_OK)
        print_message("%s: %s\n", mote_op_name(c->op), err->message);
    assert_int_equal(status, MOTE_OK);
}

/* As the trainer decides. */
static bool runs_own_forward(const bench *b)
{
    return b->facet->forward && (!(b->facet->flags & MOTE_GRAD_BY_ROWS) || b->grad.maker);
}

static void bench_open(bench *b, const grad_case *c, mote_pool *pool, bool reference)
{
    *b = (bench){.facet = mote_op_find_grad(c->op), .run_facet = mote_op_find_run(c->op)};
    mote_error err = {0};
    b->memory = mote_arena_new(NULL, 0);
    mote_kernels_select(reference ? 0 : mote_cpu_features(), &b->runtime.own_kernels);
    b->runtime.kernels = &b->runtime.own_kernels;
    b->runtime.pool = pool;
    b->plan = (rt_plan){.runtime = &b->runtime, .tensors = b->tensors};
    b->at = (mote_node){.op = (mote_op)c->op, .params = c->params, .layer = -1};
    for (int32_t i = 0; i < c->n_inputs; i++) {
        b->tensors[i] = c->inputs[i].tensor;
        b->tensors[i].name = "";
        b->pointers[i] = &b->tensors[i];
    }
    for (int32_t i = 0; i < c->n_outputs; i++)
        b->pointers[c->n_inputs + i] = &b->tensors[c->n_inputs + i];
    b->io = (mote_op_io){&b->at, b->pointers, b->pointers + c->n_inputs, c->n_inputs, c->n_outputs};
    must_in_case(mote_op_find(c->op)->infer(&b->io, &err), &err, c);
    for (int32_t i = 0; i < c->n_outputs; i++) {
        mote_tensor *out = b->io.outputs[i];
        out->dtype = MOTE_FLOAT32;
        assert_true(mote_tensor_needed_bytes(out, &out->n_bytes));
        out->data = mote_arena_alloc(b->memory, out->n_bytes + GUARD);
    }
    b->node = (rt_node){.def = mote_op_find(c->op), .run = b->run_facet, .io = b->io};
    b->grad = (mote_grad){.io = &b->io,
                          .training = c->training,
                          .d_outputs = b->d_outputs,
                          .d_inputs = b->d_inputs,
                          .seed = 7,
                          .stream = 3};
    mote_run run = {.plan = &b->plan, .node = &b->node, .memory = b->memory};
    for (int32_t i = 0; i < c->n_inputs; i++) /* what changes from step to step has no value yet */
        b->tensors[i].data = c->inputs[i].wants ? NULL : c->inputs[i].tensor.data;
    if (b->facet->plan)
        must_in_case(b->facet->plan(&run, &b->grad, &err), &err, c);
    if (!runs_own_forward(b) && b->run_facet->prepare)
        must_in_case(b->run_facet->prepare(&run, &b->io, &b->run_state, &err), &err, c);
    for (int32_t i = 0; i < c->n_inputs; i++)
        b->tensors[i].data = c->inputs[i].tensor.data;
    b->grad.saved = mote_arena_alloc(b->memory, b->grad.saved_bytes + GUARD);
    b->scratch = mote_arena_alloc(b->memory, b->node.scratch_bytes + GUARD);
    assert_true(b->grad.saved && b->scratch);
}

static void bench_forward(bench *b, const grad_case *c)
{
    mote_error err = {0};
    mote_run run = {.plan = &b->plan, .node = &b->node, .scratch = b->scratch};
    memset(b->scratch, 0x7f, b->node.scratch_bytes);
    must_in_case(runs_own_forward(b) ? b->facet->forward(&run, &b->grad, &err)
                                     : b->run_facet->eval(&run, &b->io, b->run_state, &err),
                 &err, c);
}

static void bench_backward(bench *b, const grad_case *c)
{
    mote_error err = {0};
    mote_run run = {.plan = &b->plan, .node = &b->node, .scratch = b->scratch};
    memset(b->scratch, 0x7f, b->node.scratch_bytes); /* a NaN in every float */
    must_in_case(b->facet->backward(&run, &b->grad, &err), &err, c);
}

/* --- numeric gradients --- */

static double weigh(const double *y, const float *r, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += y[i] * r[i];
    return sum;
}

/* J with input `which`'s element `at` moved by `by`. */
static double objective(bench *b, const grad_case *c, float *const *r, int32_t which, int64_t at, double by)
{
    double total = 0;
    if (!c->reference) {
        float *x = b->tensors[which].data;
        const float before = x[at];
        x[at] = (float)(before + by);
        bench_forward(b, c);
        x[at] = before;
        for (int32_t o = 0; o < c->n_outputs; o++)
            for (int64_t i = 0; i < count(b->io.outputs[o]); i++)
                total += (double)((const float *)b->io.outputs[o]->data)[i] * r[o][i];
        return total;
    }
    double *inputs[GRAD_MAX_INPUTS] = {0};
    for (int32_t i = 0; i < c->n_inputs; i++) {
        if (b->tensors[i].dtype != MOTE_FLOAT32)
            continue;
        const int64_t n = count(&b->tensors[i]);
        inputs[i] = malloc((size_t)(n + 1) * sizeof(double));
        for (int64_t j = 0; j < n; j++)
            inputs[i][j] = ((const float *)b->tensors[i].data)[j];
    }
    inputs[which][at] += by;
    double *y = malloc((size_t)(count(b->io.outputs[0]) + 1) * sizeof *y);
    c->reference(c, &b->io, inputs, y);
    total = weigh(y, r[0], count(b->io.outputs[0]));
    free(y);
    for (int32_t i = 0; i < c->n_inputs; i++)
        free(inputs[i]);
    return total;
}

static void check_input(bench *b, const grad_case *c, float *const *r, int32_t which, const float *got)
{
    const int64_t n = count(&b->tensors[which]);
    const double step = c->reference ? 1e-5 : 1.0;
    double *want = malloc((size_t)(n + 1) * sizeof *want), largest = 1e-3;
    for (int64_t i = 0; i < n; i++) {
        want[i] = (objective(b, c, r, which, i, step) - objective(b, c, r, which, i, -step)) / (2 * step);
        largest = fmax(largest, fabs(want[i]));
    }
    const double tolerance = (c->tolerance > 0 ? c->tolerance : 2e-5) * largest;
    for (int64_t i = 0; i < n; i++) {
        if (!(fabs(got[i] - want[i]) <= tolerance))
            print_message("%s, input %d, element %lld: %.8g, differences say %.8g (seed %llu)\n", mote_op_name(c->op),
                          which, (long long)i, (double)got[i], want[i], (unsigned long long)c->seed);
        assert_true(fabs(got[i] - want[i]) <= tolerance);
    }
    free(want);
}

static float *random_whole(mote_rng *rng, int64_t n)
{
    float *values = malloc((size_t)(n + 1) * sizeof *values);
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)mote_rng_below(rng, 7) - 3.0f;
    return values;
}

/* The gradients of all inputs, into memory poisoned before. */
static void gradients(bench *b, const grad_case *c, float *const *r, float **out)
{
    for (int32_t o = 0; o < c->n_outputs; o++)
        b->d_outputs[o] = r[o];
    for (int32_t i = 0; i < c->n_inputs; i++) {
        out[i] = c->inputs[i].wants ? malloc((size_t)(count(&b->tensors[i]) + 1) * sizeof(float)) : NULL;
        if (out[i])
            memset(out[i], 0x7f, (size_t)count(&b->tensors[i]) * sizeof(float));
        b->d_inputs[i] = out[i];
    }
    bench_forward(b, c);
    bench_backward(b, c);
}

static void release(const grad_case *c, float **d)
{
    for (int32_t i = 0; i < c->n_inputs; i++)
        free(d[i]);
}

/* --- values and gradients that lie nowhere --- */

/* Rows of input 0 of whoever is asked, which stands for a maker. */
static void copy_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to)
{
    const mote_tensor *from = grad->io->inputs[0];
    const int64_t width = from->shape.dims[from->shape.rank - 1];
    memcpy(to, (const float *)from->data + begin * width, (size_t)((end - begin) * width) * sizeof *to);
}

static const mote_op_grad COPIER = {.give_rows = copy_rows, .give_d_rows = copy_rows};

static void check_near(const float *got, const float *want, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        assert_true(fabs((double)got[i] - want[i]) <= 1e-5 * (1 + fabs((double)want[i])));
}

/* What is read by rows gives what is read from memory, and what is given by rows is what would lie there. */
static void check_rows(const grad_case *c, float *const *r, float *const *want)
{
    bench b;
    float *got[GRAD_MAX_INPUTS];
    bench_open(&b, c, NULL, false);
    gradients(&b, c, r, got);
    const int64_t n_out = count(b.io.outputs[0]);
    float *y = malloc((size_t)(n_out + 1) * sizeof *y), *rows = malloc((size_t)(n_out + 1) * sizeof *rows);
    memcpy(y, b.io.outputs[0]->data, (size_t)n_out * sizeof *y);
    mote_tensor input = b.tensors[0], gradient = *b.io.outputs[0];
    gradient.data = (void *)(uintptr_t)r[0];
    mote_tensor *inputs[] = {&input, &gradient};
    const mote_op_io of_input = {.inputs = inputs, .n_inputs = 1}, of_gradient = {.inputs = inputs + 1, .n_inputs = 1};
    const mote_grad maker = {.io = &of_input, .facet = &COPIER}, d_maker = {.io = &of_gradient, .facet = &COPIER};
    if (b.grad.takes_rows) {
        b.grad.maker = &maker;
        b.tensors[0].data = NULL;
    }
    if (b.grad.takes_d_rows) {
        b.grad.d_maker = &d_maker;
        b.d_outputs[0] = NULL;
    }
    bench_forward(&b, c);
    check_near(b.io.outputs[0]->data, y, n_out);
    bench_backward(&b, c);
    for (int32_t i = 0; i < c->n_inputs; i++)
        if (got[i])
            check_near(got[i], want[i], count(&b.tensors[i]));
    const int64_t width =
        b.io.outputs[0]->shape.rank ? b.io.outputs[0]->shape.dims[b.io.outputs[0]->shape.rank - 1] : 1;
    if (b.grad.gives_rows && n_out > 0) {
        b.facet->give_rows(&b.grad, 0, n_out / width, rows);
        check_near(rows, y, n_out);
    }
    if (b.grad.gives_d_rows && got[0] && n_out > 0) {
        memcpy(got[0], r[0], (size_t)n_out * sizeof *rows);
        b.d_outputs[0] = got[0];
        b.grad.d_input_is_rows = true;
        bench_backward(&b, c);
        b.facet->give_d_rows(&b.grad, 0, n_out / width, rows);
        check_near(rows, want[0], n_out);
    }
    free(y);
    free(rows);
    mote_arena_free(b.memory);
    release(c, got);
}

/* Other threads, the reference kernels, adding, and one memory for both gradients change nothing. */
static void check_ways(const grad_case *c, float *const *r, float *const *want, mote_pool *pool)
{
    bench b;
    float *got[GRAD_MAX_INPUTS];
    bench_open(&b, c, pool, false);
    gradients(&b, c, r, got);
    for (int32_t i = 0; i < c->n_inputs; i++)
        if (got[i])
            assert_memory_equal(got[i], want[i], (size_t)count(&b.tensors[i]) * sizeof(float));
    if (got[0] && (b.facet->flags & MOTE_GRAD_ADDS)) {
        for (int64_t i = 0; i < count(&b.tensors[0]); i++)
            got[0][i] = 1.0f;
        b.grad.add = 1;
        bench_forward(&b, c);
        bench_backward(&b, c);
        for (int64_t i = 0; i < count(&b.tensors[0]); i++)
            assert_true(fabs((double)got[0][i] - 1.0 - want[0][i]) <= 1e-5 * (1 + fabs((double)want[0][i])));
        b.grad.add = 0;
    }
    const size_t out_bytes = b.io.outputs[0]->n_bytes;
    if (got[0] && (b.facet->flags & MOTE_GRAD_IN_PLACE) && b.tensors[0].n_bytes == out_bytes) {
        memcpy(got[0], r[0], out_bytes);
        b.d_outputs[0] = got[0];
        bench_forward(&b, c);
        bench_backward(&b, c);
        assert_memory_equal(got[0], want[0], out_bytes);
    }
    mote_arena_free(b.memory);
    release(c, got);
}

static void check_reference_kernels(const grad_case *c, float *const *r, float *const *want)
{
    bench b;
    float *got[GRAD_MAX_INPUTS];
    bench_open(&b, c, NULL, true);
    gradients(&b, c, r, got);
    for (int32_t i = 0; i < c->n_inputs; i++) {
        double largest = 1e-3;
        for (int64_t j = 0; got[i] && j < count(&b.tensors[i]); j++)
            largest = fmax(largest, fabs((double)want[i][j]));
        for (int64_t j = 0; got[i] && j < count(&b.tensors[i]); j++)
            assert_true(fabs((double)got[i][j] - want[i][j]) <= 2e-5 * largest);
    }
    mote_arena_free(b.memory);
    release(c, got);
}

static void check_case(const grad_case *c, mote_rng *rng, mote_pool *pool)
{
    bench b;
    float *r[GRAD_MAX_OUTPUTS], *d[GRAD_MAX_INPUTS];
    bench_open(&b, c, NULL, false);
    for (int32_t o = 0; o < c->n_outputs; o++)
        r[o] = random_whole(rng, count(b.io.outputs[o]));
    gradients(&b, c, r, d);
    for (int32_t i = 0; i < c->n_inputs; i++)
        if (d[i])
            check_input(&b, c, r, i, d[i]);
    check_ways(c, r, d, pool);
    check_rows(c, r, d);
    check_reference_kernels(c, r, d);
    for (int32_t o = 0; o < c->n_outputs; o++)
        free(r[o]);
    mote_arena_free(b.memory);
    release(c, d);
}

static void every_gradient(void **state)
{
    (void)state;
    mote_pool *pool = mote_pool_new(NULL, 3);
    int32_t n_without = 0;
    for (int32_t i = 0; i < mote_op_count(); i++) {
        const mote_op op = mote_op_at(i);
        const mote_op_grad *facet = mote_op_find_grad((int32_t)op);
        if (!facet || !facet->backward)
            continue;
        grad_make_fn *make = grad_find_case((int32_t)op);
        if (!make) {
            print_message("%s has a gradient and no case in grad_cases.c\n", mote_op_name((int32_t)op));
            n_without++;
            continue;
        }
        for (uint64_t round = 0; round < N_ROUNDS; round++) {
            mote_rng rng = mote_rng_make(round, (uint64_t)op);
            grad_case c = {.op = (int32_t)op,
                           .params = calloc(1, GRAD_PARAMS_BYTES),
                           .training = true,
                           .n_outputs = 1,
                           .seed = round};
            make(&c, &rng);
            check_case(&c, &rng, pool);
            grad_case_free(&c);
        }
    }
    assert_int_equal(n_without, 0);
    mote_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_gradient)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
