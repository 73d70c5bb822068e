/* The order in which Keras lists the weights of a model that is a layer. */
#ifndef MOTE_IMPORT_KERAS_WEIGHT_ORDER_H
#define MOTE_IMPORT_KERAS_WEIGHT_ORDER_H

#include "import/keras_tree.h"

/* Gives n weights, listed as Keras of that major version lists those of `owner`, to the layers inside of it. *fits
 * false, and nothing given: a layer's class is unknown, or the classes' weights are not n in number. */
mote_status keras_deal_by_order(keras_layer *owner, const keras_weight *pool, int32_t n, int keras_major,
                                mote_arena *arena, bool *fits, mote_error *err);

#endif
