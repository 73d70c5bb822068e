/* The rules that every room relies on after the door: indices, order, arity, constants, quantization. */
#include <mote/graph.h>

#include <math.h>
#include <string.h>

#include "graph/graph_tables.h"

static mote_status check_indices(const mote_graph *graph, const int32_t *tensors, int32_t n, bool optional,
                                 const char *what, mote_error *err)
{
    for (int32_t i = 0; i < n; i++) {
        if (optional && tensors[i] == MOTE_NO_TENSOR)
            continue;
        if (tensors[i] < 0 || tensors[i] >= graph->n_tensors)
            return mote_error_set(err, MOTE_FORMAT, "%s %d names tensor %d of %d", what, i, tensors[i],
                                  graph->n_tensors);
    }
    return MOTE_OK;
}

static mote_status check_quant(const mote_tensor *tensor, mote_error *err)
{
    const mote_quant *quant = &tensor->quant;
    const bool is_constant = tensor->storage == MOTE_STORAGE_CONST; /* weights that are all 0 may have the scale 0 */
    if (quant->n < 0 || (quant->n > 0 && (!quant->scale || !quant->zero_point)))
        return mote_error_set(err, MOTE_FORMAT, "its quantization has no values");
    if (quant->block_size < 0 ||
        (quant->block_size > 0 && (!quant->block_scale || tensor->shape.rank < 1 ||
                                   tensor->shape.dims[tensor->shape.rank - 1] % quant->block_size)))
        return mote_error_set(err, MOTE_FORMAT, "its quantized blocks of %d do not fill it", quant->block_size);
    if (quant->n > 1) {
        if (quant->axis < 0 || quant->axis >= tensor->shape.rank)
            return mote_error_set(err, MOTE_FORMAT, "its quantized dimension %d is outside its rank %d", quant->axis,
                                  tensor->shape.rank);
        if (tensor->shape.dims[quant->axis] != quant->n)
            return mote_error_set(err, MOTE_FORMAT, "%d scales for %d slices of dimension %d", quant->n,
                                  tensor->shape.dims[quant->axis], quant->axis);
    }
    for (int32_t i = 0; i < quant->n; i++)
        if (!isfinite(quant->scale[i]) || quant->scale[i] < 0 || (quant->scale[i] == 0 && !is_constant))
            return mote_error_set(err, MOTE_FORMAT, "its scale %d is %g; scales are positive numbers", i,
                                  (double)quant->scale[i]);
    return MOTE_OK;
}

static mote_status check_tensor(const mote_tensor *tensor, mote_error *err)
{
    if ((unsigned)tensor->dtype >= MOTE_DTYPE_COUNT)
        return mote_error_set(err, MOTE_FORMAT, "its type %d is unknown", (int)tensor->dtype);
    if (tensor->shape.rank > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_UNSUPPORTED, "rank %d, more than %d", tensor->shape.rank, MOTE_MAX_RANK);
    size_t needed;
    if (tensor->storage == MOTE_STORAGE_CONST && !tensor->sparsity && mote_dtype_bits(tensor->dtype) > 0) {
        if (!mote_tensor_needed_bytes(tensor, &needed))
            return mote_error_set(err, MOTE_FORMAT, "a constant of unknown or overflowing shape");
        if (!tensor->data || tensor->n_bytes != needed)
            return mote_error_set(err, MOTE_FORMAT, "its constant holds %zu bytes, its shape and type need %zu",
                                  tensor->data ? tensor->n_bytes : 0, needed);
    }
    return check_quant(tensor, err);
}

static mote_status check_arity(const mote_node *node, mote_error *err)
{
    const mote_op_traits traits = mote_graph_op_traits(node->op);
    if (!traits.found)
        return MOTE_OK; /* kept for inspect; refused where it would run or be written */
    if (node->n_inputs < traits.min_inputs || (traits.max_inputs >= 0 && node->n_inputs > traits.max_inputs))
        return mote_error_set(err, MOTE_FORMAT, "%d inputs, needs %d to %d", node->n_inputs, traits.min_inputs,
                              traits.max_inputs);
    if (node->n_outputs < traits.min_outputs || (traits.max_outputs >= 0 && node->n_outputs > traits.max_outputs))
        return mote_error_set(err, MOTE_FORMAT, "%d outputs, needs %d to %d", node->n_outputs, traits.min_outputs,
                              traits.max_outputs);
    const int32_t n_needed = traits.may_omit ? 0 : traits.max_inputs < 0 ? node->n_inputs : traits.min_inputs;
    for (int32_t i = 0; i < n_needed; i++)
        if (node->inputs[i] == MOTE_NO_TENSOR)
            return mote_error_set(err, MOTE_FORMAT, "input %d is left out, and it is needed", i);
    return MOTE_OK;
}

/* state[t]: 0 nothing yet, 1 has a value before the first node, 2 made by a node */
static mote_status check_node(const mote_graph *graph, const mote_node *node, unsigned char *state, mote_error *err)
{
    mote_status status = check_arity(node, err);
    if (status == MOTE_OK)
        status = check_indices(graph, node->inputs, node->n_inputs, true, "input", err);
    if (status == MOTE_OK)
        status = check_indices(graph, node->outputs, node->n_outputs, false, "output", err);
    if (status == MOTE_OK)
        status = check_indices(graph, node->intermediates, node->n_intermediates, true, "intermediate", err);
    for (int32_t i = 0; status == MOTE_OK && i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && state[node->inputs[i]] == 0)
            status = mote_error_set(err, MOTE_FORMAT, "input %d (tensor %d '%s') has no value at this point", i,
                                    node->inputs[i], graph->tensors[node->inputs[i]]->name);
    for (int32_t i = 0; status == MOTE_OK && i < node->n_outputs; i++) {
        const int32_t t = node->outputs[i];
        if (state[t] == 2 || mote_graph_is_input(graph, t) || graph->tensors[t]->storage == MOTE_STORAGE_CONST)
            status = mote_error_set(err, MOTE_FORMAT, "output %d (tensor %d '%s') already has a value", i, t,
                                    graph->tensors[t]->name);
        state[t] = 2;
    }
    return status;
}

static mote_status check_nodes(const mote_graph *graph, unsigned char *state, mote_error *err)
{
    for (int32_t i = 0; i < graph->n_inputs; i++)
        state[graph->inputs[i]] = 1;
    for (int32_t i = 0; i < graph->n_tensors; i++)
        if (graph->tensors[i]->storage != MOTE_STORAGE_ACTIVATION)
            state[i] = 1;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const mote_status status = check_node(graph, graph->nodes[i], state, err);
        if (status != MOTE_OK) {
            const char *name = mote_op_name(graph->nodes[i]->op);
            return mote_error_prefix(err, status, "operator %d (%s)", i, name ? name : "unknown");
        }
    }
    for (int32_t i = 0; i < graph->n_outputs; i++)
        if (state[graph->outputs[i]] == 0)
            return mote_error_set(err, MOTE_FORMAT, "output %d (tensor %d) is made by no operator", i,
                                  graph->outputs[i]);
    return MOTE_OK;
}

static mote_status verify_graph(const mote_graph *graph, mote_error *err)
{
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        const mote_status status = check_tensor(graph->tensors[i], err);
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "tensor %d '%s'", i, graph->tensors[i]->name);
    }
    mote_status status = check_indices(graph, graph->inputs, graph->n_inputs, false, "graph input", err);
    if (status == MOTE_OK)
        status = check_indices(graph, graph->outputs, graph->n_outputs, false, "graph output", err);
    if (status != MOTE_OK)
        return status;
    unsigned char *state = mote_calloc(NULL, (size_t)graph->n_tensors, 1);
    if (!state)
        return mote_error_no_memory(err);
    status = check_nodes(graph, state, err);
    mote_free(NULL, state);
    return status;
}

static mote_status verify_args(const mote_model *model, const mote_signature *signature, const mote_signature_arg *args,
                               int32_t n, mote_error *err)
{
    for (int32_t i = 0; i < n; i++)
        if (args[i].tensor < 0 || args[i].tensor >= model->graphs[signature->graph]->n_tensors)
            return mote_error_set(err, MOTE_FORMAT, "signature '%s': '%s' names tensor %d", signature->key,
                                  args[i].name, args[i].tensor);
    return MOTE_OK;
}

mote_status mote_model_verify(const mote_model *model, mote_error *err)
{
    for (int32_t i = 0; i < model->n_graphs; i++) {
        const mote_status status = verify_graph(model->graphs[i], err);
        if (status != MOTE_OK)
            return model->n_graphs > 1 ? mote_error_prefix(err, status, "graph %d", i) : status;
    }
    for (int32_t i = 0; i < model->n_signatures; i++) {
        const mote_signature *signature = &model->signatures[i];
        if (signature->graph < 0 || signature->graph >= model->n_graphs)
            return mote_error_set(err, MOTE_FORMAT, "signature '%s' names graph %d of %d", signature->key,
                                  signature->graph, model->n_graphs);
        mote_status status = verify_args(model, signature, signature->inputs, signature->n_inputs, err);
        if (status == MOTE_OK)
            status = verify_args(model, signature, signature->outputs, signature->n_outputs, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}
