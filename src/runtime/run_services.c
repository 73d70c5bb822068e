/* What the runtime does for operators (op/op.h). */
#include <mote/clock.h>
#include <stdint.h>
#include <string.h>

#include "runtime/interpreter.h"

enum { MAX_DEPTH = 32, MAX_CALL_ARGS = 1024 };

void *mote_run_persistent(mote_run *run, size_t n_bytes)
{
    if (!run->memory)
        return NULL;
    /* the arena aligns blocks of a line and more to a line */
    return mote_arena_alloc(run->memory, n_bytes < MOTE_ALIGNMENT ? MOTE_ALIGNMENT : n_bytes);
}

void mote_run_request_scratch(mote_run *run, size_t n_bytes)
{
    if (n_bytes > run->node->scratch_bytes)
        run->node->scratch_bytes = n_bytes;
}

void *mote_run_scratch(mote_run *run)
{
    return run->scratch;
}

const mote_tensor *mote_run_intermediate(const mote_run *run, int32_t index)
{
    const mote_node *node = run->node->io.node;
    if (index < 0 || index >= node->n_intermediates || node->intermediates[index] < 0)
        return NULL;
    return run->plan->graph->tensors[node->intermediates[index]];
}

static mote_status give_bytes(mote_run *run, mote_tensor *out, size_t n_bytes, mote_error *err)
{
    rt_plan *plan = run->plan;
    const int32_t index = rt_tensor_index(plan, out);
    const mote_status status = rt_heap_reserve(plan, index, n_bytes, err);
    if (status != MOTE_OK)
        return status;
    out->data = plan->slots[index].heap;
    out->n_bytes = n_bytes;
    return MOTE_OK;
}

mote_status mote_run_resize_output(mote_run *run, const mote_op_io *io, int32_t output, const mote_shape *shape,
                                   mote_error *err)
{
    mote_tensor *out = io->outputs[output];
    if (run->node->mode != RT_DYNAMIC) {
        if (mote_shape_equal(&out->shape, shape))
            return MOTE_OK;
        return mote_error_set(err, MOTE_SHAPE, "output %d has another shape than was planned", output);
    }
    if (!mote_shape_is_known(shape))
        return mote_error_set(err, MOTE_SHAPE, "output %d has no shape", output);
    out->shape = *shape;
    if (mote_dtype_bits(out->dtype) == 0)
        return MOTE_OK; /* mote_run_set_output_bytes follows */
    size_t n_bytes;
    if (!mote_tensor_needed_bytes(out, &n_bytes))
        return mote_error_set(err, MOTE_LIMIT, "output %d is too large", output);
    return give_bytes(run, out, n_bytes, err);
}

mote_status mote_run_set_output_bytes(mote_run *run, const mote_op_io *io, int32_t output, size_t n_bytes,
                                      mote_error *err)
{
    mote_tensor *out = io->outputs[output];
    if (run->node->mode == RT_DYNAMIC)
        return give_bytes(run, out, n_bytes, err);
    if (n_bytes == out->n_bytes)
        return MOTE_OK;
    return mote_error_set(err, MOTE_SHAPE, "output %d has another size than was planned", output);
}

void mote_run_parallel(mote_run *run, int64_t n, int64_t grain, mote_range_fn *fn, void *arg)
{
    mote_pool_for(run->plan->runtime->pool, n, grain, fn, arg);
}

int32_t mote_run_n_threads(const mote_run *run)
{
    return mote_pool_n_threads(run->plan->runtime->pool);
}

const struct mote_kernels *mote_run_kernels(const mote_run *run)
{
    return run->plan->runtime->kernels;
}

bool mote_run_in_converters_order(const mote_run *run)
{
    return mote_run_kernels(run) && mote_run_kernels(run)->in_converters_order;
}

const mote_allocator *mote_run_allocator(const mote_run *run)
{
    return run->plan->runtime->allocator;
}

bool mote_run_keeps_all(const mote_run *run)
{
    return run->plan->runtime->options.keep_all;
}

/* --- calling another graph --- */

mote_status mote_run_body_op(const mote_run *run, int32_t graph, int32_t *n_nodes, mote_op *op, mote_error *err)
{
    const mote_model *model = run->plan->runtime->model;
    if (graph < 0 || graph >= model->n_graphs)
        return mote_error_set(err, MOTE_FORMAT, "it applies graph %d of %d", graph, model->n_graphs);
    *n_nodes = model->graphs[graph]->n_nodes;
    *op = *n_nodes == 1 ? model->graphs[graph]->nodes[0]->op : MOTE_OP_CUSTOM;
    return MOTE_OK;
}

static mote_status get_plan(mote_runtime *runtime, int32_t graph, rt_plan **plan, mote_error *err)
{
    if (graph < 0 || graph >= runtime->model->n_graphs)
        return mote_error_set(err, MOTE_FORMAT, "it calls graph %d of %d", graph, runtime->model->n_graphs);
    if (!runtime->plans[graph]) {
        const mote_status status = rt_plan_new(&runtime->plans[graph], runtime, graph, err);
        if (status != MOTE_OK)
            return status;
    }
    *plan = runtime->plans[graph];
    return MOTE_OK;
}

static mote_status check_call(const rt_plan *plan, int32_t n_inputs, mote_tensor *const *inputs, int32_t n_outputs,
                              mote_error *err)
{
    const mote_graph *graph = plan->graph;
    if (plan->running)
        return mote_error_set(err, MOTE_UNSUPPORTED, "graph %d '%s' calls itself", plan->index, graph->name);
    if (n_inputs != graph->n_inputs || n_outputs > graph->n_outputs)
        return mote_error_set(err, MOTE_SHAPE, "graph %d '%s' has %d inputs and %d outputs, not %d and %d", plan->index,
                              graph->name, graph->n_inputs, graph->n_outputs, n_inputs, n_outputs);
    if (n_inputs > MAX_CALL_ARGS)
        return mote_error_set(err, MOTE_LIMIT, "more than %d inputs of a graph", MAX_CALL_ARGS);
    for (int32_t i = 0; i < n_inputs; i++)
        if (!inputs[i] || !inputs[i]->data || inputs[i]->dtype != plan->tensors[graph->inputs[i]].dtype)
            return mote_error_set(err, MOTE_SHAPE, "input %d of graph %d is %s, not %s", i, plan->index,
                                  inputs[i] && inputs[i]->data ? mote_dtype_name(inputs[i]->dtype) : "without a value",
                                  mote_dtype_name(plan->tensors[graph->inputs[i]].dtype));
    return MOTE_OK;
}

/* Copies of all inputs side by side: they may be this very graph's last outputs, which planning or filling moves. */
static char *stage_inputs(const rt_plan *plan, int32_t n, mote_tensor *const *inputs, mote_tensor *staged)
{
    size_t total = 0;
    for (int32_t i = 0; i < n; i++)
        if (__builtin_add_overflow(total, rt_align(inputs[i]->n_bytes), &total))
            return NULL;
    char *block = mote_alloc(plan->runtime->allocator, total);
    size_t at = 0;
    for (int32_t i = 0; block && i < n; i++) {
        staged[i] = *inputs[i];
        staged[i].data = block + at;
        if (inputs[i]->n_bytes)
            memcpy(block + at, inputs[i]->data, inputs[i]->n_bytes);
        at += rt_align(inputs[i]->n_bytes);
    }
    return block;
}

static bool belongs_to(const rt_plan *plan, const mote_tensor *tensor)
{
    const uintptr_t at = (uintptr_t)tensor->data, arena = (uintptr_t)plan->arena;
    if (plan->arena && at >= arena && at < arena + plan->arena_bytes)
        return true;
    for (int32_t i = 0; i < plan->graph->n_tensors; i++)
        if (plan->slots[i].heap && plan->slots[i].heap == tensor->data)
            return true;
    return false;
}

static bool needs_staging(const rt_plan *plan, int32_t n, mote_tensor *const *inputs)
{
    for (int32_t i = 0; i < n; i++)
        if (belongs_to(plan, inputs[i]))
            return true;
    return false;
}

static mote_status fill_inputs(rt_plan *plan, int32_t n, const mote_tensor *inputs, mote_error *err)
{
    const mote_graph *graph = plan->graph;
    bool same = true;
    for (int32_t i = 0; i < n; i++) {
        same &= mote_shape_equal(&plan->input_shapes[i], &inputs[i].shape);
        plan->input_shapes[i] = inputs[i].shape;
    }
    if (!same)
        rt_plan_clear(plan);
    mote_status status = rt_plan_allocate(plan, err);
    for (int32_t i = 0; status == MOTE_OK && i < n; i++) {
        mote_tensor *in = &plan->tensors[graph->inputs[i]];
        const rt_slot *slot = &plan->slots[graph->inputs[i]];
        if (slot->place == RT_HEAP) {
            status = rt_heap_reserve(plan, graph->inputs[i], inputs[i].n_bytes, err);
            in->data = slot->heap;
            in->n_bytes = inputs[i].n_bytes;
        }
        if (status == MOTE_OK && in->n_bytes != inputs[i].n_bytes)
            status = mote_error_set(err, MOTE_SHAPE, "input %d of graph %d has %zu bytes, not %zu", i, plan->index,
                                    inputs[i].n_bytes, in->n_bytes);
        if (status == MOTE_OK && in->n_bytes)
            memcpy(in->data, inputs[i].data, in->n_bytes);
    }
    return status;
}

static mote_status call(rt_plan *plan, int32_t n_inputs, mote_tensor *const *inputs, mote_error *err)
{
    const mote_allocator *allocator = plan->runtime->allocator;
    mote_tensor *staged = mote_calloc(allocator, (size_t)n_inputs, sizeof *staged);
    if (!staged)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory calling graph %d", plan->index);
    char *block = NULL;
    mote_status status = MOTE_OK;
    if (needs_staging(plan, n_inputs, inputs)) {
        block = stage_inputs(plan, n_inputs, inputs, staged);
        if (!block)
            status = mote_error_set(err, MOTE_NO_MEMORY, "out of memory calling graph %d", plan->index);
    } else {
        for (int32_t i = 0; i < n_inputs; i++)
            staged[i] = *inputs[i];
    }
    if (status == MOTE_OK)
        status = fill_inputs(plan, n_inputs, staged, err);
    mote_free(allocator, block);
    mote_free(allocator, staged);
    return status == MOTE_OK ? rt_plan_invoke(plan, err) : status;
}

mote_status mote_run_call(mote_run *run, int32_t graph, int32_t n_inputs, mote_tensor *const *inputs, int32_t n_outputs,
                          mote_tensor **outputs, mote_error *err)
{
    mote_runtime *runtime = run->plan->runtime;
    if (runtime->depth >= MAX_DEPTH)
        return mote_error_set(err, MOTE_LIMIT, "graphs call one another more than %d deep", MAX_DEPTH);
    if (runtime->loops_end_ns && mote_clock_ns() > runtime->loops_end_ns)
        return mote_error_set(
            err, MOTE_LIMIT,
            "graphs are still called after the %d ms allowed to loops; allow more for a model that you trust",
            runtime->options.limit_loops_ms);
    rt_plan *plan = NULL;
    mote_status status = get_plan(runtime, graph, &plan, err);
    if (status == MOTE_OK)
        status = check_call(plan, n_inputs, inputs, n_outputs, err);
    if (status != MOTE_OK)
        return status;
    runtime->depth++;
    status = call(plan, n_inputs, inputs, err);
    runtime->depth--;
    if (status != MOTE_OK)
        return status;
    for (int32_t i = 0; i < n_outputs; i++)
        outputs[i] = &plan->tensors[plan->graph->outputs[i]];
    return MOTE_OK;
}
