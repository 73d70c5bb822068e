/* Two forms of small networks: what is matched, and the numbers, worked out by hand. */
#include "mote_test.h"

#include "op/binary/binary.h"

#include <mote/diff.h>

#include <math.h>
#include <string.h>

/* x -> ADD c -> RELU (fused into ADD, or a node of its own) -> MUL 2 -> y, of 4 values */
static mote_model *make_model(const char *const names[3], float c, bool fused)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape shape = mote_shape_make(2, (const int32_t[]){1, 4});
    const mote_shape one = mote_shape_make(1, (const int32_t[]){1});
    const int32_t x = mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &shape);
    const int32_t add_c = mote_graph_add_const(graph, "c", MOTE_FLOAT32, &one, &c);
    const int32_t two = mote_graph_add_const(graph, "two", MOTE_FLOAT32, &one, &(float){2});
    const int32_t sum = mote_graph_add_tensor(graph, names[0], MOTE_FLOAT32, &shape);
    const int32_t relu = fused ? sum : mote_graph_add_tensor(graph, names[1], MOTE_FLOAT32, &shape);
    const int32_t y = mote_graph_add_tensor(graph, names[2], MOTE_FLOAT32, &shape);
    mote_node *add = mote_graph_add_node(graph, MOTE_OP_ADD, 2, (const int32_t[]){x, add_c}, 1, &sum);
    if (fused)
        ((mote_add_params *)add->params)->fused_activation_function = MOTE_ACT_RELU;
    else
        mote_graph_add_node(graph, MOTE_OP_RELU, 1, &sum, 1, &relu);
    mote_graph_add_node(graph, MOTE_OP_MUL, 2, (const int32_t[]){relu, two}, 1, &y);
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    return model;
}

static mote_diff *start(const mote_model *a, const mote_model *b)
{
    mote_diff *diff;
    mote_error err;
    if (mote_diff_new(&diff, a, b, 1, NULL, &err) != MOTE_OK || mote_diff_start(diff, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    return diff;
}

static void step(mote_diff *diff, const float x[4])
{
    mote_error err;
    for (int32_t k = 0; k < 2; k++)
        memcpy(mote_runtime_input(mote_diff_runtime(diff, k), 0)->data, x, 4 * sizeof *x);
    if (mote_diff_step(diff, &err) != MOTE_OK)
        fail_msg("%s", err.message);
}

static const float x[] = {1, 2, 3, -9}; /* relu cuts the last */

static void test_numbers(void **state)
{
    (void)state;
    static const char *const names[] = {"m/first/add", "m/relu", "y"};
    mote_model *a = make_model(names, 1, false), *b = make_model(names, 1.5F, false);
    mote_diff *diff = start(a, b);
    step(diff, x);
    step(diff, x);
    int32_t n;
    const mote_diff_layer *layers = mote_diff_layers(diff, &n);
    assert_int_equal(n, 3);
    assert_string_equal(layers[0].name, "m/first/add"); /* 2 3 4 -8 against 2.5 3.5 4.5 -7.5 */
    assert_string_equal(layers[0].op, "ADD");
    assert_int_equal(layers[0].n_values, 8);
    assert_near(layers[0].rmse, 0.5, 1e-12);
    assert_near(layers[0].max_abs, 0.5, 1e-12);
    assert_near(layers[0].sqnr_db, 10 * log10(93.0 / 1.0), 1e-9);
    assert_near(layers[0].cosine, (5 + 10.5 + 18 + 60) / sqrt(93.0 * (6.25 + 12.25 + 20.25 + 56.25)), 1e-9);
    assert_near(layers[1].rmse, sqrt(0.75 / 4), 1e-9); /* 2 3 4 0 against 2.5 3.5 4.5 0 */
    assert_int_equal(layers[2].output, 0);
    assert_near(layers[2].max_abs, 1, 1e-12);
    assert_near(mote_diff_agreement(diff), 1, 0);
    assert_int_equal(mote_diff_n_examples(diff), 2);
    mote_diff_free(diff);
    mote_model_free(a);
    mote_model_free(b);
}

static void test_same(void **state)
{
    (void)state;
    static const char *const names[] = {"s", "r", "y"};
    mote_model *a = make_model(names, 1, true);
    mote_diff *diff = start(a, a);
    step(diff, x);
    int32_t n;
    const mote_diff_layer *layers = mote_diff_layers(diff, &n);
    assert_int_equal(n, 2);
    for (int32_t i = 0; i < n; i++) {
        assert_near(layers[i].sqnr_db, MOTE_DIFF_MAX_DB, 0);
        assert_near(layers[i].cosine, 1, 1e-12);
    }
    mote_diff_free(diff);
    mote_model_free(a);
}

/* Without a name in common: the activation of its own is what the fused operator gives, the sum before it is not. */
static void test_fused(void **state)
{
    (void)state;
    static const char *const names_a[] = {"one", "two", "three"}, *const names_b[] = {"uno", "due", "tre"};
    mote_model *a = make_model(names_a, 1, false), *b = make_model(names_b, 1, true);
    mote_diff *diff = start(a, b);
    step(diff, x);
    int32_t n;
    const mote_diff_layer *layers = mote_diff_layers(diff, &n);
    assert_int_equal(n, 2);
    assert_string_equal(layers[0].name, "two");
    assert_near(layers[0].rmse, 0, 0);
    assert_string_equal(layers[1].name, "three");
    mote_diff_free(diff);
    mote_model_free(a);
    mote_model_free(b);
}

static void test_not_alike(void **state)
{
    (void)state;
    static const char *const names[] = {"s", "r", "y"};
    mote_model *a = make_model(names, 1, true), *b = make_model(names, 1, true);
    mote_graph *graph = b->graphs[0];
    const int32_t twice[] = {graph->outputs[0], graph->outputs[0]};
    mote_diff *diff;
    mote_error err;
    assert_int_equal(mote_graph_set_io(graph, 1, graph->inputs, 2, twice), MOTE_OK);
    assert_int_equal(mote_diff_new(&diff, a, b, 1, NULL, &err), MOTE_OK);
    assert_int_equal(mote_diff_start(diff, &err), MOTE_SHAPE);
    mote_diff_free(diff);
    mote_model_free(a);
    mote_model_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_fused),
        cmocka_unit_test(test_not_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
