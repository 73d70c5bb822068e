#include "op/gather/gather.h"
#include "op/move/copy_nd.h"
#include "op/strings/strings.h"

#include <string.h>

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype at = io->inputs[1]->dtype;
    if (at != MOTE_INT32 && at != MOTE_INT64 && at != MOTE_INT16)
        return mote_error_set(err, MOTE_UNSUPPORTED, "indices of %s", mote_dtype_name(at));
    if (io->inputs[0]->dtype != MOTE_STRING)
        return mote_need_whole_elements(io->inputs[0], err);
    const mote_gather_params *params = io->node->params;
    return io->inputs[0]->shape.rank == 1 && params->batch_dims == 0
               ? MOTE_OK
               : mote_error_set(err, MOTE_UNSUPPORTED, "strings of more than one dimension");
}

static mote_status gather_strings(mote_run *run, const mote_op_io *io, mote_error *err)
{
    mote_strings from;
    mote_strings_writer to = {0};
    mote_status status = mote_strings_open(io->inputs[0], &from, err);
    const int64_t n = mote_shape_count(&io->inputs[1]->shape);
    size_t n_characters = 0;
    for (int64_t i = 0; i < n && status == MOTE_OK; i++) {
        const int64_t at = mote_index_at(io->inputs[1], i);
        if (at < 0 || at >= from.n)
            return mote_error_set(err, MOTE_ARGUMENT, "index %lld is outside the %lld strings", (long long)at,
                                  (long long)from.n);
        n_characters += mote_strings_get(&from, at).n;
    }
    if (status == MOTE_OK)
        status = mote_strings_begin(run, io, 0, n, n_characters, &to, err);
    for (int64_t i = 0; i < n && status == MOTE_OK; i++)
        mote_strings_add(&to, mote_strings_get(&from, mote_index_at(io->inputs[1], i)));
    return status;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_gather_params *params = io->node->params;
    if (io->inputs[0]->dtype == MOTE_STRING)
        return gather_strings(run, io, err);
    const mote_tensor *in = io->inputs[0], *indices = io->inputs[1];
    const int32_t axis = params->axis < 0 ? params->axis + in->shape.rank : params->axis;
    const int32_t batch_dims = params->batch_dims < 0 ? params->batch_dims + indices->shape.rank : params->batch_dims;
    const int64_t batch = mote_shape_span(&in->shape, 0, batch_dims);
    const int64_t outer = mote_shape_span(&in->shape, batch_dims, axis), size = in->shape.dims[axis];
    const int64_t inner = mote_shape_span(&in->shape, axis + 1, in->shape.rank);
    const int64_t n = mote_shape_span(&indices->shape, batch_dims, indices->shape.rank);
    const size_t piece = (size_t)inner * mote_dtype_bytes(in->dtype);
    char *out = io->outputs[0]->data;
    for (int64_t b = 0; b < batch; b++)
        for (int64_t o = 0; o < outer; o++)
            for (int64_t i = 0; i < n; i++, out += piece) {
                const int64_t at = mote_index_at(indices, b * n + i);
                if (at < 0 || at >= size)
                    return mote_error_set(err, MOTE_ARGUMENT, "index %lld is outside the %lld of dimension %d",
                                          (long long)at, (long long)size, axis);
                if (piece)
                    memcpy(out, (const char *)in->data + (size_t)((b * outer + o) * size + at) * piece, piece);
            }
    return MOTE_OK;
}

const mote_op_run mote_op_run_gather = {prepare, eval};
