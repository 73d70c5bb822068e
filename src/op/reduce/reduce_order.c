#include "op/reduce/reduce_order.h"

enum { LANES = 8 };

static void begin(void *sums, int64_t n)
{
    float *s = sums;
    for (int64_t i = 0; i < n; ++i)
        s[i] = 0.0f;
}

static void add(void *sums, const void *in, int64_t n, bool first, const mote_reduce_arg *arg)
{
    float *restrict s = sums;
    const float *restrict x = in;
    (void)first, (void)arg;
    for (int64_t i = 0; i < n; ++i)
        s[i] += x[i];
}

static void fold_chain(void *sums, const void *in, int64_t n, int64_t at, bool first, const mote_reduce_arg *arg)
{
    float *s = sums;
    const float *x = in;
    (void)at, (void)first, (void)arg;
    for (int64_t i = 0; i < n; ++i)
        *s += x[i];
}

static void add_lanes(float *restrict sums, const float *restrict x)
{
    for (int k = 0; k < LANES; ++k)
        sums[k] += x[k];
}

/* n is a multiple of LANES. Even and odd vectors have sums of their own; a last even one comes after those have met. */
static float sum_vectors(const float *x, int64_t n)
{
    float even[LANES], odd[LANES];
    const int64_t n_paired = n - n % (2 * LANES);
    for (int k = 0; k < LANES; ++k) {
        even[k] = x[k];
        odd[k] = n > LANES ? x[LANES + k] : 0.0f;
    }
    for (int64_t i = 2 * LANES; i < n_paired; i += 2 * LANES) {
        add_lanes(even, x + i);
        add_lanes(odd, x + i + LANES);
    }
    if (n > LANES)
        add_lanes(even, odd);
    if (n > LANES && n > n_paired)
        add_lanes(even, x + n_paired);
    return ((even[0] + even[4]) + (even[2] + even[6])) + ((even[1] + even[5]) + (even[3] + even[7]));
}

/* Vectors begin where the tensor, which lies on a multiple of their size, has one; what is around them comes last. */
static void fold_column(void *sums, const void *in, int64_t n, int64_t at, bool first, const mote_reduce_arg *arg)
{
    const float *x = in;
    int64_t before = (LANES - at % LANES) % LANES;
    before = before < n ? before : n;
    const int64_t n_vectored = (n - before) / LANES * LANES;
    (void)first;
    if (n_vectored == 0) {
        fold_chain(sums, in, n, at, true, arg);
        return;
    }
    float *s = sums;
    *s = sum_vectors(x + before, n_vectored);
    fold_chain(s, x, before, at, false, arg);
    fold_chain(s, x + before + n_vectored, n - before - n_vectored, at, false, arg);
}

static void end_sum(const void *sums, void *out, int64_t n, const mote_reduce_arg *arg)
{
    const float *s = sums;
    float *result = out;
    (void)arg;
    for (int64_t i = 0; i < n; ++i)
        result[i] = s[i];
}

static void end_mean(const void *sums, void *out, int64_t n, const mote_reduce_arg *arg)
{
    const float *s = sums;
    float *result = out;
    for (int64_t i = 0; i < n; ++i)
        result[i] = s[i] / (float)arg->n_reduced;
}

const mote_reduce_loops *mote_reduce_in_order(mote_op op, bool over_tail)
{
    static const mote_reduce_loops sum = {begin, add, fold_chain, end_sum}, mean = {begin, add, fold_chain, end_mean},
                                   mean_of_column = {begin, add, fold_column, end_mean};
    if (op == MOTE_OP_SUM)
        return &sum;
    return op != MOTE_OP_MEAN ? NULL : over_tail ? &mean_of_column : &mean;
}
