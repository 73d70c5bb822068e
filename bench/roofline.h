/* A step's time per operator beside the least that the machine's peaks allow. */
#ifndef MOTE_BENCH_ROOFLINE_H
#define MOTE_BENCH_ROOFLINE_H

#include "peaks.h"

#include <mote/train.h>

typedef struct bench_roofline bench_roofline;

/* NULL: out of memory. */
bench_roofline *bench_roofline_new(const mote_trainer *trainer);
void bench_roofline_free(bench_roofline *roofline);
/* Takes in one step's costs since the last reset: of each node the fastest pass counts. */
void bench_roofline_add(bench_roofline *roofline, const mote_trainer *trainer);
/* only: an operator whose nodes are shown one by one; NULL: none. */
void bench_roofline_print(const bench_roofline *roofline, const mote_trainer *trainer, bench_peaks peaks,
                          const char *only);

#endif
