/* Lifetimes of activations, which of them share memory, and their places in the arena. */
#include "runtime/interpreter.h"

static void use_at(rt_plan *plan, int32_t tensor, int32_t node)
{
    if (tensor >= 0 && plan->slots[tensor].last < node)
        plan->slots[tensor].last = node;
}

/* first and last of every tensor by itself. Intervals are inclusive: the inputs and outputs of one node meet. */
static void find_lifetimes(rt_plan *plan)
{
    const mote_graph *graph = plan->graph;
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        rt_slot *slot = &plan->slots[i];
        slot->root = i;
        slot->first = plan->producers[i] < 0 ? 0 : plan->producers[i];
        slot->last = slot->first;
    }
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i]->n_inputs; j++)
            if (plan->nodes[i].mode != RT_FOLDED && plan->nodes[i].mode != RT_FUSED)
                use_at(plan, graph->nodes[i]->inputs[j], i);
    /* A fused pair reads its first half's input when its second half runs: other nodes may stand between the two. */
    for (int32_t i = 0; i < graph->n_nodes; i++)
        if (rt_is_fused(&plan->nodes[i]))
            use_at(plan, plan->nodes[i].fused_input, i);
    for (int32_t i = 0; i < graph->n_outputs; i++)
        use_at(plan, graph->outputs[i], graph->n_nodes);
    /* A graph that others call gets its inputs from its own outputs (WHILE): they stay apart. */
    if (plan->runtime->model->n_graphs > 1)
        for (int32_t i = 0; i < graph->n_inputs; i++)
            use_at(plan, graph->inputs[i], graph->n_nodes);
}

/* The input whose memory the output may take. */
static const mote_tensor *shared_input(const rt_plan *plan, const rt_node *node)
{
    return rt_is_fused(node) ? &plan->tensors[node->fused_input] : node->io.inputs[0];
}

/* An output that only moves the view, or that is computed element by element from a dying input of the same size,
 * takes its input's memory. Only these two kinds are asked for. */
static bool can_share(const rt_plan *plan, int32_t k)
{
    const rt_node *node = &plan->nodes[k];
    if (node->mode != RT_RUN || node->io.n_inputs < 1 || node->io.n_outputs != 1 || !node->io.inputs[0])
        return false;
    const mote_tensor *in = shared_input(plan, node), *out = node->io.outputs[0];
    const int32_t i = rt_tensor_index(plan, in), o = rt_tensor_index(plan, out);
    if (plan->slots[i].place != RT_ARENA || plan->slots[o].place != RT_ARENA || in->n_bytes != out->n_bytes ||
        in->n_bytes == 0)
        return false;
    const int32_t root = plan->slots[i].root;
    if (node->def->flags & MOTE_OP_VIEW)
        return true;
    /* the root's interval covers everything that shares it so far */
    return (node->def->flags & MOTE_OP_ELEMENTWISE) && plan->slots[root].last == k &&
           mote_dtype_bits(in->dtype) == mote_dtype_bits(out->dtype);
}

static void share(rt_plan *plan)
{
    for (int32_t k = 0; k < plan->graph->n_nodes; k++) {
        if (!can_share(plan, k))
            continue;
        rt_node *node = &plan->nodes[k];
        const int32_t o = rt_tensor_index(plan, node->io.outputs[0]);
        const int32_t root = plan->slots[rt_tensor_index(plan, shared_input(plan, node))].root;
        plan->slots[o].root = root;
        if (plan->slots[o].last > plan->slots[root].last)
            plan->slots[root].last = plan->slots[o].last;
        if (node->def->flags & MOTE_OP_VIEW)
            node->mode = RT_SHARED;
    }
}

static bool needs_place(const rt_plan *plan, int32_t tensor)
{
    const rt_slot *slot = &plan->slots[tensor];
    return slot->root == tensor && (slot->place == RT_ARENA || slot->place == RT_VARIABLE);
}

static int32_t collect_spans(const rt_plan *plan, rt_span *spans)
{
    const mote_graph *graph = plan->graph;
    int32_t n = 0;
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        if (!needs_place(plan, i))
            continue;
        const bool keep = plan->runtime->options.keep_all || plan->slots[i].place == RT_VARIABLE;
        spans[n++] = (rt_span){.n_bytes = plan->tensors[i].n_bytes,
                               .first = keep ? 0 : plan->slots[i].first,
                               .last = keep ? graph->n_nodes : plan->slots[i].last};
    }
    for (int32_t k = 0; k < graph->n_nodes; k++)
        if (plan->nodes[k].scratch_bytes && plan->nodes[k].mode == RT_RUN)
            spans[n++] = (rt_span){.n_bytes = plan->nodes[k].scratch_bytes, .first = k, .last = k};
    return n;
}

/* In the order of collect_spans. */
static void place_spans(rt_plan *plan, const rt_span *spans)
{
    const mote_graph *graph = plan->graph;
    int32_t n = 0;
    for (int32_t i = 0; i < graph->n_tensors; i++)
        if (needs_place(plan, i))
            plan->slots[i].offset = spans[n++].offset;
    for (int32_t i = 0; i < graph->n_tensors; i++)
        plan->slots[i].offset = plan->slots[plan->slots[i].root].offset;
    for (int32_t k = 0; k < graph->n_nodes; k++)
        if (plan->nodes[k].scratch_bytes && plan->nodes[k].mode == RT_RUN)
            plan->nodes[k].scratch_offset = spans[n++].offset;
}

mote_status rt_plan_memory(rt_plan *plan, mote_error *err)
{
    const mote_allocator *allocator = plan->runtime->allocator;
    find_lifetimes(plan);
    if (!plan->runtime->options.keep_all)
        share(plan);
    const size_t room = (size_t)plan->graph->n_tensors + (size_t)plan->graph->n_nodes;
    rt_span *spans = mote_calloc(allocator, room, sizeof *spans);
    if (!spans)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory planning the arena");
    const mote_status status = rt_pack(spans, collect_spans(plan, spans), &plan->arena_bytes, allocator);
    if (status == MOTE_OK)
        place_spans(plan, spans);
    mote_free(allocator, spans);
    return status == MOTE_OK ? MOTE_OK
                             : mote_error_set(err, status, "%s: the activations' sizes", mote_status_text(status));
}
