/*
 * Examples of one source through several workers at once. The source is asked by one worker at a time, in order; what a
 * worker does with an example must not depend on which worker it is.
 */
#ifndef MOTE_RUNTIME_CREW_H
#define MOTE_RUNTIME_CREW_H

#include <mote/convert.h>

enum { MOTE_CREW_MAX_INPUTS = 64 };

typedef struct mote_crew {
    const mote_calibration_source *source;
    int32_t n_inputs, n_workers;
    /* Copies an example: the inputs are gone when it returns. */
    mote_status (*take)(void *arg, int32_t worker, int64_t example, const float **inputs, mote_error *err);
    /* Computes, at the same time as others. */
    mote_status (*work)(void *arg, int32_t worker, mote_error *err);
    void *arg;
} mote_crew;

/* Until the source ends or something fails. *n_examples: how many were taken. */
mote_status mote_crew_run(const mote_crew *crew, const mote_allocator *allocator, int64_t *n_examples, mote_error *err);
/* Workers for n_threads when each needs so many bytes: as many as fit into a budget that leaves conversion of a large
 * network within a few hundred megabytes, at least 1. */
int32_t mote_crew_size(int32_t n_threads, size_t bytes_each);

#endif
