/*
 * gate = act(Wx x + Wh h + p c + b);  c = forget c + input cell;  h = project(output act(c)). Where weights are int8,
 * each vector that meets them becomes int8 first, with a scale of its own.
 *
 *   scratch: | gates: 4 n_cell floats | codes of x, of the auxiliary input, of h, of what is projected |
 */
#include "op/op_quant.h"
#include "op/recurrent/cell.h"
#include "op/recurrent/recurrent.h"

#include <math.h>
#include <string.h>

static void clip(float *x, int64_t n, float most)
{
    for (int64_t i = 0; most > 0.0F && i < n; i++)
        x[i] = fminf(fmaxf(x[i], -most), most);
}

static const float *data_of(const mote_op_io *io, int32_t at)
{
    const mote_tensor *tensor = mote_lstm_input(io, at);
    return tensor ? tensor->data : NULL;
}

/* To mean 0 and deviation 1, then scale and bias. */
static void normalize(float *x, int64_t n, const float *factor, const float *bias)
{
    float mean = 0.0F, variance = 0.0F;
    for (int64_t i = 0; i < n; i++)
        mean += x[i];
    mean /= (float)n;
    for (int64_t i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean);
    const float inverse = 1.0F / sqrtf(variance / (float)n + 1e-8F);
    for (int64_t i = 0; i < n; i++)
        x[i] = (x[i] - mean) * inverse * factor[i] + bias[i];
}

static mote_cell_vector make_vector(mote_run *run, const mote_op_io *io, const float *x, int64_t n, int8_t *codes)
{
    const mote_sequence_lstm_params *params = io->node->params;
    return mote_cell_vector_make(run, params->asymmetric_quantize_inputs, x, n, mote_lstm_is_hybrid(io) ? codes : NULL);
}

/* What a step's gates look at. */
typedef struct sight {
    mote_cell_vector x, auxiliary, h;      /* h: what the last step gave */
    mote_tensor *const *auxiliary_weights; /* NULL: none */
} sight;

/* gate: n_cell values */
static void compute_gate(const mote_op_io *io, const mote_lstm_sizes *n, int32_t k, const sight *see, const float *c,
                         float *gate)
{
    const mote_sequence_lstm_params *params = io->node->params;
    const float *bias = data_of(io, MOTE_LSTM_BIAS + k), *norm = data_of(io, MOTE_LSTM_NORM + k);
    const mote_tensor *peephole = mote_lstm_peephole(io, k);
    for (int64_t r = 0; r < n->n_cell; r++) {
        gate[r] =
            (norm ? 0.0F : bias[r]) + mote_cell_product(io->inputs[MOTE_LSTM_X_WEIGHTS + k], r, &see->x, n->n_input);
        if (see->auxiliary_weights)
            gate[r] += mote_cell_product(see->auxiliary_weights[k], r, &see->auxiliary, n->n_input);
        gate[r] += mote_cell_product(io->inputs[MOTE_LSTM_H_WEIGHTS + k], r, &see->h, n->n_output);
        if (peephole && peephole->dtype == MOTE_FLOAT32)
            gate[r] += ((const float *)peephole->data)[r] * c[r];
        else if (peephole)
            gate[r] += (float)((const int8_t *)peephole->data)[r] * mote_scale_of(peephole) * c[r];
    }
    if (norm)
        normalize(gate, n->n_cell, norm, bias);
    for (int64_t r = 0; r < n->n_cell; r++)
        gate[r] = k == MOTE_GATE_CELL ? mote_cell_activate(gate[r], params->fused_activation_function)
                                      : mote_cell_logistic(gate[r]);
}

static void project(mote_run *run, const mote_op_io *io, const mote_lstm_sizes *n, const float *hidden, int8_t *codes,
                    float *h)
{
    const mote_sequence_lstm_params *params = io->node->params;
    const float *bias = data_of(io, MOTE_LSTM_PROJECTION_BIAS);
    const mote_cell_vector v = make_vector(run, io, hidden, n->n_cell, codes);
    for (int64_t r = 0; r < n->n_output; r++)
        h[r] = (bias ? bias[r] : 0.0F) + mote_cell_product(io->inputs[MOTE_LSTM_PROJECTION], r, &v, n->n_cell);
    clip(h, n->n_output, params->proj_clip);
}

static void step(mote_run *run, const mote_op_io *io, const mote_lstm_sizes *n, const mote_lstm_rows *to, int64_t row,
                 float *h, float *c)
{
    const mote_sequence_lstm_params *params = io->node->params;
    float *room = mote_run_scratch(run), *gate[MOTE_N_GATES];
    int8_t *codes = (int8_t *)(room + MOTE_N_GATES * n->n_cell);
    for (int32_t k = 0; k < MOTE_N_GATES; k++)
        gate[k] = room + k * n->n_cell;
    const int64_t first = row * n->n_input;
    const mote_tensor *other = to->auxiliary.x;
    sight see = {.x = make_vector(run, io, (const float *)io->inputs[MOTE_LSTM_X]->data + first, n->n_input, codes)};
    codes += n->n_input;
    if (other) {
        see.auxiliary = make_vector(run, io, (const float *)other->data + first, n->n_input, codes);
        see.auxiliary_weights = to->auxiliary.weights;
        codes += n->n_input;
    }
    see.h = make_vector(run, io, h, n->n_output, codes);
    const bool coupled = !io->inputs[MOTE_LSTM_X_WEIGHTS];
    for (int32_t k = coupled ? 1 : 0; k < MOTE_GATE_OUTPUT; k++)
        compute_gate(io, n, k, &see, c, gate[k]);
    for (int64_t i = 0; i < n->n_cell; i++) {
        const float in = coupled ? 1.0F - gate[MOTE_GATE_FORGET][i] : gate[MOTE_GATE_INPUT][i];
        c[i] = gate[MOTE_GATE_FORGET][i] * c[i] + in * gate[MOTE_GATE_CELL][i];
    }
    clip(c, n->n_cell, params->cell_clip);
    compute_gate(io, n, MOTE_GATE_OUTPUT, &see, c, gate[MOTE_GATE_OUTPUT]);
    const bool projects = io->inputs[MOTE_LSTM_PROJECTION] != NULL;
    float *hidden = projects ? gate[MOTE_GATE_CELL] : h;
    for (int64_t i = 0; i < n->n_cell; i++)
        hidden[i] = gate[MOTE_GATE_OUTPUT][i] * mote_cell_activate(c[i], params->fused_activation_function);
    if (projects)
        project(run, io, n, hidden, codes + n->n_output, h);
}

void mote_lstm_request_float(mote_run *run, const mote_op_io *io)
{
    const mote_lstm_sizes n = mote_lstm_read_sizes(io);
    const int64_t n_codes = mote_lstm_is_hybrid(io) ? 2 * n.n_input + n.n_output + n.n_cell : 0;
    mote_run_request_scratch(run, (size_t)n.n_cell * MOTE_N_GATES * sizeof(float) + (size_t)n_codes);
}

void mote_lstm_eval_float(mote_run *run, const mote_op_io *io, const mote_lstm_rows *to)
{
    const mote_lstm_sizes n = mote_lstm_read_sizes(io);
    for (int64_t b = 0; b < n.n_batch; b++) {
        float *h = (float *)io->inputs[MOTE_LSTM_H]->data + b * n.n_output;
        float *c = (float *)io->inputs[MOTE_LSTM_C]->data + b * n.n_cell;
        for (int64_t t = 0; t < n.n_time; t++) {
            const int64_t row = mote_lstm_row(io, &n, b, to->backward ? n.n_time - 1 - t : t);
            step(run, io, &n, to, row, h, c);
            memcpy(to->data + row * to->stride, h, (size_t)n.n_output * sizeof *h);
        }
    }
}
