/* Loading a model with its runtime, and .npy answers beside it. */
#ifndef MOTE_TESTS_GOLDEN_GOLDEN_H
#define MOTE_TESTS_GOLDEN_GOLDEN_H

#include <mote/data.h>
#include <mote/runtime.h>
#include <mote/tflite.h>

#include "unit/mote_test.h"

typedef struct golden_model {
    mote_model *model;
    mote_runtime *runtime;
} golden_model;

static inline void golden_must(mote_status status, const mote_error *err, const char *what)
{
    if (status != MOTE_OK)
        print_message("%s: %s\n", what, err->message);
    assert_int_equal(status, MOTE_OK);
}

static inline golden_model golden_open(const char *path, const mote_runtime_options *options)
{
    golden_model m = {0};
    mote_error err = {0};
    golden_must(mote_tflite_load(&m.model, path, NULL, &err), &err, path);
    golden_must(mote_runtime_new(&m.runtime, m.model, options, &err), &err, path);
    golden_must(mote_runtime_allocate(m.runtime, &err), &err, path);
    return m;
}

static inline void golden_close(golden_model *m)
{
    mote_runtime_free(m->runtime);
    mote_model_free(m->model);
}

static inline mote_tensor golden_npy(const char *path)
{
    mote_tensor tensor;
    mote_error err = {0};
    golden_must(mote_npy_read(path, &tensor, NULL, &err), &err, path);
    return tensor;
}

#endif
