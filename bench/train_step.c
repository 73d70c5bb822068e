/*
 * A training step, timed: `train_step MODEL.h5 [batch [steps [threads]]]`. Prints milliseconds a step (median,
 * minimum), the memory, and per operator the time beside what it must compute and move: its roofline. Images and labels
 * are random numbers; what they are does not change the time.
 */
#include <mote/clock.h>
#include <mote/import.h>
#include <mote/rng.h>
#include <mote/train.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MAX_STEPS = 1000, MAX_OPS = 64 };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add_cost(mote_trainer_cost *sum, const mote_trainer_cost *cost)
{
    sum->forward_ns += cost->forward_ns;
    sum->backward_ns += cost->backward_ns;
    sum->forward_products += cost->forward_products;
    sum->backward_products += cost->backward_products;
    sum->forward_bytes += cost->forward_bytes;
    sum->backward_bytes += cost->backward_bytes;
}

static void print_row(const char *name, int64_t ns, double products, double bytes, int32_t steps)
{
    const double ms = (double)ns / 1e6 / steps;
    if (ms > 0)
        printf("  %-24s %8.2f ms  %7.1f GFLOP/s  %6.1f GB/s\n", name, ms, 2 * products / ms / 1e6, bytes / ms / 1e6);
}

static void print_costs(const mote_trainer *trainer, int32_t steps, const char *only)
{
    mote_trainer_cost ops[MAX_OPS] = {{0}};
    int32_t n_ops = 0;
    for (int32_t i = 0; i < mote_trainer_n_costs(trainer); i++) {
        const mote_trainer_cost cost = mote_trainer_node_cost(trainer, i);
        if (only && strcmp(cost.op, only) == 0)
            printf("%-26s %7.2f %7.1f | %7.2f %7.1f\n", cost.layer, (double)cost.forward_ns / 1e6 / steps,
                   2 * cost.forward_products * steps / (double)cost.forward_ns, (double)cost.backward_ns / 1e6 / steps,
                   2 * cost.backward_products * steps / (double)cost.backward_ns);
        int32_t at = 0;
        while (at < n_ops && strcmp(ops[at].op, cost.op) != 0)
            at++;
        if (at == MAX_OPS)
            continue;
        if (at == n_ops) {
            ops[n_ops++].op = cost.op;
        }
        add_cost(&ops[at], &cost);
    }
    printf("per operator, forward then backward (repeated forward passes count as backward):\n");
    for (int32_t i = 0; i < n_ops; i++) {
        print_row(ops[i].op, ops[i].forward_ns, ops[i].forward_products, ops[i].forward_bytes, steps);
        print_row("  backward", ops[i].backward_ns, ops[i].backward_products, ops[i].backward_bytes, steps);
    }
    printf("  %-24s %8.2f ms\n", "optimizer", (double)mote_trainer_optimizer_ns(trainer) / 1e6 / steps);
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
    options.n_threads = threads;
    if (mote_trainer_new(&trainer, model, &options, &err) != MOTE_OK)
        return fail(&err);
    mote_rng rng = mote_rng_make(1, 0);
    const mote_shape *shape = &model->graphs[0]->tensors[model->graphs[0]->inputs[0]]->shape;
    const int64_t count = mote_shape_span(shape, 1, shape->rank);
    float *image = random_floats(batch * count, &rng);
    int32_t *classes = calloc((size_t)batch, sizeof *classes);
    const float *inputs[] = {image};
    const mote_train_batch data = {.n = batch, .inputs = inputs, .classes = classes};
    double ms[MAX_STEPS] = {0};
    mote_step_result result;
    for (int32_t i = -1; image && classes && i < steps; i++) { /* one to warm up */
        const int64_t begin_ns = mote_clock_ns();
        if (mote_trainer_step(trainer, &data, 1e-4f, &result, &err) != MOTE_OK)
            return fail(&err);
        if (i < 0)
            mote_trainer_reset_costs(trainer);
        else
            ms[i] = (double)(mote_clock_ns() - begin_ns) * 1e-6;
    }
    qsort(ms, (size_t)steps, sizeof ms[0], by_value);
    mote_trainer_memory memory;
    struct rusage usage;
    if (mote_trainer_plan(trainer, batch, &memory, &err) != MOTE_OK)
        return fail(&err);
    getrusage(RUSAGE_SELF, &usage);
    printf("mote: %.1f ms a step (minimum %.1f), batch %d, %d steps; loss %.4f\n", ms[steps / 2], ms[0], batch, steps,
           result.loss);
    printf("memory: activations %.1f MB, weights and slots %.1f MB, resident at most %.1f MB\n",
           (double)memory.arena_bytes / 1e6, (double)memory.weights_bytes / 1e6, (double)usage.ru_maxrss / 1e3);
    print_costs(trainer, steps, argc > 5 ? argv[5] : NULL);
    free(image);
    free(classes);
    mote_trainer_free(trainer);
    mote_model_free(model);
    return 0;
}
