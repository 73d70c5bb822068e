#include "op/reduce/reduce_order.h"

#include "kernels/converter_math.h"

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

static void fold_column(void *sums, const void *in, int64_t n, int64_t at, bool first, const mote_reduce_arg *arg)
{
    float *s = sums;
    (void)first, (void)arg;
    *s = mote_sum_column_f32(in, n, at);
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
