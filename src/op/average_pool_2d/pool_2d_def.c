#include "op/average_pool_2d/pool_2d.h"
#include "op/conv_2d/conv_2d.h"
#include "op/op_infer.h"

mote_status mote_pool_2d_window(const mote_pool_2d_params *params, const mote_shape *in, mote_window_axis *h,
                                mote_window_axis *w, mote_error *err)
{
    if (in->rank != 4)
        return mote_error_set(err, MOTE_SHAPE, "its input has rank %d, not 4", in->rank);
    const mote_window_spec spec = {
        .filter = {params->filter_height, params->filter_width},
        .stride = {params->stride_h, params->stride_w},
        .dilation = {1, 1},
        .padding = params->padding,
    };
    return mote_window_make(&spec, in, h, w, err);
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_pool_2d_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 1)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    mote_window_axis h, w;
    status = mote_pool_2d_window(params, in, &h, &w, err);
    if (status == MOTE_OK)
        io->outputs[0]->shape = mote_shape_4d(in->dims[0], h.out, w.out, in->dims[3]);
    return status;
}

static int32_t version(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

static const mote_op_field FIELDS[] = {
    {"padding", 0, MOTE_FIELD_ENUM, offsetof(mote_pool_2d_params, padding), 0},
    {"stride_w", 1, MOTE_FIELD_I32, offsetof(mote_pool_2d_params, stride_w), 0},
    {"stride_h", 2, MOTE_FIELD_I32, offsetof(mote_pool_2d_params, stride_h), 0},
    {"filter_width", 3, MOTE_FIELD_I32, offsetof(mote_pool_2d_params, filter_width), 0},
    {"filter_height", 4, MOTE_FIELD_I32, offsetof(mote_pool_2d_params, filter_height), 0},
    {"fused_activation_function", 5, MOTE_FIELD_ENUM, offsetof(mote_pool_2d_params, activation), 0},
};

#define POOL(symbol, NAME)                                                                                             \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = 5,                                                                                             \
        .fields = FIELDS,                                                                                              \
        .n_fields = sizeof FIELDS / sizeof *FIELDS,                                                                    \
        .params_bytes = sizeof(mote_pool_2d_params),                                                                   \
        .min_inputs = 1,                                                                                               \
        .max_inputs = 1,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .infer = infer,                                                                                                \
        .version = version,                                                                                            \
        .max_version = 3,                                                                                              \
    };

POOL(average_pool_2d, "AVERAGE_POOL_2D")
POOL(max_pool_2d, "MAX_POOL_2D")
POOL(l2_pool_2d, "L2_POOL_2D")
