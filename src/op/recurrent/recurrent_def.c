#include "op/op_infer.h"
#include "op/recurrent/recurrent.h"

static mote_status infer_lstm_of(const mote_op_io *io, int32_t rank, mote_error *err)
{
    const mote_tensor *x = io->inputs[MOTE_LSTM_X], *h_weights = io->inputs[MOTE_LSTM_H_WEIGHTS + MOTE_GATE_OUTPUT];
    if (!x || !h_weights)
        return mote_error_set(err, MOTE_SHAPE, "its input or its recurrent weights are missing");
    io->outputs[0]->dtype = x->dtype;
    if (x->shape.rank == MOTE_RANK_UNKNOWN || h_weights->shape.rank == MOTE_RANK_UNKNOWN) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (x->shape.rank != rank || h_weights->shape.rank != 2)
        return mote_error_set(err, MOTE_SHAPE,
                              "an input of rank %d and recurrent weights of rank 2 are needed, not %d and %d", rank,
                              x->shape.rank, h_weights->shape.rank);
    io->outputs[0]->shape = x->shape;
    io->outputs[0]->shape.dims[rank - 1] = h_weights->shape.dims[1];
    return MOTE_OK;
}

static mote_status infer_sequence_lstm(const mote_op_io *io, mote_error *err)
{
    return infer_lstm_of(io, 3, err);
}

/* A single step of a batch. */
static mote_status infer_lstm(const mote_op_io *io, mote_error *err)
{
    const mote_sequence_lstm_params *params = io->node->params;
    if (params->kernel_type == MOTE_LSTM_BASIC)
        return mote_basic_lstm_infer(io, err);
    if (io->n_inputs < 20 || io->n_outputs != 1)
        return mote_error_set(err, MOTE_SHAPE, "%d inputs and %d outputs, not at least 20 and 1", io->n_inputs,
                              io->n_outputs);
    return infer_lstm_of(io, 2, err);
}

static mote_status infer_svdf(const mote_op_io *io, mote_error *err)
{
    const mote_svdf_params *params = io->node->params;
    const mote_tensor *x = io->inputs[0], *feature = io->inputs[1];
    if (!x || !feature || !io->inputs[2] || !io->inputs[4])
        return mote_error_set(err, MOTE_SHAPE, "its input, its weights or its state are missing");
    io->outputs[0]->dtype = x->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (x->shape.rank != 2 || feature->shape.rank != 2 || params->rank < 1 ||
        feature->shape.dims[0] % params->rank != 0)
        return mote_error_set(err, MOTE_SHAPE, "matrices and a number of filters that rank %d divides are needed",
                              params->rank);
    io->outputs[0]->shape =
        mote_shape_make(2, (const int32_t[]){x->shape.dims[0], feature->shape.dims[0] / params->rank});
    return MOTE_OK;
}

static bool is_hybrid(const mote_op_io *io, int32_t weights)
{
    return io->inputs[0]->dtype == MOTE_FLOAT32 && io->inputs[weights]->dtype != MOTE_FLOAT32;
}

static int32_t version_lstm(const mote_op_io *io)
{
    const mote_sequence_lstm_params *params = io->node->params;
    if (params->diagonal_recurrent_tensors)
        return 4;
    if (!is_hybrid(io, MOTE_LSTM_X_WEIGHTS + MOTE_GATE_OUTPUT))
        return 1;
    return params->asymmetric_quantize_inputs ? 3 : 2;
}

static int32_t version_one_step(const mote_op_io *io)
{
    const mote_sequence_lstm_params *params = io->node->params;
    if (params->kernel_type == MOTE_LSTM_BASIC)
        return 2;
    if (!is_hybrid(io, MOTE_LSTM_X_WEIGHTS + MOTE_GATE_OUTPUT))
        return 1;
    return params->asymmetric_quantize_inputs ? 4 : 3;
}

static int32_t version_svdf(const mote_op_io *io)
{
    const mote_svdf_params *params = io->node->params;
    if (io->inputs[0]->dtype == MOTE_INT8)
        return 3;
    if (!is_hybrid(io, 1))
        return 1;
    return params->asymmetric_quantize_inputs ? 4 : 2;
}

/* Of the gates, by input and by state, the peepholes, the projection. */
enum { LSTM_WEIGHTS = 0xFFE | 1 << MOTE_LSTM_PROJECTION };

static const mote_op_field LSTM_FIELDS[] = {
    {"fused_activation_function", 0, MOTE_FIELD_ENUM, offsetof(mote_sequence_lstm_params, fused_activation_function),
     0},
    {"cell_clip", 1, MOTE_FIELD_F32, offsetof(mote_sequence_lstm_params, cell_clip), 0},
    {"proj_clip", 2, MOTE_FIELD_F32, offsetof(mote_sequence_lstm_params, proj_clip), 0},
    {"time_major", 3, MOTE_FIELD_BOOL, offsetof(mote_sequence_lstm_params, time_major), 0},
    {"asymmetric_quantize_inputs", 4, MOTE_FIELD_BOOL, offsetof(mote_sequence_lstm_params, asymmetric_quantize_inputs),
     0},
    {"diagonal_recurrent_tensors", 5, MOTE_FIELD_BOOL, offsetof(mote_sequence_lstm_params, diagonal_recurrent_tensors),
     0},
};
static const mote_op_field ONE_STEP_FIELDS[] = {
    {"fused_activation_function", 0, MOTE_FIELD_ENUM, offsetof(mote_sequence_lstm_params, fused_activation_function),
     0},
    {"cell_clip", 1, MOTE_FIELD_F32, offsetof(mote_sequence_lstm_params, cell_clip), 0},
    {"proj_clip", 2, MOTE_FIELD_F32, offsetof(mote_sequence_lstm_params, proj_clip), 0},
    {"kernel_type", 3, MOTE_FIELD_ENUM, offsetof(mote_sequence_lstm_params, kernel_type), 0},
    {"asymmetric_quantize_inputs", 4, MOTE_FIELD_BOOL, offsetof(mote_sequence_lstm_params, asymmetric_quantize_inputs),
     0},
};
static const mote_op_field SVDF_FIELDS[] = {
    {"rank", 0, MOTE_FIELD_I32, offsetof(mote_svdf_params, rank), 0},
    {"fused_activation_function", 1, MOTE_FIELD_ENUM, offsetof(mote_svdf_params, fused_activation_function), 0},
    {"asymmetric_quantize_inputs", 2, MOTE_FIELD_BOOL, offsetof(mote_svdf_params, asymmetric_quantize_inputs), 0},
};

const mote_op_def mote_op_def_unidirectional_sequence_lstm = {
    .name = "UNIDIRECTIONAL_SEQUENCE_LSTM",
    .options_type = 71,
    .fields = LSTM_FIELDS,
    .n_fields = sizeof LSTM_FIELDS / sizeof *LSTM_FIELDS,
    .params_bytes = sizeof(mote_sequence_lstm_params),
    .min_inputs = 20,
    .max_inputs = 24,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_MAY_OMIT,
    .weights = LSTM_WEIGHTS,
    .infer = infer_sequence_lstm,
    .version = version_lstm,
    .max_version = 4,
};

const mote_op_def mote_op_def_lstm = {
    .name = "LSTM",
    .options_type = 14,
    .fields = ONE_STEP_FIELDS,
    .n_fields = sizeof ONE_STEP_FIELDS / sizeof *ONE_STEP_FIELDS,
    .params_bytes = sizeof(mote_sequence_lstm_params),
    .min_inputs = 5,
    .max_inputs = 24,
    .min_outputs = 1,
    .max_outputs = 4,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_MAY_OMIT,
    .weights = LSTM_WEIGHTS,
    .infer = infer_lstm,
    .version = version_one_step,
    .max_version = 4,
};

const mote_op_def mote_op_def_svdf = {
    .name = "SVDF",
    .options_type = 6,
    .fields = SVDF_FIELDS,
    .n_fields = sizeof SVDF_FIELDS / sizeof *SVDF_FIELDS,
    .params_bytes = sizeof(mote_svdf_params),
    .min_inputs = 5,
    .max_inputs = 5,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_MAY_OMIT,
    .weights = 1U << 1 | 1U << 2,
    .infer = infer_svdf,
    .version = version_svdf,
    .max_version = 4,
};
