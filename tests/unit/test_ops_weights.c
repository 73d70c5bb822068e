/* Weights as files pack and name them, L2_POOL_2D and volumes, worked out by hand. */
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include "op/average_pool_2d/pool_2d.h"
#include "op/conv_2d/conv_2d.h"
#include "op/conv_3d/conv_3d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "op/fully_connected/fully_connected.h"
#include "support/run_op.h"

#include <math.h>
#include <string.h>

/* 1 and 2 become the codes 64 and 127 of 2/127; with weights 3 and -2 of 0.5 that is (192 - 254) / 127. */
static void weights_under_floats_are_int8_in_any_dress(void **state)
{
    (void)state;
    static const float x[] = {1, 2};
    static const int8_t plain[] = {3, -2};
    static const uint8_t misnamed[] = {3, 254}, packed[] = {0xE3};
    const struct {
        mote_dtype dtype;
        const void *values;
    } dresses[] = {{MOTE_INT8, plain}, {MOTE_UINT8, misnamed}, {MOTE_INT4, packed}};
    const mote_fully_connected_params params = {0};
    const operand out = {MOTE_FLOAT32, shape_of(2, 1, 1), 0, 0, NULL, false};
    for (size_t i = 0; i < sizeof dresses / sizeof *dresses; i++) {
        const operand in[] = {{MOTE_FLOAT32, shape_of(2, 1, 2), 0, 0, x, false},
                              {dresses[i].dtype, shape_of(2, 1, 2), 0.5f, 0, dresses[i].values, true}};
        float y;
        assert_int_equal(run_op(MOTE_OP_FULLY_CONNECTED, &params, sizeof params, 2, in, &out, 1, &y), MOTE_OK);
        assert_true(fabsf(y + 62.0f / 127.0f) < 1e-6f);
    }
}

/* 3 and 5 halves under the weights 4 and -1: 7 halves. */
static void packed_weights_meet_codes(void **state)
{
    (void)state;
    static const int8_t x[] = {5, 7};
    static const uint8_t packed[] = {0xF4}; /* 4, -1 */
    const operand in[] = {{MOTE_INT8, shape_of(2, 1, 2), 0.5f, 2, x, false},
                          {MOTE_INT4, shape_of(2, 1, 2), 1.0f, 0, packed, true}};
    const operand out = {MOTE_INT8, shape_of(2, 1, 1), 0.5f, -3, NULL, false};
    const mote_fully_connected_params params = {0};
    int8_t y;
    assert_int_equal(run_op(MOTE_OP_FULLY_CONNECTED, &params, sizeof params, 2, in, &out, 1, &y), MOTE_OK);
    assert_int_equal(y, 7 - 3);
}

/* A row of whole numbers up to 255 becomes codes of scale 1; blocks of two weights on scales 0.5 and 2. */
static mote_status run_blocks(int32_t block_size, float *y)
{
    static const float x[] = {255, 51, 0, 102}, scales[] = {0.5f, 2};
    static const int8_t weights[] = {3, -2, 1, 1};
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape row = shape_of(2, 1, 4), one = shape_of(2, 1, 1);
    const int32_t in[] = {mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &row),
                          mote_graph_add_const(graph, "w", MOTE_INT8, &row, weights)};
    const int32_t out = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &one);
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_FULLY_CONNECTED, 2, in, 1, &out));
    graph->tensors[in[1]]->quant.block_size = block_size;
    graph->tensors[in[1]]->quant.block_scale = scales;
    assert_int_equal(mote_graph_set_io(graph, 1, in, 1, &out), MOTE_OK);
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    mote_model *copy = mote_model_clone(model, NULL); /* which takes the scales along */
    mote_status status = mote_runtime_new(&runtime, copy, NULL, &err);
    if (status == MOTE_OK)
        status = mote_runtime_set_input(runtime, 0, &row, x, sizeof x, &err);
    if (status == MOTE_OK)
        status = mote_runtime_invoke(runtime, &err);
    if (status == MOTE_OK)
        *y = *(const float *)mote_runtime_output(runtime, 0)->data;
    mote_runtime_free(runtime);
    mote_model_free(copy);
    mote_model_free(model);
    return status;
}

static void blocks_have_scales_of_their_own(void **state)
{
    (void)state;
    float y = 0;
    assert_int_equal(run_blocks(2, &y), MOTE_OK);
    assert_true(y == 0.5f * (3 * 255 - 2 * 51) + 2 * 102);
    assert_int_equal(run_blocks(3, &y), MOTE_FORMAT);
}

static void l2_pool_is_the_root_of_the_mean_square(void **state)
{
    (void)state;
    static const float x[] = {3, 4, 0, 0, 1, -1};
    const operand in = {MOTE_FLOAT32, shape_of(4, 1, 3, 2, 1), 0, 0, x, false};
    const operand out = {MOTE_FLOAT32, shape_of(4, 1, 2, 1, 1), 0, 0, NULL, false};
    const mote_pool_2d_params params = {
        .padding = MOTE_PADDING_SAME, .stride_w = 2, .stride_h = 2, .filter_width = 2, .filter_height = 2};
    float y[2];
    assert_int_equal(run_op(MOTE_OP_L2_POOL_2D, &params, sizeof params, 1, &in, &out, 1, y), MOTE_OK);
    assert_true(y[0] == 2.5f && y[1] == 1); /* the last window has two elements only */
}

/* Volumes of 2 x 1 x 2, padded at their ends, under a filter of 2 x 1 x 2 that weighs 1, 10, 100, 1000. */
static void volumes_are_convolved_and_spread(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4}, filter[] = {1, 10, 100, 1000}, bias[] = {0.5f};
    static const int32_t whole[] = {1, 2, 1, 2, 1};
    const operand volume = {MOTE_FLOAT32, shape_of(5, 1, 2, 1, 2, 1), 0, 0, x, false};
    const operand weights = {MOTE_FLOAT32, shape_of(5, 2, 1, 2, 1, 1), 0, 0, filter, true};
    const operand b = {MOTE_FLOAT32, shape_of(1, 1), 0, 0, bias, true};
    const operand shape = {MOTE_INT32, shape_of(1, 5), 0, 0, whole, true};
    const operand out = {MOTE_FLOAT32, shape_of(5, 1, 2, 1, 2, 1), 0, 0, NULL, false};
    mote_conv_3d_params params = {.padding = MOTE_PADDING_SAME,
                                  .stride_d = 1,
                                  .stride_w = 1,
                                  .stride_h = 1,
                                  .dilation_d_factor = 1,
                                  .dilation_w_factor = 1,
                                  .dilation_h_factor = 1};
    float y[4];
    const operand forward[] = {volume, weights, b}, back[] = {shape, weights, volume, b};
    assert_int_equal(run_op(MOTE_OP_CONV_3D, &params, sizeof params, 3, forward, &out, 2, y), MOTE_OK);
    static const float want[] = {4321.5f, 402.5f, 43.5f, 4.5f};
    assert_memory_equal(y, want, sizeof want);
    assert_int_equal(run_op(MOTE_OP_CONV_3D_TRANSPOSE, &params, sizeof params, 4, back, &out, 2, y), MOTE_OK);
    static const float spread[] = {1.5f, 12.5f, 103.5f, 1234.5f};
    assert_memory_equal(y, spread, sizeof spread);
    params.stride_d = 0;
    assert_int_equal(run_op(MOTE_OP_CONV_3D, &params, sizeof params, 3, forward, &out, 1, y), MOTE_SHAPE);
}

/* Places in a window are 32 bits wide in the kernels: files with dilations near the end of that are refused. */
static void windows_that_reach_too_far_are_refused(void **state)
{
    (void)state;
    static const float x[4] = {1, 2, 3, 4}, w[4] = {1, 1, 1, 1};
    const operand in[] = {{MOTE_FLOAT32, shape_of(4, 1, 2, 2, 1), 0, 0, x, false},
                          {MOTE_FLOAT32, shape_of(4, 1, 2, 2, 1), 0, 0, w, true}};
    const operand out = {MOTE_FLOAT32, shape_of(4, 1, 2, 2, 1), 0, 0, NULL, false};
    mote_conv_2d_params conv = {.window = {.stride = {1, 1}, .dilation = {1, INT32_MAX}}};
    mote_depthwise_conv_2d_params depthwise = {.window = {.stride = {1, 1}, .dilation = {INT32_MAX, 1}}};
    float y[4];
    assert_int_equal(run_op(MOTE_OP_CONV_2D, &conv, sizeof conv, 2, in, &out, 1, y), MOTE_SHAPE);
    assert_int_equal(run_op(MOTE_OP_DEPTHWISE_CONV_2D, &depthwise, sizeof depthwise, 2, in, &out, 1, y), MOTE_SHAPE);
    conv.window.dilation[1] = depthwise.window.dilation[0] = 1 << 20;
    assert_int_equal(run_op(MOTE_OP_DEPTHWISE_CONV_2D, &depthwise, sizeof depthwise, 2, in, &out, 1, y), MOTE_OK);
}

/* What is refused leaves the axis as it was. */
static void a_refused_window_touches_nothing(void **state)
{
    (void)state;
    const mote_window_spec spec = {
        .filter = {9, 9}, .stride = {1, 1}, .dilation = {1, 1}, .padding = MOTE_PADDING_VALID, .before = {1, 1}};
    const mote_shape image = shape_of(4, 1, 2, 2, 1);
    mote_window_axis h = {.pad = 77}, w = {.pad = 78};
    assert_int_equal(mote_window_make(&spec, &image, &h, &w, NULL), MOTE_SHAPE);
    assert_true(h.pad == 77 && w.pad == 78);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_that_reach_too_far_are_refused),
        cmocka_unit_test(a_refused_window_touches_nothing),
        cmocka_unit_test(volumes_are_convolved_and_spread),
        cmocka_unit_test(weights_under_floats_are_int8_in_any_dress),
        cmocka_unit_test(packed_weights_meet_codes),
        cmocka_unit_test(blocks_have_scales_of_their_own),
        cmocka_unit_test(l2_pool_is_the_root_of_the_mean_square),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
