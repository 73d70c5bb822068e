/* DEPTHWISE_CONV_2D: by the row kernels for float, int8 and int16 with multiplier 1, else plainly: the sums of all
 * channels of one output position are built side by side. */
#include "kernels/kernels.h"
#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "op/op_quant.h"

#include <string.h>

typedef struct depthwise_state {
    mote_window_axis h, w;
    int32_t in_c, out_c, multiplier;
    mote_requant requant;
    float min, max;
    bool hybrid;
    bool by_rows;
    bool bias_first;           /* floats, as TensorFlow's converter adds them up while it calibrates */
    const void *packed_filter; /* int8 and int16 by rows */
    mote_wide_scale scale;     /* int16 by rows */
    int32_t *mantissa, *exponent;
    size_t codes_bytes, sums_bytes; /* of the scratch: hybrid input, then sums per thread */
} depthwise_state;

static mote_status prepare_plain(mote_run *run, const mote_op_io *io, void **out, mote_error *err)
{
    const mote_depthwise_conv_2d_params *params = io->node->params;
    const mote_tensor *in = io->inputs[0], *filter = io->inputs[1];
    depthwise_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *out = state;
    mote_status status = mote_conv_window_make(&params->window, &in->shape, &filter->shape, &state->h, &state->w, err);
    if (status != MOTE_OK)
        return status;
    state->in_c = in->shape.dims[3];
    state->out_c = filter->shape.dims[3];
    state->multiplier = state->out_c / state->in_c;
    mote_activation_range_f32(params->activation, &state->min, &state->max);
    state->hybrid = in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_INT8 && filter->quant.n >= 1;
    const size_t n_codes = (size_t)mote_shape_count(&in->shape) + (size_t)in->shape.dims[0] * 8;
    state->codes_bytes = state->hybrid ? (n_codes + 63) / 64 * 64 : 0;
    state->sums_bytes = ((size_t)state->out_c * 8 + 63) / 64 * 64;
    mote_run_request_scratch(run, state->codes_bytes + state->sums_bytes * (size_t)mote_run_n_threads(run));
    if (state->hybrid || (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_FLOAT32))
        return mote_need_real(filter, io->n_inputs > 2 ? io->inputs[2] : NULL, state->out_c, err);
    return mote_requant_make(run, &state->requant, io, state->out_c, params->activation, false, err);
}

/* The filter as the row kernels take it, and, for codes, a multiplier for each channel. */
static bool pack_filter(mote_run *run, const mote_op_io *io, depthwise_state *state)
{
    const int32_t n = state->out_c, height = state->h.filter, width = state->w.filter;
    const mote_kernels *kernels = mote_run_kernels(run);
    void *packed = mote_run_persistent(run, mote_qs8_dw_packed_bytes(kernels, n, height, width));
    state->packed_filter = packed;
    state->mantissa = mote_run_persistent(run, (size_t)n * sizeof *state->mantissa);
    state->exponent = mote_run_persistent(run, (size_t)n * sizeof *state->exponent);
    if (!packed || !state->mantissa || !state->exponent)
        return false;
    mote_qs8_dw_pack(kernels, n, height, width, io->inputs[1]->data, packed);
    for (int32_t c = 0; c < n && !state->hybrid; c++) {
        state->mantissa[c] = state->requant.multipliers[c].mantissa;
        state->exponent[c] = state->requant.multipliers[c].exponent;
    }
    return true;
}

static bool widen_filter(mote_run *run, const mote_op_io *io, depthwise_state *state)
{
    const int64_t count = mote_shape_count(&io->inputs[1]->shape);
    const int8_t *filter = io->inputs[1]->data;
    int16_t *wide = mote_run_persistent(run, (size_t)count * sizeof *wide);
    state->packed_filter = wide;
    for (int64_t i = 0; wide && i < count; i++)
        wide[i] = filter[i];
    return wide && mote_requant_make_wide(run, &state->requant, io->n_inputs > 2 ? io->inputs[2] : NULL, state->out_c,
                                          &state->scale);
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **out, mote_error *err)
{
    const mote_status status = prepare_plain(run, io, out, err);
    if (status != MOTE_OK)
        return status;
    depthwise_state *state = *out;
    const mote_tensor *in = io->inputs[0], *filter = io->inputs[1], *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    state->bias_first = mote_run_in_converters_order(run) && in->dtype == MOTE_FLOAT32 && !state->hybrid;
    if (!mote_run_kernels(run) || state->multiplier != 1 || state->bias_first)
        return MOTE_OK;
    if (state->hybrid) {
        if (filter->data && !pack_filter(run, io, state))
            return mote_error_no_memory(err);
        state->by_rows = filter->data != NULL;
        return MOTE_OK;
    }
    const bool qs8 = in->dtype == MOTE_INT8 && filter->dtype == MOTE_INT8 && io->outputs[0]->dtype == MOTE_INT8 &&
                     filter->data && (!bias || bias->dtype == MOTE_INT32) && state->requant.w_offset == 0;
    const bool qs16 = in->dtype == MOTE_INT16 && filter->data && state->requant.wide && state->requant.w_offset == 0 &&
                      (!bias || bias->data) && (int64_t)state->h.filter * state->w.filter <= MOTE_QS16_BLOCK;
    if ((qs8 && !pack_filter(run, io, state)) || (qs16 && !widen_filter(run, io, state)))
        return mote_error_no_memory(err);
    state->by_rows = qs8 || qs16 || (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_FLOAT32);
    return MOTE_OK;
}

typedef struct depthwise_call {
    const depthwise_state *state;
    const mote_op_io *io;
    const mote_tensor *bias;
    const int8_t *codes;
    const float *scales;
    const int32_t *zeros;
    char *sums;
} depthwise_call;

static void add_f32(float *sums, const float *x, const float *w, int32_t n, int32_t multiplier)
{
    if (multiplier == 1) {
        for (int32_t c = 0; c < n; c++)
            sums[c] += x[c] * w[c];
        return;
    }
    for (int32_t c = 0; c < n; c++)
        sums[c] += x[c / multiplier] * w[c];
}

static void add_s8(int32_t *sums, const int8_t *x, const int8_t *w, int32_t n, int32_t multiplier, int32_t x_offset)
{
    if (multiplier == 1) {
        for (int32_t c = 0; c < n; c++)
            sums[c] += (x[c] + x_offset) * w[c];
        return;
    }
    for (int32_t c = 0; c < n; c++)
        sums[c] += (x[c / multiplier] + x_offset) * w[c];
}

static void add_u8(int32_t *sums, const uint8_t *x, const uint8_t *w, int32_t n, int32_t multiplier, int32_t x_offset,
                   int32_t w_offset)
{
    for (int32_t c = 0; c < n; c++)
        sums[c] += (x[c / multiplier] + x_offset) * (w[c] + w_offset);
}

static void add_s16(int64_t *sums, const int16_t *x, const int8_t *w, int32_t n, int32_t multiplier)
{
    for (int32_t c = 0; c < n; c++)
        sums[c] += (int64_t)x[c / multiplier] * w[c];
}

static void add_taps(const depthwise_call *call, const char *image, size_t element, int32_t y, int32_t x,
                     int32_t x_offset, void *sums)
{
    const depthwise_state *s = call->state;
    const char *filter = call->io->inputs[1]->data;
    const size_t filter_element = mote_dtype_bytes(call->io->inputs[1]->dtype);
    const mote_dtype type = s->hybrid ? MOTE_INT8 : call->io->inputs[0]->dtype;
    int32_t y0, y1, x0, x1;
    mote_window_taps(&s->h, y, &y0, &y1);
    mote_window_taps(&s->w, x, &x0, &x1);
    for (int32_t fy = y0; fy < y1; fy++)
        for (int32_t fx = x0; fx < x1; fx++) {
            const int64_t iy = (int64_t)y * s->h.stride - s->h.pad + (int64_t)fy * s->h.dilation;
            const int64_t ix = (int64_t)x * s->w.stride - s->w.pad + (int64_t)fx * s->w.dilation;
            const void *in = image + (size_t)((iy * s->w.in + ix) * s->in_c) * element;
            const void *w = filter + (size_t)(((int64_t)fy * s->w.filter + fx) * s->out_c) * filter_element;
            if (type == MOTE_FLOAT32)
                add_f32(sums, in, w, s->out_c, s->multiplier);
            else if (type == MOTE_INT8)
                add_s8(sums, in, w, s->out_c, s->multiplier, x_offset);
            else if (type == MOTE_UINT8)
                add_u8(sums, in, w, s->out_c, s->multiplier, x_offset, s->requant.w_offset);
            else
                add_s16(sums, in, w, s->out_c, s->multiplier);
        }
}

static float clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

static void store(const depthwise_call *call, int64_t at, int64_t example, const void *sums)
{
    const depthwise_state *s = call->state;
    const mote_tensor *filter = call->io->inputs[1], *out = call->io->outputs[0];
    const mote_dtype type = call->io->inputs[0]->dtype;
    for (int32_t c = 0; c < s->out_c; c++) {
        if (type != MOTE_FLOAT32) {
            const int64_t sum = type == MOTE_INT16 ? ((const int64_t *)sums)[c] : ((const int32_t *)sums)[c];
            mote_requant_store(&s->requant, sum, call->bias, c, out, at + c);
            continue;
        }
        float value = s->hybrid ? (float)((const int32_t *)sums)[c] *
                                      (filter->quant.scale[filter->quant.n == 1 ? 0 : c] * call->scales[example])
                                : ((const float *)sums)[c];
        value += call->bias && !s->bias_first ? ((const float *)call->bias->data)[c] : 0;
        ((float *)out->data)[at + c] = clamp(value, s->min, s->max);
    }
}

static void eval_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const depthwise_call *call = arg;
    const depthwise_state *s = call->state;
    const mote_tensor *in = call->io->inputs[0];
    const size_t element = s->hybrid ? 1 : mote_dtype_bytes(in->dtype);
    const int64_t image_size = (int64_t)s->h.in * s->w.in * s->in_c;
    void *sums = call->sums + s->sums_bytes * (size_t)thread;
    for (int64_t row = begin; row < end; row++) {
        const int64_t example = row / s->h.out;
        const int32_t y = (int32_t)(row % s->h.out);
        const char *image =
            (s->hybrid ? (const char *)call->codes : (const char *)in->data) + (size_t)(example * image_size) * element;
        const int32_t offset = s->hybrid ? -call->zeros[example] : s->requant.x_offset;
        for (int32_t x = 0; x < s->w.out; x++) {
            memset(sums, 0, s->sums_bytes);
            if (s->bias_first && call->bias)
                memcpy(sums, call->bias->data, (size_t)s->out_c * sizeof(float));
            add_taps(call, image, element, y, x, offset, sums);
            store(call, (row * s->w.out + x) * s->out_c, example, sums);
        }
    }
}

typedef struct row_call {
    mote_dw_job job;
    const mote_kernels *kernels;
    bool is_float, is_wide;
} row_call;

static void eval_kernel_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const row_call *call = arg;
    for (int64_t row = begin; row < end; row++) {
        if (call->is_float)
            call->kernels->f32_dw.run(&call->job, (int32_t)row);
        else if (call->is_wide)
            call->kernels->qs16_dw.run(&call->job, (int32_t)row);
        else
            call->kernels->qs8_dw.run(&call->job, (int32_t)row);
    }
}

/* With the codes of a hybrid call, or NULL. */
static void eval_by_rows(mote_run *run, const mote_op_io *io, const depthwise_state *s, const depthwise_call *hybrid)
{
    const mote_tensor *in = io->inputs[0], *out = io->outputs[0], *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    const size_t element = mote_dtype_bytes(in->dtype);
    row_call call = {
        .kernels = mote_run_kernels(run),
        .is_float = in->dtype == MOTE_FLOAT32,
        .is_wide = in->dtype == MOTE_INT16,
        .job = {.channels = s->in_c,
                .in_height = s->h.in,
                .in_width = s->w.in,
                .out_width = s->w.out,
                .filter_height = s->h.filter,
                .filter_width = s->w.filter,
                .stride_h = s->h.stride,
                .stride_w = s->w.stride,
                .dilation_h = s->h.dilation,
                .dilation_w = s->w.dilation,
                .pad_top = s->h.pad,
                .pad_left = s->w.pad,
                .bias = bias ? bias->data : NULL,
                .low_f32 = s->min,
                .high_f32 = s->max,
                .mantissa = s->mantissa,
                .exponent = s->exponent,
                .in_zero_point = -s->requant.x_offset,
                .zero_point = s->requant.out_zero,
                .low = s->requant.min,
                .high = s->requant.max,
                .scale = s->scale},
    };
    if (hybrid) {
        const mote_quant *quant = &io->inputs[1]->quant;
        call.is_float = false;
        call.job.to_floats = true;
        call.job.scale_f32 = quant->scale;
        call.job.scale_step = quant->n > 1;
    }
    call.job.filter = call.is_float ? io->inputs[1]->data : s->packed_filter;
    for (int64_t i = 0; i < in->shape.dims[0]; i++) {
        call.job.input = (const char *)in->data + (size_t)(i * mote_shape_span(&in->shape, 1, 4)) * element;
        call.job.output = (char *)out->data + (size_t)(i * mote_shape_span(&out->shape, 1, 4)) * element;
        if (hybrid) {
            call.job.input = hybrid->codes + i * mote_shape_span(&in->shape, 1, 4);
            call.job.in_zero_point = hybrid->zeros[i];
            call.job.x_scale = hybrid->scales[i];
        }
        mote_run_parallel(run, s->h.out, 2, eval_kernel_rows, &call);
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *arg, mote_error *err)
{
    (void)err;
    const depthwise_state *state = arg;
    if (state->by_rows && !state->hybrid) {
        eval_by_rows(run, io, state, NULL);
        return MOTE_OK;
    }
    char *scratch = mote_run_scratch(run);
    depthwise_call call = {.state = state, .io = io, .bias = io->n_inputs > 2 ? io->inputs[2] : NULL};
    const int32_t n = io->inputs[0]->shape.dims[0];
    if (state->hybrid) {
        const int64_t size = (int64_t)state->h.in * state->w.in * state->in_c;
        float *scales = (float *)(void *)scratch;
        int32_t *zeros = (int32_t *)(void *)(scratch + (size_t)n * 4);
        int8_t *codes = (int8_t *)scratch + (size_t)n * 8;
        mote_quantize_rows(run, true, io->inputs[0]->data, n, size, codes, scales, zeros);
        call.codes = codes;
        call.scales = scales;
        call.zeros = zeros;
    }
    call.sums = scratch + state->codes_bytes;
    if (state->by_rows) {
        eval_by_rows(run, io, state, &call);
        return MOTE_OK;
    }
    mote_run_parallel(run, (int64_t)n * state->h.out, 1, eval_rows, &call);
    return MOTE_OK;
}

const mote_op_run mote_op_run_depthwise_conv_2d = {prepare, eval};
