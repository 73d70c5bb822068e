#include "op/recurrent/cell.h"

#include "op/conv_2d/conv_2d.h"
#include "op/op_quant.h"

#include <math.h>

static float dot(const float *a, const float *b, int64_t n)
{
    enum { LANES = 8 };
    float lanes[LANES] = {0}, sum = 0.0F;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int64_t k = 0; k < LANES; k++)
            lanes[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum += a[i] * b[i];
    for (int64_t k = 0; k < LANES; k++)
        sum += lanes[k];
    return sum;
}

mote_cell_vector mote_cell_vector_make(mote_run *run, bool asymmetric, const float *x, int64_t n, int8_t *codes)
{
    mote_cell_vector v = {.x = x, .codes = codes};
    if (codes)
        mote_quantize_rows(run, asymmetric, x, 1, n, codes, &v.scale, &v.zero);
    return v;
}

float mote_cell_product(const mote_tensor *weights, int64_t r, const mote_cell_vector *v, int64_t n)
{
    if (!v->codes)
        return dot((const float *)weights->data + r * n, v->x, n);
    const int64_t sum = mote_dot_s8(v->codes, (const int8_t *)weights->data + r * n, n, -v->zero, 0);
    return (float)sum * (v->scale * mote_scale_of(weights));
}

float mote_cell_logistic(float x)
{
    return 1.0F / (1.0F + expf(-x));
}

float mote_cell_activate(float x, int32_t activation)
{
    if (activation == MOTE_ACT_TANH)
        return tanhf(x);
    float low, high;
    mote_activation_range_f32(activation, &low, &high);
    return activation == MOTE_ACT_NONE ? x : fminf(fmaxf(x, low), high);
}

mote_status mote_cell_need_one_scale(const mote_tensor *weights, int32_t at, mote_error *err)
{
    if (weights && weights->dtype == MOTE_INT8 && weights->quant.n != 1)
        return mote_error_set(err, MOTE_UNSUPPORTED, "input %d has %d scales, not one", at, weights->quant.n);
    return MOTE_OK;
}

mote_status mote_cell_check(const mote_tensor *tensor, int32_t at, bool needed, int64_t rows, int64_t cols,
                            mote_dtype dtype, mote_error *err)
{
    if (!tensor)
        return needed ? mote_error_set(err, MOTE_SHAPE, "input %d is missing", at) : MOTE_OK;
    const mote_shape *shape = &tensor->shape;
    if (tensor->dtype != dtype)
        return mote_error_set(err, MOTE_UNSUPPORTED, "input %d is %s, not %s", at, mote_dtype_name(tensor->dtype),
                              mote_dtype_name(dtype));
    if (shape->rank != (cols ? 2 : 1) || shape->dims[0] != rows || (cols && shape->dims[1] != cols)) {
        char text[MOTE_SHAPE_TEXT_BYTES];
        return mote_error_set(err, MOTE_SHAPE, "input %d is %s, not of %lld x %lld", at, mote_shape_format(shape, text),
                              (long long)rows, (long long)(cols ? cols : 1));
    }
    return MOTE_OK;
}

mote_status mote_cell_check_state(const mote_tensor *state, int32_t at, int64_t count, mote_dtype dtype,
                                  mote_error *err)
{
    if (!state || state->storage != MOTE_STORAGE_VARIABLE || state->dtype != dtype ||
        mote_shape_count(&state->shape) != count)
        return mote_error_set(err, MOTE_SHAPE, "input %d must be a variable of %lld %s values", at, (long long)count,
                              mote_dtype_name(dtype));
    return MOTE_OK;
}
