/* The activations that go with a normalization and their derivatives, one value at a time. */
#ifndef MOTE_KERNELS_NORM_ACTIVATION_H
#define MOTE_KERNELS_NORM_ACTIVATION_H

#include "kernels/kernels.h"
#include "kernels/vec_math.h"

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
        return z * mote_logistic_f32(z);
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
        const float s = mote_logistic_f32(z);
        return s * (1.0f + z * (1.0f - s));
    }
    default:
        return 1.0f;
    }
}

#endif
