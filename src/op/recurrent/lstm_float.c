/* gate = act(Wx x + Wh h + p c + b);  c = forget c + input cell;  h = project(output act(c)) */
#include "op/op_quant.h"
#include "op/recurrent/recurrent.h"

#include <math.h>
#include <string.h>

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

static float activate(float x, int32_t activation)
{
    if (activation == MOTE_ACT_TANH)
        return tanhf(x);
    float low, high;
    mote_activation_range_f32(activation, &low, &high);
    return activation == MOTE_ACT_NONE ? x : fminf(fmaxf(x, low), high);
}

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

/* gate: n_cell values; h: what the last step gave */
static void compute_gate(const mote_op_io *io, const mote_lstm_sizes *n, int32_t k, const float *x, const float *h,
                         const float *c, float *gate)
{
    const mote_sequence_lstm_params *params = io->node->params;
    const float *x_weights = data_of(io, MOTE_LSTM_X_WEIGHTS + k), *h_weights = data_of(io, MOTE_LSTM_H_WEIGHTS + k);
    const float *bias = data_of(io, MOTE_LSTM_BIAS + k), *norm = data_of(io, MOTE_LSTM_NORM + k);
    const float *peephole =
        k == MOTE_GATE_CELL ? NULL : data_of(io, MOTE_LSTM_PEEPHOLE + (k == MOTE_GATE_OUTPUT ? 2 : k));
    for (int64_t r = 0; r < n->n_cell; r++) {
        gate[r] = (norm ? 0.0F : bias[r]) + dot(x_weights + r * n->n_input, x, n->n_input) +
                  dot(h_weights + r * n->n_output, h, n->n_output);
        if (peephole)
            gate[r] += peephole[r] * c[r];
    }
    if (norm)
        normalize(gate, n->n_cell, norm, bias);
    for (int64_t r = 0; r < n->n_cell; r++)
        gate[r] =
            k == MOTE_GATE_CELL ? activate(gate[r], params->fused_activation_function) : 1.0F / (1.0F + expf(-gate[r]));
}

static void step(const mote_op_io *io, const mote_lstm_sizes *n, const float *x, float *h, float *c, float *room)
{
    const mote_sequence_lstm_params *params = io->node->params;
    float *gate[MOTE_N_GATES];
    for (int32_t k = 0; k < MOTE_N_GATES; k++)
        gate[k] = room + k * n->n_cell;
    const bool coupled = !io->inputs[MOTE_LSTM_X_WEIGHTS];
    for (int32_t k = coupled ? 1 : 0; k < MOTE_GATE_OUTPUT; k++)
        compute_gate(io, n, k, x, h, c, gate[k]);
    for (int64_t i = 0; i < n->n_cell; i++) {
        const float in = coupled ? 1.0F - gate[MOTE_GATE_FORGET][i] : gate[MOTE_GATE_INPUT][i];
        c[i] = gate[MOTE_GATE_FORGET][i] * c[i] + in * gate[MOTE_GATE_CELL][i];
    }
    clip(c, n->n_cell, params->cell_clip);
    compute_gate(io, n, MOTE_GATE_OUTPUT, x, h, c, gate[MOTE_GATE_OUTPUT]);
    const float *projection = data_of(io, MOTE_LSTM_PROJECTION), *bias = data_of(io, MOTE_LSTM_PROJECTION_BIAS);
    float *hidden = projection ? gate[MOTE_GATE_CELL] : h;
    for (int64_t i = 0; i < n->n_cell; i++)
        hidden[i] = gate[MOTE_GATE_OUTPUT][i] * activate(c[i], params->fused_activation_function);
    if (!projection)
        return;
    for (int64_t r = 0; r < n->n_output; r++)
        h[r] = (bias ? bias[r] : 0.0F) + dot(projection + r * n->n_cell, hidden, n->n_cell);
    clip(h, n->n_output, params->proj_clip);
}

void mote_lstm_request_float(mote_run *run, const mote_op_io *io)
{
    mote_run_request_scratch(run, (size_t)mote_lstm_read_sizes(io).n_cell * MOTE_N_GATES * sizeof(float));
}

void mote_lstm_eval_float(mote_run *run, const mote_op_io *io)
{
    const mote_lstm_sizes n = mote_lstm_read_sizes(io);
    for (int64_t b = 0; b < n.n_batch; b++) {
        float *h = (float *)io->inputs[MOTE_LSTM_H]->data + b * n.n_output;
        float *c = (float *)io->inputs[MOTE_LSTM_C]->data + b * n.n_cell;
        for (int64_t t = 0; t < n.n_time; t++) {
            const int64_t row = mote_lstm_row(io, &n, b, t);
            step(io, &n, (const float *)io->inputs[MOTE_LSTM_X]->data + row * n.n_input, h, c, mote_run_scratch(run));
            memcpy((float *)io->outputs[0]->data + row * n.n_output, h, (size_t)n.n_output * sizeof *h);
        }
    }
}
