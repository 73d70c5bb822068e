/*
 * The reciprocal root that TensorFlow's converter folds batch normalization with, to the bit, so that folded filters
 * quantize to the same codes. Its constant folding runs Eigen: whole vectors of eight take the processor's 12-bit
 * approximation and one Newton step, what is left over 1 / sqrt in float.
 */
#ifndef MOTE_PASS_FOLD_RSQRT_H
#define MOTE_PASS_FOLD_RSQRT_H

#include <stdint.h>

/* to[i] = 1 / sqrt(from[i]), for n values that are folded together; in place is fine. */
void mote_fold_rsqrt(const float *from, float *to, int32_t n);

/* The processor's approximation of 1 / sqrt(x), x a normal positive number. */
float mote_rsqrt_guess(float x);

#endif
