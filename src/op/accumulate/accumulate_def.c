#include "op/accumulate/accumulate.h"
#include "op/op_infer.h"

static mote_status infer_cumsum(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    return status == MOTE_OK ? mote_infer_same(io, err) : status;
}

static mote_status infer_add_n(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need_same_dtype(io, io->n_inputs, err);
    if (status != MOTE_OK) {
        return status;
    }
    for (int32_t i = 1; i < io->n_inputs && !mote_infer_is_open(io, io->n_inputs); ++i) {
        if (!mote_shape_equal(&io->inputs[i]->shape, &io->inputs[0]->shape)) {
            return mote_error_set(err, MOTE_SHAPE, "input %d differs in shape from input 0", (int)i);
        }
    }
    return mote_infer_same(io, err);
}

static const mote_op_field cumsum_fields[] = {
    {"exclusive", 0, MOTE_FIELD_BOOL, offsetof(mote_cumsum_params, exclusive), 0},
    {"reverse", 1, MOTE_FIELD_BOOL, offsetof(mote_cumsum_params, reverse), 0},
};

const mote_op_def mote_op_def_cumsum = {
    .name = "CUMSUM",
    .options_type = 102,
    .fields = cumsum_fields,
    .n_fields = 2,
    .params_bytes = sizeof(mote_cumsum_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_cumsum,
    .max_version = 1,
};

const mote_op_def mote_op_def_add_n = {
    .name = "ADD_N",
    .options_type = 82,
    .min_inputs = 1,
    .max_inputs = -1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_ELEMENTWISE,
    .infer = infer_add_n,
    .max_version = 1,
};
