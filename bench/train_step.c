/*
 * A training step, timed: `train_step MODEL.h5 [batch [steps [threads [OPERATOR]]]]`. Prints milliseconds a step
 * (median, minimum), the memory, and per operator the time beside what the machine's peaks allow; the nodes of OPERATOR
 * one by one. Images and labels are random numbers; what they are does not change the time.
 */
#include "roofline.h"

#include <mote/clock.h>
#include <mote/import.h>
#include <mote/rng.h>
#include <mote/train.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { MAX_STEPS = 1000 };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static float *random_floats(int64_t n, mote_rng *rng)
{
    float *values = malloc((size_t)n * sizeof *values);
    for (int64_t i = 0; values && i < n; i++)
        values[i] = 255.0f * mote_rng_float(rng);
    return values;
}

static int fail(const mote_error *err)
{
    fprintf(stderr, "train_step: %s\n", err->message);
    return 1;
}

/* Milliseconds of each step, rising; the first, which warms up, is left out. */
static mote_status run_steps(mote_trainer *trainer, const mote_train_batch *data, double *ms, int32_t steps,
                             bench_roofline *roofline, mote_step_result *result, mote_error *err)
{
    for (int32_t i = -1; i < steps; i++) {
        mote_trainer_reset_costs(trainer);
        const int64_t begin_ns = mote_clock_ns();
        const mote_status status = mote_trainer_step(trainer, data, 1e-4f, result, err);
        if (status != MOTE_OK)
            return status;
        if (i < 0)
            continue;
        ms[i] = (double)(mote_clock_ns() - begin_ns) * 1e-6;
        bench_roofline_add(roofline, trainer);
    }
    qsort(ms, (size_t)steps, sizeof ms[0], by_value);
    return MOTE_OK;
}

static void print_memory(mote_trainer *trainer, int32_t batch)
{
    mote_trainer_memory memory;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (mote_trainer_plan(trainer, batch, &memory, NULL) == MOTE_OK)
        printf("memory: activations %.1f MB, weights and slots %.1f MB, resident at most %.1f MB\n",
               (double)memory.arena_bytes / 1e6, (double)memory.weights_bytes / 1e6, (double)usage.ru_maxrss / 1e3);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "../shared/study/trained.h5";
    const int32_t batch = argc > 2 ? atoi(argv[2]) : 16, threads = argc > 4 ? atoi(argv[4]) : 0;
    int32_t steps = argc > 3 ? atoi(argv[3]) : 5;
    steps = steps < 1 ? 1 : steps > MAX_STEPS ? MAX_STEPS : steps;
    mote_error err = {0};
    mote_model *model;
    mote_trainer *trainer;
    if (mote_keras_load(&model, path, NULL, &err) != MOTE_OK)
        return fail(&err);
    mote_trainer_options options = mote_trainer_options_default();
    options.profile = true;
    options.pool = mote_pool_new(NULL, threads);
    if (mote_trainer_new(&trainer, model, &options, &err) != MOTE_OK)
        return fail(&err);
    mote_rng rng = mote_rng_make(1, 0);
    const mote_shape *shape = &model->graphs[0]->tensors[model->graphs[0]->inputs[0]]->shape;
    float *image = random_floats(batch * mote_shape_span(shape, 1, shape->rank), &rng);
    int32_t *classes = calloc((size_t)batch, sizeof *classes);
    bench_roofline *roofline = bench_roofline_new(trainer);
    if (!image || !classes || !roofline)
        return 1;
    const float *inputs[] = {image};
    const mote_train_batch data = {.n = batch, .inputs = inputs, .classes = classes};
    double ms[MAX_STEPS] = {0};
    mote_step_result result;
    if (run_steps(trainer, &data, ms, steps, roofline, &result, &err) != MOTE_OK)
        return fail(&err);
    printf("mote: %.1f ms a step (minimum %.1f), batch %d, %d steps, %d threads; loss %.4f\n", ms[steps / 2], ms[0],
           batch, steps, mote_pool_n_threads(options.pool), (double)result.loss);
    print_memory(trainer, batch);
    bench_roofline_print(roofline, trainer, bench_peaks_measure(options.pool), argc > 5 ? argv[5] : NULL);
    bench_roofline_free(roofline);
    free(image);
    free(classes);
    mote_trainer_free(trainer);
    mote_pool_free(options.pool);
    mote_model_free(model);
    return 0;
}
