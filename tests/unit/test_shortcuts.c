/*
 * The plan's shortcuts (two operators as one table, memory shared in place, memory used again) change no number: random
 * networks of mote's own operators on 8-bit codes and on floats give the same with them, without them (keep_all) and
 * with the reference kernels.
 */
#include "mote_test.h"

#include <mote/rng.h>
#include <mote/runtime.h>

#include <string.h>

enum { MAX_NODES = 40, ROUNDS = 150 };

static const int32_t SHAPE[] = {1, 9, 7, 24};
static const mote_op CODE_UNARY[] = {MOTE_OP_LOGISTIC, MOTE_OP_TANH,       MOTE_OP_HARD_SWISH,
                                     MOTE_OP_RELU,     MOTE_OP_LEAKY_RELU, MOTE_OP_QUANTIZE};
static const mote_op FLOAT_UNARY[] = {MOTE_OP_LOGISTIC, MOTE_OP_TANH, MOTE_OP_RELU, MOTE_OP_RESHAPE};
static const mote_op BINARY[] = {MOTE_OP_ADD, MOTE_OP_MUL, MOTE_OP_SUB};

static int32_t pick(mote_rng *rng, int32_t n)
{
    return (int32_t)mote_rng_below(rng, (uint32_t)n);
}

/* Mostly a recent value: chains, with readers that come late. */
static int32_t pick_value(mote_rng *rng, const int32_t *values, int32_t n)
{
    const int32_t back = mote_rng_below(rng, 3) ? pick(rng, n < 4 ? n : 4) : pick(rng, n);
    return values[n - 1 - back];
}

static int32_t add_value(mote_graph *graph, mote_rng *rng, mote_op op, mote_dtype dtype)
{
    const mote_shape shape = mote_shape_make(4, SHAPE);
    const int32_t tensor = mote_graph_add_tensor(graph, "value", dtype, &shape);
    float scale = 0.01f + 0.05f * mote_rng_float(rng);
    int64_t zero = (int64_t)mote_rng_below(rng, 256) - 128;
    if (op == MOTE_OP_LOGISTIC) /* TFLite's own ranges of these two */
        scale = 1 / 256.0f, zero = -128;
    if (op == MOTE_OP_TANH)
        scale = 1 / 128.0f, zero = 0;
    if (dtype == MOTE_INT8)
        assert_int_equal(mote_graph_set_quant(graph, tensor, 1, 0, &scale, &zero), MOTE_OK);
    return tensor;
}

static int32_t add_random_node(mote_graph *graph, mote_rng *rng, mote_dtype dtype, const int32_t *values, int32_t n)
{
    const bool codes = dtype == MOTE_INT8;
    const int32_t n_unary =
        codes ? (int32_t)(sizeof CODE_UNARY / sizeof *CODE_UNARY) : (int32_t)(sizeof FLOAT_UNARY / sizeof *FLOAT_UNARY);
    const bool unary = mote_rng_below(rng, 2);
    const mote_op op = unary ? (codes ? CODE_UNARY : FLOAT_UNARY)[pick(rng, n_unary)] : BINARY[pick(rng, 3)];
    int32_t inputs[] = {pick_value(rng, values, n), pick_value(rng, values, n)};
    if (op == MOTE_OP_RESHAPE)
        inputs[1] = mote_graph_add_const_i32(graph, "shape", 4, SHAPE);
    const int32_t output = add_value(graph, rng, op, dtype);
    assert_non_null(mote_graph_add_node(graph, op, unary && op != MOTE_OP_RESHAPE ? 1 : 2, inputs, 1, &output));
    return output;
}

static mote_model *random_model(mote_rng *rng, mote_dtype dtype)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t n_nodes = 2 + pick(rng, MAX_NODES - 1);
    int32_t values[MAX_NODES + 1];
    values[0] = add_value(graph, rng, MOTE_OP_ADD, dtype);
    for (int32_t i = 0; i < n_nodes; i++)
        values[i + 1] = add_random_node(graph, rng, dtype, values, i + 1);
    const int32_t outputs[] = {values[n_nodes], values[1 + pick(rng, n_nodes - 1)]};
    assert_int_equal(mote_graph_set_io(graph, 1, values, 2, outputs), MOTE_OK);
    return model;
}

static mote_runtime *run(const mote_model *model, mote_runtime_options options, uint64_t seed)
{
    mote_runtime *runtime;
    mote_error err;
    options.n_threads = 1;
    if (mote_runtime_new(&runtime, model, &options, &err) != MOTE_OK || mote_runtime_allocate(runtime, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    mote_tensor *input = mote_runtime_input(runtime, 0);
    mote_rng rng = mote_rng_make(seed, 1);
    for (int64_t i = 0; i < mote_shape_count(&input->shape); i++)
        if (input->dtype == MOTE_INT8)
            ((int8_t *)input->data)[i] = (int8_t)((int32_t)mote_rng_below(&rng, 256) - 128);
        else
            ((float *)input->data)[i] = mote_rng_normal(&rng);
    if (mote_runtime_invoke(runtime, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    return runtime;
}

static void check_outputs(const mote_runtime *a, const mote_runtime *b, uint64_t seed, const char *what)
{
    for (int32_t k = 0; k < 2; k++) {
        const mote_tensor *x = mote_runtime_output(a, k), *y = mote_runtime_output(b, k);
        assert_int_equal(x->n_bytes, y->n_bytes);
        if (memcmp(x->data, y->data, x->n_bytes) != 0)
            fail_msg("seed %d, output %d: %s changes the result", (int)seed, k, what);
    }
}

static void check(mote_dtype dtype, bool with_reference)
{
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        mote_rng rng = mote_rng_make(seed, 0);
        mote_model *model = random_model(&rng, dtype);
        mote_runtime_options plain = mote_runtime_options_default(), keep = plain, reference = plain;
        keep.keep_all = true;
        reference.reference = true;
        mote_runtime *a = run(model, plain, seed), *b = run(model, keep, seed);
        check_outputs(a, b, seed, "sharing and fusing");
        if (with_reference) {
            mote_runtime *c = run(model, reference, seed);
            check_outputs(b, c, seed, "the tuned kernel");
            mote_runtime_free(c);
        }
        mote_runtime_free(a);
        mote_runtime_free(b);
        mote_model_free(model);
    }
}

static void codes_stay_the_same(void **state)
{
    (void)state;
    check(MOTE_INT8, true);
}

/* The reference kernels' floats may differ in the last bits: sharing and fusing may not. */
static void floats_stay_the_same(void **state)
{
    (void)state;
    check(MOTE_FLOAT32, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_stay_the_same),
        cmocka_unit_test(floats_stay_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
