#include "op/normalize/normalize.h"
#include "op/op_infer.h"

static int32_t version_l2(const mote_op_io *io)
{
    return io->outputs[0]->dtype == MOTE_INT8 ? 2 : 1;
}

typedef mote_local_response_normalization_params lrn_params;

static const mote_op_field l2_fields[] = {
    {"fused_activation_function", 0, MOTE_FIELD_ENUM, offsetof(mote_l2_normalization_params, fused_activation_function),
     0},
};
static const mote_op_field lrn_fields[] = {
    {"radius", 0, MOTE_FIELD_I32, offsetof(lrn_params, radius), 0},
    {"bias", 1, MOTE_FIELD_F32, offsetof(lrn_params, bias), 0},
    {"alpha", 2, MOTE_FIELD_F32, offsetof(lrn_params, alpha), 0},
    {"beta", 3, MOTE_FIELD_F32, offsetof(lrn_params, beta), 0},
};

const mote_op_def mote_op_def_l2_normalization = {
    .name = "L2_NORMALIZATION",
    .options_type = 12,
    .fields = l2_fields,
    .n_fields = 1,
    .params_bytes = sizeof(mote_l2_normalization_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = mote_infer_same,
    .version = version_l2,
    .max_version = 2,
};

const mote_op_def mote_op_def_local_response_normalization = {
    .name = "LOCAL_RESPONSE_NORMALIZATION",
    .options_type = 13,
    .fields = lrn_fields,
    .n_fields = 4,
    .params_bytes = sizeof(lrn_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = mote_infer_same,
    .max_version = 1,
};
