/* Ranges of every activation over calibration examples. Memory does not grow with their number. */
#ifndef MOTE_RUNTIME_CALIBRATE_H
#define MOTE_RUNTIME_CALIBRATE_H

#include "pass/pass.h"

/* *ranges: one per tensor of graphs[0], from the allocator (mote_free). *n_examples may be NULL. */
mote_status mote_calibrate(const mote_model *model, const mote_calibration_source *source, int32_t n_threads,
                           const mote_allocator *allocator, mote_range **ranges, int64_t *n_examples, mote_error *err);

#endif
