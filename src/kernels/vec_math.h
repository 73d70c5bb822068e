/*
 * exp and what is made of it in a form that the compiler turns into vector code: no calls, no tables, no
 * branches. Errors are against the exact value, measured over every float (tests/unit/test_vec_math.c over a
 * dense sample).
 */
#ifndef MOTE_KERNELS_VEC_MATH_H
#define MOTE_KERNELS_VEC_MATH_H

#include "kernels/half.h"

/*
 * e^x within 1 ulp where round(x / ln 2) lies in [-125, most], most <= 128; finite or infinite, never a denormal,
 * elsewhere: denormals are slow even in lanes that a select then drops.
 * x = n ln 2 + r, |r| <= ln 2 / 2: e^r by a polynomial, 2^n by the exponent's bits. ln 2 comes in two parts so
 * that n * high is exact.
 */
static inline float mote_exp_within_f32(float x, int32_t most)
{
    const float magic = 0x1.8p23f; /* adding it rounds to an integer, which sits in the low bits */
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
    /* 2^n in two steps, since n reaches 128 */
    int32_t exponent = (int32_t)(mote_bits_from_f32(shifted) - 0x4B400000u);
    exponent = exponent < -125 ? -125 : exponent > most ? most : exponent;
    const int32_t half = exponent >> 1;
    const float scale_a = mote_f32_from_bits((uint32_t)(half + 127) << 23);
    const float scale_b = mote_f32_from_bits((uint32_t)(exponent - half + 127) << 23);
    return p * scale_a * scale_b;
}

/* e^x within 1 ulp; 0 below -86.6 (no denormals), +infinity above 88.72; NaN stays NaN. */
static inline float mote_exp_f32(float x)
{
    const float result = mote_exp_within_f32(x, 128);
    return x < -86.6f ? 0.0f : x > 88.722839f ? __builtin_inff() : result;
}

/* 1 / (1 + e^-x) within 2.5 ulp; 0 below -86.6. */
static inline float mote_logistic_f32(float x)
{
    const float quotient = 1.0f / (1.0f + mote_exp_within_f32(-x, 125));
    return x < -86.6f ? 0.0f : x > 86.6f ? 1.0f : quotient;
}

/* tanh(x) within 1.5 ulp: near 0 an odd polynomial, else 1 - 2 / (e^2|x| + 1) with x's sign. */
static inline float mote_tanh_f32(float x)
{
    const float a = __builtin_fabsf(x);
    const float s = x * x;
    float p = -5.70498872745e-3f;
    p = p * s + 2.06390887954e-2f;
    p = p * s - 5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s - 3.33332819422e-1f;
    const float near = p * s * x + x;
    const float far = __builtin_copysignf(1.0f - 2.0f / (mote_exp_f32(2.0f * a) + 1.0f), x);
    return a < 0.625f ? near : x != x ? x : far;
}

/*
 * x Φ(x), Φ the normal distribution, within 2e-7 times the larger of 1 and |x|. Φ comes from erfc(z) = t e^(p(t) - z²),
 * t = 1 / (1 + z/2), with p fitted to 4e-8 over z in [0, 9.3].
 */
static inline float mote_gelu_f32(float x)
{
    const float far = __builtin_fabsf(x) * 0.70710678f;
    const float z = far > 9.0f ? 9.0f : far;
    const float t = 1.0f / (1.0f + 0.5f * z);
    float p = 0.136296735f;
    p = p * t - 0.633561919f;
    p = p * t + 1.0449075f;
    p = p * t - 0.54659834f;
    p = p * t - 0.20474712f;
    p = p * t + 0.0677680629f;
    p = p * t + 0.0118551655f;
    p = p * t + 0.391428355f;
    p = p * t + 0.998071785f;
    p = p * t - 1.26542018f;
    const float tail = 0.5f * t * mote_exp_f32(p - z * z);
    /* infinities: 0 * infinity must not come up */
    return x < -15.0f ? 0.0f : x > 15.0f ? x : x * (x < 0.0f ? tail : 1.0f - tail);
}

#endif
