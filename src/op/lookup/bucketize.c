/* BUCKETIZE: how many of the sorted boundaries are not above each number. */
#include "op/lookup/lookup.h"
#include "op/op_infer.h"

#include <string.h>

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_same_shape(io, err);
    io->outputs[0]->dtype = MOTE_INT32;
    return status;
}

static const mote_op_field FIELDS[] = {
    {"boundaries", 0, MOTE_FIELD_F32_VEC, offsetof(mote_bucketize_params, boundaries), 0},
};

const mote_op_def mote_op_def_bucketize = {
    .name = "BUCKETIZE",
    .options_type = 115,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_bucketize_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

typedef struct bucketize_state {
    float *boundaries;
    int32_t n;
} bucketize_state;

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_i32_vec *bits = &((const mote_bucketize_params *)io->node->params)->boundaries;
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (dtype != MOTE_FLOAT32 && dtype != MOTE_FLOAT64 && dtype != MOTE_INT32 && dtype != MOTE_INT64)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(dtype));
    bucketize_state *s = *state = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    s->n = bits->n;
    s->boundaries = bits->n ? mote_run_persistent(run, (size_t)bits->n * sizeof *s->boundaries) : NULL;
    if (bits->n && !s->boundaries)
        return mote_error_no_memory(err);
    if (bits->n)
        memcpy(s->boundaries, bits->values, (size_t)bits->n * sizeof *s->boundaries);
    for (int32_t i = 1; i < s->n; i++)
        if (s->boundaries[i] < s->boundaries[i - 1])
            return mote_error_set(err, MOTE_FORMAT, "boundary %d is below the one before", i);
    return MOTE_OK;
}

/* Numbers are compared in the type that C gives the comparison with a float. */
#define COUNT(name, T, C)                                                                                              \
    static int32_t name(const bucketize_state *s, const void *data, int64_t i)                                         \
    {                                                                                                                  \
        const C x = (C)((const T *)data)[i];                                                                           \
        int32_t low = 0, high = s->n;                                                                                  \
        while (low < high) {                                                                                           \
            const int32_t middle = low + (high - low) / 2;                                                             \
            if (x < (C)s->boundaries[middle])                                                                          \
                high = middle;                                                                                         \
            else                                                                                                       \
                low = middle + 1;                                                                                      \
        }                                                                                                              \
        return low;                                                                                                    \
    }

COUNT(count_f32, float, float)
COUNT(count_f64, double, double)
COUNT(count_i32, int32_t, float)
COUNT(count_i64, int64_t, float)

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)err;
    const mote_dtype dtype = io->inputs[0]->dtype;
    int32_t (*const count)(const bucketize_state *, const void *, int64_t) = dtype == MOTE_FLOAT32   ? count_f32
                                                                             : dtype == MOTE_FLOAT64 ? count_f64
                                                                             : dtype == MOTE_INT32   ? count_i32
                                                                                                     : count_i64;
    const int64_t n = mote_shape_count(&io->inputs[0]->shape);
    for (int64_t i = 0; i < n; i++)
        ((int32_t *)io->outputs[0]->data)[i] = count(state, io->inputs[0]->data, i);
    return MOTE_OK;
}

const mote_op_run mote_op_run_bucketize = {prepare, eval};
