/*
 * SEGMENT_SUM and UNSORTED_SEGMENT_SUM, _PROD, _MAX, _MIN: slices of the input folded into the output's slices that
 * their segment numbers name. Sorted segments count up from 0; unsorted ones may be negative, and then count nowhere.
 */
#include "op/op_infer.h"
#include "op/op_quant.h"

#include <float.h>

enum { DATA, SEGMENTS, N_SEGMENTS };

static mote_status check_segments(const mote_op_io *io, mote_error *err)
{
    const mote_shape *in = &io->inputs[DATA]->shape, *segments = &io->inputs[SEGMENTS]->shape;
    bool fits = segments->rank <= in->rank;
    for (int32_t d = 0; fits && d < segments->rank; d++)
        fits = segments->dims[d] == in->dims[d];
    char ti[MOTE_SHAPE_TEXT_BYTES], ts[MOTE_SHAPE_TEXT_BYTES];
    return fits ? MOTE_OK
                : mote_error_set(err, MOTE_SHAPE, "segments of %s for an input of %s", mote_shape_format(segments, ts),
                                 mote_shape_format(in, ti));
}

static void set_shape(const mote_op_io *io, int64_t n_segments)
{
    const mote_shape *in = &io->inputs[DATA]->shape;
    mote_shape shape = {1, {(int32_t)n_segments}};
    for (int32_t d = io->inputs[SEGMENTS]->shape.rank; d < in->rank; d++)
        shape.dims[shape.rank++] = in->dims[d];
    io->outputs[0]->shape = shape;
}

static mote_status infer_unsorted(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[DATA]->dtype;
    int64_t n_segments;
    if (mote_infer_is_open(io, 2) || !mote_infer_read_int(io->inputs[N_SEGMENTS], 0, &n_segments)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    status = check_segments(io, err);
    if (status != MOTE_OK)
        return status;
    if (n_segments < 0 || n_segments > INT32_MAX ||
        io->inputs[DATA]->shape.rank - io->inputs[SEGMENTS]->shape.rank >= MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "%lld segments", (long long)n_segments);
    set_shape(io, n_segments);
    return MOTE_OK;
}

/* As many segments as the last number says. */
static mote_status infer_sorted(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[DATA]->dtype;
    const mote_tensor *segments = io->inputs[SEGMENTS];
    if (mote_infer_is_open(io, 2) || (!segments->data && mote_shape_count(&segments->shape) != 0)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    status = check_segments(io, err);
    if (status == MOTE_OK && segments->shape.rank != 1)
        status = mote_error_set(err, MOTE_SHAPE, "segments of rank %d, not 1", segments->shape.rank);
    if (status != MOTE_OK)
        return status;
    int64_t last = -1;
    for (int64_t i = 0, now; i < segments->shape.dims[0]; i++, last = now)
        if (!mote_infer_read_int(segments, i, &now) || now < last || now > last + 1 || now < 0)
            return mote_error_set(err, MOTE_ARGUMENT, "segments must count up from 0 by at most 1");
    set_shape(io, last + 1);
    return MOTE_OK;
}

#define SEGMENT(symbol, NAME, number, infer_fn, n)                                                                     \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = number,                                                                                        \
        .min_inputs = n,                                                                                               \
        .max_inputs = n,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .infer = infer_fn,                                                                                             \
        .max_version = 1,                                                                                              \
    };

SEGMENT(segment_sum, "SEGMENT_SUM", 100, infer_sorted, 2)
SEGMENT(unsorted_segment_prod, "UNSORTED_SEGMENT_PROD", 118, infer_unsorted, 3)
SEGMENT(unsorted_segment_max, "UNSORTED_SEGMENT_MAX", 119, infer_unsorted, 3)
SEGMENT(unsorted_segment_min, "UNSORTED_SEGMENT_MIN", 120, infer_unsorted, 3)
SEGMENT(unsorted_segment_sum, "UNSORTED_SEGMENT_SUM", 121, infer_unsorted, 3)

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype dtype = io->inputs[DATA]->dtype, segments = io->inputs[SEGMENTS]->dtype;
    if ((dtype != MOTE_FLOAT32 && dtype != MOTE_INT32) || segments != MOTE_INT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "segments of %s with values of %s", mote_dtype_name(segments),
                              mote_dtype_name(dtype));
    return MOTE_OK;
}

typedef struct segment_kind {
    float first_f32;
    int32_t first_i32;
    float (*fold_f32)(float, float);
    int32_t (*fold_i32)(int32_t, int32_t);
} segment_kind;

static float sum_f32(float a, float b)
{
    return a + b;
}

static float product_f32(float a, float b)
{
    return a * b;
}

static float max_f32(float a, float b)
{
    return a < b ? b : a;
}

static float min_f32(float a, float b)
{
    return b < a ? b : a;
}

static mote_status eval_segments(const mote_op_io *io, const segment_kind *kind, mote_error *err)
{
    const mote_tensor *out = io->outputs[0];
    const int32_t *segments = io->inputs[SEGMENTS]->data;
    const int64_t n = mote_shape_count(&io->inputs[SEGMENTS]->shape), n_out = mote_shape_count(&out->shape);
    const int64_t size = mote_shape_span(&out->shape, 1, out->shape.rank);
    const bool is_float = out->dtype == MOTE_FLOAT32;
    for (int64_t i = 0; i < n_out; i++)
        if (is_float)
            ((float *)out->data)[i] = kind->first_f32;
        else
            ((int32_t *)out->data)[i] = kind->first_i32;
    for (int64_t i = 0; i < n; i++) {
        if (segments[i] >= out->shape.dims[0])
            return mote_error_set(err, MOTE_ARGUMENT, "segment %d is outside the %d", segments[i], out->shape.dims[0]);
        if (segments[i] < 0)
            continue;
        for (int64_t j = 0; j < size; j++) {
            const int64_t to = segments[i] * size + j, from = i * size + j;
            if (is_float)
                ((float *)out->data)[to] =
                    kind->fold_f32(((float *)out->data)[to], ((const float *)io->inputs[DATA]->data)[from]);
            else
                ((int32_t *)out->data)[to] =
                    kind->fold_i32(((int32_t *)out->data)[to], ((const int32_t *)io->inputs[DATA]->data)[from]);
        }
    }
    return MOTE_OK;
}

#define RUN(symbol, ...)                                                                                               \
    static mote_status eval_##symbol(mote_run *run, const mote_op_io *io, void *state, mote_error *err)                \
    {                                                                                                                  \
        (void)run, (void)state;                                                                                        \
        return eval_segments(io, &(const segment_kind){__VA_ARGS__}, err);                                             \
    }                                                                                                                  \
    const mote_op_run mote_op_run_##symbol = {prepare, eval_##symbol};

RUN(segment_sum, 0, 0, sum_f32, mote_wrap_add_i32)
RUN(unsorted_segment_sum, 0, 0, sum_f32, mote_wrap_add_i32)
RUN(unsorted_segment_prod, 1, 1, product_f32, mote_wrap_mul_i32)
RUN(unsorted_segment_max, -FLT_MAX, INT32_MIN, max_f32, mote_max_i32)
RUN(unsorted_segment_min, FLT_MAX, INT32_MAX, min_f32, mote_min_i32)
