/* aeq.hadamard_rotation: the Walsh-Hadamard transform of each run of hadamard_size values, over the root of their
 * number. */
#include "op/custom/flexbuffer.h"
#include "op/op_infer.h"

#include <math.h>
#include <string.h>

typedef struct mote_hadamard_params {
    int32_t hadamard_size;
} mote_hadamard_params;

static void read_options(const uint8_t *options, size_t n, void *params)
{
    ((mote_hadamard_params *)params)->hadamard_size = mote_flex_find_i32(options, n, "hadamard_size", 0);
}

/* For inspect. */
static const mote_op_field FIELDS[] = {
    {"hadamard_size", 0, MOTE_FIELD_I32, offsetof(mote_hadamard_params, hadamard_size), 0},
};

const mote_op_def mote_op_def_hadamard_rotation = {
    .name = "aeq.hadamard_rotation",
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_hadamard_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = mote_infer_same,
    .read_custom = read_options,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_hadamard_params *params = io->node->params;
    const mote_shape *x = &io->inputs[0]->shape;
    const int32_t size = params->hadamard_size;
    if (io->inputs[0]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(io->inputs[0]->dtype));
    if ((x->rank != 2 && x->rank != 3) || size < 1 || (size & (size - 1)) != 0 || x->dims[x->rank - 1] % size != 0)
        return mote_error_set(err, MOTE_SHAPE,
                              "hadamard_size %d is no power of two that divides the last of 2 or 3 "
                              "dimensions",
                              size);
    return MOTE_OK;
}

static void transform(float *x, int64_t n)
{
    for (int64_t half = 1; half < n; half *= 2)
        for (int64_t first = 0; first < n; first += 2 * half)
            for (int64_t i = first; i < first + half; i++) {
                const float a = x[i], b = x[i + half];
                x[i] = a + b;
                x[i + half] = a - b;
            }
    const float factor = 1.0F / (float)sqrt((double)n);
    for (int64_t i = 0; i < n; i++)
        x[i] *= factor;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_hadamard_params *params = io->node->params;
    const int64_t n = mote_shape_count(&io->outputs[0]->shape), size = params->hadamard_size;
    float *out = io->outputs[0]->data;
    if (n)
        memcpy(out, io->inputs[0]->data, (size_t)n * sizeof *out);
    for (int64_t first = 0; first + size <= n; first += size)
        transform(out + first, size);
    return MOTE_OK;
}

const mote_op_run mote_op_run_hadamard_rotation = {prepare, eval};
