/* A float graph that grows from its input, and what a pass makes of it: the operators after it, and the same numbers.
 */
#ifndef MOTE_TESTS_PASS_NET_H
#define MOTE_TESTS_PASS_NET_H

#include "pass/pass.h"

enum { MAX_VALUES = 256, SIDE = 4, CHANNELS = 2 };

/* A graph that grows from its input, 1 x 4 x 4 x 2 unless said otherwise. */
typedef struct net {
    mote_model *model;
    mote_graph *graph;
    int32_t x; /* the input */
} net;

net net_new(mote_shape shape);
net image_net(void);
/* Small numbers of both signs, none of them 0 or 1. */
int32_t constant(const net *n, mote_shape shape);
int32_t filled(const net *n, mote_shape shape, float value);
mote_shape per_channel(int32_t n);
/* An operator on two inputs (b < 0: one); its result, of this shape. */
int32_t apply(const net *n, mote_op op, int32_t a, int32_t b, mote_shape shape);
/* As above with the shape of a, which is the larger one. */
int32_t like(const net *n, mote_op op, int32_t a, int32_t b);
/* Makes that tensor the output. */
void finish(const net *n, int32_t output);
/* Of a run on numbers of its own; returns how many there are. */
int64_t outputs_of(const net *n, float y[MAX_VALUES]);
/* "CONV_2D RELU", in the graph's order */
void check_ops(const net *n, const char *wanted);
void run_pass(const net *n, mote_pass_fn *pass);
void check_values(const float *y, const float *wanted, int64_t count);
/* The pass leaves these operators, and the output is what it was; frees the net. */
void check(net n, int32_t output, mote_pass_fn *pass, const char *wanted);

#endif
