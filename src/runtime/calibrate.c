#include "runtime/calibrate.h"

#include <mote/runtime.h>

#include <math.h>
#include <string.h>

/* Minimum and maximum in eight lanes, which the compiler keeps in a vector. */
static void widen(mote_range *range, const float *values, int64_t n)
{
    float low[8], high[8];
    for (int j = 0; j < 8; j++) {
        low[j] = range->low;
        high[j] = range->high;
    }
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++) {
            low[j] = values[i + j] < low[j] ? values[i + j] : low[j];
            high[j] = values[i + j] > high[j] ? values[i + j] : high[j];
        }
    for (; i < n; i++) {
        low[0] = values[i] < low[0] ? values[i] : low[0];
        high[0] = values[i] > high[0] ? values[i] : high[0];
    }
    for (int j = 0; j < 8; j++) {
        range->low = low[j] < range->low ? low[j] : range->low;
        range->high = high[j] > range->high ? high[j] : range->high;
    }
}

static void observe(const mote_runtime *runtime, const mote_graph *graph, mote_range *ranges)
{
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        const mote_tensor *tensor = mote_runtime_tensor(runtime, i);
        if (graph->tensors[i]->storage == MOTE_STORAGE_CONST || !tensor || !tensor->data ||
            tensor->dtype != MOTE_FLOAT32)
            continue;
        widen(&ranges[i], tensor->data, mote_shape_count(&tensor->shape));
    }
}

static mote_status feed(mote_runtime *runtime, const float **inputs, mote_error *err)
{
    for (int32_t i = 0; i < mote_runtime_n_inputs(runtime); i++) {
        mote_tensor *input = mote_runtime_input(runtime, i);
        const mote_status status = mote_tensor_from_float(input, inputs[i], mote_shape_count(&input->shape));
        if (status != MOTE_OK)
            return mote_error_set(err, status, "input %d cannot be fed with floats", i);
    }
    return MOTE_OK;
}

enum { MAX_INPUTS = 64 };

static mote_status run_all(mote_runtime *runtime, const mote_graph *graph, const mote_calibration_source *source,
                           mote_range *ranges, int64_t *n_examples, mote_error *err)
{
    const float *inputs[MAX_INPUTS];
    const int32_t n_inputs = mote_runtime_n_inputs(runtime);
    if (n_inputs > MAX_INPUTS)
        return mote_error_set(err, MOTE_LIMIT, "more than %d inputs", MAX_INPUTS);
    for (;;) {
        bool more = false;
        mote_status status = source->next(source->arg, n_inputs, inputs, &more, err);
        if (status != MOTE_OK || !more)
            return status;
        status = feed(runtime, inputs, err);
        if (status == MOTE_OK)
            status = mote_runtime_invoke(runtime, err);
        if (status != MOTE_OK)
            return status;
        observe(runtime, graph, ranges);
        ++*n_examples;
    }
}

mote_status mote_calibrate(const mote_model *model, const mote_calibration_source *source, int32_t n_threads,
                           const mote_allocator *allocator, mote_range **ranges, int64_t *n_examples, mote_error *err)
{
    const mote_graph *graph = model->graphs[0];
    int64_t n = 0;
    mote_runtime *runtime = NULL;
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = n_threads;
    options.keep_all = true;
    options.allocator = allocator;
    *ranges = mote_calloc(allocator, (size_t)graph->n_tensors, sizeof **ranges);
    if (!*ranges)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    for (int32_t i = 0; i < graph->n_tensors; i++)
        (*ranges)[i] = (mote_range){INFINITY, -INFINITY};
    mote_status status = mote_runtime_new(&runtime, model, &options, err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(runtime, err);
    if (status == MOTE_OK)
        status = run_all(runtime, graph, source, *ranges, &n, err);
    mote_runtime_free(runtime);
    if (status == MOTE_OK && n == 0)
        status = mote_error_set(err, MOTE_ARGUMENT, "no calibration examples: quantizing to integers needs some");
    if (status != MOTE_OK) {
        mote_free(allocator, *ranges);
        *ranges = NULL;
        return mote_error_prefix(err, status, "calibration");
    }
    if (n_examples)
        *n_examples = n;
    return MOTE_OK;
}
