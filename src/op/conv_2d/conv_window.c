/* Sums and codes that CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED and the pools share. */
#include "kernels/kernels.h"
#include "op/conv_2d/conv_2d.h"
#include "op/op_quant.h"

#include <string.h>

int64_t mote_dot_s8(const void *x, const void *w, int64_t n, int32_t x_offset, int32_t w_offset)
{
    const int8_t *a = x, *b = w;
    int32_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum = mote_wrap_add_i32(sum, (a[i] + x_offset) * (b[i] + w_offset));
    return sum;
}

static int64_t dot_u8(const void *x, const void *w, int64_t n, int32_t x_offset, int32_t w_offset)
{
    const uint8_t *a = x, *b = w;
    int32_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum = mote_wrap_add_i32(sum, (a[i] + x_offset) * (b[i] + w_offset));
    return sum;
}

static int64_t dot_s16(const void *x, const void *w, int64_t n, int32_t x_offset, int32_t w_offset)
{
    const int16_t *a = x;
    const int8_t *b = w;
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (int64_t)(a[i] + x_offset) * (b[i] + w_offset);
    return sum;
}

mote_dot_fn *mote_dot_find(mote_dtype x, mote_dtype w)
{
    if (x == MOTE_INT8 && w == MOTE_INT8)
        return mote_dot_s8;
    if (x == MOTE_UINT8 && w == MOTE_UINT8)
        return dot_u8;
    return x == MOTE_INT16 && w == MOTE_INT8 ? dot_s16 : NULL;
}

static mote_status need_bias_count(const mote_tensor *bias, int64_t n, mote_error *err)
{
    if (!bias || mote_shape_count(&bias->shape) == n)
        return MOTE_OK;
    return mote_error_set(err, MOTE_SHAPE, "a bias of %lld values for %lld channels",
                          (long long)mote_shape_count(&bias->shape), (long long)n);
}

mote_status mote_need_real(const mote_tensor *filter, const mote_tensor *bias, int64_t n, mote_error *err)
{
    const bool blocks = filter->quant.block_size > 0;
    if (filter->dtype != MOTE_FLOAT32 && !blocks && filter->quant.n != 1 && filter->quant.n != n)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the filter has %d scales for %lld channels", filter->quant.n,
                              (long long)n);
    if (bias && bias->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a bias of %s", mote_dtype_name(bias->dtype));
    return need_bias_count(bias, n, err);
}

mote_status mote_requant_make(mote_run *run, mote_requant *requant, const mote_op_io *io, int32_t n, int32_t activation,
                              bool fused_scale, mote_error *err)
{
    const mote_tensor *in = io->inputs[0], *filter = io->inputs[1], *out = io->outputs[0];
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    const bool wide = in->dtype == MOTE_INT16;
    if (out->dtype != in->dtype || !mote_dot_find(in->dtype, filter->dtype))
        return mote_error_set(err, MOTE_UNSUPPORTED, "input %s, filter %s and output %s do not go together",
                              mote_dtype_name(in->dtype), mote_dtype_name(filter->dtype), mote_dtype_name(out->dtype));
    if (bias && bias->dtype != MOTE_INT32 && !(wide && bias->dtype == MOTE_INT64))
        return mote_error_set(err, MOTE_UNSUPPORTED, "a bias of %s", mote_dtype_name(bias->dtype));
    mote_status status = need_bias_count(bias, n, err);
    if (status == MOTE_OK)
        status = wide ? mote_need_symmetric(in, "the input", err) : mote_need_per_tensor(in, "the input", err);
    if (status == MOTE_OK)
        status = wide ? mote_need_symmetric(out, "the output", err) : mote_need_per_tensor(out, "the output", err);
    if (status != MOTE_OK)
        return status;
    if (filter->quant.n != 1 && filter->quant.n != n)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the filter has %d scales for %d channels", filter->quant.n, n);
    requant->multipliers = mote_run_persistent(run, (size_t)n * sizeof *requant->multipliers);
    if (!requant->multipliers)
        return mote_error_no_memory(err);
    if (fused_scale) {
        requant->factors = mote_run_persistent(run, (size_t)n * sizeof *requant->factors);
        if (!requant->factors)
            return mote_error_no_memory(err);
    }
    const bool fused = filter->quant.n == 1 && (fused_scale || in->dtype == MOTE_UINT8);
    for (int32_t i = 0; i < n; i++) {
        const float scale = filter->quant.scale[filter->quant.n == 1 ? 0 : i];
        const double product = fused ? (double)(mote_scale_of(in) * scale) : (double)mote_scale_of(in) * (double)scale;
        if (requant->factors)
            requant->factors[i] = (double)mote_scale_of(in) * (double)scale / (double)mote_scale_of(out);
        requant->multipliers[i] = mote_multiplier_from_double(product / (double)mote_scale_of(out));
        if (requant->multipliers[i].exponent > (wide ? 7 : 30))
            return mote_error_set(err, MOTE_UNSUPPORTED, "the scales are too far apart");
    }
    requant->x_offset = -mote_zero_of(in);
    requant->w_offset = in->dtype == MOTE_UINT8 || fused_scale ? -mote_zero_of(filter) : 0;
    requant->out_zero = mote_zero_of(out);
    requant->wide = wide && !(bias && bias->dtype == MOTE_INT32);
    mote_activation_range_quant(activation, out, &requant->min, &requant->max);
    return MOTE_OK;
}

bool mote_requant_make_wide(mote_run *run, const mote_requant *requant, const mote_tensor *bias, int64_t n,
                            mote_wide_scale *scale)
{
    int64_t *factor = mote_run_persistent(run, (size_t)n * sizeof *factor);
    int64_t *right = mote_run_persistent(run, (size_t)n * sizeof *right);
    if (!factor || !right)
        return false;
    for (int64_t i = 0; i < n; i++) {
        factor[i] = mote_wide_mantissa(requant->multipliers[i]);
        right[i] = 15 - requant->multipliers[i].exponent;
    }
    *scale = (mote_wide_scale){
        .factor = factor,
        .right = right,
        .bias = bias ? bias->data : NULL,
        .low = requant->min,
        .high = requant->max,
    };
    return true;
}

/* A bias from a file may be anything. */
static int64_t wrap_add_i64(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

void mote_requant_store(const mote_requant *requant, int64_t sum, const mote_tensor *bias, int32_t channel,
                        const mote_tensor *output, int64_t i)
{
    int32_t code;
    if (requant->factors) {
        const int64_t biased = wrap_add_i64(sum, !bias                       ? 0
                                                 : bias->dtype == MOTE_INT64 ? ((const int64_t *)bias->data)[channel]
                                                                             : ((const int32_t *)bias->data)[channel]);
        const double value = round((double)biased * requant->factors[channel]);
        code = value >= 1e9 ? 1000000000 : value <= -1e9 ? -1000000000 : (int32_t)value;
    } else if (requant->wide) {
        code = mote_scale_i64(wrap_add_i64(sum, bias ? ((const int64_t *)bias->data)[channel] : 0),
                              requant->multipliers[channel]);
    } else {
        const int32_t biased = mote_wrap_add_i32((int32_t)sum, bias ? ((const int32_t *)bias->data)[channel] : 0);
        code = mote_scale_i32(biased, requant->multipliers[channel]);
    }
    code = mote_clamp_i32(mote_wrap_add_i32(code, requant->out_zero), requant->min, requant->max);
    if (output->dtype == MOTE_INT16)
        ((int16_t *)output->data)[i] = (int16_t)code;
    else
        ((uint8_t *)output->data)[i] = (uint8_t)code; /* the same bits for int8 */
}

static void range_of(mote_run *run, const float *x, int64_t n, float *low, float *high)
{
    const mote_kernels *kernels = mote_run_kernels(run);
    (kernels ? kernels->f32_range.run : mote_f32_range__ref)(x, n, low, high);
}

typedef struct code_call {
    const float *x;
    int8_t *q;
    float inverse;
    int32_t zero, low;
    mote_f32_to_qs8_fn *fn;
} code_call;

static void code_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const code_call *call = arg;
    call->fn(call->x + begin, call->q + begin, end - begin, call->inverse, call->zero, call->low);
}

static void make_codes(mote_run *run, code_call *call, int64_t n)
{
    const mote_kernels *kernels = mote_run_kernels(run);
    call->fn = kernels ? kernels->f32_to_qs8.run : mote_f32_to_qs8__ref;
    mote_run_parallel(run, n, MOTE_ELEMENTS_GRAIN, code_range, call);
}

static void quantize_symmetric(mote_run *run, const float *x, int64_t n, int8_t *q, float *scale)
{
    float low, high;
    range_of(run, x, n, &low, &high);
    const float range = fmaxf(fabsf(low), fabsf(high));
    *scale = 1;
    if (range == 0) {
        memset(q, 0, (size_t)n);
        return;
    }
    *scale = range / 127;
    make_codes(run, &(code_call){.x = x, .q = q, .inverse = 127 / range, .low = -127}, n);
}

/* The zero point is taken from the end of the range that loses less, then rounded. */
static void quantize_asymmetric(mote_run *run, const float *x, int64_t n, int8_t *q, float *scale, int32_t *zero)
{
    float low, high;
    range_of(run, x, n, &low, &high);
    const float min = fminf(low, 0), max = fmaxf(high, 0);
    *scale = 1;
    *zero = 0;
    if (min == max) {
        memset(q, 0, (size_t)n);
        return;
    }
    const float step = (max - min) / 255;
    const float from_min = -128 - min / step, from_max = 127 - max / step;
    const float point = 128 + fabsf(min / step) < 127 + fabsf(max / step) ? from_min : from_max;
    /* the last case also takes NaN, of inputs that are not finite */
    *zero = point >= 127 ? 127 : point > -128 ? (int32_t)roundf(point) : -128;
    *scale = step;
    make_codes(run, &(code_call){.x = x, .q = q, .inverse = 1.0F / *scale, .zero = *zero, .low = -128}, n);
}

void mote_quantize_rows(mote_run *run, bool asymmetric, const float *x, int64_t n_rows, int64_t n, int8_t *q,
                        float *scales, int32_t *zeros)
{
    for (int64_t row = 0; row < n_rows; row++) {
        zeros[row] = 0;
        if (asymmetric)
            quantize_asymmetric(run, x + row * n, n, q + row * n, &scales[row], &zeros[row]);
        else
            quantize_symmetric(run, x + row * n, n, q + row * n, &scales[row]);
    }
}
