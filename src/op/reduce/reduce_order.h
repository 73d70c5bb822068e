/*
 * Float sums in the order of TensorFlow's converter while it calibrates: one after another, but for a MEAN over the
 * last dimensions, which is Eigen's sum of a column, built for AVX. Ranges then have its bits.
 */
#ifndef MOTE_OP_REDUCE_REDUCE_ORDER_H
#define MOTE_OP_REDUCE_REDUCE_ORDER_H

#include "op/reduce/reduce_loops.h"

/* For SUM and MEAN of floats; over_tail: what is folded lies in one piece. NULL for other operators. */
const mote_reduce_loops *mote_reduce_in_order(mote_op op, bool over_tail);

#endif
