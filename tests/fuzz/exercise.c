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
    mote_model_free(model);
    return reach;
}
