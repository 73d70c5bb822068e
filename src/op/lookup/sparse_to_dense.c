/* SPARSE_TO_DENSE: one value everywhere but where the indices say. */
#include "op/lookup/lookup.h"
#include "op/move/copy_nd.h"
#include "op/op_infer.h"

#include <string.h>

enum { INDICES, SHAPE, VALUES, REST };

/* Indices are [n, rank], or for a vector [n] or a single number. */
static mote_status check_indices(const mote_op_io *io, const mote_shape *out, mote_error *err)
{
    const mote_shape *at = &io->inputs[INDICES]->shape;
    const int64_t n_values = mote_shape_count(&io->inputs[VALUES]->shape);
    const int64_t n = at->rank == 0 ? 1 : at->dims[0];
    const int32_t depth = at->rank == 2 ? at->dims[1] : 1;
    if (at->rank > 2 || depth != out->rank || io->inputs[VALUES]->shape.rank > 1 ||
        (io->inputs[VALUES]->shape.rank == 1 && n_values != n))
        return mote_error_set(err, MOTE_SHAPE, "%lld indices of %d numbers and %lld values for an output of rank %d",
                              (long long)n, depth, (long long)n_values, out->rank);
    return MOTE_OK;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 4, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor *out = io->outputs[0];
    out->dtype = io->inputs[VALUES]->dtype;
    bool known;
    mote_shape shape;
    status = mote_infer_read_shape(io->inputs[SHAPE], &shape, &known, err);
    if (status != MOTE_OK)
        return status;
    if (!known || mote_infer_is_open(io, 3)) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    out->shape = shape;
    return check_indices(io, &shape, err);
}

static int32_t version(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[VALUES]->dtype;
    return dtype == MOTE_INT8 || dtype == MOTE_UINT8 ? 3 : dtype == MOTE_INT64 ? 2 : 1;
}

static const mote_op_field FIELDS[] = {
    {"validate_indices", 0, MOTE_FIELD_BOOL, offsetof(mote_sparse_to_dense_params, validate_indices), 0},
};

const mote_op_def mote_op_def_sparse_to_dense = {
    .name = "SPARSE_TO_DENSE",
    .options_type = 50,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_sparse_to_dense_params),
    .min_inputs = 4,
    .max_inputs = 4,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .version = version,
    .max_version = 3,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *values = io->inputs[VALUES], *rest = io->inputs[REST];
    const mote_dtype at = io->inputs[INDICES]->dtype;
    if ((at != MOTE_INT32 && at != MOTE_INT64) || values->dtype != rest->dtype)
        return mote_error_set(err, MOTE_UNSUPPORTED, "indices of %s with values of %s and %s", mote_dtype_name(at),
                              mote_dtype_name(values->dtype), mote_dtype_name(rest->dtype));
    if (mote_shape_count(&rest->shape) != 1)
        return mote_error_set(err, MOTE_SHAPE, "the value elsewhere must be single");
    return mote_need_whole_elements(values, err);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *indices = io->inputs[INDICES], *values = io->inputs[VALUES], *out = io->outputs[0];
    const size_t element = mote_dtype_bytes(out->dtype);
    const int64_t n_elements = mote_shape_count(&out->shape);
    const int64_t n = indices->shape.rank == 0 ? 1 : indices->shape.dims[0];
    for (int64_t i = 0; i < n_elements; i++)
        memcpy((char *)out->data + (size_t)i * element, io->inputs[REST]->data, element);
    for (int64_t i = 0; i < n; i++) {
        int64_t to = 0;
        for (int32_t d = 0; d < out->shape.rank; d++) {
            int64_t at;
            if (!mote_infer_read_int(indices, i * out->shape.rank + d, &at) || at < 0 || at >= out->shape.dims[d])
                return mote_error_set(err, MOTE_ARGUMENT, "an index is outside the %d of dimension %d",
                                      out->shape.dims[d], d);
            to = to * out->shape.dims[d] + at;
        }
        const int64_t from = values->shape.rank == 0 ? 0 : i;
        memcpy((char *)out->data + (size_t)to * element, (const char *)values->data + (size_t)from * element, element);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_sparse_to_dense = {prepare, eval};
