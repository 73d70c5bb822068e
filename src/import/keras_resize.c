/*
 * Layers that give images another size. Bilinear and nearest sampling are tf.image.resize's: half-pixel centres, no
 * antialiasing.
 */
#include "import/keras_resize.h"

#include <math.h>
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_window.h"
#include "op/remap/remap.h"

int32_t keras_resized(keras_call *call, int32_t x, const int32_t size[2], const char *method, mote_error *err)
{
    if (x < 0)
        return -1;
    const bool nearest = strcmp(method, "nearest") == 0;
    if (!nearest && strcmp(method, "bilinear") != 0) {
        keras_refuse(call, err, "interpolation '%s' has no operator in TFLite; bilinear and nearest have", method);
        return -1;
    }
    const int32_t inputs[] = {x, keras_const_i32(call, "resize/size", 2, size)};
    mote_node *node = inputs[1] < 0
                          ? NULL
                          : keras_node(call, nearest ? MOTE_OP_RESIZE_NEAREST_NEIGHBOR : MOTE_OP_RESIZE_BILINEAR, 2,
                                       inputs, nearest ? "resize/ResizeNearestNeighbor" : "resize/ResizeBilinear", err);
    if (!node)
        return -1;
    ((mote_resize_params *)node->params)->half_pixel_centers = true;
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

/* Every element `factor` times along axis 1. */
mote_status keras_up_sampling_1d(keras_call *call, mote_error *err)
{
    int32_t factor[2];
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    if (!keras_pair(call->config, "size", factor, 2) || factor[0] < 1 || in.rank != 3 ||
        (int64_t)factor[0] * in.dims[1] > 1 << 20)
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
    if ((int64_t)in.dims[1] * factor[0] > 1 << 20 || (int64_t)in.dims[2] * factor[1] > 1 << 20)
        return keras_refuse(call, err, "its output is too large");
    const int32_t size[] = {in.dims[1] * factor[0], in.dims[2] * factor[1]};
    const int32_t y = keras_resized(call, x, size, keras_text(call->config, "interpolation", "nearest"), err);
    return keras_result(call, keras_from_channels_last(call, y, channels_first, err), err);
}

/* The box of `size` that begins at (top, left). */
static int32_t cropped(keras_call *call, int32_t x, int32_t top, int32_t left, const int32_t size[2], mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape in = *keras_shape(call, x);
    const int32_t begin[] = {0, top, left, 0}, end[] = {in.dims[0], top + size[0], left + size[1], in.dims[3]};
    const int32_t step[] = {1, 1, 1, 1};
    return keras_sliced(call, x, begin, end, step, "strided_slice", err);
}

/* The largest middle part of the target's aspect ratio, resized (Keras's smart_resize, in float32 as there). */
static int32_t smart_resized(keras_call *call, int32_t x, const int32_t size[2], const char *method, mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape in = *keras_shape(call, x);
    int32_t crop[2] = {(int32_t)((float)((int64_t)in.dims[2] * size[0]) / (float)size[1]),
                       (int32_t)((float)((int64_t)in.dims[1] * size[1]) / (float)size[0])};
    for (int32_t i = 0; i < 2; i++) {
        crop[i] = crop[i] < in.dims[i + 1] ? crop[i] : in.dims[i + 1];
        crop[i] = crop[i] > 1 ? crop[i] : 1;
    }
    const int32_t part = cropped(call, x, (in.dims[1] - crop[0]) / 2, (in.dims[2] - crop[1]) / 2, crop, err);
    return keras_resized(call, part, size, method, err);
}

static mote_status read_size(keras_call *call, int32_t size[2], bool *channels_first, mote_error *err)
{
    const mote_status status = keras_read_format(call, channels_first, err);
    if (status != MOTE_OK)
        return status;
    const int64_t height = keras_int(call->config, "height", 0), width = keras_int(call->config, "width", 0);
    if (height < 1 || width < 1 || height > 1 << 20 || width > 1 << 20 || keras_shape(call, call->inputs[0])->rank != 4)
        return keras_refuse(call, err, "height and width must be whole numbers and its input must be images");
    size[0] = (int32_t)height;
    size[1] = (int32_t)width;
    return MOTE_OK;
}

mote_status keras_resizing(keras_call *call, mote_error *err)
{
    int32_t size[2];
    bool channels_first;
    const mote_status status = read_size(call, size, &channels_first, err);
    if (status != MOTE_OK)
        return status;
    if (keras_bool(call->config, "antialias", false) || keras_bool(call->config, "pad_to_aspect_ratio", false))
        return keras_refuse(call, err, "antialias and pad_to_aspect_ratio are not supported");
    const char *method = keras_text(call->config, "interpolation", "bilinear");
    const int32_t x =
        keras_cast_to(call, keras_to_channels_last(call, call->inputs[0], channels_first, err), MOTE_FLOAT32, err);
    const int32_t y = keras_bool(call->config, "crop_to_aspect_ratio", false)
                          ? smart_resized(call, x, size, method, err)
                          : keras_resized(call, x, size, method, err);
    return keras_result(call, keras_from_channels_last(call, y, channels_first, err), err);
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
    const int32_t y = top >= 0 && left >= 0 ? cropped(call, x, top / 2, left / 2, size, err)
                                            : smart_resized(call, x, size, "bilinear", err);
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
    parts->resized = smart_resized(call, parts->image, size, "bilinear", err);
    return parts->resized < 0 ? keras_failure(err) : MOTE_OK;
}
