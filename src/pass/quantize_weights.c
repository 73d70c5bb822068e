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

mote_status mote_quantize_dynamic(mote_model *model, mote_error *err)
{
    for (int32_t g = 0; g < model->n_graphs; g++) {
        mote_graph *graph = model->graphs[g];
        for (int32_t i = 0; i < graph->n_nodes; i++) {
            mote_node *node = graph->nodes[i];
            mote_affine_op affine;
            if (!mote_pass_affine_op(node, &affine) || !mote_pass_is_const_f32(graph, node->inputs[affine.filter]) ||
                mote_shape_count(&graph->tensors[node->inputs[affine.filter]]->shape) < SMALLEST_DYNAMIC_COUNT)
                continue;
            const mote_status status = mote_quantize_filter(graph, node, &affine, 0, err);
            if (status != MOTE_OK)
                return status;
            if (node->op == MOTE_OP_FULLY_CONNECTED)
                ((mote_fully_connected_params *)node->params)->asymmetric_quantize_inputs = true;
        }
    }
    return MOTE_OK;
}
