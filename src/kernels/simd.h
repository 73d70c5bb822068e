/* Set by meson.build for each instruction set that a simd_*.c file is compiled for. */
#ifndef MOTE_KERNELS_SIMD_H
#define MOTE_KERNELS_SIMD_H

#ifndef MOTE_SIMD_BYTES
#error "compiled per instruction set: see meson.build"
#endif

#define MOTE_SIMD_JOIN_(a, b) a##__##b
#define MOTE_SIMD_JOIN(a, b) MOTE_SIMD_JOIN_(a, b)
/* MOTE_SIMD(mote_f32_gemm) is mote_f32_gemm__avx2 in the avx2 library. */
#define MOTE_SIMD(name) MOTE_SIMD_JOIN(name, MOTE_SIMD_NAME)

#endif
