/* Each rewrite of a float graph on a small one built by hand: the operators after it, and the same numbers. */
#include <math.h>
#include <string.h>

#include "op/binary/binary.h"
#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "op/train_form/train_form.h"
#include "support/pass_net.h"
#include "unit/mote_test.h"

enum { UNITS = 3 };

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

/* Each reader takes a step in by itself; what cannot keeps it. */
static void several_readers_take_in_what_they_can(void **state)
{
    (void)state;
    net n = image_net();
    int32_t y = like(&n, MOTE_OP_MUL, n.x, filled(&n, per_channel(1), 0.25f));
    y = like(&n, MOTE_OP_ADD, y, filled(&n, per_channel(1), 1.5f));
    int32_t a = conv(&n, y, 1, SIDE, MOTE_PADDING_VALID, true), b = conv(&n, y, 3, SIDE, MOTE_PADDING_SAME, true);
    check(n, like(&n, MOTE_OP_SUB, a, b), mote_pass_fold_scale, "MUL ADD CONV_2D CONV_2D SUB");

    n = image_net(); /* both do: nothing is left */
    y = like(&n, MOTE_OP_MUL, n.x, filled(&n, per_channel(1), 0.25f));
    a = conv(&n, y, 1, SIDE, MOTE_PADDING_VALID, true), b = conv(&n, y, 3, SIDE, MOTE_PADDING_SAME, true);
    check(n, like(&n, MOTE_OP_SUB, a, b), mote_pass_fold_scale, "CONV_2D CONV_2D SUB");

    n = net_new((mote_shape){2, {1, 8}}); /* a term needs a bias to go into */
    y = like(&n, MOTE_OP_MUL, n.x, constant(&n, per_channel(8)));
    y = like(&n, MOTE_OP_ADD, y, constant(&n, per_channel(8)));
    a = dense(&n, y), b = dense(&n, y);
    n.graph->nodes[3]->n_inputs = 2;
    check(n, like(&n, MOTE_OP_SUB, a, b), mote_pass_fold_scale, "MUL ADD FULLY_CONNECTED FULLY_CONNECTED SUB");

    n = net_new((mote_shape){2, {1, 8}}); /* Normalization: rows with the batch's dimension */
    y = like(&n, MOTE_OP_SUB, n.x, constant(&n, (mote_shape){2, {1, 8}}));
    y = like(&n, MOTE_OP_MUL, y, constant(&n, (mote_shape){2, {1, 8}}));
    check(n, dense(&n, y), mote_pass_fold_scale, "SUB MUL FULLY_CONNECTED");
}

/* A dense layer's bias goes into the dense layers behind it if one of them has no ReLU; others read it in an ADD. */
static void biases_move_to_the_next_dense_layers(void **state)
{
    (void)state;
    for (int with_relu = 0; with_relu < 2; with_relu++) {
        net n = net_new((mote_shape){2, {1, 8}});
        n.model->n_layers = 1; /* as from Keras */
        n.model->layers = mote_arena_calloc(n.model->arena, 1, sizeof *n.model->layers);
        const int32_t y = dense(&n, n.x);
        int32_t a = dense(&n, y);
        if (with_relu)
            a = like(&n, MOTE_OP_RELU, a, -1);
        check(n, like(&n, MOTE_OP_SUB, a, like(&n, MOTE_OP_TANH, y, -1)), mote_pass_fold_scale,
              with_relu ? "FULLY_CONNECTED FULLY_CONNECTED RELU TANH SUB"
                        : "FULLY_CONNECTED ADD FULLY_CONNECTED TANH SUB");
    }
}

/* --- join_terms --- */

static void two_terms_are_one(void **state)
{
    (void)state;
    net n = image_net();
    int32_t y = like(&n, MOTE_OP_ADD, n.x, constant(&n, per_channel(CHANNELS)));
    y = like(&n, MOTE_OP_ADD, y, filled(&n, per_channel(1), 3));
    y = like(&n, MOTE_OP_ADD, y, constant(&n, per_channel(CHANNELS)));
    check(n, y, mote_pass_join_terms, "ADD");
    n = image_net(); /* the number first */
    y = like(&n, MOTE_OP_ADD, n.x, filled(&n, per_channel(1), 3));
    check(n, like(&n, MOTE_OP_ADD, y, constant(&n, per_channel(CHANNELS))), mote_pass_join_terms, "ADD");

    n = image_net(); /* the first sum is wanted, too */
    y = like(&n, MOTE_OP_ADD, n.x, filled(&n, per_channel(1), 3));
    y = like(&n, MOTE_OP_MUL, like(&n, MOTE_OP_ADD, y, filled(&n, per_channel(1), 2)), y);
    check(n, y, mote_pass_join_terms, "ADD ADD MUL");
    n = image_net(); /* cut off between */
    y = like(&n, MOTE_OP_ADD, n.x, filled(&n, per_channel(1), 3));
    ((mote_add_params *)n.graph->nodes[0]->params)->fused_activation_function = MOTE_ACT_RELU6;
    check(n, like(&n, MOTE_OP_ADD, y, filled(&n, per_channel(1), 2)), mote_pass_join_terms, "ADD ADD");
    n = image_net(); /* products stay, as TensorFlow leaves them */
    y = like(&n, MOTE_OP_MUL, n.x, filled(&n, per_channel(1), 3));
    check(n, like(&n, MOTE_OP_MUL, y, filled(&n, per_channel(1), 2)), mote_pass_join_terms, "MUL MUL");
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

static mote_status all_passes(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)graph;
    return mote_pass_run_all(model, err);
}

/* As NASNet writes it: each branch begins with a RELU of its own. */
static void equal_activations_join_the_operator_in_front(void **state)
{
    (void)state;
    net n = image_net();
    const int32_t y = conv(&n, n.x, 3, SIDE, MOTE_PADDING_SAME, true);
    const int32_t one = like(&n, MOTE_OP_RELU, y, -1), other = like(&n, MOTE_OP_RELU, y, -1);
    n.model->n_layers = 1; /* of Keras, not a .tflite file */
    n.model->layers = mote_arena_calloc(n.model->arena, 1, sizeof *n.model->layers);
    check(n, like(&n, MOTE_OP_SUB, like(&n, MOTE_OP_TANH, one, -1), other), all_passes, "CONV_2D TANH SUB");
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
    const mote_shape row = {2, {1, 3}}, terms = per_channel(3), filter_shape = {2, {1, 3}}, sum_shape = {2, {1, 1}};
    const float filter[] = {1e8f, 1, -1e8f}, nothing[] = {0}, ones[] = {1, 1, 1};
    const net n = net_new(row);
    const int32_t moved = like(&n, MOTE_OP_ADD, n.x, mote_graph_add_const(n.graph, "t", MOTE_FLOAT32, &terms, ones));
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

/* The first one's bias after a factor between two dense layers, which the second takes only if it is a vector. */
static void between_dense_layers(mote_shape factor, bool first_keeps_bias)
{
    mote_error err = {0};
    const net n = net_new((mote_shape){2, {1, 8}});
    n.model->n_layers = 1; /* of a model of Keras */
    n.model->layers = mote_arena_calloc(n.model->arena, 1, sizeof *n.model->layers);
    float before[MAX_VALUES], after[MAX_VALUES];
    finish(&n, dense(&n, like(&n, MOTE_OP_MUL, dense(&n, n.x), constant(&n, factor))));
    const int64_t count = outputs_of(&n, before);
    assert_int_equal(mote_pass_fold_scale(n.model, n.graph, &err), MOTE_OK);
    check_ops(&n, "FULLY_CONNECTED FULLY_CONNECTED");
    assert_int_equal(n.graph->nodes[0]->n_inputs, first_keeps_bias ? 3 : 2);
    assert_int_equal(outputs_of(&n, after), count);
    check_values(after, before, count);
    mote_model_free(n.model);
}

static void of_two_dense_layers_the_second_takes_vectors(void **state)
{
    (void)state;
    between_dense_layers(per_channel(UNITS), false);
    between_dense_layers((mote_shape){0}, true);
    between_dense_layers((mote_shape){2, {1, UNITS}}, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_and_terms_behind_go_into_filter_and_bias),
        cmocka_unit_test(what_does_not_go_by_channel_stays_behind),
        cmocka_unit_test(factors_and_terms_in_front_go_in_where_nothing_is_padded),
        cmocka_unit_test(terms_in_front_are_summed_in_the_converters_order),
        cmocka_unit_test(several_readers_take_in_what_they_can),
        cmocka_unit_test(biases_move_to_the_next_dense_layers),
        cmocka_unit_test(two_terms_are_one),
        cmocka_unit_test(of_two_dense_layers_the_second_takes_vectors),
        cmocka_unit_test(shared_filters_are_copied),
        cmocka_unit_test(batch_normalization_goes_into_the_convolution),
        cmocka_unit_test(activations_join_the_operator_in_front),
        cmocka_unit_test(equal_activations_join_the_operator_in_front),
        cmocka_unit_test(zeros_in_front_become_same_padding_where_they_are),
        cmocka_unit_test(three_ways_to_write_hard_swish_are_one),
        cmocka_unit_test(what_only_looks_like_hard_swish_stays),
        cmocka_unit_test(divisors_that_are_roots_are_inverse_roots),
        cmocka_unit_test(a_term_in_front_of_a_dense_layer_is_summed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
