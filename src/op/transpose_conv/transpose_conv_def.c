#include "op/op_infer.h"
#include "op/transpose_conv/transpose_conv.h"

mote_status mote_transpose_conv_window(const mote_transpose_conv_params *params, const mote_shape *out,
                                       const mote_shape *filter, mote_window_axis *h, mote_window_axis *w,
                                       mote_error *err)
{
    const mote_window_spec spec = {
        .filter = {filter->dims[1], filter->dims[2]},
        .stride = {params->stride_h, params->stride_w},
        .dilation = {1, 1},
        .padding = params->padding,
    };
    return mote_window_make(&spec, out, h, w, err);
}

static mote_status infer(const mote_op_io *io, mote_error *err)
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
    if (in->rank != 4 || filter->rank != 4 || shape.rank != 4 || in->dims[3] != filter->dims[3] ||
        shape.dims[3] != filter->dims[0] || shape.dims[0] != in->dims[0])
        return mote_error_set(err, MOTE_SHAPE, "input, filter and output shape do not fit together");
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    const mote_transpose_conv_params *params = io->node->params;
    if (params->quantized_bias_type != MOTE_FLOAT32)
        return 5;
    if (params->activation != MOTE_ACT_NONE)
        return 4;
    if (io->n_inputs == 4 && io->inputs[3])
        return 3;
    return io->inputs[2]->dtype == MOTE_INT8 ? 2 : 1;
}

static const mote_op_field FIELDS[] = {
    {"padding", 0, MOTE_FIELD_ENUM, offsetof(mote_transpose_conv_params, padding), 0},
    {"stride_w", 1, MOTE_FIELD_I32, offsetof(mote_transpose_conv_params, stride_w), 0},
    {"stride_h", 2, MOTE_FIELD_I32, offsetof(mote_transpose_conv_params, stride_h), 0},
    {"fused_activation_function", 3, MOTE_FIELD_ENUM, offsetof(mote_transpose_conv_params, activation), 0},
    {"quantized_bias_type", 4, MOTE_FIELD_ENUM, offsetof(mote_transpose_conv_params, quantized_bias_type), 0},
};

const mote_op_def mote_op_def_transpose_conv = {
    .name = "TRANSPOSE_CONV",
    .options_type = 49,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_transpose_conv_params),
    .min_inputs = 3,
    .max_inputs = 4,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .version = version,
    .max_version = 5,
};
