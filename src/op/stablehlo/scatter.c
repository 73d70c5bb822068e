/*
 * STABLEHLO_SCATTER: the operand with updates combined into it, in their order. An update's dimensions are those of a
 * window (update_window_dims) and those of the indices (all others); what would fall outside is left out.
 */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"
#include "op/stablehlo/combine.h"
#include "op/stablehlo/stablehlo.h"

#include <string.h>

enum { OPERAND, INDICES, UPDATES };

static mote_status check(const mote_op_io *io, mote_error *err)
{
    const mote_stablehlo_scatter_params *params = io->node->params;
    const mote_shape *operand = &io->inputs[OPERAND]->shape, *indices = &io->inputs[INDICES]->shape;
    const mote_shape *updates = &io->inputs[UPDATES]->shape;
    const int64_t vector_dim = params->index_vector_dim;
    if (vector_dim < 0 || vector_dim > indices->rank)
        return mote_error_set(err, MOTE_SHAPE, "index_vector_dim %lld of indices of rank %d", (long long)vector_dim,
                              indices->rank);
    if (!mote_dims_are_distinct(&params->update_window_dims, updates->rank) ||
        !mote_dims_are_distinct(&params->inserted_window_dims, operand->rank) ||
        params->update_window_dims.n + params->inserted_window_dims.n != operand->rank ||
        !mote_dims_are_distinct(&params->scatter_dims_to_operand_dims, operand->rank) ||
        params->scatter_dims_to_operand_dims.n != mote_index_vector_size(indices, vector_dim) ||
        updates->rank != params->update_window_dims.n + indices->rank - (vector_dim < indices->rank ? 1 : 0))
        return mote_error_set(err, MOTE_SHAPE, "its lists of dimensions do not go together");
    int32_t next = 0;
    for (int32_t d = 0; d < updates->rank; d++) {
        if (mote_dims_contain(&params->update_window_dims, d))
            continue;
        next += next == vector_dim ? 1 : 0;
        if (updates->dims[d] != indices->dims[next++])
            return mote_error_set(err, MOTE_SHAPE, "dimension %d of the updates does not fit the indices", d);
    }
    return MOTE_OK;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[OPERAND]->dtype;
    if (io->inputs[UPDATES]->dtype != io->inputs[OPERAND]->dtype)
        return mote_error_set(err, MOTE_SHAPE, "updates of %s for an operand of %s",
                              mote_dtype_name(io->inputs[UPDATES]->dtype), mote_dtype_name(io->inputs[OPERAND]->dtype));
    if (mote_infer_is_open(io, 3)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    io->outputs[0]->shape = io->inputs[OPERAND]->shape;
    return check(io, err);
}

static const mote_op_field FIELDS[] = {
    {"indices_are_sorted", 0, MOTE_FIELD_BOOL, offsetof(mote_stablehlo_scatter_params, indices_are_sorted), 0},
    {"update_window_dims", 1, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_scatter_params, update_window_dims), 0},
    {"inserted_window_dims", 2, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_scatter_params, inserted_window_dims), 0},
    {"scatter_dims_to_operand_dims", 3, MOTE_FIELD_I64_VEC,
     offsetof(mote_stablehlo_scatter_params, scatter_dims_to_operand_dims), 0},
    {"index_vector_dim", 4, MOTE_FIELD_I64, offsetof(mote_stablehlo_scatter_params, index_vector_dim), 0},
    {"unique_indices", 5, MOTE_FIELD_BOOL, offsetof(mote_stablehlo_scatter_params, unique_indices), 0},
    {"update_computation_subgraph_index", 6, MOTE_FIELD_I32,
     offsetof(mote_stablehlo_scatter_params, update_computation_subgraph_index), 0},
};

const mote_op_def mote_op_def_stablehlo_scatter = {
    .name = "STABLEHLO_SCATTER",
    .options2_type = 7,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_stablehlo_scatter_params),
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

typedef struct scatter_state {
    mote_combine_fn *fn; /* NULL: the update takes the element's place */
} scatter_state;

/* A body without operators gives back what it is handed second. */
static mote_status find_fn(const mote_run *run, const mote_op_io *io, mote_combine_fn **fn, mote_error *err)
{
    const mote_stablehlo_scatter_params *params = io->node->params;
    const mote_dtype dtype = io->inputs[OPERAND]->dtype;
    int32_t n_nodes;
    mote_op body;
    mote_combine_kind kind;
    const mote_status status = mote_run_body_op(run, params->update_computation_subgraph_index, &n_nodes, &body, err);
    *fn = NULL;
    if (status != MOTE_OK || n_nodes == 0)
        return status;
    if (n_nodes != 1 || !mote_combine_of_body(body, &kind))
        return mote_error_set(err, MOTE_UNSUPPORTED, "updates by another graph than of one sum, product or extremum");
    *fn = mote_combine_find(kind, dtype);
    return *fn ? MOTE_OK : mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(dtype));
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_dtype dtype = io->inputs[INDICES]->dtype;
    if (dtype != MOTE_INT32 && dtype != MOTE_INT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "indices of %s", mote_dtype_name(dtype));
    scatter_state *s = *state = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    const mote_status status = mote_need_whole_elements(io->inputs[OPERAND], err);
    return status == MOTE_OK ? find_fn(run, io, &s->fn, err) : status;
}

/* The operand's element that an update meets; -1: none. */
static int64_t element_of(const mote_op_io *io, const int64_t *place)
{
    const mote_stablehlo_scatter_params *params = io->node->params;
    const mote_shape *operand = &io->inputs[OPERAND]->shape;
    int64_t batch[MOTE_MAX_RANK], inside[MOTE_MAX_RANK] = {0}, start[MOTE_MAX_RANK] = {0}, stride;
    int32_t n_batch = 0;
    for (int32_t d = 0; d < io->inputs[UPDATES]->shape.rank; d++)
        if (!mote_dims_contain(&params->update_window_dims, d))
            batch[n_batch++] = place[d];
    for (int32_t d = 0, i = 0; d < operand->rank; d++)
        if (!mote_dims_contain(&params->inserted_window_dims, d))
            inside[d] = place[params->update_window_dims.values[i++]];
    const int64_t first = mote_index_vector(&io->inputs[INDICES]->shape, params->index_vector_dim, batch, &stride);
    for (int32_t i = 0; i < params->scatter_dims_to_operand_dims.n; i++)
        start[params->scatter_dims_to_operand_dims.values[i]] = mote_index_at(io->inputs[INDICES], first + i * stride);
    int64_t element = 0;
    for (int32_t d = 0; d < operand->rank; d++) {
        if (start[d] < -inside[d] || start[d] >= operand->dims[d] - inside[d])
            return -1;
        element = element * operand->dims[d] + start[d] + inside[d];
    }
    return element;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)err;
    const scatter_state *s = state;
    const size_t element = mote_dtype_bytes(io->inputs[OPERAND]->dtype);
    const char *update = io->inputs[UPDATES]->data;
    char *out = io->outputs[0]->data;
    int64_t place[MOTE_MAX_RANK] = {0};
    if (io->outputs[0]->n_bytes)
        memcpy(out, io->inputs[OPERAND]->data, io->outputs[0]->n_bytes);
    if (mote_shape_count(&io->inputs[UPDATES]->shape) == 0)
        return MOTE_OK;
    do {
        const int64_t at = element_of(io, place);
        char *to = out + (size_t)(at < 0 ? 0 : at) * element;
        if (at >= 0 && s->fn)
            s->fn(to, update, to, 1);
        else if (at >= 0)
            memcpy(to, update, element);
        update += element;
    } while (mote_next_place(&io->inputs[UPDATES]->shape, place));
    return MOTE_OK;
}

const mote_op_run mote_op_run_stablehlo_scatter = {prepare, eval};
