#include "op/quantize/quantize_loops.h"
#include "op/op_quant.h"

#define QUANTIZE(name, T)                                                                                              \
    static void name(const float *restrict in, float scale, int32_t zero, mote_dtype dtype, T *restrict out,           \
                     int64_t n)                                                                                        \
    {                                                                                                                  \
        const float low = (float)(mote_dtype_lowest(dtype) - zero);                                                    \
        const float high = (float)(mote_dtype_highest(dtype) - zero);                                                  \
        for (int64_t i = 0; i < n; ++i) {                                                                              \
            float x = in[i] / scale;                                                                                   \
            x = x > low ? x : low; /* NaN too */                                                                       \
            x = x < high ? x : high;                                                                                   \
            out[i] = (T)(mote_round_away_i32(x) + zero);                                                               \
        }                                                                                                              \
    }

QUANTIZE(quantize_i8, int8_t)
QUANTIZE(quantize_u8, uint8_t)
QUANTIZE(quantize_i16, int16_t)
QUANTIZE(quantize_u16, uint16_t)

void mote_quantize_f32(const float *in, float scale, int32_t zero, mote_dtype dtype, void *out, int64_t n)
{
    switch (dtype) {
    case MOTE_INT8:
        quantize_i8(in, scale, zero, dtype, out, n);
        break;
    case MOTE_UINT8:
        quantize_u8(in, scale, zero, dtype, out, n);
        break;
    case MOTE_INT16:
        quantize_i16(in, scale, zero, dtype, out, n);
        break;
    default:
        quantize_u16(in, scale, zero, dtype, out, n);
        break;
    }
}

int32_t mote_unpack_code(const uint8_t *packed, mote_dtype dtype, int64_t i)
{
    if (dtype == MOTE_INT2) {
        const int32_t code = packed[i / 4] >> (2 * (i % 4)) & 3;
        return code < 2 ? code : code - 4;
    }
    const int32_t code = packed[i / 2] >> (4 * (i % 2)) & 15;
    return dtype == MOTE_INT4 && code > 7 ? code - 16 : code;
}

#define DEQUANTIZE(name, T)                                                                                            \
    static void name(const T *restrict in, float scale, int32_t zero, float *restrict out, int64_t n)                  \
    {                                                                                                                  \
        for (int64_t i = 0; i < n; ++i)                                                                                \
            out[i] = scale * (float)(in[i] - zero);                                                                    \
    }

DEQUANTIZE(dequantize_i8, int8_t)
DEQUANTIZE(dequantize_u8, uint8_t)
DEQUANTIZE(dequantize_i16, int16_t)
DEQUANTIZE(dequantize_u16, uint16_t)

/* In double: codes of 32 bits do not fit a float. */
static void dequantize_i32(const int32_t *in, float scale, int32_t zero, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = (float)((double)scale * ((double)in[i] - zero));
}

void mote_dequantize_f32(const void *in, int64_t begin, mote_dtype dtype, float scale, int32_t zero, float *out,
                         int64_t n)
{
    switch (dtype) {
    case MOTE_INT8:
        dequantize_i8((const int8_t *)in + begin, scale, zero, out, n);
        break;
    case MOTE_UINT8:
        dequantize_u8((const uint8_t *)in + begin, scale, zero, out, n);
        break;
    case MOTE_INT16:
        dequantize_i16((const int16_t *)in + begin, scale, zero, out, n);
        break;
    case MOTE_UINT16:
        dequantize_u16((const uint16_t *)in + begin, scale, zero, out, n);
        break;
    case MOTE_INT32:
        dequantize_i32((const int32_t *)in + begin, scale, zero, out, n);
        break;
    default:
        for (int64_t i = 0; i < n; ++i)
            out[i] = scale * (float)(mote_unpack_code(in, dtype, begin + i) - zero);
        break;
    }
}
