#include "runtime/convert_batch.h"

#include <string.h>

/* Every activation whose first dimension follows the batch says so: runs each shape inference with a batch of 1 and of
 * another, and what differs is open. */
static mote_status mark_open_dimensions(mote_graph *graph, mote_error *err)
{
    enum { OTHER_BATCH = 3 };
    mote_shape *before = mote_calloc(NULL, (size_t)graph->n_tensors, sizeof *before);
    if (!before)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < graph->n_tensors; i++)
        before[i] = graph->tensors[i]->shape;
    bool open = graph->n_inputs > 0;
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        mote_tensor *input = graph->tensors[graph->inputs[i]];
        open = open && input->has_signature && input->shape.rank > 0 && input->signature.dims[0] == MOTE_DIM_UNKNOWN;
        if (open)
            input->shape.dims[0] = OTHER_BATCH;
    }
    mote_error ignored = {0};
    const bool flows = open && mote_graph_infer(graph, &ignored) == MOTE_OK;
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        mote_tensor *tensor = graph->tensors[i];
        const mote_shape other = tensor->shape;
        tensor->shape = before[i];
        if (!flows || tensor->storage == MOTE_STORAGE_CONST || other.rank != before[i].rank)
            continue;
        tensor->signature = before[i];
        tensor->has_signature = true;
        for (int32_t d = 0; d < other.rank; d++)
            if (other.dims[d] != before[i].dims[d])
                tensor->signature.dims[d] = MOTE_DIM_UNKNOWN;
    }
    mote_free(NULL, before);
    /* A network that fixes the batch somewhere keeps the batch of 1 everywhere. */
    for (int32_t i = 0; open && !flows && i < graph->n_inputs; i++)
        graph->tensors[graph->inputs[i]]->has_signature = false;
    return MOTE_OK;
}

/* The batch that every input states; 0: none, or not one. */
static int32_t stated_batch(const mote_graph *graph)
{
    int32_t batch = 0;
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        const mote_tensor *input = graph->tensors[graph->inputs[i]];
        const int32_t own = input->has_signature && input->shape.rank > 0 && input->shape.dims[0] == 1 &&
                                    input->signature.rank == input->shape.rank
                                ? input->signature.dims[0]
                                : 0;
        if (own < 2 || (i > 0 && own != batch))
            return 0;
        batch = own;
    }
    return batch;
}

/* A transposed convolution is told its output's shape. Others may read the same constant, so it gets one of its own. */
static mote_status state_batch(mote_graph *graph, mote_node *node, int32_t batch, mote_error *err)
{
    const mote_tensor *stated = graph->tensors[node->inputs[0]];
    if (stated->storage != MOTE_STORAGE_CONST || stated->dtype != MOTE_INT32 || stated->n_bytes != 4 * sizeof(int32_t))
        return MOTE_OK;
    int32_t dims[4];
    memcpy(dims, stated->data, sizeof dims);
    if (dims[0] != 1)
        return MOTE_OK;
    dims[0] = batch;
    node->inputs[0] = mote_graph_add_const_i32(graph, stated->name, 4, dims);
    return node->inputs[0] < 0 ? mote_error_no_memory(err) : MOTE_OK;
}

static mote_status fix_batch(mote_graph *graph, int32_t batch, mote_error *err)
{
    mote_status status = MOTE_OK;
    for (int32_t i = 0; i < graph->n_inputs; i++)
        graph->tensors[graph->inputs[i]]->shape.dims[0] = batch;
    for (int32_t i = 0; status == MOTE_OK && i < graph->n_nodes; i++)
        if (graph->nodes[i]->op == MOTE_OP_TRANSPOSE_CONV)
            status = state_batch(graph, graph->nodes[i], batch, err);
    if (status == MOTE_OK)
        status = mote_graph_infer(graph, err);
    for (int32_t i = 0; i < graph->n_tensors; i++)
        graph->tensors[i]->has_signature = false;
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "with the model's fixed batch of %d", batch);
}

mote_status mote_convert_batch(mote_model *model, mote_error *err)
{
    const int32_t batch = stated_batch(model->graphs[0]);
    if (batch == 0)
        return mark_open_dimensions(model->graphs[0], err);
    const mote_status status = fix_batch(model->graphs[0], batch, err);
    return status == MOTE_OK && mote_graph_compact(model, 0) < 0 ? mote_error_no_memory(err) : status;
}
