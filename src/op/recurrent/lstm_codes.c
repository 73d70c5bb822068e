/*
 * TFLite's integer LSTM: int8 input, output and weights, gates in Q3.12 before and Q0.15 after their function, the
 * cell state int16 with a power of two as scale.
 */
#include "kernels/fixed_math.h"
#include "kernels/fixed_math16.h"
#include "op/op_quant.h"
#include "op/recurrent/recurrent.h"

#include <math.h>
#include <string.h>

typedef struct codes_state {
    mote_multiplier peephole_scale[MOTE_N_GATES], norm_scale[MOTE_N_GATES];
    int32_t variance_guard[MOTE_N_GATES];
    mote_multiplier x_scale[MOTE_N_GATES], h_scale[MOTE_N_GATES], hidden_scale, projection_scale;
    int32_t *x_bias[MOTE_N_GATES], *h_bias[MOTE_N_GATES], *projection_bias; /* the zero points' share included */
    int32_t cell_exponent;                                                  /* the cell state's scale is 2^this */
    int32_t cell_clip, projection_clip, hidden_zero;
} codes_state;

/* bias + scalar * the weights' row sums; bias NULL: zeros. */
static int32_t *fold_zero(mote_run *run, const mote_tensor *weights, const mote_tensor *bias, int32_t scalar)
{
    const int64_t rows = weights->shape.dims[0], cols = weights->shape.dims[1];
    int32_t *folded = mote_run_persistent(run, (size_t)rows * sizeof *folded);
    const int8_t *w = weights->data;
    for (int64_t r = 0; folded && r < rows; r++) {
        int32_t sum = 0;
        for (int64_t i = 0; i < cols; i++)
            sum = mote_wrap_add_i32(sum, w[r * cols + i]);
        folded[r] = mote_wrap_add_i32(bias ? ((const int32_t *)bias->data)[r] : 0, mote_wrap_mul_i32(scalar, sum));
    }
    return folded;
}

static mote_status need_usable(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_need_per_tensor(io->inputs[MOTE_LSTM_X], "its input", err);
    if (status == MOTE_OK)
        status = mote_need_per_tensor(io->inputs[MOTE_LSTM_H], "its output state", err);
    if (status == MOTE_OK)
        status = mote_need_per_tensor(io->inputs[MOTE_LSTM_C], "its cell state", err);
    for (int32_t at = MOTE_LSTM_X_WEIGHTS; at < MOTE_LSTM_H && status == MOTE_OK; at++) {
        const mote_tensor *tensor = io->inputs[at];
        const bool weights = at < MOTE_LSTM_PEEPHOLE || at == MOTE_LSTM_PROJECTION;
        if (tensor && !tensor->data)
            status = mote_error_set(err, MOTE_UNSUPPORTED, "input %d is not a constant", at);
        else if (tensor && weights)
            status = mote_need_per_tensor(tensor, "a weight", err);
    }
    for (int32_t k = 0; k < MOTE_N_GATES && status == MOTE_OK; k++) {
        const mote_tensor *norm = mote_lstm_input(io, MOTE_LSTM_NORM + k);
        const mote_tensor *peephole = mote_lstm_peephole(io, k);
        if (norm && !norm->data)
            status = mote_error_set(err, MOTE_UNSUPPORTED, "input %d is not a constant", MOTE_LSTM_NORM + k);
        if (status == MOTE_OK && norm)
            status = mote_need_per_tensor(norm, "a normalization weight", err);
        if (status == MOTE_OK && peephole)
            status = mote_need_per_tensor(peephole, "a peephole", err);
    }
    return status;
}

static int32_t code_of_clip(float clip, float scale, float low, float high)
{
    return clip > 0.0F ? (int32_t)fminf(fmaxf(clip / scale, low), high) : 0;
}

/* Of a gate's sum before its function: Q3.12, or with layer normalization what a converter recorded. 0: not given. */
static float gate_scale_of(const mote_run *run, const mote_op_io *io, int32_t k)
{
    if (!mote_lstm_input(io, MOTE_LSTM_NORM + k))
        return 1.0F / 4096.0F;
    const mote_tensor *recorded = mote_run_intermediate(run, k);
    return recorded ? mote_scale_of(recorded) : 0.0F;
}

static mote_status prepare_extras(const mote_op_io *io, codes_state *s, int32_t k, float gate_scale, mote_error *err)
{
    const mote_tensor *peephole = mote_lstm_peephole(io, k), *norm = mote_lstm_input(io, MOTE_LSTM_NORM + k);
    if (peephole) {
        const float factor =
            (float)(ldexp(1.0, s->cell_exponent) * (double)mote_scale_of(peephole) / (double)gate_scale);
        if (!(factor < 0x1p30F))
            return mote_error_set(err, MOTE_UNSUPPORTED, "a peephole's scale is too large");
        s->peephole_scale[k] = mote_multiplier_from_double((double)factor);
    }
    if (norm) {
        if (!(mote_scale_of(norm) < 0x1p16F))
            return mote_error_set(err, MOTE_UNSUPPORTED, "a normalization weight's scale is too large");
        s->norm_scale[k] = mote_multiplier_from_double((double)mote_scale_of(norm));
        s->norm_scale[k].exponent += 12; /* to Q3.12 */
        s->variance_guard[k] = mote_max_i32(1, (int32_t)(10000.0F * mote_scale_of(norm)));
    }
    return MOTE_OK;
}

/* The products are in float, in the reference's order: their rounding decides the multiplier. */
static mote_status prepare_gates(mote_run *run, const mote_op_io *io, codes_state *s, mote_error *err)
{
    const mote_tensor *x = io->inputs[MOTE_LSTM_X], *h = io->inputs[MOTE_LSTM_H];
    for (int32_t k = io->inputs[MOTE_LSTM_X_WEIGHTS] ? 0 : 1; k < MOTE_N_GATES; k++) {
        const mote_tensor *x_weights = io->inputs[MOTE_LSTM_X_WEIGHTS + k];
        const mote_tensor *h_weights = io->inputs[MOTE_LSTM_H_WEIGHTS + k];
        const bool normalizes = mote_lstm_input(io, MOTE_LSTM_NORM + k) != NULL;
        const float gate_scale = gate_scale_of(run, io, k);
        if (!(gate_scale > 0.0F))
            return mote_error_set(err, MOTE_SHAPE, "intermediate tensor %d, a gate's scale, is missing", k);
        const float x_factor = mote_scale_of(x_weights) * mote_scale_of(x) / gate_scale;
        const float h_factor = mote_scale_of(h_weights) * mote_scale_of(h) / gate_scale;
        if (!(x_factor < 0x1p30F) || !(h_factor < 0x1p30F))
            return mote_error_set(err, MOTE_UNSUPPORTED, "the weights' scale %g is too large",
                                  (double)mote_scale_of(x_weights));
        s->x_scale[k] = mote_multiplier_from_double(x_factor);
        s->h_scale[k] = mote_multiplier_from_double(h_factor);
        s->x_bias[k] = fold_zero(run, x_weights, normalizes ? NULL : io->inputs[MOTE_LSTM_BIAS + k], -mote_zero_of(x));
        s->h_bias[k] = fold_zero(run, h_weights, NULL, -mote_zero_of(h));
        if (!s->x_bias[k] || !s->h_bias[k])
            return mote_error_no_memory(err);
        const mote_status status = prepare_extras(io, s, k, gate_scale, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static mote_status prepare_output(mote_run *run, const mote_op_io *io, codes_state *s, mote_error *err)
{
    const mote_tensor *hidden = mote_run_intermediate(run, 4), *projection = io->inputs[MOTE_LSTM_PROJECTION];
    if (!hidden)
        return mote_error_set(err, MOTE_SHAPE, "the fifth intermediate tensor, the hidden state's scale, is missing");
    const mote_status status = mote_need_per_tensor(hidden, "its hidden state", err);
    if (status != MOTE_OK)
        return status;
    const float hidden_scale = mote_scale_of(hidden);
    s->hidden_zero = mote_zero_of(hidden);
    const float factor = (float)(0x1p-15 / (double)hidden_scale * 0x1p-15);
    const float projected =
        projection ? mote_scale_of(projection) * hidden_scale / mote_scale_of(io->inputs[MOTE_LSTM_H]) : 0.0F;
    if (!(factor < 0x1p30F) || !(projected < 0x1p30F))
        return mote_error_set(err, MOTE_UNSUPPORTED, "the hidden state's scale %g is of no use", (double)hidden_scale);
    s->hidden_scale = mote_multiplier_from_double(factor);
    if (!projection)
        return MOTE_OK;
    s->projection_scale = mote_multiplier_from_double(projected);
    s->projection_bias = fold_zero(run, projection, io->inputs[MOTE_LSTM_PROJECTION_BIAS], s->hidden_zero);
    return s->projection_bias ? MOTE_OK : mote_error_no_memory(err);
}

mote_status mote_lstm_prepare_codes(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_sequence_lstm_params *params = io->node->params;
    mote_status status = need_usable(io, err);
    if (status == MOTE_OK && io->outputs[0]->quant.n < 1)
        status = mote_error_set(err, MOTE_UNSUPPORTED, "its output is not quantized");
    if (status != MOTE_OK)
        return status;
    codes_state *s = *state = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    const float cell_scale = mote_scale_of(io->inputs[MOTE_LSTM_C]);
    s->cell_exponent = (int32_t)lrintf(log2f(cell_scale));
    if (fabsf(log2f(cell_scale) - (float)s->cell_exponent) >= 1e-3F || s->cell_exponent < -15 || s->cell_exponent > -11)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the cell state's scale %g is not 2^-15 … 2^-11",
                              (double)cell_scale);
    s->cell_clip = code_of_clip(params->cell_clip, cell_scale, -32768.0F, 32767.0F);
    s->projection_clip = code_of_clip(params->proj_clip, mote_scale_of(io->outputs[0]), -128.0F, 127.0F);
    status = prepare_gates(run, io, s, err);
    if (status == MOTE_OK)
        status = prepare_output(run, io, s, err);
    const size_t n_cell = (size_t)mote_lstm_read_sizes(io).n_cell;
    mote_run_request_scratch(run, n_cell * (MOTE_N_GATES * sizeof(int16_t) + sizeof(int8_t)));
    return status;
}

static int32_t dot(int32_t sum, const int8_t *a, const int8_t *b, int64_t n)
{
    uint32_t wrapped = (uint32_t)sum;
    for (int64_t i = 0; i < n; i++)
        wrapped += (uint32_t)(a[i] * b[i]);
    return (int32_t)wrapped;
}

static int16_t saturate(int32_t x)
{
    return (int16_t)mote_clamp_i32(x, INT16_MIN, INT16_MAX);
}

static int32_t clamp_to(int32_t x, int32_t most)
{
    return most > 0 ? mote_clamp_i32(x, -most, most) : x;
}

/* To mean 0 and deviation 2^10, then weight and bias, then Q3.12. Sums of squares and products wrap as in the
 * reference. */
static void normalize(const mote_op_io *io, const codes_state *s, int32_t k, int64_t n, int16_t *gate)
{
    const int16_t *weights = io->inputs[MOTE_LSTM_NORM + k]->data;
    const int32_t *bias = io->inputs[MOTE_LSTM_BIAS + k]->data;
    int64_t sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += gate[i];
        squares += gate[i] * gate[i];
    }
    const int64_t mean = sum * 1024 / n;
    int32_t variance = (int32_t)((squares * ((1 << 20) / n) - mean * mean) / (1 << 20));
    if (variance < 1)
        variance = s->variance_guard[k];
    const mote_multiplier inverse = mote_fixed_inverse_sqrt(variance);
    for (int64_t i = 0; i < n; i++) {
        const int32_t shifted = 1024 * gate[i] - (int32_t)mean;
        const int64_t weighted =
            mote_wrap_add_i32(mote_wrap_mul_i32(mote_scale_i32(shifted, inverse), weights[i]), bias[i]);
        const int32_t value = (int32_t)((weighted > 0 ? weighted + 512 : weighted - 512) / 1024);
        gate[i] = saturate(mote_scale_i32(value, s->norm_scale[k]));
    }
}

/* The reference walks the cells of what it takes at once, a batch or where batches come first one example, in rows of
 * n_output. Where a projection follows these are fewer than the cells, and the rest is not looked at. */
static int16_t look_at_cell(const mote_op_io *io, const codes_state *s, const mote_lstm_sizes *n, int32_t k,
                            const int16_t *c, int16_t sum)
{
    const mote_sequence_lstm_params *params = io->node->params;
    const bool whole_batch = params->time_major || io->inputs[MOTE_LSTM_X]->shape.rank == 2;
    const int64_t place = c - (const int16_t *)io->inputs[MOTE_LSTM_C]->data;
    const int64_t cell = whole_batch ? place : place % n->n_cell;
    if (cell >= (whole_batch ? n->n_batch : 1) * n->n_output)
        return sum;
    const int32_t product = ((const int16_t *)mote_lstm_peephole(io, k)->data)[cell % n->n_output] * *c;
    return saturate(mote_wrap_add_i32(mote_scale_i32(product, s->peephole_scale[k]), sum));
}

static void compute_gate(const mote_op_io *io, const codes_state *s, const mote_lstm_sizes *n, int32_t k,
                         const int8_t *x, const int8_t *h, const int16_t *c, int16_t *gate)
{
    const mote_tensor *peephole = mote_lstm_peephole(io, k);
    const int8_t *x_weights = io->inputs[MOTE_LSTM_X_WEIGHTS + k]->data;
    const int8_t *h_weights = io->inputs[MOTE_LSTM_H_WEIGHTS + k]->data;
    for (int64_t r = 0; r < n->n_cell; r++) {
        const int32_t from_x = dot(s->x_bias[k][r], x_weights + r * n->n_input, x, n->n_input);
        const int32_t from_h = dot(s->h_bias[k][r], h_weights + r * n->n_output, h, n->n_output);
        const int16_t part = saturate(mote_scale_i32(from_x, s->x_scale[k]));
        gate[r] = saturate(mote_wrap_add_i32(mote_scale_i32(from_h, s->h_scale[k]), part));
        if (peephole)
            gate[r] = look_at_cell(io, s, n, k, c + r, gate[r]);
    }
    if (mote_lstm_input(io, MOTE_LSTM_NORM + k))
        normalize(io, s, k, n->n_cell, gate);
    for (int64_t r = 0; r < n->n_cell; r++)
        gate[r] = k == MOTE_GATE_CELL ? mote_fixed16_tanh(gate[r], 3) : mote_fixed16_logistic(gate[r]);
}

/* a * b / 2^bits */
static int16_t multiply(int16_t a, int16_t b, int32_t bits)
{
    return (int16_t)mote_shift_right_round_i32(a * b, bits);
}

static int8_t to_hidden(const codes_state *s, int16_t gate, int16_t cell, int32_t zero)
{
    const int32_t value = mote_wrap_add_i32(mote_scale_i32(gate * cell, s->hidden_scale), zero);
    return (int8_t)mote_clamp_i32(value, INT8_MIN, INT8_MAX);
}

static void project(const mote_op_io *io, const codes_state *s, const mote_lstm_sizes *n, const int8_t *hidden,
                    int8_t *h)
{
    const int8_t *weights = io->inputs[MOTE_LSTM_PROJECTION]->data;
    const int32_t zero = mote_zero_of(io->inputs[MOTE_LSTM_H]);
    for (int64_t r = 0; r < n->n_output; r++) {
        const int32_t sum = dot(s->projection_bias[r], weights + r * n->n_cell, hidden, n->n_cell);
        const int32_t code = mote_wrap_add_i32(mote_scale_i32(sum, s->projection_scale), zero);
        h[r] = (int8_t)clamp_to(mote_clamp_i32(code, INT8_MIN, INT8_MAX), s->projection_clip);
    }
}

static void step(const mote_op_io *io, const codes_state *s, const mote_lstm_sizes *n, const int8_t *x, int8_t *h,
                 int16_t *c, int16_t *room)
{
    int16_t *gate[MOTE_N_GATES];
    for (int32_t k = 0; k < MOTE_N_GATES; k++)
        gate[k] = room + k * n->n_cell;
    const bool coupled = !io->inputs[MOTE_LSTM_X_WEIGHTS];
    for (int32_t k = coupled ? 1 : 0; k < MOTE_GATE_OUTPUT; k++)
        compute_gate(io, s, n, k, x, h, c, gate[k]);
    for (int64_t i = 0; i < n->n_cell; i++) {
        const int16_t forget = gate[MOTE_GATE_FORGET][i];
        const int16_t in = coupled ? (int16_t)(INT16_MAX - forget) : gate[MOTE_GATE_INPUT][i];
        const int16_t added = multiply(in, gate[MOTE_GATE_CELL][i], 30 + s->cell_exponent);
        c[i] = (int16_t)clamp_to(saturate(multiply(forget, c[i], 15) + added), s->cell_clip);
    }
    compute_gate(io, s, n, MOTE_GATE_OUTPUT, x, h, c, gate[MOTE_GATE_OUTPUT]); /* its peephole sees the new state */
    const bool projects = io->inputs[MOTE_LSTM_PROJECTION] != NULL;
    int8_t *hidden = projects ? (int8_t *)(room + MOTE_N_GATES * n->n_cell) : h;
    /* the reference adds the negated zero point where a projection follows, and its folded bias goes with that */
    const int32_t zero = projects ? -s->hidden_zero : s->hidden_zero;
    for (int64_t i = 0; i < n->n_cell; i++)
        hidden[i] = to_hidden(s, gate[MOTE_GATE_OUTPUT][i], mote_fixed16_tanh(c[i], 15 + s->cell_exponent), zero);
    if (projects)
        project(io, s, n, hidden, h);
}

void mote_lstm_eval_codes(mote_run *run, const mote_op_io *io, const void *state)
{
    const mote_lstm_sizes n = mote_lstm_read_sizes(io);
    for (int64_t b = 0; b < n.n_batch; b++) {
        int8_t *h = (int8_t *)io->inputs[MOTE_LSTM_H]->data + b * n.n_output;
        int16_t *c = (int16_t *)io->inputs[MOTE_LSTM_C]->data + b * n.n_cell;
        for (int64_t t = 0; t < n.n_time; t++) {
            const int64_t row = mote_lstm_row(io, &n, b, t);
            step(io, state, &n, (const int8_t *)io->inputs[MOTE_LSTM_X]->data + row * n.n_input, h, c,
                 mote_run_scratch(run));
            memcpy((int8_t *)io->outputs[0]->data + row * n.n_output, h, (size_t)n.n_output);
        }
    }
}
