/* Planning: shapes, what can be evaluated at once, prepared operators. */
#include "runtime/interpreter.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LISTED = 6 }; /* refusals named in one message */

bool rt_all_known(mote_tensor *const *tensors, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        if (tensors[i] && (!mote_shape_is_known(&tensors[i]->shape) || mote_dtype_bits(tensors[i]->dtype) == 0))
            return false;
    return true;
}

mote_status rt_prefix_node(const rt_plan *plan, const rt_node *node, mote_status status, mote_error *err)
{
    const mote_node *at = node->io.node;
    const char *name = mote_op_name(at->op);
    const mote_tensor *typed = node->io.n_inputs > 0 && node->io.inputs[0] ? node->io.inputs[0]
                               : node->io.n_outputs > 0                    ? node->io.outputs[0]
                                                                           : NULL;
    char graph[32] = "";
    if (plan->index > 0)
        snprintf(graph, sizeof graph, "graph %d, ", plan->index);
    return mote_error_prefix(err, status, "%soperator %d (%s version %d, %s)", graph, (int)(node - plan->nodes),
                             name ? name : "unknown", at->version, typed ? mote_dtype_name(typed->dtype) : "no input");
}

/* --- tables, made once per graph --- */

static void look_up(rt_plan *plan, const int32_t *indices, int32_t n, mote_tensor **tensors)
{
    for (int32_t i = 0; i < n; i++)
        tensors[i] = indices[i] >= 0 ? &plan->tensors[indices[i]] : NULL;
}

/* One block of pointers for all nodes' inputs and outputs, and of shapes for those that plan while running. */
static mote_status make_nodes(rt_plan *plan)
{
    const mote_graph *graph = plan->graph;
    size_t n_args = 0;
    for (int32_t k = 0; k < graph->n_nodes; k++)
        n_args += (size_t)graph->nodes[k]->n_inputs + (size_t)graph->nodes[k]->n_outputs;
    mote_arena *tables = plan->memory;
    mote_tensor **args = mote_arena_calloc(tables, n_args, sizeof *args);
    mote_shape *shapes = mote_arena_calloc(tables, n_args, sizeof *shapes);
    if (!args || !shapes)
        return MOTE_NO_MEMORY;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        look_up(plan, node->inputs, node->n_inputs, args);
        look_up(plan, node->outputs, node->n_outputs, args + node->n_inputs);
        plan->nodes[k] = (rt_node){
            .def = mote_op_find(node->op),
            .run = mote_op_find_run(node->op),
            .io = {node, args, args + node->n_inputs, node->n_inputs, node->n_outputs},
            .shapes = shapes,
        };
        args += node->n_inputs + node->n_outputs;
        shapes += node->n_inputs + node->n_outputs;
    }
    return MOTE_OK;
}

static void reset_tensors(rt_plan *plan)
{
    const mote_graph *graph = plan->graph;
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        plan->tensors[i] = *graph->tensors[i];
        plan->slots[i] = (rt_slot){.root = i};
        if (plan->tensors[i].storage == MOTE_STORAGE_CONST)
            plan->slots[i].place = RT_KNOWN;
        else
            plan->tensors[i].data = NULL;
    }
    for (int32_t i = 0; i < graph->n_inputs; i++)
        plan->tensors[graph->inputs[i]].shape = plan->input_shapes[i];
}

mote_status rt_plan_new(rt_plan **out, mote_runtime *runtime, int32_t index, mote_error *err)
{
    const mote_allocator *allocator = runtime->allocator;
    const mote_graph *graph = runtime->model->graphs[index];
    rt_plan *plan = mote_calloc(allocator, 1, sizeof *plan);
    *out = NULL;
    if (!plan)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a plan");
    plan->runtime = runtime;
    plan->graph = graph;
    plan->index = index;
    const size_t n_tensors = (size_t)graph->n_tensors, n_nodes = (size_t)graph->n_nodes;
    plan->tensors = mote_calloc(allocator, n_tensors, sizeof *plan->tensors);
    plan->slots = mote_calloc(allocator, n_tensors, sizeof *plan->slots);
    plan->producers = mote_calloc(allocator, n_tensors, sizeof *plan->producers);
    plan->uses = mote_calloc(allocator, n_tensors, sizeof *plan->uses);
    plan->nodes = mote_calloc(allocator, n_nodes, sizeof *plan->nodes);
    plan->input_shapes = mote_calloc(allocator, (size_t)graph->n_inputs, sizeof *plan->input_shapes);
    if (runtime->options.profile)
        plan->profile_ns = mote_calloc(allocator, n_nodes, sizeof *plan->profile_ns);
    if (!plan->tensors || !plan->slots || !plan->producers || !plan->uses || !plan->nodes || !plan->input_shapes ||
        (runtime->options.profile && !plan->profile_ns)) {
        rt_plan_free(plan);
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a plan");
    }
    for (int32_t i = 0; i < graph->n_inputs; i++)
        plan->input_shapes[i] = graph->tensors[graph->inputs[i]]->shape;
    memset(plan->producers, 0xff, n_tensors * sizeof *plan->producers);
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        for (int32_t j = 0; j < graph->nodes[k]->n_outputs; j++)
            plan->producers[graph->nodes[k]->outputs[j]] = k;
        for (int32_t j = 0; j < graph->nodes[k]->n_inputs; j++)
            if (graph->nodes[k]->inputs[j] >= 0)
                plan->uses[graph->nodes[k]->inputs[j]]++;
    }
    for (int32_t i = 0; i < graph->n_outputs; i++)
        plan->uses[graph->outputs[i]]++;
    reset_tensors(plan);
    *out = plan;
    return MOTE_OK;
}

static void drop_heap(rt_plan *plan, int32_t tensor)
{
    mote_free(plan->runtime->allocator, plan->slots[tensor].heap);
    plan->slots[tensor].heap = NULL;
    plan->slots[tensor].heap_bytes = 0;
}

void rt_plan_clear(rt_plan *plan)
{
    const mote_allocator *allocator = plan->runtime->allocator;
    for (int32_t i = 0; plan->slots && i < plan->graph->n_tensors; i++)
        drop_heap(plan, i);
    for (int32_t k = 0; plan->nodes && k < plan->graph->n_nodes; k++) {
        mote_arena_free(plan->nodes[k].memory);
        plan->nodes[k] = (rt_node){0};
    }
    mote_free(allocator, plan->arena);
    mote_free(allocator, plan->heap_scratch);
    mote_arena_free(plan->memory);
    plan->arena = plan->heap_scratch = NULL;
    plan->memory = NULL;
    plan->arena_bytes = plan->heap_scratch_bytes = plan->folded_bytes = plan->packed_bytes = 0;
    plan->planned = plan->allocated = false;
    if (plan->tensors && plan->slots && plan->input_shapes)
        reset_tensors(plan);
}

void rt_plan_free(rt_plan *plan)
{
    if (!plan)
        return;
    const mote_allocator *allocator = plan->runtime->allocator;
    rt_plan_clear(plan);
    mote_free(allocator, plan->tensors);
    mote_free(allocator, plan->slots);
    mote_free(allocator, plan->producers);
    mote_free(allocator, plan->uses);
    mote_free(allocator, plan->nodes);
    mote_free(allocator, plan->input_shapes);
    mote_free(allocator, plan->profile_ns);
    mote_free(allocator, plan);
}

size_t rt_plan_bytes(const rt_plan *plan)
{
    size_t total =
        plan->arena_bytes + plan->heap_scratch_bytes + (plan->memory ? mote_arena_used_bytes(plan->memory) : 0);
    for (int32_t i = 0; i < plan->graph->n_tensors; i++)
        total += plan->slots[i].heap_bytes;
    return total;
}

/* --- evaluating while planning --- */

static bool is_known(const rt_plan *plan, const mote_tensor *tensor)
{
    return !tensor || plan->slots[rt_tensor_index(plan, tensor)].place == RT_KNOWN;
}

static bool can_fold(const rt_plan *plan, const rt_node *node)
{
    if ((node->def->flags & (MOTE_OP_STATEFUL | MOTE_OP_CONTROL)) ||
        !rt_all_known(node->io.outputs, node->io.n_outputs))
        return false;
    if (node->def->flags & MOTE_OP_SHAPE_ONLY)
        return rt_all_known(node->io.inputs, node->io.n_inputs);
    for (int32_t i = 0; i < node->io.n_inputs; i++)
        if (!is_known(plan, node->io.inputs[i]))
            return false;
    return true;
}

static mote_status give_folded_outputs(rt_plan *plan, rt_node *node, mote_error *err)
{
    for (int32_t i = 0; i < node->io.n_outputs; i++) {
        mote_tensor *out = node->io.outputs[i];
        const int32_t index = rt_tensor_index(plan, out);
        if (!mote_tensor_needed_bytes(out, &out->n_bytes))
            return mote_error_set(err, MOTE_LIMIT, "output %d is too large", i);
        const mote_status status = rt_heap_reserve(plan, index, out->n_bytes, err);
        if (status != MOTE_OK)
            return status;
        out->data = plan->slots[index].heap;
        out->storage = MOTE_STORAGE_CONST;
        plan->slots[index].place = RT_KNOWN;
    }
    return MOTE_OK;
}

static mote_status fold(rt_plan *plan, rt_node *node, mote_error *err)
{
    const mote_allocator *allocator = plan->runtime->allocator;
    mote_arena *memory = mote_arena_new(allocator, 0);
    if (!memory)
        return mote_error_no_memory(err);
    mote_run run = {.plan = plan, .node = node, .memory = memory};
    mote_status status = node->run->prepare ? node->run->prepare(&run, &node->io, &node->state, err) : MOTE_OK;
    if (status == MOTE_OK)
        status = give_folded_outputs(plan, node, err);
    if (status == MOTE_OK && node->scratch_bytes) {
        run.scratch = mote_alloc(allocator, node->scratch_bytes);
        if (!run.scratch)
            status = mote_error_no_memory(err);
    }
    run.memory = NULL;
    if (status == MOTE_OK && !rt_makes_nothing(node))
        status = node->run->eval(&run, &node->io, node->state, err);
    mote_free(allocator, run.scratch);
    mote_arena_free(memory);
    node->state = NULL;
    node->scratch_bytes = 0;
    node->mode = RT_FOLDED;
    return status;
}

/* Values that only evaluated nodes read are done with. */
static void drop_unused_values(rt_plan *plan)
{
    const mote_graph *graph = plan->graph;
    for (int32_t i = 0; i < graph->n_tensors; i++)
        plan->slots[i].last = 0;
    for (int32_t k = 0; k < graph->n_nodes; k++)
        for (int32_t j = 0; j < graph->nodes[k]->n_inputs && plan->nodes[k].mode != RT_FOLDED; j++)
            if (graph->nodes[k]->inputs[j] >= 0)
                plan->slots[graph->nodes[k]->inputs[j]].last = 1;
    for (int32_t i = 0; i < graph->n_outputs; i++)
        plan->slots[graph->outputs[i]].last = 1;
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        if (plan->slots[i].heap && plan->slots[i].place == RT_KNOWN && plan->slots[i].last == 0) {
            drop_heap(plan, i);
            plan->tensors[i].data = NULL;
        }
        plan->folded_bytes += plan->slots[i].heap_bytes;
    }
}

/* --- the walk --- */

static void set_unknown(mote_tensor *tensor)
{
    tensor->shape = (mote_shape){.rank = MOTE_RANK_UNKNOWN};
}

static mote_status infer(rt_node *node, mote_error *err)
{
    const mote_op_io *io = &node->io;
    bool open = (node->def->flags & MOTE_OP_CONTROL) != 0; /* its graphs say, when they have run */
    for (int32_t i = 0; i < io->n_inputs; i++)
        open |= io->inputs[i] && !mote_shape_is_known(&io->inputs[i]->shape);
    if (!open)
        return node->def->infer(io, err);
    for (int32_t i = 0; i < io->n_outputs; i++)
        set_unknown(io->outputs[i]);
    return MOTE_OK;
}

static void make_dynamic(rt_plan *plan, rt_node *node)
{
    node->mode = RT_DYNAMIC;
    for (int32_t i = 0; i < node->io.n_outputs; i++) {
        mote_tensor *out = node->io.outputs[i];
        plan->slots[rt_tensor_index(plan, out)].place = RT_HEAP;
        out->n_bytes = 0;
    }
}

static mote_status make_static(rt_plan *plan, rt_node *node, mote_error *err)
{
    for (int32_t i = 0; i < node->io.n_outputs; i++) {
        mote_tensor *out = node->io.outputs[i];
        if (!mote_tensor_needed_bytes(out, &out->n_bytes))
            return mote_error_set(err, MOTE_LIMIT, "output %d is too large", i);
        rt_slot *slot = &plan->slots[rt_tensor_index(plan, out)];
        slot->place = out->storage == MOTE_STORAGE_VARIABLE ? RT_VARIABLE : RT_ARENA;
    }
    mote_run run = {.plan = plan, .node = node, .memory = plan->memory};
    return node->run->prepare ? node->run->prepare(&run, &node->io, &node->state, err) : MOTE_OK;
}

static mote_status plan_node(rt_plan *plan, rt_node *node, mote_error *err)
{
    mote_status status = infer(node, err);
    if (status != MOTE_OK)
        return status;
    if (can_fold(plan, node))
        return fold(plan, node, err);
    if (!rt_all_known(node->io.inputs, node->io.n_inputs) || !rt_all_known(node->io.outputs, node->io.n_outputs)) {
        make_dynamic(plan, node);
        return MOTE_OK;
    }
    status = make_static(plan, node, err);
    return status == MOTE_OK ? rt_fuse(plan, node, err) : status;
}

/* Graph inputs and variables: known before the first node. */
static mote_status plan_sources(rt_plan *plan, mote_error *err)
{
    const mote_graph *graph = plan->graph;
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        mote_tensor *tensor = &plan->tensors[i];
        const bool input = mote_graph_is_input(graph, i);
        if (plan->slots[i].place == RT_KNOWN || (tensor->storage != MOTE_STORAGE_VARIABLE && !input))
            continue;
        const bool fixed = mote_dtype_bits(tensor->dtype) > 0;
        if (fixed && !mote_tensor_needed_bytes(tensor, &tensor->n_bytes)) {
            char shape[MOTE_SHAPE_TEXT_BYTES];
            return mote_error_set(err, MOTE_SHAPE, "%s '%s': shape %s; give it with mote_runtime_resize_input",
                                  input ? "input" : "variable", tensor->name, mote_shape_format(&tensor->shape, shape));
        }
        plan->slots[i].place = tensor->storage == MOTE_STORAGE_VARIABLE ? RT_VARIABLE : fixed ? RT_ARENA : RT_HEAP;
    }
    return MOTE_OK;
}

/* Refusals are gathered, so that one message names them; anything else ends the walk. */
static mote_status plan_nodes(rt_plan *plan, mote_error *err)
{
    mote_error all = {0}, one = {0};
    int32_t n_refused = 0;
    for (int32_t k = 0; k < plan->graph->n_nodes; k++) {
        mote_error_clear(&one);
        const mote_status status = plan_node(plan, &plan->nodes[k], &one);
        if (status == MOTE_OK)
            continue;
        if (status == MOTE_UNSUPPORTED && plan->runtime->refused)
            plan->runtime->refused(plan->runtime->refused_arg, plan->index, k, one.message);
        rt_prefix_node(plan, &plan->nodes[k], status, &one);
        if (status != MOTE_UNSUPPORTED) {
            if (n_refused == 0)
                return mote_error_set(err, status, "%s", one.message);
            break;
        }
        n_refused++;
        if (n_refused == 1)
            all = one;
        else if (n_refused <= MAX_LISTED) {
            const mote_error before = all;
            mote_error_set(&all, MOTE_UNSUPPORTED, "%s; %s", before.message, one.message);
        }
        /* what follows can still be looked at when the outputs' shapes are known */
        if (!rt_all_known(plan->nodes[k].io.outputs, plan->nodes[k].io.n_outputs))
            break;
    }
    if (n_refused == 0)
        return MOTE_OK;
    if (n_refused > MAX_LISTED)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s; and %d more", all.message, n_refused - MAX_LISTED);
    return mote_error_set(err, MOTE_UNSUPPORTED, "%s", all.message);
}

static mote_status check_limit(const rt_plan *plan, mote_error *err)
{
    const size_t limit = plan->runtime->options.limit_bytes, needed = rt_plan_bytes(plan);
    if (limit && needed > limit)
        return mote_error_set(
            err, MOTE_LIMIT,
            "the network needs %zu bytes, more than the limit of %zu; raise it for a model that you trust", needed,
            limit);
    return MOTE_OK;
}

mote_status rt_plan_make(rt_plan *plan, mote_error *err)
{
    if (plan->planned)
        return MOTE_OK;
    rt_plan_clear(plan);
    plan->memory = mote_arena_new(plan->runtime->allocator, 0);
    mote_status status = plan->memory ? make_nodes(plan) : MOTE_NO_MEMORY;
    const size_t tables_bytes = plan->memory ? mote_arena_used_bytes(plan->memory) : 0;
    if (status != MOTE_OK)
        mote_error_set(err, status, "out of memory for a plan");
    else
        status = rt_plan_constants(plan, err);
    if (status == MOTE_OK)
        status = plan_sources(plan, err);
    if (status == MOTE_OK)
        status = plan_nodes(plan, err);
    if (status == MOTE_OK) {
        plan->packed_bytes = mote_arena_used_bytes(plan->memory) - tables_bytes;
        if (!plan->runtime->options.keep_all && !plan->runtime->as_converter) /* which wants all ranges */
            drop_unused_values(plan);
        status = rt_plan_memory(plan, err);
    }
    if (status == MOTE_OK)
        status = check_limit(plan, err);
    if (status != MOTE_OK)
        rt_plan_clear(plan);
    plan->planned = status == MOTE_OK;
    return status;
}

/* TFLite's initial value of a variable: the zero point where it is int8, else zero bytes; or what the file holds. */
void rt_plan_clear_variables(rt_plan *plan)
{
    for (int32_t i = 0; plan->allocated && i < plan->graph->n_tensors; i++) {
        if (plan->slots[i].place != RT_VARIABLE)
            continue;
        mote_tensor *tensor = &plan->tensors[i];
        const mote_tensor *source = plan->graph->tensors[i];
        if (!tensor->n_bytes)
            continue;
        if (source->data && source->n_bytes == tensor->n_bytes)
            memcpy(tensor->data, source->data, tensor->n_bytes);
        else
            memset(tensor->data,
                   tensor->dtype == MOTE_INT8 && tensor->quant.n > 0 ? (int)tensor->quant.zero_point[0] : 0,
                   tensor->n_bytes);
    }
}

mote_status rt_plan_allocate(rt_plan *plan, mote_error *err)
{
    const mote_status status = rt_plan_make(plan, err);
    if (status != MOTE_OK || plan->allocated)
        return status;
    plan->arena = mote_calloc(plan->runtime->allocator, plan->arena_bytes, 1);
    if (!plan->arena)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory: the activations need %zu bytes", plan->arena_bytes);
    for (int32_t i = 0; i < plan->graph->n_tensors; i++)
        if (plan->slots[i].place == RT_ARENA || plan->slots[i].place == RT_VARIABLE)
            plan->tensors[i].data = (char *)plan->arena + plan->slots[i].offset;
    plan->allocated = true;
    rt_plan_clear_variables(plan);
    return MOTE_OK;
}
