#include "op/move/copy_nd.h"

#include <string.h>

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype at = io->inputs[1]->dtype;
    if (at != MOTE_INT32 && at != MOTE_INT64 && at != MOTE_INT16)
        return mote_error_set(err, MOTE_UNSUPPORTED, "indices of %s", mote_dtype_name(at));
    return mote_need_whole_elements(io->inputs[0], err);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *in = io->inputs[0], *indices = io->inputs[1];
    const int32_t depth = indices->shape.dims[indices->shape.rank - 1];
    const int64_t n = mote_shape_span(&indices->shape, 0, indices->shape.rank - 1);
    const size_t piece = (size_t)mote_shape_span(&in->shape, depth, in->shape.rank) * mote_dtype_bytes(in->dtype);
    char *out = io->outputs[0]->data;
    for (int64_t i = 0; i < n; i++, out += piece) {
        int64_t from = 0;
        for (int32_t d = 0; d < depth; d++) {
            const int64_t at = mote_index_at(indices, i * depth + d);
            if (at < 0 || at >= in->shape.dims[d])
                return mote_error_set(err, MOTE_ARGUMENT, "index %lld is outside the %d of dimension %d", (long long)at,
                                      in->shape.dims[d], d);
            from = from * in->shape.dims[d] + at;
        }
        if (piece)
            memcpy(out, (const char *)in->data + (size_t)from * piece, piece);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_gather_nd = {prepare, eval};
