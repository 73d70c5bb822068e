/* What the two forms of a depthwise convolution's passes share: one output channel per input channel, and many. */
#ifndef MOTE_OP_DEPTHWISE_CONV_2D_DEPTHWISE_GRAD_H
#define MOTE_OP_DEPTHWISE_CONV_2D_DEPTHWISE_GRAD_H

#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"

enum { MOTE_DW_MAX_TAPS = 64 }; /* along one axis */

typedef struct mote_dw_pass {
    mote_window_axis h, w;
    int64_t batch, in_c, out_c, multiplier, taps;
    int64_t n_parts; /* of dw, over rows of the output */
    /* Lines of a thread's rings, of the input and of dy; the floats of any line. Input rows o * stride and the
     * stride - 1 after it are read by output rows o + d_above to o + d_below. */
    int64_t ring_rows, d_ring_rows, line_floats, d_above, d_below;
} mote_dw_pass;

typedef struct mote_dw_work {
    const mote_dw_pass *s;
    const struct mote_kernels *kernels;
    const mote_grad *grad;
    const float *x, *w, *bias, *dy;
    float *y, *dx, *dw, *db, *parts, *rings;
    bool add;
} mote_dw_work;

/* The plain form for a multiplier > 1: rows of the output, of dx, and one row's part of [taps][out_c] and [out_c]. */
void mote_dw_many_output_rows(void *job, int64_t begin, int64_t end, int32_t thread);
void mote_dw_many_input_rows(void *job, int64_t begin, int64_t end, int32_t thread);
void mote_dw_many_weights_row(const mote_dw_work *job, int64_t row, float *sums);

#endif
