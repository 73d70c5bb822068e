/* What mote_convert makes of whole graphs, beyond its passes one by one. */
#include "op/transpose_conv/transpose_conv.h"
#include "unit/mote_test.h"

#include <mote/convert.h>

/* x doubled by a transposed convolution; the output's shape is a constant for a batch of 1. */
static int32_t add_doubling(mote_graph *graph, int32_t x, float weight, const char *name)
{
    static const int32_t sizes[] = {1, 4, 4, 1};
    const mote_shape filter = mote_shape_4d(1, 1, 1, 1), out = mote_shape_4d(1, 4, 4, 1);
    const int32_t inputs[] = {mote_graph_add_const_i32(graph, "sizes", 4, sizes),
                              mote_graph_add_const(graph, "w", MOTE_FLOAT32, &filter, &weight), x};
    const int32_t output = mote_graph_add_tensor(graph, name, MOTE_FLOAT32, &out);
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_TRANSPOSE_CONV, 3, inputs, 1, &output);
    assert_non_null(node);
    *(mote_transpose_conv_params *)node->params =
        (mote_transpose_conv_params){.padding = MOTE_PADDING_SAME, .stride_h = 2, .stride_w = 2};
    return output;
}

static int32_t count(const mote_graph *graph, mote_op op)
{
    int32_t n = 0;
    for (int32_t i = 0; i < graph->n_nodes; i++)
        n += graph->nodes[i]->op == op;
    return n;
}

/* Two transposed convolutions of one image follow its batch, which is asked for once. */
static void a_batch_is_asked_for_once(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0), *made;
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape in = mote_shape_4d(1, 2, 2, 1), open = mote_shape_4d(MOTE_DIM_UNKNOWN, 2, 2, 1);
    const int32_t x = mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &in);
    graph->tensors[x]->signature = open;
    graph->tensors[x]->has_signature = true;
    const int32_t outputs[] = {add_doubling(graph, x, 2, "b"), add_doubling(graph, x, 3, "a")};
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 2, outputs), MOTE_OK);
    model->n_layers = 2; /* as from Keras */
    model->layers = mote_arena_calloc(model->arena, 2, sizeof *model->layers);
    model->layers[0] = (mote_layer){.name = "b", .class_name = "Conv2DTranspose", .parent = -1};
    model->layers[1] = (mote_layer){.name = "a", .class_name = "Conv2DTranspose", .parent = -1};
    for (int32_t i = 0; i < 2; i++)
        graph->tensors[outputs[i]]->layer = i;
    const mote_convert_options options = mote_convert_options_default(MOTE_FORMAT_FLOAT32);
    mote_error err = {0};
    if (mote_convert(model, &options, &made, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    assert_int_equal(count(made->graphs[0], MOTE_OP_TRANSPOSE_CONV), 2);
    assert_int_equal(count(made->graphs[0], MOTE_OP_SHAPE), 1);
    assert_int_equal(count(made->graphs[0], MOTE_OP_STRIDED_SLICE), 1);
    assert_int_equal(count(made->graphs[0], MOTE_OP_PACK), 1);     /* both have the same size */
    const mote_signature_arg *named = made->signatures[0].outputs; /* in the order of their names */
    assert_string_equal(named[0].name, "a");
    assert_string_equal(named[1].name, "b");
    assert_int_equal(named[0].tensor, made->graphs[0]->outputs[1]);
    assert_int_equal(named[1].tensor, made->graphs[0]->outputs[0]);
    mote_model_free(made);
    mote_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_asked_for_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
