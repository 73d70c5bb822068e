/*
 * STABLEHLO_GATHER: slices of the operand, each begun where a vector of indices says and moved so that it lies inside.
 * The output's dimensions are those of a slice (offset_dims) and those of the indices (all others).
 */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"
#include "op/stablehlo/stablehlo.h"

#include <string.h>

enum { OPERAND, INDICES };

static mote_status check(const mote_op_io *io, int32_t rank, mote_error *err)
{
    const mote_stablehlo_gather_params *params = io->node->params;
    const mote_shape *operand = &io->inputs[OPERAND]->shape, *indices = &io->inputs[INDICES]->shape;
    const mote_i64_vec *sizes = &params->slice_sizes, *gone = &params->collapsed_slice_dims;
    if (params->index_vector_dim < 0 || params->index_vector_dim > indices->rank || sizes->n != operand->rank ||
        rank > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "its options do not fit an operand of rank %d and indices of rank %d",
                              operand->rank, indices->rank);
    if (!mote_dims_are_distinct(gone, operand->rank) || !mote_dims_are_distinct(&params->offset_dims, rank) ||
        params->offset_dims.n + gone->n != operand->rank ||
        !mote_dims_are_distinct(&params->start_index_map, operand->rank) ||
        params->start_index_map.n != mote_index_vector_size(indices, params->index_vector_dim))
        return mote_error_set(err, MOTE_SHAPE, "its lists of dimensions do not go together");
    for (int32_t d = 0; d < operand->rank; d++)
        if (sizes->values[d] < 0 || sizes->values[d] > operand->dims[d] ||
            (sizes->values[d] != 1 && mote_dims_contain(gone, d)))
            return mote_error_set(err, MOTE_SHAPE, "a slice of %lld in dimension %d", (long long)sizes->values[d], d);
    return MOTE_OK;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_stablehlo_gather_params *params = io->node->params;
    const mote_shape *indices = &io->inputs[INDICES]->shape;
    mote_tensor *out = io->outputs[0];
    out->dtype = io->inputs[OPERAND]->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    const int32_t n_batch = indices->rank - (params->index_vector_dim < indices->rank ? 1 : 0);
    mote_shape shape = {.rank = n_batch + params->offset_dims.n};
    status = check(io, shape.rank, err);
    if (status != MOTE_OK)
        return status;
    int32_t next_slice = 0, next_index = 0;
    for (int32_t d = 0; d < shape.rank; d++) {
        if (mote_dims_contain(&params->offset_dims, d)) {
            while (mote_dims_contain(&params->collapsed_slice_dims, next_slice))
                next_slice++;
            shape.dims[d] = (int32_t)params->slice_sizes.values[next_slice++];
        } else {
            next_index += next_index == params->index_vector_dim ? 1 : 0;
            shape.dims[d] = indices->dims[next_index++];
        }
    }
    out->shape = shape;
    return MOTE_OK;
}

static const mote_op_field FIELDS[] = {
    {"offset_dims", 0, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_gather_params, offset_dims), 0},
    {"collapsed_slice_dims", 1, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_gather_params, collapsed_slice_dims), 0},
    {"start_index_map", 2, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_gather_params, start_index_map), 0},
    {"index_vector_dim", 3, MOTE_FIELD_I64, offsetof(mote_stablehlo_gather_params, index_vector_dim), 0},
    {"slice_sizes", 4, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_gather_params, slice_sizes), 0},
    {"indices_are_sorted", 5, MOTE_FIELD_BOOL, offsetof(mote_stablehlo_gather_params, indices_are_sorted), 0},
};

const mote_op_def mote_op_def_stablehlo_gather = {
    .name = "STABLEHLO_GATHER",
    .options2_type = 16,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_stablehlo_gather_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype dtype = io->inputs[INDICES]->dtype;
    if (dtype != MOTE_INT32 && dtype != MOTE_INT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "indices of %s", mote_dtype_name(dtype));
    return mote_need_whole_elements(io->inputs[OPERAND], err);
}

/* The operand's element that goes to a place of the output. */
static int64_t element_of(const mote_op_io *io, const int64_t *place)
{
    const mote_stablehlo_gather_params *params = io->node->params;
    const mote_shape *operand = &io->inputs[OPERAND]->shape;
    int64_t batch[MOTE_MAX_RANK], inside[MOTE_MAX_RANK] = {0}, start[MOTE_MAX_RANK] = {0}, stride;
    int32_t n_batch = 0, slice = 0;
    for (int32_t d = 0; d < io->outputs[0]->shape.rank; d++) {
        if (!mote_dims_contain(&params->offset_dims, d)) {
            batch[n_batch++] = place[d];
            continue;
        }
        while (mote_dims_contain(&params->collapsed_slice_dims, slice))
            slice++;
        inside[slice++] = place[d];
    }
    const int64_t first = mote_index_vector(&io->inputs[INDICES]->shape, params->index_vector_dim, batch, &stride);
    for (int32_t i = 0; i < params->start_index_map.n; i++)
        start[params->start_index_map.values[i]] = mote_index_at(io->inputs[INDICES], first + i * stride);
    int64_t element = 0;
    for (int32_t d = 0; d < operand->rank; d++) {
        const int64_t most = operand->dims[d] - params->slice_sizes.values[d];
        const int64_t at = start[d] > most ? most : start[d] < 0 ? 0 : start[d];
        element = element * operand->dims[d] + at + inside[d];
    }
    return element;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const size_t element = mote_dtype_bytes(io->inputs[OPERAND]->dtype);
    const char *from = io->inputs[OPERAND]->data;
    char *out = io->outputs[0]->data;
    int64_t place[MOTE_MAX_RANK] = {0};
    if (mote_shape_count(&io->outputs[0]->shape) == 0)
        return MOTE_OK;
    do {
        memcpy(out, from + (size_t)element_of(io, place) * element, element);
        out += element;
    } while (mote_next_place(&io->outputs[0]->shape, place));
    return MOTE_OK;
}

const mote_op_run mote_op_run_stablehlo_gather = {prepare, eval};
