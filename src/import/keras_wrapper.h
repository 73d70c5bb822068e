/* Layers and models that are called once for each step of a sequence. */
#ifndef MOTE_IMPORT_KERAS_WRAPPER_H
#define MOTE_IMPORT_KERAS_WRAPPER_H

#include "import/keras_builder.h"

/* The steps of n tensors [batch, steps, …] become part of the batch. *steps: how many they are. */
mote_status keras_enter_steps(keras_call *call, int32_t n, int32_t *tensors, int32_t *steps, mote_error *err);
/* They become a dimension of the call's outputs again; the first has the call's mask. */
mote_status keras_leave_steps(keras_call *call, int32_t steps, mote_error *err);

#endif
