/* Loops between floats and codes that QUANTIZE, DEQUANTIZE and CAST share. */
#ifndef MOTE_OP_QUANTIZE_QUANTIZE_LOOPS_H
#define MOTE_OP_QUANTIZE_QUANTIZE_LOOPS_H

#include "kernels/fixed_point.h"
#include "op/op.h"

/* round(x) with ties away from zero for |x| < 2^22, in a form that becomes vector code. NaN is not allowed. */
static inline int32_t mote_round_away_i32(float x)
{
    return (int32_t)(x + copysignf(0x1.fffffep-2f, x)); /* the float before 0.5: 0.49999997 must not reach 1 */
}

/* out[i] = clamp(round(in[i] / scale) + zero), i in [0, n): codes of an 8 or 16-bit type. NaN gives the lowest. */
void mote_quantize_f32(const float *in, float scale, int32_t zero, mote_dtype dtype, void *out, int64_t n);
/* out[i] = scale * (in[i] - zero) for codes of 8 to 32 bits, and 4- and 2-bit ones from element `begin` on (then `in`
 * is the start of the tensor). */
void mote_dequantize_f32(const void *in, int64_t begin, mote_dtype dtype, float scale, int32_t zero, float *out,
                         int64_t n);
/* Element i of a tensor of 2- or 4-bit codes, the first in the low bits. */
int32_t mote_unpack_code(const uint8_t *packed, mote_dtype dtype, int64_t i);

#endif
