/* SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: inputs are the tensor, the block's sizes, and paddings or crops. */
#include "op/op_infer.h"

/* The block's size and the two margins of spatial dimension d (counted from 1). */
static mote_status read_block(const mote_op_io *io, int32_t d, int64_t *block, int64_t *before, int64_t *after,
                              mote_error *err)
{
    if (mote_infer_read_int(io->inputs[1], d - 1, block) && mote_infer_read_int(io->inputs[2], 2 * (d - 1), before) &&
        mote_infer_read_int(io->inputs[2], 2 * (d - 1) + 1, after) && *block >= 1 && *block <= INT32_MAX &&
        *before >= 0 && *after >= 0 && *before <= INT32_MAX && *after <= INT32_MAX)
        return MOTE_OK;
    return mote_error_set(err, MOTE_SHAPE, "the block or the margins of dimension %d are not positive numbers", d);
}

static mote_status begin(const mote_op_io *io, bool *open, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    *open = mote_infer_is_open(io, 3) || !io->inputs[1]->data || !io->inputs[2]->data;
    if (*open) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const int64_t n = mote_shape_count(&io->inputs[1]->shape);
    if (n < 1 || n >= io->inputs[0]->shape.rank || mote_shape_count(&io->inputs[2]->shape) != 2 * n)
        return mote_error_set(err, MOTE_SHAPE, "a block of %lld dimensions on rank %d", (long long)n,
                              io->inputs[0]->shape.rank);
    return MOTE_OK;
}

static mote_status infer_space_to_batch(const mote_op_io *io, mote_error *err)
{
    bool open;
    mote_status status = begin(io, &open, err);
    if (status != MOTE_OK || open)
        return status;
    mote_shape shape = io->inputs[0]->shape;
    int64_t batch = shape.dims[0];
    for (int32_t d = 1; d <= mote_shape_count(&io->inputs[1]->shape); d++) {
        int64_t block, before, after;
        status = read_block(io, d, &block, &before, &after, err);
        if (status != MOTE_OK)
            return status;
        const int64_t padded = shape.dims[d] + before + after;
        if (padded % block != 0 || padded / block > INT32_MAX || __builtin_mul_overflow(batch, block, &batch) ||
            batch > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "dimension %d, padded to %lld, is no multiple of its block %lld", d,
                                  (long long)padded, (long long)block);
        shape.dims[d] = (int32_t)(padded / block);
    }
    shape.dims[0] = (int32_t)batch;
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

static mote_status infer_batch_to_space(const mote_op_io *io, mote_error *err)
{
    bool open;
    mote_status status = begin(io, &open, err);
    if (status != MOTE_OK || open)
        return status;
    mote_shape shape = io->inputs[0]->shape;
    for (int32_t d = 1; d <= mote_shape_count(&io->inputs[1]->shape); d++) {
        int64_t block, before, after;
        status = read_block(io, d, &block, &before, &after, err);
        if (status != MOTE_OK)
            return status;
        const int64_t size = shape.dims[d] * block - before - after;
        if (shape.dims[0] % block != 0 || size < 0 || size > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "a block of %lld in dimension %d does not fit", (long long)block, d);
        shape.dims[0] = (int32_t)(shape.dims[0] / block);
        shape.dims[d] = (int32_t)size;
    }
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    if (io->inputs[0]->shape.rank != 4)
        return 3;
    return io->inputs[0]->dtype == MOTE_INT8 || io->inputs[0]->dtype == MOTE_INT16 ? 2 : 1;
}

#define SPACE_BATCH(symbol, NAME, options, infer_fn)                                                                   \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = options,                                                                                       \
        .min_inputs = 3,                                                                                               \
        .max_inputs = 3,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .flags = MOTE_OP_DATA_MOVE,                                                                                    \
        .infer = infer_fn,                                                                                             \
        .version = version,                                                                                            \
        .max_version = 4,                                                                                              \
    };

SPACE_BATCH(space_to_batch_nd, "SPACE_TO_BATCH_ND", 25, infer_space_to_batch)
SPACE_BATCH(batch_to_space_nd, "BATCH_TO_SPACE_ND", 24, infer_batch_to_space)
