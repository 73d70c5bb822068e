/* Quantization by TFLite's rules: its numbers, ranges and plans, worked out by hand. */
#include <math.h>
#include <string.h>

#include "op/conv_2d/conv_2d.h"
#include "op/conv_2d/conv_order.h"
#include "op/conv_2d/conv_parts.h"
#include "op/reduce/reduce_order.h"
#include "op/remap/remap.h"
#include "op/softmax/softmax.h"
#include "pass/fold_rsqrt.h"
#include "pass/quantize_plan.h"
#include "runtime/interpreter.h"
#include "support/run_op.h"
#include "support/value_graph.h"
#include "unit/mote_test.h"

/* --- numbers --- */

static void check_int8(float low, float high, double scale, int64_t zero_point)
{
    const mote_qparams q = mote_qparams_int8(low, high);
    assert_true(fabs((double)q.scale - scale) <= 1e-7 * scale);
    assert_int_equal(q.zero_point, zero_point);
}

static void ranges_become_scales(void **state)
{
    (void)state;
    check_int8(0, 255, 1, -128);
    check_int8(-1, 2, 3.0 / 255, -43); /* -128 + 1 / (3/255) = -128 + 85 */
    check_int8(-1, 1, 2.0 / 255, -1);  /* -0.5 and a little less, since the float scale is a little more than 2/255 */
    check_int8(3, 10, 10.0 / 255, -128);
    check_int8(-10, -3, 10.0 / 255, 127);
    check_int8(0, 0, 2e-6 / 255, 0);
    const mote_qparams wide = mote_qparams_int16(-2, 1);
    assert_true(fabs((double)wide.scale - 2.0 / 32767) < 1e-11);
    assert_int_equal(wide.zero_point, 0);
    assert_true(mote_symmetric_scale(0, 127) > 0);
}

/* From the table of RSQRTPS and a Newton step in float; the last, left over from a vector of eight, is 1 / sqrtf. */
static void roots_have_the_bits_of_tensorflows(void **state)
{
    (void)state;
    const float x[] = {1.0f, 0.001f, 0.37f, 0.5f, 2.0f, 3.14159f, 1234.5f, 9.99f, 1.0f, 0.001f};
    const float wanted[] = {0x1.fffffcp-1f, 0x1.f9f6e4p+4f, 0x1.a4dc84p+0f, 0x1.6a09e4p+0f, 0x1.6a09e4p-1f,
                            0x1.20dd7cp-1f, 0x1.d24f44p-6f, 0x1.43fab0p-2f, 1.0f,           0x1.f9f6e2p+4f};
    float got[10];
    mote_fold_rsqrt(x, got, 10);
    assert_memory_equal(got, wanted, sizeof wanted);
    const float odd[8] = {0.0f, INFINITY, 1e-40f, 1, 1, 1, 1, 1};
    mote_fold_rsqrt(odd, got, 8);
    assert_true(isinf(got[0]) && got[1] == 0 && got[2] == 1.0f / sqrtf(1e-40f));
}

/* One column of a product in which 1e8 swallows what is added to it before it is taken off again. */
static float sum_in_order(int64_t n_rows, int64_t n_columns, bool is_dense)
{
    enum { K = 9, NR = 4 };
    const float column[K] = {1e8f, 1, 1, 1, -1e8f, 0, 0, 0, 0.5f};
    float a[K], packed[NR * (1 + K)] = {[0] = 10}, sum;
    for (int32_t k = 0; k < K; k++) {
        a[k] = 1;
        packed[NR * (1 + k)] = column[k];
    }
    const mote_f32_gemm_job job = {
        .n = 1, .k = K, .a = a, .a_stride = K, .packed = packed, .c = &sum, .c_stride = 1, .low = -99, .high = 99};
    const mote_conv_order order = {.n_rows = n_rows, .n_columns = n_columns, .is_dense = is_dense};
    mote_conv_order_run(&job, NR, &order, 0, 1);
    return sum;
}

static void sums_go_in_the_converters_order(void **state)
{
    (void)state;
    assert_true(sum_in_order(4, 16, false) == 10.5f); /* rising: the three ones are gone */
    assert_true(sum_in_order(3, 4, false) == 10.5f);  /* no group of four rows */
    assert_true(sum_in_order(1, 1, false) == 10.5f);
    assert_true(sum_in_order(4, 4, false) == 12.5f); /* odd k have a sum of their own */
    assert_true(sum_in_order(4, 1, false) == 12.5f); /* pairs of even and odd */
    assert_true(sum_in_order(1, 4, true) == 13.5f);  /* eight sums: 1e8 and -1e8 meet first */
}

/* Measured with convolutions of TensorFlow's on four threads. */
static void products_are_cut_as_the_converter_cuts_them(void **state)
{
    (void)state;
    static const struct {
        int64_t n_rows, n_columns, k;
        bool of_patches;
        mote_conv_parts parts;
    } cases[] = {
        {16, 16, 432, true, {432, 608, 16}},   {64, 16, 432, true, {112, 320, 16}},
        {16, 192, 432, true, {112, 320, 192}}, {64, 192, 432, true, {432, 320, 48}},
        {64, 192, 192, false, {96, 320, 192}}, {256, 64, 432, true, {432, 320, 16}},
        {4, 160, 960, false, {960, 488, 160}}, {16, 512, 4608, true, {4608, 320, 128}},
        {1, 96, 200, false, {200, 16, 96}},    {9, 400, 200, false, {200, 320, 200}},
        {4, 960, 160, false, {160, 320, 480}}, {16, 2048, 320, false, {320, 320, 400}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const mote_conv_order order = {
            .n_rows = cases[i].n_rows, .n_columns = cases[i].n_columns, .of_patches = cases[i].of_patches};
        const mote_conv_parts parts = mote_conv_parts_of(&order, cases[i].k);
        assert_int_equal(parts.block, cases[i].parts.block);
        assert_int_equal(parts.part, cases[i].parts.part);
        assert_int_equal(parts.columns, cases[i].parts.columns);
    }
    const mote_conv_order dense = {.n_rows = 64, .n_columns = 192, .is_dense = true};
    assert_int_equal(mote_conv_parts_of(&dense, 432).part, 608);
}

/* Four threads share k: (1e8 + 1) + (1 - 1e8) in floats, where one after another would leave the last 1. */
static void sums_of_threads_are_joined_in_pairs(void **state)
{
    (void)state;
    enum { K = 432, NR = 4, BLOCK = 112 };
    static float packed[NR * (1 + K)], a[K];
    for (int32_t k = 0; k < K; k++)
        a[k] = 1;
    static const float firsts[] = {1e8f, 1, -1e8f, 1};
    for (int32_t i = 0; i < 4; i++)
        packed[NR * (1 + i * BLOCK)] = firsts[i];
    float sum = 9;
    const mote_f32_gemm_job job = {
        .n = 1, .k = K, .a = a, .a_stride = K, .packed = packed, .c = &sum, .c_stride = 1, .low = -99, .high = 99};
    const mote_conv_order order = {.n_rows = 64, .n_columns = 16, .of_patches = true};
    mote_conv_order_run(&job, NR, &order, 0, 1);
    assert_true(sum == 0);
}

static float mean_in_order(bool over_tail, const float *x, int64_t n, int64_t at)
{
    const mote_reduce_loops *loops = mote_reduce_in_order(MOTE_OP_MEAN, over_tail);
    const mote_reduce_arg arg = {.n_reduced = 1}; /* the sum as it is */
    float sum, result;
    loops->begin(&sum, 1);
    loops->fold(&sum, x, n, at, true, &arg);
    loops->end(&sum, &result, 1, &arg);
    return result;
}

/* 1e8 swallows a 1 that is added to it. Vectors begin at multiples of eight elements of the tensor; their halves meet
 * first, then quarters; what is around them comes last. */
static void means_go_in_the_converters_order(void **state)
{
    (void)state;
    float x[24] = {1e8f, 1, 1, 1, -1e8f, 1, 1, 1};
    assert_true(mean_in_order(false, x, 8, 0) == 3); /* one after another */
    assert_true(mean_in_order(true, x, 8, 0) == 6);  /* 1e8 and -1e8 meet first */
    assert_true(mean_in_order(true, x, 8, 4) == 3);  /* no vector begins in here */
    for (int i = 0; i < 24; i++)
        x[i] = 1;
    x[0] = 1e8f;
    x[16] = -1e8f; /* the third vector comes when the first two have met */
    assert_true(mean_in_order(true, x, 24, 0) == 21);
    x[16] = 1;
    x[8] = -1e8f;
    assert_true(mean_in_order(true, x, 24, 0) == 22);
    x[8] = 1;
    x[6] = -1e8f;
    assert_true(mean_in_order(true, x, 15, 1) == 8); /* the vector is at 7; 0 … 6 come last, one after another */
    assert_null(mote_reduce_in_order(MOTE_OP_REDUCE_MAX, true));
}

/* Runs the model as calibration does on its input `in`, expects those bytes, and frees it. */
static void check_as_converter(mote_model *model, const float *in, const float *wanted, size_t n_bytes)
{
    mote_runtime *runtime;
    mote_error err = {0};
    const mote_runtime_options options = mote_runtime_options_default();
    assert_int_equal(rt_new(&runtime, model, &options, true, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    memcpy(mote_runtime_input(runtime, 0)->data, in, mote_runtime_input(runtime, 0)->n_bytes);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    assert_memory_equal(mote_runtime_output(runtime, 0)->data, wanted, n_bytes);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

/* As TensorFlow 2.21's interpreter answers; the rows begin at elements 0, 10 and 20. */
static void softmax_has_the_converters_bits(void **state)
{
    (void)state;
    static const float in[30] = {0x1.09689ep+0f,  0x1.3b805ap+1f,  0x1.fb8d26p-1f,  -0x1.f46992p+1f, 0x1.5ba81ap+1f,
                                 0x1.56d0dp+0f,   -0x1.9c614ep+0f, 0x1.be4c78p+0f,  0x1.17fddap+0f,  0x1.c3c99ap-1f,
                                 0x1.5d40a4p-4f,  0x1.a3e026p+0f,  -0x1.1acc62p+1f, -0x1.f47598p-2f, -0x1.724484p+0f,
                                 0x1.cbe9f4p+0f,  0x1.e81af2p-4f,  -0x1.c136acp-1f, -0x1.2c40bap+1f, -0x1.8b0c1ap-1f,
                                 0x1.903458p-6f,  -0x1.a75378p-1f, 0x1.f0eba6p+1f,  0x1.829506p+1f,  -0x1.044588p+3f,
                                 -0x1.6ab0c8p+2f, -0x1.0c732ep-1f, -0x1.443e04p+0f, 0x1.4827d8p-1f,  0x1.4dce76p-1f};
    static const float wanted[30] = {0x1.e5d434p-5f,  0x1.fa921cp-3f, 0x1.d03f0cp-5f, 0x1.ba27e8p-12f, 0x1.459eap-2f,
                                     0x1.48adbap-4f,  0x1.13406ep-8f, 0x1.ec68e2p-4f, 0x1.012758p-4f,  0x1.a056f2p-5f,
                                     0x1.22eb1ep-4f,  0x1.585646p-2f, 0x1.d53008p-8f, 0x1.47bb2ep-5f,  0x1.f722bap-7f,
                                     0x1.92a188p-2f,  0x1.2cf316p-4f, 0x1.bc639ap-6f, 0x1.9960d8p-8f,  0x1.edfabep-6f,
                                     0x1.be9f9p-7f,   0x1.7d50cep-8f, 0x1.4a7f36p-1f, 0x1.1724bap-2f,  0x1.060512p-18f,
                                     0x1.81d764p-15f, 0x1.0200e2p-7f, 0x1.eb476ap-9f, 0x1.9dabcp-6f,   0x1.a24308p-6f};
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape shape = {2, {3, 10}};
    const int32_t x = mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &shape),
                  y = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &shape);
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_SOFTMAX, 1, &x, 1, &y);
    assert_non_null(node);
    ((mote_softmax_params *)node->params)->beta = 1;
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    check_as_converter(model, in, wanted, sizeof wanted);
}

/* x * (1/6) * relu6(x + 3), as LiteRT's optimized kernel answers. */
static void hard_swish_has_the_converters_bits(void **state)
{
    (void)state;
    static const float in[6] = {-0x1.95d37ep-2f, 0x1.ebd838p+0f, 0x1.f4bc6cp+1f, -0x1.fede98p+0f, -4, 0x1.15b47cp+0f};
    static const float wanted[6] = {-0x1.6036eep-3f, 0x1.936aa2p+0f, 0x1.f4bc6ep+1f,
                                    -0x1.56156cp-2f, -0.0f,          0x1.7a1f3p-1f};
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape shape = {1, {6}};
    const int32_t x = mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &shape),
                  y = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &shape);
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_HARD_SWISH, 1, &x, 1, &y));
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    check_as_converter(model, in, wanted, sizeof wanted);
}

/* As LiteRT's optimized kernel answers; five of these have other last bits in the reference. */
static void bilinear_resizing_has_the_converters_bits(void **state)
{
    (void)state;
    static const float in[4] = {1.1f, -2.3f, 0.7f, 3.9f};
    static const float wanted[15] = {0x1.199996p+0f, 0x1.851eb6p-1f, -0x1.333330p-1f, -0x1.f5c28cp+0f, -0x1.266666p+1f,
                                     0x1.ccccc8p-1f, 0x1.c7ae16p-1f, 0x1.b33334p-1f,  0x1.9eb854p-1f,  0x1.99999cp-1f,
                                     0x1.666666p-1f, 0x1.051eb8p+0f, 0x1.266668p+1f,  0x1.ca3d72p+1f,  0x1.f33334p+1f};
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape small = mote_shape_4d(1, 2, 2, 1), large = mote_shape_4d(1, 3, 5, 1);
    const int32_t size[] = {3, 5}, y = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &large);
    const int32_t inputs[] = {mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &small),
                              mote_graph_add_const_i32(graph, "size", 2, size)};
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_RESIZE_BILINEAR, 2, inputs, 1, &y);
    assert_non_null(node);
    ((mote_resize_params *)node->params)->half_pixel_centers = true;
    assert_int_equal(mote_graph_set_io(graph, 1, inputs, 1, &y), MOTE_OK);
    check_as_converter(model, in, wanted, sizeof wanted);
}

/* Convolutions in groups run in the reference kernel: one product after another, so that 1e8 swallows three ones. */
static void groups_are_summed_one_by_one(void **state)
{
    (void)state;
    static const float in[16] = {1e8f, 1, 1, 1, -1e8f, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, wanted[2] = {3, 8};
    float ones[16];
    for (int32_t i = 0; i < 16; i++)
        ones[i] = 1;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape shape = mote_shape_4d(1, 1, 1, 16), filter = mote_shape_4d(2, 1, 1, 8),
                     two = mote_shape_4d(1, 1, 1, 2);
    const int32_t inputs[] = {mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &shape),
                              mote_graph_add_const(graph, "w", MOTE_FLOAT32, &filter, ones)};
    const int32_t y = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &two);
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_CONV_2D, 2, inputs, 1, &y);
    assert_non_null(node);
    ((mote_conv_2d_params *)node->params)->window =
        (mote_conv_window){.padding = MOTE_PADDING_VALID, .stride = {1, 1}, .dilation = {1, 1}};
    assert_int_equal(mote_graph_set_io(graph, 1, inputs, 1, &y), MOTE_OK);
    check_as_converter(model, in, wanted, sizeof wanted);
}

static void filters_and_biases_become_integers(void **state)
{
    (void)state;
    const float filter[] = {1.27f, -0.635f, 0.0051f, 0, 0, -254}, bias[] = {0.5f, -3};
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_node *node = make_fc(model, filter, bias);
    mote_affine_op affine;
    mote_error err = {0};
    assert_true(mote_pass_affine_op(node, &affine));
    assert_int_equal(mote_quantize_filter(model->graphs[0], node, &affine, MOTE_FILTER_INT8, 0.5f, &err), MOTE_OK);
    assert_int_equal(mote_quantize_bias(model->graphs[0], node, &affine, 0.5f, false, &err), MOTE_OK);
    const mote_tensor *w = model->graphs[0]->tensors[node->inputs[1]], *b = model->graphs[0]->tensors[node->inputs[2]];
    assert_int_equal(w->dtype, MOTE_INT8);
    assert_int_equal(w->quant.n, 2);
    assert_int_equal(w->quant.axis, 0);
    assert_true(fabsf(w->quant.scale[0] - 0.01f) < 1e-8f && w->quant.scale[1] == 2.0f);
    const int8_t codes[] = {127, -64, 1, 0, 0, -127}; /* -63.5 goes away from zero, 0.51 up */
    assert_memory_equal(w->data, codes, sizeof codes);
    assert_int_equal(b->dtype, MOTE_INT32);
    assert_int_equal(((const int32_t *)b->data)[0], 100); /* 0.5 / (0.5 * 0.01) */
    assert_int_equal(((const int32_t *)b->data)[1], -3);
    mote_model_free(model);
}

/* A weight of a little less than 28.5 steps: in float its product is 28.5. */
static void wide_filters_are_rounded_in_float(void **state)
{
    (void)state;
    const float filter[] = {0x1.2265b2p-1f, 0x1.04abeap-3f, 0, 1, 0, 0}, bias[] = {0, 0};
    for (int wide = 0; wide < 2; wide++) {
        const mote_filter_kind kind = wide ? MOTE_FILTER_WIDE : MOTE_FILTER_DYNAMIC;
        mote_model *model = mote_model_new(NULL, 0);
        assert_non_null(model);
        mote_node *node = make_fc(model, filter, bias);
        mote_affine_op affine;
        mote_error err = {0};
        assert_true(mote_pass_affine_op(node, &affine));
        assert_int_equal(mote_quantize_filter(model->graphs[0], node, &affine, kind, 1e-3f, &err), MOTE_OK);
        assert_int_equal(((const int8_t *)model->graphs[0]->tensors[node->inputs[1]]->data)[1], 28 + wide);
        mote_model_free(model);
    }
}

/* A bias of more than 2^30 steps: the filter's scale is raised until it is 2^30 - 1 of them. */
static void large_biases_raise_the_filters_scale(void **state)
{
    (void)state;
    const float filter[] = {1e-6f, 0, 0, 1, 0, 0}, bias[] = {1000, 1000};
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_node *node = make_fc(model, filter, bias);
    mote_affine_op affine;
    mote_error err = {0};
    assert_true(mote_pass_affine_op(node, &affine));
    assert_int_equal(mote_quantize_filter(model->graphs[0], node, &affine, MOTE_FILTER_INT8, 1e-3f, &err), MOTE_OK);
    assert_int_equal(mote_quantize_bias(model->graphs[0], node, &affine, 1e-3f, false, &err), MOTE_OK);
    const mote_tensor *w = model->graphs[0]->tensors[node->inputs[1]], *b = model->graphs[0]->tensors[node->inputs[2]];
    assert_true(fabs((double)w->quant.scale[0] / (1000 / 1073741823.0 / 1e-3) - 1) < 1e-6);
    assert_true(fabs((double)w->quant.scale[1] * 127 - 1) < 1e-6);
    assert_true(abs(((const int32_t *)b->data)[0] - 1073741823) < 256);
    assert_int_equal(((const int8_t *)w->data)[0], 0);
    assert_int_equal(((const int8_t *)w->data)[3], 127);
    mote_model_free(model);
}

/* Channels that training has switched off: TensorFlow's int8 and dynamic range have a smallest scale, which leaves them
 * no codes; its 16x8 has any, down to 0, unless a bias raises it. */
static void dead_channels_have_tensorflows_codes(void **state)
{
    (void)state;
    static const struct {
        mote_filter_kind kind;
        double scale[2];
        int8_t codes[2];
    } WANTED[] = {
        {MOTE_FILTER_DYNAMIC, {5e-7 / 127, 5e-7 / 127}, {25, 0}},
        {MOTE_FILTER_INT8, {5e-7 / 127, 5e-7 / 127}, {25, 0}},
        {MOTE_FILTER_WIDE, {1e-7 / 127, 0}, {127, 0}},
    };
    for (size_t k = 0; k < sizeof WANTED / sizeof *WANTED; k++) {
        const float filter[] = {1e-7f, 0, 0, 0, 0, 0}, bias[] = {0, 0};
        mote_model *model = mote_model_new(NULL, 0);
        assert_non_null(model);
        mote_node *node = make_fc(model, filter, bias);
        mote_affine_op affine;
        mote_error err = {0};
        assert_true(mote_pass_affine_op(node, &affine));
        const bool wide = WANTED[k].kind == MOTE_FILTER_WIDE;
        assert_int_equal(mote_quantize_filter(model->graphs[0], node, &affine, WANTED[k].kind, 0.5f, &err), MOTE_OK);
        assert_int_equal(mote_quantize_bias(model->graphs[0], node, &affine, 0.5f, wide, &err), MOTE_OK);
        const mote_tensor *w = model->graphs[0]->tensors[node->inputs[1]],
                          *b = model->graphs[0]->tensors[node->inputs[2]];
        for (int32_t c = 0; c < 2; c++) {
            assert_true(fabs((double)w->quant.scale[c] - WANTED[k].scale[c]) <= 1e-6 * WANTED[k].scale[c]);
            assert_int_equal(((const int8_t *)w->data)[3 * c], WANTED[k].codes[c]);
            assert_true((wide ? ((const int64_t *)b->data)[c] : ((const int32_t *)b->data)[c]) == 0);
        }
        mote_model_free(model);
    }
}

static void constants_become_codes(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    const mote_shape four = shape_of(1, 4);
    const float values[] = {-0.5f, 0.25f, 1.75f, 1e9f};
    const int32_t c = mote_graph_add_const(model->graphs[0], "c", MOTE_FLOAT32, &four, values);
    const int32_t narrow = mote_quantize_const(model->graphs[0], c, MOTE_INT8, (mote_qparams){0.5f, -3});
    const int32_t wide = mote_quantize_const(model->graphs[0], c, MOTE_INT16, (mote_qparams){0.5f, 0});
    const int8_t codes8[] = {-4, -3, 1, 127}; /* -2.5 and 0.5 with the zero point: half away from zero; saturated */
    const int16_t codes16[] = {-1, 1, 4, 32767};
    assert_memory_equal(model->graphs[0]->tensors[narrow]->data, codes8, sizeof codes8);
    assert_memory_equal(model->graphs[0]->tensors[wide]->data, codes16, sizeof codes16);
    mote_model_free(model);
}

/* --- ranges --- */

/* x -> MUL by 2 -> a -> ADD 1 -> b -> LOGISTIC -> c: a is only read by ADD, which writes over it in TensorFlow. */
static void ranges_take_in_what_was_written_over_them(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape scalar = {0};
    const float two = 2, one = 1;
    const int32_t x = add_value(graph, "x"), a = add_value(graph, "a"), b = add_value(graph, "b"),
                  c = add_value(graph, "c");
    add_node(graph, MOTE_OP_MUL, x, mote_graph_add_const(graph, "two", MOTE_FLOAT32, &scalar, &two), a);
    add_node(graph, MOTE_OP_ADD, a, mote_graph_add_const(graph, "one", MOTE_FLOAT32, &scalar, &one), b);
    add_node(graph, MOTE_OP_LOGISTIC, b, -1, c);
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &c), MOTE_OK);
    mote_range ranges[8] = {{-1, 1}, {-2, 2}, {-1, 3}, {0.2f, 0.9f}};
    mote_error err = {0};
    assert_int_equal(mote_ranges_as_calibrator(graph, ranges, &err), MOTE_OK);
    assert_true(ranges[x].low == -1 && ranges[x].high == 1); /* the caller's */
    assert_true(ranges[a].low == -2 && ranges[a].high == 3);
    assert_true(ranges[b].low == -1 && ranges[b].high == 3); /* LOGISTIC does not write over its input */
    assert_true(ranges[c].low == 0.2f && ranges[c].high == 0.9f);
    graph->tensors[a]->is_unsized = true; /* its memory holds nothing else */
    ranges[a] = (mote_range){-2, 2};
    assert_int_equal(mote_ranges_as_calibrator(graph, ranges, &err), MOTE_OK);
    assert_true(ranges[a].low == -2 && ranges[a].high == 2);
    mote_model_free(model);
}

/* Read twice: nothing may be written over it. */
static void what_is_read_again_keeps_its_range(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const int32_t x = add_value(graph, "x"), a = add_value(graph, "a"), b = add_value(graph, "b"),
                  c = add_value(graph, "c"), d = add_value(graph, "d");
    add_node(graph, MOTE_OP_LOGISTIC, x, -1, a);
    add_node(graph, MOTE_OP_TANH, x, -1, b);
    add_node(graph, MOTE_OP_ADD, a, b, c); /* takes a's memory: the first that may be taken */
    add_node(graph, MOTE_OP_MUL, c, b, d);
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &d), MOTE_OK);
    mote_range ranges[5] = {{-9, 9}, {0, 1}, {-1, 1}, {-1, 2}, {-2, 2}};
    mote_error err = {0};
    assert_int_equal(mote_ranges_as_calibrator(graph, ranges, &err), MOTE_OK);
    assert_true(ranges[a].low == -1 && ranges[a].high == 2);
    assert_true(ranges[b].low == -1 && ranges[b].high == 1);
    assert_true(ranges[c].low == -1 && ranges[c].high == 2); /* the graph's output gets memory of its own */
    mote_model_free(model);
}

/* --- plans --- */

static bool has(mote_qparams q, double scale, int64_t zero_point)
{
    return fabs((double)q.scale - scale) <= 1e-6 * scale && q.zero_point == zero_point;
}

/* p = MAX_POOL(x), s = LOGISTIC(x), c = CONCATENATION(p, s). */
typedef struct joined {
    mote_model *model;
    int32_t x, p, s, c;
} joined;

static joined make_joined(void)
{
    joined j = {.model = mote_model_new(NULL, 0)};
    assert_non_null(j.model);
    mote_graph *graph = j.model->graphs[0];
    j.x = add_value(graph, "x");
    j.p = add_value(graph, "p");
    j.s = add_value(graph, "s");
    j.c = add_value(graph, "c");
    add_node(graph, MOTE_OP_MAX_POOL_2D, j.x, -1, j.p);
    add_node(graph, MOTE_OP_LOGISTIC, j.x, -1, j.s);
    add_node(graph, MOTE_OP_CONCATENATION, j.p, j.s, j.c);
    assert_int_equal(mote_graph_set_io(graph, 1, &j.x, 1, &j.c), MOTE_OK);
    return j;
}

static const mote_range JOINED_RANGES[] = {{-3, 2.1f}, {-2, 2.1f}, {0, 1}, {-2, 2.1f}};

/* int8: the result of CONCATENATION decides, up through the pooling to the input; LOGISTIC is requantized behind. */
static void the_result_of_concatenation_decides(void **state)
{
    (void)state;
    joined j = make_joined();
    mote_quantize_plan plan;
    mote_error err = {0};
    assert_int_equal(mote_quantize_plan_make(j.model->graphs[0], JOINED_RANGES, false, &plan, &err), MOTE_OK);
    const double scale = 4.1 / 255;
    assert_true(has(plan.tensors[j.c], scale, -4)); /* -128 + 2 / (4.1/255) = -3.6 */
    assert_true(has(plan.tensors[j.p], scale, -4));
    assert_true(has(plan.tensors[j.x], scale, -4));
    assert_true(has(plan.tensors[j.s], scale, -4));
    assert_true(has(plan.nodes[1].makes[0], 1.0 / 256, -128));
    assert_true(plan.nodes[0].makes[0].scale == 0 && plan.nodes[2].reads[0].scale == 0);
    mote_model_free(j.model);
}

/* int16: the pooling follows its input, and CONCATENATION requantizes what it reads. */
static void wide_concatenation_requantizes(void **state)
{
    (void)state;
    joined j = make_joined();
    mote_quantize_plan plan;
    mote_error err = {0};
    assert_int_equal(mote_quantize_plan_make(j.model->graphs[0], JOINED_RANGES, true, &plan, &err), MOTE_OK);
    assert_true(has(plan.tensors[j.x], 3.0 / 32767, 0) && has(plan.tensors[j.p], 3.0 / 32767, 0));
    assert_true(has(plan.tensors[j.s], 1.0 / 32768, 0));
    assert_true(has(plan.tensors[j.c], 2.1 / 32767, 0));
    assert_true(has(plan.nodes[2].reads[0], 2.1 / 32767, 0) && has(plan.nodes[2].reads[1], 2.1 / 32767, 0));
    mote_model_free(j.model);
}

/* What REVERSE_V2 moves keeps its codes. */
static void turned_round_keeps_its_scale(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        mote_model *model = mote_model_new(NULL, 0);
        assert_non_null(model);
        mote_graph *graph = model->graphs[0];
        const int32_t last = 1, x = add_value(graph, "x"), y = add_value(graph, "y");
        const int32_t axis = mote_graph_add_const_i32(graph, "axis", 1, &last);
        add_node(graph, MOTE_OP_REVERSE_V2, x, axis, y);
        assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
        const mote_range ranges[] = {{-1, 2}, {-1, 2}, {1, 0}};
        mote_quantize_plan plan;
        mote_error err = {0};
        assert_int_equal(mote_quantize_plan_make(graph, ranges, wide, &plan, &err), MOTE_OK);
        const double scale = wide ? 2.0 / 32767 : 3.0 / 255;
        assert_true(has(plan.tensors[x], scale, wide ? 0 : -43) && has(plan.tensors[y], scale, wide ? 0 : -43));
        mote_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_become_scales),
        cmocka_unit_test(roots_have_the_bits_of_tensorflows),
        cmocka_unit_test(sums_go_in_the_converters_order),
        cmocka_unit_test(products_are_cut_as_the_converter_cuts_them),
        cmocka_unit_test(sums_of_threads_are_joined_in_pairs),
        cmocka_unit_test(means_go_in_the_converters_order),
        cmocka_unit_test(softmax_has_the_converters_bits),
        cmocka_unit_test(hard_swish_has_the_converters_bits),
        cmocka_unit_test(groups_are_summed_one_by_one),
        cmocka_unit_test(bilinear_resizing_has_the_converters_bits),
        cmocka_unit_test(filters_and_biases_become_integers),
        cmocka_unit_test(wide_filters_are_rounded_in_float),
        cmocka_unit_test(large_biases_raise_the_filters_scale),
        cmocka_unit_test(dead_channels_have_tensorflows_codes),
        cmocka_unit_test(constants_become_codes),
        cmocka_unit_test(ranges_take_in_what_was_written_over_them),
        cmocka_unit_test(what_is_read_again_keeps_its_range),
        cmocka_unit_test(the_result_of_concatenation_decides),
        cmocka_unit_test(wide_concatenation_requantizes),
        cmocka_unit_test(turned_round_keeps_its_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
