/*
 * A convolution's three products while it trains, for CONV_2D, TRANSPOSE_CONV (which is one of them the other way
 * round) and FULLY_CONNECTED (one pixel, one tap):
 *
 *   output       y = patches(x) w^T      patches: one row per output pixel, k = taps x channels of the group
 *   by input     dx = scatter(dy w)
 *   by weights   dw = dy^T patches(x)
 *
 * Work is cut by shapes alone, never by threads, so that sums have one order.
 */
#ifndef MOTE_OP_CONV_2D_CONV_GRAD_H
#define MOTE_OP_CONV_2D_CONV_GRAD_H

#include "op/conv_2d/conv_2d.h"

typedef struct mote_conv_pass {
    mote_window_axis h, w;
    int64_t batch, in_c, out_c, groups;
    mote_grad *grad; /* not NULL: x and dy may be rows that are made as they are read (op.h) */
    /* Set by mote_conv_pass_plan. */
    int64_t group_c, group_n, k;     /* of one group: input channels, filters, values of a patch */
    int64_t rows;                    /* output pixels of the batch */
    bool pointwise;                  /* patches are the input itself */
    int64_t tile_rows, chunk_rows;   /* patches at a time */
    int64_t n_parts;                 /* partial sums of dw over rows; 1: split by filters */
    size_t packed_count, tile_count; /* floats: packed weights of a group, a thread's patches and rows of dy */
    size_t scratch_bytes;            /* from the beginning of the node's scratch; a caller may request more */
} mote_conv_pass;

/* Completes a pass whose first two lines are filled, and requests its scratch. */
void mote_conv_pass_plan(mote_run *run, mote_conv_pass *pass);
/* w is [out_c][taps][group_c]; bias may be NULL. */
void mote_conv_pass_output(mote_run *run, const mote_conv_pass *pass, const float *x, const float *w, const float *bias,
                           float *y);
/* dx is overwritten, or added to. */
void mote_conv_pass_input(mote_run *run, const mote_conv_pass *pass, const float *dy, const float *w, float *dx,
                          bool add);
/* Both gradients; for a pointwise convolution of many rows in one pass over dy. dx, dw and db may be NULL. */
void mote_conv_pass_backward(mote_run *run, const mote_conv_pass *pass, const float *x, const float *dy, const float *w,
                             float *dx, bool add, float *dw, float *db);
/* Overwrites dw and, where it is not NULL, db (the sum over rows). dw may be NULL when db is not. */
void mote_conv_pass_weights(mote_run *run, const mote_conv_pass *pass, const float *x, const float *dy, float *dw,
                            float *db);

/* A facet's functions for an operator of input, filter and optional bias whose state is the pass: CONV_2D and
 * FULLY_CONNECTED, which differ in the plan alone. */
mote_status mote_conv_grad_forward(mote_run *run, const mote_grad *grad, mote_error *err);
mote_status mote_conv_grad_backward(mote_run *run, const mote_grad *grad, mote_error *err);
int64_t mote_conv_grad_products(const mote_op_io *io);

/* Refuses an activation fused into the operator: networks in training form have it as a node. */
mote_status mote_need_no_activation(int32_t activation, mote_error *err);

#endif
