/*
 * Into which parts TensorFlow's converter cuts a product of floats while it calibrates. Its convolutions are Eigen's
 * contractions on a pool of four threads, whatever the machine: a model of what the work costs says how many of them
 * are used, and whether they share the places, the filters or k. A dense layer's product, and one of little work, is
 * made by one thread. Where k is cut, the sums of its parts are added in the end, so the cuts show in the last bits.
 */
#ifndef MOTE_OP_CONV_2D_CONV_PARTS_H
#define MOTE_OP_CONV_2D_CONV_PARTS_H

#include "op/conv_2d/conv_order.h"

typedef struct mote_conv_parts {
    int64_t block;   /* of k, one for each thread; all of k but where threads share it */
    int64_t part;    /* of a block: what lies in the first-level cache at a time */
    int64_t columns; /* filters that are walked from the first to the last before others are */
} mote_conv_parts;

mote_conv_parts mote_conv_parts_of(const mote_conv_order *order, int64_t k);

/* The processor whose converter's bits these are: bytes of a core's caches. In a file of its own, so that tests/peers
 * can put those of the machine they run on in its place. */
typedef struct mote_conv_caches {
    int64_t first, second;
} mote_conv_caches;

mote_conv_caches mote_conv_caches_of_converter(void);

#endif
