/* Options of the recurrent operators, and what the LSTM kernels share. */
#ifndef MOTE_OP_RECURRENT_RECURRENT_H
#define MOTE_OP_RECURRENT_RECURRENT_H

#include "op/op.h"

/* Of UNIDIRECTIONAL_SEQUENCE_LSTM, and of LSTM: the same on a single step. */
typedef struct mote_sequence_lstm_params {
    int32_t fused_activation_function;
    float cell_clip, proj_clip; /* 0: no clipping */
    bool time_major, asymmetric_quantize_inputs, diagonal_recurrent_tensors;
    int32_t kernel_type; /* LSTM: MOTE_LSTM_FULL or _BASIC */
    bool merge_outputs;  /* of two directions, into one output */
} mote_sequence_lstm_params;

typedef struct mote_svdf_params {
    int32_t rank, fused_activation_function;
    bool asymmetric_quantize_inputs;
} mote_svdf_params;

/* Of RNN, of its sequence, and of the sequence in two directions. */
typedef struct mote_rnn_params {
    int32_t fused_activation_function;
    bool time_major, merge_outputs, asymmetric_quantize_inputs;
} mote_rnn_params;

/* The gates, in the order in which TFLite lists their tensors. */
enum { MOTE_GATE_INPUT, MOTE_GATE_FORGET, MOTE_GATE_CELL, MOTE_GATE_OUTPUT, MOTE_N_GATES };

/* Places among UNIDIRECTIONAL_SEQUENCE_LSTM's inputs; of each group the input gate's, the others follow. */
enum {
    MOTE_LSTM_X = 0,
    MOTE_LSTM_X_WEIGHTS = 1,
    MOTE_LSTM_H_WEIGHTS = 5,
    MOTE_LSTM_PEEPHOLE = 9, /* input, forget, output */
    MOTE_LSTM_BIAS = 12,
    MOTE_LSTM_PROJECTION = 16,
    MOTE_LSTM_PROJECTION_BIAS = 17,
    MOTE_LSTM_H = 18,
    MOTE_LSTM_C = 19,
    MOTE_LSTM_NORM = 20,
};

typedef struct mote_lstm_sizes {
    int64_t n_batch, n_time, n_input, n_cell, n_output;
} mote_lstm_sizes;

/* An input that may lie beyond the ones given; NULL: left out. */
static inline const mote_tensor *mote_lstm_input(const mote_op_io *io, int32_t at)
{
    return at < io->n_inputs ? io->inputs[at] : NULL;
}

/* The weights by which a gate sees the cell state; NULL: it does not. */
static inline const mote_tensor *mote_lstm_peephole(const mote_op_io *io, int32_t gate)
{
    return gate == MOTE_GATE_CELL ? NULL : io->inputs[MOTE_LSTM_PEEPHOLE + (gate == MOTE_GATE_OUTPUT ? 2 : gate)];
}

/* Where (batch, time) is among the batch * time rows of input and output. */
static inline int64_t mote_lstm_row(const mote_op_io *io, const mote_lstm_sizes *n, int64_t batch, int64_t time)
{
    const mote_sequence_lstm_params *params = io->node->params;
    return params->time_major ? time * n->n_batch + batch : batch * n->n_time + time;
}

/* Float activations on int8 weights. */
static inline bool mote_lstm_is_hybrid(const mote_op_io *io)
{
    return io->inputs[MOTE_LSTM_X]->dtype == MOTE_FLOAT32 &&
           io->inputs[MOTE_LSTM_H_WEIGHTS + MOTE_GATE_OUTPUT]->dtype != MOTE_FLOAT32;
}

/* Reads the sizes off the checked shapes. */
mote_lstm_sizes mote_lstm_read_sizes(const mote_op_io *io);

/* Floats, on float or int8 weights. */
void mote_lstm_request_float(mote_run *run, const mote_op_io *io);
/* A second input of the first one's shape, with weights of its own for each gate. */
typedef struct mote_lstm_auxiliary {
    const mote_tensor *x;        /* NULL: none */
    mote_tensor *const *weights; /* MOTE_N_GATES; the input gate's are NULL where the gates are coupled */
} mote_lstm_auxiliary;
/* Where a direction's results go, row for row of the input: rows of stride floats, of which it fills the first. */
typedef struct mote_lstm_rows {
    float *data;
    int64_t stride;
    bool backward; /* from the last step to the first */
    mote_lstm_auxiliary auxiliary;
} mote_lstm_rows;
void mote_lstm_eval_float(mote_run *run, const mote_op_io *io, const mote_lstm_rows *to);

/* Every shape and type checked; then for their kernel. */
mote_status mote_lstm_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err);

/* int8 weights and activations, int16 cell state. */
mote_status mote_lstm_prepare_codes(mote_run *run, const mote_op_io *io, void **state, mote_error *err);
void mote_lstm_eval_codes(mote_run *run, const mote_op_io *io, const void *state);

/* LSTM's basic form. */
mote_status mote_basic_lstm_infer(const mote_op_io *io, mote_error *err);
mote_status mote_basic_lstm_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err);
void mote_basic_lstm_eval(mote_run *run, const mote_op_io *io, const void *state);

/* LSTM's kernel_type */
enum { MOTE_LSTM_FULL, MOTE_LSTM_BASIC };

#endif
