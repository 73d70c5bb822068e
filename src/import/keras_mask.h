/*
 * Masks: which steps of a sequence count. Masking and Embedding(mask_zero) make one, bool [batch, steps]; it belongs to
 * a tensor, and goes on from layer to layer as keras_layer_list.inc says.
 */
#ifndef MOTE_IMPORT_KERAS_MASK_H
#define MOTE_IMPORT_KERAS_MASK_H

#include "import/keras_builder.h"

/* MOTE_NO_TENSOR: every step counts. */
int32_t keras_mask_of(const keras_call *call, int32_t tensor);
/* mask MOTE_NO_TENSOR: the tensor has none. */
mote_status keras_set_mask(keras_call *call, int32_t tensor, int32_t mask, mote_error *err);
/* Whether an argument is `mask`: no input of the call. */
bool keras_arg_is_mask(const keras_arg *arg);
/* Whether the call gives masks by name: one, or a list or a dict with one for each input. */
bool keras_has_mask(const keras_call *call);
/* The one of them for input `place`, as it was given; MOTE_NO_TENSOR: none. */
int32_t keras_given_mask(const keras_call *call, int32_t place);
/* The mask of the call's input `place`, which is the tensor `input`: its own unless the call gives masks by name; bool
 * [batch, steps] or MOTE_NO_TENSOR. The call's result stays as it is. */
mote_status keras_input_mask(const keras_call *call, int32_t place, int32_t input, int32_t *mask, mote_error *err);
/* That of the call's first input. */
mote_status keras_call_mask(const keras_call *call, int32_t *mask, mote_error *err);
/* The one that the output has where it keeps that of its first input. */
mote_status keras_output_mask(const keras_call *call, int32_t *mask, mote_error *err);
/* Those of all inputs as one, for the output y of a layer that merges them: a step counts when it does in every input
 * that has a mask; `either`: when it does in one, and only if all have masks. */
mote_status keras_merge_masks(keras_call *call, int32_t y, bool either, mote_error *err);
/* The mask as 0 and 1 with another dimension behind: [batch, steps, 1] float. */
int32_t keras_mask_factor(keras_call *call, int32_t mask, mote_error *err);
/* x [batch, steps, features] with zeros in the steps that do not count: Keras 2 multiplies by the factor, Keras 3
 * chooses, so that what is no number there does not go on. */
int32_t keras_clear_masked(keras_call *call, int32_t x, int32_t mask, mote_error *err);

#endif
