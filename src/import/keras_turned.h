/*
 * Tensors with another dimension before the batch. Code takes queries, keys and values apart by them: a transpose to
 * [3, batch, …], then x[0], x[1], x[2]. A graph has the batch first always; so such a tensor is only noted, and what is
 * taken of it comes from where it was made. Everything else that reads one is refused.
 */
#ifndef MOTE_IMPORT_KERAS_TURNED_H
#define MOTE_IMPORT_KERAS_TURNED_H

#include "import/keras_builder.h"

struct keras_turned {
    int32_t tensor, from;
    int32_t order[MOTE_MAX_RANK]; /* of the transpose; order[1] is 0 */
};

/* NULL: the tensor has its batch first. */
const keras_turned *keras_turned_of(const keras_builder *builder, int32_t tensor);
/* The call's output: x transposed by an order that puts the batch second. */
mote_status keras_turn(keras_call *call, int32_t x, const int32_t *order, mote_error *err);
/* Element k of the dimension before the batch, which is then first; -1: err. */
int32_t keras_turned_element(keras_call *call, const keras_turned *turned, int32_t k, mote_error *err);
/* Refuses a call that reads one and does not take it apart. */
mote_status keras_refuse_turned(const keras_call *call, mote_error *err);

#endif
