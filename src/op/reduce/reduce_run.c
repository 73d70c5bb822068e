/*
 * Running the reductions. Neighbouring dimensions that are all kept or all folded are one; each output is one
 * running value that takes its inputs in their order in memory.
 */
#include "kernels/kernels.h"
#include "op/op_quant.h"
#include "op/reduce/reduce.h"
#include "op/reduce/reduce_loops.h"
#include "op/reduce/reduce_order.h"

#include <string.h>

typedef struct reduce_state {
    const mote_reduce_loops *loops;
    mote_reduce_arg arg;
    mote_reduce_setup setup;
    bool in_order; /* floats, as TensorFlow's converter adds them up while it calibrates */
    size_t element_bytes;
    /* outer loops: kept ones make output rows, folded ones are walked for each row; strides in elements */
    int32_t n_kept, n_folded;
    int64_t kept[MOTE_MAX_RANK], kept_stride[MOTE_MAX_RANK];
    int64_t folded[MOTE_MAX_RANK], folded_stride[MOTE_MAX_RANK];
    int64_t n_rows, n_folds;
    int64_t run;      /* the contiguous innermost dimension */
    bool run_is_kept; /* its elements are outputs side by side; else they fold into one */
} reduce_state;

/* Splits the input's dimensions into the loops above. */
static void plan_loops(reduce_state *state, const mote_shape *shape, uint32_t mask)
{
    int64_t dims[MOTE_MAX_RANK], strides[MOTE_MAX_RANK], stride = 1;
    bool is_folded[MOTE_MAX_RANK];
    int32_t n = 0;
    for (int32_t d = shape->rank - 1; d >= 0; --d) { /* innermost first */
        const bool folded = (mask >> d & 1u) != 0;
        if (shape->dims[d] != 1 && n > 0 && is_folded[n - 1] == folded) {
            dims[n - 1] *= shape->dims[d];
        } else if (shape->dims[d] != 1) {
            dims[n] = shape->dims[d];
            strides[n] = stride;
            is_folded[n++] = folded;
        }
        stride *= shape->dims[d];
    }
    state->run = n > 0 ? dims[0] : 1;
    state->run_is_kept = n == 0 || !is_folded[0];
    state->n_rows = state->n_folds = 1;
    state->n_kept = state->n_folded = 0;
    for (int32_t i = n - 1; i > 0; --i) { /* outermost first */
        if (is_folded[i]) {
            state->folded[state->n_folded] = dims[i];
            state->folded_stride[state->n_folded++] = strides[i];
            state->n_folds *= dims[i];
        } else {
            state->kept[state->n_kept] = dims[i];
            state->kept_stride[state->n_kept++] = strides[i];
            state->n_rows *= dims[i];
        }
    }
    state->arg.n_reduced = state->n_folds * (state->run_is_kept ? 1 : state->run);
}

/* MEAN's division by n goes into the multiplier: shifted up first so that little is lost. */
static mote_multiplier divided(mote_multiplier scale, int64_t n)
{
    int32_t shift = 63 - (int32_t)__builtin_clzll((uint64_t)n);
    shift = mote_min_i32(mote_min_i32(shift, 32), 31 + scale.exponent);
    return (mote_multiplier){(int32_t)(((int64_t)scale.mantissa << shift) / n), scale.exponent - shift};
}

static mote_status set_quantized(reduce_state *state, const mote_op_io *io, mote_error *err)
{
    mote_reduce_arg *arg = &state->arg;
    const mote_tensor *in = io->inputs[0], *out = io->outputs[0];
    const bool wide = in->dtype == MOTE_INT16;
    mote_status status = wide ? mote_need_symmetric(in, "input 0", err) : mote_need_per_tensor(in, "input 0", err);
    if (status == MOTE_OK)
        status = wide ? mote_need_symmetric(out, "the output", err) : mote_need_per_tensor(out, "the output", err);
    if (status != MOTE_OK)
        return status;
    const float scale_in = mote_scale_of(in), scale_out = mote_scale_of(out);
    arg->zero_in = mote_zero_of(in);
    arg->zero_out = mote_zero_of(out);
    arg->min_code = mote_dtype_lowest(out->dtype);
    arg->max_code = mote_dtype_highest(out->dtype);
    arg->scale = mote_multiplier_from_double((double)scale_in / (double)scale_out);
    if (state->setup == MOTE_REDUCE_MEAN && arg->n_reduced > 0)
        arg->scale = divided(arg->scale, arg->n_reduced);
    if (state->setup == MOTE_REDUCE_PROD && arg->n_reduced > 0)
        arg->scale =
            mote_multiplier_from_double((double)scale_in / pow((double)scale_out, 1.0 / (double)arg->n_reduced));
    arg->scale_f32 = scale_in / scale_out;
    arg->bias_f32 = (float)-arg->zero_in * arg->scale_f32 * (float)arg->n_reduced;
    if (state->setup == MOTE_REDUCE_SAME_SCALE && (scale_in != scale_out || arg->zero_in != arg->zero_out))
        return mote_error_set(err, MOTE_UNSUPPORTED, "input and output must have the same quantization");
    if (arg->scale.exponent > (state->setup == MOTE_REDUCE_PROD ? 7 : 30))
        return mote_error_set(err, MOTE_UNSUPPORTED, "the scales are too far apart");
    return MOTE_OK;
}

static const mote_reduce_row *find_row(const mote_op_io *io)
{
    const mote_tensor *in = io->inputs[0];
    for (int32_t i = 0; i < mote_reduce_n_rows; ++i) {
        const mote_reduce_row *row = &mote_reduce_rows[i];
        if (row->op == (int32_t)io->node->op && row->dtype == in->dtype &&
            (row->quantized < 0 || row->quantized == mote_is_quantized(in)))
            return row;
    }
    return NULL;
}

/* Everything that follows from the shapes and the axes. */
static mote_status set_up(reduce_state *state, const mote_op_io *io, mote_error *err)
{
    uint32_t mask;
    const mote_status status = mote_reduce_axes(io, &mask, err);
    if (status != MOTE_OK)
        return status;
    plan_loops(state, &io->inputs[0]->shape, mask);
    const mote_reduce_loops *ordered =
        state->in_order ? mote_reduce_in_order(io->node->op, state->n_folds == 1 && !state->run_is_kept) : NULL;
    if (ordered)
        state->loops = ordered;
    const bool on_codes = state->setup != MOTE_REDUCE_PLAIN &&
                          (state->setup != MOTE_REDUCE_SAME_SCALE || mote_is_quantized(io->inputs[0]));
    return on_codes ? set_quantized(state, io, err) : MOTE_OK;
}

static mote_status reduce_prepare(mote_run *run, const mote_op_io *io, void **state_out, mote_error *err)
{
    const mote_reduce_row *row = find_row(io);
    if (!row)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s%s", mote_dtype_name(io->inputs[0]->dtype),
                              mote_is_quantized(io->inputs[0]) ? " with a scale" : "");
    reduce_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *state_out = state;
    state->loops = row->loops;
    state->setup = row->setup;
    state->in_order = row->dtype == MOTE_FLOAT32 && mote_run_in_converters_order(run);
    state->element_bytes = mote_dtype_bytes(row->dtype);
    const bool known = io->inputs[1]->data || mote_shape_count(&io->inputs[1]->shape) == 0;
    return known ? set_up(state, io, err) : MOTE_OK;
}

typedef struct work {
    const reduce_state *state;
    const char *in;
    char *out;
} work;

/* Element offset of row `row` among the kept outer loops. */
static int64_t row_offset(const reduce_state *state, int64_t row)
{
    int64_t at = 0;
    for (int32_t d = state->n_kept - 1; d >= 0; --d) {
        at += row % state->kept[d] * state->kept_stride[d];
        row /= state->kept[d];
    }
    return at;
}

/* n outputs (one when the run is folded) whose first input is at element `at`. */
static void reduce_some(const work *w, int64_t at, char *out, int64_t n)
{
    const reduce_state *state = w->state;
    _Alignas(64) char sums[MOTE_REDUCE_CHUNK * MOTE_REDUCE_SUM_BYTES];
    int64_t index[MOTE_MAX_RANK] = {0};
    state->loops->begin(sums, n);
    for (int64_t i = 0; i < state->n_folds && state->run > 0; ++i) {
        const char *in = w->in + (size_t)at * state->element_bytes;
        if (state->run_is_kept)
            state->loops->add(sums, in, n, i == 0, &state->arg);
        else
            state->loops->fold(sums, in, state->run, at, i == 0, &state->arg);
        for (int32_t d = state->n_folded - 1; d >= 0; --d) {
            at += state->folded_stride[d];
            if (++index[d] < state->folded[d])
                break;
            at -= state->folded_stride[d] * state->folded[d];
            index[d] = 0;
        }
    }
    state->loops->end(sums, out, n, &state->arg);
}

/* Outputs [begin, end) in their order. */
static void reduce_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const reduce_state *state = w->state;
    const int64_t width = state->run_is_kept ? state->run : 1;
    while (begin < end) {
        const int64_t row = begin / width, column = begin % width;
        int64_t n = width - column;
        n = n < MOTE_REDUCE_CHUNK ? n : MOTE_REDUCE_CHUNK;
        n = n < end - begin ? n : end - begin;
        reduce_some(w, row_offset(state, row) + column, w->out + (size_t)begin * state->element_bytes, n);
        begin += n;
    }
}

static mote_status reduce_eval(mote_run *run, const mote_op_io *io, void *state_in, mote_error *err)
{
    reduce_state *state = state_in;
    mote_tensor *output = io->outputs[0];
    if (io->inputs[1]->storage != MOTE_STORAGE_CONST) { /* axes of this call */
        mote_status status = mote_op_find(io->node->op)->infer(io, err);
        if (status == MOTE_OK) {
            const mote_shape shape = output->shape;
            status = mote_run_resize_output(run, io, 0, &shape, err);
        }
        if (status == MOTE_OK)
            status = set_up(state, io, err);
        if (status != MOTE_OK)
            return status;
    }
    const int64_t n = mote_shape_count(&output->shape);
    work w = {state, io->inputs[0]->data, output->data};
    const int64_t per_output = state->arg.n_reduced > 0 ? state->arg.n_reduced : 1;
    const int64_t grain = MOTE_ELEMENTS_GRAIN / per_output;
    if (n > 0)
        mote_run_parallel(run, n, grain > 16 ? grain : 16, reduce_range, &w);
    return MOTE_OK;
}

#define RUN(symbol) const mote_op_run mote_op_run_##symbol = {.prepare = reduce_prepare, .eval = reduce_eval};

RUN(mean)
RUN(sum)
RUN(reduce_prod)
RUN(reduce_max)
RUN(reduce_min)
RUN(reduce_any)
RUN(reduce_all)
