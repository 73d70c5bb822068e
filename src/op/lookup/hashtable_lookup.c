/* HASHTABLE_LOOKUP: rows of values by sorted keys, zeros where a key is not there, and which were found. */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"

#include <string.h>

enum { LOOKUP, KEYS, VALUES };

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *lookup = &io->inputs[LOOKUP]->shape, *keys = &io->inputs[KEYS]->shape;
    const mote_shape *values = &io->inputs[VALUES]->shape;
    io->outputs[0]->dtype = io->inputs[VALUES]->dtype;
    io->outputs[1]->dtype = MOTE_UINT8;
    if (mote_infer_is_open(io, 3)) {
        mote_infer_set_unknown(io->outputs[0]);
        mote_infer_set_unknown(io->outputs[1]);
        return MOTE_OK;
    }
    if (lookup->rank != 1 || keys->rank != 1 || values->rank < 1 || keys->dims[0] != values->dims[0])
        return mote_error_set(err, MOTE_SHAPE, "as many values as keys are needed");
    io->outputs[0]->shape = *values;
    io->outputs[0]->shape.dims[0] = lookup->dims[0];
    io->outputs[1]->shape = *lookup;
    return MOTE_OK;
}

const mote_op_def mote_op_def_hashtable_lookup = {
    .name = "HASHTABLE_LOOKUP",
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 2,
    .max_outputs = 2,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    if (io->inputs[LOOKUP]->dtype != MOTE_INT32 || io->inputs[KEYS]->dtype != MOTE_INT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "keys that are not int32");
    return mote_need_whole_elements(io->inputs[VALUES], err);
}

/* The place of a key; -1: not there. */
static int64_t find(const int32_t *keys, int64_t n, int32_t key)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (keys[middle] == key)
            return middle;
        if (keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_tensor *values = io->inputs[VALUES];
    const int32_t *lookup = io->inputs[LOOKUP]->data;
    uint8_t *found = io->outputs[1]->data;
    char *out = io->outputs[0]->data;
    const size_t row_bytes =
        (size_t)mote_shape_span(&values->shape, 1, values->shape.rank) * mote_dtype_bytes(values->dtype);
    for (int64_t i = 0; i < io->inputs[LOOKUP]->shape.dims[0]; i++, out += row_bytes) {
        const int64_t at = find(io->inputs[KEYS]->data, values->shape.dims[0], lookup[i]);
        found[i] = at >= 0;
        if (row_bytes && at >= 0)
            memcpy(out, (const char *)values->data + (size_t)at * row_bytes, row_bytes);
        else if (row_bytes)
            memset(out, 0, row_bytes);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_hashtable_lookup = {prepare, eval};
