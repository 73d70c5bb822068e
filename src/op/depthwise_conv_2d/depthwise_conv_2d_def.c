#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "op/op_infer.h"

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_depthwise_conv_2d_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape, *filter = &io->inputs[1]->shape;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (in->rank != 4 || filter->rank != 4)
        return mote_error_set(err, MOTE_SHAPE, "input and filter must have rank 4, not %d and %d", in->rank,
                              filter->rank);
    if (filter->dims[0] != 1 || in->dims[3] < 1 || filter->dims[3] % in->dims[3] != 0)
        return mote_error_set(err, MOTE_SHAPE, "%d input channels and a filter of %dx...x%d do not fit", in->dims[3],
                              filter->dims[0], filter->dims[3]);
    mote_window_axis h, w;
    status = mote_conv_window_make(&params->window, in, filter, &h, &w, err);
    if (status == MOTE_OK)
        io->outputs[0]->shape = mote_shape_4d(in->dims[0], h.out, w.out, filter->dims[3]);
    return status;
}

static int32_t version(const mote_op_io *io)
{
    const mote_dtype in = io->inputs[0]->dtype, filter = io->inputs[1]->dtype;
    const mote_depthwise_conv_2d_params *params = io->node->params;
    if (in == MOTE_FLOAT32 && filter == MOTE_INT8)
        return io->inputs[1]->quant.n > 1 ? 6 : 4;
    if (in == MOTE_INT16)
        return 5;
    if (in == MOTE_INT8)
        return 3;
    return params->window.dilation[0] != 1 || params->window.dilation[1] != 1 ? 2 : 1;
}

static const mote_op_field FIELDS[] = {
    {"padding", 0, MOTE_FIELD_ENUM, offsetof(mote_depthwise_conv_2d_params, window.padding), 0},
    {"stride_w", 1, MOTE_FIELD_I32, offsetof(mote_depthwise_conv_2d_params, window.stride[1]), 0},
    {"stride_h", 2, MOTE_FIELD_I32, offsetof(mote_depthwise_conv_2d_params, window.stride[0]), 0},
    {"depth_multiplier", 3, MOTE_FIELD_I32, offsetof(mote_depthwise_conv_2d_params, depth_multiplier), 0},
    {"fused_activation_function", 4, MOTE_FIELD_ENUM, offsetof(mote_depthwise_conv_2d_params, activation), 0},
    {"dilation_w_factor", 5, MOTE_FIELD_I32, offsetof(mote_depthwise_conv_2d_params, window.dilation[1]), 1},
    {"dilation_h_factor", 6, MOTE_FIELD_I32, offsetof(mote_depthwise_conv_2d_params, window.dilation[0]), 1},
};

const mote_op_def mote_op_def_depthwise_conv_2d = {
    .name = "DEPTHWISE_CONV_2D",
    .options_type = 2,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_depthwise_conv_2d_params),
    .min_inputs = 2,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .weights = 1U << 1,
    .infer = infer,
    .version = version,
    .max_version = 7,
};
