#ifndef MOTE_KERNELS_SIMD_H
#define MOTE_KERNELS_SIMD_H

/* meson.build sets these for each instruction set that a simd_*.c file is compiled for. A tool that looks at one file
 * alone sees the weakest set. */
#ifndef MOTE_SIMD_BYTES
#define MOTE_SIMD_NAME  sse4
#define MOTE_SIMD_BYTES 16
#define MOTE_SIMD_ROWS  4
#endif

#include <stdint.h>

#define MOTE_SIMD_JOIN_(a, b) a##__##b
#define MOTE_SIMD_JOIN(a, b)  MOTE_SIMD_JOIN_(a, b)
/* MOTE_SIMD(mote_f32_gemm) is mote_f32_gemm__avx2 in the avx2 library. */
#define MOTE_SIMD(name) MOTE_SIMD_JOIN(name, MOTE_SIMD_NAME)

typedef float mote_vec_f32 __attribute__((vector_size(MOTE_SIMD_BYTES)));
typedef int32_t mote_vec_i32 __attribute__((vector_size(MOTE_SIMD_BYTES)));

/* Each lane limited to [low, high]; NaN stays NaN, as with two comparisons on a scalar. */
static inline mote_vec_f32 mote_vec_clamp(mote_vec_f32 v, float low, float high)
{
    const mote_vec_f32 l = low - (mote_vec_f32){0}, h = high - (mote_vec_f32){0};
    const mote_vec_i32 below = v < l;
    v = (mote_vec_f32)((below & (mote_vec_i32)l) | (~below & (mote_vec_i32)v));
    const mote_vec_i32 above = v > h;
    return (mote_vec_f32)((above & (mote_vec_i32)h) | (~above & (mote_vec_i32)v));
}

#endif
