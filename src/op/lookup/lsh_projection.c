/*
 * LSH_PROJECTION: bits that inputs which resemble each other share. A bit is the sign of the sum, over the items, of
 * the fingerprints of a seed and an item, times the item's weight.
 */
#include "op/lookup/fingerprint.h"
#include "op/lookup/lookup.h"
#include "op/op_infer.h"

#include <string.h>

enum { SEEDS, ITEMS, WEIGHTS };
enum { SPARSE = 1, DENSE };
enum { MAX_BITS = 32 };

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_lsh_projection_params *params = io->node->params;
    const mote_status status = mote_infer_need(io, io->n_inputs, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *seeds = &io->inputs[SEEDS]->shape, *items = &io->inputs[ITEMS]->shape;
    io->outputs[0]->dtype = MOTE_INT32;
    if (mote_infer_is_open(io, io->n_inputs)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (seeds->rank != 2 || seeds->dims[1] > MAX_BITS || items->rank < 1 || items->dims[0] < 1)
        return mote_error_set(err, MOTE_SHAPE, "seeds of rank 2, at most %d a row, and items are needed", MAX_BITS);
    if (params->type != SPARSE && params->type != DENSE)
        return mote_error_set(err, MOTE_UNSUPPORTED, "type %d", params->type);
    const int64_t n = (int64_t)seeds->dims[0] * (params->type == DENSE ? seeds->dims[1] : 1);
    if (n > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "it has too many seeds");
    io->outputs[0]->shape = mote_shape_make(1, (const int32_t[]){(int32_t)n});
    return MOTE_OK;
}

static const mote_op_field FIELDS[] = {
    {"type", 0, MOTE_FIELD_ENUM, offsetof(mote_lsh_projection_params, type), 0},
};

const mote_op_def mote_op_def_lsh_projection = {
    .name = "LSH_PROJECTION",
    .options_type = 4,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_lsh_projection_params),
    .min_inputs = 2,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

static size_t item_bytes(const mote_tensor *items)
{
    return (size_t)mote_shape_span(&items->shape, 1, items->shape.rank) * mote_dtype_bytes(items->dtype);
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)state;
    const int64_t most = INT64_C(1) << 32; /* fingerprinted bytes */
    const mote_tensor *items = io->inputs[ITEMS], *weights = io->n_inputs > WEIGHTS ? io->inputs[WEIGHTS] : NULL;
    if (io->inputs[SEEDS]->dtype != MOTE_FLOAT32 || mote_dtype_bytes(items->dtype) == 0 ||
        (weights && weights->dtype != MOTE_FLOAT32))
        return mote_error_set(err, MOTE_UNSUPPORTED, "items of %s, or seeds or weights that are no floats",
                              mote_dtype_name(items->dtype));
    if (weights && mote_shape_count(&weights->shape) != items->shape.dims[0])
        return mote_error_set(err, MOTE_SHAPE, "%d items, but not as many weights", items->shape.dims[0]);
    const size_t key_bytes = sizeof(float) + item_bytes(items);
    int64_t work = mote_shape_count(&io->inputs[SEEDS]->shape);
    if (__builtin_mul_overflow(work, (int64_t)items->shape.dims[0], &work) ||
        __builtin_mul_overflow(work, (int64_t)key_bytes, &work) || work > most)
        return mote_error_set(err, MOTE_LIMIT, "more than 2^32 bytes to make fingerprints of");
    mote_run_request_scratch(run, key_bytes);
    return MOTE_OK;
}

static uint32_t bit_of(const mote_op_io *io, uint8_t *key, int64_t seed)
{
    const mote_tensor *items = io->inputs[ITEMS];
    const float *weights = io->n_inputs > WEIGHTS ? io->inputs[WEIGHTS]->data : NULL;
    const size_t n = item_bytes(items);
    double score = 0;
    memcpy(key, (const float *)io->inputs[SEEDS]->data + seed, sizeof(float));
    for (int32_t i = 0; i < items->shape.dims[0]; i++) {
        if (n)
            memcpy(key + sizeof(float), (const char *)items->data + (size_t)i * n, n);
        const double value = (double)(int64_t)mote_fingerprint(key, sizeof(float) + n);
        score += weights ? (double)weights[i] * value : value;
    }
    return score > 0;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state, (void)err;
    const mote_lsh_projection_params *params = io->node->params;
    const int32_t n_rows = io->inputs[SEEDS]->shape.dims[0], n_bits = io->inputs[SEEDS]->shape.dims[1];
    uint32_t *out = io->outputs[0]->data;
    for (int32_t r = 0; r < n_rows; r++) {
        uint32_t signature = 0;
        for (int32_t k = 0; k < n_bits; k++) {
            const uint32_t bit = bit_of(io, mote_run_scratch(run), (int64_t)r * n_bits + k);
            signature = signature << 1 | bit;
            if (params->type == DENSE)
                *out++ = bit;
        }
        if (params->type == SPARSE) /* each row has numbers of its own */
            *out++ = signature + (uint32_t)r * (UINT32_C(1) << n_bits % MAX_BITS);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_lsh_projection = {prepare, eval};
