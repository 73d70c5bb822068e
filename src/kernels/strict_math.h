/*
 * exp and the logistic function to the bits that TFLite's reference kernels give with GNU's C library, for networks
 * whose floats become codes on the way: there a last bit moves a whole code. Loops over them vectorize; compiled
 * without fused multiply-add they give the same bits on every processor.
 */
#ifndef MOTE_KERNELS_STRICT_MATH_H
#define MOTE_KERNELS_STRICT_MATH_H

#include <stdint.h>
#include <string.h>

static inline double mote_f64_from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t mote_bits_from_f64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Bits of 2^(i/32) less i << 47, so that adding (32 n + i) << 47 leaves n in the exponent */
static const uint64_t mote_exp_roots[32] = {
    UINT64_C(0x3FF0000000000000), UINT64_C(0x3FEFD9B0D3158574), UINT64_C(0x3FEFB5586CF9890F),
    UINT64_C(0x3FEF9301D0125B51), UINT64_C(0x3FEF72B83C7D517B), UINT64_C(0x3FEF54873168B9AA),
    UINT64_C(0x3FEF387A6E756238), UINT64_C(0x3FEF1E9DF51FDEE1), UINT64_C(0x3FEF06FE0A31B715),
    UINT64_C(0x3FEEF1A7373AA9CB), UINT64_C(0x3FEEDEA64C123422), UINT64_C(0x3FEECE086061892D),
    UINT64_C(0x3FEEBFDAD5362A27), UINT64_C(0x3FEEB42B569D4F82), UINT64_C(0x3FEEAB07DD485429),
    UINT64_C(0x3FEEA47EB03A5585), UINT64_C(0x3FEEA09E667F3BCD), UINT64_C(0x3FEE9F75E8EC5F74),
    UINT64_C(0x3FEEA11473EB0187), UINT64_C(0x3FEEA589994CCE13), UINT64_C(0x3FEEACE5422AA0DB),
    UINT64_C(0x3FEEB737B0CDC5E5), UINT64_C(0x3FEEC49182A3F090), UINT64_C(0x3FEED503B23E255D),
    UINT64_C(0x3FEEE89F995AD3AD), UINT64_C(0x3FEEFF76F2FB5E47), UINT64_C(0x3FEF199BDD85529C),
    UINT64_C(0x3FEF3720DCEF9069), UINT64_C(0x3FEF5818DCFBA487), UINT64_C(0x3FEF7C97337B9B5F),
    UINT64_C(0x3FEFA4AFA2A490DA), UINT64_C(0x3FEFD0765B6E4540),
};

/*
 * e^x for x in [-110, 88.7], as expf of Arm's optimized routines, which GNU's C library has: x = (32 n + i + r) ln 2 /
 * 32 with |r| <= 1/2, a polynomial for 2^(r/32) in double, rounded once to float. Of all floats of that range two
 * differ from what a processor with fused multiply-add gives there.
 */
static inline float mote_exp_strict_f32(float x)
{
    const double magic = 0x1.8p52; /* adding it rounds to an integer, which sits in the low bits */
    const double z = 0x1.71547652b82fep+5 * (double)x;
    const double shifted = z + magic;
    const double r = z - (shifted - magic);
    const uint64_t k = mote_bits_from_f64(shifted);
    const double scale = mote_f64_from_bits(mote_exp_roots[k % 32] + (k << 47));
    const double p = (0x1.c6af84b912394p-20 * r + 0x1.ebfce50fac4f3p-13) * (r * r) + (0x1.62e42ff0c52d6p-6 * r + 1.0);
    return (float)(p * scale);
}

/* 1 / (1 + e^-x); e^x below -9, and 1 above 16.62, as the reference has it. */
static inline float mote_logistic_strict_f32(float x)
{
    const float near = x > 20.0f ? -20.0f : -x; /* in three steps: then the loop has no branch */
    const float far = x < -110.0f ? -110.0f : x;
    const float e = mote_exp_strict_f32(x < -9.0f ? far : near);
    const float quotient = 1.0f / (1.0f + e);
    const float high = x > 16.619047164916992188f ? 1.0f : quotient;
    return x < -9.0f ? e : high;
}

#endif
