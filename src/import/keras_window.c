#include "import/keras_window.h"

#include <string.h>

#include "import/keras_expr.h"

mote_status keras_read_format(const keras_call *call, bool *channels_first, mote_error *err)
{
    const char *format = keras_text(call->config, "data_format", "channels_last");
    *channels_first = strcmp(format, "channels_first") == 0;
    return *channels_first || strcmp(format, "channels_last") == 0
               ? MOTE_OK
               : keras_refuse(call, err, "data_format '%s' is unknown", format);
}

int32_t keras_to_channels_last(keras_call *call, int32_t x, bool channels_first, mote_error *err)
{
    if (x < 0 || !channels_first)
        return x;
    const int32_t rank = keras_shape(call, x)->rank;
    int32_t order[MOTE_MAX_RANK] = {0};
    for (int32_t i = 1; i < rank; i++)
        order[i] = i + 1 < rank ? i + 1 : 1;
    return keras_transposed(call, x, order, "transpose", err);
}

int32_t keras_from_channels_last(keras_call *call, int32_t x, bool channels_first, mote_error *err)
{
    if (x < 0 || !channels_first)
        return x;
    const int32_t rank = keras_shape(call, x)->rank;
    int32_t order[MOTE_MAX_RANK] = {0};
    for (int32_t i = 1; i < rank; i++)
        order[i] = i == 1 ? rank - 1 : i - 1;
    return keras_transposed(call, x, order, "transpose_1", err);
}

/* One or two whole numbers from 1 on; a sequence's is its width. */
static bool read_sizes(const keras_call *call, int32_t n_spatial, const char *key, int32_t def, int32_t sizes[2])
{
    if (!keras_pair(call->config, key, sizes, def) || sizes[0] < 1 || sizes[1] < 1)
        return false;
    if (n_spatial == 1)
        sizes[0] = 1;
    return true;
}

mote_status keras_read_image(keras_call *call, int32_t n_spatial, bool *channels_first, mote_error *err)
{
    const mote_status status = keras_read_format(call, channels_first, err);
    if (status != MOTE_OK)
        return status;
    return keras_shape(call, call->inputs[0])->rank == n_spatial + 2
               ? MOTE_OK
               : keras_refuse(call, err, "its input must have %d dimensions", n_spatial + 2);
}

mote_status keras_read_window(keras_call *call, int32_t n_spatial, const char *size_key, keras_window *w,
                              mote_error *err)
{
    bool channels_first;
    const mote_status status = keras_read_image(call, n_spatial, &channels_first, err);
    return status == MOTE_OK ? keras_read_window_settings(call, n_spatial, size_key, w, err) : status;
}

mote_status keras_read_window_settings(keras_call *call, int32_t n_spatial, const char *size_key, keras_window *w,
                                       mote_error *err)
{
    *w = (keras_window){.n_spatial = n_spatial};
    const mote_status status = keras_read_format(call, &w->channels_first, err);
    if (status != MOTE_OK)
        return status;
    const json_t *strides = json_object_get(call->config, "strides");
    const bool pools = strcmp(size_key, "pool_size") == 0;
    if (!read_sizes(call, n_spatial, size_key, pools ? 2 : 1, w->size) ||
        !read_sizes(call, n_spatial, "dilation_rate", 1, w->dilation))
        return keras_refuse(call, err, "%s or dilation_rate are not whole numbers", size_key);
    if (pools && (!strides || json_is_null(strides)))
        memcpy(w->stride, w->size, sizeof w->stride);
    else if (!read_sizes(call, n_spatial, "strides", 1, w->stride))
        return keras_refuse(call, err, "strides are not whole numbers");
    const char *padding = keras_text(call->config, "padding", "valid");
    const bool causal = n_spatial == 1 && strcmp(padding, "causal") == 0;
    if (!causal && strcmp(padding, "same") != 0 && strcmp(padding, "valid") != 0)
        return keras_refuse(call, err, "padding '%s' is unknown", padding);
    w->padding = strcmp(padding, "same") == 0 ? MOTE_PADDING_SAME : MOTE_PADDING_VALID;
    const int64_t ahead = (int64_t)(w->size[1] - 1) * w->dilation[1];
    if (causal && ahead > 1 << 24)
        return keras_refuse(call, err, "its window is too wide");
    w->causal = causal ? (int32_t)ahead : 0;
    return MOTE_OK;
}

int32_t keras_enter_window(keras_call *call, const keras_window *w, mote_error *err)
{
    int32_t around[MOTE_MAX_RANK][2] = {{0}};
    around[1][0] = w->causal;
    const int32_t x = keras_to_channels_last(call, call->inputs[0], w->channels_first, err);
    const int32_t padded = keras_padded(call, x, around, "Pad", err);
    return w->n_spatial == 1 ? keras_expanded(call, padded, 1, "ExpandDims", err) : padded;
}

/* The activation comes before a sequence's RESHAPE, where it can become part of the convolution. */
int32_t keras_leave_window(keras_call *call, const keras_window *w, int32_t y, mote_error *err)
{
    y = keras_activated(call, y, json_object_get(call->config, "activation"), err);
    if (y < 0)
        return -1;
    if (w->n_spatial == 1) {
        const mote_shape shape = *keras_shape(call, y);
        const int32_t dims[] = {-1, shape.dims[2], shape.dims[3]};
        y = keras_reshaped(call, y, 3, dims, "Squeeze", err);
    }
    return keras_from_channels_last(call, y, w->channels_first, err);
}
