/* Preparing and running the one-input operators: finds the row that fits the type and builds its table. */
#include "kernels/fixed_math.h"
#include "kernels/half.h"
#include "op/op_quant.h"
#include "op/unary/unary.h"
#include "op/unary/unary_rows.h"

typedef struct unary_state {
    const mote_unary_row *row;
    mote_unary_arg arg;
    mote_dtype dtype;
    size_t element_bytes;
    union {
        uint8_t codes[256]; /* 8 bits: index and value as uint8_t */
        int16_t lut[513];   /* int16, interpolated */
        uint16_t sigmoid[256];
    } table;
} unary_state;

/* Halves take the row of float. */
static const mote_unary_row *find_in(const mote_unary_row *rows, int32_t n, const mote_op_io *io)
{
    const mote_tensor *in = io->inputs[0];
    const mote_dtype dtype = mote_is_half(in->dtype) ? MOTE_FLOAT32 : in->dtype;
    for (int32_t i = 0; i < n; ++i) {
        if (rows[i].op == (int32_t)io->node->op && rows[i].dtype == dtype &&
            (rows[i].quantized < 0 || rows[i].quantized == mote_is_quantized(in)))
            return &rows[i];
    }
    return NULL;
}

/* 1 / (1 + e^(-i / 24)) * 2^16 as the reference's table has it: to nearest but for the entries marked here,
 * which are one more. */
static void fill_sigmoid(uint16_t table[256])
{
    static const uint64_t one_more[4] = {
        UINT64_C(0xC0467BAEFA7BD110),
        UINT64_C(0x0011009020440005),
        UINT64_C(0x0000000000000080),
        UINT64_C(0x8000000000000000),
    };
    for (int32_t i = 0; i < 256; ++i) {
        const double exact = 65536.0 / (1.0 + exp(-i / 24.0));
        table[i] = (uint16_t)(floor(exact + 0.5) + (double)(one_more[i / 64] >> (i % 64) & 1));
    }
}

static int32_t code_at(int32_t index, mote_dtype dtype)
{
    return dtype == MOTE_INT8 ? (int8_t)(uint8_t)index : index;
}

/* TFLite's table of a real function on 8-bit codes: all in float, one division for the output's scale. NaN becomes the
 * lowest code. */
static void fill_from_real(unary_state *state)
{
    const mote_unary_arg *arg = &state->arg;
    const float inverse = 1 / arg->scale_out;
    for (int32_t i = 0; i < 256; ++i) {
        const float value = arg->scale_in * (float)(code_at(i, state->row->dtype) - arg->zero_in);
        const float result = roundf(state->row->real(value, arg) * inverse) + (float)arg->zero_out;
        const float low = (float)arg->min_code, high = (float)arg->max_code;
        state->table.codes[i] = (uint8_t)(int32_t)(result > high ? high : result >= low ? result : low);
    }
}

static void fill_table(unary_state *state)
{
    const mote_unary_row *row = state->row;
    mote_unary_arg *arg = &state->arg;
    if (row->dtype == MOTE_INT16 && row->real) {
        mote_lut_i16_fill_f32(arg->scale_in, arg->zero_in, arg->scale_out, arg->zero_out, row->real, arg,
                              state->table.lut);
    } else if (row->dtype == MOTE_INT16) {
        fill_sigmoid(state->table.sigmoid);
        arg->sigmoid = state->table.sigmoid;
    } else if (row->real) {
        fill_from_real(state);
    } else {
        for (int32_t i = 0; i < 256; ++i)
            state->table.codes[i] = (uint8_t)row->code(arg, code_at(i, row->dtype));
    }
}

static mote_status set_quantized(unary_state *state, const mote_op_io *io, mote_error *err)
{
    const mote_tensor *in = io->inputs[0], *out = io->outputs[0];
    mote_unary_arg *arg = &state->arg;
    const bool wide = in->dtype == MOTE_INT16 && !(state->row->real && io->node->op == MOTE_OP_GELU);
    mote_status status = wide ? mote_need_symmetric(in, "input 0", err) : mote_need_per_tensor(in, "input 0", err);
    if (status == MOTE_OK)
        status = wide ? mote_need_symmetric(out, "the output", err) : mote_need_per_tensor(out, "the output", err);
    if (status != MOTE_OK)
        return status;
    arg->scale_in = mote_scale_of(in);
    arg->scale_out = mote_scale_of(out);
    arg->zero_in = mote_zero_of(in);
    arg->zero_out = mote_zero_of(out);
    arg->min_code = mote_dtype_lowest(out->dtype);
    arg->max_code = mote_dtype_highest(out->dtype);
    arg->scale =
        mote_multiplier_from_double(arg->scale_in / arg->scale_out); /* a float quotient, as in the reference */
    if (arg->scale.exponent > 30)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the scales are too far apart");
    if (state->row->set_up)
        status = state->row->set_up(arg, io, err);
    if (status == MOTE_OK)
        fill_table(state);
    return status;
}

static mote_status unary_prepare(mote_run *run, const mote_op_io *io, void **state_out, mote_error *err)
{
    const mote_unary_row *row = find_in(mote_unary_plain_rows, mote_unary_n_plain_rows, io);
    if (!row)
        row = find_in(mote_unary_quant_rows, mote_unary_n_quant_rows, io);
    if (!row)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s%s", mote_dtype_name(io->inputs[0]->dtype),
                              mote_is_quantized(io->inputs[0]) ? "" : " without a scale");
    unary_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *state_out = state;
    state->row = row;
    state->dtype = io->inputs[0]->dtype;
    state->element_bytes = mote_dtype_bytes(state->dtype);
    state->arg.kernels = mote_run_kernels(run);
    if (io->node->op == MOTE_OP_LEAKY_RELU)
        state->arg.alpha = ((const mote_leaky_relu_params *)io->node->params)->alpha;
    if (io->node->op == MOTE_OP_GELU)
        state->arg.approximate = ((const mote_gelu_params *)io->node->params)->approximate;
    return row->loop && row->quantized != 1 ? MOTE_OK : set_quantized(state, io, err);
}

typedef struct work {
    const unary_state *state;
    const char *in;
    char *out;
} work;

/* Halves, a chunk at a time. */
static void half_range(const unary_state *state, const uint16_t *in, uint16_t *out, int64_t n)
{
    enum { CHUNK = 256 };
    float values[CHUNK];
    const bool is_bfloat = state->dtype == MOTE_BFLOAT16;
    for (int64_t at = 0; at < n; at += CHUNK) {
        const int64_t m = n - at < CHUNK ? n - at : CHUNK;
        mote_load_halves(is_bfloat, in + at, values, m);
        state->row->loop(&state->arg, values, values, m);
        mote_store_halves(is_bfloat, values, out + at, m);
    }
}

static void unary_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const unary_state *state = w->state;
    const mote_unary_row *row = state->row;
    const char *in = w->in + (size_t)begin * state->element_bytes;
    char *out = w->out + (size_t)begin * state->element_bytes;
    const int64_t n = end - begin;
    if (mote_is_half(state->dtype)) {
        half_range(state, (const uint16_t *)(const void *)in, (uint16_t *)(void *)out, n);
    } else if (row->loop) {
        row->loop(&state->arg, in, out, n);
    } else if (row->dtype != MOTE_INT16) {
        const uint8_t *table = state->table.codes;
        for (int64_t i = 0; i < n; ++i)
            out[i] = (char)table[(uint8_t)in[i]];
    } else {
        for (int64_t i = 0; i < n; ++i)
            ((int16_t *)out)[i] = mote_lut_i16(((const int16_t *)in)[i], state->table.lut);
    }
}

static mote_status refuse_below_zero(const unary_state *state, const mote_tensor *in, mote_error *err)
{
    const int64_t n = mote_shape_count(&in->shape);
    for (int64_t i = 0; i < n; ++i) {
        const int32_t code = in->dtype == MOTE_INT16 ? ((const int16_t *)in->data)[i] : ((const int8_t *)in->data)[i];
        if (code < state->arg.zero_in)
            return mote_error_set(err, MOTE_ARGUMENT, "element %lld of the input is negative", (long long)i);
    }
    return MOTE_OK;
}

static mote_status unary_eval(mote_run *run, const mote_op_io *io, void *state_in, mote_error *err)
{
    const unary_state *state = state_in;
    const mote_tensor *in = io->inputs[0];
    if (state->row->refuses_below_zero && refuse_below_zero(state, in, err) != MOTE_OK)
        return MOTE_ARGUMENT;
    work w = {state, in->data, io->outputs[0]->data};
    const int64_t n = mote_shape_count(&in->shape);
    if (n > 0)
        mote_run_parallel(run, n, MOTE_ELEMENTS_GRAIN, unary_range, &w);
    return MOTE_OK;
}

#define RUN(symbol) const mote_op_run mote_op_run_##symbol = {.prepare = unary_prepare, .eval = unary_eval};

RUN(abs)
RUN(neg)
RUN(sqrt)
RUN(rsqrt)
RUN(square)
RUN(exp)
RUN(log)
RUN(sin)
RUN(cos)
RUN(ceil)
RUN(floor)
RUN(round)
RUN(sign)
RUN(logical_not)
RUN(logistic)
RUN(tanh)
RUN(relu)
RUN(relu6)
RUN(relu_n1_to_1)
RUN(relu_0_to_1)
RUN(elu)
RUN(hard_swish)
RUN(gelu)
RUN(leaky_relu)
