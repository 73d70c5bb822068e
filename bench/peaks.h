/* What this machine can do at most, measured: the roofs of a roofline. */
#ifndef MOTE_BENCH_PEAKS_H
#define MOTE_BENCH_PEAKS_H

#include <mote/thread.h>

typedef struct bench_peaks {
    double gflops; /* multiply-adds between registers, all threads of the pool, two operations each */
    double gbytes; /* the faster of reading and copying arrays that no cache holds */
} bench_peaks;

/* The best of several short runs: what disturbs a run only makes it slower. Zeros: out of memory. */
bench_peaks bench_peaks_measure(mote_pool *pool);

#endif
