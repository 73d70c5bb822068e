#include <mote/benchmark.h>
#include <mote/clock.h>
#include <mote/rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct mote_benchmark {
    mote_runtime *runtime;
    const mote_allocator *allocator;
    int32_t n_inputs;
    void **values; /* of the inputs: invoke may use their memory again, so each run copies them in */
    double *ms;
    int64_t n, capacity;
};

static void draw(mote_rng *rng, const mote_tensor *input, void *values)
{
    const int64_t n = mote_shape_count(&input->shape);
    memset(values, 0, input->n_bytes);
    if (input->dtype == MOTE_FLOAT32) {
        for (int64_t i = 0; i < n; i++)
            ((float *)values)[i] = mote_rng_float(rng);
    } else if (input->quant.n > 0 || input->dtype == MOTE_UINT8 || input->dtype == MOTE_INT8) {
        for (size_t i = 0; i < input->n_bytes; i++)
            ((unsigned char *)values)[i] = (unsigned char)mote_rng_below(rng, 256);
    }
}

static mote_status draw_inputs(mote_benchmark *b, mote_error *err)
{
    mote_rng rng = mote_rng_make(1, 0);
    b->n_inputs = mote_runtime_n_inputs(b->runtime);
    b->values = mote_calloc(b->allocator, (size_t)b->n_inputs, sizeof *b->values);
    for (int32_t i = 0; b->values && i < b->n_inputs; i++) {
        const mote_tensor *input = mote_runtime_input(b->runtime, i);
        if (!input->data)
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d '%s' is %s: there is nothing to measure with", i,
                                  input->name, mote_dtype_name(input->dtype));
        b->values[i] = mote_alloc(b->allocator, input->n_bytes);
        if (!b->values[i])
            return mote_error_no_memory(err);
        draw(&rng, input, b->values[i]);
    }
    return b->values ? MOTE_OK : mote_error_no_memory(err);
}

mote_status mote_benchmark_new(mote_benchmark **benchmark, mote_runtime *runtime, const mote_allocator *allocator,
                               mote_error *err)
{
    *benchmark = NULL;
    mote_benchmark *b = mote_calloc(allocator, 1, sizeof *b);
    if (!b)
        return mote_error_no_memory(err);
    b->runtime = runtime;
    b->allocator = allocator;
    const mote_status status = draw_inputs(b, err);
    if (status == MOTE_OK)
        *benchmark = b;
    else
        mote_benchmark_free(b);
    return status;
}

void mote_benchmark_free(mote_benchmark *benchmark)
{
    if (!benchmark)
        return;
    for (int32_t i = 0; benchmark->values && i < benchmark->n_inputs; i++)
        mote_free(benchmark->allocator, benchmark->values[i]);
    mote_free(benchmark->allocator, benchmark->values);
    mote_free(benchmark->allocator, benchmark->ms);
    mote_free(benchmark->allocator, benchmark);
}

static mote_status run_once(mote_benchmark *b, double *ms, mote_error *err)
{
    for (int32_t i = 0; i < b->n_inputs; i++) {
        mote_tensor *input = mote_runtime_input(b->runtime, i);
        if (input->n_bytes)
            memcpy(input->data, b->values[i], input->n_bytes);
    }
    const int64_t start_ns = mote_clock_ns();
    const mote_status status = mote_runtime_invoke(b->runtime, err);
    *ms = (double)(mote_clock_ns() - start_ns) * 1e-6;
    return status;
}

mote_status mote_benchmark_warm_up(mote_benchmark *benchmark, int64_t n, mote_error *err)
{
    mote_status status = MOTE_OK;
    double ignored;
    for (int64_t i = 0; status == MOTE_OK && i < n; i++)
        status = run_once(benchmark, &ignored, err);
    return status;
}

mote_status mote_benchmark_measure(mote_benchmark *b, int64_t n, mote_error *err)
{
    if (n > b->capacity - b->n) {
        size_t n_bytes;
        double *more = __builtin_mul_overflow((uint64_t)b->n + (uint64_t)n, sizeof *more, &n_bytes)
                           ? NULL
                           : mote_realloc(b->allocator, b->ms, (size_t)b->n * sizeof *more, n_bytes);
        if (!more)
            return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for %lld runs", (long long)n);
        b->ms = more;
        b->capacity = b->n + n;
    }
    for (int64_t i = 0; i < n; i++) {
        const mote_status status = run_once(b, &b->ms[b->n], err);
        if (status != MOTE_OK)
            return status;
        b->n++;
    }
    return MOTE_OK;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double quantile(const double *sorted, int64_t n, double q)
{
    const double at = q * (double)(n - 1);
    const int64_t low = (int64_t)at, high = low + 1 < n ? low + 1 : low;
    return sorted[low] + (sorted[high] - sorted[low]) * (at - (double)low);
}

mote_latency mote_benchmark_latency(mote_benchmark *b)
{
    mote_latency latency = {.n = b->n};
    if (b->n == 0)
        return latency;
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < b->n; i++)
        sum += b->ms[i];
    latency.mean_ms = sum / (double)b->n;
    for (int64_t i = 0; i < b->n; i++)
        squares += (b->ms[i] - latency.mean_ms) * (b->ms[i] - latency.mean_ms);
    latency.std_ms = sqrt(squares / (double)b->n);
    qsort(b->ms, (size_t)b->n, sizeof *b->ms, by_value);
    latency.min_ms = b->ms[0];
    latency.p50_ms = quantile(b->ms, b->n, 0.5);
    latency.p90_ms = quantile(b->ms, b->n, 0.9);
    latency.p99_ms = quantile(b->ms, b->n, 0.99);
    return latency;
}
