#include <mote/cpu.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

typedef struct feature_row {
    const char *name;
    uint32_t bit;
    uint32_t level; /* what MOTE_CPU=name keeps: this and everything weaker */
} feature_row;

enum {
    LEVEL_SSE4 = MOTE_CPU_SSE41,
    LEVEL_AVX2 = LEVEL_SSE4 | MOTE_CPU_AVX2,
    LEVEL_AVXVNNI = LEVEL_AVX2 | MOTE_CPU_AVXVNNI,
    LEVEL_AVX512 = LEVEL_AVX2 | MOTE_CPU_AVX512,
    LEVEL_VNNI = LEVEL_AVX512 | MOTE_CPU_AVX512VNNI,
    LEVEL_BF16 = LEVEL_VNNI | MOTE_CPU_AVX512BF16,
    LEVEL_AMX = LEVEL_BF16 | MOTE_CPU_AMX_INT8,
    LEVEL_NEON = MOTE_CPU_NEON,
    LEVEL_DOTPROD = LEVEL_NEON | MOTE_CPU_DOTPROD,
    LEVEL_I8MM = LEVEL_DOTPROD | MOTE_CPU_I8MM,
};

static const feature_row FEATURES[] = {
    {"sse4", MOTE_CPU_SSE41, LEVEL_SSE4},
    {"avx2", MOTE_CPU_AVX2, LEVEL_AVX2},
    {"avxvnni", MOTE_CPU_AVXVNNI, LEVEL_AVXVNNI},
    {"avx512", MOTE_CPU_AVX512, LEVEL_AVX512},
    {"avx512vnni", MOTE_CPU_AVX512VNNI, LEVEL_VNNI},
    {"avx512bf16", MOTE_CPU_AVX512BF16, LEVEL_BF16},
    {"amx", MOTE_CPU_AMX_INT8, LEVEL_AMX},
    {"neon", MOTE_CPU_NEON, LEVEL_NEON},
    {"dotprod", MOTE_CPU_DOTPROD, LEVEL_DOTPROD},
    {"i8mm", MOTE_CPU_I8MM, LEVEL_I8MM},
};
enum { N_FEATURES = sizeof FEATURES / sizeof FEATURES[0] };

#if defined(__x86_64__)
static uint64_t enabled_states(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* AMX tile memory is off until the process asks Linux for it. */
static bool amx_permitted(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

uint32_t mote_cpu_detect(void)
{
    enum { STATE_AVX = 0x6, STATE_AVX512 = 0xe6, STATE_AMX = 0x60000 };
    uint32_t a, b, c, d, features = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    const uint32_t basic = c;
    if (basic & bit_SSE4_1)
        features |= MOTE_CPU_SSE41;
    if (!(basic & bit_OSXSAVE))
        return features;
    const uint64_t states = enabled_states();
    if ((states & STATE_AVX) != STATE_AVX || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return features;
    const uint32_t seven_b = b, seven_c = c, seven_d = d;
    if (!(seven_b & bit_AVX2) || !(basic & bit_FMA) || !(basic & bit_F16C))
        return features;
    features |= MOTE_CPU_AVX2;
    uint32_t one_a = 0;
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d))
        one_a = a;
    if (one_a & 1u << 4)
        features |= MOTE_CPU_AVXVNNI;
    const uint32_t skylake = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL | bit_AVX512CD;
    if ((states & STATE_AVX512) != STATE_AVX512 || (seven_b & skylake) != skylake)
        return features;
    features |= MOTE_CPU_AVX512;
    if (seven_c & bit_AVX512VNNI)
        features |= MOTE_CPU_AVX512VNNI;
    if (one_a & 1u << 5)
        features |= MOTE_CPU_AVX512BF16;
    if ((seven_d & 3u << 24) == 3u << 24 && (states & STATE_AMX) == STATE_AMX && amx_permitted())
        features |= MOTE_CPU_AMX_INT8;
    return features;
}
#elif defined(__aarch64__) && defined(__linux__)
uint32_t mote_cpu_detect(void)
{
    enum { CAP_ASIMDDP = 1 << 20, CAP2_I8MM = 1 << 13 };
    uint32_t features = MOTE_CPU_NEON;
    if (getauxval(AT_HWCAP) & CAP_ASIMDDP)
        features |= MOTE_CPU_DOTPROD;
    if (getauxval(AT_HWCAP2) & CAP2_I8MM)
        features |= MOTE_CPU_I8MM;
    return features;
}
#else
uint32_t mote_cpu_detect(void)
{
    return 0;
}
#endif

uint32_t mote_cpu_parse(const char *text)
{
    if (strcmp(text, "ref") == 0)
        return 0;
    for (int i = 0; i < N_FEATURES; i++)
        if (strcmp(text, FEATURES[i].name) == 0)
            return FEATURES[i].level;
    return UINT32_MAX;
}

uint32_t mote_cpu_features(void)
{
    const char *mask = getenv("MOTE_CPU");
    const uint32_t all = mote_cpu_detect();
    return mask && *mask ? all & mote_cpu_parse(mask) : all;
}

const char *mote_cpu_format(uint32_t features, char *text, size_t n_bytes)
{
    size_t at = 0;
    snprintf(text, n_bytes, "none");
    for (int i = 0; i < N_FEATURES; i++)
        if (features & FEATURES[i].bit && at < n_bytes) {
            const int n = snprintf(text + at, n_bytes - at, "%s%s", at ? " " : "", FEATURES[i].name);
            at += n > 0 ? (size_t)n : 0;
        }
    return text;
}
