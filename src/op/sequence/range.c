/* RANGE: start, start + delta, … up to but without the limit. */
#include "op/op_infer.h"
#include "op/op_quant.h"

#include <math.h>

enum { START, LIMIT, DELTA };

/* Elements from start to limit in steps of delta; -1: it never arrives. */
static double count_steps(double start, double limit, double delta)
{
    const bool arrives = (start >= limit && delta < 0) || (start <= limit && delta > 0);
    return arrives ? ceil(fabs((limit - start) / delta)) : -1;
}

/* Exact for every int64: steps are counted on the distance, which fits uint64. */
static double count_whole_steps(int64_t start, int64_t limit, int64_t delta)
{
    if (delta == 0 || (start < limit && delta < 0) || (start > limit && delta > 0))
        return -1;
    const uint64_t distance = start > limit ? (uint64_t)start - (uint64_t)limit : (uint64_t)limit - (uint64_t)start;
    const uint64_t step = delta < 0 ? 0 - (uint64_t)delta : (uint64_t)delta;
    return (double)(distance / step + (distance % step != 0));
}

static double count(const mote_op_io *io)
{
    if (io->inputs[0]->dtype == MOTE_FLOAT32) {
        const float start = *(const float *)io->inputs[START]->data, limit = *(const float *)io->inputs[LIMIT]->data,
                    delta = *(const float *)io->inputs[DELTA]->data;
        /* the quotient is rounded to float first, as the reference has it */
        return count_steps((double)start, (double)limit, (double)delta) < 0
                   ? -1
                   : ceil((double)fabsf((limit - start) / delta));
    }
    int64_t start, limit, delta;
    const bool whole = mote_infer_read_int(io->inputs[START], 0, &start) &&
                       mote_infer_read_int(io->inputs[LIMIT], 0, &limit) &&
                       mote_infer_read_int(io->inputs[DELTA], 0, &delta);
    return whole ? count_whole_steps(start, limit, delta) : -1;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need_same_dtype(io, 3, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor *out = io->outputs[0];
    out->dtype = io->inputs[0]->dtype;
    if (out->dtype != MOTE_FLOAT32 && out->dtype != MOTE_INT32 && out->dtype != MOTE_INT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a range of %s", mote_dtype_name(out->dtype));
    if (mote_infer_is_open(io, 3) || !io->inputs[START]->data || !io->inputs[LIMIT]->data || !io->inputs[DELTA]->data) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    for (int32_t i = 0; i < 3; i++)
        if (mote_shape_count(&io->inputs[i]->shape) != 1)
            return mote_error_set(err, MOTE_SHAPE, "input %d is not a single value", i);
    const double n = count(io);
    if (!(n >= 0 && n <= INT32_MAX))
        return mote_error_set(err, MOTE_ARGUMENT, "a range that is endless or too long");
    out->shape = (mote_shape){1, {(int32_t)n}};
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_INT64 ? 2 : 1;
}

const mote_op_def mote_op_def_range = {
    .name = "RANGE",
    .options_type = 73,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .version = version,
    .max_version = 2,
};

/* Floats are added up one by one, as the reference has it. */
static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_tensor *out = io->outputs[0];
    const int64_t n = mote_shape_count(&out->shape);
    if (out->dtype == MOTE_FLOAT32) {
        float value = *(const float *)io->inputs[START]->data;
        for (int64_t i = 0; i < n; i++, value += *(const float *)io->inputs[DELTA]->data)
            ((float *)out->data)[i] = value;
        return MOTE_OK;
    }
    int64_t start = 0, delta = 0;
    mote_infer_read_int(io->inputs[START], 0, &start);
    mote_infer_read_int(io->inputs[DELTA], 0, &delta);
    uint64_t value = (uint64_t)start;
    for (int64_t i = 0; i < n; i++, value += (uint64_t)delta)
        if (out->dtype == MOTE_INT64)
            ((int64_t *)out->data)[i] = (int64_t)value;
        else
            ((int32_t *)out->data)[i] = (int32_t)(int64_t)value;
    return MOTE_OK;
}

const mote_op_run mote_op_run_range = {NULL, eval};
