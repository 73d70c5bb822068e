/* UNIDIRECTIONAL_SEQUENCE_LSTM: every shape and type checked, then the kernel for the types. */
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

/* cols 0: a vector of rows */
static mote_status check(const mote_op_io *io, int32_t at, bool needed, int64_t rows, int64_t cols, mote_dtype dtype,
                         mote_error *err)
{
    const mote_tensor *tensor = mote_lstm_input(io, at);
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

static mote_status check_state(const mote_op_io *io, int32_t at, int64_t count, mote_dtype dtype, mote_error *err)
{
    const mote_tensor *state = io->inputs[at];
    if (!state || state->storage != MOTE_STORAGE_VARIABLE || state->dtype != dtype ||
        mote_shape_count(&state->shape) != count)
        return mote_error_set(err, MOTE_SHAPE, "input %d must be a variable of %lld %s values", at, (long long)count,
                              mote_dtype_name(dtype));
    return MOTE_OK;
}

/* int8 weights under floats have one scale each. */
static mote_status check_hybrid(const mote_op_io *io, mote_error *err)
{
    for (int32_t at = MOTE_LSTM_X_WEIGHTS; at <= MOTE_LSTM_PROJECTION; at++) {
        const mote_tensor *tensor = io->inputs[at];
        if (tensor && tensor->dtype == MOTE_INT8 && tensor->quant.n != 1)
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d has %d scales, not one", at, tensor->quant.n);
    }
    return MOTE_OK;
}

mote_status mote_lstm_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_dtype dtype = io->inputs[MOTE_LSTM_X]->dtype;
    const mote_sequence_lstm_params *params = io->node->params;
    if ((dtype != MOTE_FLOAT32 && dtype != MOTE_INT8) || io->outputs[0]->dtype != dtype)
        return mote_error_set(err, MOTE_UNSUPPORTED, "an LSTM on %s", mote_dtype_name(dtype));
    if (params->kernel_type != 0 || params->diagonal_recurrent_tensors)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the basic form of the LSTM, or diagonal recurrent weights");
    if (params->fused_activation_function < MOTE_ACT_NONE || params->fused_activation_function > MOTE_ACT_TANH)
        return mote_error_set(err, MOTE_UNSUPPORTED, "activation %d", params->fused_activation_function);
    const mote_lstm_sizes n = mote_lstm_read_sizes(io);
    const bool codes = dtype == MOTE_INT8;
    mote_status status = n.n_input < 1 || n.n_cell < 1 || n.n_output < 1
                             ? mote_error_set(err, MOTE_SHAPE, "a dimension is 0")
                             : check_gates(io, &n, codes, err);
    if (status == MOTE_OK)
        status = check_state(io, MOTE_LSTM_H, n.n_batch * n.n_output, dtype, err);
    if (status == MOTE_OK)
        status = check_state(io, MOTE_LSTM_C, n.n_batch * n.n_cell, codes ? MOTE_INT16 : MOTE_FLOAT32, err);
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
        const mote_lstm_rows to = {io->outputs[0]->data, mote_lstm_read_sizes(io).n_output, false};
        mote_lstm_eval_float(run, io, &to);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_unidirectional_sequence_lstm = {mote_lstm_prepare, eval};
const mote_op_run mote_op_run_lstm = {mote_lstm_prepare, eval};
