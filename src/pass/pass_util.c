#include "pass/pass.h"

#include <string.h>

typedef struct pass_row {
    const char *name;
    mote_pass_fn *run;
} pass_row;

static const pass_row PASSES[] = {
#define MOTE_PASS(name, help) {#name, mote_pass_##name},
#include "pass/pass_list.inc"
#undef MOTE_PASS
};

mote_status mote_pass_run_all(mote_model *model, mote_error *err)
{
    for (size_t i = 0; i < sizeof PASSES / sizeof PASSES[0]; i++)
        for (int32_t g = 0; g < model->n_graphs; g++) {
            mote_status status = PASSES[i].run(model, model->graphs[g], err);
            if (status == MOTE_OK && mote_graph_compact(model, g) < 0)
                status = mote_error_no_memory(err);
            if (status != MOTE_OK)
                return mote_error_prefix(err, status, "pass %s", PASSES[i].name);
        }
    return MOTE_OK;
}

mote_node *mote_pass_producer(const mote_graph *graph, int32_t tensor)
{
    const int32_t node = mote_graph_producer(graph, tensor);
    return node >= 0 ? graph->nodes[node] : NULL;
}

mote_node *mote_pass_only_user(const mote_graph *graph, int32_t tensor)
{
    mote_node *user = NULL;
    if (mote_graph_is_output(graph, tensor))
        return NULL;
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i]->n_inputs; j++) {
            if (graph->nodes[i]->inputs[j] != tensor)
                continue;
            if (user)
                return NULL;
            user = graph->nodes[i];
        }
    return user;
}

int32_t mote_pass_add_value(mote_graph *graph, int32_t like, const char *suffix, const mote_shape *shape)
{
    const mote_tensor *source = graph->tensors[like];
    const char *name = mote_arena_printf(graph->arena, "%s%s", source->name, suffix);
    const int32_t tensor = name ? mote_graph_add_tensor(graph, name, MOTE_FLOAT32, shape) : -1;
    if (tensor >= 0)
        graph->tensors[tensor]->layer = source->layer;
    return tensor;
}

const int32_t *mote_pass_const_order(const mote_graph *graph, const mote_node *node)
{
    const mote_tensor *order = graph->tensors[node->inputs[1]];
    const bool whole = mote_shape_count(&order->shape) == graph->tensors[node->outputs[0]]->shape.rank;
    return whole && order->storage == MOTE_STORAGE_CONST && order->dtype == MOTE_INT32 ? order->data : NULL;
}

bool mote_pass_is_const_f32(const mote_graph *graph, int32_t tensor)
{
    return tensor >= 0 && graph->tensors[tensor]->storage == MOTE_STORAGE_CONST && !graph->tensors[tensor]->sparsity &&
           graph->tensors[tensor]->dtype == MOTE_FLOAT32;
}

int32_t mote_pass_const_operand(const mote_graph *graph, const mote_node *node)
{
    const bool first = mote_pass_is_const_f32(graph, node->inputs[0]);
    const bool second = mote_pass_is_const_f32(graph, node->inputs[1]);
    return first == second ? -1 : first ? 0 : 1;
}

int32_t *mote_pass_activation(const mote_node *node)
{
    const mote_op_def *def = mote_op_find(node->op);
    for (int32_t i = 0; def && i < def->n_fields; i++)
        if (strcmp(def->fields[i].name, "fused_activation_function") == 0)
            return (int32_t *)(void *)((char *)node->params + def->fields[i].offset);
    return NULL;
}

bool mote_pass_affine_op(const mote_node *node, mote_affine_op *affine)
{
    switch (node->op) {
    case MOTE_OP_CONV_2D:
        *affine = (mote_affine_op){0, 1, 2, 0, 3};
        return true;
    case MOTE_OP_DEPTHWISE_CONV_2D:
        *affine = (mote_affine_op){0, 1, 2, 3, 3};
        return true;
    case MOTE_OP_FULLY_CONNECTED:
        *affine = (mote_affine_op){0, 1, 2, 0, 1};
        return true;
    case MOTE_OP_TRANSPOSE_CONV: /* input 0 is the output's shape */
        *affine = (mote_affine_op){2, 1, 3, 0, 3};
        return true;
    default:
        return false;
    }
}

bool mote_pass_window_op(const mote_graph *graph, const mote_node *node, mote_window_op *window)
{
    *window = (mote_window_op){.options = mote_conv_window_of(node)};
    /* A file may state any stride and filter; what is no convolution is refused when its shapes are inferred. */
    if (!window->options || node->n_inputs < 2 || node->inputs[1] < 0)
        return false;
    const mote_shape *filter = &graph->tensors[node->inputs[1]]->shape;
    if (filter->rank != 4 || window->options->stride[0] < 1 || window->options->stride[1] < 1)
        return false;
    window->filter[0] = filter->dims[1];
    window->filter[1] = filter->dims[2];
    return true;
}

mote_tensor *mote_pass_own_const(mote_graph *graph, mote_node *node, int32_t input)
{
    const int32_t index = node->inputs[input];
    if (mote_graph_count_uses(graph, index) == 1)
        return graph->tensors[index];
    const mote_tensor *shared = graph->tensors[index];
    const int32_t copy = mote_graph_add_const(graph, shared->name, shared->dtype, &shared->shape, shared->data);
    if (copy < 0)
        return NULL;
    node->inputs[input] = copy;
    return graph->tensors[copy];
}

mote_tensor *mote_pass_own_bias(mote_graph *graph, mote_node *node, const mote_affine_op *affine)
{
    if (node->n_inputs > affine->bias && node->inputs[affine->bias] >= 0)
        return mote_pass_own_const(graph, node, affine->bias);
    const mote_tensor *filter = graph->tensors[node->inputs[affine->filter]];
    const mote_shape shape = {1, {filter->shape.dims[affine->out_axis]}};
    const char *name = mote_arena_printf(graph->arena, "%s/bias", filter->name);
    const int32_t bias = name ? mote_graph_add_const(graph, name, MOTE_FLOAT32, &shape, NULL) : -1;
    int32_t *inputs = mote_arena_calloc(graph->arena, (size_t)affine->bias + 1, sizeof *inputs);
    if (bias < 0 || !inputs)
        return NULL;
    memcpy(inputs, node->inputs, (size_t)affine->bias * sizeof *inputs);
    inputs[affine->bias] = bias;
    node->inputs = inputs;
    node->n_inputs = affine->bias + 1;
    return graph->tensors[bias];
}

bool mote_pass_per_channel(const mote_tensor *constant, int32_t n, float *values)
{
    const int64_t count = mote_shape_count(&constant->shape);
    const int32_t rank = constant->shape.rank;
    if (count != 1 && (count != n || rank < 1 || constant->shape.dims[rank - 1] != n))
        return false;
    const float *data = constant->data;
    for (int32_t i = 0; i < n; i++)
        values[i] = data[count == 1 ? 0 : i];
    return true;
}

bool mote_pass_same_quant(const mote_quant *a, const mote_quant *b)
{
    const size_t n = (size_t)a->n;
    return a->n == b->n && (n == 0 || (a->axis == b->axis && memcmp(a->scale, b->scale, n * sizeof *a->scale) == 0 &&
                                       memcmp(a->zero_point, b->zero_point, n * sizeof *a->zero_point) == 0));
}
