#include "pass/quantize_math.h"

#include <math.h>
#include <string.h>

mote_qparams mote_qparams_int8(float low_f32, float high_f32)
{
    const double low = low_f32 < 0 ? (double)low_f32 : 0.0, high = high_f32 > 0 ? (double)high_f32 : 0.0;
    if (high - low < 1e-30 || !isfinite(high - low))
        return (mote_qparams){1.0f, -128};
    const double scale = (high - low) / 255.0;
    const double from_low = -128.0 - low / scale, from_high = 127.0 - high / scale;
    const double low_error = 128.0 + fabs(low / scale), high_error = 127.0 + fabs(high / scale);
    const double zero = low_error < high_error ? from_low : from_high;
    const double nudged = zero < -128.0 ? -128.0 : zero > 127.0 ? 127.0 : round(zero);
    return (mote_qparams){(float)scale, (int64_t)nudged};
}

mote_qparams mote_qparams_int16(float low, float high)
{
    const double top = fmax(fabs((double)low), fabs((double)high));
    if (top < 1e-30 || !isfinite(top))
        return (mote_qparams){1.0f, 0};
    return (mote_qparams){(float)(top / 32767.0), 0};
}

static int64_t slice_of(const mote_shape *shape, int32_t axis, int64_t i)
{
    return i / mote_shape_span(shape, axis + 1, shape->rank) % shape->dims[axis];
}

static const float *bias_values(const mote_graph *graph, const mote_node *node, const mote_affine_op *affine)
{
    return node->n_inputs > affine->bias && node->inputs[affine->bias] >= 0
               ? graph->tensors[node->inputs[affine->bias]]->data
               : NULL;
}

/* Scales by channel; a channel of zeros gets 1/127's worth of nothing: any positive number serves. */
static float *filter_scales(mote_graph *graph, const mote_tensor *filter, int32_t axis, const float *bias,
                            float bias_scale_in, bool wide)
{
    const int32_t n = filter->shape.dims[axis];
    float *scales = mote_arena_calloc(graph->arena, (size_t)n, sizeof *scales);
    const float *w = filter->data;
    for (int64_t i = 0; scales && i < mote_shape_count(&filter->shape); i++) {
        float *top = &scales[slice_of(&filter->shape, axis, i)];
        *top = fabsf(w[i]) > *top ? fabsf(w[i]) : *top;
    }
    for (int32_t c = 0; scales && c < n; c++) {
        scales[c] = scales[c] > 0 ? (float)((double)scales[c] / 127.0) : 1.0f;
        if (bias && bias_scale_in > 0 && !wide) {
            const double steps = fabs((double)bias[c]) / ((double)bias_scale_in * (double)scales[c]);
            if (steps > (double)(1 << 30))
                scales[c] = (float)(fabs((double)bias[c]) / ((double)(1 << 30) * (double)bias_scale_in));
        }
    }
    return scales;
}

static int8_t to_code(float w, float scale)
{
    const float q = roundf(w / scale);
    return (int8_t)(q < -127.0f ? -127.0f : q > 127.0f ? 127.0f : q);
}

mote_status mote_quantize_filter(mote_graph *graph, mote_node *node, const mote_affine_op *affine, float bias_scale_in,
                                 bool wide, mote_error *err)
{
    const mote_tensor *filter = graph->tensors[node->inputs[affine->filter]];
    const int32_t n = filter->shape.dims[affine->out_axis];
    float *scales =
        filter_scales(graph, filter, affine->out_axis, bias_values(graph, node, affine), bias_scale_in, wide);
    const int32_t index = mote_graph_add_const(graph, filter->name, MOTE_INT8, &filter->shape, NULL);
    if (!scales || index < 0 || mote_graph_set_quant(graph, index, n, affine->out_axis, scales, NULL) != MOTE_OK)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    int8_t *to = graph->tensors[index]->data;
    const float *from = filter->data;
    for (int64_t i = 0; i < mote_shape_count(&filter->shape); i++)
        to[i] = to_code(from[i], scales[slice_of(&filter->shape, affine->out_axis, i)]);
    node->inputs[affine->filter] = index;
    return MOTE_OK;
}

mote_status mote_quantize_bias(mote_graph *graph, mote_node *node, const mote_affine_op *affine, float in_scale,
                               bool wide, mote_error *err)
{
    if (!bias_values(graph, node, affine))
        return MOTE_OK;
    const mote_tensor *bias = graph->tensors[node->inputs[affine->bias]];
    const mote_quant *filter = &graph->tensors[node->inputs[affine->filter]]->quant;
    const int32_t n = (int32_t)mote_shape_count(&bias->shape);
    float *scales = mote_arena_calloc(graph->arena, (size_t)n, sizeof *scales);
    const int32_t index = mote_graph_add_const(graph, bias->name, wide ? MOTE_INT64 : MOTE_INT32, &bias->shape, NULL);
    if (!scales || index < 0)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    void *to = graph->tensors[index]->data;
    const float *from = bias->data;
    for (int32_t i = 0; i < n; i++) {
        scales[i] = (float)((double)in_scale * (double)filter->scale[filter->n > 1 ? i : 0]);
        const double q = round((double)from[i] / (double)scales[i]);
        if (wide)
            ((int64_t *)to)[i] = (int64_t)fmax(fmin(q, 9e18), -9e18);
        else
            ((int32_t *)to)[i] = (int32_t)fmax(fmin(q, 2147483647.0), -2147483648.0);
    }
    if (mote_graph_set_quant(graph, index, n, 0, scales, NULL) != MOTE_OK)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    node->inputs[affine->bias] = index;
    return MOTE_OK;
}

int32_t mote_quantize_const(mote_graph *graph, int32_t tensor, mote_dtype dtype, mote_qparams qparams)
{
    const mote_tensor *source = graph->tensors[tensor];
    const int32_t index = mote_graph_add_const(graph, source->name, dtype, &source->shape, NULL);
    if (index < 0 || mote_graph_set_quant(graph, index, 1, 0, &qparams.scale, &qparams.zero_point) != MOTE_OK)
        return -1;
    const float *from = source->data;
    const double low = dtype == MOTE_INT8 ? -128 : -32768, high = dtype == MOTE_INT8 ? 127 : 32767;
    for (int64_t i = 0; i < mote_shape_count(&source->shape); i++) {
        const double q = round((double)from[i] / (double)qparams.scale) + (double)qparams.zero_point;
        const double code = q < low ? low : q > high ? high : q;
        if (dtype == MOTE_INT8)
            ((int8_t *)graph->tensors[index]->data)[i] = (int8_t)code;
        else
            ((int16_t *)graph->tensors[index]->data)[i] = (int16_t)code;
    }
    return index;
}
