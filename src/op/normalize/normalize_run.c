/* L2_NORMALIZATION and LOCAL_RESPONSE_NORMALIZATION, both over the last axis. */
#include "kernels/fixed_math.h"
#include "op/normalize/normalize.h"
#include "op/op_quant.h"

typedef struct work {
    const mote_op_io *io;
    int64_t depth;
    int32_t zero;
} work;

static mote_status run_rows(mote_run *run, const mote_op_io *io, mote_range_fn *fn)
{
    const mote_shape *shape = &io->inputs[0]->shape;
    work w = {io, shape->dims[shape->rank - 1], mote_zero_of(io->inputs[0])};
    if (mote_shape_count(shape) == 0)
        return MOTE_OK;
    const int64_t grain = MOTE_ELEMENTS_GRAIN / w.depth;
    mote_run_parallel(run, mote_shape_span(shape, 0, shape->rank - 1), grain > 1 ? grain : 1, fn, &w);
    return MOTE_OK;
}

/* --- L2_NORMALIZATION --- */

static void l2_f32(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    for (int64_t row = begin; row < end; ++row) {
        const float *in = (const float *)w->io->inputs[0]->data + row * w->depth;
        float *out = (float *)w->io->outputs[0]->data + row * w->depth;
        float sum = 0.0f;
        for (int64_t i = 0; i < w->depth; ++i)
            sum += in[i] * in[i];
        const float norm = fmaxf(sqrtf(sum), MOTE_L2_LEAST_NORM);
        for (int64_t i = 0; i < w->depth; ++i)
            out[i] = in[i] / norm;
    }
}

/* Codes on scale 1/128; `code` reads one, `flip` turns int8 into the order of uint8. */
static void l2_row(const work *w, const uint8_t *in, uint8_t *out, bool is_signed)
{
    int32_t sum = 0;
    for (int64_t i = 0; i < w->depth; ++i) {
        const int32_t x = (is_signed ? (int8_t)in[i] : in[i]) - w->zero;
        sum = mote_wrap_add_i32(sum, x * x);
    }
    mote_multiplier inverse = mote_fixed_inverse_sqrt(sum);
    for (int64_t i = 0; i < w->depth; ++i) {
        const int32_t x = (is_signed ? (int8_t)in[i] : in[i]) - w->zero;
        int32_t code;
        if (is_signed) { /* the factor 128 goes into the shift, */
            const mote_multiplier scaled = {inverse.mantissa, inverse.exponent + 7};
            code = mote_clamp_i32(mote_scale_i32(x, scaled), INT8_MIN, INT8_MAX);
        } else { /* or into the value: they round differently */
            code = mote_clamp_i32(128 + mote_scale_down_i32(128 * x, inverse), 0, UINT8_MAX);
        }
        out[i] = (uint8_t)code;
    }
}

static void l2_8(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const uint8_t *in = w->io->inputs[0]->data;
    uint8_t *out = w->io->outputs[0]->data;
    for (int64_t row = begin; row < end; ++row)
        l2_row(w, in + row * w->depth, out + row * w->depth, w->io->inputs[0]->dtype == MOTE_INT8);
}

static mote_status l2_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_tensor *in = io->inputs[0], *out = io->outputs[0];
    const mote_l2_normalization_params *params = io->node->params;
    if (params->fused_activation_function != MOTE_ACT_NONE)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a fused activation");
    if (in->shape.rank < 1)
        return mote_error_set(err, MOTE_SHAPE, "the input must have an axis");
    if (in->dtype == MOTE_FLOAT32)
        return MOTE_OK;
    if (in->dtype != MOTE_INT8 && in->dtype != MOTE_UINT8)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(in->dtype));
    mote_status status = mote_need_per_tensor(in, "input 0", err);
    if (status == MOTE_OK)
        status = mote_need_per_tensor(out, "the output", err);
    if (status == MOTE_OK &&
        (mote_scale_of(out) != 1.0f / 128 || mote_zero_of(out) != (in->dtype == MOTE_INT8 ? 0 : 128)))
        return mote_error_set(err, MOTE_UNSUPPORTED, "the output must have scale 1/128 around its middle code");
    return status;
}

static mote_status l2_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    return run_rows(run, io, io->inputs[0]->dtype == MOTE_FLOAT32 ? l2_f32 : l2_8);
}

const mote_op_run mote_op_run_l2_normalization = {.prepare = l2_prepare, .eval = l2_eval};

/* --- LOCAL_RESPONSE_NORMALIZATION --- */

/* The window is symmetric, as in TensorFlow and in LiteRT's default kernel; the reference kernel leaves its last
 * channel out. */
static void lrn_f32(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const mote_local_response_normalization_params *params = w->io->node->params;
    for (int64_t row = begin; row < end; ++row) {
        const float *in = (const float *)w->io->inputs[0]->data + row * w->depth;
        float *out = (float *)w->io->outputs[0]->data + row * w->depth;
        for (int64_t c = 0; c < w->depth; ++c) {
            const int64_t first = c - params->radius > 0 ? c - params->radius : 0;
            const int64_t last = c + params->radius < w->depth - 1 ? c + params->radius : w->depth - 1;
            float sum = 0.0f;
            for (int64_t i = first; i <= last; ++i)
                sum += in[i] * in[i];
            out[c] = in[c] * powf(params->bias + params->alpha * sum, -params->beta);
        }
    }
}

static mote_status lrn_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_local_response_normalization_params *params = io->node->params;
    if (io->inputs[0]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(io->inputs[0]->dtype));
    if (io->inputs[0]->shape.rank < 1 || params->radius < 0)
        return mote_error_set(err, MOTE_SHAPE, "the input must have an axis, and the radius must not be negative");
    return MOTE_OK;
}

static mote_status lrn_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    return run_rows(run, io, lrn_f32);
}

const mote_op_run mote_op_run_local_response_normalization = {.prepare = lrn_prepare, .eval = lrn_eval};
