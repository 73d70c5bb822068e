/* UNIQUE: a vector's distinct values in the order in which they first come, and which of them each element is. */
#include "op/op_infer.h"
#include "op/op_quant.h"
#include "op/search/search.h"

#include <string.h>

enum { VALUES, PLACES };

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_unique_params *params = io->node->params;
    io->outputs[VALUES]->dtype = io->inputs[0]->dtype;
    io->outputs[PLACES]->dtype = params->idx_out_type == MOTE_INT64 ? MOTE_INT64 : MOTE_INT32;
    mote_infer_set_unknown(io->outputs[VALUES]);
    io->outputs[PLACES]->shape = io->inputs[0]->shape;
    if (!mote_infer_is_open(io, 1) && io->inputs[0]->shape.rank != 1)
        return mote_error_set(err, MOTE_SHAPE, "an input of rank %d, not 1", io->inputs[0]->shape.rank);
    return MOTE_OK;
}

static const mote_op_field FIELDS[] = {
    {"idx_out_type", 0, MOTE_FIELD_ENUM, offsetof(mote_unique_params, idx_out_type), MOTE_INT32},
};

const mote_op_def mote_op_def_unique = {
    .name = "UNIQUE",
    .options_type = 80,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_unique_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 2,
    .max_outputs = 2,
    .flags = MOTE_OP_SIZES,
    .infer = infer,
    .max_version = 1,
};

static size_t n_buckets_for(int64_t n)
{
    size_t n_buckets = 16;
    while (n_buckets < (size_t)n * 2)
        n_buckets *= 2;
    return n_buckets;
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)state;
    switch (io->inputs[0]->dtype) {
    case MOTE_FLOAT32:
    case MOTE_INT8:
    case MOTE_UINT8:
    case MOTE_INT16:
    case MOTE_INT32:
    case MOTE_INT64:
        break;
    default:
        return mote_error_set(err, MOTE_UNSUPPORTED, "values of %s", mote_dtype_name(io->inputs[0]->dtype));
    }
    /* buckets, then the first element of each distinct value */
    const int64_t n = io->inputs[0]->shape.dims[0];
    mote_run_request_scratch(run, (n_buckets_for(n) + (size_t)n) * sizeof(int32_t));
    return MOTE_OK;
}

/* Equal numbers have equal bits here: -0 is 0. */
static uint64_t bits_of(const mote_tensor *tensor, int64_t i)
{
    uint64_t bits = 0;
    const size_t element = mote_dtype_bytes(tensor->dtype);
    if (tensor->dtype == MOTE_FLOAT32 && ((const float *)tensor->data)[i] == 0.0F)
        return 0;
    memcpy(&bits, (const char *)tensor->data + (size_t)i * element, element);
    return bits;
}

/* Open addressing; a bucket holds the place of a distinct value + 1, 0 when empty. */
static int32_t place_of(const mote_tensor *in, int32_t *buckets, size_t n_buckets, int32_t *firsts, int32_t *n_distinct,
                        int64_t i)
{
    const uint64_t bits = bits_of(in, i);
    size_t at = (size_t)((bits * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (n_buckets - 1);
    for (; buckets[at]; at = (at + 1) & (n_buckets - 1))
        if (bits_of(in, firsts[buckets[at] - 1]) == bits)
            return buckets[at] - 1;
    firsts[*n_distinct] = (int32_t)i;
    buckets[at] = ++*n_distinct;
    return *n_distinct - 1;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_tensor *in = io->inputs[0], *places = io->outputs[PLACES];
    const int64_t n = in->shape.dims[0];
    const size_t n_buckets = n_buckets_for(n), element = mote_dtype_bytes(in->dtype);
    int32_t *buckets = mote_run_scratch(run), *firsts = buckets + n_buckets, n_distinct = 0;
    memset(buckets, 0, n_buckets * sizeof *buckets);
    for (int64_t i = 0; i < n; i++) {
        const int32_t place = place_of(in, buckets, n_buckets, firsts, &n_distinct, i);
        if (places->dtype == MOTE_INT64)
            ((int64_t *)places->data)[i] = place;
        else
            ((int32_t *)places->data)[i] = place;
    }
    const mote_shape shape = {1, {n_distinct}};
    const mote_status status = mote_run_resize_output(run, io, VALUES, &shape, err);
    for (int32_t i = 0; status == MOTE_OK && i < n_distinct; i++)
        memcpy((char *)io->outputs[VALUES]->data + (size_t)i * element,
               (const char *)in->data + (size_t)firsts[i] * element, element);
    return status;
}

const mote_op_run mote_op_run_unique = {prepare, eval};
