/* Values at the door: a caller's floats to and from whatever type a tensor has. */
#include <math.h>
#include <string.h>

#include "kernels/half.h"
#include "runtime/interpreter.h"

/* --- whole numbers --- */

typedef struct int_range {
    double low, high; /* inclusive; exact in double */
} int_range;

static bool int_range_of(mote_dtype dtype, int_range *range)
{
    switch (dtype) {
    case MOTE_INT8:
        *range = (int_range){-128, 127};
        return true;
    case MOTE_UINT8:
        *range = (int_range){0, 255};
        return true;
    case MOTE_INT16:
        *range = (int_range){-32768, 32767};
        return true;
    case MOTE_UINT16:
        *range = (int_range){0, 65535};
        return true;
    case MOTE_INT32:
        *range = (int_range){INT32_MIN, INT32_MAX};
        return true;
    case MOTE_UINT32:
        *range = (int_range){0, UINT32_MAX};
        return true;
    /* the largest double below 2^63 and 2^64 */
    case MOTE_INT64:
        *range = (int_range){-0x1p63, 0x1.fffffffffffffp62};
        return true;
    case MOTE_UINT64:
        *range = (int_range){0, 0x1.fffffffffffffp63};
        return true;
    default:
        return false;
    }
}

static void store_int(mote_dtype dtype, void *data, int64_t i, double value)
{
    switch (dtype) {
    case MOTE_INT8:
        ((int8_t *)data)[i] = (int8_t)value;
        break;
    case MOTE_UINT8:
        ((uint8_t *)data)[i] = (uint8_t)value;
        break;
    case MOTE_INT16:
        ((int16_t *)data)[i] = (int16_t)value;
        break;
    case MOTE_UINT16:
        ((uint16_t *)data)[i] = (uint16_t)value;
        break;
    case MOTE_INT32:
        ((int32_t *)data)[i] = (int32_t)value;
        break;
    case MOTE_UINT32:
        ((uint32_t *)data)[i] = (uint32_t)value;
        break;
    case MOTE_INT64:
        ((int64_t *)data)[i] = (int64_t)value;
        break;
    case MOTE_UINT64:
        ((uint64_t *)data)[i] = (uint64_t)value;
        break;
    default:
        break;
    }
}

static double load_int(mote_dtype dtype, const void *data, int64_t i)
{
    switch (dtype) {
    case MOTE_INT8:
        return ((const int8_t *)data)[i];
    case MOTE_UINT8:
        return ((const uint8_t *)data)[i];
    case MOTE_INT16:
        return ((const int16_t *)data)[i];
    case MOTE_UINT16:
        return ((const uint16_t *)data)[i];
    case MOTE_INT32:
        return ((const int32_t *)data)[i];
    case MOTE_UINT32:
        return ((const uint32_t *)data)[i];
    case MOTE_INT64:
        return (double)((const int64_t *)data)[i];
    case MOTE_UINT64:
        return (double)((const uint64_t *)data)[i];
    default:
        return 0;
    }
}

/* One scale for all elements: (1, 0) where the tensor is not quantized. */
static bool door_quant(const mote_tensor *tensor, float *scale, int64_t *zero_point)
{
    *scale = 1;
    *zero_point = 0;
    if (tensor->quant.n == 0)
        return true;
    *scale = tensor->quant.scale[0];
    *zero_point = tensor->quant.zero_point[0];
    return tensor->quant.n == 1 && *scale > 0;
}

static void quantize(const mote_tensor *tensor, int_range range, float scale, int64_t zero_point, const float *values,
                     int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float steps = floorf(values[i] / scale + 0.5F);
        double value = isnan(steps) ? (double)zero_point : (double)steps + (double)zero_point;
        value = value < range.low ? range.low : value > range.high ? range.high : value;
        store_int(tensor->dtype, tensor->data, i, value);
    }
}

static mote_status check_door(const mote_tensor *tensor, int64_t n)
{
    return !tensor->data || n != mote_shape_count(&tensor->shape) ? MOTE_ARGUMENT : MOTE_OK;
}

mote_status mote_tensor_from_float(mote_tensor *tensor, const float *values, int64_t n)
{
    float scale;
    int64_t zero_point;
    int_range range;
    if (check_door(tensor, n) != MOTE_OK)
        return MOTE_ARGUMENT;
    if (int_range_of(tensor->dtype, &range)) {
        if (!door_quant(tensor, &scale, &zero_point))
            return MOTE_UNSUPPORTED;
        quantize(tensor, range, scale, zero_point, values, n);
        return MOTE_OK;
    }
    switch (tensor->dtype) {
    case MOTE_FLOAT32:
        if (n)
            memcpy(tensor->data, values, (size_t)n * sizeof *values);
        return MOTE_OK;
    case MOTE_FLOAT64:
        for (int64_t i = 0; i < n; i++)
            ((double *)tensor->data)[i] = (double)values[i];
        return MOTE_OK;
    case MOTE_FLOAT16:
        for (int64_t i = 0; i < n; i++)
            ((uint16_t *)tensor->data)[i] = mote_f16_from_f32(values[i]);
        return MOTE_OK;
    case MOTE_BFLOAT16:
        for (int64_t i = 0; i < n; i++)
            ((uint16_t *)tensor->data)[i] = mote_bf16_from_f32(values[i]);
        return MOTE_OK;
    case MOTE_BOOL:
        for (int64_t i = 0; i < n; i++)
            ((uint8_t *)tensor->data)[i] = values[i] != 0;
        return MOTE_OK;
    default:
        return MOTE_UNSUPPORTED;
    }
}

mote_status mote_tensor_to_float(const mote_tensor *tensor, float *values, int64_t n)
{
    float scale;
    int64_t zero_point;
    int_range range;
    if (check_door(tensor, n) != MOTE_OK)
        return MOTE_ARGUMENT;
    if (int_range_of(tensor->dtype, &range)) {
        if (!door_quant(tensor, &scale, &zero_point))
            return MOTE_UNSUPPORTED;
        for (int64_t i = 0; i < n; i++)
            values[i] = scale * (float)(load_int(tensor->dtype, tensor->data, i) - (double)zero_point);
        return MOTE_OK;
    }
    switch (tensor->dtype) {
    case MOTE_FLOAT32:
        if (n)
            memcpy(values, tensor->data, (size_t)n * sizeof *values);
        return MOTE_OK;
    case MOTE_FLOAT64:
        for (int64_t i = 0; i < n; i++)
            values[i] = (float)((const double *)tensor->data)[i];
        return MOTE_OK;
    case MOTE_FLOAT16:
        for (int64_t i = 0; i < n; i++)
            values[i] = mote_f32_from_f16(((const uint16_t *)tensor->data)[i]);
        return MOTE_OK;
    case MOTE_BFLOAT16:
        for (int64_t i = 0; i < n; i++)
            values[i] = mote_f32_from_bf16(((const uint16_t *)tensor->data)[i]);
        return MOTE_OK;
    case MOTE_BOOL:
        for (int64_t i = 0; i < n; i++)
            values[i] = ((const uint8_t *)tensor->data)[i] ? 1 : 0;
        return MOTE_OK;
    default:
        return MOTE_UNSUPPORTED;
    }
}
