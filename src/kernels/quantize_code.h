/* One float to one int8 code. */
#ifndef MOTE_KERNELS_QUANTIZE_CODE_H
#define MOTE_KERNELS_QUANTIZE_CODE_H

#include <stdint.h>

/* steps + 1/2 without its fraction (away from zero, the sum in float as in TFLite: what lies just below 1/2 gives 1),
 * plus zero; what lies outside [low, 127] (and NaN) goes to an end. zero is a code. */
static inline int8_t mote_code_of(float steps, int32_t zero, int32_t low)
{
    steps = steps > -400.0F ? steps : -400.0F; /* past both ends, whatever the zero point */
    steps = steps < 400.0F ? steps : 400.0F;
    const int32_t code = zero + (int32_t)(steps + __builtin_copysignf(0.5F, steps));
    const int32_t high = code > 127 ? 127 : code;
    return (int8_t)(high < low ? low : high);
}

#endif
