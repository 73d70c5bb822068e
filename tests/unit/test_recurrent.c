/* Operators that keep a state from one invocation to the next, on numbers worked out by hand. */
#include "support/run_model.h"
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include "op/recurrent/recurrent.h"
#include "runtime/interpreter.h"

#include <math.h>
#include <string.h>

static const float SCALE = 1.0f;
static const int64_t ZERO = 0;

static int32_t add(mote_graph *graph, mote_dtype dtype, int32_t rows, int32_t cols, const void *values)
{
    const mote_shape shape = mote_shape_make(cols ? 2 : 1, (const int32_t[]){rows, cols});
    const int32_t tensor = values ? mote_graph_add_const(graph, "c", dtype, &shape, values)
                                  : mote_graph_add_tensor(graph, "t", dtype, &shape);
    assert_true(tensor >= 0);
    assert_int_equal(mote_graph_set_quant(graph, tensor, 1, 0, &SCALE, &ZERO), MOTE_OK);
    return tensor;
}

/* One unit of rank 2 on one input: filters 2x and -3x, each remembering two steps. */
static mote_model *make_svdf(mote_storage state_storage)
{
    static const int8_t feature[] = {2, -3};
    static const int16_t time[] = {1, 10, 100, 1000};
    static const int32_t bias[] = {5};
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t in[] = {add(graph, MOTE_INT8, 1, 1, NULL), add(graph, MOTE_INT8, 2, 1, feature),
                          add(graph, MOTE_INT16, 2, 2, time), add(graph, MOTE_INT32, 1, 0, bias),
                          add(graph, MOTE_INT16, 1, 4, NULL)};
    const int32_t out = add(graph, MOTE_INT8, 1, 1, NULL);
    const float coarse = 100.0f;
    assert_int_equal(mote_graph_set_quant(graph, out, 1, 0, &coarse, &ZERO), MOTE_OK);
    graph->tensors[in[4]]->storage = state_storage;
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_SVDF, 5, in, 1, &out);
    assert_non_null(node);
    ((mote_svdf_params *)node->params)->rank = 2;
    const int32_t fed[] = {in[0], in[4]};
    assert_int_equal(mote_graph_set_io(graph, state_storage == MOTE_STORAGE_VARIABLE ? 1 : 2, fed, 1, &out), MOTE_OK);
    return model;
}

static void svdf_remembers_and_forgets(void **state)
{
    (void)state;
    mote_model *model = make_svdf(MOTE_STORAGE_VARIABLE);
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    const mote_runtime_options options = mote_runtime_options_default();
    assert_int_equal(mote_runtime_new(&runtime, model, &options, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    /* x = 1: 10 * 2 + 1000 * -3 + 5 = -2975; then x = -2: 1 * 2 + 10 * -4 + 100 * -3 + 1000 * 6 + 5 = 5667;
     * then x = 0: 1 * -4 + 100 * 6 + 5 = 601. In hundreds. */
    static const int8_t x[] = {1, -2, 0}, want[] = {-30, 57, 6};
    for (int32_t pass = 0; pass < 2; pass++) {
        for (int32_t i = 0; i < 3; i++) {
            memcpy(mote_runtime_input(runtime, 0)->data, &x[i], 1);
            assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
            assert_int_equal(*(const int8_t *)mote_runtime_output(runtime, 0)->data, want[i]);
        }
        assert_int_equal(mote_runtime_reset(runtime, &err), MOTE_OK);
    }
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void a_state_that_is_no_variable_is_refused(void **state)
{
    (void)state;
    mote_model *model = make_svdf(MOTE_STORAGE_ACTIVATION);
    expect_refusal(model, MOTE_SHAPE, "variable");
    mote_model_free(model);
}

/* The same unit on int8 weights under floats: 1 becomes the code 127 of 1/127, so the sums are those of whole numbers.
 */
static void svdf_takes_int8_weights_under_floats(void **state)
{
    (void)state;
    static const int8_t feature[] = {2, -3}, time[] = {1, 10, 4, 100};
    static const float bias[] = {5};
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t in[] = {add(graph, MOTE_FLOAT32, 1, 1, NULL), add(graph, MOTE_INT8, 2, 1, feature),
                          add(graph, MOTE_INT8, 2, 2, time), add(graph, MOTE_FLOAT32, 1, 0, bias),
                          add(graph, MOTE_FLOAT32, 1, 4, NULL)};
    const int32_t out = add(graph, MOTE_FLOAT32, 1, 1, NULL);
    graph->tensors[in[4]]->storage = MOTE_STORAGE_VARIABLE;
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_SVDF, 5, in, 1, &out);
    ((mote_svdf_params *)node->params)->rank = 2;
    assert_int_equal(mote_graph_set_io(graph, 1, in, 1, &out), MOTE_OK);
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    assert_int_equal(mote_runtime_new(&runtime, model, NULL, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    /* 10 * 2 + 100 * -3 + 5, then 1 * 2 + 10 * -4 + 4 * -3 + 100 * 6 + 5 */
    static const float x[] = {1, -2}, want[] = {-275, 555};
    for (int32_t i = 0; i < 2; i++) {
        memcpy(mote_runtime_input(runtime, 0)->data, &x[i], sizeof x[i]);
        assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
        assert_true(fabsf(*(const float *)mote_runtime_output(runtime, 0)->data - want[i]) < 1e-3f);
    }
    mote_runtime_free(runtime);
    mote_model_free(model);
}

/* The gates' sums: forget and output by weights of 0 and a large bias, open; the cell takes its input in as it is. */
static void add_gates(mote_graph *graph, int32_t *in, int32_t first)
{
    static const float zero[] = {0}, one[] = {1}, large[] = {100};
    for (int32_t k = 0; k < 4; k++) {
        in[first + k] = add(graph, MOTE_FLOAT32, 1, 1, k == 2 ? one : zero);
        in[first + 4 + k] = add(graph, MOTE_FLOAT32, 1, 1, zero);
        in[first + 11 + k] = add(graph, MOTE_FLOAT32, 1, 0, k == 2 ? zero : large);
    }
}

/* Cells that add up what they see, in both directions. */
static mote_model *make_two_directions(void)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    int32_t in[48];
    for (int32_t i = 0; i < 48; i++)
        in[i] = MOTE_NO_TENSOR;
    const mote_shape sequence = {3, {1, 3, 1}}, both = {3, {1, 3, 2}};
    in[0] = mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &sequence);
    add_gates(graph, in, 1);
    add_gates(graph, in, 18);
    for (int32_t i = 35; i < 39; i++) {
        in[i] = add(graph, MOTE_FLOAT32, 1, 1, NULL);
        graph->tensors[in[i]]->storage = MOTE_STORAGE_VARIABLE;
    }
    const int32_t out = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &both);
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_BIDIRECTIONAL_SEQUENCE_LSTM, 48, in, 1, &out);
    ((mote_sequence_lstm_params *)node->params)->merge_outputs = true; /* and no activation */
    assert_int_equal(mote_graph_set_io(graph, 1, in, 1, &out), MOTE_OK);
    return model;
}

static void expect_of_1_2_4(mote_model *model, const float want[6])
{
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    assert_int_equal(mote_runtime_new(&runtime, model, NULL, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    static const float x[] = {1, 2, 4};
    memcpy(mote_runtime_input(runtime, 0)->data, x, sizeof x);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    for (int32_t i = 0; i < 6; i++)
        assert_near(((const float *)mote_runtime_output(runtime, 0)->data)[i], want[i], 1e-5);
    mote_runtime_free(runtime);
}

/* 1, 2, 4 from the front 1, 3, 7, from the back 7, 6, 4. */
static void two_directions_join(void **state)
{
    (void)state;
    mote_model *model = make_two_directions();
    expect_of_1_2_4(model, (const float[]){1, 7, 3, 6, 7, 4});
    mote_model_free(model);
}

/* The input once more as the auxiliary one, by the same weights: all that the cells take in is twice as much. */
static void an_auxiliary_input_has_weights_of_its_own(void **state)
{
    (void)state;
    enum { AUXILIARY = 39 };
    mote_model *model = make_two_directions();
    int32_t *in = model->graphs[0]->nodes[0]->inputs;
    in[AUXILIARY] = in[0];
    for (int32_t k = 0; k < 4; k++) {
        in[AUXILIARY + 1 + k] = in[1 + k];
        in[AUXILIARY + 5 + k] = in[18 + k];
    }
    expect_of_1_2_4(model, (const float[]){2, 14, 6, 12, 14, 8});
    in[AUXILIARY + 6] = MOTE_NO_TENSOR; /* the backward forget gate's */
    expect_refusal(model, MOTE_SHAPE, "45");
    mote_model_free(model);
}

/* An LSTM of one unit whose input gate is what its forget gate leaves: weights of the input gate are left out. */
static mote_model *make_coupled(mote_dtype weights)
{
    static const float ones[] = {1};
    static const int8_t codes[] = {1};
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape sequence = {3, {1, 3, 1}};
    int32_t in[24];
    for (int32_t i = 0; i < 24; i++)
        in[i] = MOTE_NO_TENSOR;
    in[0] = mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &sequence);
    for (int32_t k = 1; k < 4; k++) {
        in[1 + k] = add(graph, weights, 1, 1, weights == MOTE_INT8 ? (const void *)codes : ones);
        in[5 + k] = add(graph, weights, 1, 1, weights == MOTE_INT8 ? (const void *)codes : ones);
        in[12 + k] = add(graph, MOTE_FLOAT32, 1, 0, ones);
    }
    for (int32_t i = 18; i < 20; i++) {
        in[i] = add(graph, MOTE_FLOAT32, 1, 1, NULL);
        graph->tensors[in[i]]->storage = MOTE_STORAGE_VARIABLE;
    }
    const int32_t out = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &sequence);
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_UNIDIRECTIONAL_SEQUENCE_LSTM, 24, in, 1, &out));
    assert_int_equal(mote_graph_set_io(graph, 1, in, 1, &out), MOTE_OK);
    return model;
}

/* Floats around int8 weights round as TFLite's reference kernels do, also where the first weights are left out. */
static void coupled_gates_on_int8_weights_are_seen(void **state)
{
    (void)state;
    for (int quantized = 0; quantized < 2; quantized++) {
        mote_model *model = make_coupled(quantized ? MOTE_INT8 : MOTE_FLOAT32);
        mote_runtime *runtime = NULL;
        mote_error err = {0};
        assert_int_equal(mote_runtime_new(&runtime, model, NULL, &err), MOTE_OK);
        assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
        assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
        const mote_kernels *kernels = &runtime->own_kernels;
        assert_int_equal(kernels->f32_logistic.run == kernels->f32_logistic_strict.run, quantized);
        mote_runtime_free(runtime);
        mote_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(svdf_takes_int8_weights_under_floats),
        cmocka_unit_test(two_directions_join),
        cmocka_unit_test(coupled_gates_on_int8_weights_are_seen),
        cmocka_unit_test(svdf_remembers_and_forgets),
        cmocka_unit_test(a_state_that_is_no_variable_is_refused),
        cmocka_unit_test(an_auxiliary_input_has_weights_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
