#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"

#include <assert.h>
#include <stddef.h>

/* How far a window may reach: kernels add a reach and a dilation to a place in the image, all int32_t. */
enum { MAX_REACH = 1 << 28 };

mote_status mote_window_axis_make(mote_window_axis *axis, int32_t in, int32_t filter, int32_t stride, int32_t dilation,
                                  int32_t padding, mote_error *err)
{
    if (stride < 1 || dilation < 1 || filter < 1)
        return mote_error_set(err, MOTE_SHAPE, "stride %d, dilation %d and filter %d must be at least 1", stride,
                              dilation, filter);
    const int64_t reach = ((int64_t)filter - 1) * dilation + 1;
    if (dilation > MAX_REACH || reach > MAX_REACH || in > INT32_MAX - 2 * MAX_REACH)
        return mote_error_set(err, MOTE_SHAPE, "a filter of %d (dilation %d) on an input of %d reaches too far", filter,
                              dilation, in);
    const int64_t out =
        padding == MOTE_PADDING_SAME ? ((int64_t)in + stride - 1) / stride : ((int64_t)in + stride - reach) / stride;
    if (out < 0 || (padding != MOTE_PADDING_SAME && (int64_t)in < reach && in > 0))
        return mote_error_set(err, MOTE_SHAPE, "a filter of %d (dilation %d) is larger than the input of %d", filter,
                              dilation, in);
    const int64_t missing = (out - 1) * stride + reach - in;
    *axis = (mote_window_axis){in, (int32_t)out, filter, stride, dilation, missing > 0 ? (int32_t)(missing / 2) : 0};
    return MOTE_OK;
}

static mote_status make_axis(const mote_window_spec *spec, const mote_shape *image, int i, mote_window_axis *axis,
                             mote_error *err)
{
    const int32_t in = image->dims[1 + i], before = spec->before[i], after = spec->after[i];
    if (before < 0 || after < 0 || (int64_t)in + before + after > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "zeros around the image that are negative or too many");
    const mote_status status = mote_window_axis_make(axis, in + before + after, spec->filter[i], spec->stride[i],
                                                     spec->dilation[i], spec->padding, err);
    if (status != MOTE_OK)
        return status;
    axis->in = in;
    axis->pad += before;
    return MOTE_OK;
}

mote_status mote_window_make(const mote_window_spec *spec, const mote_shape *image, mote_window_axis *h,
                             mote_window_axis *w, mote_error *err)
{
    const mote_status status = make_axis(spec, image, 0, h, err);
    return status == MOTE_OK ? make_axis(spec, image, 1, w, err) : status;
}

static_assert(offsetof(mote_conv_2d_params, window) == 0 && offsetof(mote_depthwise_conv_2d_params, window) == 0,
              "the window comes first");

mote_conv_window *mote_conv_window_of(const mote_node *node)
{
    return node->op == MOTE_OP_CONV_2D || node->op == MOTE_OP_DEPTHWISE_CONV_2D ? node->params : NULL;
}

mote_status mote_conv_window_make(const mote_conv_window *window, const mote_shape *images, const mote_shape *filter,
                                  mote_window_axis *h, mote_window_axis *w, mote_error *err)
{
    const mote_window_spec spec = {
        .filter = {filter->dims[1], filter->dims[2]},
        .stride = {window->stride[0], window->stride[1]},
        .dilation = {window->dilation[0], window->dilation[1]},
        .padding = window->padding,
        .before = {window->pad_before[0], window->pad_before[1]},
        .after = {window->pad_after[0], window->pad_after[1]},
    };
    return mote_window_make(&spec, images, h, w, err);
}

void mote_window_taps(const mote_window_axis *axis, int32_t out, int32_t *first, int32_t *last)
{
    const int64_t origin = (int64_t)out * axis->stride - axis->pad;
    *first = origin >= 0 ? 0 : (int32_t)((-origin + axis->dilation - 1) / axis->dilation);
    const int64_t room = axis->in - origin; /* taps with tap * dilation < room */
    const int64_t fit = room <= 0 ? 0 : (room + axis->dilation - 1) / axis->dilation;
    *last = fit < axis->filter ? (int32_t)fit : axis->filter;
}
