#include "op/fully_connected/fully_connected.h"
#include "op/op_infer.h"

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_fully_connected_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape, *filter = &io->inputs[1]->shape;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const int64_t count = mote_shape_count(in);
    if (filter->rank != 2 || filter->dims[1] < 1 || count % filter->dims[1] != 0)
        return mote_error_set(err, MOTE_SHAPE, "%lld inputs and a filter of rank %d with %d columns do not fit",
                              (long long)count, filter->rank, filter->rank == 2 ? filter->dims[1] : 0);
    const int64_t batch = count / filter->dims[1];
    if (params->keep_num_dims) {
        if (in->rank < 1 || in->dims[in->rank - 1] != filter->dims[1])
            return mote_error_set(err, MOTE_SHAPE, "the input's last dimension is not the filter's %d",
                                  filter->dims[1]);
        io->outputs[0]->shape = *in;
        io->outputs[0]->shape.dims[in->rank - 1] = filter->dims[0];
    } else {
        if (batch > INT32_MAX)
            return mote_error_set(err, MOTE_LIMIT, "too many rows");
        io->outputs[0]->shape = (mote_shape){2, {(int32_t)batch, filter->dims[0]}};
    }
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    const mote_fully_connected_params *params = io->node->params;
    const mote_tensor *in = io->inputs[0], *filter = io->inputs[1];
    const bool no_bias = io->n_inputs < 3 || !io->inputs[2];
    if (filter->quant.n > 1)
        return 12;
    if (in->dtype == MOTE_INT16)
        return params->quantized_bias_type != MOTE_FLOAT32 ? 11 : 7;
    if (no_bias)
        return 6;
    if (in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_INT8)
        return params->asymmetric_quantize_inputs ? 9 : 3;
    if (params->keep_num_dims)
        return 5;
    return in->dtype == MOTE_INT8 ? 4 : 1;
}

static const mote_op_field FIELDS[] = {
    {"fused_activation_function", 0, MOTE_FIELD_ENUM, offsetof(mote_fully_connected_params, activation), 0},
    {"weights_format", 1, MOTE_FIELD_ENUM, offsetof(mote_fully_connected_params, weights_format), 0},
    {"keep_num_dims", 2, MOTE_FIELD_BOOL, offsetof(mote_fully_connected_params, keep_num_dims), 0},
    {"asymmetric_quantize_inputs", 3, MOTE_FIELD_BOOL,
     offsetof(mote_fully_connected_params, asymmetric_quantize_inputs), 0},
    {"quantized_bias_type", 4, MOTE_FIELD_ENUM, offsetof(mote_fully_connected_params, quantized_bias_type), 0},
};

const mote_op_def mote_op_def_fully_connected = {
    .name = "FULLY_CONNECTED",
    .options_type = 8,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_fully_connected_params),
    .min_inputs = 2,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .weights = 1U << 1,
    .infer = infer,
    .version = version,
    .max_version = 14,
};
