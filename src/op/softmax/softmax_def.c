#include "op/op_infer.h"
#include "op/softmax/softmax.h"

static int32_t version_softmax(const mote_op_io *io)
{
    switch (io->inputs[0]->dtype) {
    case MOTE_FLOAT16:
        return 4;
    case MOTE_INT16:
        return 3;
    case MOTE_INT8:
        return 2;
    default:
        return 1;
    }
}

static int32_t version_log_softmax(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_INT8 ? 2 : 1;
}

static mote_status infer_log_softmax(const mote_op_io *io, mote_error *err)
{
    return mote_infer_same(io, err);
}

/* int8 may be answered in int16: the file's output type stays. */
static mote_status infer_softmax(const mote_op_io *io, mote_error *err)
{
    const mote_dtype stated = io->n_outputs > 0 && io->outputs[0] != NULL ? io->outputs[0]->dtype : MOTE_FLOAT32;
    const mote_status status = mote_infer_same(io, err);
    if (status == MOTE_OK && io->inputs[0]->dtype != MOTE_FLOAT32 && stated == MOTE_INT16) {
        io->outputs[0]->dtype = MOTE_INT16;
    }
    return status;
}

static const mote_op_field softmax_fields[] = {
    {"beta", 0, MOTE_FIELD_F32, offsetof(mote_softmax_params, beta), 0},
};

const mote_op_def mote_op_def_softmax = {
    .name = "SOFTMAX",
    .options_type = 9,
    .fields = softmax_fields,
    .n_fields = 1,
    .params_bytes = sizeof(mote_softmax_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_softmax,
    .version = version_softmax,
    .max_version = 4,
};

const mote_op_def mote_op_def_log_softmax = {
    .name = "LOG_SOFTMAX",
    .options_type = 36,
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_log_softmax,
    .version = version_log_softmax,
    .max_version = 2,
};
