#ifndef MOTE_IMPORT_KERAS_RESIZE_H
#define MOTE_IMPORT_KERAS_RESIZE_H

#include "import/keras_builder.h"

/* Images [batch, height, width, channels] to size; method "bilinear" or "nearest". -1: err. */
int32_t keras_resized(keras_call *call, int32_t x, const int32_t size[2], const char *method, mote_error *err);
/* RandomCrop: the image, and what stands for it at inference; channels last. */
typedef struct keras_crop_parts {
    int32_t image, resized;
    bool channels_first; /* the layer's own order */
} keras_crop_parts;
mote_status keras_random_crop_parts(keras_call *call, keras_crop_parts *parts, mote_error *err);

#endif
