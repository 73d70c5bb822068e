/* How long a network takes: the same random inputs every time, one invocation after another, by the clock. */
#ifndef MOTE_BENCHMARK_H
#define MOTE_BENCHMARK_H

#include <mote/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_benchmark mote_benchmark;

typedef struct mote_latency {
    int64_t n;                             /* invocations measured */
    double mean_ms, std_ms;                /* of the n */
    double min_ms, p50_ms, p90_ms, p99_ms; /* linear between neighbours */
} mote_latency;

/* The runtime is borrowed, and must be allocated. Draws its inputs (floats in [0, 1), quantized values anywhere in
 * their type, zeros where a number may be an index), the same in every process. MOTE_UNSUPPORTED: an input has no fixed
 * size. */
MOTE_API mote_status mote_benchmark_new(mote_benchmark **benchmark, mote_runtime *runtime,
                                        const mote_allocator *allocator, mote_error *err);
MOTE_API void mote_benchmark_free(mote_benchmark *benchmark); /* NULL is fine */
/* Runs n times without measuring. */
MOTE_API mote_status mote_benchmark_warm_up(mote_benchmark *benchmark, int64_t n, mote_error *err);
/* Runs n times, and keeps the times with those before: several networks are compared best by turns. */
MOTE_API mote_status mote_benchmark_measure(mote_benchmark *benchmark, int64_t n, mote_error *err);
/* Of everything measured so far; all 0 for nothing. */
MOTE_API mote_latency mote_benchmark_latency(mote_benchmark *benchmark);

#ifdef __cplusplus
}
#endif
#endif
