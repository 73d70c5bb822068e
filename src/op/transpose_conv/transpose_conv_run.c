/* TRANSPOSE_CONV, plainly: each output gathers the inputs whose filter reaches it, in the order of the inputs. */
#include "op/conv_2d/conv_2d.h"
#include "op/op_quant.h"
#include "op/transpose_conv/transpose_conv.h"

typedef struct transpose_state {
    mote_window_axis h, w; /* of the convolution that this undoes: in is the output here */
    int32_t in_h, in_w, in_c, out_c;
    mote_requant requant;
    mote_dot_fn *dot; /* NULL: float */
    float min, max;
    bool hybrid;
} transpose_state;

static mote_status prepare(mote_run *run, const mote_op_io *io, void **arg, mote_error *err)
{
    const mote_transpose_conv_params *params = io->node->params;
    const mote_tensor *filter = io->inputs[1], *in = io->inputs[2], *out = io->outputs[0];
    transpose_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    *arg = s;
    const mote_status status = mote_transpose_conv_window(params, &out->shape, &filter->shape, &s->h, &s->w, err);
    if (status != MOTE_OK)
        return status;
    s->in_h = in->shape.dims[1];
    s->in_w = in->shape.dims[2];
    s->in_c = in->shape.dims[3];
    s->out_c = filter->shape.dims[0];
    mote_activation_range_f32(params->activation, &s->min, &s->max);
    mote_tensor *bias = io->n_inputs > 3 ? io->inputs[3] : NULL;
    if (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_FLOAT32)
        return mote_need_real(filter, bias, s->out_c, err);
    if (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_INT8) {
        s->hybrid = true;
        mote_run_request_scratch(run, (size_t)mote_shape_count(&in->shape) + (size_t)in->shape.dims[0] * 8);
        return mote_need_real(filter, bias, s->out_c, err);
    }
    mote_tensor *inputs[3] = {io->inputs[2], io->inputs[1], bias};
    const mote_op_io reordered = {io->node, inputs, io->outputs, 3, 1};
    s->dot = mote_dot_find(in->dtype, filter->dtype);
    return mote_requant_make(run, &s->requant, &reordered, s->out_c, params->activation, false, err);
}

typedef struct transpose_call {
    const transpose_state *state;
    const mote_op_io *io;
    const mote_tensor *bias;
    const int8_t *codes;
    const float *scales;
    const int32_t *zeros;
} transpose_call;

/* The inputs [*first, *last) whose filter covers output position `out`. */
static void reach(const mote_window_axis *axis, int32_t out, int32_t n_in, int32_t *first, int32_t *last)
{
    const int64_t at = (int64_t)out + axis->pad, from = at - axis->filter + 1;
    *first = from <= 0 ? 0 : (int32_t)((from + axis->stride - 1) / axis->stride);
    *last = at / axis->stride + 1 < n_in ? (int32_t)(at / axis->stride + 1) : n_in;
}

typedef struct sums {
    int64_t whole;
    float real;
} sums;

static sums gather(const transpose_call *call, int64_t example, int32_t y, int32_t x, int32_t c)
{
    const transpose_state *s = call->state;
    const mote_tensor *in = call->io->inputs[2], *filter = call->io->inputs[1];
    const size_t element = s->hybrid ? 1 : mote_dtype_bytes(in->dtype),
                 filter_element = mote_dtype_bytes(filter->dtype);
    const char *data = s->hybrid ? (const char *)call->codes : in->data;
    const float scale = s->hybrid ? filter->quant.scale[filter->quant.n == 1 ? 0 : c] : 0;
    int32_t y0, y1, x0, x1;
    sums total = {0};
    reach(&s->h, y, s->in_h, &y0, &y1);
    reach(&s->w, x, s->in_w, &x0, &x1);
    for (int32_t iy = y0; iy < y1; iy++)
        for (int32_t ix = x0; ix < x1; ix++) {
            const int32_t fy = y + s->h.pad - iy * s->h.stride, fx = x + s->w.pad - ix * s->w.stride;
            const void *a = data + (size_t)(((example * s->in_h + iy) * s->in_w + ix) * s->in_c) * element;
            const void *w = (const char *)filter->data +
                            (size_t)((((int64_t)c * s->h.filter + fy) * s->w.filter + fx) * s->in_c) * filter_element;
            if (s->dot) {
                total.whole += s->dot(a, w, s->in_c, s->requant.x_offset, s->requant.w_offset);
            } else if (s->hybrid) {
                for (int32_t k = 0; k < s->in_c; k++) {
                    const int32_t product = (((const int8_t *)a)[k] - call->zeros[example]) * ((const int8_t *)w)[k];
                    total.real += (float)product * scale * call->scales[example];
                }
            } else {
                for (int32_t k = 0; k < s->in_c; k++)
                    total.real += ((const float *)a)[k] * ((const float *)w)[k];
            }
        }
    return total;
}

static void eval_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const transpose_call *call = arg;
    const transpose_state *s = call->state;
    const mote_tensor *out = call->io->outputs[0];
    for (int64_t row = begin; row < end; row++)
        for (int32_t x = 0; x < s->w.in; x++)
            for (int32_t c = 0; c < s->out_c; c++) {
                const int64_t at = (row * s->w.in + x) * s->out_c + c;
                const sums total = gather(call, row / s->h.in, (int32_t)(row % s->h.in), x, c);
                if (s->dot) {
                    mote_requant_store(&s->requant, total.whole, call->bias, c, out, at);
                    continue;
                }
                const float value = total.real + (call->bias ? ((const float *)call->bias->data)[c] : 0);
                ((float *)out->data)[at] = value < s->min ? s->min : value > s->max ? s->max : value;
            }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *arg, mote_error *err)
{
    (void)err;
    const transpose_state *s = arg;
    transpose_call call = {.state = s, .io = io, .bias = io->n_inputs > 3 ? io->inputs[3] : NULL};
    const int32_t n = io->inputs[2]->shape.dims[0];
    if (s->hybrid) {
        const int64_t size = (int64_t)s->in_h * s->in_w * s->in_c;
        char *scratch = mote_run_scratch(run);
        float *scales = (float *)(void *)scratch;
        int32_t *zeros = (int32_t *)(void *)(scratch + (size_t)n * 4);
        int8_t *codes = (int8_t *)scratch + (size_t)n * 8;
        mote_quantize_rows(run, true, io->inputs[2]->data, n, size, codes, scales, zeros);
        call.codes = codes;
        call.scales = scales;
        call.zeros = zeros;
    }
    mote_run_parallel(run, (int64_t)n * s->h.in, 1, eval_rows, &call);
    return MOTE_OK;
}

const mote_op_run mote_op_run_transpose_conv = {prepare, eval};

/* --- MediaPipe's: input, filter, bias in this order, and a size of its own --- */

/* How it pads: what it takes off a size that grew, in all. */
static int32_t grown_padding(int32_t in, int32_t filter, int32_t stride, int32_t padding)
{
    if (padding != MOTE_PADDING_SAME || in < 1)
        return 0;
    return mote_max_i32(0, filter - (in - 1) % stride - 1);
}

mote_status mote_grown_size(int32_t in, int32_t filter, int32_t stride, int32_t padding, int32_t *size, mote_error *err)
{
    if (stride < 1 || filter < 1 || in < 1)
        return mote_error_set(err, MOTE_SHAPE, "stride %d, filter %d and input %d must be at least 1", stride, filter,
                              in);
    const int64_t grown = (int64_t)stride * (in - 1) + filter - grown_padding(in, filter, stride, padding);
    if (grown > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "its output is too large");
    *size = (int32_t)grown;
    return MOTE_OK;
}

static mote_status prepare_with_bias(mote_run *run, const mote_op_io *io, void **arg, mote_error *err)
{
    const mote_transpose_conv_params *params = io->node->params;
    mote_tensor *inputs[] = {NULL, io->inputs[1], io->inputs[0], io->inputs[2]};
    const mote_op_io reordered = {io->node, inputs, io->outputs, 4, 1};
    const mote_status status = prepare(run, &reordered, arg, err);
    if (status != MOTE_OK)
        return status;
    transpose_state *s = *arg;
    s->h.pad = grown_padding(s->in_h, s->h.filter, params->stride_h, params->padding) / 2;
    s->w.pad = grown_padding(s->in_w, s->w.filter, params->stride_w, params->padding) / 2;
    return MOTE_OK;
}

static mote_status eval_with_bias(mote_run *run, const mote_op_io *io, void *arg, mote_error *err)
{
    mote_tensor *inputs[] = {NULL, io->inputs[1], io->inputs[0], io->inputs[2]};
    const mote_op_io reordered = {io->node, inputs, io->outputs, 4, 1};
    return eval(run, &reordered, arg, err);
}

const mote_op_run mote_op_run_convolution_2d_transpose_bias = {prepare_with_bias, eval_with_bias};
