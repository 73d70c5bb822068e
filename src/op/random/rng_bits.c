/* STABLEHLO_RNG_BIT_GENERATOR: bits of a counter-based generator, whose key and counter are its first input and, moved
 * on, its first output. */
#include "op/op_infer.h"
#include "op/random/philox.h"
#include "op/random/random.h"

#include <string.h>

enum { DEFAULT, PHILOX, THREEFRY };
enum { WORD = sizeof(uint32_t) };

/* The second output's shape is what the file says. */
static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    io->outputs[0]->shape = io->inputs[0]->shape;
    return mote_shape_is_known(&io->outputs[1]->shape) ? MOTE_OK
                                                       : mote_error_set(err, MOTE_SHAPE, "its output has no shape");
}

static const mote_op_field FIELDS[] = {
    {"algorithm", 0, MOTE_FIELD_ENUM, offsetof(mote_rng_bits_params, algorithm), 0},
};

const mote_op_def mote_op_def_stablehlo_rng_bit_generator = {
    .name = "STABLEHLO_RNG_BIT_GENERATOR",
    .options2_type = 19,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_rng_bits_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 2,
    .max_outputs = 2,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_rng_bits_params *params = io->node->params;
    const mote_tensor *key = io->inputs[0];
    const mote_dtype dtype = io->outputs[1]->dtype;
    const int64_t n = key->shape.rank == 1 ? key->shape.dims[0] : 0;
    if (params->algorithm < DEFAULT || params->algorithm > THREEFRY)
        return mote_error_set(err, MOTE_UNSUPPORTED, "algorithm %d", params->algorithm);
    if (key->dtype != MOTE_UINT64 || (n != 2 && (n != 3 || params->algorithm == THREEFRY)))
        return mote_error_set(err, MOTE_SHAPE, "its state is not 2 or 3 uint64 numbers");
    if (dtype != MOTE_INT32 && dtype != MOTE_UINT32 && dtype != MOTE_INT64 && dtype != MOTE_UINT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "bits as %s", mote_dtype_name(dtype));
    return MOTE_OK;
}

/* The next block of words; returns how many. The counter's first 64 bits move on. */
static int64_t next_block(bool threefry, const uint32_t *key, uint32_t *counter, uint32_t *block)
{
    if (threefry)
        mote_threefry(key, counter, block);
    else
        mote_philox(key, counter, block);
    counter[0]++;
    counter[1] += counter[0] == 0 ? 1 : 0;
    return threefry ? 2 : 4;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_rng_bits_params *params = io->node->params;
    const bool wide = io->inputs[0]->shape.dims[0] == 3;
    uint32_t words[6] = {0}, block[4];
    memcpy(words, io->inputs[0]->data, io->inputs[0]->n_bytes);
    uint32_t counter[4] = {words[2], words[3], words[wide ? 4 : 0], words[wide ? 5 : 1]};
    const int64_t n = (int64_t)(io->outputs[1]->n_bytes / WORD);
    for (int64_t i = 0, given; i < n; i += given) {
        given = next_block(params->algorithm == THREEFRY, words, counter, block);
        given = given < n - i ? given : n - i;
        memcpy((uint32_t *)io->outputs[1]->data + i, block, (size_t)given * WORD);
    }
    words[2] = counter[0];
    words[3] = counter[1];
    memcpy(io->outputs[0]->data, words, io->outputs[0]->n_bytes);
    return MOTE_OK;
}

const mote_op_run mote_op_run_stablehlo_rng_bit_generator = {prepare, eval};
