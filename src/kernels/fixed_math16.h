/* Logistic and hyperbolic tangent on 16-bit fixed point, as the integer LSTM of TFLite's reference kernels has them,
 * bit for bit. */
#ifndef MOTE_KERNELS_FIXED_MATH16_H
#define MOTE_KERNELS_FIXED_MATH16_H

#include <stdint.h>

/* 1 / (1 + exp(-x)) in Q0.15 for x in Q3.12. */
int16_t mote_fixed16_logistic(int16_t x);
/* tanh(x) in Q0.15 for x in Q<integer_bits>; integer_bits in [0, 4]. */
int16_t mote_fixed16_tanh(int16_t x, int32_t integer_bits);

#endif
