#include "fuzz/exercise.h"

#include <mote/convert.h>
#include <mote/import.h>
#include <mote/runtime.h>
#include <mote/tflite.h>

#include <stdlib.h>
#include <string.h>

static void write_and_read(const mote_model *model)
{
    unsigned char *bytes;
    size_t n_bytes;
    mote_model *again;
    mote_error err;
    if (mote_tflite_build(model, &bytes, &n_bytes, NULL, &err) != MOTE_OK)
        return;
    if (mote_tflite_read(&again, bytes, n_bytes, NULL, &err) != MOTE_OK) {
        fprintf(stderr, "written, but not read again: %s\n", err.message);
        abort();
    }
    mote_model_free(again);
    mote_free(NULL, bytes);
}

/* Floats in [-1, 1]; integers and the rest small, by their low bytes. */
static void fill(mote_tensor *tensor)
{
    unsigned char *bytes = tensor->data;
    float *floats = tensor->data;
    for (size_t i = 0; bytes && i < tensor->n_bytes; i++)
        if (tensor->dtype == MOTE_FLOAT32 && i % 4 == 0)
            floats[i / 4] = (float)((int32_t)(i % 52) - 24) / 25.0F;
        else if (tensor->dtype != MOTE_FLOAT32)
            bytes[i] = tensor->dtype == MOTE_BOOL ? i & 1 : i % 4 ? 0 : i / 4 % 8;
}

static exercise_reach run(const mote_model *model)
{
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = 1;
    options.limit_bytes = (size_t)EXERCISE_LIMIT_MB << 20;
    options.limit_loops_ms = 1000;
    mote_runtime *runtime;
    mote_error err;
    if (mote_runtime_new(&runtime, model, &options, &err) != MOTE_OK)
        return EXERCISE_READ;
    exercise_reach reach = EXERCISE_READ;
    if (mote_runtime_allocate(runtime, &err) == MOTE_OK) {
        reach = EXERCISE_PLANNED;
        for (int32_t i = 0; i < mote_runtime_n_inputs(runtime); i++)
            fill(mote_runtime_input(runtime, i));
        if (mote_runtime_invoke(runtime, &err) == MOTE_OK)
            reach = EXERCISE_INVOKED;
    }
    mote_runtime_free(runtime);
    return reach;
}

/* One example of zeros; sizes that a file leaves open, or too large ones, end the examples. */
typedef struct zeros {
    float *values;
    const mote_model *model;
    bool given;
} zeros;

static mote_status next_zeros(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    zeros *z = arg;
    (void)err;
    *more = !z->given;
    z->given = true;
    for (int32_t i = 0; i < n_inputs; i++) {
        const mote_graph *graph = z->model->graphs[0];
        const mote_shape *shape = &graph->tensors[graph->inputs[i]]->shape;
        *more = *more && mote_shape_is_known(shape) && mote_shape_count(shape) <= EXERCISE_ZEROS;
        inputs[i] = z->values;
    }
    return MOTE_OK;
}

/* To every other form, from a model that is no more trusted than its file. */
static void convert(mote_model *model)
{
    model->run_limit_bytes = (size_t)EXERCISE_LIMIT_MB << 20;
    model->run_limit_loops_ms = 1000;
    float *values = calloc(EXERCISE_ZEROS, sizeof *values);
    for (mote_format format = MOTE_FORMAT_FLOAT16; values && format < MOTE_FORMAT_COUNT; format++) {
        mote_model *out;
        mote_error err;
        zeros z = {values, model, false};
        const mote_calibration_source source = {next_zeros, &z};
        mote_convert_options options = mote_convert_options_default(format);
        options.calibration = &source;
        options.n_threads = 1;
        if (mote_convert(model, &options, &out, &err) != MOTE_OK)
            continue;
        write_and_read(out);
        mote_model_free(out);
    }
    free(values);
}

static exercise_reach exercise_keras(const uint8_t *bytes, size_t n_bytes)
{
    mote_model *model, *lowered;
    mote_error err;
    if (mote_keras_read(&model, bytes, n_bytes, NULL, &err) != MOTE_OK)
        return EXERCISE_REFUSED;
    exercise_reach reach = EXERCISE_READ;
    if (mote_lower(model, NULL, &lowered, &err) == MOTE_OK) {
        reach = run(lowered);
        mote_model_free(lowered);
    }
    convert(model);
    mote_model_free(model);
    return reach;
}

exercise_reach exercise_model(const uint8_t *bytes, size_t n_bytes)
{
    mote_model *model;
    mote_error err;
    if (n_bytes >= 4 && (memcmp(bytes, "\x89HDF", 4) == 0 || memcmp(bytes, "PK\x03\x04", 4) == 0))
        return exercise_keras(bytes, n_bytes);
    if (mote_tflite_read(&model, bytes, n_bytes, NULL, &err) != MOTE_OK)
        return EXERCISE_REFUSED;
    write_and_read(model);
    const exercise_reach reach = run(model);
    convert(model);
    mote_model_free(model);
    return reach;
}
