/* Layers that give images another size. */
#include "import/keras_resize.h"

#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_window.h"

enum { MAX_SIDE = 1 << 20 };

/* Every element `factor` times along axis 1. */
mote_status keras_up_sampling_1d(keras_call *call, mote_error *err)
{
    int32_t factor[2];
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    if (!keras_pair(call->config, "size", factor, 2) || factor[0] < 1 || in.rank != 3 ||
        (int64_t)factor[0] * in.dims[1] > MAX_SIDE)
        return keras_refuse(call, err, "size must be a whole number and its input must have 3 dimensions");
    const int32_t n = factor[0] * in.dims[1];
    const int32_t indices = keras_const_i32(call, "repeat/indices", n, NULL);
    if (indices < 0)
        return keras_failure(err);
    int32_t *index = call->builder->graph->tensors[indices]->data;
    for (int32_t i = 0; i < n; i++)
        index[i] = i / factor[0];
    return keras_result(call, keras_gathered(call, call->inputs[0], indices, 1, err), err);
}

mote_status keras_up_sampling_2d(keras_call *call, mote_error *err)
{
    bool channels_first;
    int32_t factor[2];
    const mote_status status = keras_read_format(call, &channels_first, err);
    if (status != MOTE_OK)
        return status;
    if (!keras_pair(call->config, "size", factor, 2) || factor[0] < 1 || factor[1] < 1 ||
        keras_shape(call, call->inputs[0])->rank != 4)
        return keras_refuse(call, err, "size must be whole numbers and its input must be images");
    const int32_t x = keras_to_channels_last(call, call->inputs[0], channels_first, err);
    if (x < 0)
        return keras_failure(err);
    const mote_shape in = *keras_shape(call, x);
    if ((int64_t)in.dims[1] * factor[0] > MAX_SIDE || (int64_t)in.dims[2] * factor[1] > MAX_SIDE)
        return keras_refuse(call, err, "its output is too large");
    const keras_resize r = {
        .size = {in.dims[1] * factor[0], in.dims[2] * factor[1]},
        .sampling = {keras_text(call->config, "interpolation", "nearest"), false},
    };
    return keras_result(call, keras_from_channels_last(call, keras_resized(call, x, &r, err), channels_first, err),
                        err);
}

static mote_status read_size(keras_call *call, int32_t size[2], bool *channels_first, mote_error *err)
{
    const mote_status status = keras_read_format(call, channels_first, err);
    if (status != MOTE_OK)
        return status;
    const int64_t height = keras_int(call->config, "height", 0), width = keras_int(call->config, "width", 0);
    if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE ||
        keras_shape(call, call->inputs[0])->rank != 4)
        return keras_refuse(call, err, "height and width must be whole numbers and its input must be images");
    size[0] = (int32_t)height;
    size[1] = (int32_t)width;
    return MOTE_OK;
}

mote_status keras_resizing(keras_call *call, mote_error *err)
{
    keras_resize r = {0};
    bool channels_first;
    mote_status status = read_size(call, r.size, &channels_first, err);
    if (status != MOTE_OK)
        return status;
    status = keras_read_resize(call, &r, err);
    if (status != MOTE_OK)
        return status;
    const int32_t x =
        keras_cast_to(call, keras_to_channels_last(call, call->inputs[0], channels_first, err), MOTE_FLOAT32, err);
    return keras_result(call, keras_from_channels_last(call, keras_resized(call, x, &r, err), channels_first, err),
                        err);
}

/* Keras's smart_resize. */
static int32_t smart_resized(keras_call *call, int32_t x, const int32_t size[2], mote_error *err)
{
    const keras_resize r = {.size = {size[0], size[1]}, .sampling = {"bilinear", false}, .crop = true};
    return keras_resized(call, x, &r, err);
}

/* The middle; an image that is too small is resized instead. */
mote_status keras_center_crop(keras_call *call, mote_error *err)
{
    int32_t size[2];
    bool channels_first;
    const mote_status status = read_size(call, size, &channels_first, err);
    if (status != MOTE_OK)
        return status;
    const int32_t x = keras_to_channels_last(call, call->inputs[0], channels_first, err);
    if (x < 0)
        return keras_failure(err);
    const mote_shape in = *keras_shape(call, x);
    const int32_t top = in.dims[1] - size[0], left = in.dims[2] - size[1];
    const int32_t y = top >= 0 && left >= 0 ? keras_cropped(call, x, top / 2, left / 2, size, err)
                                            : smart_resized(call, x, size, err);
    return keras_result(call, keras_from_channels_last(call, y, channels_first, err), err);
}

/* Keras 2 resizes at inference what it crops in training; Keras 3 leaves it, though its layer says another size. */
mote_status keras_random_crop_parts(keras_call *call, keras_crop_parts *parts, mote_error *err)
{
    int32_t size[2];
    const mote_status status = read_size(call, size, &parts->channels_first, err);
    if (status != MOTE_OK)
        return status;
    parts->image = keras_to_channels_last(call, call->inputs[0], parts->channels_first, err);
    parts->resized = smart_resized(call, parts->image, size, err);
    return parts->resized < 0 ? keras_failure(err) : MOTE_OK;
}
