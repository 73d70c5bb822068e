/* The forms that quantize constants only: float16 and dynamic range. */
#include <math.h>
#include <string.h>

#include "kernels/half.h"
#include "op/fully_connected/fully_connected.h"
#include "pass/pass.h"
#include "pass/quantize_math.h"

enum { SMALLEST_DYNAMIC_COUNT = 1024 };

static bool goes_to_half(const mote_graph *graph, int32_t tensor)
{
    return mote_pass_is_const_f32(graph, tensor) && mote_graph_count_uses(graph, tensor) > 0 &&
           !mote_graph_is_output(graph, tensor);
}

static mote_status halve(mote_graph *graph, int32_t index, int32_t *at, mote_error *err)
{
    mote_tensor *tensor = graph->tensors[index];
    const int64_t count = mote_shape_count(&tensor->shape);
    const int32_t half = mote_graph_add_const(graph, tensor->name, MOTE_FLOAT16, &tensor->shape, NULL);
    const char *name = mote_arena_printf(graph->arena, "%s_dequantize", tensor->name);
    if (half < 0 || !name)
        return mote_error_no_memory(err);
    uint16_t *to = graph->tensors[half]->data;
    const float *from = tensor->data;
    for (int64_t i = 0; i < count; i++)
        to[i] = mote_f16_from_f32(from[i]);
    tensor->name = name;
    tensor->storage = MOTE_STORAGE_ACTIVATION;
    tensor->data = NULL;
    tensor->n_bytes = 0;
    return mote_graph_insert_node(graph, (*at)++, MOTE_OP_DEQUANTIZE, 1, &half, 1, &index) ? MOTE_OK
                                                                                           : mote_error_no_memory(err);
}

mote_status mote_quantize_float16(mote_model *model, mote_error *err)
{
    for (int32_t g = 0; g < model->n_graphs; g++) {
        mote_graph *graph = model->graphs[g];
        const int32_t n = graph->n_tensors;
        for (int32_t i = 0, at = 0; i < n; i++) {
            const mote_status status = goes_to_half(graph, i) ? halve(graph, i, &at, err) : MOTE_OK;
            if (status != MOTE_OK)
                return status;
        }
    }
    return MOTE_OK;
}

static bool is_large_const(const mote_graph *graph, int32_t tensor)
{
    return mote_pass_is_const_f32(graph, tensor) &&
           mote_shape_count(&graph->tensors[tensor]->shape) >= SMALLEST_DYNAMIC_COUNT;
}

static mote_status narrow_filter(mote_graph *graph, mote_node *node, const mote_affine_op *affine, mote_error *err)
{
    const mote_status status = mote_quantize_filter(graph, node, affine, MOTE_FILTER_DYNAMIC, 0, err);
    if (status == MOTE_OK && node->op == MOTE_OP_FULLY_CONNECTED)
        ((mote_fully_connected_params *)node->params)->asymmetric_quantize_inputs = true;
    return status;
}

/* Of a table, as an Embedding's, codes are picked, and become floats behind it. */
static mote_status narrow_table(mote_graph *graph, int32_t at, mote_error *err)
{
    mote_node *node = graph->nodes[at];
    const mote_tensor *table = graph->tensors[node->inputs[0]];
    float top = 0;
    for (int64_t i = 0; i < mote_shape_count(&table->shape); i++)
        top = fmaxf(top, fabsf(((const float *)table->data)[i]));
    const mote_qparams params = {mote_symmetric_scale(top, 127), 0};
    const int32_t result = node->outputs[0];
    const int32_t codes = mote_pass_add_value(graph, result, "_codes", &graph->tensors[result]->shape);
    node->inputs[0] = mote_quantize_const(graph, node->inputs[0], MOTE_INT8, params);
    if (codes < 0 || node->inputs[0] < 0 ||
        mote_graph_set_quant(graph, codes, 1, 0, &params.scale, &params.zero_point) != MOTE_OK)
        return mote_error_no_memory(err);
    graph->tensors[codes]->dtype = MOTE_INT8;
    node->outputs[0] = codes;
    return mote_graph_insert_node(graph, at + 1, MOTE_OP_DEQUANTIZE, 1, &codes, 1, &result) ? MOTE_OK
                                                                                            : mote_error_no_memory(err);
}

mote_status mote_quantize_dynamic(mote_model *model, mote_error *err)
{
    for (int32_t g = 0; g < model->n_graphs; g++) {
        mote_graph *graph = model->graphs[g];
        for (int32_t i = 0; i < graph->n_nodes; i++) {
            mote_node *node = graph->nodes[i];
            mote_affine_op affine;
            mote_status status = MOTE_OK;
            if (mote_pass_affine_op(node, &affine) && is_large_const(graph, node->inputs[affine.filter]))
                status = narrow_filter(graph, node, &affine, err);
            else if (node->op == MOTE_OP_GATHER && is_large_const(graph, node->inputs[0]))
                status = narrow_table(graph, i, err);
            if (status != MOTE_OK)
                return status;
        }
    }
    return MOTE_OK;
}
