/*
 * NumPy broadcasting of two or three tensors as a few nested loops around a contiguous one: neighbouring
 * dimensions along which every input is either walked or held are one.
 */
#ifndef MOTE_OP_BROADCAST_H
#define MOTE_OP_BROADCAST_H

#include "op/op.h"

enum { MOTE_BROADCAST_INPUTS = 3 };

typedef struct mote_broadcast {
    int32_t n_inputs;
    int32_t rank;    /* of the outer loops */
    int64_t n_outer; /* product of dims */
    int64_t n_inner; /* elements of a contiguous run of the output */
    int64_t dims[MOTE_MAX_RANK];
    int64_t strides[MOTE_BROADCAST_INPUTS][MOTE_MAX_RANK]; /* in elements; 0 where an input is held */
    int32_t step[MOTE_BROADCAST_INPUTS];                   /* within a run: 1, or 0 where an input is held */
} mote_broadcast;

/* One run: out[i] from in[k][i * step[k]], i in [0, n). out may be in[k] itself where step[k] is 1. */
typedef void mote_broadcast_fn(const void *arg, const void *const *in, const int32_t *step, void *out, int64_t n);

/* Shapes must broadcast to output (infer has seen to it). */
void mote_broadcast_init(mote_broadcast *plan, int32_t n_inputs, const mote_shape *const *inputs,
                         const mote_shape *output);
/* The element of each input that run `row` begins with. */
void mote_broadcast_offsets(const mote_broadcast *plan, int64_t row, int64_t offsets[MOTE_BROADCAST_INPUTS]);
/* Calls fn for every run, on the runtime's threads. element_bytes: of each input. */
void mote_broadcast_run(mote_run *run, const mote_broadcast *plan, const void *const *in, const size_t *element_bytes,
                        void *out, size_t out_bytes, mote_broadcast_fn *fn, const void *arg);

#endif
