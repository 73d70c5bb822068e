/* Convolutions and Dense. Weights go from Keras's HWIO to TFLite's OHWI; the activation is a node of its own. */
#include "import/keras_builder.h"

#include <string.h>

#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "op/fully_connected/fully_connected.h"

typedef struct window {
    int32_t stride[2], dilation[2]; /* height, width */
    mote_padding padding;
} window;

static mote_status read_window(const keras_call *call, window *w, mote_error *err)
{
    const mote_status status = keras_need_channels_last(call, err);
    if (status != MOTE_OK)
        return status;
    const char *padding = keras_text(call->config, "padding", "valid");
    if (!keras_pair(call->config, "strides", w->stride, 1) ||
        !keras_pair(call->config, "dilation_rate", w->dilation, 1))
        return keras_refuse(call, err, "strides or dilation_rate are not one or two whole numbers");
    if (strcmp(padding, "same") != 0 && strcmp(padding, "valid") != 0)
        return keras_refuse(call, err, "padding '%s' is unknown", padding);
    w->padding = strcmp(padding, "same") == 0 ? MOTE_PADDING_SAME : MOTE_PADDING_VALID;
    return MOTE_OK;
}

/* The bias weight, or zeros: TFLite's convolutions always have one in files that its converter writes. */
static int32_t take_bias(keras_call *call, int32_t n, mote_error *err)
{
    if (keras_bool(call->config, "use_bias", true))
        return keras_take_weight(call, "bias", 1, MOTE_WEIGHT_AS_IS, err);
    const mote_shape shape = {1, {n}};
    return keras_const(call, "zero_bias", &shape, NULL);
}

static mote_status emit_conv_2d(keras_call *call, const window *w, int32_t filter, int32_t bias, mote_error *err)
{
    const int32_t inputs[] = {keras_value(call), filter, bias};
    mote_node *node = keras_node(call, MOTE_OP_CONV_2D, 3, inputs, "Conv2D", err);
    if (!node)
        return MOTE_NO_MEMORY;
    *(mote_conv_2d_params *)node->params = (mote_conv_2d_params){
        .padding = w->padding,
        .stride_h = w->stride[0],
        .stride_w = w->stride[1],
        .dilation_h_factor = w->dilation[0],
        .dilation_w_factor = w->dilation[1],
    };
    return keras_emit(call, node, err);
}

mote_status keras_conv_2d(keras_call *call, mote_error *err)
{
    window w;
    mote_status status = read_window(call, &w, err);
    if (status != MOTE_OK)
        return status;
    const int32_t filter = keras_take_weight(call, "kernel", 4, MOTE_WEIGHT_HWIO_TO_OHWI, err);
    const int32_t bias = filter < 0 ? -1 : take_bias(call, keras_shape(call, filter)->dims[0], err);
    if (bias < 0)
        return err && err->code != MOTE_OK ? err->code : MOTE_FORMAT;
    status = emit_conv_2d(call, &w, filter, bias, err);
    return status == MOTE_OK ? keras_activate(call, json_object_get(call->config, "activation"), err) : status;
}

static mote_status emit_depthwise(keras_call *call, const window *w, int32_t filter, int32_t bias, int32_t multiplier,
                                  mote_error *err)
{
    const int32_t inputs[] = {keras_value(call), filter, bias};
    mote_node *node = keras_node(call, MOTE_OP_DEPTHWISE_CONV_2D, 3, inputs, "depthwise", err);
    if (!node)
        return MOTE_NO_MEMORY;
    *(mote_depthwise_conv_2d_params *)node->params = (mote_depthwise_conv_2d_params){
        .padding = w->padding,
        .stride_h = w->stride[0],
        .stride_w = w->stride[1],
        .depth_multiplier = multiplier,
        .dilation_h_factor = w->dilation[0],
        .dilation_w_factor = w->dilation[1],
    };
    return keras_emit(call, node, err);
}

/* Takes [h, w, channels, multiplier]; *multiplier is its last dimension. */
static int32_t take_depthwise(keras_call *call, const char *role, int32_t *multiplier, mote_error *err)
{
    const keras_weight *weight = keras_peek_weight(call, call->next_weight);
    *multiplier = weight && weight->value.shape.rank == 4 ? weight->value.shape.dims[3] : 1;
    return keras_take_weight(call, role, 4, MOTE_WEIGHT_HWCM_TO_1HWX, err);
}

mote_status keras_depthwise_conv_2d(keras_call *call, mote_error *err)
{
    window w;
    mote_status status = read_window(call, &w, err);
    if (status != MOTE_OK)
        return status;
    int32_t multiplier;
    const int32_t filter = take_depthwise(call, "depthwise_kernel", &multiplier, err);
    const int32_t bias = filter < 0 ? -1 : take_bias(call, keras_shape(call, filter)->dims[3], err);
    if (bias < 0)
        return err && err->code != MOTE_OK ? err->code : MOTE_FORMAT;
    status = emit_depthwise(call, &w, filter, bias, multiplier, err);
    return status == MOTE_OK ? keras_activate(call, json_object_get(call->config, "activation"), err) : status;
}

/* A depthwise convolution with the strides, then a pointwise one with bias and activation. */
mote_status keras_separable_conv_2d(keras_call *call, mote_error *err)
{
    window w;
    mote_status status = read_window(call, &w, err);
    if (status != MOTE_OK)
        return status;
    int32_t multiplier;
    const int32_t filter = take_depthwise(call, "depthwise_kernel", &multiplier, err);
    if (filter < 0)
        return err && err->code != MOTE_OK ? err->code : MOTE_FORMAT;
    const mote_shape channels = {1, {keras_shape(call, filter)->dims[3]}};
    const int32_t zero_bias = keras_const(call, "depthwise_bias", &channels, NULL);
    if (zero_bias < 0)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    status = emit_depthwise(call, &w, filter, zero_bias, multiplier, err);
    if (status != MOTE_OK)
        return status;
    const int32_t pointwise = keras_take_weight(call, "pointwise_kernel", 4, MOTE_WEIGHT_HWIO_TO_OHWI, err);
    const int32_t bias = pointwise < 0 ? -1 : take_bias(call, keras_shape(call, pointwise)->dims[0], err);
    if (bias < 0)
        return err && err->code != MOTE_OK ? err->code : MOTE_FORMAT;
    const window plain = {{1, 1}, {1, 1}, MOTE_PADDING_VALID};
    status = emit_conv_2d(call, &plain, pointwise, bias, err);
    return status == MOTE_OK ? keras_activate(call, json_object_get(call->config, "activation"), err) : status;
}

/* On any rank: the last dimension is multiplied, as TFLite's keep_num_dims does. */
mote_status keras_dense(keras_call *call, mote_error *err)
{
    const int32_t kernel = keras_take_weight(call, "kernel", 2, MOTE_WEIGHT_IO_TO_OI, err);
    const int32_t bias = kernel < 0 ? -1 : take_bias(call, keras_shape(call, kernel)->dims[0], err);
    if (bias < 0)
        return err && err->code != MOTE_OK ? err->code : MOTE_FORMAT;
    const int32_t inputs[] = {keras_value(call), kernel, bias};
    mote_node *node = keras_node(call, MOTE_OP_FULLY_CONNECTED, 3, inputs, "MatMul", err);
    if (!node)
        return MOTE_NO_MEMORY;
    ((mote_fully_connected_params *)node->params)->keep_num_dims = keras_shape(call, inputs[0])->rank > 2;
    const mote_status status = keras_emit(call, node, err);
    return status == MOTE_OK ? keras_activate(call, json_object_get(call->config, "activation"), err) : status;
}
