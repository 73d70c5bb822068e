/* Each rewrite of a float graph on a small one built by hand: the operators after it, and the same numbers. */
#include <math.h>
#include <string.h>

#include "op/binary/binary.h"
#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "op/fully_connected/fully_connected.h"
#include "op/space_depth/space_depth.h"
#include "op/train_form/train_form.h"
#include "pass/pass.h"
#include "unit/mote_test.h"

#include <mote/runtime.h>

enum { MAX_VALUES = 256, MAX_TEXT = 512, SIDE = 4, CHANNELS = 2, UNITS = 3 };

/* A graph that grows from its input, 1 x 4 x 4 x 2 unless said otherwise. */
typedef struct net {
    mote_model *model;
    mote_graph *graph;
    int32_t x; /* the input */
} net;

static net net_new(mote_shape shape)
{
    net n = {.model = mote_model_new(NULL, 0)};
    assert_non_null(n.model);
    n.graph = n.model->graphs[0];
    n.x = mote_graph_add_tensor(n.graph, "x", MOTE_FLOAT32, &shape);
    return n;
}

static net image_net(void)
{
    return net_new(mote_shape_4d(1, SIDE, SIDE, CHANNELS));
}

/* Small numbers of both signs, none of them 0 or 1. */
static int32_t constant(const net *n, mote_shape shape)
{
    float values[MAX_VALUES];
    const int64_t count = mote_shape_count(&shape);
    assert_in_range(count, 1, MAX_VALUES);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)((i * 7 + shape.rank) % 11 - 5) / 4 + 0.1f;
    return mote_graph_add_const(n->graph, "c", MOTE_FLOAT32, &shape, values);
}

static int32_t filled(const net *n, mote_shape shape, float value)
{
    float values[MAX_VALUES];
    for (int64_t i = 0; i < mote_shape_count(&shape); i++)
        values[i] = value;
    return mote_graph_add_const(n->graph, "f", MOTE_FLOAT32, &shape, values);
}

static mote_shape per_channel(int32_t n)
{
    return (mote_shape){1, {n}};
}

/* An operator on two inputs (b < 0: one); its result, of this shape. */
static int32_t apply(const net *n, mote_op op, int32_t a, int32_t b, mote_shape shape)
{
    const int32_t inputs[] = {a, b}, out = mote_graph_add_tensor(n->graph, "y", MOTE_FLOAT32, &shape);
    mote_node *node = mote_graph_add_node(n->graph, op, b < 0 ? 1 : 2, inputs, 1, &out);
    assert_non_null(node);
    return out;
}

/* As above with the shape of a, which is the larger one. */
static int32_t like(const net *n, mote_op op, int32_t a, int32_t b)
{
    return apply(n, op, a, b, n->graph->tensors[a]->shape);
}

static int32_t conv(const net *n, int32_t x, int32_t side, int32_t out_side, int32_t padding, bool with_bias)
{
    const int32_t in = n->graph->tensors[x]->shape.dims[3];
    const int32_t inputs[] = {x, constant(n, mote_shape_4d(UNITS, side, side, in)), constant(n, per_channel(UNITS))};
    const mote_shape shape = mote_shape_4d(1, out_side, out_side, UNITS);
    const int32_t out = mote_graph_add_tensor(n->graph, "conv", MOTE_FLOAT32, &shape);
    mote_node *node = mote_graph_add_node(n->graph, MOTE_OP_CONV_2D, with_bias ? 3 : 2, inputs, 1, &out);
    assert_non_null(node);
    mote_conv_2d_params *params = node->params;
    params->window = (mote_conv_window){.padding = padding, .stride = {1, 1}, .dilation = {1, 1}};
    return out;
}

static int32_t depthwise(const net *n, int32_t x)
{
    const int32_t inputs[] = {x, constant(n, mote_shape_4d(1, 3, 3, CHANNELS)), constant(n, per_channel(CHANNELS))};
    const mote_shape shape = n->graph->tensors[x]->shape;
    const int32_t out = mote_graph_add_tensor(n->graph, "dw", MOTE_FLOAT32, &shape);
    mote_node *node = mote_graph_add_node(n->graph, MOTE_OP_DEPTHWISE_CONV_2D, 3, inputs, 1, &out);
    assert_non_null(node);
    mote_depthwise_conv_2d_params *params = node->params;
    params->window = (mote_conv_window){.padding = MOTE_PADDING_SAME, .stride = {1, 1}, .dilation = {1, 1}};
    params->depth_multiplier = 1;
    return out;
}

static int32_t dense(const net *n, int32_t x)
{
    const mote_shape *in = &n->graph->tensors[x]->shape, weights = {2, {UNITS, in->dims[1]}}, shape = {2, {1, UNITS}};
    const int32_t inputs[] = {x, constant(n, weights), constant(n, per_channel(UNITS))};
    const int32_t out = mote_graph_add_tensor(n->graph, "dense", MOTE_FLOAT32, &shape);
    assert_non_null(mote_graph_add_node(n->graph, MOTE_OP_FULLY_CONNECTED, 3, inputs, 1, &out));
    return out;
}

static void finish(const net *n, int32_t output)
{
    mote_error err = {0};
    assert_int_equal(mote_graph_set_io(n->graph, 1, &n->x, 1, &output), MOTE_OK);
    if (mote_model_verify(n->model, &err) != MOTE_OK)
        fail_msg("%s", err.message);
}

/* --- before and after --- */

static int64_t outputs_of(const net *n, float y[MAX_VALUES])
{
    mote_runtime *runtime;
    mote_error err = {0};
    if (mote_runtime_new(&runtime, n->model, NULL, &err) != MOTE_OK || mote_runtime_allocate(runtime, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    const mote_tensor *input = mote_runtime_input(runtime, 0);
    for (int64_t i = 0; i < mote_shape_count(&input->shape); i++)
        ((float *)input->data)[i] = (float)((i * 5) % 17 - 8) / 2;
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    const mote_tensor *output = mote_runtime_output(runtime, 0);
    const int64_t count = mote_shape_count(&output->shape);
    assert_in_range(count, 1, MAX_VALUES);
    memcpy(y, output->data, (size_t)count * sizeof *y);
    mote_runtime_free(runtime);
    return count;
}

/* "CONV_2D RELU", in the graph's order */
static void check_ops(const net *n, const char *wanted)
{
    char text[MAX_TEXT] = "";
    for (int32_t i = 0; i < n->graph->n_nodes; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", mote_op_name(n->graph->nodes[i]->op));
    }
    assert_string_equal(text, wanted);
}

static void run_pass(const net *n, mote_pass_fn *pass)
{
    mote_error err = {0};
    if (pass(n->model, n->graph, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    assert_true(mote_graph_compact(n->model, 0) >= 0);
    if (mote_model_verify(n->model, &err) != MOTE_OK)
        fail_msg("%s", err.message);
}

static void check_values(const float *y, const float *wanted, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(fabsf(y[i] - wanted[i]) <= 1e-5f * fmaxf(1.0f, fabsf(wanted[i]))))
            fail_msg("element %lld is %g, not %g", (long long)i, (double)y[i], (double)wanted[i]);
}

/* The pass leaves these operators, and the output is what it was; frees the net. */
static void check(net n, int32_t output, mote_pass_fn *pass, const char *wanted)
{
    float before[MAX_VALUES], after[MAX_VALUES];
    finish(&n, output);
    const int64_t count = outputs_of(&n, before);
    run_pass(&n, pass);
    check_ops(&n, wanted);
    assert_int_equal(outputs_of(&n, after), count);
    check_values(after, before, count);
    mote_model_free(n.model);
}

/* --- fold_scale --- */

static void factors_and_terms_behind_go_into_filter_and_bias(void **state)
{
    (void)state;
    net n = image_net();
    int32_t y =
        like(&n, MOTE_OP_MUL, conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, false), constant(&n, per_channel(UNITS)));
    check(n, like(&n, MOTE_OP_ADD, y, filled(&n, per_channel(1), 0.5f)), mote_pass_fold_scale, "CONV_2D");

    n = image_net();
    y = like(&n, MOTE_OP_MUL, depthwise(&n, n.x), constant(&n, per_channel(CHANNELS)));
    check(n, like(&n, MOTE_OP_SUB, y, constant(&n, per_channel(CHANNELS))), mote_pass_fold_scale, "DEPTHWISE_CONV_2D");

    n = net_new((mote_shape){2, {1, 8}});
    y = like(&n, MOTE_OP_ADD, dense(&n, n.x), constant(&n, per_channel(UNITS)));
    check(n, like(&n, MOTE_OP_MUL, y, constant(&n, per_channel(UNITS))), mote_pass_fold_scale, "FULLY_CONNECTED");
}

static void what_does_not_go_by_channel_stays_behind(void **state)
{
    (void)state;
    net n = image_net();
    int32_t y = conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, true);
    check(n, like(&n, MOTE_OP_MUL, y, constant(&n, (mote_shape){3, {SIDE, SIDE, UNITS}})), mote_pass_fold_scale,
          "CONV_2D MUL");

    n = image_net(); /* c - x turns the sign, which is left alone */
    y = conv(&n, n.x, 1, SIDE, MOTE_PADDING_SAME, true);
    check(n, apply(&n, MOTE_OP_SUB, constant(&n, per_channel(UNITS)), y, n.graph->tensors[y]->shape),
          mote_pass_fold_scale, "CONV_2D SUB");

    n = image_net(); /* the convolution's result is wanted as it is, too */
    y = conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, true);
    check(n, like(&n, MOTE_OP_ADD, like(&n, MOTE_OP_MUL, y, constant(&n, per_channel(UNITS))), y), mote_pass_fold_scale,
          "CONV_2D MUL ADD");

    n = image_net(); /* behind an activation the factor is another's business */
    y = conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, true);
    ((mote_conv_2d_params *)n.graph->nodes[0]->params)->activation = MOTE_ACT_RELU;
    check(n, like(&n, MOTE_OP_MUL, y, constant(&n, per_channel(UNITS))), mote_pass_fold_scale, "CONV_2D MUL");
}

static void factors_and_terms_in_front_go_in_where_nothing_is_padded(void **state)
{
    (void)state;
    net n = image_net();
    int32_t y = like(&n, MOTE_OP_MUL, n.x, filled(&n, per_channel(1), 0.25f));
    y = like(&n, MOTE_OP_SUB, y, filled(&n, per_channel(1), 1.5f));
    check(n, conv(&n, y, 3, SIDE - 2, MOTE_PADDING_VALID, true), mote_pass_fold_scale, "CONV_2D");

    n = image_net(); /* the zeros around the image are not shifted: the term stays */
    y = like(&n, MOTE_OP_MUL, n.x, filled(&n, per_channel(1), 0.25f));
    y = like(&n, MOTE_OP_ADD, y, filled(&n, per_channel(1), 1.5f));
    check(n, conv(&n, y, 3, SIDE, MOTE_PADDING_SAME, true), mote_pass_fold_scale, "MUL ADD CONV_2D");

    n = image_net();
    y = like(&n, MOTE_OP_MUL, n.x, filled(&n, per_channel(1), 0.25f));
    check(n, conv(&n, y, 3, SIDE, MOTE_PADDING_SAME, true), mote_pass_fold_scale, "CONV_2D");

    n = net_new((mote_shape){2, {1, 8}});
    y = like(&n, MOTE_OP_MUL, n.x, constant(&n, per_channel(8)));
    y = like(&n, MOTE_OP_ADD, y, constant(&n, per_channel(8)));
    check(n, dense(&n, y), mote_pass_fold_scale, "FULLY_CONNECTED");
}

/* A term in front joins the bias tap by tap, each sum a float: 2^24 and 1 are 2^24, three times over. */
static void terms_in_front_are_summed_in_the_converters_order(void **state)
{
    (void)state;
    net n = net_new(mote_shape_4d(1, 1, 3, 1));
    const int32_t y = like(&n, MOTE_OP_ADD, n.x, filled(&n, per_channel(1), 1));
    const int32_t inputs[] = {y, filled(&n, mote_shape_4d(1, 1, 3, 1), 1), filled(&n, per_channel(1), 0x1p24f)};
    const mote_shape shape = mote_shape_4d(1, 1, 1, 1);
    const int32_t out = mote_graph_add_tensor(n.graph, "conv", MOTE_FLOAT32, &shape);
    mote_node *node = mote_graph_add_node(n.graph, MOTE_OP_CONV_2D, 3, inputs, 1, &out);
    assert_non_null(node);
    *(mote_conv_2d_params *)node->params =
        (mote_conv_2d_params){.window = {.padding = MOTE_PADDING_VALID, .stride = {1, 1}, .dilation = {1, 1}}};
    finish(&n, out);
    run_pass(&n, mote_pass_fold_scale);
    check_ops(&n, "CONV_2D");
    assert_true(((const float *)n.graph->tensors[n.graph->nodes[0]->inputs[2]]->data)[0] == 0x1p24f);
    mote_model_free(n.model);
}

/* A filter that two convolutions share is changed for one of them only. */
static void shared_filters_are_copied(void **state)
{
    (void)state;
    net n = image_net();
    const int32_t a = conv(&n, n.x, 1, SIDE, MOTE_PADDING_SAME, true),
                  b = conv(&n, n.x, 1, SIDE, MOTE_PADDING_SAME, true);
    for (int i = 1; i < 3; i++)
        n.graph->nodes[1]->inputs[i] = n.graph->nodes[0]->inputs[i];
    const int32_t scaled = like(&n, MOTE_OP_MUL, a, constant(&n, per_channel(UNITS)));
    check(n, like(&n, MOTE_OP_ADD, scaled, b), mote_pass_fold_scale, "CONV_2D CONV_2D ADD");
}

/* --- batch normalization: lowered, then folded; the numbers by the formula, in double --- */

static void batch_normalization_goes_into_the_convolution(void **state)
{
    (void)state;
    enum { N = SIDE * SIDE * UNITS };
    const float gamma[] = {1.5f, -0.5f, 2}, beta[] = {0.25f, 1, -3}, mean[] = {2, -1, 0.5f}, variance[] = {4, 0.25f, 1};
    float plain[MAX_VALUES], wanted[MAX_VALUES], got[MAX_VALUES];
    net n = image_net();
    const int32_t y = conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, true);
    finish(&n, y);
    assert_int_equal(outputs_of(&n, plain), N);
    for (int i = 0; i < N; i++) {
        const int c = i % UNITS;
        wanted[i] = (float)((double)gamma[c] * ((double)plain[i] - (double)mean[c]) / sqrt((double)variance[c] + 1e-3) +
                            (double)beta[c]);
    }
    const mote_shape channels = per_channel(UNITS), shape = n.graph->tensors[y]->shape;
    const int32_t inputs[] = {y, mote_graph_add_const(n.graph, "gamma", MOTE_FLOAT32, &channels, gamma),
                              mote_graph_add_const(n.graph, "beta", MOTE_FLOAT32, &channels, beta),
                              mote_graph_add_const(n.graph, "mean", MOTE_FLOAT32, &channels, mean),
                              mote_graph_add_const(n.graph, "variance", MOTE_FLOAT32, &channels, variance)};
    const int32_t out = mote_graph_add_tensor(n.graph, "bn", MOTE_FLOAT32, &shape);
    mote_node *node = mote_graph_add_node(n.graph, MOTE_OP_BATCH_NORM, 5, inputs, 1, &out);
    assert_non_null(node);
    *(mote_batch_norm_params *)node->params = (mote_batch_norm_params){.epsilon = 1e-3f, .axis = 3};
    finish(&n, out);
    run_pass(&n, mote_pass_lower_training);
    check_ops(&n, "CONV_2D MUL ADD");
    run_pass(&n, mote_pass_fold_scale);
    check_ops(&n, "CONV_2D");
    assert_string_equal(n.graph->tensors[n.graph->outputs[0]]->name, "bn"); /* what follows knows it by that */
    assert_int_equal(outputs_of(&n, got), N);
    check_values(got, wanted, N);
    mote_model_free(n.model);
}

/* --- fuse_activation --- */

static void activations_join_the_operator_in_front(void **state)
{
    (void)state;
    static const mote_op ops[] = {MOTE_OP_RELU, MOTE_OP_RELU6, MOTE_OP_RELU_N1_TO_1};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        net n = image_net();
        check(n, like(&n, ops[i], conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, true), -1), mote_pass_fuse_activation,
              "CONV_2D");
        n = image_net();
        check(n, like(&n, ops[i], like(&n, MOTE_OP_ADD, n.x, constant(&n, per_channel(CHANNELS))), -1),
              mote_pass_fuse_activation, "ADD");
    }
    net n = image_net(); /* one of two goes in; clamping the clamped is the other's business */
    int32_t y = like(&n, MOTE_OP_RELU6, conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, true), -1);
    check(n, like(&n, MOTE_OP_RELU_N1_TO_1, y, -1), mote_pass_fuse_activation, "CONV_2D RELU_N1_TO_1");
    n = image_net(); /* the value before it is wanted, too */
    y = conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, true);
    check(n, like(&n, MOTE_OP_SUB, like(&n, MOTE_OP_RELU, y, -1), y), mote_pass_fuse_activation, "CONV_2D RELU SUB");
    n = image_net(); /* nothing in front but the input */
    check(n, like(&n, MOTE_OP_RELU, n.x, -1), mote_pass_fuse_activation, "RELU");
}

/* --- fuse_padding --- */

static int32_t padded(const net *n, int32_t before, int32_t after, int32_t channels_after)
{
    const int32_t around[] = {0, 0, before, after, before, after, 0, channels_after};
    const mote_shape pairs = {2, {4, 2}},
                     shape = mote_shape_4d(1, SIDE + before + after, SIDE + before + after, CHANNELS + channels_after);
    return apply(n, MOTE_OP_PAD, n->x, mote_graph_add_const(n->graph, "around", MOTE_INT32, &pairs, around), shape);
}

static void zeros_in_front_become_same_padding_where_they_are(void **state)
{
    (void)state;
    net n = image_net();
    check(n, conv(&n, padded(&n, 1, 1, 0), 3, SIDE, MOTE_PADDING_VALID, true), mote_pass_fuse_padding, "CONV_2D");
    n = image_net(); /* stride 2 on an even side: SAME has its one zero at the end */
    int32_t y = conv(&n, padded(&n, 0, 1, 0), 3, SIDE / 2, MOTE_PADDING_VALID, true);
    mote_conv_2d_params *params = n.graph->nodes[1]->params;
    params->window.stride[0] = params->window.stride[1] = 2;
    check(n, y, mote_pass_fuse_padding, "CONV_2D");
    n = image_net(); /* ... and these are elsewhere */
    y = conv(&n, padded(&n, 1, 0, 0), 3, SIDE / 2, MOTE_PADDING_VALID, true);
    params = n.graph->nodes[1]->params;
    params->window.stride[0] = params->window.stride[1] = 2;
    check(n, y, mote_pass_fuse_padding, "PAD CONV_2D");
    n = image_net();
    check(n, conv(&n, padded(&n, 2, 2, 0), 3, SIDE + 2, MOTE_PADDING_VALID, true), mote_pass_fuse_padding,
          "PAD CONV_2D");
    n = image_net(); /* a stride that divides by zero, as only a damaged file has it */
    y = conv(&n, padded(&n, 1, 1, 0), 3, SIDE, MOTE_PADDING_VALID, true);
    params = n.graph->nodes[1]->params;
    params->window.stride[0] = 0;
    mote_error err = {0};
    assert_int_equal(mote_graph_set_io(n.graph, 1, &n.x, 1, &y), MOTE_OK);
    assert_int_equal(mote_pass_fuse_padding(n.model, n.graph, &err), MOTE_OK);
    assert_int_equal(params->window.padding, MOTE_PADDING_VALID);
    mote_model_free(n.model);
    n = image_net(); /* channels of zeros are no padding */
    check(n, conv(&n, padded(&n, 1, 1, 1), 3, SIDE, MOTE_PADDING_VALID, true), mote_pass_fuse_padding, "PAD CONV_2D");
}

/* --- fuse_hard_swish --- */

static int32_t gate(const net *n, int32_t x, float shift)
{
    return like(n, MOTE_OP_RELU6, like(n, MOTE_OP_ADD, x, filled(n, per_channel(1), shift)), -1);
}

static void three_ways_to_write_hard_swish_are_one(void **state)
{
    (void)state;
    net n = image_net(); /* (x * relu6(x + 3)) / 6 */
    int32_t y = like(&n, MOTE_OP_MUL, n.x, gate(&n, n.x, 3));
    check(n, like(&n, MOTE_OP_DIV, y, filled(&n, per_channel(1), 6)), mote_pass_fuse_hard_swish, "HARD_SWISH");
    n = image_net(); /* (x * relu6(x + 3)) * (1 / 6) */
    y = like(&n, MOTE_OP_MUL, gate(&n, n.x, 3), n.x);
    check(n, like(&n, MOTE_OP_MUL, y, filled(&n, per_channel(1), 1.0f / 6)), mote_pass_fuse_hard_swish, "HARD_SWISH");
    n = image_net(); /* x * (relu6(x + 3) * (1 / 6)) */
    y = like(&n, MOTE_OP_MUL, gate(&n, n.x, 3), filled(&n, per_channel(1), 1.0f / 6));
    check(n, like(&n, MOTE_OP_MUL, n.x, y), mote_pass_fuse_hard_swish, "HARD_SWISH");
    n = image_net(); /* the RELU6 inside of the ADD */
    y = like(&n, MOTE_OP_ADD, n.x, filled(&n, per_channel(1), 3));
    ((mote_add_params *)n.graph->nodes[0]->params)->fused_activation_function = MOTE_ACT_RELU6;
    y = like(&n, MOTE_OP_MUL, n.x, y);
    check(n, like(&n, MOTE_OP_DIV, y, filled(&n, per_channel(1), 6)), mote_pass_fuse_hard_swish, "HARD_SWISH");
}

static void what_only_looks_like_hard_swish_stays(void **state)
{
    (void)state;
    net n = image_net();
    int32_t y = like(&n, MOTE_OP_MUL, n.x, gate(&n, n.x, 2.5f));
    check(n, like(&n, MOTE_OP_DIV, y, filled(&n, per_channel(1), 6)), mote_pass_fuse_hard_swish, "ADD RELU6 MUL DIV");
    n = image_net();
    y = like(&n, MOTE_OP_MUL, n.x, gate(&n, n.x, 3));
    check(n, like(&n, MOTE_OP_DIV, y, filled(&n, per_channel(1), 5)), mote_pass_fuse_hard_swish, "ADD RELU6 MUL DIV");
    n = image_net(); /* another x outside than inside */
    y = like(&n, MOTE_OP_NEG, n.x, -1);
    y = like(&n, MOTE_OP_MUL, y, gate(&n, n.x, 3));
    check(n, like(&n, MOTE_OP_DIV, y, filled(&n, per_channel(1), 6)), mote_pass_fuse_hard_swish,
          "NEG ADD RELU6 MUL DIV");
    n = image_net(); /* a product that is cut off at 0 before it is divided */
    y = like(&n, MOTE_OP_MUL, n.x, gate(&n, n.x, 3));
    ((mote_mul_params *)n.graph->nodes[2]->params)->fused_activation_function = MOTE_ACT_RELU;
    check(n, like(&n, MOTE_OP_DIV, y, filled(&n, per_channel(1), 6)), mote_pass_fuse_hard_swish, "ADD RELU6 MUL DIV");
}

/* --- fuse_rsqrt --- */

static int32_t root(const net *n)
{
    const int32_t square = like(n, MOTE_OP_SQUARE, n->x, -1);
    return like(n, MOTE_OP_SQRT, like(n, MOTE_OP_ADD, square, filled(n, per_channel(1), 0.5f)), -1);
}

static void divisors_that_are_roots_are_inverse_roots(void **state)
{
    (void)state;
    net n = image_net();
    check(n, like(&n, MOTE_OP_DIV, n.x, root(&n)), mote_pass_fuse_rsqrt, "SQUARE ADD RSQRT MUL");
    n = image_net(); /* the root itself is wanted, too */
    int32_t y = root(&n);
    y = like(&n, MOTE_OP_SUB, like(&n, MOTE_OP_DIV, n.x, y), y);
    check(n, y, mote_pass_fuse_rsqrt, "SQUARE ADD SQRT RSQRT MUL SUB");
    n = image_net(); /* a dividend that is a root */
    y = like(&n, MOTE_OP_DIV, root(&n), filled(&n, per_channel(1), 3));
    check(n, y, mote_pass_fuse_rsqrt, "SQUARE ADD SQRT DIV");
    n = image_net();
    y = like(&n, MOTE_OP_DIV, n.x, root(&n));
    ((mote_div_params *)n.graph->nodes[3]->params)->fused_activation_function = MOTE_ACT_RELU;
    check(n, y, mote_pass_fuse_rsqrt, "SQUARE ADD RSQRT MUL");
}

/* What is rounded off a sum on the way comes back at its end, as in TensorFlow's converter; a plain sum would be 0
 * here. */
static void a_term_in_front_of_a_dense_layer_is_summed_whole(void **state)
{
    (void)state;
    mote_error err = {0};
    const mote_shape row = {2, {1, 3}}, filter_shape = {2, {1, 3}}, sum_shape = {2, {1, 1}};
    const float filter[] = {1e8f, 1, -1e8f}, nothing[] = {0}, ones[] = {1, 1, 1};
    const net n = net_new(row);
    const int32_t moved = like(&n, MOTE_OP_ADD, n.x, mote_graph_add_const(n.graph, "t", MOTE_FLOAT32, &row, ones));
    const mote_shape one = per_channel(1);
    const int32_t inputs[] = {moved, mote_graph_add_const(n.graph, "w", MOTE_FLOAT32, &filter_shape, filter),
                              mote_graph_add_const(n.graph, "b", MOTE_FLOAT32, &one, nothing)};
    const int32_t out = mote_graph_add_tensor(n.graph, "dense", MOTE_FLOAT32, &sum_shape);
    const mote_node *dense = mote_graph_add_node(n.graph, MOTE_OP_FULLY_CONNECTED, 3, inputs, 1, &out);
    assert_non_null(dense);
    finish(&n, out);
    assert_int_equal(mote_pass_fold_scale(n.model, n.graph, &err), MOTE_OK);
    check_ops(&n, "FULLY_CONNECTED");
    const float *bias = n.graph->tensors[dense->inputs[2]]->data;
    assert_true(bias[0] == 1.0f);
    mote_model_free(n.model);
}

/* --- drop_identities --- */

static int32_t ordered(const net *n, int32_t x, const int32_t order[4], mote_shape shape)
{
    return apply(n, MOTE_OP_TRANSPOSE, x, mote_graph_add_const_i32(n->graph, "order", 4, order), shape);
}

static void what_changes_nothing_goes(void **state)
{
    (void)state;
    net n = image_net();
    int32_t y = like(&n, MOTE_OP_MUL, n.x, filled(&n, per_channel(CHANNELS), 1));
    y = like(&n, MOTE_OP_ADD, y, filled(&n, per_channel(1), 0));
    y = like(&n, MOTE_OP_SUB, y, filled(&n, per_channel(1), 0));
    y = like(&n, MOTE_OP_DIV, y, filled(&n, per_channel(1), 1));
    y = like(&n, MOTE_OP_RESHAPE, y, mote_graph_add_const_i32(n.graph, "shape", 4, (const int32_t[]){1, 4, 4, 2}));
    check(n, like(&n, MOTE_OP_NEG, y, -1), mote_pass_drop_identities, "NEG");

    n = image_net();
    y = ordered(&n, n.x, (const int32_t[]){0, 3, 1, 2}, mote_shape_4d(1, CHANNELS, SIDE, SIDE));
    y = ordered(&n, y, (const int32_t[]){0, 2, 3, 1}, mote_shape_4d(1, SIDE, SIDE, CHANNELS));
    check(n, like(&n, MOTE_OP_NEG, y, -1), mote_pass_drop_identities, "NEG");
}

/* TensorFlow's calibrator finds another tensor's range behind a RESHAPE, which stays there. */
static void a_shape_that_goes_leaves_a_range_alone(void **state)
{
    (void)state;
    mote_error err = {0};
    for (int shaped = 0; shaped < 2; shaped++) {
        const net n = image_net();
        const int32_t x = like(&n, MOTE_OP_NEG, n.x, -1);
        const int32_t y = shaped ? like(&n, MOTE_OP_RESHAPE, x,
                                        mote_graph_add_const_i32(n.graph, "shape", 4, (const int32_t[]){-1, 4, 4, 2}))
                                 : like(&n, MOTE_OP_MUL, x, filled(&n, per_channel(1), 1));
        finish(&n, like(&n, MOTE_OP_ABS, y, -1));
        assert_int_equal(mote_pass_drop_identities(n.model, n.graph, &err), MOTE_OK);
        assert_int_equal(n.graph->n_nodes, 2);
        assert_int_equal(n.graph->tensors[x]->is_unsized, shaped);
        mote_model_free(n.model);
    }
}

static void what_changes_something_stays(void **state)
{
    (void)state;
    net n = image_net(); /* orders that do not cancel, on equal sides */
    int32_t y = ordered(&n, n.x, (const int32_t[]){0, 2, 1, 3}, mote_shape_4d(1, SIDE, SIDE, CHANNELS));
    y = ordered(&n, y, (const int32_t[]){0, 1, 2, 3}, mote_shape_4d(1, SIDE, SIDE, CHANNELS));
    check(n, like(&n, MOTE_OP_NEG, y, -1), mote_pass_drop_identities, "TRANSPOSE TRANSPOSE NEG");

    n = image_net(); /* ones that make it larger */
    y = apply(&n, MOTE_OP_MUL, n.x, filled(&n, mote_shape_4d(2, 1, 1, 1), 1), mote_shape_4d(2, SIDE, SIDE, CHANNELS));
    check(n, like(&n, MOTE_OP_NEG, y, -1), mote_pass_drop_identities, "MUL NEG");

    n = image_net(); /* 0 - x and 1 / x are something else */
    y = apply(&n, MOTE_OP_SUB, filled(&n, per_channel(1), 0), n.x, mote_shape_4d(1, SIDE, SIDE, CHANNELS));
    check(n, like(&n, MOTE_OP_ABS, y, -1), mote_pass_drop_identities, "SUB ABS");

    n = image_net(); /* an activation does something */
    y = like(&n, MOTE_OP_ADD, n.x, filled(&n, per_channel(1), 0));
    ((mote_add_params *)n.graph->nodes[0]->params)->fused_activation_function = MOTE_ACT_RELU;
    check(n, like(&n, MOTE_OP_NEG, y, -1), mote_pass_drop_identities, "ADD NEG");

    n = image_net(); /* the output keeps its name, and what makes it */
    y = like(&n, MOTE_OP_NEG, n.x, -1);
    check(n, like(&n, MOTE_OP_MUL, y, filled(&n, per_channel(1), 1)), mote_pass_drop_identities, "NEG");
    n = image_net();
    check(n, like(&n, MOTE_OP_MUL, n.x, filled(&n, per_channel(1), 1)), mote_pass_drop_identities, "MUL");
}

/* --- sink_moves --- */

static int32_t turned(const net *n, int32_t x)
{
    return ordered(n, x, (const int32_t[]){0, 3, 1, 2}, mote_shape_4d(1, CHANNELS, SIDE, SIDE));
}

/* DEPTH_TO_SPACE of four channels, then op. */
static void check_pixels(mote_op op, const char *wanted)
{
    const net n = net_new(mote_shape_4d(1, 2, 2, 4));
    const int32_t y = apply(&n, MOTE_OP_DEPTH_TO_SPACE, n.x, -1, mote_shape_4d(1, 4, 4, 1));
    ((mote_space_depth_params *)n.graph->nodes[0]->params)->block_size = 2;
    check(n, like(&n, op, y, -1), mote_pass_sink_moves, wanted);
}

static void moves_go_behind_what_the_converter_takes_past(void **state)
{
    (void)state;
    check_pixels(MOTE_OP_LOGISTIC, "LOGISTIC DEPTH_TO_SPACE");
    check_pixels(MOTE_OP_RELU6, "RELU6 DEPTH_TO_SPACE");
    check_pixels(MOTE_OP_ELU, "DEPTH_TO_SPACE ELU");

    net n = image_net();
    check(n, like(&n, MOTE_OP_TANH, turned(&n, n.x), -1), mote_pass_sink_moves, "TANH TRANSPOSE");
    n = image_net();
    int32_t y = like(&n, MOTE_OP_MUL, turned(&n, n.x), filled(&n, per_channel(1), 3));
    check(n, y, mote_pass_sink_moves, "MUL TRANSPOSE");
    n = image_net(); /* one term for each place of a dimension that goes elsewhere */
    y = like(&n, MOTE_OP_ADD, turned(&n, n.x), constant(&n, per_channel(SIDE)));
    check(n, y, mote_pass_sink_moves, "TRANSPOSE ADD");
    n = image_net(); /* read twice */
    y = turned(&n, n.x);
    check(n, like(&n, MOTE_OP_MUL, y, like(&n, MOTE_OP_LOGISTIC, y, -1)), mote_pass_sink_moves,
          "TRANSPOSE LOGISTIC MUL");
}

/* --- merge_constants --- */

static int32_t count_constants(const net *n)
{
    int32_t count = 0;
    for (int32_t i = 0; i < n->graph->n_tensors; i++)
        count += n->graph->tensors[i]->storage == MOTE_STORAGE_CONST;
    return count;
}

static void equal_constants_become_one(void **state)
{
    (void)state;
    net n = image_net();
    int32_t y = like(&n, MOTE_OP_MUL, n.x, constant(&n, per_channel(CHANNELS)));
    y = like(&n, MOTE_OP_ADD, y, constant(&n, per_channel(CHANNELS)));
    y = like(&n, MOTE_OP_SUB, y, filled(&n, per_channel(1), 2));
    y = like(&n, MOTE_OP_MUL, y, filled(&n, (mote_shape){2, {1, 1}}, 2)); /* the same number in another shape */
    y = like(&n, MOTE_OP_MUL, y, filled(&n, per_channel(1), -0.0f));
    y = like(&n, MOTE_OP_ADD, y, filled(&n, per_channel(1), 0)); /* equal numbers, other bits */
    float before[MAX_VALUES], after[MAX_VALUES];
    finish(&n, y);
    const int64_t count = outputs_of(&n, before);
    assert_int_equal(count_constants(&n), 6);
    run_pass(&n, mote_pass_merge_constants);
    check_ops(&n, "MUL ADD SUB MUL MUL ADD");
    assert_int_equal(count_constants(&n), 5);
    assert_int_equal(n.graph->nodes[0]->inputs[1], n.graph->nodes[1]->inputs[1]);
    assert_int_equal(outputs_of(&n, after), count);
    check_values(after, before, count);
    mote_model_free(n.model);
}

/* --- merge_nodes --- */

/* Of a model of Keras: it has layers. */
static void check_merged(net n, int32_t output, const char *wanted)
{
    n.model->n_layers = 1;
    n.model->layers = mote_arena_calloc(n.model->arena, 1, sizeof *n.model->layers);
    check(n, output, mote_pass_merge_nodes, wanted);
}

static void equal_operators_become_one(void **state)
{
    (void)state;
    net n = image_net();
    const int32_t c = constant(&n, per_channel(CHANNELS));
    int32_t a = like(&n, MOTE_OP_NEG, like(&n, MOTE_OP_MUL, n.x, c), -1);
    int32_t b = like(&n, MOTE_OP_NEG, like(&n, MOTE_OP_MUL, n.x, c), -1);
    check_merged(n, like(&n, MOTE_OP_ADD, a, b), "MUL NEG ADD");

    n = image_net(); /* another operand, another option, another order */
    a = like(&n, MOTE_OP_SUB, n.x, constant(&n, per_channel(CHANNELS)));
    b = like(&n, MOTE_OP_SUB, n.x, constant(&n, per_channel(CHANNELS)));
    check_merged(n, like(&n, MOTE_OP_ADD, a, b), "SUB SUB ADD");
    n = image_net();
    const int32_t d = constant(&n, per_channel(CHANNELS));
    a = like(&n, MOTE_OP_ADD, n.x, d);
    b = like(&n, MOTE_OP_ADD, n.x, d);
    ((mote_add_params *)n.graph->nodes[1]->params)->fused_activation_function = MOTE_ACT_RELU;
    check_merged(n, like(&n, MOTE_OP_SUB, a, b), "ADD ADD SUB");

    n = image_net(); /* another scale */
    a = like(&n, MOTE_OP_NEG, n.x, -1);
    b = like(&n, MOTE_OP_NEG, n.x, -1);
    const float scale = 0.5f;
    assert_int_equal(mote_graph_set_quant(n.graph, b, 1, 0, &scale, NULL), MOTE_OK);
    check_merged(n, like(&n, MOTE_OP_ADD, a, b), "NEG NEG ADD");

    n = image_net(); /* the output keeps the operator that names it */
    a = like(&n, MOTE_OP_NEG, n.x, -1);
    b = like(&n, MOTE_OP_NEG, n.x, -1);
    const int32_t outputs[] = {a, b};
    assert_int_equal(mote_graph_set_io(n.graph, 1, &n.x, 2, outputs), MOTE_OK);
    n.model->n_layers = 1;
    n.model->layers = mote_arena_calloc(n.model->arena, 1, sizeof *n.model->layers);
    run_pass(&n, mote_pass_merge_nodes);
    check_ops(&n, "NEG NEG");
    mote_model_free(n.model);

    n = image_net(); /* a file stays as its converter left it */
    a = like(&n, MOTE_OP_NEG, n.x, -1);
    b = like(&n, MOTE_OP_NEG, n.x, -1);
    check(n, like(&n, MOTE_OP_ADD, a, b), mote_pass_merge_nodes, "NEG NEG ADD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_and_terms_behind_go_into_filter_and_bias),
        cmocka_unit_test(what_does_not_go_by_channel_stays_behind),
        cmocka_unit_test(factors_and_terms_in_front_go_in_where_nothing_is_padded),
        cmocka_unit_test(terms_in_front_are_summed_in_the_converters_order),
        cmocka_unit_test(shared_filters_are_copied),
        cmocka_unit_test(batch_normalization_goes_into_the_convolution),
        cmocka_unit_test(activations_join_the_operator_in_front),
        cmocka_unit_test(zeros_in_front_become_same_padding_where_they_are),
        cmocka_unit_test(three_ways_to_write_hard_swish_are_one),
        cmocka_unit_test(what_only_looks_like_hard_swish_stays),
        cmocka_unit_test(divisors_that_are_roots_are_inverse_roots),
        cmocka_unit_test(a_term_in_front_of_a_dense_layer_is_summed_whole),
        cmocka_unit_test(what_changes_nothing_goes),
        cmocka_unit_test(a_shape_that_goes_leaves_a_range_alone),
        cmocka_unit_test(what_changes_something_stays),
        cmocka_unit_test(moves_go_behind_what_the_converter_takes_past),
        cmocka_unit_test(equal_constants_become_one),
        cmocka_unit_test(equal_operators_become_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
