/*
 * The fast form of the convolutions and FULLY_CONNECTED: constant filters packed for the matrix kernels, one group,
 * float32, int8, int16 on int8 weights, or float on int8 weights. What does not fit stays with the plain form, which is
 * the specification.
 */
#ifndef MOTE_OP_CONV_2D_CONV_PACKED_H
#define MOTE_OP_CONV_2D_CONV_PACKED_H

#include "op/conv_2d/conv_2d.h"

typedef struct mote_conv_packed mote_conv_packed;

typedef struct mote_conv_packed_spec {
    mote_window_axis h, w;       /* 1 x 1 for FULLY_CONNECTED */
    int64_t n, k;                /* outputs per pixel, and what each sums over */
    const mote_requant *requant; /* int8 */
    float low, high;             /* float and hybrid */
    bool hybrid, asymmetric;
    bool per_row; /* hybrid FULLY_CONNECTED: each row of the input has a scale of its own */
} mote_conv_packed_spec;

/* *packed stays NULL where the plain form must serve. The requant must outlive it. prepare only. */
mote_status mote_conv_packed_make(mote_run *run, const mote_op_io *io, const mote_conv_packed_spec *spec,
                                  mote_conv_packed **packed, mote_error *err);
/* The input as `images` images of h.in x w.in pixels. */
void mote_conv_packed_run(mote_run *run, const mote_op_io *io, const mote_conv_packed *packed, int64_t images);

#endif
