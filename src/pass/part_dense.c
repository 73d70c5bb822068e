/*
 * Dense on more than two dimensions, for integers, as TensorFlow's converter has it: the rows are laid out as a matrix,
 * multiplied, given their shape again, and only then is the bias added. The product has a range of its own there, so
 * the sum rounds twice, and nothing in front or behind is folded into the filter. In floats it is all the same, and one
 * FULLY_CONNECTED says it shorter.
 */
#include <string.h>

#include "op/fully_connected/fully_connected.h"
#include "pass/pass.h"

enum { INPUT = 0, FILTER = 1, BIAS = 2 };

static bool is_dense(const mote_model *model, const mote_graph *graph, const mote_node *node)
{
    return node->op == MOTE_OP_FULLY_CONNECTED && node->layer >= 0 && node->layer < model->n_layers &&
           strcmp(model->layers[node->layer].class_name, "Dense") == 0 &&
           ((const mote_fully_connected_params *)node->params)->activation == MOTE_ACT_NONE &&
           graph->tensors[node->outputs[0]]->shape.rank > 2;
}

/* from in another shape, whose first dimension is what is left. */
static bool reshape(mote_graph *graph, int32_t at, int32_t layer, int32_t from, int32_t to)
{
    mote_shape dims = graph->tensors[to]->shape;
    dims.dims[0] = -1;
    const int32_t shape = mote_graph_add_const_i32(graph, "Reshape/shape", dims.rank, dims.dims);
    const int32_t inputs[] = {from, shape};
    mote_node *node = shape < 0 ? NULL : mote_graph_insert_node(graph, at, MOTE_OP_RESHAPE, 2, inputs, 1, &to);
    if (node)
        node->layer = layer;
    return node != NULL;
}

/* Node `at` in parts; how many nodes there are more, -1: out of memory. */
static int32_t part(mote_graph *graph, int32_t at)
{
    mote_node *node = graph->nodes[at];
    const int32_t input = node->inputs[INPUT], output = node->outputs[0], layer = node->layer;
    const int32_t bias = node->n_inputs > BIAS ? node->inputs[BIAS] : MOTE_NO_TENSOR;
    const mote_shape *made = &graph->tensors[output]->shape, *filter = &graph->tensors[node->inputs[FILTER]]->shape;
    const int32_t n_rows = (int32_t)mote_shape_span(made, 0, made->rank - 1);
    const mote_shape rows = {2, {n_rows, filter->dims[1]}}, products = {2, {n_rows, filter->dims[0]}};
    const int32_t in_rows = mote_pass_add_value(graph, output, "/Reshape", &rows);
    const int32_t product = in_rows < 0 ? -1 : mote_pass_add_value(graph, output, "/MatMul", &products);
    int32_t shaped = output;
    if (bias >= 0)
        shaped = product < 0 ? -1 : mote_pass_add_value(graph, output, "/Tensordot", made);
    if (product < 0 || shaped < 0)
        return -1;
    graph->tensors[shaped]->is_unsized = true;
    node->inputs[INPUT] = in_rows;
    node->n_inputs = BIAS;
    node->outputs[0] = product;
    ((mote_fully_connected_params *)node->params)->keep_num_dims = false;
    if (!reshape(graph, at, layer, input, in_rows) || !reshape(graph, at + 2, layer, product, shaped))
        return -1;
    if (bias < 0)
        return 2;
    const int32_t terms[] = {shaped, bias};
    mote_node *add = mote_graph_insert_node(graph, at + 3, MOTE_OP_ADD, 2, terms, 1, &output);
    if (add)
        add->layer = layer;
    return add ? 3 : -1;
}

mote_status mote_part_dense(mote_model *model, mote_error *err)
{
    mote_graph *graph = model->graphs[0];
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const int32_t n_more = is_dense(model, graph, graph->nodes[i]) ? part(graph, i) : 0;
        if (n_more < 0)
            return mote_error_no_memory(err);
        i += n_more;
    }
    return MOTE_OK;
}
