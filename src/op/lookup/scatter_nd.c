/* SCATTER_ND: zeros, to which slices are added where the indices say. */
#include "op/op_infer.h"
#include "op/op_quant.h"

#include <string.h>

enum { INDICES, UPDATES, SHAPE };

static mote_status check_shapes(const mote_op_io *io, const mote_shape *out, mote_error *err)
{
    const mote_shape *at = &io->inputs[INDICES]->shape, *updates = &io->inputs[UPDATES]->shape;
    const int32_t outer = at->rank - 1, depth = at->rank > 0 ? at->dims[at->rank - 1] : -1;
    bool fits = depth >= 0 && depth <= out->rank && updates->rank == outer + out->rank - depth;
    for (int32_t d = 0; fits && d < updates->rank; d++)
        fits = updates->dims[d] == (d < outer ? at->dims[d] : out->dims[depth + d - outer]);
    if (fits)
        return MOTE_OK;
    char ta[MOTE_SHAPE_TEXT_BYTES], tu[MOTE_SHAPE_TEXT_BYTES], to[MOTE_SHAPE_TEXT_BYTES];
    return mote_error_set(err, MOTE_SHAPE, "indices %s and updates %s do not fit an output of %s",
                          mote_shape_format(at, ta), mote_shape_format(updates, tu), mote_shape_format(out, to));
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor *out = io->outputs[0];
    out->dtype = io->inputs[UPDATES]->dtype;
    bool known;
    mote_shape shape;
    status = mote_infer_read_shape(io->inputs[SHAPE], &shape, &known, err);
    if (status != MOTE_OK)
        return status;
    if (!known || mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    out->shape = shape;
    return check_shapes(io, &shape, err);
}

const mote_op_def mote_op_def_scatter_nd = {
    .name = "SCATTER_ND",
    .options_type = 97,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

typedef void add_fn(void *to, const void *from, int64_t n);

#define ADD(name, T, sum)                                                                                              \
    static void name(void *to, const void *from, int64_t n)                                                            \
    {                                                                                                                  \
        T *a = to;                                                                                                     \
        const T *b = from;                                                                                             \
        for (int64_t i = 0; i < n; i++)                                                                                \
            a[i] = (T)(sum);                                                                                           \
    }

ADD(add_f32, float, a[i] + b[i])
ADD(add_8, uint8_t, a[i] + b[i])
ADD(add_bool, uint8_t, a[i] | b[i])
ADD(add_16, uint16_t, a[i] + b[i])
ADD(add_32, uint32_t, a[i] + b[i])
ADD(add_64, uint64_t, a[i] + b[i])

static add_fn *find(mote_dtype dtype)
{
    switch (dtype) {
    case MOTE_FLOAT32:
        return add_f32;
    case MOTE_BOOL:
        return add_bool;
    case MOTE_INT8:
    case MOTE_UINT8:
        return add_8;
    case MOTE_INT16:
        return add_16;
    case MOTE_INT32:
        return add_32;
    case MOTE_INT64:
        return add_64;
    default:
        return NULL;
    }
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype at = io->inputs[INDICES]->dtype, dtype = io->inputs[UPDATES]->dtype;
    if ((at != MOTE_INT32 && at != MOTE_INT64) || !find(dtype))
        return mote_error_set(err, MOTE_UNSUPPORTED, "indices of %s with updates of %s", mote_dtype_name(at),
                              mote_dtype_name(dtype));
    return MOTE_OK;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *indices = io->inputs[INDICES], *out = io->outputs[0];
    const int32_t depth = indices->shape.dims[indices->shape.rank - 1];
    const int64_t n = mote_shape_span(&indices->shape, 0, indices->shape.rank - 1);
    const int64_t slice = mote_shape_span(&out->shape, depth, out->shape.rank);
    const size_t slice_bytes = (size_t)slice * mote_dtype_bytes(out->dtype);
    add_fn *add = find(out->dtype);
    if (out->n_bytes)
        memset(out->data, 0, out->n_bytes);
    for (int64_t i = 0; i < n; i++) {
        int64_t to = 0;
        for (int32_t d = 0; d < depth; d++) {
            int64_t at;
            if (!mote_infer_read_int(indices, i * depth + d, &at) || at < 0 || at >= out->shape.dims[d])
                return mote_error_set(err, MOTE_ARGUMENT, "an index is outside the %d of dimension %d",
                                      out->shape.dims[d], d);
            to = to * out->shape.dims[d] + at;
        }
        if (slice)
            add((char *)out->data + (size_t)to * slice_bytes,
                (const char *)io->inputs[UPDATES]->data + (size_t)i * slice_bytes, slice);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_scatter_nd = {prepare, eval};
