#include "runtime/calibrate.h"

#include <mote/runtime.h>

#include <math.h>
#include <string.h>

#include "runtime/crew.h"
#include "runtime/interpreter.h"

/* A runtime of its own for each worker, and the ranges that it has seen. */
typedef struct observer {
    mote_runtime *runtime;
    mote_range *ranges;
    int32_t not_finite; /* first tensor that held infinity or NaN, or -1 */
} observer;

typedef struct calibration {
    const mote_graph *graph;
    const mote_allocator *allocator;
    observer *observers;
    int32_t n_observers;
} calibration;

/* Minimum and maximum in eight lanes, which the compiler keeps in a vector. False: something is not finite. */
static bool widen(mote_range *range, const float *values, int64_t n)
{
    float low[8], high[8], zero[8] = {0};
    for (int j = 0; j < 8; j++) {
        low[j] = range->low;
        high[j] = range->high;
    }
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++) {
            low[j] = values[i + j] < low[j] ? values[i + j] : low[j];
            high[j] = values[i + j] > high[j] ? values[i + j] : high[j];
            zero[j] += values[i + j] * 0.0f;
        }
    for (; i < n; i++) {
        low[0] = values[i] < low[0] ? values[i] : low[0];
        high[0] = values[i] > high[0] ? values[i] : high[0];
        zero[0] += values[i] * 0.0f;
    }
    bool finite = true;
    for (int j = 0; j < 8; j++) {
        range->low = low[j] < range->low ? low[j] : range->low;
        range->high = high[j] > range->high ? high[j] : range->high;
        finite = finite && zero[j] == 0.0f;
    }
    return finite;
}

static void on_value(void *arg, int32_t tensor, const mote_tensor *value)
{
    observer *o = arg;
    if (value->dtype == MOTE_FLOAT32 && value->data &&
        !widen(&o->ranges[tensor], value->data, mote_shape_count(&value->shape)) && o->not_finite < 0)
        o->not_finite = tensor;
}

static mote_status check_finite(const float *values, int64_t n, int32_t input, int64_t example, mote_error *err)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return mote_error_set(err, MOTE_ARGUMENT, "example %lld, input %d: element %lld is not a finite number",
                                  (long long)example, input, (long long)i);
    return MOTE_OK;
}

static mote_status take(void *arg, int32_t worker, int64_t example, const float **inputs, mote_error *err)
{
    const calibration *c = arg;
    observer *o = &c->observers[worker];
    for (int32_t i = 0; i < mote_runtime_n_inputs(o->runtime); i++) {
        mote_tensor *input = mote_runtime_input(o->runtime, i);
        const int64_t n = mote_shape_count(&input->shape);
        mote_status status = check_finite(inputs[i], n, i, example, err);
        if (status != MOTE_OK)
            return status;
        status = mote_tensor_from_float(input, inputs[i], n);
        if (status != MOTE_OK)
            return mote_error_set(err, status, "input %d cannot be fed with floats", i);
        on_value(o, c->graph->inputs[i], input);
    }
    return MOTE_OK;
}

static mote_status work(void *arg, int32_t worker, mote_error *err)
{
    const calibration *c = arg;
    observer *o = &c->observers[worker];
    const mote_status status = mote_runtime_invoke(o->runtime, err);
    if (status != MOTE_OK || o->not_finite < 0)
        return status;
    return mote_error_set(err, MOTE_ARGUMENT,
                          "tensor '%s' takes values that are not finite: the float model overflows on these examples",
                          c->graph->tensors[o->not_finite]->name);
}

static mote_status start(calibration *c, const mote_model *model, int32_t n_threads, mote_error *err)
{
    observer *o = &c->observers[c->n_observers++];
    *o = (observer){.not_finite = -1};
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = n_threads;
    options.allocator = c->allocator;
    o->ranges = mote_calloc(c->allocator, (size_t)c->graph->n_tensors + 1, sizeof *o->ranges);
    if (!o->ranges)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < c->graph->n_tensors; i++)
        o->ranges[i] = (mote_range){INFINITY, -INFINITY};
    mote_status status = rt_new(&o->runtime, model, &options, true, err);
    if (status == MOTE_OK) {
        rt_observe(o->runtime, on_value, o);
        status = mote_runtime_allocate(o->runtime, err);
    }
    return status;
}

static mote_status run_all(calibration *c, const mote_model *model, const mote_calibration_source *source,
                           int32_t n_threads, int64_t *n_examples, mote_error *err)
{
    mote_status status = start(c, model, 1, err);
    if (status != MOTE_OK)
        return status;
    const mote_runtime *first = c->observers[0].runtime;
    const int32_t n = mote_crew_size(n_threads, mote_runtime_arena_bytes(first) + mote_runtime_weights_bytes(first));
    for (int32_t i = 1; status == MOTE_OK && i < n; i++)
        status = start(c, model, 1, err);
    const mote_crew crew = {source, c->graph->n_inputs, n, take, work, c};
    return status == MOTE_OK ? mote_crew_run(&crew, c->allocator, n_examples, err) : status;
}

/* The least and the greatest do not depend on the order, so neither on who saw what. */
static void merge(calibration *c, mote_range *ranges)
{
    for (int32_t i = 0; i < c->graph->n_tensors; i++)
        for (int32_t k = 0; k < c->n_observers; k++) {
            const mote_range *seen = &c->observers[k].ranges[i];
            ranges[i].low = seen->low < ranges[i].low ? seen->low : ranges[i].low;
            ranges[i].high = seen->high > ranges[i].high ? seen->high : ranges[i].high;
        }
}

mote_status mote_calibrate(const mote_model *model, const mote_calibration_source *source, int32_t n_threads,
                           const mote_allocator *allocator, mote_range **ranges, int64_t *n_examples, mote_error *err)
{
    calibration c = {.graph = model->graphs[0], .allocator = allocator};
    int64_t n = 0;
    const int32_t most = n_threads > 0 ? n_threads : mote_cpu_count();
    c.observers = mote_calloc(allocator, (size_t)most, sizeof *c.observers);
    *ranges = mote_calloc(allocator, (size_t)c.graph->n_tensors + 1, sizeof **ranges);
    mote_status status = c.observers && *ranges ? MOTE_OK : mote_error_no_memory(err);
    if (status == MOTE_OK)
        status = run_all(&c, model, source, n_threads, &n, err);
    if (status == MOTE_OK && n == 0)
        status = mote_error_set(err, MOTE_ARGUMENT, "no examples: quantizing to integers needs some");
    for (int32_t i = 0; status == MOTE_OK && i < c.graph->n_tensors; i++)
        (*ranges)[i] = (mote_range){INFINITY, -INFINITY};
    if (status == MOTE_OK)
        merge(&c, *ranges);
    for (int32_t i = 0; i < c.n_observers; i++) {
        mote_runtime_free(c.observers[i].runtime);
        mote_free(allocator, c.observers[i].ranges);
    }
    mote_free(allocator, c.observers);
    if (status != MOTE_OK) {
        mote_free(allocator, *ranges);
        *ranges = NULL;
        return mote_error_prefix(err, status, "calibration");
    }
    if (n_examples)
        *n_examples = n;
    return MOTE_OK;
}
