/* A window that slides over an image: where it stops, and what of it lies inside. */
#ifndef MOTE_OP_CONV_2D_WINDOW_H
#define MOTE_OP_CONV_2D_WINDOW_H

#include "op/op.h"

/* One axis. */
typedef struct mote_window_axis {
    int32_t in, out, filter, stride, dilation;
    int32_t pad; /* zeros before the first element */
} mote_window_axis;

/* Of rows, then of columns. */
typedef struct mote_window_spec {
    int32_t filter[2], stride[2], dilation[2];
    int32_t padding;             /* mote_padding */
    int32_t before[2], after[2]; /* zeros laid around the image first */
} mote_window_spec;

/* The window in the options of a convolution: of rows, then of columns. */
typedef struct mote_conv_window {
    int32_t padding; /* mote_padding */
    int32_t stride[2], dilation[2];
    /* Set by the trainer only, with VALID: rows and columns of zeros before and after the image. */
    int32_t pad_before[2], pad_after[2];
} mote_conv_window;

/* Of CONV_2D and DEPTHWISE_CONV_2D; NULL: another operator. */
mote_conv_window *mote_conv_window_of(const mote_node *node);
/* Over images [batch, rows, columns, channels] by a filter with rows and columns at 1 and 2. */
mote_status mote_conv_window_make(const mote_conv_window *window, const mote_shape *images, const mote_shape *filter,
                                  mote_window_axis *h, mote_window_axis *w, mote_error *err);

/* Fills out and pad. MOTE_SHAPE when an output would be empty, a factor is not positive, or the window reaches so far
 * that places in it are not counted in an int32_t; the axis is then as it was. */
mote_status mote_window_axis_make(mote_window_axis *axis, int32_t in, int32_t filter, int32_t stride, int32_t dilation,
                                  int32_t padding, mote_error *err);
/* Both axes of an image [batch, rows, columns, channels]. */
mote_status mote_window_make(const mote_window_spec *spec, const mote_shape *image, mote_window_axis *h,
                             mote_window_axis *w, mote_error *err);
/* The filter taps [*first, *last) that fall inside the image for an output position. */
void mote_window_taps(const mote_window_axis *axis, int32_t out, int32_t *first, int32_t *last);

#endif
