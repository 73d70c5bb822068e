/* WHERE: the places of a tensor's elements that are not zero, a row of indices each. */
#include "op/op_infer.h"

/* Whether element i is not zero; -1: not of a type that WHERE knows. */
static int32_t is_set(const mote_tensor *tensor, int64_t i)
{
    switch (tensor->dtype) {
    case MOTE_BOOL:
    case MOTE_INT8:
    case MOTE_UINT8:
        return ((const uint8_t *)tensor->data)[i] != 0;
    case MOTE_INT32:
    case MOTE_UINT32:
        return ((const uint32_t *)tensor->data)[i] != 0;
    case MOTE_INT64:
        return ((const uint64_t *)tensor->data)[i] != 0;
    case MOTE_FLOAT32:
        return ((const float *)tensor->data)[i] != 0.0F;
    default:
        return -1;
    }
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *in = io->inputs[0];
    mote_tensor *out = io->outputs[0];
    out->dtype = MOTE_INT64;
    const int64_t n = mote_shape_count(&in->shape);
    if (n < 0 || (n > 0 && (!in->data || is_set(in, 0) < 0))) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    int64_t n_set = 0;
    for (int64_t i = 0; i < n; i++)
        n_set += is_set(in, i);
    if (n_set > INT32_MAX)
        return mote_error_set(err, MOTE_LIMIT, "more than 2^31 elements");
    out->shape = (mote_shape){2, {(int32_t)n_set, in->shape.rank}};
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_BOOL ? 1 : 2;
}

const mote_op_def mote_op_def_where = {
    .name = "WHERE",
    .options_type = 85,
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .version = version,
    .max_version = 2,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *in = io->inputs[0];
    switch (in->dtype) {
    case MOTE_BOOL:
    case MOTE_INT8:
    case MOTE_UINT8:
    case MOTE_INT32:
    case MOTE_UINT32:
    case MOTE_INT64:
    case MOTE_FLOAT32:
        return in->shape.rank > 0 ? MOTE_OK : mote_error_set(err, MOTE_UNSUPPORTED, "a scalar");
    default:
        return mote_error_set(err, MOTE_UNSUPPORTED, "a condition of %s", mote_dtype_name(in->dtype));
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_tensor *in = io->inputs[0];
    const int32_t rank = in->shape.rank;
    const int64_t n = mote_shape_count(&in->shape);
    int64_t *out = io->outputs[0]->data;
    for (int64_t i = 0; i < n; i++) {
        if (!is_set(in, i))
            continue;
        int64_t rest = i;
        for (int32_t d = rank - 1; d >= 0; d--) {
            out[d] = rest % in->shape.dims[d];
            rest /= in->shape.dims[d];
        }
        out += rank;
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_where = {prepare, eval};
