/* Pooling, windowed and global. */
#include "import/keras_builder.h"

#include <string.h>

#include "op/average_pool_2d/pool_2d.h"
#include "op/reduce/reduce.h"

static mote_status emit_pool(keras_call *call, mote_op op, const char *name, mote_error *err)
{
    const mote_status status = keras_need_channels_last(call, err);
    if (status != MOTE_OK)
        return status;
    int32_t size[2], stride[2];
    const char *padding = keras_text(call->config, "padding", "valid");
    if (!keras_pair(call->config, "pool_size", size, 2))
        return keras_refuse(call, err, "pool_size is not one or two whole numbers");
    const json_t *strides = json_object_get(call->config, "strides");
    if (!strides || json_is_null(strides))
        memcpy(stride, size, sizeof stride);
    else if (!keras_pair(call->config, "strides", stride, 1))
        return keras_refuse(call, err, "strides are not one or two whole numbers");
    const int32_t input = keras_value(call);
    mote_node *node = keras_node(call, op, 1, &input, name, err);
    if (!node)
        return MOTE_NO_MEMORY;
    *(mote_pool_2d_params *)node->params = (mote_pool_2d_params){
        .padding = strcmp(padding, "same") == 0 ? MOTE_PADDING_SAME : MOTE_PADDING_VALID,
        .stride_h = stride[0],
        .stride_w = stride[1],
        .filter_height = size[0],
        .filter_width = size[1],
    };
    return keras_emit(call, node, err);
}

mote_status keras_max_pooling_2d(keras_call *call, mote_error *err)
{
    return emit_pool(call, MOTE_OP_MAX_POOL_2D, "MaxPool", err);
}

mote_status keras_average_pooling_2d(keras_call *call, mote_error *err)
{
    return emit_pool(call, MOTE_OP_AVERAGE_POOL_2D, "AvgPool", err);
}

static mote_status reduce_spatial(keras_call *call, mote_op op, const char *name, mote_error *err)
{
    const mote_status status = keras_need_channels_last(call, err);
    if (status != MOTE_OK)
        return status;
    if (keras_shape(call, keras_value(call))->rank != 4)
        return keras_refuse(call, err, "its input must be images: batch, height, width, channels");
    static const int32_t spatial[] = {1, 2};
    const int32_t inputs[] = {keras_value(call), keras_const_i32(call, "reduction_indices", 2, spatial)};
    mote_node *node = inputs[1] < 0 ? NULL : keras_node(call, op, 2, inputs, name, err);
    if (!node)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    ((mote_reduce_params *)node->params)->keep_dims = keras_bool(call->config, "keepdims", false);
    return keras_emit(call, node, err);
}

mote_status keras_global_average_pooling_2d(keras_call *call, mote_error *err)
{
    return reduce_spatial(call, MOTE_OP_MEAN, "Mean", err);
}

mote_status keras_global_max_pooling_2d(keras_call *call, mote_error *err)
{
    return reduce_spatial(call, MOTE_OP_REDUCE_MAX, "Max", err);
}
