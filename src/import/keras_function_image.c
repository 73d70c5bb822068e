/* Functions on images that code calls inline. */
#include <math.h>
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_resize.h"
#include "import/keras_window.h"
#include "op/average_pool_2d/pool_2d.h"
#include "op/space_depth/space_depth.h"

/* Into the size that is given, with the aspect ratio that the image has. */
static void keep_ratio(const mote_shape *in, int32_t size[2])
{
    const float ratio = fminf((float)size[0] / (float)in->dims[1], (float)size[1] / (float)in->dims[2]);
    for (int32_t i = 0; i < 2; i++)
        size[i] = (int32_t)rintf(ratio * (float)in->dims[i + 1]);
}

mote_status keras_fn_resize(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    keras_resize r;
    int32_t size[MOTE_MAX_RANK], n;
    bool channels_first;
    mote_status status = keras_read_format(call, &channels_first, err);
    if (status != MOTE_OK)
        return status;
    if (!keras_read_sizes(call, keras_param(call, 1, "size", NULL), "size", size, &n) || n != 2 || size[0] < 1 ||
        size[1] < 1 || size[0] > 1 << 20 || size[1] > 1 << 20 || keras_shape(call, call->inputs[0])->rank != 4)
        return keras_refuse(call, err, "its size must be two whole numbers and its input images");
    const int32_t x = keras_to_channels_last(call, call->inputs[0], channels_first, err);
    if (x < 0)
        return keras_failure(err);
    if (keras_param_bool(call, "preserve_aspect_ratio", NULL, false))
        keep_ratio(keras_shape(call, x), size);
    if (size[0] < 1 || size[1] < 1)
        return keras_refuse(call, err, "nothing is left of its images");
    memcpy(r.size, size, sizeof r.size);
    status = keras_read_resize(call, &r, err);
    return status == MOTE_OK
               ? keras_result(call,
                              keras_from_channels_last(call, keras_resized(call, x, &r, err), channels_first, err), err)
               : status;
}

mote_status keras_fn_space_depth(keras_call *call, const keras_function *function, mote_error *err)
{
    const json_t *block = keras_param(call, 1, "block_size", NULL);
    const char *format = json_string_value(keras_param(call, -1, "data_format", NULL));
    if (!json_is_integer(block) || json_integer_value(block) < 1 || json_integer_value(block) > 1 << 15 ||
        (format && strcmp(format, "NHWC") != 0 && strcmp(format, "channels_last") != 0))
        return keras_refuse(call, err, "its block size must be a whole number, and channels come last");
    mote_node *node = keras_node(call, (mote_op)function->op, 1, call->inputs, call->layer->name, err);
    if (!node)
        return keras_failure(err);
    ((mote_space_depth_params *)node->params)->block_size = (int32_t)json_integer_value(block);
    return keras_emit(call, node, err);
}

/* "2", "[2, 3]" or "[1, 2, 3, 1]": height and width. */
static bool read_pair(const json_t *value, int32_t pair[2])
{
    const size_t n = json_is_array(value) ? json_array_size(value) : 1, first = n == 4 ? 1 : 0;
    for (size_t i = 0; i < 2; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, n == 1 ? 0 : first + i) : value;
        if (!json_is_integer(one) || json_integer_value(one) < 1 || json_integer_value(one) > 1 << 20)
            return false;
        pair[i] = (int32_t)json_integer_value(one);
    }
    return n == 1 || n == 2 || n == 4;
}

static bool reads_same(const json_t *padding)
{
    const char *text = json_string_value(padding);
    return text && (strcmp(text, "SAME") == 0 || strcmp(text, "same") == 0);
}

mote_status keras_fn_pool(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t size[2], stride[2];
    const json_t *strides = keras_param(call, 2, "strides", NULL), *given = keras_param(call, 1, "ksize", "pool_size");
    const json_t *padding = keras_param(call, 3, "padding", NULL);
    const char *format = json_string_value(keras_param(call, -1, "data_format", NULL));
    if (keras_shape(call, call->inputs[0])->rank != 4 || !read_pair(given, size) ||
        !read_pair(!strides || json_is_null(strides) ? given : strides, stride) ||
        (format && strcmp(format, "NHWC") != 0 && strcmp(format, "channels_last") != 0))
        return keras_refuse(call, err, "its window must be whole numbers, its input images, and channels come last");
    mote_node *node = keras_node(call, (mote_op)function->op, 1, call->inputs, call->layer->name, err);
    if (!node)
        return keras_failure(err);
    const bool same = reads_same(padding);
    *(mote_pool_2d_params *)node->params = (mote_pool_2d_params){
        .padding = same ? MOTE_PADDING_SAME : MOTE_PADDING_VALID,
        .stride_h = stride[0],
        .stride_w = stride[1],
        .filter_height = size[0],
        .filter_width = size[1],
    };
    return keras_emit(call, node, err);
}

/* How many windows begin along an axis of n, and the zeros that "same" puts around it; 0: none fits. */
static int32_t windows(const keras_window *w, int32_t axis, int32_t n, int32_t around[2])
{
    const int64_t reach = (int64_t)(w->size[axis] - 1) * w->dilation[axis] + 1, stride = w->stride[axis];
    around[0] = around[1] = 0;
    if (w->padding == MOTE_PADDING_VALID)
        return n < reach ? 0 : (int32_t)((n - reach) / stride + 1);
    const int64_t count = (n + stride - 1) / stride, missing = (count - 1) * stride + reach - n;
    if (missing > 1 << 20)
        return 0;
    if (missing > 0) {
        around[0] = (int32_t)(missing / 2);
        around[1] = (int32_t)(missing - missing / 2);
    }
    return (int32_t)count;
}

/* Each element of the windows is a slice of its own: copies, where a filter of ones would round in every form. */
static int32_t sliced_patches(keras_call *call, int32_t x, const keras_window *w, mote_error *err)
{
    enum { MAX_SLICES = 1024 };
    int32_t parts[MAX_SLICES], around[MOTE_MAX_RANK][2] = {{0}}, n = 0;
    const mote_shape in = *keras_shape(call, x);
    const int32_t rows = windows(w, 0, in.dims[1], around[1]), columns = windows(w, 1, in.dims[2], around[2]);
    if (rows < 1 || columns < 1 || (int64_t)w->size[0] * w->size[1] > MAX_SLICES) {
        keras_refuse(call, err, "its patches do not fit into its images, or have more than %d places", MAX_SLICES);
        return -1;
    }
    x = keras_padded(call, x, around, "Pad", err);
    for (int32_t i = 0; x >= 0 && i < w->size[0]; i++)
        for (int32_t j = 0; j < w->size[1]; j++) {
            const int32_t begin[] = {0, i * w->dilation[0], j * w->dilation[1], 0};
            const int32_t end[] = {in.dims[0], begin[1] + (rows - 1) * w->stride[0] + 1,
                                   begin[2] + (columns - 1) * w->stride[1] + 1, in.dims[3]};
            const int32_t step[] = {1, w->stride[0], w->stride[1], 1};
            parts[n++] = keras_sliced(call, x, begin, end, step, "StridedSlice", err);
        }
    return n > 0 ? keras_concat(call, n, parts, 3, "concat", err) : -1;
}

/* Windows that neither overlap nor leave gaps are a block's depth. */
static int32_t patches(keras_call *call, int32_t x, const keras_window *w, mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape *in = keras_shape(call, x);
    const int32_t side = w->size[0];
    if (side == 1 || side != w->size[1] || side != w->stride[0] || side != w->stride[1] || w->dilation[0] != 1 ||
        w->dilation[1] != 1 || in->dims[1] % side != 0 || in->dims[2] % side != 0)
        return sliced_patches(call, x, w, err);
    mote_node *node = keras_node(call, MOTE_OP_SPACE_TO_DEPTH, 1, &x, "SpaceToDepth", err);
    if (node)
        ((mote_space_depth_params *)node->params)->block_size = side;
    return node && keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

mote_status keras_fn_patches(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    keras_window w = {.dilation = {1, 1}};
    bool channels_first;
    const mote_status status = keras_read_format(call, &channels_first, err);
    const json_t *size = keras_param(call, 1, "sizes", "size"), *stride = keras_param(call, 2, "strides", NULL);
    const json_t *rate = keras_param(call, 3, "rates", "dilation_rate");
    if (status != MOTE_OK)
        return status;
    if (keras_shape(call, call->inputs[0])->rank != 4 || !read_pair(size, w.size) ||
        !read_pair(!stride || json_is_null(stride) ? size : stride, w.stride) || (rate && !read_pair(rate, w.dilation)))
        return keras_refuse(call, err, "its window must be whole numbers, and its input images");
    w.padding = reads_same(keras_param(call, 4, "padding", NULL)) ? MOTE_PADDING_SAME : MOTE_PADDING_VALID;
    const int32_t x = keras_to_channels_last(call, call->inputs[0], channels_first, err);
    return keras_result(call, keras_from_channels_last(call, patches(call, x, &w, err), channels_first, err), err);
}
