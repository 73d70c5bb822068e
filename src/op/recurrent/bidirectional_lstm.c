/*
 * BIDIRECTIONAL_SEQUENCE_LSTM: two LSTMs on floats, one from the first step to the last, one from the last to the
 * first. Each sees the inputs of UNIDIRECTIONAL_SEQUENCE_LSTM. An auxiliary input has weights of its own in both;
 * without them it is what the backward one reads instead of the input.
 */
#include "op/op_infer.h"
#include "op/recurrent/cell.h"
#include "op/recurrent/recurrent.h"

enum { FORWARD, BACKWARD, N_DIRECTIONS };
enum { X = 0, AUXILIARY = 39, AUXILIARY_WEIGHTS = 40, N_INPUTS = 48 };

/* Of each direction: where its weights begin, the input gate's for the input first, and its output and cell state. */
static const int32_t WEIGHTS[] = {1, 18}, STATES[] = {35, 37};

/* Its forget gates' weights are there if any are. */
static bool has_auxiliary_weights(const mote_op_io *io)
{
    return io->inputs[AUXILIARY_WEIGHTS + MOTE_GATE_FORGET] != NULL;
}

static mote_tensor *const *auxiliary_weights(const mote_op_io *io, int32_t direction)
{
    return io->inputs + AUXILIARY_WEIGHTS + direction * MOTE_N_GATES;
}

/* One direction as UNIDIRECTIONAL_SEQUENCE_LSTM has its inputs; inputs has MOTE_LSTM_NORM places. */
static mote_op_io one_way(const mote_op_io *io, int32_t direction, mote_tensor **inputs)
{
    const bool other = direction == BACKWARD && io->inputs[AUXILIARY] && !has_auxiliary_weights(io);
    inputs[MOTE_LSTM_X] = io->inputs[other ? AUXILIARY : X];
    for (int32_t i = MOTE_LSTM_X_WEIGHTS; i < MOTE_LSTM_H; i++)
        inputs[i] = io->inputs[WEIGHTS[direction] + i - MOTE_LSTM_X_WEIGHTS];
    inputs[MOTE_LSTM_H] = io->inputs[STATES[direction]];
    inputs[MOTE_LSTM_C] = io->inputs[STATES[direction] + 1];
    const mote_sequence_lstm_params *params = io->node->params;
    return (mote_op_io){io->node, inputs, io->outputs + (params->merge_outputs ? 0 : direction), MOTE_LSTM_NORM, 1};
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_sequence_lstm_params *params = io->node->params;
    const mote_tensor *x = io->inputs[X];
    int32_t size[N_DIRECTIONS] = {0};
    bool open = false;
    if (!x || io->n_outputs != (params->merge_outputs ? 1 : 2))
        return mote_error_set(err, MOTE_SHAPE, "its input is missing, or it has %d outputs", io->n_outputs);
    for (int32_t d = 0; d < N_DIRECTIONS; d++) {
        const mote_tensor *weights =
            io->inputs[WEIGHTS[d] + MOTE_LSTM_H_WEIGHTS + MOTE_GATE_OUTPUT - MOTE_LSTM_X_WEIGHTS];
        if (!weights || (weights->shape.rank != MOTE_RANK_UNKNOWN && weights->shape.rank != 2))
            return mote_error_set(err, MOTE_SHAPE, "recurrent weights are missing or not of rank 2");
        open |= weights->shape.rank == MOTE_RANK_UNKNOWN;
        size[d] = weights->shape.dims[1];
    }
    open |= x->shape.rank == MOTE_RANK_UNKNOWN;
    if (!open && (x->shape.rank != 3 || size[BACKWARD] < 0 || size[FORWARD] > INT32_MAX - size[BACKWARD]))
        return mote_error_set(err, MOTE_SHAPE, "its input has rank %d, not 3", x->shape.rank);
    for (int32_t i = 0; i < io->n_outputs; i++) {
        io->outputs[i]->dtype = x->dtype;
        io->outputs[i]->shape = x->shape;
        if (open)
            mote_infer_set_unknown(io->outputs[i]);
        else
            io->outputs[i]->shape.dims[2] = params->merge_outputs ? size[FORWARD] + size[BACKWARD] : size[i];
    }
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    const mote_sequence_lstm_params *params = io->node->params;
    return params->asymmetric_quantize_inputs ? 3 : params->time_major ? 1 : 2;
}

static const mote_op_field FIELDS[] = {
    {"fused_activation_function", 0, MOTE_FIELD_ENUM, offsetof(mote_sequence_lstm_params, fused_activation_function),
     0},
    {"cell_clip", 1, MOTE_FIELD_F32, offsetof(mote_sequence_lstm_params, cell_clip), 0},
    {"proj_clip", 2, MOTE_FIELD_F32, offsetof(mote_sequence_lstm_params, proj_clip), 0},
    {"merge_outputs", 3, MOTE_FIELD_BOOL, offsetof(mote_sequence_lstm_params, merge_outputs), 0},
    {"time_major", 4, MOTE_FIELD_BOOL, offsetof(mote_sequence_lstm_params, time_major), 1},
    {"asymmetric_quantize_inputs", 5, MOTE_FIELD_BOOL, offsetof(mote_sequence_lstm_params, asymmetric_quantize_inputs),
     0},
};

const mote_op_def mote_op_def_bidirectional_sequence_lstm = {
    .name = "BIDIRECTIONAL_SEQUENCE_LSTM",
    .options_type = 69,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_sequence_lstm_params),
    .min_inputs = N_INPUTS,
    .max_inputs = N_INPUTS,
    .min_outputs = 1,
    .max_outputs = 2,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_MAY_OMIT,
    .weights = UINT64_C(0xFFE) << 17 | 0xFFE | UINT64_C(1) << 33 | UINT64_C(1) << 16 |
               UINT64_C(0xFF) << AUXILIARY_WEIGHTS, /* gates, peepholes, projections, auxiliary input */
    .infer = infer,
    .version = version,
    .max_version = 3,
};

/* All or none, but for the input gate's, which go with that gate. */
static mote_status check_auxiliary_weights(const mote_op_io *io, const mote_op_io *way, int32_t direction,
                                           mote_error *err)
{
    const mote_lstm_sizes n = mote_lstm_read_sizes(way);
    const bool wanted = has_auxiliary_weights(io);
    if (wanted && !io->inputs[AUXILIARY])
        return mote_error_set(err, MOTE_SHAPE, "input %d is missing", AUXILIARY);
    mote_status status = MOTE_OK;
    for (int32_t k = 0; k < MOTE_N_GATES && status == MOTE_OK; k++) {
        const int32_t at = AUXILIARY_WEIGHTS + direction * MOTE_N_GATES + k;
        const bool gate = way->inputs[MOTE_LSTM_X_WEIGHTS + k] != NULL;
        if (io->inputs[at] && !(wanted && gate))
            return mote_error_set(err, MOTE_SHAPE,
                                  "input %d is there, but other weights of the auxiliary input are not", at);
        status = mote_cell_check(io->inputs[at], at, wanted && gate, n.n_cell, n.n_input,
                                 way->inputs[MOTE_LSTM_H_WEIGHTS + MOTE_GATE_OUTPUT]->dtype, err);
        if (status == MOTE_OK)
            status = mote_cell_need_one_scale(io->inputs[at], at, err);
    }
    return status;
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    if (io->inputs[X]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "two LSTMs on %s", mote_dtype_name(io->inputs[X]->dtype));
    const mote_tensor *other = io->inputs[AUXILIARY];
    if (other && (other->dtype != MOTE_FLOAT32 || !mote_shape_equal(&other->shape, &io->inputs[X]->shape)))
        return mote_error_set(err, MOTE_SHAPE, "the auxiliary input is not of the input's shape and type");
    mote_status status = MOTE_OK;
    for (int32_t d = 0; d < N_DIRECTIONS && status == MOTE_OK; d++) {
        mote_tensor *inputs[MOTE_LSTM_NORM];
        const mote_op_io way = one_way(io, d, inputs);
        status = mote_lstm_prepare(run, &way, state, err);
        if (status == MOTE_OK)
            status = check_auxiliary_weights(io, &way, d, err);
    }
    return status;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state, (void)err;
    const mote_sequence_lstm_params *params = io->node->params;
    int64_t first = 0;
    for (int32_t d = 0; d < N_DIRECTIONS; d++) {
        mote_tensor *inputs[MOTE_LSTM_NORM];
        const mote_op_io way = one_way(io, d, inputs);
        const mote_lstm_rows to = {
            .data = (float *)way.outputs[0]->data + first,
            .stride = way.outputs[0]->shape.dims[2],
            .backward = d == BACKWARD,
            .auxiliary = {has_auxiliary_weights(io) ? io->inputs[AUXILIARY] : NULL, auxiliary_weights(io, d)},
        };
        mote_lstm_eval_float(run, &way, &to);
        first = params->merge_outputs ? mote_lstm_read_sizes(&way).n_output : 0;
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_bidirectional_sequence_lstm = {prepare, eval};
