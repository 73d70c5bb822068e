#include "op/op_quant.h"

#include <float.h>

int32_t mote_dtype_lowest(mote_dtype dtype)
{
    switch (dtype) {
    case MOTE_INT2:
        return -2;
    case MOTE_INT4:
        return -8;
    case MOTE_INT8:
        return INT8_MIN;
    case MOTE_INT16:
        return INT16_MIN;
    case MOTE_INT32:
        return INT32_MIN;
    default:
        return 0;
    }
}

int32_t mote_dtype_highest(mote_dtype dtype)
{
    switch (dtype) {
    case MOTE_INT2:
        return 1;
    case MOTE_INT4:
        return 7;
    case MOTE_UINT4:
        return 15;
    case MOTE_INT8:
        return INT8_MAX;
    case MOTE_UINT8:
        return UINT8_MAX;
    case MOTE_INT16:
        return INT16_MAX;
    case MOTE_UINT16:
        return UINT16_MAX;
    default:
        return INT32_MAX;
    }
}

/* What a fused activation keeps values to. */
typedef struct bounds {
    bool has_low, has_high;
    int32_t low, high;
} bounds;

static bounds bounds_of(int32_t activation)
{
    switch (activation) {
    case MOTE_ACT_RELU:
        return (bounds){.has_low = true, .low = 0};
    case MOTE_ACT_RELU_N1_TO_1:
        return (bounds){true, true, -1, 1};
    case MOTE_ACT_RELU6:
        return (bounds){true, true, 0, 6};
    default:
        return (bounds){0};
    }
}

void mote_activation_range_f32(int32_t activation, float *min, float *max)
{
    const bounds b = bounds_of(activation);
    *min = b.has_low ? (float)b.low : -FLT_MAX;
    *max = b.has_high ? (float)b.high : FLT_MAX;
}

void mote_activation_range_i64(int32_t activation, int64_t lowest, int64_t highest, int64_t *min, int64_t *max)
{
    const bounds b = bounds_of(activation);
    *min = b.has_low ? b.low : lowest;
    *max = b.has_high ? b.high : highest;
}

/* value on the tensor's scale, saturated to int32 (also where the scale is none) */
static int32_t quantize_bound(int32_t value, const mote_tensor *tensor)
{
    const double code = (double)roundf((float)value / mote_scale_of(tensor)) + mote_zero_of(tensor);
    return !(code < INT32_MAX) ? INT32_MAX : code < INT32_MIN ? INT32_MIN : (int32_t)code;
}

void mote_activation_range_quant(int32_t activation, const mote_tensor *output, int32_t *min, int32_t *max)
{
    const bounds b = bounds_of(activation);
    *min = mote_dtype_lowest(output->dtype);
    *max = mote_dtype_highest(output->dtype);
    if (b.has_low)
        *min = mote_max_i32(*min, quantize_bound(b.low, output));
    if (b.has_high)
        *max = mote_min_i32(*max, quantize_bound(b.high, output));
}

mote_status mote_need_per_tensor(const mote_tensor *tensor, const char *what, mote_error *err)
{
    if (tensor->quant.n != 1)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s must be quantized per tensor, but has %d scales", what,
                              (int)tensor->quant.n);
    const float scale = tensor->quant.scale[0];
    if (!(scale > 0.0f) || !isfinite(scale))
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s has a scale that is not a positive number", what);
    const int64_t zero = tensor->quant.zero_point ? tensor->quant.zero_point[0] : 0;
    if (zero < mote_dtype_lowest(tensor->dtype) || zero > mote_dtype_highest(tensor->dtype))
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s has zero point %lld, outside %s", what, (long long)zero,
                              mote_dtype_name(tensor->dtype));
    return MOTE_OK;
}

mote_status mote_need_symmetric(const mote_tensor *tensor, const char *what, mote_error *err)
{
    const mote_status status = mote_need_per_tensor(tensor, what, err);
    if (status == MOTE_OK && mote_zero_of(tensor) != 0)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s is %s and must have zero point 0", what,
                              mote_dtype_name(tensor->dtype));
    return status;
}
