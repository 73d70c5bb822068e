/* CONV_2D: packed where that serves (conv_packed.h), else plainly: every output is one sum over the taps that fall
 * inside the image. */
#include "op/conv_2d/conv_2d.h"
#include "op/conv_2d/conv_packed.h"
#include "op/op_quant.h"

typedef struct conv_state {
    mote_window_axis h, w;
    int32_t in_c, out_c, group_c, filters_per_group;
    mote_requant requant;
    mote_dot_fn *dot;
    float min, max;
    bool hybrid, asymmetric;
    bool one_by_one;          /* groups while ranges are found: TensorFlow runs its reference kernel there */
    mote_conv_packed *packed; /* NULL: plainly */
} conv_state;

/* A filter whose scales are all the same counts as one with one scale, in the reference too. */
static bool scales_differ(const mote_quant *quant)
{
    for (int32_t i = 1; i < quant->n; i++)
        if (quant->scale[i] != quant->scale[0])
            return true;
    return false;
}

static mote_status prepare_plain(mote_run *run, const mote_op_io *io, void **out, mote_error *err)
{
    const mote_conv_2d_params *params = io->node->params;
    const mote_tensor *in = io->inputs[0], *filter = io->inputs[1];
    conv_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *out = state;
    mote_status status = mote_conv_window_make(&params->window, &in->shape, &filter->shape, &state->h, &state->w, err);
    if (status != MOTE_OK)
        return status;
    state->in_c = in->shape.dims[3];
    state->out_c = filter->shape.dims[0];
    state->group_c = filter->shape.dims[3];
    state->filters_per_group = state->out_c / (state->in_c / state->group_c);
    state->one_by_one = state->group_c != state->in_c && mote_run_in_converters_order(run);
    mote_activation_range_f32(params->activation, &state->min, &state->max);
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    if (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_FLOAT32)
        return mote_need_real(filter, bias, state->out_c, err);
    if (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_INT8 && filter->quant.n >= 1) {
        state->hybrid = true;
        state->asymmetric = scales_differ(&filter->quant);
        state->dot = mote_dot_find(MOTE_INT8, MOTE_INT8);
        mote_run_request_scratch(run, (size_t)mote_shape_count(&in->shape) + (size_t)in->shape.dims[0] * 8 + 64);
        return mote_need_real(filter, bias, state->out_c, err);
    }
    state->dot = mote_dot_find(in->dtype, filter->dtype);
    return mote_requant_make(run, &state->requant, io, state->out_c, params->activation, false, err);
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **out, mote_error *err)
{
    const mote_status status = prepare_plain(run, io, out, err);
    if (status != MOTE_OK)
        return status;
    conv_state *state = *out;
    if (state->group_c != state->in_c)
        return MOTE_OK;
    const mote_conv_packed_spec spec = {
        .h = state->h,
        .w = state->w,
        .n = state->out_c,
        .k = (int64_t)state->h.filter * state->w.filter * state->in_c,
        .requant = &state->requant,
        .low = state->min,
        .high = state->max,
        .hybrid = state->hybrid,
        .asymmetric = state->asymmetric,
    };
    return mote_conv_packed_make(run, io, &spec, &state->packed, err);
}

typedef struct conv_call {
    const conv_state *state;
    const mote_op_io *io;
    const mote_tensor *bias;
    const int8_t *codes; /* hybrid: the input quantized, and per example its scale and zero point */
    const float *scales;
    const int32_t *zeros;
} conv_call;

static float dot_f32(const float *x, const float *w, int64_t n)
{
    float sums[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            sums[j] += x[i + j] * w[i + j];
    float sum = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
    for (; i < n; i++)
        sum += x[i] * w[i];
    return sum;
}

static void add_products(float *sum, const float *x, const float *w, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        *sum += x[i] * w[i];
}

/* The sum for one output. Either integers (dot) or floats (sum_f32). */
static int64_t sum_taps(const conv_call *call, const void *image, size_t element, int32_t y, int32_t x, int32_t channel,
                        int32_t x_offset, float *sum_f32)
{
    const conv_state *s = call->state;
    const char *filter = call->io->inputs[1]->data;
    const size_t filter_element = mote_dtype_bytes(call->io->inputs[1]->dtype);
    int32_t y0, y1, x0, x1;
    mote_window_taps(&s->h, y, &y0, &y1);
    mote_window_taps(&s->w, x, &x0, &x1);
    const int32_t first_c = channel / s->filters_per_group * s->group_c;
    int64_t sum = 0;
    for (int32_t fy = y0; fy < y1; fy++)
        for (int32_t fx = x0; fx < x1; fx++) {
            const int64_t iy = (int64_t)y * s->h.stride - s->h.pad + (int64_t)fy * s->h.dilation;
            const int64_t ix = (int64_t)x * s->w.stride - s->w.pad + (int64_t)fx * s->w.dilation;
            const char *in = (const char *)image + (size_t)((iy * s->w.in + ix) * s->in_c + first_c) * element;
            const char *w = filter + (size_t)((((int64_t)channel * s->h.filter + fy) * s->w.filter + fx) * s->group_c) *
                                         filter_element;
            if (sum_f32 && s->one_by_one)
                add_products(sum_f32, (const float *)(const void *)in, (const float *)(const void *)w, s->group_c);
            else if (sum_f32)
                *sum_f32 += dot_f32((const float *)(const void *)in, (const float *)(const void *)w, s->group_c);
            else
                sum += s->dot(in, w, s->group_c, x_offset, s->requant.w_offset);
        }
    return sum;
}

static float clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

/* rows are example * height + y */
static void eval_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const conv_call *call = arg;
    const conv_state *s = call->state;
    const mote_tensor *in = call->io->inputs[0], *out = call->io->outputs[0], *filter = call->io->inputs[1];
    const size_t element = s->hybrid ? 1 : mote_dtype_bytes(in->dtype);
    const int64_t image_size = (int64_t)s->h.in * s->w.in * s->in_c;
    const float *bias = s->dot && !s->hybrid ? NULL : call->bias ? call->bias->data : NULL;
    for (int64_t row = begin; row < end; row++) {
        const int64_t example = row / s->h.out;
        const int32_t y = (int32_t)(row % s->h.out);
        const char *image =
            (s->hybrid ? (const char *)call->codes : (const char *)in->data) + (size_t)(example * image_size) * element;
        for (int32_t x = 0; x < s->w.out; x++)
            for (int32_t c = 0; c < s->out_c; c++) {
                const int64_t at = (row * s->w.out + x) * s->out_c + c;
                float value = 0;
                if (!s->dot) {
                    sum_taps(call, image, element, y, x, c, 0, &value);
                } else {
                    const int32_t offset = s->hybrid ? -call->zeros[example] : s->requant.x_offset;
                    const int64_t sum = sum_taps(call, image, element, y, x, c, offset, NULL);
                    if (!s->hybrid) {
                        mote_requant_store(&s->requant, sum, call->bias, c, out, at);
                        continue;
                    }
                    const float scale = filter->quant.scale[s->asymmetric ? c : 0];
                    value = s->asymmetric ? (float)sum * scale * call->scales[example]
                                          : (float)sum * (call->scales[example] * scale);
                }
                ((float *)out->data)[at] = clamp(value + (bias ? bias[c] : 0), s->min, s->max);
            }
    }
}

static void quantize_input(mote_run *run, const conv_state *state, const mote_op_io *io, conv_call *call, char *scratch)
{
    const int32_t n = io->inputs[0]->shape.dims[0];
    const int64_t size = (int64_t)state->h.in * state->w.in * state->in_c;
    float *scales = (float *)(void *)scratch;
    int32_t *zeros = (int32_t *)(void *)(scratch + (size_t)n * 4);
    int8_t *codes = (int8_t *)scratch + (size_t)n * 8;
    mote_quantize_rows(run, state->asymmetric, io->inputs[0]->data, n, size, codes, scales, zeros);
    call->codes = codes;
    call->scales = scales;
    call->zeros = zeros;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *arg, mote_error *err)
{
    (void)err;
    const conv_state *state = arg;
    if (state->packed) {
        mote_conv_packed_run(run, io, state->packed, io->inputs[0]->shape.dims[0]);
        return MOTE_OK;
    }
    conv_call call = {.state = state, .io = io, .bias = io->n_inputs > 2 ? io->inputs[2] : NULL};
    if (state->hybrid)
        quantize_input(run, state, io, &call, mote_run_scratch(run));
    mote_run_parallel(run, (int64_t)io->inputs[0]->shape.dims[0] * state->h.out, 1, eval_rows, &call);
    return MOTE_OK;
}

const mote_op_run mote_op_run_conv_2d = {prepare, eval};
