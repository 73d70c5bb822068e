/* Transposed convolutions: TRANSPOSE_CONV, whose output shape is an input. */
#include "op/transpose_conv/transpose_conv.h"

#include "import/keras_expr.h"
#include "import/keras_layout.h"
#include "import/keras_window.h"

/* The output's size as Keras computes it (conv_utils.deconv_output_length); kernel is dilated already. */
static int64_t output_size(int64_t in, int64_t kernel, int64_t stride, int32_t padding, int64_t output_padding)
{
    if (output_padding >= 0)
        return (in - 1) * stride + kernel + output_padding - (padding == MOTE_PADDING_SAME ? 2 * (kernel / 2) : 0);
    return in * stride + (padding == MOTE_PADDING_VALID && kernel > stride ? kernel - stride : 0);
}

/* output_padding: one or two whole numbers, or null: -1. */
static bool read_output_padding(const keras_call *call, int32_t n_spatial, int32_t out[2])
{
    const json_t *given = json_object_get(call->config, "output_padding");
    out[0] = out[1] = -1;
    const json_t *first = json_is_array(given) ? json_array_get(given, 0) : given;
    if (!given || json_is_null(given) || json_is_null(first))
        return true;
    if (!keras_pair(call->config, "output_padding", out, 0))
        return false;
    if (n_spatial == 1)
        out[0] = -1;
    return true;
}

/* TensorFlow's window of a transposed convolution is that of the convolution it reverses: where Keras's output_padding
 * gives a size that TRANSPOSE_CONV would pad otherwise, the two do not agree. */
static mote_status check_size(keras_call *call, const keras_window *w, int32_t axis, int64_t in, int64_t out,
                              mote_error *err)
{
    const int64_t kernel = w->size[axis], stride = w->stride[axis];
    const int64_t back =
        w->padding == MOTE_PADDING_SAME ? (out + stride - 1) / stride : (out - kernel + stride) / stride;
    if (out < 1 || out > 1 << 24 || back != in)
        return keras_refuse(call, err, "its output_padding does not go with its strides");
    return MOTE_OK;
}

static int32_t emit(keras_call *call, const keras_window *w, int32_t x, int32_t filter, int32_t bias,
                    const int32_t out[2], mote_error *err)
{
    if (x < 0 || filter < 0 || bias < 0)
        return -1;
    const int32_t shape[] = {keras_shape(call, x)->dims[0], out[0], out[1], keras_shape(call, filter)->dims[0]};
    const int32_t inputs[] = {keras_const_i32(call, "stack", 4, shape), filter, x, bias};
    mote_node *node =
        inputs[0] < 0 ? NULL : keras_node(call, MOTE_OP_TRANSPOSE_CONV, 4, inputs, "conv2d_transpose", err);
    if (!node)
        return -1;
    mote_transpose_conv_params *params = node->params;
    params->padding = w->padding;
    params->stride_h = w->stride[0];
    params->stride_w = w->stride[1];
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

/* filter [out, height, width, in] with dilation - 1 zeros between neighbours: as [before, 1, behind], the axis last in
 * `before`, each element gets zeros behind it. */
static int32_t spread(keras_call *call, int32_t filter, int32_t before, int32_t behind, int32_t dilation,
                      mote_error *err)
{
    const int32_t dims[] = {before, 1, behind};
    int32_t around[3][2] = {{0, 0}, {0, dilation - 1}, {0, 0}};
    return keras_padded(call, keras_reshaped(call, filter, 3, dims, "Reshape", err), around, "Pad", err);
}

/* TRANSPOSE_CONV knows no dilation: the filter gets zeros between its elements. w->size becomes that of the result. */
static int32_t dilated(keras_call *call, keras_window *w, int32_t filter, mote_error *err)
{
    if (filter < 0)
        return -1;
    const mote_shape in = *keras_shape(call, filter);
    const int32_t *d = w->dilation;
    if ((double)mote_shape_count(&in) * d[0] * d[1] > 1 << 28) {
        keras_refuse(call, err, "its dilation is too large");
        return -1;
    }
    const int32_t dims[] = {in.dims[0], in.dims[1] * d[0], in.dims[2] * d[1], in.dims[3]};
    const int32_t tall = spread(call, filter, dims[0] * in.dims[1], in.dims[2] * dims[3], d[0], err);
    const int32_t wide = spread(call, tall, dims[0] * dims[1] * in.dims[2], dims[3], d[1], err);
    w->size[0] = dims[1] - d[0] + 1;
    w->size[1] = dims[2] - d[1] + 1;
    const int32_t begin[] = {0, 0, 0, 0}, step[] = {1, 1, 1, 1}, end[] = {dims[0], w->size[0], w->size[1], dims[3]};
    return keras_sliced(call, keras_reshaped(call, wide, 4, dims, "Reshape", err), begin, end, step, "strided_slice",
                        err);
}

static mote_status conv_transpose(keras_call *call, int32_t n_spatial, mote_error *err)
{
    keras_window w;
    int32_t padding[2], out[2] = {1, 1};
    mote_status status = keras_read_window(call, n_spatial, "kernel_size", &w, err);
    if (status != MOTE_OK)
        return status;
    if (w.causal || !read_output_padding(call, n_spatial, padding))
        return keras_refuse(call, err, "its padding is not one that a transposed convolution has");
    int32_t filter = keras_take_weight(call, "kernel", n_spatial + 2, MOTE_WEIGHT_HWOI_TO_OHWI, err);
    if (w.dilation[0] > 1 || w.dilation[1] > 1)
        filter = dilated(call, &w, filter, err);
    const int32_t bias = filter < 0 ? -1 : keras_take_bias(call, keras_shape(call, filter)->dims[0], err);
    const int32_t x = bias < 0 ? -1 : keras_enter_window(call, &w, err);
    if (x < 0)
        return keras_failure(err);
    for (int32_t axis = 2 - n_spatial; axis < 2; axis++) {
        const int64_t in = keras_shape(call, x)->dims[axis + 1];
        const int64_t size = output_size(in, w.size[axis], w.stride[axis], w.padding, padding[axis]);
        status = check_size(call, &w, axis, in, size, err);
        if (status != MOTE_OK)
            return status;
        out[axis] = (int32_t)size;
    }
    return keras_result(call, keras_leave_window(call, &w, emit(call, &w, x, filter, bias, out, err), err), err);
}

mote_status keras_conv_1d_transpose(keras_call *call, mote_error *err)
{
    return conv_transpose(call, 1, err);
}

mote_status keras_conv_2d_transpose(keras_call *call, mote_error *err)
{
    return conv_transpose(call, 2, err);
}
