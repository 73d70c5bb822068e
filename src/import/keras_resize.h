#ifndef MOTE_IMPORT_KERAS_RESIZE_H
#define MOTE_IMPORT_KERAS_RESIZE_H

#include "import/keras_builder.h"
#include "import/keras_sampling.h"

/* What a layer or a function that resizes is told. */
typedef struct keras_resize {
    int32_t size[2]; /* height, width */
    keras_sampling sampling;
    bool crop, pad; /* to the size's aspect ratio before; not both */
    float fill;     /* of what is padded */
} keras_resize;

/* All but the size, from the call's arguments or the config. */
mote_status keras_read_resize(keras_call *call, keras_resize *r, mote_error *err);
/* Images [batch, height, width, channels]; -1: err. */
int32_t keras_resized(keras_call *call, int32_t x, const keras_resize *r, mote_error *err);
/* The box of `size` that begins at (top, left). */
int32_t keras_cropped(keras_call *call, int32_t x, int32_t top, int32_t left, const int32_t size[2], mote_error *err);
/* RandomCrop: the image, and what stands for it at inference; channels last. */
typedef struct keras_crop_parts {
    int32_t image, resized;
    bool channels_first; /* the layer's own order */
} keras_crop_parts;
mote_status keras_random_crop_parts(keras_call *call, keras_crop_parts *parts, mote_error *err);

#endif
