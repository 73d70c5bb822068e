/*
 * What layers with a sliding window share: strides, dilation and padding from the config, the way into TFLite's form
 * (images, channels last) and back out of it.
 */
#ifndef MOTE_IMPORT_KERAS_WINDOW_H
#define MOTE_IMPORT_KERAS_WINDOW_H

#include "import/keras_builder.h"

typedef struct keras_window {
    int32_t n_spatial;                       /* 1: sequences, 2: images */
    int32_t size[2], stride[2], dilation[2]; /* height, width; a sequence has height 1 */
    int32_t padding;                         /* mote_padding */
    int32_t causal;                          /* zeros in front of a sequence */
    bool channels_first;                     /* the layer's input and output are [batch, channels, …] */
} keras_window;

/* size_key: "kernel_size" or "pool_size". */
mote_status keras_read_window(keras_call *call, int32_t n_spatial, const char *size_key, keras_window *w,
                              mote_error *err);
/* The same for whatever input. */
mote_status keras_read_window_settings(keras_call *call, int32_t n_spatial, const char *size_key, keras_window *w,
                                       mote_error *err);
/* The call's input as [batch, height, width, channels]; -1: err. */
int32_t keras_enter_window(keras_call *call, const keras_window *w, mote_error *err);
/* Back from there to what the layer gives, the layer's activation applied; takes and gives -1 for failure. */
int32_t keras_leave_window(keras_call *call, const keras_window *w, int32_t y, mote_error *err);

/* "channels_first" is asked for; anything but the two known formats is refused. */
mote_status keras_read_format(const keras_call *call, bool *channels_first, mote_error *err);
/* The same, and the input has n_spatial dimensions between batch and channels. */
mote_status keras_read_image(keras_call *call, int32_t n_spatial, bool *channels_first, mote_error *err);
/* [batch, channels, …] to [batch, …, channels] and back; x itself where channels are last already. */
int32_t keras_to_channels_last(keras_call *call, int32_t x, bool channels_first, mote_error *err);
int32_t keras_from_channels_last(keras_call *call, int32_t x, bool channels_first, mote_error *err);

/* CONV_2D of images with channels last; takes and gives -1 for failure. */
int32_t keras_convolved(keras_call *call, const keras_window *w, int32_t x, int32_t filter, int32_t bias,
                        mote_error *err);
/* The layer's bias, or zeros where use_bias is false. */
int32_t keras_take_bias(keras_call *call, int32_t n, mote_error *err);

#endif
