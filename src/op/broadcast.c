#include "op/broadcast.h"
#include "op/op_quant.h"

#include <string.h>

/* The output's dimension d of an input that lacks leading dimensions; 1 where it does. */
static int64_t aligned_dim(const mote_shape *input, int32_t output_rank, int32_t d)
{
    const int32_t i = d - (output_rank - input->rank);
    return i < 0 ? 1 : input->dims[i];
}

/* True when dimension d can join the loop that holds dimension d + 1: each input is held in both, or walked in both. */
static bool joins(const mote_broadcast *plan, const bool *held)
{
    for (int32_t k = 0; k < plan->n_inputs; ++k) {
        if (held[k] != (plan->strides[k][0] == 0))
            return false;
    }
    return true;
}

static void push_front(mote_broadcast *plan, int64_t dim, const bool *held, const int64_t *walked)
{
    memmove(plan->dims + 1, plan->dims, sizeof plan->dims - sizeof plan->dims[0]);
    plan->dims[0] = dim;
    for (int32_t k = 0; k < plan->n_inputs; ++k) {
        memmove(plan->strides[k] + 1, plan->strides[k], sizeof plan->strides[k] - sizeof plan->strides[k][0]);
        plan->strides[k][0] = held[k] ? 0 : walked[k];
    }
    ++plan->rank;
}

void mote_broadcast_init(mote_broadcast *plan, int32_t n_inputs, const mote_shape *const *inputs,
                         const mote_shape *output)
{
    memset(plan, 0, sizeof *plan);
    plan->n_inputs = n_inputs;
    int64_t walked[MOTE_BROADCAST_INPUTS] = {1, 1, 1}; /* elements of each input inside dimension d */
    for (int32_t d = output->rank - 1; d >= 0; --d) {
        const int64_t dim = output->dims[d];
        if (dim == 1)
            continue;
        bool held[MOTE_BROADCAST_INPUTS] = {0};
        for (int32_t k = 0; k < n_inputs; ++k)
            held[k] = aligned_dim(inputs[k], output->rank, d) == 1;
        if (plan->rank > 0 && joins(plan, held))
            plan->dims[0] *= dim;
        else
            push_front(plan, dim, held, walked);
        for (int32_t k = 0; k < n_inputs; ++k)
            walked[k] *= held[k] ? 1 : dim;
    }
    /* the innermost loop becomes the run */
    plan->n_inner = 1;
    if (plan->rank > 0) {
        --plan->rank;
        plan->n_inner = plan->dims[plan->rank];
        for (int32_t k = 0; k < n_inputs; ++k)
            plan->step[k] = plan->strides[k][plan->rank] != 0;
    }
    plan->n_outer = 1;
    for (int32_t d = 0; d < plan->rank; ++d)
        plan->n_outer *= plan->dims[d];
}

void mote_broadcast_offsets(const mote_broadcast *plan, int64_t row, int64_t offsets[MOTE_BROADCAST_INPUTS])
{
    for (int32_t k = 0; k < plan->n_inputs; ++k)
        offsets[k] = 0;
    for (int32_t d = plan->rank - 1; d >= 0; --d) {
        for (int32_t k = 0; k < plan->n_inputs; ++k)
            offsets[k] += row % plan->dims[d] * plan->strides[k][d];
        row /= plan->dims[d];
    }
}

typedef struct work {
    const mote_broadcast *plan;
    const void *const *in;
    const size_t *element_bytes;
    void *out;
    size_t out_bytes;
    mote_broadcast_fn *fn;
    const void *arg;
} work;

/* Elements [begin, end) of the only run. */
static void run_within(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const void *in[MOTE_BROADCAST_INPUTS] = {0};
    for (int32_t k = 0; k < w->plan->n_inputs; ++k)
        in[k] = (const char *)w->in[k] + (size_t)(begin * w->plan->step[k]) * w->element_bytes[k];
    w->fn(w->arg, in, w->plan->step, (char *)w->out + (size_t)begin * w->out_bytes, end - begin);
}

enum { TILE_BYTES = 4096, SHORT_RUN = 64 };

/*
 * True when the runs are short and consecutive ones can be one: along the innermost outer loop each input is either
 * walked on without a gap, or held, and then repeated in a buffer (a bias of three channels on an image).
 */
static bool can_tile(const mote_broadcast *plan, const size_t *element_bytes)
{
    if (plan->rank == 0 || plan->n_inner >= SHORT_RUN)
        return false;
    for (int32_t k = 0; k < plan->n_inputs; ++k) {
        const int64_t stride = plan->strides[k][plan->rank - 1];
        if (element_bytes[k] > 8 || (stride != 0 && (stride != plan->n_inner || !plan->step[k])))
            return false;
    }
    return true;
}

/* Repeats the n_bytes at `source` until `times` of them are there. */
static void repeat(char *tile, const char *source, size_t n_bytes, int64_t times)
{
    for (int64_t i = 0; i < times; ++i)
        memcpy(tile + (size_t)i * n_bytes, source, n_bytes);
}

/* Rows [begin, end) of which up to `rows` at a time share the index of all but the innermost outer loop; each such
 * stretch is one call. */
static void run_tiled(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const mote_broadcast *plan = w->plan;
    _Alignas(64) char tiles[MOTE_BROADCAST_INPUTS][TILE_BYTES];
    int64_t tiled_at[MOTE_BROADCAST_INPUTS] = {-1, -1, -1};
    const int64_t last = plan->rank - 1, width = plan->dims[last];
    const int64_t most = TILE_BYTES / 8 / plan->n_inner;
    for (int64_t row = begin; row < end;) {
        int64_t n = width - row % width;
        n = n < most ? n : most;
        n = n < end - row ? n : end - row;
        int64_t at[MOTE_BROADCAST_INPUTS];
        mote_broadcast_offsets(plan, row, at);
        const void *in[MOTE_BROADCAST_INPUTS] = {0};
        for (int32_t k = 0; k < plan->n_inputs; ++k) {
            in[k] = (const char *)w->in[k] + (size_t)at[k] * w->element_bytes[k];
            if (plan->strides[k][last] != 0 || !plan->step[k])
                continue;
            if (tiled_at[k] != at[k])
                repeat(tiles[k], in[k], (size_t)plan->n_inner * w->element_bytes[k], most);
            tiled_at[k] = at[k];
            in[k] = tiles[k];
        }
        w->fn(w->arg, in, plan->step, (char *)w->out + (size_t)(row * plan->n_inner) * w->out_bytes, n * plan->n_inner);
        row += n;
    }
}

/* Runs [begin, end). */
static void run_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const mote_broadcast *plan = w->plan;
    int64_t index[MOTE_MAX_RANK] = {0};
    int64_t at[MOTE_BROADCAST_INPUTS];
    int64_t rest = begin;
    mote_broadcast_offsets(plan, begin, at);
    for (int32_t d = plan->rank - 1; d >= 0; --d) {
        index[d] = rest % plan->dims[d];
        rest /= plan->dims[d];
    }
    for (int64_t row = begin; row < end; ++row) {
        const void *in[MOTE_BROADCAST_INPUTS] = {0};
        for (int32_t k = 0; k < plan->n_inputs; ++k)
            in[k] = (const char *)w->in[k] + (size_t)at[k] * w->element_bytes[k];
        w->fn(w->arg, in, plan->step, (char *)w->out + (size_t)(row * plan->n_inner) * w->out_bytes, plan->n_inner);
        for (int32_t d = plan->rank - 1; d >= 0; --d) {
            const bool wraps = ++index[d] == plan->dims[d];
            for (int32_t k = 0; k < plan->n_inputs; ++k)
                at[k] += wraps ? -(plan->dims[d] - 1) * plan->strides[k][d] : plan->strides[k][d];
            if (!wraps)
                break;
            index[d] = 0;
        }
    }
}

void mote_broadcast_run(mote_run *run, const mote_broadcast *plan, const void *const *in, const size_t *element_bytes,
                        void *out, size_t out_bytes, mote_broadcast_fn *fn, const void *arg)
{
    if (plan->n_inner == 0 || plan->n_outer == 0)
        return;
    work w = {plan, in, element_bytes, out, out_bytes, fn, arg};
    if (plan->n_outer == 1) {
        mote_run_parallel(run, plan->n_inner, MOTE_ELEMENTS_GRAIN, run_within, &w);
        return;
    }
    const int64_t rows = MOTE_ELEMENTS_GRAIN / plan->n_inner;
    mote_run_parallel(run, plan->n_outer, rows > 1 ? rows : 1, can_tile(plan, element_bytes) ? run_tiled : run_rows,
                      &w);
}
