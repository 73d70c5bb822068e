/* What the processor can do, as a mask; MOTE_CPU=ref|sse4|avx2|avx512|avx512vnni|amx|neon|dotprod lowers it. */
#ifndef MOTE_CPU_H
#define MOTE_CPU_H

#include <mote/api.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MOTE_CPU_SSE41 = 1 << 0,
    MOTE_CPU_AVX2 = 1 << 1, /* with FMA and F16C */
    MOTE_CPU_AVXVNNI = 1 << 2,
    MOTE_CPU_AVX512 = 1 << 3, /* F, BW, DQ, VL, CD: Skylake-X */
    MOTE_CPU_AVX512VNNI = 1 << 4,
    MOTE_CPU_AVX512BF16 = 1 << 5,
    MOTE_CPU_AMX_INT8 = 1 << 6,
    MOTE_CPU_NEON = 1 << 16,
    MOTE_CPU_DOTPROD = 1 << 17,
    MOTE_CPU_I8MM = 1 << 18,
};

/* Detected once, then lowered by the MOTE_CPU environment variable; 0 means the reference kernels only. */
MOTE_API uint32_t mote_cpu_features(void);
/* Everything the machine has, whatever MOTE_CPU says. */
MOTE_API uint32_t mote_cpu_detect(void);
/* MOTE_CPU's vocabulary to a mask; UINT32_MAX for a word it does not know. */
MOTE_API uint32_t mote_cpu_parse(const char *text);
/* "sse4.1 avx2 avx512 avx512vnni" into text; "none" for 0. Returns text. */
MOTE_API const char *mote_cpu_format(uint32_t features, char *text, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif
