#include "op/batch_matmul/batch_matmul.h"
#include "op/op_infer.h"

static mote_status infer_shape(const mote_batch_matmul_params *params, const mote_shape *a, const mote_shape *b,
                               mote_shape *out, mote_error *err)
{
    char ta[MOTE_SHAPE_TEXT_BYTES], tb[MOTE_SHAPE_TEXT_BYTES];
    mote_shape batch_a = *a, batch_b = *b;
    batch_a.rank -= 2;
    batch_b.rank -= 2;
    const bool fits = batch_a.rank >= 0 && batch_b.rank >= 0 &&
                      a->dims[batch_a.rank + !params->adj_x] == b->dims[batch_b.rank + params->adj_y];
    if (!fits || mote_shape_broadcast(&batch_a, &batch_b, out) != MOTE_OK)
        return mote_error_set(err, MOTE_SHAPE, "matrices of %s%s and %s%s do not fit", mote_shape_format(a, ta),
                              params->adj_x ? " (transposed)" : "", mote_shape_format(b, tb),
                              params->adj_y ? " (transposed)" : "");
    out->dims[out->rank++] = a->dims[batch_a.rank + params->adj_x];
    out->dims[out->rank++] = b->dims[batch_b.rank + !params->adj_y];
    return MOTE_OK;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor *out = io->outputs[0];
    if (io->inputs[0]->dtype != MOTE_INT8 || out->dtype != MOTE_INT32) /* sums of codes may be asked for bare */
        out->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    return infer_shape(io->node->params, &io->inputs[0]->shape, &io->inputs[1]->shape, &out->shape, err);
}

static int32_t version(const mote_op_io *io)
{
    const mote_batch_matmul_params *params = io->node->params;
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (dtype == MOTE_FLOAT32 && io->inputs[1]->dtype == MOTE_INT8 && params->asymmetric_quantize_inputs)
        return 4;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

static const mote_op_field FIELDS[] = {
    {"adj_x", 0, MOTE_FIELD_BOOL, offsetof(mote_batch_matmul_params, adj_x), 0},
    {"adj_y", 1, MOTE_FIELD_BOOL, offsetof(mote_batch_matmul_params, adj_y), 0},
    {"asymmetric_quantize_inputs", 2, MOTE_FIELD_BOOL, offsetof(mote_batch_matmul_params, asymmetric_quantize_inputs),
     0},
};

const mote_op_def mote_op_def_batch_matmul = {
    .name = "BATCH_MATMUL",
    .options_type = 101,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_batch_matmul_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .version = version,
    .max_version = 4,
};
