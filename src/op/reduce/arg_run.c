/* ARG_MAX and ARG_MIN: the index of the first extremum along one axis. */
#include "op/op_infer.h"
#include "op/op_quant.h"
#include "op/reduce/reduce.h"

/* The index of the best of n values that lie `stride` apart; of equals the first. */
typedef int64_t arg_fn(const void *in, int64_t n, int64_t stride);

#define ARG(name, T, OPERATION)                                                                                        \
    static int64_t name(const void *in, int64_t n, int64_t stride)                                                     \
    {                                                                                                                  \
        const T *x = in;                                                                                               \
        int64_t best = 0;                                                                                              \
        for (int64_t i = 1; i < n; ++i) {                                                                              \
            if (x[i * stride] OPERATION x[best * stride])                                                              \
                best = i;                                                                                              \
        }                                                                                                              \
        return best;                                                                                                   \
    }

ARG(max_f32, float, >)
ARG(max_i8, int8_t, >)
ARG(max_u8, uint8_t, >)
ARG(max_i32, int32_t, >)
ARG(min_f32, float, <)
ARG(min_i8, int8_t, <)
ARG(min_u8, uint8_t, <)
ARG(min_i32, int32_t, <)

static const struct {
    mote_dtype dtype;
    arg_fn *max, *min;
} rows[] = {
    {MOTE_FLOAT32, max_f32, min_f32}, {MOTE_INT8, max_i8, min_i8}, {MOTE_UINT8, max_u8, min_u8},
    {MOTE_INT32, max_i32, min_i32},   {MOTE_BOOL, max_u8, min_u8},
};

static arg_fn *find(const mote_op_io *io)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        if (rows[i].dtype == io->inputs[0]->dtype)
            return io->node->op == MOTE_OP_ARG_MAX ? rows[i].max : rows[i].min;
    }
    return NULL;
}

static mote_status arg_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    if (!find(io))
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(io->inputs[0]->dtype));
    return MOTE_OK;
}

typedef struct work {
    arg_fn *fn;
    const char *in;
    mote_tensor *output;
    int64_t n, inner;
    size_t element_bytes;
} work;

static void arg_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i / w->inner * w->n * w->inner + i % w->inner;
        const int64_t best = w->fn(w->in + (size_t)first * w->element_bytes, w->n, w->inner);
        if (w->output->dtype == MOTE_INT64)
            ((int64_t *)w->output->data)[i] = best;
        else
            ((int32_t *)w->output->data)[i] = (int32_t)best;
    }
}

static mote_status arg_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    mote_tensor *output = io->outputs[0];
    if (io->inputs[1]->storage != MOTE_STORAGE_CONST) { /* the axis of this call */
        mote_status status = mote_op_find(io->node->op)->infer(io, err);
        const mote_shape shape = output->shape;
        if (status == MOTE_OK)
            status = mote_run_resize_output(run, io, 0, &shape, err);
        if (status != MOTE_OK)
            return status;
    }
    const mote_shape *in = &io->inputs[0]->shape;
    int64_t value;
    int32_t axis;
    if (!mote_infer_read_int(io->inputs[1], 0, &value) || mote_infer_axis(value, in->rank, &axis, err) != MOTE_OK)
        return MOTE_ARGUMENT;
    if (in->dims[axis] == 0)
        return mote_error_set(err, MOTE_ARGUMENT, "the axis has no elements");
    work w = {find(io),
              io->inputs[0]->data,
              output,
              in->dims[axis],
              mote_shape_span(in, axis + 1, in->rank),
              mote_dtype_bytes(io->inputs[0]->dtype)};
    const int64_t grain = MOTE_ELEMENTS_GRAIN / w.n;
    mote_run_parallel(run, mote_shape_count(&output->shape), grain > 1 ? grain : 1, arg_range, &w);
    return MOTE_OK;
}

const mote_op_run mote_op_run_arg_max = {.prepare = arg_prepare, .eval = arg_eval};
const mote_op_run mote_op_run_arg_min = {.prepare = arg_prepare, .eval = arg_eval};
