/* The plain recurrent cells: RNN, its sequences, and the basic form of LSTM, on numbers worked out by hand. */
#include "support/run_model.h"
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include "op/recurrent/recurrent.h"

#include <string.h>

static const mote_shape ONE = {2, {1, 1}}, UNIT = {1, {1}};

static int32_t constant(mote_graph *graph, mote_dtype dtype, mote_shape shape, const void *values)
{
    const int32_t tensor = mote_graph_add_const(graph, "c", dtype, &shape, values);
    assert_true(tensor >= 0);
    return tensor;
}

static int32_t tensor(mote_graph *graph, mote_dtype dtype, mote_shape shape, mote_storage storage)
{
    const int32_t index = mote_graph_add_tensor(graph, "t", dtype, &shape);
    assert_true(index >= 0);
    graph->tensors[index]->storage = storage;
    return index;
}

/* Weight, recurrent weight, bias and state of one unit: h = 1 x + 2 h + bias. */
static void add_way(mote_graph *graph, float bias, int32_t *in)
{
    static const float one[] = {1}, two[] = {2};
    in[0] = constant(graph, MOTE_FLOAT32, ONE, one);
    in[1] = constant(graph, MOTE_FLOAT32, ONE, two);
    in[2] = constant(graph, MOTE_FLOAT32, UNIT, &bias);
    in[3] = tensor(graph, MOTE_FLOAT32, ONE, MOTE_STORAGE_VARIABLE);
}

static void invoke(mote_runtime *runtime, const void *x, size_t n_bytes)
{
    mote_error err = {0};
    memcpy(mote_runtime_input(runtime, 0)->data, x, n_bytes);
    must(mote_runtime_invoke(runtime, &err), &err);
}

static void a_cell_remembers_until_it_is_reset(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    int32_t in[5] = {tensor(graph, MOTE_FLOAT32, ONE, MOTE_STORAGE_ACTIVATION)};
    add_way(graph, 0.5f, in + 1);
    const int32_t out = tensor(graph, MOTE_FLOAT32, ONE, MOTE_STORAGE_ACTIVATION);
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_RNN, 5, in, 1, &out);
    ((mote_rnn_params *)node->params)->fused_activation_function = MOTE_ACT_RELU;
    assert_int_equal(mote_graph_set_io(graph, 1, in, 1, &out), MOTE_OK);
    mote_runtime *runtime = start_model(model);
    static const float x[] = {1, 3, -20}, want[] = {1.5f, 6.5f, 0};
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 3; i++) {
            invoke(runtime, &x[i], sizeof x[i]);
            assert_near(*(const float *)mote_runtime_output(runtime, 0)->data, want[i], 1e-6);
        }
        assert_int_equal(mote_runtime_reset(runtime, NULL), MOTE_OK);
    }
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static mote_model *make_two_ways(bool merge)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape sequence = {3, {1, 3, 1}}, both = {3, {1, 3, 2}};
    int32_t in[12] = {tensor(graph, MOTE_FLOAT32, sequence, MOTE_STORAGE_ACTIVATION)};
    add_way(graph, 0, in + 1);
    add_way(graph, 100, in + 5);
    in[9] = in[10] = in[11] = MOTE_NO_TENSOR;
    const int32_t out[] = {tensor(graph, MOTE_FLOAT32, merge ? both : sequence, MOTE_STORAGE_ACTIVATION),
                           tensor(graph, MOTE_FLOAT32, sequence, MOTE_STORAGE_ACTIVATION)};
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_BIDIRECTIONAL_SEQUENCE_RNN, 12, in, merge ? 1 : 2, out);
    ((mote_rnn_params *)node->params)->merge_outputs = merge;
    assert_int_equal(mote_graph_set_io(graph, 1, in, merge ? 1 : 2, out), MOTE_OK);
    return model;
}

/* From the front 1, 2 + 2, 4 + 8; from the back 104, 102 + 208, 101 + 620. */
static void two_ways_meet_the_steps_from_both_ends(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 4}, want[2][3] = {{1, 4, 12}, {721, 310, 104}};
    for (int merge = 0; merge < 2; merge++) {
        mote_model *model = make_two_ways(merge);
        mote_runtime *runtime = start_model(model);
        invoke(runtime, x, sizeof x);
        for (int way = 0; way < 2; way++)
            for (int t = 0; t < 3; t++) {
                const float *out = mote_runtime_output(runtime, merge ? 0 : way)->data;
                assert_near(out[merge ? 2 * t + way : t], want[way][t], 1e-4);
            }
        mote_runtime_free(runtime);
        mote_model_free(model);
    }
}

/* Auxiliary weights of the forward direction alone have no meaning. */
static void half_an_auxiliary_input_is_refused(void **state)
{
    (void)state;
    mote_model *model = make_two_ways(true);
    mote_node *node = model->graphs[0]->nodes[0];
    node->inputs[9] = node->inputs[0];
    node->inputs[10] = node->inputs[1];
    expect_refusal(model, MOTE_SHAPE, "auxiliary");
    mote_model_free(model);
}

/* One cell on uint8 whose gates are open: bias 32767 / 4096 where a gate is wanted, weights of 0 but for the cell's
 * own, which takes x in. */
static mote_model *make_basic(float state_scale)
{
    static const uint8_t weights[] = {128, 128, 144, 128, 128, 128, 128, 128};
    static const int32_t bias[] = {40000, 0, 40000, 40000};
    static const int64_t zeros[] = {128, 0};
    const float scale = 1.0f / 4096;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape table = {2, {4, 2}}, four = {1, {4}}, wide = {2, {1, 4}}, pair = {2, {1, 2}};
    const int32_t in[] = {tensor(graph, MOTE_UINT8, ONE, MOTE_STORAGE_ACTIVATION),
                          tensor(graph, MOTE_UINT8, ONE, MOTE_STORAGE_VARIABLE),
                          constant(graph, MOTE_UINT8, table, weights), constant(graph, MOTE_INT32, four, bias),
                          tensor(graph, MOTE_INT16, ONE, MOTE_STORAGE_VARIABLE)};
    const int32_t out[] = {tensor(graph, MOTE_UINT8, ONE, MOTE_STORAGE_ACTIVATION),
                           tensor(graph, MOTE_INT16, ONE, MOTE_STORAGE_ACTIVATION),
                           tensor(graph, MOTE_UINT8, pair, MOTE_STORAGE_ACTIVATION),
                           tensor(graph, MOTE_INT16, wide, MOTE_STORAGE_ACTIVATION)};
    assert_int_equal(mote_graph_set_quant(graph, in[2], 1, 0, &scale, zeros), MOTE_OK);
    assert_int_equal(mote_graph_set_quant(graph, in[3], 1, 0, &scale, zeros + 1), MOTE_OK);
    assert_int_equal(mote_graph_set_quant(graph, out[1], 1, 0, &state_scale, zeros + 1), MOTE_OK);
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_LSTM, 5, in, 4, out);
    ((mote_sequence_lstm_params *)node->params)->kernel_type = MOTE_LSTM_BASIC;
    assert_int_equal(mote_graph_set_io(graph, 1, in, 4, out), MOTE_OK);
    return model;
}

/* x = 127 / 128 sums to 127 * 16 / 4096: the gates' 32767 / 4096 and tanh(0.496) = 0.459 make c = 0.459, then twice. */
static void basic_lstm_adds_to_its_state_in_codes(void **state)
{
    (void)state;
    mote_model *model = make_basic(1.0f / 2048);
    mote_runtime *runtime = start_model(model);
    for (int i = 1; i <= 2; i++) {
        invoke(runtime, (const uint8_t[]){255}, 1);
        const int16_t *sums = mote_runtime_output(runtime, 3)->data;
        assert_int_equal(sums[0], 32767);
        assert_int_equal(sums[1], 127 * 16);
        assert_near(*(const int16_t *)mote_runtime_output(runtime, 1)->data / 2048.0, 0.459 * i, 2e-3);
        assert_near((*(const uint8_t *)mote_runtime_output(runtime, 0)->data - 128) / 128.0, tanh(0.459 * i), 5e-3);
        assert_int_equal(((const uint8_t *)mote_runtime_output(runtime, 2)->data)[0], 255);
    }
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void basic_lstm_needs_its_state_in_eleven_bits(void **state)
{
    (void)state;
    mote_model *model = make_basic(1.0f / 1024);
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    mote_status status = mote_runtime_new(&runtime, model, NULL, &err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(runtime, &err);
    assert_int_equal(status, MOTE_UNSUPPORTED);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_remembers_until_it_is_reset),
        cmocka_unit_test(two_ways_meet_the_steps_from_both_ends),
        cmocka_unit_test(half_an_auxiliary_input_is_refused),
        cmocka_unit_test(basic_lstm_adds_to_its_state_in_codes),
        cmocka_unit_test(basic_lstm_needs_its_state_in_eleven_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
