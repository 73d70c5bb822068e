/*
 * Before the first node is planned, constants become what operators read: sparse ones are written out, weights packed
 * into less than a byte become int8, and so do weights that old files call uint8.
 */
#include "op/densify/densify.h"
#include "op/quantize/quantize_loops.h"
#include "runtime/interpreter.h"

static mote_status write_out_sparse(rt_plan *plan, mote_error *err)
{
    for (int32_t i = 0; i < plan->graph->n_tensors; i++) {
        mote_tensor *tensor = &plan->tensors[i];
        if (!tensor->sparsity || tensor->storage != MOTE_STORAGE_CONST || plan->uses[i] == 0)
            continue;
        size_t n_bytes;
        mote_status status = mote_tensor_needed_bytes(tensor, &n_bytes)
                                 ? rt_heap_reserve(plan, i, n_bytes, err)
                                 : mote_error_set(err, MOTE_LIMIT, "sparse tensor '%s' is too large", tensor->name);
        if (status == MOTE_OK)
            status = mote_densify(tensor, plan->slots[i].heap, err);
        if (status != MOTE_OK)
            return status;
        tensor->data = plan->slots[i].heap;
        tensor->n_bytes = n_bytes;
        tensor->sparsity = NULL;
    }
    return MOTE_OK;
}

static mote_status unpack(rt_plan *plan, mote_tensor *tensor, mote_error *err)
{
    const int32_t index = rt_tensor_index(plan, tensor);
    const int64_t n = mote_shape_count(&tensor->shape);
    const mote_status status = rt_heap_reserve(plan, index, (size_t)n, err);
    if (status != MOTE_OK)
        return status;
    int8_t *codes = plan->slots[index].heap;
    for (int64_t i = 0; i < n; i++)
        codes[i] = (int8_t)mote_unpack_code(tensor->data, tensor->dtype, i);
    tensor->dtype = MOTE_INT8;
    tensor->data = codes;
    tensor->n_bytes = (size_t)n;
    return MOTE_OK;
}

/* Converters of before 2019 wrote int8 codes around zero under the name of uint8. */
static bool is_misnamed(const rt_node *node, const mote_tensor *weights)
{
    return weights->dtype == MOTE_UINT8 && node->io.inputs[0] && node->io.inputs[0]->dtype == MOTE_FLOAT32;
}

static mote_status make_int8(rt_plan *plan, const rt_node *node, mote_error *err)
{
    for (int32_t i = 0; i < node->io.n_inputs && i < 64; i++) {
        mote_tensor *weights = node->io.inputs[i];
        if (!(node->def->weights >> i & 1) || !weights || weights->storage != MOTE_STORAGE_CONST || !weights->data)
            continue;
        mote_status status = MOTE_OK;
        if (weights->dtype == MOTE_INT4 || weights->dtype == MOTE_INT2)
            status = unpack(plan, weights, err);
        else if (is_misnamed(node, weights))
            weights->dtype = MOTE_INT8;
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

mote_status rt_plan_constants(rt_plan *plan, mote_error *err)
{
    mote_status status = write_out_sparse(plan, err);
    for (int32_t k = 0; k < plan->graph->n_nodes && status == MOTE_OK; k++)
        status = make_int8(plan, &plan->nodes[k], err);
    return status;
}
