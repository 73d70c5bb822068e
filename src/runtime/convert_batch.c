#include "runtime/convert_batch.h"

#include "op/join/join.h"
#include "op/slice/slice.h"
#include "op/view/view.h"
#include "pass/pass.h"

enum { OTHER_BATCH = 3 };

/* The output's shape that a transposed convolution is told by a constant; NULL: it is not, or not of this batch. */
static const int32_t *stated_shape(const mote_graph *graph, const mote_node *node, int32_t batch)
{
    if (node->op != MOTE_OP_TRANSPOSE_CONV)
        return NULL;
    const mote_tensor *stated = graph->tensors[node->inputs[0]];
    if (stated->storage != MOTE_STORAGE_CONST || stated->dtype != MOTE_INT32 || stated->n_bytes != 4 * sizeof(int32_t))
        return NULL;
    const int32_t *dims = stated->data;
    return dims[0] == batch ? dims : NULL;
}

/* Others may read the same constant, so each node gets one of its own. */
static mote_status state_batches(mote_graph *graph, int32_t from, int32_t to, mote_error *err)
{
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        mote_node *node = graph->nodes[k];
        const int32_t *stated = stated_shape(graph, node, from);
        if (!stated)
            continue;
        const int32_t dims[] = {to, stated[1], stated[2], stated[3]};
        node->inputs[0] = mote_graph_add_const_i32(graph, graph->tensors[node->inputs[0]]->name, 4, dims);
        if (node->inputs[0] < 0)
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}

/* --- the batch of the input, put into the output's shape: SHAPE, STRIDED_SLICE, PACK, as TensorFlow writes it --- */

static int32_t add_index(mote_graph *graph, const mote_tensor *like, const char *suffix, const mote_shape *shape)
{
    const char *name = mote_arena_printf(graph->arena, "%s/%s", like->name, suffix);
    return name ? mote_graph_add_tensor(graph, name, MOTE_INT32, shape) : -1;
}

static mote_status follow_batch(mote_graph *graph, int32_t at, const int32_t *stated, mote_error *err)
{
    static const int32_t zero = 0, one = 1;
    const mote_shape scalar = {0}, four = {1, {4}};
    mote_node *node = graph->nodes[at];
    const mote_tensor *result = graph->tensors[node->outputs[0]];
    const int32_t shape = add_index(graph, result, "Shape", &four),
                  batch = add_index(graph, result, "strided_slice", &scalar),
                  stack = add_index(graph, result, "stack", &four);
    const int32_t slice[] = {shape, mote_graph_add_const_i32(graph, "begin", 1, &zero),
                             mote_graph_add_const_i32(graph, "end", 1, &one),
                             mote_graph_add_const_i32(graph, "step", 1, &one)};
    int32_t parts[] = {batch, -1, -1, -1};
    for (int32_t i = 1; i < 4; i++)
        parts[i] = mote_graph_add_const(graph, "size", MOTE_INT32, &scalar, &stated[i]);
    for (int32_t i = 0; i < 4; i++)
        if (slice[i] < 0 || parts[i] < 0 || stack < 0)
            return mote_error_no_memory(err);
    mote_node *shapes = mote_graph_insert_node(graph, at, MOTE_OP_SHAPE, 1, &node->inputs[2], 1, &shape);
    mote_node *slices = mote_graph_insert_node(graph, at + 1, MOTE_OP_STRIDED_SLICE, 4, slice, 1, &batch);
    mote_node *packs = mote_graph_insert_node(graph, at + 2, MOTE_OP_PACK, 4, parts, 1, &stack);
    if (!shapes || !slices || !packs)
        return mote_error_no_memory(err);
    ((mote_shape_params *)shapes->params)->out_type = MOTE_INT32;
    ((mote_strided_slice_params *)slices->params)->shrink_axis_mask = 1;
    ((mote_pack_params *)packs->params)->values_count = 4;
    shapes->layer = slices->layer = packs->layer = node->layer;
    node->inputs[0] = stack;
    return MOTE_OK;
}

static mote_status follow_batches(mote_graph *graph, mote_error *err)
{
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const int32_t *stated = stated_shape(graph, graph->nodes[k], OTHER_BATCH);
        const mote_status status = stated ? follow_batch(graph, k, stated, err) : MOTE_OK;
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

/* Sets every input's batch to another, if all leave it open. */
static bool open_inputs(mote_graph *graph)
{
    bool open = graph->n_inputs > 0;
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        mote_tensor *input = graph->tensors[graph->inputs[i]];
        open = open && input->has_signature && input->shape.rank > 0 && input->signature.dims[0] == MOTE_DIM_UNKNOWN;
        if (open)
            input->shape.dims[0] = OTHER_BATCH;
    }
    return open;
}

/* What differs from the shapes before is open. */
static void mark_differences(mote_graph *graph, const mote_shape *before, int32_t n, bool flows)
{
    for (int32_t i = 0; i < n; i++) {
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
}

/* Every activation whose first dimension follows the batch says so: runs each shape inference with a batch of 1 and of
 * another. Output shapes of transposed convolutions, which are constants, go with it. */
static mote_status mark_open_dimensions(mote_graph *graph, mote_error *err)
{
    const int32_t n = graph->n_tensors;
    mote_shape *before = mote_calloc(NULL, (size_t)n, sizeof *before);
    if (!before)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < n; i++)
        before[i] = graph->tensors[i]->shape;
    const bool open = open_inputs(graph);
    mote_status status = open ? state_batches(graph, 1, OTHER_BATCH, err) : MOTE_OK;
    mote_error ignored = {0};
    const bool flows = open && status == MOTE_OK && mote_graph_infer(graph, &ignored) == MOTE_OK;
    mark_differences(graph, before, n, flows);
    mote_free(NULL, before);
    if (status != MOTE_OK || !open)
        return status;
    if (flows)
        return follow_batches(graph, err);
    /* A network that fixes the batch somewhere keeps the batch of 1 everywhere. */
    for (int32_t i = 0; i < graph->n_inputs; i++)
        graph->tensors[graph->inputs[i]]->has_signature = false;
    return state_batches(graph, OTHER_BATCH, 1, err);
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

static mote_status fix_batch(mote_graph *graph, int32_t batch, mote_error *err)
{
    for (int32_t i = 0; i < graph->n_inputs; i++)
        graph->tensors[graph->inputs[i]]->shape.dims[0] = batch;
    mote_status status = state_batches(graph, 1, batch, err);
    if (status == MOTE_OK)
        status = mote_graph_infer(graph, err);
    for (int32_t i = 0; i < graph->n_tensors; i++)
        graph->tensors[i]->has_signature = false;
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "with the model's fixed batch of %d", batch);
}

mote_status mote_convert_batch(mote_model *model, mote_error *err)
{
    mote_graph *graph = model->graphs[0];
    const int32_t batch = stated_batch(graph);
    mote_status status = batch == 0 ? mark_open_dimensions(graph, err) : fix_batch(graph, batch, err);
    if (status == MOTE_OK)
        status = mote_pass_merge_constants(model, graph, err);
    return status == MOTE_OK && mote_graph_compact(model, 0) < 0 ? mote_error_no_memory(err) : status;
}
