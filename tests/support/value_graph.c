#include "support/value_graph.h"

#include "support/run_op.h"
#include "unit/mote_test.h"

int32_t add_value(mote_graph *graph, const char *name)
{
    const mote_shape shape = mote_shape_4d(1, 2, 2, 1);
    return mote_graph_add_tensor(graph, name, MOTE_FLOAT32, &shape);
}

mote_node *add_node(mote_graph *graph, mote_op op, int32_t a, int32_t b, int32_t out)
{
    const int32_t inputs[] = {a, b};
    mote_node *node = mote_graph_add_node(graph, op, b < 0 ? 1 : 2, inputs, 1, &out);
    assert_non_null(node);
    return node;
}

mote_node *make_fc(mote_model *model, const float filter[6], const float bias[2])
{
    mote_graph *graph = model->graphs[0];
    const mote_shape in = shape_of(2, 1, 3), weights = shape_of(2, 2, 3), two = shape_of(1, 2), out = shape_of(2, 1, 2);
    const int32_t inputs[] = {mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &in),
                              mote_graph_add_const(graph, "w", MOTE_FLOAT32, &weights, filter),
                              mote_graph_add_const(graph, "b", MOTE_FLOAT32, &two, bias)};
    const int32_t output = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &out);
    mote_node *node = mote_graph_add_node(graph, MOTE_OP_FULLY_CONNECTED, 3, inputs, 1, &output);
    assert_non_null(node);
    assert_int_equal(mote_graph_set_io(graph, 1, inputs, 1, &output), MOTE_OK);
    return node;
}
