/* IEEE half precision and bfloat16 as bit patterns, to and from float. */
#ifndef MOTE_KERNELS_HALF_H
#define MOTE_KERNELS_HALF_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline float mote_f32_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t mote_bits_from_f32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Exact. The exponent moves by a multiplication, which brings denormals along. */
static inline float mote_f32_from_f16(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t magnitude = (uint32_t)(half & 0x7FFFu) << 13;
    const uint32_t finite = mote_bits_from_f32(mote_f32_from_bits(magnitude) * 0x1p112f);
    return mote_f32_from_bits(sign | ((half & 0x7C00u) == 0x7C00u ? magnitude | 0x7F800000u : finite));
}

/* To nearest, ties to even; past 65504 infinity; NaN stays NaN. */
static inline uint16_t mote_f16_from_f32(float value)
{
    const uint32_t bits = mote_bits_from_f32(value);
    const uint32_t sign = bits >> 16 & 0x8000u;
    const uint32_t magnitude = bits & 0x7FFFFFFFu;
    uint32_t half;
    if (magnitude > 0x7F800000u) { /* NaN: quiet, its payload's top kept */
        half = 0x7E00u | (magnitude >> 13 & 0x3FFu);
    } else if (magnitude >= 0x477FF000u) { /* 65520 and up */
        half = 0x7C00u;
    } else if (magnitude < 0x38800000u) { /* below 2^-14: a denormal, rounded by the addition */
        half = mote_bits_from_f32(mote_f32_from_bits(magnitude) + 0.5f) - 0x3F000000u;
    } else {
        const uint32_t rounded = magnitude + 0x0FFFu + (magnitude >> 13 & 1u);
        half = (rounded - 0x38000000u) >> 13;
    }
    return (uint16_t)(sign | half);
}

static inline float mote_f32_from_bf16(uint16_t value)
{
    return mote_f32_from_bits((uint32_t)value << 16);
}

/* To nearest, ties to even; NaN stays NaN. */
static inline uint16_t mote_bf16_from_f32(float value)
{
    const uint32_t bits = mote_bits_from_f32(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

/* n values of half precision, or of bfloat16, to float and back. */
static inline void mote_load_halves(bool is_bfloat, const uint16_t *in, float *out, int64_t n)
{
    if (is_bfloat) {
        for (int64_t i = 0; i < n; ++i)
            out[i] = mote_f32_from_bf16(in[i]);
    } else {
        for (int64_t i = 0; i < n; ++i)
            out[i] = mote_f32_from_f16(in[i]);
    }
}

static inline void mote_store_halves(bool is_bfloat, const float *in, uint16_t *out, int64_t n)
{
    if (is_bfloat) {
        for (int64_t i = 0; i < n; ++i)
            out[i] = mote_bf16_from_f32(in[i]);
    } else {
        for (int64_t i = 0; i < n; ++i)
            out[i] = mote_f16_from_f32(in[i]);
    }
}

#endif
