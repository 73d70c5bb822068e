#include "pass/quantize_math.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Ranges below this are widened: smaller scales would serve nobody. */
static const float LEAST_RANGE = 1e-6f;

mote_qparams mote_qparams_int8(float low_given, float high_given)
{
    float low = low_given < 0 ? low_given : 0.0f, high = high_given > 0 ? high_given : 0.0f;
    if (high - low < LEAST_RANGE) {
        low = -LEAST_RANGE;
        high = LEAST_RANGE;
    }
    const float scale = (high - low) / 255.0f;
    if (!isfinite(scale))
        return (mote_qparams){1.0f, -128};
    const float zero = (float)(-128.0 - (double)low / (double)scale);
    return (mote_qparams){scale, zero < -128.0f ? -128 : zero > 127.0f ? 127 : (int64_t)roundf(zero)};
}

float mote_symmetric_scale(float top, int32_t n_codes)
{
    const float scale = fmaxf(top, LEAST_RANGE / 2) / (float)n_codes;
    return isfinite(scale) ? scale : 1.0f;
}

mote_qparams mote_qparams_int16(float low, float high)
{
    return (mote_qparams){mote_symmetric_scale(fmaxf(fabsf(low), fabsf(high)), 32767), 0};
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

/* The largest int32 bias that leaves room for the sum it is added to. */
static const double MOST_BIAS_STEPS = 1073741823.0;

/* Codes are products with this, not quotients by the scale. */
static float reciprocal(float scale)
{
    return (float)(1.0 / (double)scale);
}

/* In 16x8 a channel of zeros has the scale 0. */
static float filter_scale(float top, mote_filter_kind kind)
{
    return kind == MOTE_FILTER_WIDE && isfinite(top) ? top / 127.0f : mote_symmetric_scale(top, 127);
}

/* What codes are products with. */
static double filter_inverse(float top, float scale, bool raised, mote_filter_kind kind)
{
    if (top <= 0)
        return 0.0;
    if (kind == MOTE_FILTER_DYNAMIC)
        return 127.0 / (double)fmaxf(top, LEAST_RANGE / 2);
    return (double)(kind == MOTE_FILTER_INT8 || raised ? reciprocal(scale) : fminf(127.0f / top, FLT_MAX));
}

/* By channel. A bias of too many steps gets larger ones. */
static void filter_scales(const mote_tensor *filter, int32_t axis, const float *bias, mote_filter_kind kind,
                          float in_scale, float *scales, double *inverses)
{
    const int32_t n = filter->shape.dims[axis];
    const float *w = filter->data;
    for (int64_t i = 0; i < mote_shape_count(&filter->shape); i++) {
        float *top = &scales[slice_of(&filter->shape, axis, i)];
        *top = fabsf(w[i]) > *top ? fabsf(w[i]) : *top;
    }
    for (int32_t c = 0; c < n; c++) {
        const float top = scales[c];
        scales[c] = filter_scale(top, kind);
        const double size = bias && kind != MOTE_FILTER_DYNAMIC ? fabs((double)bias[c]) : 0;
        const double step = (double)(float)((double)in_scale * (double)scales[c]);
        const bool raised = size > step * MOST_BIAS_STEPS;
        if (raised)
            scales[c] = (float)(size / MOST_BIAS_STEPS / (double)in_scale);
        inverses[c] = filter_inverse(top, scales[c], raised, kind);
    }
}

/* TensorFlow's quantizers of int8 and of 16x8 work in float, that of dynamic range in double. */
static int8_t filter_code(float w, double inverse, bool in_float)
{
    const double q = in_float ? (double)roundf(w * (float)inverse) : round((double)w * inverse);
    return (int8_t)fmax(fmin(q, 127), -127);
}

mote_status mote_quantize_filter(mote_graph *graph, mote_node *node, const mote_affine_op *affine,
                                 mote_filter_kind kind, float in_scale, mote_error *err)
{
    const mote_tensor *filter = graph->tensors[node->inputs[affine->filter]];
    const int32_t n = filter->shape.dims[affine->out_axis];
    float *scales = mote_arena_calloc(graph->arena, (size_t)n, sizeof *scales);
    double *inverses = mote_arena_calloc(graph->arena, (size_t)n, sizeof *inverses);
    const int32_t index = mote_graph_add_const(graph, filter->name, MOTE_INT8, &filter->shape, NULL);
    if (!scales || !inverses || index < 0)
        return mote_error_no_memory(err);
    filter_scales(filter, affine->out_axis, bias_values(graph, node, affine), kind, in_scale, scales, inverses);
    if (mote_graph_set_quant(graph, index, n, affine->out_axis, scales, NULL) != MOTE_OK)
        return mote_error_no_memory(err);
    int8_t *to = graph->tensors[index]->data;
    const float *from = filter->data;
    for (int64_t i = 0; i < mote_shape_count(&filter->shape); i++)
        to[i] =
            filter_code(from[i], inverses[slice_of(&filter->shape, affine->out_axis, i)], kind != MOTE_FILTER_DYNAMIC);
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
        return mote_error_no_memory(err);
    void *to = graph->tensors[index]->data;
    const float *from = bias->data;
    for (int32_t i = 0; i < n; i++) {
        scales[i] = (float)((double)in_scale * (double)filter->scale[filter->n > 1 ? i : 0]);
        const double q = from[i] != 0 && scales[i] > 0 ? (double)roundf(from[i] * reciprocal(scales[i])) : 0;
        if (wide)
            ((int64_t *)to)[i] = (int64_t)fmax(fmin(q, 9e18), -9e18);
        else
            ((int32_t *)to)[i] = (int32_t)fmax(fmin(q, 2147483647.0), -2147483647.0);
    }
    if (mote_graph_set_quant(graph, index, n, 0, scales, NULL) != MOTE_OK)
        return mote_error_no_memory(err);
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
    for (int64_t i = 0; i < mote_shape_count(&source->shape); i++) {
        if (dtype == MOTE_INT8) {
            const double q = round((double)from[i] / (double)qparams.scale + (double)qparams.zero_point);
            ((int8_t *)graph->tensors[index]->data)[i] = (int8_t)fmax(fmin(q, 127), -128);
        } else {
            const float q = roundf(from[i] * reciprocal(qparams.scale));
            ((int16_t *)graph->tensors[index]->data)[i] = (int16_t)fmaxf(fminf(q, 32767), -32767);
        }
    }
    return index;
}
