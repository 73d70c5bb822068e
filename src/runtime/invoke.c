/* Running a plan: node after node; what could not be planned is planned when its turn comes. */
#include <mote/clock.h>
#include <string.h>

#include "runtime/interpreter.h"

mote_status rt_heap_reserve(rt_plan *plan, int32_t tensor, size_t n_bytes, mote_error *err)
{
    rt_slot *slot = &plan->slots[tensor];
    if (slot->heap && n_bytes <= slot->heap_bytes)
        return MOTE_OK;
    const mote_allocator *allocator = plan->runtime->allocator;
    const size_t limit = plan->runtime->options.limit_bytes;
    if (limit && n_bytes > limit)
        return mote_error_set(err, MOTE_LIMIT,
                              "a tensor of %zu bytes, more than the limit of %zu; raise it for a model that you trust",
                              n_bytes, limit);
    mote_free(allocator, slot->heap);
    slot->heap_bytes = 0;
    slot->heap = mote_calloc(allocator, n_bytes, 1);
    if (!slot->heap)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory: a tensor needs %zu bytes", n_bytes);
    slot->heap_bytes = n_bytes;
    return MOTE_OK;
}

/* --- nodes whose shapes depend on values --- */

static void outputs_as_stated(rt_plan *plan, rt_node *node)
{
    for (int32_t i = 0; i < node->io.n_outputs; i++) {
        mote_tensor *out = node->io.outputs[i];
        const mote_tensor *stated = plan->graph->tensors[rt_tensor_index(plan, out)];
        out->shape = stated->shape;
        out->dtype = stated->dtype;
        out->data = NULL;
        out->n_bytes = 0;
    }
}

/* Compares with the shapes of the last preparation, and remembers the present ones. */
static bool shapes_changed(rt_node *node)
{
    bool changed = !node->memory;
    mote_shape *kept = node->shapes;
    for (int32_t i = 0; i < node->io.n_inputs + node->io.n_outputs; i++, kept++) {
        const mote_tensor *tensor =
            i < node->io.n_inputs ? node->io.inputs[i] : node->io.outputs[i - node->io.n_inputs];
        const mote_shape now = tensor ? tensor->shape : (mote_shape){0};
        changed |= !mote_shape_equal(kept, &now);
        *kept = now;
    }
    return changed;
}

/* An operator may pack what it is shown while it is prepared: it is shown constants only. */
static mote_status prepare_again(rt_plan *plan, rt_node *node, mote_error *err)
{
    enum { MAX_HIDDEN = 64 };
    void *hidden[MAX_HIDDEN];
    const mote_op_io *io = &node->io;
    if (io->n_inputs > MAX_HIDDEN)
        return mote_error_set(err, MOTE_LIMIT, "more than %d inputs where shapes depend on values", MAX_HIDDEN);
    mote_arena_free(node->memory);
    node->memory = mote_arena_new(plan->runtime->allocator, 0);
    if (!node->memory)
        return mote_error_no_memory(err);
    node->state = NULL;
    node->scratch_bytes = 0;
    for (int32_t i = 0; i < io->n_inputs; i++) {
        hidden[i] = io->inputs[i] ? io->inputs[i]->data : NULL;
        if (io->inputs[i] && plan->slots[rt_tensor_index(plan, io->inputs[i])].place != RT_KNOWN)
            io->inputs[i]->data = NULL;
    }
    mote_run run = {.plan = plan, .node = node, .memory = node->memory};
    const mote_status status = node->run->prepare ? node->run->prepare(&run, io, &node->state, err) : MOTE_OK;
    for (int32_t i = 0; i < io->n_inputs; i++)
        if (io->inputs[i] && hidden[i])
            io->inputs[i]->data = hidden[i];
    if (status != MOTE_OK) {
        mote_arena_free(node->memory);
        node->memory = NULL;
    }
    return status;
}

static mote_status reserve_scratch(rt_plan *plan, size_t n_bytes, mote_error *err)
{
    if (n_bytes <= plan->heap_scratch_bytes)
        return MOTE_OK;
    const mote_allocator *allocator = plan->runtime->allocator;
    mote_free(allocator, plan->heap_scratch);
    plan->heap_scratch_bytes = 0;
    plan->heap_scratch = mote_alloc(allocator, n_bytes);
    if (!plan->heap_scratch)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory: scratch of %zu bytes", n_bytes);
    plan->heap_scratch_bytes = n_bytes;
    return MOTE_OK;
}

static mote_status give_outputs(rt_plan *plan, rt_node *node, mote_error *err)
{
    for (int32_t i = 0; i < node->io.n_outputs; i++) {
        mote_tensor *out = node->io.outputs[i];
        const int32_t index = rt_tensor_index(plan, out);
        if (!rt_all_known(&out, 1))
            continue;
        if (!mote_tensor_needed_bytes(out, &out->n_bytes))
            return mote_error_set(err, MOTE_LIMIT, "output %d is too large", i);
        const mote_status status = rt_heap_reserve(plan, index, out->n_bytes, err);
        if (status != MOTE_OK)
            return status;
        out->data = plan->slots[index].heap;
    }
    return MOTE_OK;
}

static mote_status check_inputs(const rt_node *node, mote_error *err)
{
    for (int32_t i = 0; i < node->io.n_inputs; i++) {
        const mote_tensor *in = node->io.inputs[i];
        if (in && !mote_shape_is_known(&in->shape))
            return mote_error_set(err, MOTE_SHAPE, "input %d '%s' has no value yet", i, in->name);
    }
    return MOTE_OK;
}

/* Every output is empty: loops over what surrounds a dimension of 0 may be long, and make nothing. */
bool rt_makes_nothing(const rt_node *node)
{
    if (node->def->flags & (MOTE_OP_STATEFUL | MOTE_OP_CONTROL))
        return false;
    for (int32_t i = 0; i < node->io.n_outputs; i++)
        if (mote_dtype_bits(node->io.outputs[i]->dtype) == 0 || mote_shape_count(&node->io.outputs[i]->shape) != 0)
            return false;
    return node->io.n_outputs > 0;
}

/* All values are there: a shape that is not known now is one that no value of the right type gives. */
static mote_status check_outputs(const rt_node *node, mote_error *err)
{
    if (node->def->flags & (MOTE_OP_SIZES | MOTE_OP_CONTROL | MOTE_OP_STATEFUL))
        return MOTE_OK;
    for (int32_t i = 0; i < node->io.n_outputs; i++)
        if (!mote_shape_is_known(&node->io.outputs[i]->shape))
            return mote_error_set(err, MOTE_UNSUPPORTED,
                                  "output %d has no shape: what should give it is of another type or size", i);
    return MOTE_OK;
}

static mote_status eval_dynamic(rt_plan *plan, rt_node *node, mote_error *err)
{
    mote_status status = check_inputs(node, err);
    if (status != MOTE_OK)
        return status;
    outputs_as_stated(plan, node);
    status = node->def->infer(&node->io, err);
    if (status == MOTE_OK)
        status = check_outputs(node, err);
    if (status == MOTE_OK && shapes_changed(node))
        status = prepare_again(plan, node, err);
    if (status == MOTE_OK)
        status = reserve_scratch(plan, node->scratch_bytes, err);
    if (status == MOTE_OK)
        status = give_outputs(plan, node, err);
    if (status != MOTE_OK || rt_makes_nothing(node))
        return status;
    mote_run run = {.plan = plan, .node = node, .scratch = plan->heap_scratch};
    return node->run->eval(&run, &node->io, node->state, err);
}

/* --- all nodes --- */

static mote_status eval_static(rt_plan *plan, rt_node *node, mote_error *err)
{
    if (rt_is_fused(node)) {
        rt_eval_fused(plan, node);
        return MOTE_OK;
    }
    if (rt_makes_nothing(node))
        return MOTE_OK;
    mote_run run = {.plan = plan, .node = node};
    if (node->scratch_bytes)
        run.scratch = (char *)plan->arena + node->scratch_offset;
    return node->run->eval(&run, &node->io, node->state, err);
}

void rt_observe(mote_runtime *runtime, rt_observe_fn *observe, void *arg)
{
    runtime->observe = observe;
    runtime->observe_arg = arg;
}

static void show_outputs(const rt_plan *plan, const rt_node *node)
{
    const mote_runtime *runtime = plan->runtime;
    for (int32_t i = 0; plan->index == runtime->entry && i < node->io.n_outputs; i++)
        runtime->observe(runtime->observe_arg, rt_tensor_index(plan, node->io.outputs[i]), node->io.outputs[i]);
}

static mote_status run_nodes(rt_plan *plan, mote_error *err)
{
    for (int32_t k = 0; k < plan->graph->n_nodes; k++) {
        rt_node *node = &plan->nodes[k];
        const bool is_there = node->mode == RT_SHARED || node->mode == RT_FOLDED;
        if (is_there && plan->runtime->observe)
            show_outputs(plan, node);
        if (node->mode != RT_RUN && node->mode != RT_DYNAMIC)
            continue;
        const int64_t start = plan->profile_ns ? mote_clock_ns() : 0;
        const mote_status status = node->mode == RT_RUN ? eval_static(plan, node, err) : eval_dynamic(plan, node, err);
        if (status != MOTE_OK)
            return rt_prefix_node(plan, node, status, err);
        if (plan->profile_ns)
            plan->profile_ns[k] += mote_clock_ns() - start;
        if (plan->runtime->observe)
            show_outputs(plan, node);
    }
    return MOTE_OK;
}

static mote_status check_sources(const rt_plan *plan, mote_error *err)
{
    for (int32_t i = 0; i < plan->graph->n_inputs; i++) {
        const mote_tensor *in = &plan->tensors[plan->graph->inputs[i]];
        if (plan->slots[plan->graph->inputs[i]].place == RT_HEAP && !in->data)
            return mote_error_set(err, MOTE_ARGUMENT, "input %d '%s' has no value; mote_runtime_set_input gives one", i,
                                  in->name);
    }
    return MOTE_OK;
}

mote_status rt_plan_invoke(rt_plan *plan, mote_error *err)
{
    mote_status status = rt_plan_allocate(plan, err);
    if (status == MOTE_OK)
        status = check_sources(plan, err);
    if (status != MOTE_OK)
        return status;
    if (plan->running)
        return mote_error_set(err, MOTE_UNSUPPORTED, "graph %d '%s' calls itself", plan->index, plan->graph->name);
    plan->running = true;
    status = run_nodes(plan, err);
    plan->running = false;
    return status;
}
