/* MediaPipe's custom operators. Their options are C structs of 32-bit fields, in the order of TensorFlow Lite's own. */
#include "op/average_pool_2d/pool_2d.h"
#include "op/conv_2d/conv_2d.h"
#include "op/op_infer.h"
#include "op/transpose_conv/transpose_conv.h"

/* Little-endian field `index` of the options; 0 where they end before it. */
static int32_t option_at(const uint8_t *options, size_t n_bytes, size_t index)
{
    if (n_bytes / 4 <= index)
        return 0;
    uint32_t bits = 0;
    for (int i = 3; i >= 0; i--)
        bits = bits << 8 | options[4 * index + (size_t)i];
    return (int32_t)bits;
}

/* TfLitePadding (1 same, 2 valid) as mote_padding. */
static int32_t padding_of(int32_t padding)
{
    return padding == 1 ? MOTE_PADDING_SAME : MOTE_PADDING_VALID;
}

/* TfLitePoolParams: padding, stride's width and height, filter's width and height, activation. */
static void read_pool(const uint8_t *options, size_t n, void *params)
{
    *(mote_pool_2d_params *)params = (mote_pool_2d_params){
        .padding = padding_of(option_at(options, n, 0)),
        .stride_w = option_at(options, n, 1),
        .stride_h = option_at(options, n, 2),
        .filter_width = option_at(options, n, 3),
        .filter_height = option_at(options, n, 4),
        .activation = option_at(options, n, 5),
    };
}

/* TfLiteTransposeConvParams: padding, stride's width and height. */
static void read_transpose_conv(const uint8_t *options, size_t n, void *params)
{
    *(mote_transpose_conv_params *)params = (mote_transpose_conv_params){
        .padding = padding_of(option_at(options, n, 0)),
        .stride_w = option_at(options, n, 1),
        .stride_h = option_at(options, n, 2),
    };
}

static mote_status infer_pool(const mote_op_io *io, mote_error *err)
{
    const mote_pool_2d_params *params = io->node->params;
    mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    io->outputs[0]->dtype = io->outputs[1]->dtype = MOTE_FLOAT32;
    if (mote_infer_is_open(io, 1)) {
        mote_infer_set_unknown(io->outputs[0]);
        mote_infer_set_unknown(io->outputs[1]);
        return MOTE_OK;
    }
    mote_window_axis h, w;
    status = mote_pool_2d_window(params, in, &h, &w, err);
    if (status == MOTE_OK)
        io->outputs[0]->shape = io->outputs[1]->shape = mote_shape_4d(in->dims[0], h.out, w.out, in->dims[3]);
    return status;
}

/* Images grow by the filter's size, whatever the stride. */
static mote_status infer_unpool(const mote_op_io *io, mote_error *err)
{
    const mote_pool_2d_params *params = io->node->params;
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    io->outputs[0]->dtype = MOTE_FLOAT32;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (in->rank != 4 || !mote_shape_equal(in, &io->inputs[1]->shape))
        return mote_error_set(err, MOTE_SHAPE, "values and indices must have one shape of rank 4");
    const int64_t height = (int64_t)in->dims[1] * params->filter_height;
    const int64_t width = (int64_t)in->dims[2] * params->filter_width;
    if (params->filter_height < 1 || params->filter_width < 1 || params->stride_h < 1 || params->stride_w < 1 ||
        height > INT32_MAX || width > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "a filter of %dx%d with stride %dx%d", params->filter_height,
                              params->filter_width, params->stride_h, params->stride_w);
    io->outputs[0]->shape = mote_shape_4d(in->dims[0], (int32_t)height, (int32_t)width, in->dims[3]);
    return MOTE_OK;
}

static mote_status infer_transpose_conv(const mote_op_io *io, mote_error *err)
{
    const mote_transpose_conv_params *params = io->node->params;
    mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape, *filter = &io->inputs[1]->shape;
    io->outputs[0]->dtype = MOTE_FLOAT32;
    if (mote_infer_is_open(io, 3)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (in->rank != 4 || filter->rank != 4 || in->dims[3] != filter->dims[3])
        return mote_error_set(err, MOTE_SHAPE, "input and filter do not fit together");
    mote_shape shape = mote_shape_4d(in->dims[0], 0, 0, filter->dims[0]);
    status = mote_grown_size(in->dims[1], filter->dims[1], params->stride_h, params->padding, &shape.dims[1], err);
    if (status == MOTE_OK)
        status = mote_grown_size(in->dims[2], filter->dims[2], params->stride_w, params->padding, &shape.dims[2], err);
    io->outputs[0]->shape = shape;
    return status;
}

/* For inspect: the names and places are not a table of the schema's. */
static const mote_op_field POOL_FIELDS[] = {
    {"padding", 0, MOTE_FIELD_ENUM, offsetof(mote_pool_2d_params, padding), 0},
    {"stride_w", 0, MOTE_FIELD_I32, offsetof(mote_pool_2d_params, stride_w), 0},
    {"stride_h", 0, MOTE_FIELD_I32, offsetof(mote_pool_2d_params, stride_h), 0},
    {"filter_width", 0, MOTE_FIELD_I32, offsetof(mote_pool_2d_params, filter_width), 0},
    {"filter_height", 0, MOTE_FIELD_I32, offsetof(mote_pool_2d_params, filter_height), 0},
    {"activation", 0, MOTE_FIELD_ENUM, offsetof(mote_pool_2d_params, activation), 0},
};
static const mote_op_field CONV_FIELDS[] = {
    {"padding", 0, MOTE_FIELD_ENUM, offsetof(mote_transpose_conv_params, padding), 0},
    {"stride_w", 0, MOTE_FIELD_I32, offsetof(mote_transpose_conv_params, stride_w), 0},
    {"stride_h", 0, MOTE_FIELD_I32, offsetof(mote_transpose_conv_params, stride_h), 0},
};

const mote_op_def mote_op_def_max_pooling_with_argmax_2d = {
    .name = "MaxPoolingWithArgmax2D",
    .fields = POOL_FIELDS,
    .n_fields = sizeof POOL_FIELDS / sizeof *POOL_FIELDS,
    .params_bytes = sizeof(mote_pool_2d_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 2,
    .max_outputs = 2,
    .infer = infer_pool,
    .read_custom = read_pool,
};

const mote_op_def mote_op_def_max_unpooling_2d = {
    .name = "MaxUnpooling2D",
    .fields = POOL_FIELDS,
    .n_fields = sizeof POOL_FIELDS / sizeof *POOL_FIELDS,
    .params_bytes = sizeof(mote_pool_2d_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_unpool,
    .read_custom = read_pool,
};

const mote_op_def mote_op_def_convolution_2d_transpose_bias = {
    .name = "Convolution2DTransposeBias",
    .fields = CONV_FIELDS,
    .n_fields = sizeof CONV_FIELDS / sizeof *CONV_FIELDS,
    .params_bytes = sizeof(mote_transpose_conv_params),
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_transpose_conv,
    .read_custom = read_transpose_conv,
};
