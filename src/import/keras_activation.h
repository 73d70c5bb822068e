/* Activations as expressions, for the layers that are activations and for functions that code calls inline. */
#ifndef MOTE_IMPORT_KERAS_ACTIVATION_H
#define MOTE_IMPORT_KERAS_ACTIVATION_H

#include "import/keras_builder.h"

/* config: the function's parameters, NULL for its defaults. */
int32_t keras_activated_by_name(keras_call *call, int32_t x, const char *name, const json_t *config, mote_error *err);
bool keras_is_activation(const char *name);

/* max from `max` on, x from `threshold` on, slope * (x - threshold) below it. */
typedef struct keras_relu_form {
    double slope, threshold, max;
    bool has_max;
} keras_relu_form;
int32_t keras_relu(keras_call *call, int32_t x, const keras_relu_form *form, mote_error *err);
int32_t keras_gelu(keras_call *call, int32_t x, bool approximate, mote_error *err);
/* Over any axis but the batch: other axes than the last are moved there and back. */
int32_t keras_softmax_over(keras_call *call, int32_t x, int64_t axis, mote_error *err);

#endif
