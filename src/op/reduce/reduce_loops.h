/* The inner loops of the reductions and what they are given. */
#ifndef MOTE_OP_REDUCE_REDUCE_LOOPS_H
#define MOTE_OP_REDUCE_REDUCE_LOOPS_H

#include "kernels/fixed_point.h"
#include "op/op.h"

typedef struct mote_reduce_arg {
    int64_t n_reduced; /* elements folded into one output */
    int32_t zero_in, zero_out;
    mote_multiplier scale;     /* input to output; for MEAN with 1 / n_reduced in it */
    float scale_f32, bias_f32; /* SUM of int8 and int16 */
    int32_t min_code, max_code;
} mote_reduce_arg;

enum { MOTE_REDUCE_CHUNK = 256, MOTE_REDUCE_SUM_BYTES = 8 }; /* running values per round, and of one at most */

/* n running values and how they begin, take in and end. `first`: nothing has been taken in yet. */
typedef struct mote_reduce_loops {
    void (*begin)(void *sums, int64_t n);
    void (*add)(void *sums, const void *in, int64_t n, bool first, const mote_reduce_arg *arg); /* sums[i] with in[i] */
    /* sums[0] with in[0 … n), which is elements at, at + 1, … of the tensor */
    void (*fold)(void *sums, const void *in, int64_t n, int64_t at, bool first, const mote_reduce_arg *arg);
    void (*end)(const void *sums, void *out, int64_t n, const mote_reduce_arg *arg);
} mote_reduce_loops;

typedef enum mote_reduce_setup {
    MOTE_REDUCE_PLAIN,
    MOTE_REDUCE_SAME_SCALE, /* extrema of codes: the output has the input's quantization */
    MOTE_REDUCE_MEAN,
    MOTE_REDUCE_SUM,
    MOTE_REDUCE_SUM_F32,
    MOTE_REDUCE_PROD,
} mote_reduce_setup;

typedef struct mote_reduce_row {
    int32_t op;
    mote_dtype dtype;
    int32_t quantized; /* 1: only quantized tensors, 0: only others, -1: both */
    mote_reduce_setup setup;
    const mote_reduce_loops *loops;
} mote_reduce_row;

extern const mote_reduce_row mote_reduce_rows[];
extern const int32_t mote_reduce_n_rows;

#endif
