/* CUMSUM: running sums along one axis; ADD_N: the sum of many tensors. */
#include "op/accumulate/accumulate.h"
#include "op/op_infer.h"
#include "op/op_quant.h"

typedef struct sums {
    const void *in;
    void *out;
    int64_t n, inner; /* of the axis, and inside it */
    bool exclusive, reverse;
} sums;

/* Columns [begin, end): column i walks the axis at i % inner of block i / inner. U adds without overflow. */
#define CUMSUM(name, T, U)                                                                                             \
    static void name(void *arg, int64_t begin, int64_t end, int32_t thread)                                            \
    {                                                                                                                  \
        const sums *w = arg;                                                                                           \
        const T *in = w->in;                                                                                           \
        T *out = w->out;                                                                                               \
        for (int64_t i = begin; i < end; ++i) {                                                                        \
            const int64_t first = i / w->inner * w->n * w->inner + i % w->inner;                                       \
            U sum = 0;                                                                                                 \
            for (int64_t k = 0; k < w->n; ++k) {                                                                       \
                const int64_t at = first + (w->reverse ? w->n - 1 - k : k) * w->inner;                                 \
                const U next = sum + (U)in[at];                                                                        \
                out[at] = (T)(w->exclusive ? sum : next);                                                              \
                sum = next;                                                                                            \
            }                                                                                                          \
        }                                                                                                              \
    }

CUMSUM(cumsum_f32, float, float)
CUMSUM(cumsum_i32, int32_t, uint32_t)
CUMSUM(cumsum_i64, int64_t, uint64_t)

static mote_range_fn *find_cumsum(mote_dtype dtype)
{
    return dtype == MOTE_FLOAT32 ? cumsum_f32
           : dtype == MOTE_INT32 ? cumsum_i32
           : dtype == MOTE_INT64 ? cumsum_i64
                                 : NULL;
}

static mote_status cumsum_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    if (!find_cumsum(io->inputs[0]->dtype))
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(io->inputs[0]->dtype));
    if (io->inputs[0]->shape.rank < 1 || mote_shape_count(&io->inputs[1]->shape) != 1)
        return mote_error_set(err, MOTE_SHAPE, "the input needs an axis, and the axis must be one number");
    return MOTE_OK;
}

static mote_status cumsum_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    const mote_cumsum_params *params = io->node->params;
    const mote_shape *shape = &io->inputs[0]->shape;
    int64_t value;
    int32_t axis;
    if (!mote_infer_read_int(io->inputs[1], 0, &value))
        return mote_error_set(err, MOTE_ARGUMENT, "the axis must be int32 or int64");
    if (mote_infer_axis(value, shape->rank, &axis, err) != MOTE_OK)
        return MOTE_ARGUMENT;
    sums w = {io->inputs[0]->data, io->outputs[0]->data,
              shape->dims[axis],   mote_shape_span(shape, axis + 1, shape->rank),
              params->exclusive,   params->reverse};
    if (mote_shape_count(shape) == 0)
        return MOTE_OK;
    const int64_t grain = MOTE_ELEMENTS_GRAIN / w.n;
    mote_run_parallel(run, mote_shape_span(shape, 0, axis) * w.inner, grain > 1 ? grain : 1,
                      find_cumsum(io->inputs[0]->dtype), &w);
    return MOTE_OK;
}

const mote_op_run mote_op_run_cumsum = {.prepare = cumsum_prepare, .eval = cumsum_eval};

/* --- ADD_N --- */

static void add_n_f32(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const mote_op_io *io = arg;
    float *out = io->outputs[0]->data;
    for (int64_t i = begin; i < end; ++i) {
        float sum = ((const float *)io->inputs[0]->data)[i];
        for (int32_t k = 1; k < io->n_inputs; ++k)
            sum += ((const float *)io->inputs[k]->data)[i];
        out[i] = sum;
    }
}

static void add_n_i32(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const mote_op_io *io = arg;
    int32_t *out = io->outputs[0]->data;
    for (int64_t i = begin; i < end; ++i) {
        int32_t sum = ((const int32_t *)io->inputs[0]->data)[i];
        for (int32_t k = 1; k < io->n_inputs; ++k)
            sum = mote_wrap_add_i32(sum, ((const int32_t *)io->inputs[k]->data)[i]);
        out[i] = sum;
    }
}

static mote_status add_n_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (dtype != MOTE_FLOAT32 && dtype != MOTE_INT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(dtype));
    return MOTE_OK;
}

static mote_status add_n_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    mote_op_io copy = *io;
    mote_run_parallel(run, mote_shape_count(&io->outputs[0]->shape), MOTE_ELEMENTS_GRAIN / 4,
                      io->inputs[0]->dtype == MOTE_FLOAT32 ? add_n_f32 : add_n_i32, &copy);
    return MOTE_OK;
}

const mote_op_run mote_op_run_add_n = {.prepare = add_n_prepare, .eval = add_n_eval};
