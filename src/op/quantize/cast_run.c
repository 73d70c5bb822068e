/*
 * CAST between every numeric type. Values go through int64 or double in chunks; a float that does not fit an
 * integer type becomes its nearest value, NaN its largest. Complex numbers lose their imaginary part.
 */
#include "kernels/half.h"
#include "op/op_quant.h"
#include "op/quantize/quantize.h"
#include "op/quantize/quantize_loops.h"

enum { CHUNK = 512 };

typedef struct cast_type {
    mote_dtype dtype;
    bool is_float;
    /* n elements from `begin` of a tensor, into or out of int64 (integers) or double (floats) */
    void (*load)(const void *tensor, int64_t begin, void *values, int64_t n);
    void (*store_i64)(const int64_t *values, void *tensor, int64_t begin, int64_t n);
    void (*store_f64)(const double *values, void *tensor, int64_t begin, int64_t n);
} cast_type;

/* Loads and stores of type T, whose wide type is W; FROM_F64 makes a T of double x. */
#define TYPE(name, T, W, FROM_F64)                                                                                     \
    static void load_##name(const void *tensor, int64_t begin, void *values, int64_t n)                                \
    {                                                                                                                  \
        const T *in = (const T *)tensor + begin;                                                                       \
        W *out = values;                                                                                               \
        for (int64_t i = 0; i < n; ++i)                                                                                \
            out[i] = (W)in[i];                                                                                         \
    }                                                                                                                  \
    static void store_i64_##name(const int64_t *values, void *tensor, int64_t begin, int64_t n)                        \
    {                                                                                                                  \
        T *out = (T *)tensor + begin;                                                                                  \
        for (int64_t i = 0; i < n; ++i)                                                                                \
            out[i] = (T)values[i];                                                                                     \
    }                                                                                                                  \
    static void store_f64_##name(const double *values, void *tensor, int64_t begin, int64_t n)                         \
    {                                                                                                                  \
        T *out = (T *)tensor + begin;                                                                                  \
        for (int64_t i = 0; i < n; ++i) {                                                                              \
            const double x = values[i];                                                                                \
            out[i] = FROM_F64;                                                                                         \
        }                                                                                                              \
    }

/* The integer nearest to zero from x, within [low, high]. */
#define SATURATED(T, low, high) (!(x < (double)(high)) ? (high) : x <= (double)(low) ? (low) : (T)x)

TYPE(i8, int8_t, int64_t, SATURATED(int8_t, INT8_MIN, INT8_MAX))
TYPE(u8, uint8_t, int64_t, SATURATED(uint8_t, 0, UINT8_MAX))
TYPE(i16, int16_t, int64_t, SATURATED(int16_t, INT16_MIN, INT16_MAX))
TYPE(u16, uint16_t, int64_t, SATURATED(uint16_t, 0, UINT16_MAX))
TYPE(i32, int32_t, int64_t, SATURATED(int32_t, INT32_MIN, INT32_MAX))
TYPE(u32, uint32_t, int64_t, SATURATED(uint32_t, 0, UINT32_MAX))
TYPE(i64, int64_t, int64_t, SATURATED(int64_t, INT64_MIN, INT64_MAX))
TYPE(u64, uint64_t, int64_t, SATURATED(uint64_t, 0, UINT64_MAX))
TYPE(f32, float, double, (float)x)
TYPE(f64, double, double, x)

static void load_bool(const void *tensor, int64_t begin, void *values, int64_t n)
{
    const uint8_t *in = (const uint8_t *)tensor + begin;
    for (int64_t i = 0; i < n; ++i)
        ((int64_t *)values)[i] = in[i] != 0;
}

static void store_i64_bool(const int64_t *values, void *tensor, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((uint8_t *)tensor)[begin + i] = values[i] != 0;
}

static void store_f64_bool(const double *values, void *tensor, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((uint8_t *)tensor)[begin + i] = values[i] != 0.0;
}

static void load_f16(const void *tensor, int64_t begin, void *values, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((double *)values)[i] = (double)mote_f32_from_f16(((const uint16_t *)tensor)[begin + i]);
}

static void store_i64_f16(const int64_t *values, void *tensor, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((uint16_t *)tensor)[begin + i] = mote_f16_from_f32((float)values[i]);
}

static void store_f64_f16(const double *values, void *tensor, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((uint16_t *)tensor)[begin + i] = mote_f16_from_f32((float)values[i]);
}

static void load_bf16(const void *tensor, int64_t begin, void *values, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((double *)values)[i] = (double)mote_f32_from_bf16(((const uint16_t *)tensor)[begin + i]);
}

static void store_i64_bf16(const int64_t *values, void *tensor, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((uint16_t *)tensor)[begin + i] = mote_bf16_from_f32((float)values[i]);
}

static void store_f64_bf16(const double *values, void *tensor, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((uint16_t *)tensor)[begin + i] = mote_bf16_from_f32((float)values[i]);
}

static void load_c64(const void *tensor, int64_t begin, void *values, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((double *)values)[i] = (double)((const float *)tensor)[2 * (begin + i)];
}

static void store_i64_c64(const int64_t *values, void *tensor, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; ++i) {
        ((float *)tensor)[2 * (begin + i)] = (float)values[i];
        ((float *)tensor)[2 * (begin + i) + 1] = 0.0f;
    }
}

static void store_f64_c64(const double *values, void *tensor, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; ++i) {
        ((float *)tensor)[2 * (begin + i)] = (float)values[i];
        ((float *)tensor)[2 * (begin + i) + 1] = 0.0f;
    }
}

static void load_i4(const void *tensor, int64_t begin, void *values, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((int64_t *)values)[i] = mote_unpack_code(tensor, MOTE_INT4, begin + i);
}

static void load_u4(const void *tensor, int64_t begin, void *values, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((int64_t *)values)[i] = mote_unpack_code(tensor, MOTE_UINT4, begin + i);
}

static void load_i2(const void *tensor, int64_t begin, void *values, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        ((int64_t *)values)[i] = mote_unpack_code(tensor, MOTE_INT2, begin + i);
}

#define ROW(TYPE_NAME, is_float, name)                                                                                 \
    {                                                                                                                  \
        MOTE_##TYPE_NAME, is_float, load_##name, store_i64_##name, store_f64_##name                                    \
    }

static const cast_type types[] = {
    ROW(FLOAT32, true, f32),
    ROW(FLOAT64, true, f64),
    ROW(FLOAT16, true, f16),
    ROW(BFLOAT16, true, bf16),
    ROW(COMPLEX64, true, c64),
    ROW(BOOL, false, bool),
    ROW(INT8, false, i8),
    ROW(UINT8, false, u8),
    ROW(INT16, false, i16),
    ROW(UINT16, false, u16),
    ROW(INT32, false, i32),
    ROW(UINT32, false, u32),
    ROW(INT64, false, i64),
    ROW(UINT64, false, u64),
    {MOTE_INT4, false, load_i4, NULL, NULL},
    {MOTE_UINT4, false, load_u4, NULL, NULL},
    {MOTE_INT2, false, load_i2, NULL, NULL},
};

static const cast_type *find(mote_dtype dtype)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
        if (types[i].dtype == dtype)
            return &types[i];
    }
    return NULL;
}

typedef struct cast_state {
    const cast_type *from, *to;
} cast_state;

static mote_status cast_prepare(mote_run *run, const mote_op_io *io, void **state_out, mote_error *err)
{
    const cast_type *from = find(io->inputs[0]->dtype), *to = find(io->outputs[0]->dtype);
    if (!from || !to || !to->store_i64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s to %s", mote_dtype_name(io->inputs[0]->dtype),
                              mote_dtype_name(io->outputs[0]->dtype));
    cast_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    state->from = from;
    state->to = to;
    *state_out = state;
    return MOTE_OK;
}

typedef struct work {
    const cast_state *state;
    const void *in;
    void *out;
} work;

static void cast_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const cast_type *from = w->state->from, *to = w->state->to;
    union {
        int64_t i64[CHUNK];
        double f64[CHUNK];
    } values;
    while (begin < end) {
        const int64_t n = end - begin < CHUNK ? end - begin : CHUNK;
        from->load(w->in, begin, &values, n);
        if (from->is_float)
            to->store_f64(values.f64, w->out, begin, n);
        else
            to->store_i64(values.i64, w->out, begin, n);
        begin += n;
    }
}

static mote_status cast_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    work w = {state, io->inputs[0]->data, io->outputs[0]->data};
    const int64_t n = mote_shape_count(&io->outputs[0]->shape);
    if (n == 0)
        return MOTE_OK;
    if (io->inputs[0]->dtype == io->outputs[0]->dtype) { /* complex parts and NaN payloads stay */
        if (w.in != w.out)
            memcpy(w.out, w.in, (size_t)n * mote_dtype_bytes(io->inputs[0]->dtype));
        return MOTE_OK;
    }
    mote_run_parallel(run, n, MOTE_ELEMENTS_GRAIN, cast_range, &w);
    return MOTE_OK;
}

const mote_op_run mote_op_run_cast = {.prepare = cast_prepare, .eval = cast_eval};
