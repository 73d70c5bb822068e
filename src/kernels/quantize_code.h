/* One float to one int8 code. */
#ifndef MOTE_KERNELS_QUANTIZE_CODE_H
#define MOTE_KERNELS_QUANTIZE_CODE_H

#include <stdint.h>

/* Rounds half away from zero, exactly, without a call; what lies outside [low, 127] (and NaN) goes to an end. */
static inline int8_t mote_code_of(float value, int32_t low)
{
    value = value > -200.0F ? value : -200.0F;
    value = value < 200.0F ? value : 200.0F;
    const int32_t whole = (int32_t)value;
    const float rest = value - (float)whole;                /* exact, in (-1, 1) */
    const int32_t rounded = whole + (int32_t)(rest + rest); /* truncates: 1 from a half on */
    const int32_t high = rounded > 127 ? 127 : rounded;
    return (int8_t)(high < low ? low : high);
}

#endif
