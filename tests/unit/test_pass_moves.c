/* Rewrites that leave the numbers' operators alone: what does nothing goes, what moves goes behind, equals merge. */
#include <string.h>

#include "op/batch_matmul/batch_matmul.h"
#include "op/binary/binary.h"
#include "op/reduce/reduce.h"
#include "op/space_depth/space_depth.h"
#include "support/pass_net.h"
#include "support/run_op.h"
#include "support/value_graph.h"
#include "unit/mote_test.h"

/* --- drop_identities --- */

static int32_t ordered(const net *n, int32_t x, const int32_t order[4], mote_shape shape)
{
    return apply(n, MOTE_OP_TRANSPOSE, x, mote_graph_add_const_i32(n->graph, "order", 4, order), shape);
}

/* Along one axis, which stays with size 1. */
static int32_t reduced(const net *n, mote_op op, int32_t x, int32_t axis, mote_shape shape)
{
    const int32_t y = apply(n, op, x, mote_graph_add_const_i32(n->graph, "axis", 1, &axis), shape);
    ((mote_reduce_params *)n->graph->nodes[n->graph->n_nodes - 1]->params)->keep_dims = true;
    return y;
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

    n = net_new(mote_shape_4d(1, SIDE, 1, CHANNELS)); /* means of one value */
    y = reduced(&n, MOTE_OP_MEAN, n.x, 2, mote_shape_4d(1, SIDE, 1, CHANNELS));
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

    n = image_net();
    y = reduced(&n, MOTE_OP_SUM, n.x, 2, mote_shape_4d(1, SIDE, 1, CHANNELS));
    check(n, like(&n, MOTE_OP_NEG, y, -1), mote_pass_drop_identities, "SUM NEG");

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

/* Two RESHAPE in front of a sum become one behind it; so does one in front of RELU, and two in a row are one. */
static void reshapes_sink(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape flat = shape_of(2, 1, 4);
    int32_t t[8];
    for (int32_t i = 0; i < 8; i++)
        t[i] = i < 2 ? add_value(graph, "x") : mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &flat);
    const int32_t dims[] = {1, 4};
    const int32_t shape = mote_graph_add_const_i32(graph, "shape", 2, dims);
    add_node(graph, MOTE_OP_RESHAPE, t[0], shape, t[2]);
    add_node(graph, MOTE_OP_RESHAPE, t[1], shape, t[3]);
    add_node(graph, MOTE_OP_ADD, t[2], t[3], t[4]);
    add_node(graph, MOTE_OP_RELU, t[4], -1, t[5]);
    add_node(graph, MOTE_OP_RESHAPE, t[5], shape, t[6]);
    add_node(graph, MOTE_OP_TANH, t[6], -1, t[7]);
    assert_int_equal(mote_graph_set_io(graph, 2, t, 1, &t[7]), MOTE_OK);
    mote_error err = {0};
    assert_int_equal(mote_pass_sink_moves(model, graph, &err), MOTE_OK);
    assert_true(mote_graph_compact(model, 0) >= 0);
    const mote_op wanted[] = {MOTE_OP_ADD, MOTE_OP_RELU, MOTE_OP_TANH, MOTE_OP_RESHAPE};
    assert_int_equal(graph->n_nodes, 4);
    for (int32_t k = 0; k < 4; k++)
        assert_int_equal(graph->nodes[k]->op, wanted[k]);
    assert_int_equal(graph->tensors[graph->nodes[2]->outputs[0]]->shape.rank, 4);
    assert_int_equal(graph->tensors[graph->outputs[0]]->shape.rank, 2);
    assert_int_equal(mote_model_verify(model, &err), MOTE_OK);
    mote_model_free(model);
}

/* --- fuse_transpose --- */

static void products_turn_their_matrices(void **state)
{
    (void)state;
    static const int32_t last[] = {0, 1, 3, 2}, both[] = {0, 1, -1, -2}, other[] = {0, 2, 1, 3};
    const mote_shape square = mote_shape_4d(1, SIDE, SIDE, SIDE);
    net n = net_new(square);
    int32_t y = ordered(&n, n.x, last, square);
    check(n, apply(&n, MOTE_OP_BATCH_MATMUL, like(&n, MOTE_OP_NEG, n.x, -1), y, square), mote_pass_fuse_transpose,
          "NEG BATCH_MATMUL");
    n = net_new(square);
    y = ordered(&n, n.x, both, square);
    check(n, apply(&n, MOTE_OP_BATCH_MATMUL, y, n.x, square), mote_pass_fuse_transpose, "BATCH_MATMUL");

    n = net_new(square); /* turned already: the two cancel */
    y = apply(&n, MOTE_OP_BATCH_MATMUL, n.x, ordered(&n, n.x, last, square), square);
    ((mote_batch_matmul_params *)n.graph->nodes[1]->params)->adj_y = true;
    check(n, y, mote_pass_fuse_transpose, "BATCH_MATMUL");

    n = net_new(square); /* read by another operator too */
    y = ordered(&n, n.x, last, square);
    y = like(&n, MOTE_OP_ADD, apply(&n, MOTE_OP_BATCH_MATMUL, n.x, y, square), y);
    check(n, y, mote_pass_fuse_transpose, "TRANSPOSE BATCH_MATMUL ADD");

    n = net_new(square); /* another order */
    y = ordered(&n, n.x, other, square);
    check(n, apply(&n, MOTE_OP_BATCH_MATMUL, n.x, y, square), mote_pass_fuse_transpose, "TRANSPOSE BATCH_MATMUL");
}

/* --- fold_weights --- */

static void weights_in_another_order_are_constants(void **state)
{
    (void)state;
    static const int32_t order[] = {-1, 0, 2, 1}, dims[] = {1, SIDE, SIDE, CHANNELS};
    const net n = image_net();
    const int32_t weights = constant(&n, mote_shape_4d(SIDE, CHANNELS, SIDE, 1));
    int32_t y = ordered(&n, weights, order, mote_shape_4d(1, SIDE, SIDE, CHANNELS));
    y = like(&n, MOTE_OP_RESHAPE, y, mote_graph_add_const_i32(n.graph, "shape", 4, dims));
    check(n, like(&n, MOTE_OP_MUL, n.x, y), mote_pass_fold_weights, "MUL");
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
        cmocka_unit_test(what_changes_nothing_goes),
        cmocka_unit_test(a_shape_that_goes_leaves_a_range_alone),
        cmocka_unit_test(what_changes_something_stays),
        cmocka_unit_test(moves_go_behind_what_the_converter_takes_past),
        cmocka_unit_test(reshapes_sink),
        cmocka_unit_test(products_turn_their_matrices),
        cmocka_unit_test(weights_in_another_order_are_constants),
        cmocka_unit_test(equal_constants_become_one),
        cmocka_unit_test(equal_operators_become_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
