/*
 * The batch of the finer tensor holds, for each example, one picture per position in the block: batch index
 * (position * examples + example). Both directions walk the tensor with the pictures and look up the whole one.
 */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"

#include <string.h>

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[0], err);
}

typedef struct blocks {
    int32_t n; /* spatial dimensions 1 … n */
    int64_t size[MOTE_MAX_RANK], before[MOTE_MAX_RANK];
} blocks;

static mote_status read_blocks(const mote_op_io *io, blocks *b, mote_error *err)
{
    b->n = (int32_t)mote_shape_count(&io->inputs[1]->shape);
    for (int32_t d = 1; d <= b->n; d++)
        if (!mote_infer_read_int(io->inputs[1], d - 1, &b->size[d]) ||
            !mote_infer_read_int(io->inputs[2], 2 * (d - 1), &b->before[d]))
            return mote_error_set(err, MOTE_ARGUMENT, "the block and the margins must be int32 or int64");
    return MOTE_OK;
}

/* Where picture (batch, y, x, …) comes from in the whole tensor, in pieces; -1: from the margin. */
static int64_t find_whole(const blocks *b, const mote_shape *whole, const int64_t index[MOTE_MAX_RANK])
{
    int64_t position = index[0] / whole->dims[0], offset[MOTE_MAX_RANK];
    for (int32_t d = b->n; d >= 1; d--) {
        offset[d] = position % b->size[d];
        position /= b->size[d];
    }
    int64_t at = index[0] % whole->dims[0];
    for (int32_t d = 1; d <= b->n; d++) {
        const int64_t i = index[d] * b->size[d] + offset[d] - b->before[d];
        if (i < 0 || i >= whole->dims[d])
            return -1;
        at = at * whole->dims[d] + i;
    }
    return at;
}

typedef void piece_fn(char *pictures, char *whole, size_t n_bytes);

static void take(char *pictures, char *whole, size_t n_bytes)
{
    memcpy(pictures, whole, n_bytes);
}

static void put(char *pictures, char *whole, size_t n_bytes)
{
    memcpy(whole, pictures, n_bytes);
}

static void walk(const blocks *b, const mote_tensor *pictures, const mote_tensor *whole, piece_fn *fn)
{
    const mote_shape *shape = &pictures->shape;
    const size_t piece = (size_t)mote_shape_span(shape, b->n + 1, shape->rank) * mote_dtype_bytes(pictures->dtype);
    if (mote_shape_count(shape) == 0 || mote_shape_count(&whole->shape) == 0)
        return;
    int64_t index[MOTE_MAX_RANK] = {0};
    for (char *at = pictures->data;; at += piece) {
        const int64_t from = find_whole(b, &whole->shape, index);
        if (from >= 0)
            fn(at, (char *)whole->data + (size_t)from * piece, piece);
        int32_t d = b->n;
        while (d >= 0 && ++index[d] == shape->dims[d])
            index[d--] = 0;
        if (d < 0)
            return;
    }
}

static mote_status eval_space_to_batch(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    blocks b;
    const mote_status status = read_blocks(io, &b, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *out = io->outputs[0];
    const size_t n_bytes = (size_t)mote_shape_count(&out->shape) * mote_dtype_bytes(out->dtype);
    const bool codes = mote_dtype_bytes(out->dtype) == 1 && out->quant.n > 0;
    if (n_bytes) /* the margin is the number zero */
        memset(out->data, codes ? (int)(out->quant.zero_point[0] & 0xff) : 0, n_bytes);
    walk(&b, out, io->inputs[0], take);
    return MOTE_OK;
}

static mote_status eval_batch_to_space(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    blocks b;
    const mote_status status = read_blocks(io, &b, err);
    if (status == MOTE_OK)
        walk(&b, io->inputs[0], io->outputs[0], put);
    return status;
}

const mote_op_run mote_op_run_space_to_batch_nd = {prepare, eval_space_to_batch};
const mote_op_run mote_op_run_batch_to_space_nd = {prepare, eval_batch_to_space};
