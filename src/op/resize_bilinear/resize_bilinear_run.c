/* RESIZE_BILINEAR: float and uint8 weigh in float, int8 and int16 in 10-bit fixed point, as TFLite does. */
#include <math.h>

#include "kernels/fixed_point.h"
#include "op/remap/remap.h"

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_resize_params *params = io->node->params;
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (dtype != MOTE_FLOAT32 && dtype != MOTE_UINT8 && dtype != MOTE_INT8 && dtype != MOTE_INT16)
        return mote_error_set(err, MOTE_UNSUPPORTED, "an input of %s", mote_dtype_name(dtype));
    if (params->align_corners && params->half_pixel_centers)
        return mote_error_set(err, MOTE_UNSUPPORTED, "align_corners and half_pixel_centers exclude each other");
    return MOTE_OK;
}

typedef struct lerp {
    int32_t low, high;
    float weight;      /* of high, in float */
    int32_t weight_10; /* of high, in 1/1024 */
} lerp;

static lerp place_f32(const mote_resize_params *params, int32_t in, int32_t out, int32_t i)
{
    const float scale = params->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    const float at = params->half_pixel_centers ? ((float)i + 0.5F) * scale - 0.5F : (float)i * scale;
    lerp l = {.low = mote_max_i32((int32_t)floorf(at), 0), .high = mote_min_i32((int32_t)ceilf(at), in - 1)};
    l.weight = at - (float)l.low;
    return l;
}

static lerp place_10(const mote_resize_params *params, int32_t in, int32_t out, int32_t i)
{
    const bool corners = params->align_corners && out > 1;
    const int64_t from = corners ? in - 1 : in, to = corners ? out - 1 : out;
    const int64_t scale = (1024 * from + to / 2) / to;
    const int64_t at = params->half_pixel_centers ? i * scale + scale / 2 - 512 : i * scale;
    lerp l = {.low = (int32_t)(at / 1024 > 0 ? at / 1024 : 0)};
    const int64_t high = (at + 1023) / 1024;
    l.high = (int32_t)(high < in - 1 ? high : in - 1);
    l.weight_10 = (int32_t)(at - 1024 * (int64_t)l.low);
    return l;
}

typedef struct resize_call {
    const mote_op_io *io;
    const mote_resize_params *params;
    bool in_converters_order;
} resize_call;

/* The four neighbours' first elements: [y0 x0, y1 x0, y0 x1, y1 x1] */
static void corners(const mote_shape *in, int64_t example, const lerp *y, const lerp *x, int64_t at[4])
{
    const int64_t rows[2] = {(example * in->dims[1] + y->low) * in->dims[2],
                             (example * in->dims[1] + y->high) * in->dims[2]};
    for (int k = 0; k < 4; k++)
        at[k] = (rows[k & 1] + (k < 2 ? x->low : x->high)) * in->dims[3];
}

static void blend_f32(const float *in, const int64_t at[4], const lerp *y, const lerp *x, int32_t n, float *out)
{
    for (int32_t c = 0; c < n; c++)
        out[c] = in[at[0] + c] * (1 - y->weight) * (1 - x->weight) + in[at[1] + c] * y->weight * (1 - x->weight) +
                 in[at[2] + c] * (1 - y->weight) * x->weight + in[at[3] + c] * y->weight * x->weight;
}

/* As TensorFlow's converter sums while it calibrates: along x first, each neighbour with one weight. */
static void blend_in_order(const float *in, const int64_t at[4], const lerp *y, const lerp *x, int32_t n, float *out)
{
    const float upper = 1 - y->weight, left = 1 - x->weight;
    const float weights[] = {upper * left, y->weight * left, upper * x->weight, y->weight * x->weight};
    for (int32_t c = 0; c < n; c++)
        out[c] = in[at[0] + c] * weights[0] + in[at[2] + c] * weights[2] + in[at[1] + c] * weights[1] +
                 in[at[3] + c] * weights[3];
}

/* Twice the size from corner to corner of pixels has a kernel of its own there. */
static bool sums_in_order(const mote_run *run, const mote_op_io *io)
{
    const mote_resize_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape, *out = &io->outputs[0]->shape;
    const bool doubles = !params->align_corners && !params->half_pixel_centers && out->dims[1] == 2 * in->dims[1] &&
                         out->dims[2] == 2 * in->dims[2];
    return mote_run_in_converters_order(run) && !doubles;
}

static void blend_u8(const uint8_t *in, const int64_t at[4], const lerp *y, const lerp *x, int32_t n, uint8_t *out)
{
    for (int32_t c = 0; c < n; c++)
        out[c] = (uint8_t)((float)in[at[0] + c] * (1 - y->weight) * (1 - x->weight) +
                           (float)in[at[1] + c] * y->weight * (1 - x->weight) +
                           (float)in[at[2] + c] * (1 - y->weight) * x->weight +
                           (float)in[at[3] + c] * y->weight * x->weight + 0.5F);
}

static int32_t load(const mote_tensor *tensor, int64_t i)
{
    return tensor->dtype == MOTE_INT8 ? ((const int8_t *)tensor->data)[i] : ((const int16_t *)tensor->data)[i];
}

static void blend_10(const mote_tensor *in, const int64_t at[4], const lerp *y, const lerp *x, int32_t n,
                     const mote_tensor *out, int64_t to)
{
    const int64_t yw = y->weight_10, xw = x->weight_10;
    for (int32_t c = 0; c < n; c++) {
        const int64_t sum = load(in, at[0] + c) * (1024 - yw) * (1024 - xw) + load(in, at[1] + c) * yw * (1024 - xw) +
                            load(in, at[2] + c) * (1024 - yw) * xw + load(in, at[3] + c) * yw * xw;
        const int64_t value = (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
        if (out->dtype == MOTE_INT8)
            ((int8_t *)out->data)[to + c] = (int8_t)value;
        else
            ((int16_t *)out->data)[to + c] = (int16_t)value;
    }
}

static void eval_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const resize_call *call = arg;
    const mote_tensor *in = call->io->inputs[0], *out = call->io->outputs[0];
    const int32_t height = out->shape.dims[1], width = out->shape.dims[2], n = in->shape.dims[3];
    const bool fixed = in->dtype == MOTE_INT8 || in->dtype == MOTE_INT16;
    lerp (*place)(const mote_resize_params *, int32_t, int32_t, int32_t) = fixed ? place_10 : place_f32;
    for (int64_t row = begin; row < end; row++) {
        const lerp y = place(call->params, in->shape.dims[1], height, (int32_t)(row % height));
        for (int32_t i = 0; i < width; i++) {
            const lerp x = place(call->params, in->shape.dims[2], width, i);
            const int64_t to = (row * width + i) * n;
            int64_t at[4];
            corners(&in->shape, row / height, &y, &x, at);
            if (in->dtype == MOTE_FLOAT32 && call->in_converters_order)
                blend_in_order(in->data, at, &y, &x, n, (float *)out->data + to);
            else if (in->dtype == MOTE_FLOAT32)
                blend_f32(in->data, at, &y, &x, n, (float *)out->data + to);
            else if (in->dtype == MOTE_UINT8)
                blend_u8(in->data, at, &y, &x, n, (uint8_t *)out->data + to);
            else
                blend_10(in, at, &y, &x, n, out, to);
        }
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state, (void)err;
    resize_call call = {io, io->node->params, sums_in_order(run, io)};
    mote_run_parallel(run, (int64_t)io->outputs[0]->shape.dims[0] * io->outputs[0]->shape.dims[1], 4, eval_rows, &call);
    return MOTE_OK;
}

const mote_op_run mote_op_run_resize_bilinear = {prepare, eval};
