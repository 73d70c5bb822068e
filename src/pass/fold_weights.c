/* What training makes of weights at each step becomes a constant: GRU's kernels and biases gate by gate, the kernel of
 * a dilated transposed convolution with zeros between its elements, those of Einstein sums in another order. */
#include <string.h>

#include "op/move/copy_nd.h"
#include "op/slice/slice.h"
#include "pass/pass.h"

enum { MAX_ELEMENTS = 1 << 26 }; /* of a result: more is left to the runtime, which has a budget */

static bool is_const(const mote_graph *graph, int32_t tensor)
{
    return tensor >= 0 && graph->tensors[tensor]->storage == MOTE_STORAGE_CONST && graph->tensors[tensor]->data &&
           !graph->tensors[tensor]->sparsity;
}

static bool is_made_of_weights(const mote_graph *graph, const mote_node *node)
{
    bool all = (node->op == MOTE_OP_STRIDED_SLICE && node->n_inputs == 4) ||
               ((node->op == MOTE_OP_PAD || node->op == MOTE_OP_RESHAPE || node->op == MOTE_OP_TRANSPOSE) &&
                node->n_inputs == 2);
    for (int32_t i = 0; all && i < node->n_inputs; i++)
        all = is_const(graph, node->inputs[i]);
    return all && graph->tensors[node->inputs[0]]->dtype == MOTE_FLOAT32 &&
           graph->tensors[node->inputs[1]]->dtype == MOTE_INT32 && !mote_graph_is_output(graph, node->outputs[0]);
}

/* Elements of a source, counted by part, to a target from `at` on. */
static void copy_part(const mote_tensor *source, const mote_slice_box *part, const int32_t *at, mote_tensor *target)
{
    mote_box box = {.rank = source->shape.rank, .element_bytes = sizeof(float)};
    int64_t stride = sizeof(float), strides[MOTE_MAX_RANK], from = 0, to = 0;
    mote_row_strides(&source->shape, sizeof(float), strides);
    for (int32_t d = box.rank - 1; d >= 0; d--) {
        const int64_t extent = at ? target->shape.dims[d] : part->count[d];
        box.dims[d] = part->count[d];
        box.source_stride[d] = strides[d] * part->step[d];
        box.target_stride[d] = stride;
        from += part->count[d] > 0 ? strides[d] * part->begin[d] : 0;
        to += at ? stride * at[d] : 0;
        stride *= extent;
    }
    mote_copy_box(&box, (const char *)source->data + from, (char *)target->data + to);
}

static int32_t cut(mote_graph *graph, const mote_op_io *io, mote_error *err)
{
    mote_slice_box part;
    bool known;
    if (mote_resolve_strided_slice(io, &part, &known, err) != MOTE_OK)
        return -1;
    const int32_t made = mote_graph_add_const(graph, io->outputs[0]->name, MOTE_FLOAT32, &part.shape, NULL);
    if (made >= 0)
        copy_part(io->inputs[0], &part, NULL, graph->tensors[made]);
    return made;
}

static int32_t padded(mote_graph *graph, const mote_op_io *io)
{
    const mote_tensor *source = io->inputs[0];
    const int32_t *around = io->inputs[1]->data;
    mote_slice_box all = {.shape = source->shape};
    int32_t at[MOTE_MAX_RANK];
    for (int32_t d = 0; d < source->shape.rank; d++) {
        all.count[d] = source->shape.dims[d];
        all.step[d] = 1;
        at[d] = around[2 * d];
    }
    const int32_t made = mote_graph_add_const(graph, io->outputs[0]->name, MOTE_FLOAT32, &io->outputs[0]->shape, NULL);
    if (made >= 0)
        copy_part(source, &all, at, graph->tensors[made]);
    return made;
}

static int32_t transposed(mote_graph *graph, const mote_op_io *io)
{
    const mote_shape *shape = &io->outputs[0]->shape;
    const int32_t *order = io->inputs[1]->data;
    const int32_t made = mote_graph_add_const(graph, io->outputs[0]->name, MOTE_FLOAT32, shape, NULL);
    if (made < 0)
        return -1;
    mote_box box = {.rank = shape->rank, .element_bytes = sizeof(float)};
    int64_t strides[MOTE_MAX_RANK];
    mote_row_strides(&io->inputs[0]->shape, sizeof(float), strides);
    mote_row_strides(shape, sizeof(float), box.target_stride);
    for (int32_t d = 0; d < box.rank; d++) {
        box.dims[d] = shape->dims[d];
        box.source_stride[d] = strides[order[d] < 0 ? order[d] + box.rank : order[d]];
    }
    mote_copy_box(&box, io->inputs[0]->data, graph->tensors[made]->data);
    return made;
}

static int32_t fold(mote_graph *graph, const mote_op_io *io, mote_error *err)
{
    switch (io->node->op) {
    case MOTE_OP_STRIDED_SLICE:
        return cut(graph, io, err);
    case MOTE_OP_PAD:
        return padded(graph, io);
    case MOTE_OP_TRANSPOSE:
        return transposed(graph, io);
    default: /* RESHAPE */
        return mote_graph_add_const(graph, io->outputs[0]->name, MOTE_FLOAT32, &io->outputs[0]->shape,
                                    io->inputs[0]->data);
    }
}

mote_status mote_pass_fold_weights(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        if (!is_made_of_weights(graph, node))
            continue;
        mote_tensor *inputs[4] = {NULL}, *output = graph->tensors[node->outputs[0]];
        for (int32_t i = 0; i < node->n_inputs; i++)
            inputs[i] = graph->tensors[node->inputs[i]];
        const mote_op_io io = {node, inputs, &output, node->n_inputs, 1};
        mote_status status = mote_op_find(node->op)->infer(&io, err);
        if (status != MOTE_OK)
            return status;
        if (!mote_shape_is_known(&output->shape) || mote_shape_count(&output->shape) > MAX_ELEMENTS)
            continue;
        const int32_t old = node->outputs[0];
        const int32_t made = fold(graph, &io, err);
        if (made < 0)
            return err && err->code != MOTE_OK ? err->code : mote_error_no_memory(err);
        mote_graph_remove_node(graph, k--);
        mote_graph_replace_uses(graph, old, made);
    }
    return MOTE_OK;
}
