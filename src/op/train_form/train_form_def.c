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

static mote_status infer_random_augment(const mote_op_io *io, mote_error *err)
{
    const mote_random_augment_params *params = io->node->params;
    if (params->kind != MOTE_AUGMENT_CROP)
        return infer_identity(io, err);
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    io->outputs[0]->shape = io->inputs[1]->shape;
    if (mote_infer_is_open(io, 2))
        return MOTE_OK;
    const mote_shape *image = &io->inputs[0]->shape, *part = &io->inputs[1]->shape;
    if (image->rank != 4 || part->rank != 4 || part->dims[0] != image->dims[0] || part->dims[3] != image->dims[3])
        return mote_error_set(err, MOTE_SHAPE, "a crop of images that is none");
    return MOTE_OK;
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
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_TRAINING,
    .infer = infer_random_augment,
    .max_version = 1,
};
