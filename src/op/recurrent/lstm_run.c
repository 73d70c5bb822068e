/* UNIDIRECTIONAL_SEQUENCE_LSTM: every shape and type checked, then the kernel for the types. */
#include "op/recurrent/cell.h"
#include "op/recurrent/recurrent.h"

mote_lstm_sizes mote_lstm_read_sizes(const mote_op_io *io)
{
    const mote_sequence_lstm_params *params = io->node->params;
    const int32_t *x = io->inputs[MOTE_LSTM_X]->shape.dims;
    const int32_t *h_weights = io->inputs[MOTE_LSTM_H_WEIGHTS + MOTE_GATE_OUTPUT]->shape.dims;
    const bool one_step = io->inputs[MOTE_LSTM_X]->shape.rank == 2;
    return (mote_lstm_sizes){
        .n_batch = params->time_major ? x[1] : x[0],
        .n_time = one_step             ? 1
                  : params->time_major ? x[0]
                                       : x[1],
        .n_input = one_step ? x[1] : x[2],
        .n_cell = h_weights[0],
        .n_output = h_weights[1],
    };
}

static mote_status check(const mote_op_io *io, int32_t at, bool needed, int64_t rows, int64_t cols, mote_dtype dtype,
                         mote_error *err)
{
    return mote_cell_check(mote_lstm_input(io, at), at, needed, rows, cols, dtype, err);
}

static mote_status check_gates(const mote_op_io *io, const mote_lstm_sizes *n, bool codes, mote_error *err)
{
    const bool hybrid = mote_lstm_is_hybrid(io);
    const mote_dtype weights = codes || hybrid ? MOTE_INT8 : MOTE_FLOAT32, bias = codes ? MOTE_INT32 : MOTE_FLOAT32;
    const mote_dtype peepholes = codes ? MOTE_INT16 : weights;
    const bool coupled = !io->inputs[MOTE_LSTM_X_WEIGHTS]; /* the input gate is 1 - the forget gate */
    mote_status status = MOTE_OK;
    if (coupled != !io->inputs[MOTE_LSTM_H_WEIGHTS])
        return mote_error_set(err, MOTE_SHAPE, "only one of the input gate's weights is there");
    for (int32_t k = coupled ? 1 : 0; k < MOTE_N_GATES && status == MOTE_OK; k++) {
        status = check(io, MOTE_LSTM_X_WEIGHTS + k, true, n->n_cell, n->n_input, weights, err);
        if (status == MOTE_OK)
            status = check(io, MOTE_LSTM_H_WEIGHTS + k, true, n->n_cell, n->n_output, weights, err);
        if (status == MOTE_OK)
            status = check(io, MOTE_LSTM_BIAS + k, true, n->n_cell, 0, bias, err);
        if (status == MOTE_OK)
            status = check(io, MOTE_LSTM_NORM + k, false, n->n_cell, 0, codes ? MOTE_INT16 : MOTE_FLOAT32, err);
    }
    for (int32_t k = 0; k < 3 && status == MOTE_OK; k++)
        status = check(io, MOTE_LSTM_PEEPHOLE + k, false, n->n_cell, 0, peepholes, err);
    if (status == MOTE_OK)
        status = check(io, MOTE_LSTM_PROJECTION, n->n_output != n->n_cell, n->n_output, n->n_cell, weights, err);
    if (status == MOTE_OK)
        status = check(io, MOTE_LSTM_PROJECTION_BIAS, false, n->n_output, 0, bias, err);
    return status;
}

/* int8 weights under floats have one scale each. */
static mote_status check_hybrid(const mote_op_io *io, mote_error *err)
{
    mote_status status = MOTE_OK;
    for (int32_t at = MOTE_LSTM_X_WEIGHTS; at <= MOTE_LSTM_PROJECTION && status == MOTE_OK; at++)
        status = mote_cell_need_one_scale(io->inputs[at], at, err);
    return status;
}

mote_status mote_lstm_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_dtype dtype = io->inputs[MOTE_LSTM_X]->dtype;
    const mote_sequence_lstm_params *params = io->node->params;
    if ((dtype != MOTE_FLOAT32 && dtype != MOTE_INT8) || io->outputs[0]->dtype != dtype)
        return mote_error_set(err, MOTE_UNSUPPORTED, "an LSTM on %s", mote_dtype_name(dtype));
    if (params->kernel_type != MOTE_LSTM_FULL || params->diagonal_recurrent_tensors)
        return mote_error_set(err, MOTE_UNSUPPORTED, "kernel type %d, or diagonal recurrent weights",
                              params->kernel_type);
    if (params->fused_activation_function < MOTE_ACT_NONE || params->fused_activation_function > MOTE_ACT_TANH)
        return mote_error_set(err, MOTE_UNSUPPORTED, "activation %d", params->fused_activation_function);
    const mote_lstm_sizes n = mote_lstm_read_sizes(io);
    const bool codes = dtype == MOTE_INT8;
    mote_status status = n.n_input < 1 || n.n_cell < 1 || n.n_output < 1
                             ? mote_error_set(err, MOTE_SHAPE, "a dimension is 0")
                             : check_gates(io, &n, codes, err);
    if (status == MOTE_OK)
        status = mote_cell_check_state(io->inputs[MOTE_LSTM_H], MOTE_LSTM_H, n.n_batch * n.n_output, dtype, err);
    if (status == MOTE_OK)
        status = mote_cell_check_state(io->inputs[MOTE_LSTM_C], MOTE_LSTM_C, n.n_batch * n.n_cell,
                                       codes ? MOTE_INT16 : MOTE_FLOAT32, err);
    if (status == MOTE_OK && mote_lstm_is_hybrid(io))
        status = check_hybrid(io, err);
    if (status != MOTE_OK || codes)
        return status == MOTE_OK ? mote_lstm_prepare_codes(run, io, state, err) : status;
    mote_lstm_request_float(run, io);
    return MOTE_OK;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    if (io->inputs[MOTE_LSTM_X]->dtype == MOTE_INT8) {
        mote_lstm_eval_codes(run, io, state);
    } else {
        const mote_lstm_rows to = {io->outputs[0]->data, mote_lstm_read_sizes(io).n_output, false, {0}};
        mote_lstm_eval_float(run, io, &to);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_unidirectional_sequence_lstm = {mote_lstm_prepare, eval};

static bool is_basic(const mote_op_io *io)
{
    const mote_sequence_lstm_params *params = io->node->params;
    return params->kernel_type == MOTE_LSTM_BASIC;
}

static mote_status prepare_one_step(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    return (is_basic(io) ? mote_basic_lstm_prepare : mote_lstm_prepare)(run, io, state, err);
}

static mote_status eval_one_step(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    if (!is_basic(io))
        return eval(run, io, state, err);
    mote_basic_lstm_eval(run, io, state);
    return MOTE_OK;
}

const mote_op_run mote_op_run_lstm = {prepare_one_step, eval_one_step};
