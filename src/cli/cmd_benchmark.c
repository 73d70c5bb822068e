/* mote benchmark: how long a network takes, and what it needs. */
#include "cli/cli_json.h"
#include "cli/cli_model.h"
#include "cli/cli_text.h"

#include <mote/benchmark.h>
#include <mote/clock.h>
#include <mote/op_code.h>
#include <mote/text.h>

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

typedef struct benchmark_args {
    int64_t runs, warmup;
    bool profile, reference;
    const char *signature;
    cli_model_args import;
} benchmark_args;

typedef struct measured {
    double init_ms, first_ms;
    mote_latency latency;
    size_t arena_bytes, weights_bytes, peak_rss_bytes;
} measured;

static mote_status measure(mote_runtime *runtime, mote_benchmark *benchmark, const benchmark_args *args,
                           measured *result, mote_error *err)
{
    const int64_t start_ns = mote_clock_ns();
    mote_status status = mote_benchmark_warm_up(benchmark, 1, err);
    result->first_ms = (double)(mote_clock_ns() - start_ns) * 1e-6;
    if (status == MOTE_OK)
        status = mote_benchmark_warm_up(benchmark, args->warmup, err);
    if (status == MOTE_OK)
        status = mote_benchmark_measure(benchmark, args->runs, err);
    if (status != MOTE_OK)
        return status;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    result->latency = mote_benchmark_latency(benchmark);
    result->arena_bytes = mote_runtime_arena_bytes(runtime);
    result->weights_bytes = mote_runtime_weights_bytes(runtime);
    result->peak_rss_bytes = (size_t)usage.ru_maxrss * 1024;
    return MOTE_OK;
}

/* --- the profile: a runtime of its own, since looking at the clock costs too --- */

typedef struct profile_row {
    int32_t op, n;
    const char *name; /* the node's first output; NULL in the table by operator */
    double ms;        /* per invocation */
} profile_row;

typedef struct profile {
    profile_row *nodes, *ops; /* n_nodes each */
    int32_t n_nodes, n_ops;
    double total_ms;
} profile;

static int by_ms(const void *a, const void *b)
{
    const double x = ((const profile_row *)a)->ms, y = ((const profile_row *)b)->ms;
    return x > y ? -1 : x < y;
}

static void add_to_ops(profile *p, const profile_row *node)
{
    int32_t i = 0;
    while (i < p->n_ops && p->ops[i].op != node->op)
        i++;
    if (i == p->n_ops)
        p->ops[p->n_ops++] = (profile_row){.op = node->op};
    p->ops[i].n++;
    p->ops[i].ms += node->ms;
}

static mote_status read_profile(const mote_model *model, const mote_runtime *runtime, int64_t runs, profile *p,
                                mote_error *err)
{
    const mote_graph *graph = model->graphs[0];
    const int64_t *ns = mote_runtime_profile_ns(runtime);
    const size_t n = (size_t)graph->n_nodes;
    p->nodes = mote_calloc(NULL, n, sizeof *p->nodes);
    p->ops = mote_calloc(NULL, n, sizeof *p->ops);
    if (!p->nodes || !p->ops)
        return mote_error_no_memory(err);
    for (int32_t i = 0; ns && i < graph->n_nodes; i++) {
        const mote_node *node = graph->nodes[i];
        const char *name = node->n_outputs > 0 ? graph->tensors[node->outputs[0]]->name : "";
        p->nodes[i] = (profile_row){.op = node->op, .n = 1, .name = name, .ms = (double)ns[i] * 1e-6 / (double)runs};
        p->total_ms += p->nodes[i].ms;
        add_to_ops(p, &p->nodes[i]);
    }
    p->n_nodes = graph->n_nodes;
    qsort(p->ops, (size_t)p->n_ops, sizeof *p->ops, by_ms);
    return MOTE_OK;
}

static mote_status make_profile(const mote_model *model, const char *path, const benchmark_args *args,
                                mote_runtime_options options, profile *p, mote_error *err)
{
    mote_runtime *runtime = NULL;
    mote_benchmark *benchmark = NULL;
    options.profile = true;
    mote_status status = cli_runtime_new(&runtime, model, path, args->signature, &options, err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(runtime, err);
    if (status == MOTE_OK)
        status = mote_benchmark_new(&benchmark, runtime, NULL, err);
    if (status == MOTE_OK)
        status = mote_benchmark_warm_up(benchmark, args->warmup + 1, err);
    if (status == MOTE_OK)
        mote_runtime_profile_reset(runtime);
    if (status == MOTE_OK)
        status = mote_benchmark_measure(benchmark, args->runs, err);
    if (status == MOTE_OK)
        status = read_profile(model, runtime, args->runs, p, err);
    mote_benchmark_free(benchmark);
    mote_runtime_free(runtime);
    return status;
}

/* --- output --- */

static const char *op_text(int32_t op)
{
    const char *name = mote_op_name(op);
    return name ? name : "?";
}

static double share(const profile *p, const profile_row *row)
{
    return p->total_ms > 0 ? row->ms / p->total_ms : 0;
}

static json_t *rows_json(const profile *p, const profile_row *rows, int32_t n)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "op", json_string(op_text(rows[i].op)));
        if (rows[i].name)
            json_object_set_new(row, "name", cli_json_text(rows[i].name));
        else
            json_object_set_new(row, "count", json_integer(rows[i].n));
        json_object_set_new(row, "ms", json_real(rows[i].ms));
        json_object_set_new(row, "share", json_real(share(p, &rows[i])));
        json_array_append_new(list, row);
    }
    return list;
}

static void print_json(const measured *m, const profile *p, const cli_context *context, const char *path)
{
    json_t *root = json_object();
    const struct {
        const char *name;
        double ms;
    } times[] = {{"init_ms", m->init_ms},       {"first_ms", m->first_ms},     {"mean_ms", m->latency.mean_ms},
                 {"std_ms", m->latency.std_ms}, {"min_ms", m->latency.min_ms}, {"p50_ms", m->latency.p50_ms},
                 {"p90_ms", m->latency.p90_ms}, {"p99_ms", m->latency.p99_ms}};
    json_object_set_new(root, "model", cli_json_text(path));
    json_object_set_new(root, "threads", json_integer(context->n_threads));
    for (size_t i = 0; i < CLI_COUNT(times); i++)
        json_object_set_new(root, times[i].name, json_real(times[i].ms));
    json_object_set_new(root, "arena_bytes", json_integer((json_int_t)m->arena_bytes));
    json_object_set_new(root, "weights_bytes", json_integer((json_int_t)m->weights_bytes));
    json_object_set_new(root, "peak_rss_bytes", json_integer((json_int_t)m->peak_rss_bytes));
    json_object_set_new(root, "ops", rows_json(p, p->nodes, p->n_nodes));
    if (p->n_ops)
        json_object_set_new(root, "by_op", rows_json(p, p->ops, p->n_ops));
    cli_json_print(root);
}

static void print_size(const char *what, int64_t n_bytes)
{
    char text[MOTE_SIZE_TEXT_BYTES];
    printf("%-9s %12s\n", what, mote_text_size(n_bytes, text));
}

static void print_text(const measured *m, const profile *p, const cli_context *context, const benchmark_args *args)
{
    printf("threads   %d\n", context->n_threads);
    printf("init      %9.3f ms   open, plan, pack\n", m->init_ms);
    printf("first     %9.3f ms\n", m->first_ms);
    printf("mean      %9.3f ms   +- %.3f over %lld runs\n", m->latency.mean_ms, m->latency.std_ms,
           (long long)args->runs);
    printf("min       %9.3f ms\np50       %9.3f ms\np90       %9.3f ms\np99       %9.3f ms\n", m->latency.min_ms,
           m->latency.p50_ms, m->latency.p90_ms, m->latency.p99_ms);
    print_size("arena", (int64_t)m->arena_bytes);
    print_size("weights", (int64_t)m->weights_bytes);
    print_size("peak rss", (int64_t)m->peak_rss_bytes);
    if (!p->n_ops)
        return;
    printf("\n%10s %7s %6s  operator\n", "ms", "share", "count");
    for (int32_t i = 0; i < p->n_ops; i++)
        printf("%10.4f %6.1f%% %6d  %s\n", p->ops[i].ms, 100 * share(p, &p->ops[i]), p->ops[i].n,
               op_text(p->ops[i].op));
    printf("\n%10s %7s %6s  operator and output\n", "ms", "share", "node");
    for (int32_t i = 0; i < p->n_nodes; i++)
        printf("%10.4f %6.1f%% %6d  %s  %s\n", p->nodes[i].ms, 100 * share(p, &p->nodes[i]), i, op_text(p->nodes[i].op),
               cli_shown(p->nodes[i].name).text);
}

static mote_status benchmark(const cli_context *context, const benchmark_args *args, const char *path, mote_error *err)
{
    mote_runtime_options options = {.n_threads = context->n_threads, .reference = args->reference};
    measured result = {0};
    profile p = {0};
    mote_benchmark *timer = NULL;
    mote_model *model = NULL;
    mote_runtime *runtime = NULL;
    const int64_t start_ns = mote_clock_ns();
    mote_status status = cli_model_load_runnable(context, &args->import, path, &model, err);
    if (status == MOTE_OK)
        status = cli_runtime_new(&runtime, model, path, args->signature, &options, err);
    if (status == MOTE_OK) {
        status = mote_runtime_allocate(runtime, err);
        result.init_ms = (double)(mote_clock_ns() - start_ns) * 1e-6;
    }
    if (status == MOTE_OK)
        status = mote_benchmark_new(&timer, runtime, NULL, err);
    if (status == MOTE_OK)
        status = measure(runtime, timer, args, &result, err);
    if (status == MOTE_OK && args->profile)
        status = make_profile(model, path, args, options, &p, err);
    if (status == MOTE_OK && context->json)
        print_json(&result, &p, context, path);
    else if (status == MOTE_OK)
        print_text(&result, &p, context, args);
    mote_benchmark_free(timer);
    mote_free(NULL, p.nodes);
    mote_free(NULL, p.ops);
    mote_runtime_free(runtime);
    mote_model_free(model);
    return status;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    mote_error err = {0};
    return benchmark(context, args, positional[0], &err) == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

static const cli_option OPTIONS[] = {
    {.name = "runs",
     .kind = CLI_INT,
     .arg = "N",
     .def = "50",
     .min = 1,
     .max = 10000000,
     .help = "invocations to measure",
     .offset = offsetof(benchmark_args, runs)},
    {.name = "warmup",
     .kind = CLI_INT,
     .arg = "N",
     .def = "5",
     .min = 0,
     .max = 10000000,
     .help = "invocations before measuring",
     .offset = offsetof(benchmark_args, warmup)},
    {.name = "profile",
     .kind = CLI_FLAG,
     .help = "also the time of each operator, from as many invocations again",
     .offset = offsetof(benchmark_args, profile)},
    {.name = "signature",
     .kind = CLI_STRING,
     .arg = "KEY",
     .help = "enter at this signature (default: the main graph)",
     .offset = offsetof(benchmark_args, signature)},
    {.name = "reference",
     .kind = CLI_FLAG,
     .help = "use the plain reference kernels only",
     .offset = offsetof(benchmark_args, reference)},
};

static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0},
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(benchmark_args, import)},
                                   CLI_LIMIT_GROUP(benchmark_args, import)};

const cli_verb cli_verb_benchmark = {
    .name = "benchmark",
    .positional = "MODEL",
    .summary = "latency and memory of a model",
    .description =
        "Runs the model on random inputs. init is from opening the file to a planned, allocated network; first "
        "is the first invocation; the rest are statistics of --runs invocations after --warmup.",
    .examples = "  mote benchmark int8.tflite --threads 1\n  mote benchmark float32.tflite --runs 200 --profile --json",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(benchmark_args),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
