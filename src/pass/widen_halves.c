#include "kernels/half.h"
#include "pass/pass.h"

mote_status mote_pass_widen_halves(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        const mote_tensor *half = node->op == MOTE_OP_DEQUANTIZE ? graph->tensors[node->inputs[0]] : NULL;
        if (!half || half->storage != MOTE_STORAGE_CONST || half->dtype != MOTE_FLOAT16 || half->sparsity)
            continue;
        const int32_t made = node->outputs[0];
        const int32_t wide = mote_graph_add_const(graph, graph->tensors[made]->name, MOTE_FLOAT32, &half->shape, NULL);
        if (wide < 0)
            return mote_error_no_memory(err);
        float *to = graph->tensors[wide]->data;
        const uint16_t *from = half->data;
        for (int64_t i = 0; i < mote_shape_count(&half->shape); i++)
            to[i] = mote_f32_from_f16(from[i]);
        mote_graph_remove_node(graph, k--);
        mote_graph_replace_uses(graph, made, wide);
    }
    return MOTE_OK;
}
