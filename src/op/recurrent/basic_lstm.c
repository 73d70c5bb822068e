/*
 * The basic form of LSTM, one step on one matrix of weights: of [x, h] it makes the sums of all gates, then c = forget
 * c
 * + input cell and h = output tanh(c). On floats, or on uint8 with the gates in Q3.12 and the state in Q4.11. The
 * outputs are h, c, [x, h] and the sums; h and c go back to their variables.
 */
#include "kernels/fixed_math16.h"
#include "op/op_infer.h"
#include "op/op_quant.h"
#include "op/recurrent/cell.h"
#include "op/recurrent/recurrent.h"

#include <math.h>
#include <string.h>

enum { X, H, WEIGHTS, BIAS, C, N_INPUTS };
enum { OUT_H, OUT_C, OUT_JOINED, OUT_SUMS, N_OUTPUTS };
enum { INPUT, CELL, FORGET, OUTPUT, N_GATES }; /* in the order of the rows */

mote_status mote_basic_lstm_infer(const mote_op_io *io, mote_error *err)
{
    if (io->n_inputs != N_INPUTS || io->n_outputs != N_OUTPUTS)
        return mote_error_set(err, MOTE_SHAPE, "the basic form has 5 inputs and 4 outputs, not %d and %d", io->n_inputs,
                              io->n_outputs);
    const mote_status status = mote_infer_need(io, N_INPUTS, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *x = io->inputs[X], *h = io->inputs[H], *c = io->inputs[C];
    const bool codes = x->dtype == MOTE_UINT8;
    const mote_dtype dtypes[] = {x->dtype, c->dtype, x->dtype, codes ? MOTE_INT16 : x->dtype};
    for (int32_t i = 0; i < N_OUTPUTS; i++) {
        io->outputs[i]->dtype = dtypes[i];
        mote_infer_set_unknown(io->outputs[i]);
    }
    if (mote_infer_is_open(io, N_INPUTS))
        return MOTE_OK;
    if (x->shape.rank != 2 || h->shape.rank != 2 || c->shape.rank != 2)
        return mote_error_set(err, MOTE_SHAPE, "an input and states of rank 2 are needed");
    const int64_t n_cell = h->shape.dims[1], n_joined = n_cell + x->shape.dims[1];
    if (n_cell > INT32_MAX / N_GATES || n_joined > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "it has too many cells");
    io->outputs[OUT_H]->shape = h->shape;
    io->outputs[OUT_C]->shape = c->shape;
    io->outputs[OUT_JOINED]->shape = mote_shape_make(2, (const int32_t[]){x->shape.dims[0], (int32_t)n_joined});
    io->outputs[OUT_SUMS]->shape = mote_shape_make(2, (const int32_t[]){x->shape.dims[0], (int32_t)(N_GATES * n_cell)});
    return MOTE_OK;
}

/* The state's scale is a power of two, which the kernel has as a constant; the bias's is that of the sums. */
static mote_status prepare_codes(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    mote_status status = mote_need_per_tensor(io->inputs[WEIGHTS], "its weights", err);
    if (status == MOTE_OK)
        status = mote_need_per_tensor(io->inputs[BIAS], "its bias", err);
    if (status == MOTE_OK)
        status = mote_need_per_tensor(io->outputs[OUT_C], "its state", err);
    if (status != MOTE_OK)
        return status;
    const float exponent = log2f(mote_scale_of(io->outputs[OUT_C]));
    if (fabsf(exponent + 11.0F) >= 1e-3F)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the state's scale %g is not 2^-11",
                              (double)mote_scale_of(io->outputs[OUT_C]));
    const double factor = 4096.0 * (double)mote_scale_of(io->inputs[BIAS]);
    if (!(factor < 0x1p30))
        return mote_error_set(err, MOTE_UNSUPPORTED, "the bias's scale is too large");
    mote_multiplier *to_sums = *state = mote_run_persistent(run, sizeof *to_sums);
    if (!to_sums)
        return mote_error_no_memory(err);
    *to_sums = mote_multiplier_from_double(factor);
    return MOTE_OK;
}

mote_status mote_basic_lstm_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_shape *x = &io->inputs[X]->shape;
    const int64_t n_batch = x->dims[0], n_cell = io->inputs[H]->shape.dims[1];
    const bool codes = io->inputs[X]->dtype == MOTE_UINT8;
    const mote_dtype dtype = codes ? MOTE_UINT8 : MOTE_FLOAT32;
    if (io->inputs[X]->dtype != dtype)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a basic LSTM on %s", mote_dtype_name(io->inputs[X]->dtype));
    if (n_cell < 1)
        return mote_error_set(err, MOTE_SHAPE, "it has no cells");
    mote_status status = mote_cell_check(io->inputs[H], H, true, n_batch, n_cell, dtype, err);
    if (status == MOTE_OK)
        status = mote_cell_check(io->inputs[WEIGHTS], WEIGHTS, true, N_GATES * n_cell, n_cell + x->dims[1], dtype, err);
    if (status == MOTE_OK)
        status = mote_cell_check(io->inputs[BIAS], BIAS, true, N_GATES * n_cell, 0, codes ? MOTE_INT32 : dtype, err);
    if (status == MOTE_OK)
        status = mote_cell_check(io->inputs[C], C, true, n_batch, n_cell, codes ? MOTE_INT16 : dtype, err);
    return status == MOTE_OK && codes ? prepare_codes(run, io, state, err) : status;
}

/* [x, h] of every example. */
static void join(const mote_op_io *io)
{
    const mote_tensor *x = io->inputs[X], *h = io->inputs[H];
    const size_t element = mote_dtype_bytes(x->dtype);
    const size_t x_bytes = (size_t)x->shape.dims[1] * element, h_bytes = (size_t)h->shape.dims[1] * element;
    char *to = io->outputs[OUT_JOINED]->data;
    for (int32_t b = 0; b < x->shape.dims[0]; b++) {
        if (x_bytes)
            memcpy(to, (const char *)x->data + (size_t)b * x_bytes, x_bytes);
        memcpy(to + x_bytes, (const char *)h->data + (size_t)b * h_bytes, h_bytes);
        to += x_bytes + h_bytes;
    }
}

static void step_float(mote_run *run, const mote_op_io *io, int64_t b)
{
    const int64_t n = io->inputs[H]->shape.dims[1], n_joined = io->outputs[OUT_JOINED]->shape.dims[1];
    const float *joined = (const float *)io->outputs[OUT_JOINED]->data + b * n_joined, *bias = io->inputs[BIAS]->data;
    const float *last = (const float *)io->inputs[C]->data + b * n;
    float *sums = (float *)io->outputs[OUT_SUMS]->data + b * N_GATES * n;
    float *c = (float *)io->outputs[OUT_C]->data + b * n, *h = (float *)io->outputs[OUT_H]->data + b * n;
    const mote_cell_vector v = mote_cell_vector_make(run, false, joined, n_joined, NULL);
    for (int64_t r = 0; r < N_GATES * n; r++)
        sums[r] = mote_cell_product(io->inputs[WEIGHTS], r, &v, n_joined) + bias[r];
    for (int64_t i = 0; i < n; i++) {
        c[i] = mote_cell_logistic(sums[INPUT * n + i]) * tanhf(sums[CELL * n + i]) +
               mote_cell_logistic(sums[FORGET * n + i]) * last[i];
        h[i] = mote_cell_logistic(sums[OUTPUT * n + i]) * tanhf(c[i]);
    }
}

static int16_t saturate(int32_t x)
{
    return (int16_t)mote_clamp_i32(x, INT16_MIN, INT16_MAX);
}

static void sum_codes(const mote_op_io *io, mote_multiplier to_sums, const uint8_t *joined, int16_t *sums)
{
    const int64_t n_joined = io->outputs[OUT_JOINED]->shape.dims[1], n_rows = io->outputs[OUT_SUMS]->shape.dims[1];
    const uint8_t *weights = io->inputs[WEIGHTS]->data;
    const int32_t *bias = io->inputs[BIAS]->data, zero = mote_zero_of(io->inputs[WEIGHTS]);
    for (int64_t r = 0; r < n_rows; r++, weights += n_joined) {
        int32_t sum = bias[r];
        for (int64_t i = 0; i < n_joined; i++)
            sum = mote_wrap_add_i32(sum, (joined[i] - 128) * (weights[i] - zero));
        sums[r] = saturate(mote_scale_up_i32(sum, to_sums));
    }
}

static void step_codes(const mote_op_io *io, mote_multiplier to_sums, int64_t b)
{
    const int64_t n = io->inputs[H]->shape.dims[1], n_joined = io->outputs[OUT_JOINED]->shape.dims[1];
    const int16_t *last = (const int16_t *)io->inputs[C]->data + b * n;
    int16_t *sums = (int16_t *)io->outputs[OUT_SUMS]->data + b * N_GATES * n;
    int16_t *c = (int16_t *)io->outputs[OUT_C]->data + b * n;
    uint8_t *h = (uint8_t *)io->outputs[OUT_H]->data + b * n;
    sum_codes(io, to_sums, (const uint8_t *)io->outputs[OUT_JOINED]->data + b * n_joined, sums);
    for (int64_t i = 0; i < n; i++) {
        const int16_t added =
            mote_mulh_i16(mote_fixed16_logistic(sums[INPUT * n + i]), mote_fixed16_tanh(sums[CELL * n + i], 3));
        const int16_t kept = mote_mulh_i16(mote_fixed16_logistic(sums[FORGET * n + i]), last[i]);
        c[i] = saturate(mote_shift_right_round_i32(added, 4) + kept);
        const int16_t seen = mote_fixed16_tanh(saturate(c[i] * 2), 3); /* in Q3.12: [-8, 8) is enough for tanh */
        const int16_t out = mote_mulh_i16(mote_fixed16_logistic(sums[OUTPUT * n + i]), seen);
        h[i] = (uint8_t)(128 + mote_clamp_i32(mote_shift_right_round_i32(out, 8), INT8_MIN, INT8_MAX));
    }
}

static void keep(const mote_tensor *from, mote_tensor *variable)
{
    if (variable->storage == MOTE_STORAGE_VARIABLE && from->n_bytes)
        memcpy(variable->data, from->data, from->n_bytes);
}

void mote_basic_lstm_eval(mote_run *run, const mote_op_io *io, const void *state)
{
    const mote_multiplier *to_sums = state;
    join(io);
    for (int64_t b = 0; b < io->inputs[X]->shape.dims[0]; b++) {
        if (to_sums)
            step_codes(io, *to_sums, b);
        else
            step_float(run, io, b);
    }
    keep(io->outputs[OUT_H], io->inputs[H]);
    keep(io->outputs[OUT_C], io->inputs[C]);
}
