/* Parts of weights, which training needs as such, become constants of their own: GRU's kernels and biases gate by gate.
 */
#include "op/move/copy_nd.h"
#include "op/slice/slice.h"
#include "pass/pass.h"

static bool is_const(const mote_graph *graph, int32_t tensor)
{
    return tensor >= 0 && graph->tensors[tensor]->storage == MOTE_STORAGE_CONST && graph->tensors[tensor]->data &&
           !graph->tensors[tensor]->sparsity;
}

static bool is_part_of_const(const mote_graph *graph, const mote_node *node)
{
    bool all = node->op == MOTE_OP_STRIDED_SLICE && node->n_inputs == 4;
    for (int32_t i = 0; all && i < node->n_inputs; i++)
        all = is_const(graph, node->inputs[i]);
    return all && graph->tensors[node->inputs[0]]->dtype == MOTE_FLOAT32 &&
           !mote_graph_is_output(graph, node->outputs[0]);
}

static void copy_part(const mote_tensor *whole, const mote_slice_box *part, float *to)
{
    mote_box box = {.rank = whole->shape.rank, .element_bytes = sizeof(float)};
    int64_t strides[MOTE_MAX_RANK], stride = sizeof(float), offset = 0;
    mote_row_strides(&whole->shape, sizeof(float), strides);
    for (int32_t d = box.rank - 1; d >= 0; d--) {
        box.dims[d] = part->count[d];
        box.source_stride[d] = strides[d] * part->step[d];
        box.target_stride[d] = stride;
        stride *= part->count[d];
        offset += part->count[d] > 0 ? strides[d] * part->begin[d] : 0;
    }
    mote_copy_box(&box, (const char *)whole->data + offset, to);
}

mote_status mote_pass_fold_slices(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        if (!is_part_of_const(graph, node))
            continue;
        mote_tensor *inputs[4], *output = graph->tensors[node->outputs[0]];
        for (int32_t i = 0; i < 4; i++)
            inputs[i] = graph->tensors[node->inputs[i]];
        const mote_op_io io = {node, inputs, &output, 4, 1};
        mote_slice_box part;
        bool known;
        const mote_status status = mote_resolve_strided_slice(&io, &part, &known, err);
        if (status != MOTE_OK)
            return status;
        const int32_t made = node->outputs[0];
        const int32_t constant = mote_graph_add_const(graph, output->name, MOTE_FLOAT32, &part.shape, NULL);
        if (constant < 0)
            return mote_error_no_memory(err);
        copy_part(inputs[0], &part, graph->tensors[constant]->data);
        mote_graph_remove_node(graph, k--);
        mote_graph_replace_uses(graph, made, constant);
    }
    return MOTE_OK;
}
