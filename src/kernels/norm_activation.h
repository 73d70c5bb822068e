/* The activations that go with a normalization and their derivatives, one value at a time. */
#ifndef MOTE_KERNELS_NORM_ACTIVATION_H
#define MOTE_KERNELS_NORM_ACTIVATION_H

#include "kernels/kernels.h"
#include "kernels/vec_math.h"

/*
 * 1 / (1 + e^-z) within 3 ulp for |z| <= 86 and constant beyond: as mote_logistic_f32, but e^-z stays far from the ends
 * of its range, so that one step puts in 2^n. NaN gives some number: callers multiply by z.
 */
static inline float mote_norm_logistic(float z)
{
    const float magic = 0x1.8p23f;
    float x = -z;
    x = x < -86.0f ? -86.0f : x;
    x = x > 86.0f ? 86.0f : x;
    const float shifted = x * 1.44269504f + magic;
    const float n = shifted - magic;
    const float r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    const float e = mote_f32_from_bits(mote_bits_from_f32(p) + (mote_bits_from_f32(shifted) << 23));
    return 1.0f / (1.0f + e);
}

static inline float mote_norm_activate(int32_t activation, float z)
{
    switch (activation) {
    case MOTE_NORM_RELU:
        return z > 0.0f ? z : 0.0f;
    case MOTE_NORM_RELU6:
        return z > 6.0f ? 6.0f : z > 0.0f ? z : 0.0f;
    case MOTE_NORM_HARD_SWISH: {
        const float t = z + 3.0f;
        return z * (t > 6.0f ? 6.0f : t > 0.0f ? t : 0.0f) / 6.0f;
    }
    case MOTE_NORM_SWISH:
        return z * mote_norm_logistic(z);
    default:
        return z;
    }
}

/* At a kink the derivative is that of TensorFlow: 0 at RELU's 0 and RELU6's 0 and 6. */
static inline float mote_norm_derivative(int32_t activation, float z)
{
    switch (activation) {
    case MOTE_NORM_RELU:
        return z > 0.0f ? 1.0f : 0.0f;
    case MOTE_NORM_RELU6:
        return z > 0.0f && z < 6.0f ? 1.0f : 0.0f;
    case MOTE_NORM_HARD_SWISH:
        return z <= -3.0f ? 0.0f : z >= 3.0f ? 1.0f : (2.0f * z + 3.0f) / 6.0f;
    case MOTE_NORM_SWISH: {
        const float s = mote_norm_logistic(z);
        return s * (1.0f + z * (1.0f - s));
    }
    default:
        return 1.0f;
    }
}

#endif
