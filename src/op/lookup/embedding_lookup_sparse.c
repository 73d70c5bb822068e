/*
 * EMBEDDING_LOOKUP_SPARSE: rows of a table, weighted and summed where the places of a sparse matrix's entries are the
 * same but for the last dimension; the sum as it is, or by the weights or the root of their squares.
 */
#include "op/lookup/lookup.h"
#include "op/op_infer.h"

#include <math.h>
#include <string.h>

enum { ROWS, PLACES, DENSE_SHAPE, WEIGHTS, TABLE, N_INPUTS };
enum { COMBINE_SUM, COMBINE_MEAN, COMBINE_SQRTN };

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, N_INPUTS, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor *out = io->outputs[0];
    const mote_shape *places = &io->inputs[PLACES]->shape, *table = &io->inputs[TABLE]->shape;
    mote_shape dense;
    bool known;
    out->dtype = MOTE_FLOAT32;
    status = mote_infer_read_shape(io->inputs[DENSE_SHAPE], &dense, &known, err);
    if (status != MOTE_OK)
        return status;
    if (!known || mote_infer_is_open(io, N_INPUTS)) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    const int32_t n_outer = dense.rank - 1;
    if (places->rank != 2 || places->dims[1] != dense.rank || dense.rank < 1 || table->rank < 2 ||
        n_outer + table->rank - 1 > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "places, their shape and the table do not fit each other");
    mote_shape shape = {.rank = n_outer + table->rank - 1};
    for (int32_t d = 0; d < shape.rank; d++)
        shape.dims[d] = d < n_outer ? dense.dims[d] : table->dims[d - n_outer + 1];
    out->shape = shape;
    return MOTE_OK;
}

static const mote_op_field FIELDS[] = {
    {"combiner", 0, MOTE_FIELD_ENUM, offsetof(mote_embedding_lookup_sparse_params, combiner), 0},
};

const mote_op_def mote_op_def_embedding_lookup_sparse = {
    .name = "EMBEDDING_LOOKUP_SPARSE",
    .options_type = 20,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_embedding_lookup_sparse_params),
    .min_inputs = N_INPUTS,
    .max_inputs = N_INPUTS,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    static const mote_dtype needed[] = {MOTE_INT32, MOTE_INT32, MOTE_INT32, MOTE_FLOAT32, MOTE_FLOAT32};
    const mote_embedding_lookup_sparse_params *params = io->node->params;
    for (int32_t i = 0; i < N_INPUTS; i++)
        if (io->inputs[i]->dtype != needed[i])
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d is %s, not %s", i,
                                  mote_dtype_name(io->inputs[i]->dtype), mote_dtype_name(needed[i]));
    const int64_t n = io->inputs[PLACES]->shape.dims[0];
    if (mote_shape_count(&io->inputs[ROWS]->shape) != n || mote_shape_count(&io->inputs[WEIGHTS]->shape) != n)
        return mote_error_set(err, MOTE_SHAPE, "%lld places, but not as many rows and weights", (long long)n);
    if (params->combiner < COMBINE_SUM || params->combiner > COMBINE_SQRTN)
        return mote_error_set(err, MOTE_UNSUPPORTED, "combiner %d", params->combiner);
    return MOTE_OK;
}

typedef struct running {
    float total, squares;
    int64_t n;
} running;

static void finish(int32_t combiner, const running *sums, int64_t size, float *out)
{
    if (combiner == COMBINE_SUM || sums->n == 0)
        return;
    const float by = combiner == COMBINE_MEAN ? sums->total : sqrtf(sums->squares);
    for (int64_t i = 0; i < size; i++)
        out[i] /= by;
}

/* Which of the output's rows an entry goes to; -1: none. */
static int64_t bucket_of(const mote_op_io *io, int64_t entry)
{
    const int32_t depth = io->inputs[PLACES]->shape.dims[1];
    const int32_t *place = (const int32_t *)io->inputs[PLACES]->data + entry * depth;
    int64_t bucket = 0;
    for (int32_t d = 0; d < depth - 1; d++) {
        if (place[d] < 0 || place[d] >= io->outputs[0]->shape.dims[d])
            return -1;
        bucket = bucket * io->outputs[0]->shape.dims[d] + place[d];
    }
    return bucket;
}

/* Entries of one place that follow each other are one group, as in the reference. */
static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    const mote_embedding_lookup_sparse_params *params = io->node->params;
    const mote_shape *table = &io->inputs[TABLE]->shape;
    const int64_t size = mote_shape_span(table, 1, table->rank);
    const int32_t *rows = io->inputs[ROWS]->data;
    const float *weights = io->inputs[WEIGHTS]->data;
    float *out = io->outputs[0]->data;
    if (io->outputs[0]->n_bytes)
        memset(out, 0, io->outputs[0]->n_bytes);
    int64_t now = 0;
    running sums = {0};
    for (int64_t i = 0; i < io->inputs[PLACES]->shape.dims[0]; i++) {
        const int64_t bucket = bucket_of(io, i);
        if (rows[i] < 0 || rows[i] >= table->dims[0] || bucket < 0)
            return mote_error_set(err, MOTE_ARGUMENT, "entry %lld, of row %d, is outside the table or the output",
                                  (long long)i, rows[i]);
        if (bucket != now) {
            finish(params->combiner, &sums, size, out + now * size);
            sums = (running){0};
            now = bucket;
        }
        sums.n++;
        sums.squares += weights[i] * weights[i];
        sums.total += weights[i];
        const float *row = (const float *)io->inputs[TABLE]->data + rows[i] * size;
        for (int64_t k = 0; k < size; k++)
            out[bucket * size + k] += row[k] * weights[i];
    }
    if (sums.n)
        finish(params->combiner, &sums, size, out + now * size);
    return MOTE_OK;
}

const mote_op_run mote_op_run_embedding_lookup_sparse = {prepare, eval};
