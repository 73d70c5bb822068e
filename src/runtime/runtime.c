/* The public face of the interpreter. */
#include <mote/clock.h>
#include <mote/cpu.h>
#include <string.h>

#include "runtime/interpreter.h"

enum { MAX_LISTED = 8 };

mote_runtime_options mote_runtime_options_default(void)
{
    return (mote_runtime_options){0};
}

/* --- refusing at the door --- */

typedef struct refusals {
    mote_error list;
    int32_t n;
    mote_refusal_fn *refused; /* NULL: nobody counts */
    void *arg;
} refusals;

static void add_refusal(refusals *all, const char *text)
{
    if (all->n++ == 0) {
        mote_error_set(&all->list, MOTE_UNSUPPORTED, "%s", text);
    } else if (all->n <= MAX_LISTED) {
        const mote_error before = all->list;
        mote_error_set(&all->list, MOTE_UNSUPPORTED, "%s; %s", before.message, text);
    }
}

static bool knows(const mote_node *node)
{
    const mote_op_def *def = mote_op_find(node->op);
    return def && mote_op_find_run(node->op) && (def->max_version <= 0 || node->version <= def->max_version);
}

static void check_node(const mote_model *model, int32_t graph, int32_t k, refusals *all)
{
    const mote_node *node = model->graphs[graph]->nodes[k];
    if (knows(node))
        return;
    const bool runs = mote_op_find_run(node->op) != NULL;
    char name[128], text[256], where[48] = "";
    const char *known = mote_op_name(node->op);
    if (node->op == MOTE_OP_CUSTOM)
        snprintf(name, sizeof name, "CUSTOM '%s'", node->custom_code ? node->custom_code : "");
    else if (known)
        snprintf(name, sizeof name, "%s", known);
    else
        snprintf(name, sizeof name, "operator code %d", (int)node->op);
    const int32_t typed = node->n_inputs > 0 && node->inputs[0] >= 0 ? node->inputs[0]
                          : node->n_outputs > 0                      ? node->outputs[0]
                                                                     : -1;
    if (graph > 0)
        snprintf(where, sizeof where, "graph %d, ", graph);
    snprintf(text, sizeof text, "%soperator %d (%s version %d, %s): %s", where, k, name, node->version,
             typed >= 0 ? mote_dtype_name(model->graphs[graph]->tensors[typed]->dtype) : "no input",
             runs ? "the file asks for a newer version than mote has" : "mote cannot run it");
    add_refusal(all, text);
    if (all->refused)
        all->refused(all->arg, graph, k, runs ? "a newer version than mote has" : "mote does not know it");
}

static mote_status check_operators(const mote_model *model, mote_refusal_fn *refused, void *arg, mote_error *err)
{
    refusals all = {.refused = refused, .arg = arg};
    for (int32_t g = 0; g < model->n_graphs; g++)
        for (int32_t k = 0; k < model->graphs[g]->n_nodes; k++)
            check_node(model, g, k, &all);
    if (all.n == 0)
        return MOTE_OK;
    if (all.n > MAX_LISTED)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s; and %d more", all.list.message, all.n - MAX_LISTED);
    return mote_error_set(err, MOTE_UNSUPPORTED, "%s", all.list.message);
}

/* --- making and freeing --- */

/* What ran out may have been the limit, not the machine's memory. */
static mote_status tell_limit(const mote_runtime *runtime, mote_status status, mote_error *err)
{
    if (status != MOTE_NO_MEMORY || !runtime->budget.refused)
        return status;
    const mote_error before = err ? *err : (mote_error){0};
    return mote_error_set(err, MOTE_LIMIT, "%s: the limit is %zu bytes; raise it for a model that you trust",
                          before.message, runtime->options.limit_bytes);
}

static rt_plan *entry(const mote_runtime *runtime)
{
    return runtime->plans[runtime->entry];
}

static mote_status enter(mote_runtime *runtime, int32_t graph, mote_error *err)
{
    if (!runtime->plans[graph]) {
        const mote_status status = rt_plan_new(&runtime->plans[graph], runtime, graph, err);
        if (status != MOTE_OK)
            return status;
    }
    runtime->entry = graph;
    return MOTE_OK;
}

/* Whether a node quantizes floats on the way to weights that are codes. Any of its weights may be left out. */
static bool is_hybrid_node(const mote_graph *graph, const mote_node *node)
{
    if (node->n_inputs < 1 || node->inputs[0] < 0 || graph->tensors[node->inputs[0]]->dtype != MOTE_FLOAT32)
        return false;
    const mote_op_def *def = mote_op_find((int32_t)node->op);
    const uint64_t weights = def ? def->weights : 0;
    const uint64_t looked_at = weights ? weights : UINT64_C(1) << 1; /* a second operand may be codes as well */
    for (int32_t i = 0; i < node->n_inputs && i < 64; i++) {
        if (!(looked_at >> i & 1) || node->inputs[i] < 0)
            continue;
        const mote_tensor *tensor = graph->tensors[node->inputs[i]];
        const bool codes = tensor->dtype == MOTE_INT8 || (weights && tensor->dtype != MOTE_FLOAT32);
        if (codes && tensor->quant.n > 0)
            return true;
    }
    return false;
}

/* Floats that meet int8 weights are quantized on the way: a last bit that differs there moves a whole code. */
static bool is_hybrid(const mote_model *model)
{
    for (int32_t g = 0; g < model->n_graphs; g++)
        for (int32_t i = 0; i < model->graphs[g]->n_nodes; i++)
            if (is_hybrid_node(model->graphs[g], model->graphs[g]->nodes[i]))
                return true;
    return false;
}

/* In a hybrid network the float kernels are those that round as TFLite's reference kernels do: without fused
 * multiply-add, and with its exp. The answers are then the same to the last code. */
static void select_kernels(mote_runtime *runtime)
{
    const uint32_t features = runtime->options.reference ? 0 : mote_cpu_features();
    const bool hybrid = is_hybrid(runtime->model);
    mote_kernels *kernels = &runtime->own_kernels;
    mote_kernels_select(features, kernels);
    if (hybrid) {
        mote_kernels unfused;
        mote_kernels_select(features & MOTE_CPU_SSE41, &unfused);
        kernels->f32_gemm = unfused.f32_gemm;
        kernels->f32_dw = unfused.f32_dw;
        kernels->f32_logistic.variant = kernels->f32_logistic_strict.variant;
        kernels->f32_logistic.run = kernels->f32_logistic_strict.run;
    }
    if (runtime->as_converter) {
        mote_kernels_select(features & MOTE_CPU_SSE41, kernels);
        mote_kernels_as_converter(kernels);
    }
    runtime->kernels = features || hybrid || runtime->as_converter ? kernels : NULL;
}

/* Options, kernels, threads, and room for plans. What it made goes with stop(), also after an error. */
static mote_status start(mote_runtime *runtime, const mote_model *model, const mote_runtime_options *options,
                         bool as_converter, mote_error *err)
{
    *runtime = (mote_runtime){.model = model, .as_converter = as_converter};
    runtime->options = options ? *options : mote_runtime_options_default();
    runtime->allocator = runtime->options.allocator;
    if (!runtime->options.limit_bytes)
        runtime->options.limit_bytes = model->run_limit_bytes;
    if (!runtime->options.limit_loops_ms)
        runtime->options.limit_loops_ms = model->run_limit_loops_ms;
    if (runtime->options.limit_bytes) {
        rt_budget_init(&runtime->budget, runtime->options.allocator, runtime->options.limit_bytes);
        runtime->allocator = &runtime->budget.allocator;
    }
    select_kernels(runtime);
    if (runtime->options.pool) {
        runtime->pool = runtime->options.pool;
    } else if (runtime->options.n_threads != 1) {
        runtime->own_pool = runtime->pool = mote_pool_new(runtime->allocator, runtime->options.n_threads);
        if (!runtime->pool)
            return mote_error_set(err, MOTE_NO_MEMORY, "no memory or no threads to be had");
    }
    runtime->plans = mote_calloc(runtime->allocator, (size_t)model->n_graphs, sizeof *runtime->plans);
    return runtime->plans ? MOTE_OK : mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a runtime");
}

static void stop(mote_runtime *runtime)
{
    for (int32_t i = 0; runtime->plans && i < runtime->model->n_graphs; i++)
        rt_plan_free(runtime->plans[i]);
    mote_free(runtime->allocator, runtime->plans);
    rt_variables_free(runtime);
    mote_pool_free(runtime->own_pool);
}

/* Types are refused here as well. A shape that does not fit yet may be one that the caller still sets. */
static mote_status plan_graph(mote_runtime *runtime, int32_t graph, mote_error *err)
{
    mote_error why = {0};
    mote_status status = enter(runtime, graph, &why);
    if (status == MOTE_OK)
        status = rt_plan_make(entry(runtime), &why);
    if (status == MOTE_OK || status == MOTE_SHAPE || status == MOTE_ARGUMENT)
        return MOTE_OK;
    return mote_error_set(err, status, "%s", why.message);
}

mote_status mote_runtime_new(mote_runtime **out, const mote_model *model, const mote_runtime_options *options,
                             mote_error *err)
{
    return rt_new(out, model, options, false, err);
}

static mote_status check_model(const mote_model *model, mote_refusal_fn *refused, void *arg, mote_error *err)
{
    if (model->n_graphs < 1)
        return mote_error_set(err, MOTE_FORMAT, "the model has no graph");
    const mote_status status = mote_model_verify(model, err);
    return status == MOTE_OK ? check_operators(model, refused, arg, err) : status;
}

mote_status rt_new(mote_runtime **out, const mote_model *model, const mote_runtime_options *options, bool as_converter,
                   mote_error *err)
{
    const mote_allocator *allocator = options ? options->allocator : NULL;
    *out = NULL;
    mote_status status = check_model(model, NULL, NULL, err);
    if (status != MOTE_OK)
        return status;
    mote_runtime *runtime = mote_calloc(allocator, 1, sizeof *runtime);
    if (!runtime)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a runtime");
    status = start(runtime, model, options, as_converter, err);
    if (status == MOTE_OK)
        status = plan_graph(runtime, 0, err);
    status = tell_limit(runtime, status, err);
    if (status != MOTE_OK) {
        mote_runtime_free(runtime);
        return status;
    }
    *out = runtime;
    return MOTE_OK;
}

void mote_runtime_free(mote_runtime *runtime)
{
    if (!runtime)
        return;
    stop(runtime);
    mote_free(runtime->options.allocator, runtime);
}

/* Every graph is planned by itself, also those that are only called: what their shapes will be is not known, types are.
 */
static mote_status plan_each(mote_runtime *runtime, mote_error *err)
{
    mote_status result = MOTE_OK;
    for (int32_t g = 0; g < runtime->model->n_graphs; g++) {
        mote_error why = {0};
        const mote_status status = plan_graph(runtime, g, &why);
        rt_plan_free(runtime->plans[g]);
        runtime->plans[g] = NULL;
        if (status != MOTE_OK && result == MOTE_OK)
            result = mote_error_set(err, status, "%s", why.message);
    }
    return result;
}

mote_status mote_runtime_check(const mote_model *model, const mote_runtime_options *options, mote_refusal_fn *refused,
                               void *arg, mote_error *err)
{
    mote_status status = check_model(model, refused, arg, err);
    if (status != MOTE_OK)
        return status;
    mote_runtime runtime;
    status = start(&runtime, model, options, false, err);
    runtime.refused = refused;
    runtime.refused_arg = arg;
    if (status == MOTE_OK)
        status = plan_each(&runtime, err);
    status = tell_limit(&runtime, status, err);
    stop(&runtime);
    return status;
}

/* --- entering and sizes --- */

mote_status mote_runtime_select_signature(mote_runtime *runtime, const char *key, mote_error *err)
{
    const mote_model *model = runtime->model;
    if (!key) {
        runtime->signature = NULL;
        return enter(runtime, 0, err);
    }
    for (int32_t i = 0; i < model->n_signatures; i++)
        if (strcmp(model->signatures[i].key, key) == 0) {
            runtime->signature = &model->signatures[i];
            return enter(runtime, model->signatures[i].graph, err);
        }
    return mote_error_set(err, MOTE_NOT_FOUND, "the model has no signature '%s'; `mote inspect` shows those it has",
                          key);
}

int32_t mote_runtime_n_inputs(const mote_runtime *runtime)
{
    return runtime->signature ? runtime->signature->n_inputs : entry(runtime)->graph->n_inputs;
}

int32_t mote_runtime_n_outputs(const mote_runtime *runtime)
{
    return runtime->signature ? runtime->signature->n_outputs : entry(runtime)->graph->n_outputs;
}

/* The tensor behind an input's number, or -1. */
static int32_t input_tensor(const mote_runtime *runtime, int32_t input)
{
    if (input < 0 || input >= mote_runtime_n_inputs(runtime))
        return -1;
    return runtime->signature ? runtime->signature->inputs[input].tensor : entry(runtime)->graph->inputs[input];
}

/* The place among the graph's inputs, or -1. */
static int32_t input_place(const mote_runtime *runtime, int32_t input)
{
    const mote_graph *graph = entry(runtime)->graph;
    const int32_t tensor = input_tensor(runtime, input);
    for (int32_t i = 0; tensor >= 0 && i < graph->n_inputs; i++)
        if (graph->inputs[i] == tensor)
            return i;
    return -1;
}

static mote_status no_such_input(const mote_runtime *runtime, int32_t input, mote_error *err)
{
    return mote_error_set(err, MOTE_ARGUMENT, "there is no input %d; the network has %d", input,
                          mote_runtime_n_inputs(runtime));
}

mote_status mote_runtime_resize_input(mote_runtime *runtime, int32_t input, const mote_shape *shape, mote_error *err)
{
    rt_plan *plan = entry(runtime);
    const int32_t place = input_place(runtime, input);
    if (place < 0)
        return no_such_input(runtime, input, err);
    if (!mote_shape_is_known(shape) || shape->rank > MOTE_MAX_RANK) {
        char text[MOTE_SHAPE_TEXT_BYTES];
        return mote_error_set(err, MOTE_ARGUMENT, "input %d cannot have shape %s", input,
                              mote_shape_format(shape, text));
    }
    if (mote_shape_equal(&plan->input_shapes[place], shape))
        return MOTE_OK;
    plan->input_shapes[place] = *shape;
    rt_plan_clear(plan);
    return MOTE_OK;
}

mote_status mote_runtime_plan(mote_runtime *runtime, mote_error *err)
{
    return tell_limit(runtime, rt_plan_make(entry(runtime), err), err);
}

size_t mote_runtime_arena_bytes(const mote_runtime *runtime)
{
    size_t total = 0;
    for (int32_t i = 0; i < runtime->model->n_graphs; i++)
        if (runtime->plans[i])
            total += runtime->plans[i]->arena_bytes;
    return total;
}

size_t mote_runtime_weights_bytes(const mote_runtime *runtime)
{
    size_t total = 0;
    for (int32_t g = 0; g < runtime->model->n_graphs; g++) {
        const rt_plan *plan = runtime->plans[g];
        for (int32_t i = 0; i < runtime->model->graphs[g]->n_tensors; i++)
            if (runtime->model->graphs[g]->tensors[i]->storage == MOTE_STORAGE_CONST)
                total += runtime->model->graphs[g]->tensors[i]->n_bytes;
        if (plan && plan->planned)
            total += plan->folded_bytes + plan->packed_bytes;
    }
    return total;
}

mote_status mote_runtime_allocate(mote_runtime *runtime, mote_error *err)
{
    return tell_limit(runtime, rt_plan_allocate(entry(runtime), err), err);
}

/* --- values --- */

mote_tensor *mote_runtime_input(mote_runtime *runtime, int32_t input)
{
    const int32_t tensor = input_tensor(runtime, input);
    return tensor < 0 ? NULL : &entry(runtime)->tensors[tensor];
}

const mote_tensor *mote_runtime_output(const mote_runtime *runtime, int32_t output)
{
    if (output < 0 || output >= mote_runtime_n_outputs(runtime))
        return NULL;
    const int32_t tensor =
        runtime->signature ? runtime->signature->outputs[output].tensor : entry(runtime)->graph->outputs[output];
    return &entry(runtime)->tensors[tensor];
}

mote_status mote_runtime_set_input(mote_runtime *runtime, int32_t input, const mote_shape *shape, const void *data,
                                   size_t n_bytes, mote_error *err)
{
    rt_plan *plan = entry(runtime);
    mote_status status = mote_runtime_resize_input(runtime, input, shape, err);
    if (status == MOTE_OK)
        status = rt_plan_allocate(plan, err);
    if (status != MOTE_OK)
        return tell_limit(runtime, status, err);
    const int32_t index = input_tensor(runtime, input);
    mote_tensor *tensor = &plan->tensors[index];
    if (plan->slots[index].place == RT_HEAP) {
        status = rt_heap_reserve(plan, index, n_bytes, err);
        if (status != MOTE_OK)
            return tell_limit(runtime, status, err);
        tensor->data = plan->slots[index].heap;
        tensor->n_bytes = n_bytes;
    }
    if (n_bytes != tensor->n_bytes)
        return mote_error_set(err, MOTE_ARGUMENT, "input %d takes %zu bytes, not %zu", input, tensor->n_bytes, n_bytes);
    if (n_bytes)
        memcpy(tensor->data, data, n_bytes);
    return MOTE_OK;
}

mote_status mote_runtime_invoke(mote_runtime *runtime, mote_error *err)
{
    const int64_t limit_ns = (int64_t)runtime->options.limit_loops_ms * 1000000;
    runtime->loops_end_ns = limit_ns > 0 ? mote_clock_ns() + limit_ns : 0;
    return tell_limit(runtime, rt_plan_invoke(entry(runtime), err), err);
}

mote_status mote_runtime_reset(mote_runtime *runtime, mote_error *err)
{
    (void)err;
    const bool resources = runtime->n_variables > 0;
    if (resources)
        rt_variables_free(runtime);
    for (int32_t i = 0; i < runtime->model->n_graphs; i++) {
        if (!runtime->plans[i])
            continue;
        /* operators remember that they have filled a resource: they have to forget it */
        if (resources)
            rt_plan_clear(runtime->plans[i]);
        else
            rt_plan_clear_variables(runtime->plans[i]);
    }
    return resources ? tell_limit(runtime, rt_plan_allocate(entry(runtime), err), err) : MOTE_OK;
}

static bool is_alive(const rt_plan *plan, int32_t tensor)
{
    const rt_slot *slot = &plan->slots[tensor];
    if (slot->place != RT_ARENA || plan->runtime->options.keep_all)
        return slot->place != RT_NOWHERE;
    return slot->last >= plan->graph->n_nodes;
}

const mote_tensor *mote_runtime_tensor(const mote_runtime *runtime, int32_t tensor)
{
    const rt_plan *plan = entry(runtime);
    if (tensor < 0 || tensor >= plan->graph->n_tensors || !is_alive(plan, tensor))
        return NULL;
    return &plan->tensors[tensor];
}

const int64_t *mote_runtime_profile_ns(const mote_runtime *runtime)
{
    return runtime->plans[0] ? runtime->plans[0]->profile_ns : NULL;
}

void mote_runtime_profile_reset(mote_runtime *runtime)
{
    rt_plan *plan = runtime->plans[0];
    if (plan && plan->profile_ns && plan->graph->n_nodes)
        memset(plan->profile_ns, 0, (size_t)plan->graph->n_nodes * sizeof *plan->profile_ns);
}
