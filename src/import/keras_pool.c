/* Pooling, windowed and global, of images and sequences. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_mask.h"
#include "import/keras_window.h"
#include "op/average_pool_2d/pool_2d.h"

static mote_status pool(keras_call *call, int32_t n_spatial, mote_op op, const char *name, mote_error *err)
{
    keras_window w;
    const mote_status status = keras_read_window(call, n_spatial, "pool_size", &w, err);
    if (status != MOTE_OK)
        return status;
    const int32_t x = keras_enter_window(call, &w, err);
    mote_node *node = x < 0 ? NULL : keras_node(call, op, 1, &x, name, err);
    if (!node)
        return keras_failure(err);
    *(mote_pool_2d_params *)node->params = (mote_pool_2d_params){
        .padding = w.padding,
        .stride_h = w.stride[0],
        .stride_w = w.stride[1],
        .filter_height = w.size[0],
        .filter_width = w.size[1],
    };
    const int32_t y = keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
    return keras_result(call, keras_leave_window(call, &w, y, err), err);
}

mote_status keras_max_pooling_1d(keras_call *call, mote_error *err)
{
    return pool(call, 1, MOTE_OP_MAX_POOL_2D, "MaxPool", err);
}

mote_status keras_max_pooling_2d(keras_call *call, mote_error *err)
{
    return pool(call, 2, MOTE_OP_MAX_POOL_2D, "MaxPool", err);
}

mote_status keras_average_pooling_1d(keras_call *call, mote_error *err)
{
    return pool(call, 1, MOTE_OP_AVERAGE_POOL_2D, "AvgPool", err);
}

mote_status keras_average_pooling_2d(keras_call *call, mote_error *err)
{
    return pool(call, 2, MOTE_OP_AVERAGE_POOL_2D, "AvgPool", err);
}

static mote_status global(keras_call *call, int32_t n_spatial, mote_op op, const char *name, mote_error *err)
{
    bool channels_first;
    const mote_status status = keras_read_image(call, n_spatial, &channels_first, err);
    if (status != MOTE_OK)
        return status;
    const int32_t first = channels_first ? 2 : 1, axes[] = {first, first + 1};
    const bool keep = keras_bool(call->config, "keepdims", false);
    return keras_result(call, keras_reduce(call, op, call->inputs[0], n_spatial, axes, keep, name, err), err);
}

/* The mean of the steps that count. A mask of numbers weighs them in Keras 2; Keras 3 takes it for a bool one. */
static mote_status masked_mean(keras_call *call, int32_t mask, mote_error *err)
{
    static const int32_t steps = 1;
    const bool keep = keras_bool(call->config, "keepdims", false);
    const bool weighs = call->builder->keras_major < 3 && keras_has_mask(call);
    const int32_t factor = keras_mask_factor(call, weighs ? keras_given_mask(call, 0) : mask, err);
    const int32_t x = weighs ? keras_binary(call, MOTE_OP_MUL, call->inputs[0], factor, "mul", err)
                             : keras_clear_masked(call, call->inputs[0], mask, err);
    const int32_t sum = keras_reduce(call, MOTE_OP_SUM, x, 1, &steps, keep, "Sum", err);
    const int32_t count = keras_reduce(call, MOTE_OP_SUM, factor, 1, &steps, keep, "Sum_1", err);
    return keras_result(call, keras_binary(call, MOTE_OP_DIV, sum, count, "truediv", err), err);
}

mote_status keras_global_average_pooling_1d(keras_call *call, mote_error *err)
{
    int32_t mask;
    mote_status status = keras_call_mask(call, &mask, err);
    if (status == MOTE_OK && mask != MOTE_NO_TENSOR)
        status = keras_need_channels_last(call, err);
    if (status != MOTE_OK)
        return status;
    if (mask != MOTE_NO_TENSOR && keras_shape(call, call->inputs[0])->rank == 3)
        return masked_mean(call, mask, err);
    return global(call, 1, MOTE_OP_MEAN, "Mean", err);
}

mote_status keras_global_average_pooling_2d(keras_call *call, mote_error *err)
{
    return global(call, 2, MOTE_OP_MEAN, "Mean", err);
}

mote_status keras_global_max_pooling_1d(keras_call *call, mote_error *err)
{
    return global(call, 1, MOTE_OP_REDUCE_MAX, "Max", err);
}

mote_status keras_global_max_pooling_2d(keras_call *call, mote_error *err)
{
    return global(call, 2, MOTE_OP_REDUCE_MAX, "Max", err);
}
