#include "op/op_infer.h"
#include "op/train_form/train_form.h"

static mote_status infer_batch_norm(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 5, err);
    if (status != MOTE_OK)
        return status;
    const mote_batch_norm_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape;
    if (!mote_infer_is_open(io, 1)) {
        if (params->axis < 0 || params->axis >= in->rank)
            return mote_error_set(err, MOTE_SHAPE, "axis %d is outside rank %d", params->axis, in->rank);
        for (int32_t i = 1; i < 5; i++)
            if (mote_shape_count(&io->inputs[i]->shape) != in->dims[params->axis])
                return mote_error_set(err, MOTE_SHAPE, "input %d must have %d values", i, in->dims[params->axis]);
    }
    return mote_infer_same(io, err);
}

static mote_status infer_identity(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    return status == MOTE_OK ? mote_infer_same(io, err) : status;
}

const mote_op_def mote_op_def_batch_norm = {
    .name = "BATCH_NORM",
    .params_bytes = sizeof(mote_batch_norm_params),
    .min_inputs = 5,
    .max_inputs = 5,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_TRAINING | MOTE_OP_ELEMENTWISE,
    .infer = infer_batch_norm,
    .max_version = 1,
};

const mote_op_def mote_op_def_dropout = {
    .name = "DROPOUT",
    .params_bytes = sizeof(mote_dropout_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_TRAINING | MOTE_OP_ELEMENTWISE,
    .infer = infer_identity,
    .max_version = 1,
};

const mote_op_def mote_op_def_random_augment = {
    .name = "RANDOM_AUGMENT",
    .params_bytes = sizeof(mote_random_augment_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_TRAINING,
    .infer = infer_identity,
    .max_version = 1,
};
