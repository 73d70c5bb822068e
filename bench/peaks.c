#include "peaks.h"

#include <mote/clock.h>
#include <mote/cpu.h>

#include <string.h>

/* 12 sums hide the latency of two multiply-adds a cycle and leave registers to spare, in 16 as in 32. */
enum { SUMS = 12, ROUNDS = 1 << 20, RUNS = 20, ARRAY_BYTES = 128 << 20, BLOCK_FLOATS = 1 << 16 };

/* --- multiply-adds; meson.build lets the compiler fuse them --- */

typedef float vec_16 __attribute__((vector_size(16)));
typedef float vec_32 __attribute__((vector_size(32)));
typedef float vec_64 __attribute__((vector_size(64)));

/* ROUNDS times SUMS multiply-adds of a vector, the body of a function of `factor`: each function below is compiled for
 * other instructions. The result depends on all sums, so that none is left out. */
#define MULTIPLY_ADDS(vec)                                                                                             \
    vec sum[SUMS];                                                                                                     \
    const vec by = factor - (vec){0}, plus = 0.5f - (vec){0};                                                          \
    for (int i = 0; i < SUMS; i++)                                                                                     \
        sum[i] = (float)i - (vec){0};                                                                                  \
    for (int64_t round = 0; round < ROUNDS; round++)                                                                   \
        _Pragma("GCC unroll 12") for (int i = 0; i < SUMS; i++) sum[i] = sum[i] * by + plus;                           \
    for (int i = 1; i < SUMS; i++)                                                                                     \
        sum[0] += sum[i];                                                                                              \
    return sum[0][0]

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static float multiply_adds_64(float factor)
{
    MULTIPLY_ADDS(vec_64);
}

__attribute__((target("avx2,fma"))) static float multiply_adds_32(float factor)
{
    MULTIPLY_ADDS(vec_32);
}
#endif

static float multiply_adds_16(float factor)
{
    MULTIPLY_ADDS(vec_16);
}

typedef struct burn_job {
    float (*fn)(float factor);
    float *results; /* per thread */
} burn_job;

static void burn(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const burn_job *job = arg;
    for (int64_t i = begin; i < end; i++)
        job->results[thread * 16] += job->fn(0.5f);
}

static double measure_gflops(mote_pool *pool, float *results)
{
    burn_job job = {multiply_adds_16, results};
    double lanes = 4;
#if defined(__x86_64__)
    if (mote_cpu_features() & MOTE_CPU_AVX512) {
        job.fn = multiply_adds_64;
        lanes = 16;
    } else if (mote_cpu_features() & MOTE_CPU_AVX2) {
        job.fn = multiply_adds_32;
        lanes = 8;
    }
#endif
    const int64_t calls = mote_pool_n_threads(pool);
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        const int64_t begin_ns = mote_clock_ns();
        mote_pool_for(pool, calls, 1, burn, &job);
        const double gflops = 2 * lanes * SUMS * (double)ROUNDS * (double)calls / (double)(mote_clock_ns() - begin_ns);
        best = gflops > best ? gflops : best;
    }
    return best;
}

/* --- memory --- */

typedef struct stream_job {
    float *from, *to; /* to NULL: read only */
    float *results;
} stream_job;

static float sum_of(const float *x)
{
    enum { LANES = 64 };
    float sum[LANES] = {0};
    for (int64_t i = 0; i < BLOCK_FLOATS; i += LANES)
        for (int64_t j = 0; j < LANES; j++)
            sum[j] += x[i + j];
    return sum[0];
}

static void stream(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const stream_job *job = arg;
    for (int64_t block = begin; block < end; block++) {
        if (job->to)
            memcpy(job->to + block * BLOCK_FLOATS, job->from + block * BLOCK_FLOATS, BLOCK_FLOATS * sizeof(float));
        else
            job->results[thread * 16] += sum_of(job->from + block * BLOCK_FLOATS);
    }
}

static double measure_gbytes(mote_pool *pool, float *from, float *to, float *results)
{
    stream_job job = {from, to, results};
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        const int64_t begin_ns = mote_clock_ns();
        mote_pool_for(pool, ARRAY_BYTES / (BLOCK_FLOATS * (int64_t)sizeof(float)), 1, stream, &job);
        const double gbytes = (to ? 2.0 : 1.0) * ARRAY_BYTES / (double)(mote_clock_ns() - begin_ns);
        best = gbytes > best ? gbytes : best;
    }
    return best;
}

bench_peaks bench_peaks_measure(mote_pool *pool)
{
    bench_peaks peaks = {0};
    float *results = mote_calloc(NULL, (size_t)mote_pool_n_threads(pool) * 16, sizeof *results);
    float *from = mote_alloc(NULL, ARRAY_BYTES), *to = mote_alloc(NULL, ARRAY_BYTES);
    if (results && from && to) {
        memset(from, 0, ARRAY_BYTES);
        memset(to, 0, ARRAY_BYTES);
        peaks.gflops = measure_gflops(pool, results);
        const double reading = measure_gbytes(pool, from, NULL, results);
        const double copying = measure_gbytes(pool, from, to, results);
        peaks.gbytes = reading > copying ? reading : copying;
    }
    mote_free(NULL, results);
    mote_free(NULL, from);
    mote_free(NULL, to);
    return peaks;
}
