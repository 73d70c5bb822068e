/* REVERSE_SEQUENCE: the first so many elements of each sequence turned round. */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"
#include "op/sequence/sequence.h"

#include <string.h>

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_reverse_sequence_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape, *lengths = &io->inputs[1]->shape;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    io->outputs[0]->shape = *in;
    if (mote_infer_is_open(io, 2))
        return MOTE_OK;
    const int32_t seq = params->seq_dim, batch = params->batch_dim;
    if (seq < 0 || batch < 0 || seq >= in->rank || batch >= in->rank || seq == batch || lengths->rank != 1 ||
        lengths->dims[0] != in->dims[batch])
        return mote_error_set(err, MOTE_SHAPE, "sequences along dimension %d of %d, batches along %d", seq, in->rank,
                              batch);
    return MOTE_OK;
}

static const mote_op_field FIELDS[] = {
    {"seq_dim", 0, MOTE_FIELD_I32, offsetof(mote_reverse_sequence_params, seq_dim), 0},
    {"batch_dim", 1, MOTE_FIELD_I32, offsetof(mote_reverse_sequence_params, batch_dim), 0},
};

const mote_op_def mote_op_def_reverse_sequence = {
    .name = "REVERSE_SEQUENCE",
    .options_type = 87,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_reverse_sequence_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype dtype = io->inputs[1]->dtype;
    if (dtype != MOTE_INT32 && dtype != MOTE_INT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "lengths of %s", mote_dtype_name(dtype));
    return mote_need_whole_elements(io->inputs[0], err);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    const mote_reverse_sequence_params *params = io->node->params;
    const mote_shape *shape = &io->inputs[0]->shape;
    const int32_t seq = params->seq_dim, batch = params->batch_dim, last = seq > batch ? seq : batch;
    for (int64_t b = 0, length; b < shape->dims[batch]; b++)
        if (!mote_infer_read_int(io->inputs[1], b, &length) || length > shape->dims[seq])
            return mote_error_set(err, MOTE_ARGUMENT, "length %lld is longer than the sequences of %d",
                                  (long long)length, shape->dims[seq]);
    const int64_t n = mote_shape_span(shape, 0, last + 1); /* pieces that move as one */
    const size_t piece = (size_t)mote_shape_span(shape, last + 1, shape->rank) * mote_dtype_bytes(io->inputs[0]->dtype);
    const int64_t seq_step = mote_shape_span(shape, seq + 1, last + 1);
    const int64_t batch_step = mote_shape_span(shape, batch + 1, last + 1);
    for (int64_t i = 0; piece && i < n; i++) {
        const int64_t at = i / seq_step % shape->dims[seq];
        int64_t length = 0;
        mote_infer_read_int(io->inputs[1], i / batch_step % shape->dims[batch], &length);
        const int64_t from = at < length ? i + (length - 1 - 2 * at) * seq_step : i;
        memcpy((char *)io->outputs[0]->data + (size_t)i * piece,
               (const char *)io->inputs[0]->data + (size_t)from * piece, piece);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_reverse_sequence = {prepare, eval};
