/*
 * Convolutions of images and sequences. Weights go from Keras's HWIO to TFLite's OHWI; the activation is a node of its
 * own. A sequence [batch, time, channels] becomes an image of height 1, as TensorFlow's own Conv1D does it.
 */
#include "op/conv_2d/conv_2d.h"

#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_window.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"

/* The bias weight, or zeros: TFLite's convolutions always have one in files that its converter writes. */
int32_t keras_take_bias(keras_call *call, int32_t n, mote_error *err)
{
    return keras_bool(call->config, "use_bias", true) ? keras_take_weight(call, "bias", 1, MOTE_WEIGHT_AS_IS, err)
                                                      : keras_vector(call, "zero_bias", n, NULL);
}

static mote_conv_window conv_window(const keras_window *w)
{
    return (mote_conv_window){
        .padding = w->padding, .stride = {w->stride[0], w->stride[1]}, .dilation = {w->dilation[0], w->dilation[1]}};
}

int32_t keras_convolved(keras_call *call, const keras_window *w, int32_t x, int32_t filter, int32_t bias,
                        mote_error *err)
{
    if (x < 0 || filter < 0 || bias < 0)
        return -1;
    const int32_t inputs[] = {x, filter, bias};
    mote_node *node = keras_node(call, MOTE_OP_CONV_2D, 3, inputs, "Conv2D", err);
    if (!node)
        return -1;
    *(mote_conv_2d_params *)node->params = (mote_conv_2d_params){
        .window = conv_window(w),
    };
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

static int32_t emit_depthwise(keras_call *call, const keras_window *w, int32_t x, int32_t filter, int32_t bias,
                              mote_error *err)
{
    if (x < 0 || filter < 0 || bias < 0)
        return -1;
    const int32_t channels = keras_shape(call, x)->dims[3], inputs[] = {x, filter, bias};
    mote_node *node = keras_node(call, MOTE_OP_DEPTHWISE_CONV_2D, 3, inputs, "depthwise", err);
    if (!node)
        return -1;
    *(mote_depthwise_conv_2d_params *)node->params = (mote_depthwise_conv_2d_params){
        .window = conv_window(w),
        .depth_multiplier = channels > 0 ? keras_shape(call, filter)->dims[3] / channels : 1,
    };
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

static mote_status conv(keras_call *call, int32_t n_spatial, mote_error *err)
{
    keras_window w;
    const mote_status status = keras_read_window(call, n_spatial, "kernel_size", &w, err);
    if (status != MOTE_OK)
        return status;
    const int32_t filter = keras_take_weight(call, "kernel", n_spatial + 2, MOTE_WEIGHT_HWIO_TO_OHWI, err);
    const int32_t bias = filter < 0 ? -1 : keras_take_bias(call, keras_shape(call, filter)->dims[0], err);
    const int32_t x = bias < 0 ? -1 : keras_enter_window(call, &w, err);
    return keras_result(call, keras_leave_window(call, &w, keras_convolved(call, &w, x, filter, bias, err), err), err);
}

mote_status keras_conv_1d(keras_call *call, mote_error *err)
{
    return conv(call, 1, err);
}

mote_status keras_conv_2d(keras_call *call, mote_error *err)
{
    return conv(call, 2, err);
}

static mote_status depthwise(keras_call *call, int32_t n_spatial, mote_error *err)
{
    keras_window w;
    const mote_status status = keras_read_window(call, n_spatial, "kernel_size", &w, err);
    if (status != MOTE_OK)
        return status;
    const int32_t filter = keras_take_weight(call, "depthwise_kernel", n_spatial + 2, MOTE_WEIGHT_HWCM_TO_1HWX, err);
    const int32_t bias = filter < 0 ? -1 : keras_take_bias(call, keras_shape(call, filter)->dims[3], err);
    const int32_t x = bias < 0 ? -1 : keras_enter_window(call, &w, err);
    return keras_result(call, keras_leave_window(call, &w, emit_depthwise(call, &w, x, filter, bias, err), err), err);
}

mote_status keras_depthwise_conv_1d(keras_call *call, mote_error *err)
{
    return depthwise(call, 1, err);
}

mote_status keras_depthwise_conv_2d(keras_call *call, mote_error *err)
{
    return depthwise(call, 2, err);
}

/* A depthwise convolution with the strides, then a pointwise one with bias and activation. */
static mote_status separable(keras_call *call, int32_t n_spatial, mote_error *err)
{
    static const keras_window plain = {.stride = {1, 1}, .dilation = {1, 1}, .padding = MOTE_PADDING_VALID};
    keras_window w;
    const mote_status status = keras_read_window(call, n_spatial, "kernel_size", &w, err);
    if (status != MOTE_OK)
        return status;
    const int32_t filter = keras_take_weight(call, "depthwise_kernel", n_spatial + 2, MOTE_WEIGHT_HWCM_TO_1HWX, err);
    if (filter < 0)
        return keras_failure(err);
    const int32_t zeros = keras_vector(call, "depthwise_bias", keras_shape(call, filter)->dims[3], NULL);
    const int32_t x = zeros < 0 ? -1 : keras_enter_window(call, &w, err);
    const int32_t deep = emit_depthwise(call, &w, x, filter, zeros, err);
    if (deep < 0)
        return keras_failure(err);
    const int32_t pointwise = keras_take_weight(call, "pointwise_kernel", n_spatial + 2, MOTE_WEIGHT_HWIO_TO_OHWI, err);
    const int32_t bias = pointwise < 0 ? -1 : keras_take_bias(call, keras_shape(call, pointwise)->dims[0], err);
    return keras_result(
        call, keras_leave_window(call, &w, keras_convolved(call, &plain, deep, pointwise, bias, err), err), err);
}

mote_status keras_separable_conv_1d(keras_call *call, mote_error *err)
{
    return separable(call, 1, err);
}

mote_status keras_separable_conv_2d(keras_call *call, mote_error *err)
{
    return separable(call, 2, err);
}
