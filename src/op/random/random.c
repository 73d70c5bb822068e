/*
 * RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL and MULTINOMIAL: numbers of a Philox stream that its seeds begin and each
 * invocation goes on with. Where a file gives no seeds LiteRT takes what the system offers; mote takes them as they
 * are, so that a run can be repeated.
 */
#include "op/random/random.h"

#include "op/op_infer.h"
#include "op/random/philox.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 4 };

/* --- definition --- */

static mote_status infer_of_shape(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    mote_shape shape;
    bool known;
    io->outputs[0]->dtype = MOTE_FLOAT32;
    const mote_status read = mote_infer_read_shape(io->inputs[0], &shape, &known, err);
    if (read == MOTE_OK && known)
        io->outputs[0]->shape = shape;
    else
        mote_infer_set_unknown(io->outputs[0]);
    return read;
}

static mote_status infer_multinomial(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *logits = &io->inputs[0]->shape;
    int64_t n;
    if (mote_infer_is_open(io, 2) || !io->inputs[1]->data || !mote_infer_read_int(io->inputs[1], 0, &n)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (logits->rank != 2 || n < 0 || n > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "logits of rank %d, and %lld samples", logits->rank, (long long)n);
    io->outputs[0]->shape = mote_shape_make(2, (const int32_t[]){logits->dims[0], (int32_t)n});
    return MOTE_OK;
}

static const mote_op_field FIELDS[] = {
    {"seed", 0, MOTE_FIELD_I64, offsetof(mote_random_params, seed), 0},
    {"seed2", 1, MOTE_FIELD_I64, offsetof(mote_random_params, seed2), 0},
};

#define RANDOM(symbol, NAME, n, infer_fn)                                                                              \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = 114,                                                                                           \
        .fields = FIELDS,                                                                                              \
        .n_fields = sizeof FIELDS / sizeof *FIELDS,                                                                    \
        .params_bytes = sizeof(mote_random_params),                                                                    \
        .min_inputs = n,                                                                                               \
        .max_inputs = n,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .flags = MOTE_OP_STATEFUL,                                                                                     \
        .infer = infer_fn,                                                                                             \
        .max_version = 1,                                                                                              \
    };

RANDOM(random_uniform, "RANDOM_UNIFORM", 1, infer_of_shape)
RANDOM(random_standard_normal, "RANDOM_STANDARD_NORMAL", 1, infer_of_shape)
RANDOM(multinomial, "MULTINOMIAL", 2, infer_multinomial)

/* --- running --- */

static mote_status begin_stream(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_random_params *params = io->node->params;
    mote_philox_stream *stream = *state = mote_run_persistent(run, sizeof *stream);
    if (!stream)
        return mote_error_no_memory(err);
    /* of a seed's 64 bits LiteRT takes the low 32, with their sign */
    *stream = mote_philox_begin((uint64_t)(int32_t)params->seed, (uint64_t)(int32_t)params->seed2);
    return MOTE_OK;
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    if (io->inputs[0]->dtype != MOTE_INT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a shape of %s", mote_dtype_name(io->inputs[0]->dtype));
    return begin_stream(run, io, state, err);
}

/* [0, 1) from the low 23 bits. */
static float to_float(uint32_t bits)
{
    const uint32_t one_and = UINT32_C(127) << 23 | (bits & 0x7FFFFF);
    float value;
    memcpy(&value, &one_and, sizeof value);
    return value - 1.0F;
}

/* [0, 1) from 52 bits. */
static double to_double(uint32_t high, uint32_t low)
{
    const uint64_t one_and = UINT64_C(1023) << 52 | (uint64_t)(high & 0xFFFFF) << 32 | low;
    double value;
    memcpy(&value, &one_and, sizeof value);
    return value - 1.0;
}

static void draw_uniform(const uint32_t *bits, float *out)
{
    for (int32_t i = 0; i < BLOCK; i++)
        out[i] = to_float(bits[i]);
}

/* Box and Muller, two at a time. */
static void draw_normal(const uint32_t *bits, float *out)
{
    const double pi = 3.14159265358979323846;
    for (int32_t i = 0; i < BLOCK; i += 2) {
        const float u = fmaxf(to_float(bits[i]), 1.0e-7F);
        const float angle = (float)(2.0 * pi * (double)to_float(bits[i + 1]));
        const float radius = sqrtf(-2.0F * logf(u));
        out[i] = sinf(angle) * radius;
        out[i + 1] = cosf(angle) * radius;
    }
}

typedef void draw_fn(const uint32_t *bits, float *out);

static void draw_all(mote_philox_stream *stream, draw_fn *draw, const mote_tensor *out)
{
    const int64_t n = mote_shape_count(&out->shape);
    for (int64_t i = 0; i < n; i += BLOCK) {
        uint32_t bits[BLOCK];
        float values[BLOCK];
        mote_philox_next(stream, bits);
        draw(bits, values);
        memcpy((float *)out->data + i, values, (size_t)(n - i < BLOCK ? n - i : BLOCK) * sizeof *values);
    }
}

static mote_status eval_uniform(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)err;
    draw_all(state, draw_uniform, io->outputs[0]);
    return MOTE_OK;
}

static mote_status eval_normal(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)err;
    draw_all(state, draw_normal, io->outputs[0]);
    return MOTE_OK;
}

/* --- MULTINOMIAL --- */

static mote_status prepare_multinomial(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_dtype dtype = io->outputs[0]->dtype;
    if (io->inputs[0]->dtype != MOTE_FLOAT32 || io->inputs[1]->dtype != MOTE_INT32 ||
        (dtype != MOTE_INT32 && dtype != MOTE_INT64))
        return mote_error_set(err, MOTE_UNSUPPORTED, "logits of %s, samples of %s",
                              mote_dtype_name(io->inputs[0]->dtype), mote_dtype_name(dtype));
    mote_run_request_scratch(run, (size_t)io->inputs[0]->shape.dims[1] * sizeof(double));
    return begin_stream(run, io, state, err);
}

/* Running sums of the classes' odds. */
static void add_up(const float *logits, int64_t n, double *sums)
{
    float most = -3.402823466e38F;
    for (int64_t i = 0; i < n; i++)
        most = isfinite(logits[i]) && logits[i] > most ? logits[i] : most;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(logits[i]))
            sum += exp((double)logits[i] - (double)most);
        sums[i] = sum;
    }
}

/* The first of n sums that is greater; n: none. */
static int64_t find_greater(const double *sums, int64_t n, double value)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (value < sums[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static mote_status eval_multinomial(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    mote_philox_stream *kept = state, stream = *kept;
    mote_tensor *out = io->outputs[0];
    const int64_t n_batch = out->shape.dims[0], n_samples = out->shape.dims[1], n = io->inputs[0]->shape.dims[1];
    double *sums = mote_run_scratch(run);
    uint32_t bits[BLOCK];
    int32_t used = BLOCK;
    /* as in TensorFlow, the next invocation is far away */
    mote_philox_skip(kept, (uint64_t)n_batch * (uint64_t)((n_samples + 3) / 4 * 4) * 2 * 256);
    for (int64_t b = 0; b < n_batch; b++) {
        add_up((const float *)io->inputs[0]->data + b * n, n, sums);
        for (int64_t i = b * n_samples; i < (b + 1) * n_samples; i++, used += 2) {
            if (used == BLOCK) {
                mote_philox_next(&stream, bits);
                used = 0;
            }
            const double total = n ? sums[n - 1] : 0;
            const int64_t found = find_greater(sums, n, to_double(bits[used], bits[used + 1]) * total);
            if (out->dtype == MOTE_INT64)
                ((int64_t *)out->data)[i] = found;
            else
                ((int32_t *)out->data)[i] = (int32_t)found;
        }
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_random_uniform = {prepare, eval_uniform};
const mote_op_run mote_op_run_random_standard_normal = {prepare, eval_normal};
const mote_op_run mote_op_run_multinomial = {prepare_multinomial, eval_multinomial};
