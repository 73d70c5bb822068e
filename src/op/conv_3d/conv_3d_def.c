#include "op/conv_3d/conv_3d.h"
#include "op/op_infer.h"

mote_status mote_conv_3d_axes(const mote_conv_3d_params *params, const mote_shape *volume, const mote_shape *filter,
                              mote_window_axis axes[MOTE_CONV_3D_AXES], mote_error *err)
{
    const int32_t strides[] = {params->stride_d, params->stride_h, params->stride_w};
    const int32_t dilations[] = {params->dilation_d_factor, params->dilation_h_factor, params->dilation_w_factor};
    mote_status status = MOTE_OK;
    for (int32_t i = 0; i < MOTE_CONV_3D_AXES && status == MOTE_OK; i++)
        status = mote_window_axis_make(&axes[i], volume->dims[1 + i], filter->dims[i], strides[i], dilations[i],
                                       params->padding, err);
    return status;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape, *filter = &io->inputs[1]->shape;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (in->rank != 5 || filter->rank != 5 || in->dims[4] != filter->dims[3])
        return mote_error_set(err, MOTE_SHAPE, "input and filter must have rank 5 and the same channels");
    mote_window_axis axes[MOTE_CONV_3D_AXES];
    status = mote_conv_3d_axes(io->node->params, in, filter, axes, err);
    if (status == MOTE_OK)
        io->outputs[0]->shape = (mote_shape){5, {in->dims[0], axes[0].out, axes[1].out, axes[2].out, filter->dims[4]}};
    return status;
}

static mote_status infer_transposed(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *filter = &io->inputs[1]->shape, *in = &io->inputs[2]->shape;
    io->outputs[0]->dtype = io->inputs[2]->dtype;
    if (mote_infer_is_open(io, 3) || !io->inputs[0]->data) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    mote_shape shape;
    bool known;
    status = mote_infer_read_shape(io->inputs[0], &shape, &known, err);
    if (status != MOTE_OK)
        return status;
    if (in->rank != 5 || filter->rank != 5 || shape.rank != 5 || in->dims[4] != filter->dims[4] ||
        shape.dims[4] != filter->dims[3] || shape.dims[0] != in->dims[0])
        return mote_error_set(err, MOTE_SHAPE, "input, filter and output shape do not fit together");
    mote_window_axis axes[MOTE_CONV_3D_AXES];
    status = mote_conv_3d_axes(io->node->params, &shape, filter, axes, err);
    for (int32_t i = 0; i < MOTE_CONV_3D_AXES && status == MOTE_OK; i++)
        if (axes[i].out != in->dims[1 + i])
            return mote_error_set(err, MOTE_SHAPE, "an output of %d does not come from an input of %d",
                                  shape.dims[1 + i], in->dims[1 + i]);
    io->outputs[0]->shape = shape;
    return status;
}

static const mote_op_field FIELDS[] = {
    {"padding", 0, MOTE_FIELD_ENUM, offsetof(mote_conv_3d_params, padding), 0},
    {"stride_d", 1, MOTE_FIELD_I32, offsetof(mote_conv_3d_params, stride_d), 0},
    {"stride_w", 2, MOTE_FIELD_I32, offsetof(mote_conv_3d_params, stride_w), 0},
    {"stride_h", 3, MOTE_FIELD_I32, offsetof(mote_conv_3d_params, stride_h), 0},
    {"fused_activation_function", 4, MOTE_FIELD_ENUM, offsetof(mote_conv_3d_params, activation), 0},
    {"dilation_d_factor", 5, MOTE_FIELD_I32, offsetof(mote_conv_3d_params, dilation_d_factor), 1},
    {"dilation_w_factor", 6, MOTE_FIELD_I32, offsetof(mote_conv_3d_params, dilation_w_factor), 1},
    {"dilation_h_factor", 7, MOTE_FIELD_I32, offsetof(mote_conv_3d_params, dilation_h_factor), 1},
};

const mote_op_def mote_op_def_conv_3d = {
    .name = "CONV_3D",
    .options_type = 106,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_conv_3d_params),
    .min_inputs = 2,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

const mote_op_def mote_op_def_conv_3d_transpose = {
    .name = "CONV_3D_TRANSPOSE",
    .options_type = 106,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_conv_3d_params),
    .min_inputs = 3,
    .max_inputs = 4,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_transposed,
    .max_version = 1,
};
