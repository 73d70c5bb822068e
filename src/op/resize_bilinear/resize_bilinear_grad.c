/* Each output's gradient goes to its four neighbours in the shares in which they made it. */
#include "op/remap/remap.h"

#include <math.h>
#include <string.h>

typedef struct neighbours {
    int32_t low, high;
    float weight; /* of high */
} neighbours;

static neighbours place(const mote_resize_params *params, int32_t in, int32_t out, int32_t i)
{
    const float scale = params->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    const float at = params->half_pixel_centers ? ((float)i + 0.5f) * scale - 0.5f : (float)i * scale;
    const int32_t low = (int32_t)floorf(at), high = (int32_t)ceilf(at);
    neighbours n = {.low = low > 0 ? low : 0, .high = high < in ? high : in - 1};
    n.weight = at - (float)n.low;
    return n;
}

static void add_scaled(float *to, const float *from, float factor, int32_t n)
{
    for (int32_t c = 0; c < n; c++)
        to[c] += from[c] * factor;
}

static void images(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const mote_grad *grad = arg;
    const mote_resize_params *params = grad->io->node->params;
    const mote_shape *in = &grad->io->inputs[0]->shape, *out = &grad->io->outputs[0]->shape;
    const int32_t n = in->dims[3];
    const int64_t in_count = mote_shape_span(in, 1, 4), out_count = mote_shape_span(out, 1, 4);
    for (int64_t image = begin; image < end; image++) {
        float *dx = grad->d_inputs[0] + image * in_count;
        const float *dy = grad->d_outputs[0] + image * out_count;
        memset(dx, 0, (size_t)in_count * sizeof *dx);
        for (int32_t i = 0; i < out->dims[1]; i++) {
            const neighbours y = place(params, in->dims[1], out->dims[1], i);
            float *low = dx + (int64_t)y.low * in->dims[2] * n, *high = dx + (int64_t)y.high * in->dims[2] * n;
            for (int32_t j = 0; j < out->dims[2]; j++, dy += n) {
                const neighbours x = place(params, in->dims[2], out->dims[2], j);
                add_scaled(low + (int64_t)x.low * n, dy, (1 - y.weight) * (1 - x.weight), n);
                add_scaled(high + (int64_t)x.low * n, dy, y.weight * (1 - x.weight), n);
                add_scaled(low + (int64_t)x.high * n, dy, (1 - y.weight) * x.weight, n);
                add_scaled(high + (int64_t)x.high * n, dy, y.weight * x.weight, n);
            }
        }
    }
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    mote_grad call = *grad;
    mote_run_parallel(run, grad->io->inputs[0]->shape.dims[0], 1, images, &call);
    return MOTE_OK;
}

const mote_op_grad mote_op_grad_resize_bilinear = {.backward = backward};
