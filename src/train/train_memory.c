/*
 * The list of actions, and how long each value, gradient and scratch is alive in it.
 *
 * A value lives from the action that makes it to the last that reads it, forward or backward. One that is not kept has
 * two lives: to its last reader in the forward pass, and again from just before its first reader in the backward pass.
 * A gradient lives from its first contribution to the backward action of the node that made the value; later
 * contributions go through a buffer of their own and are added, unless the operator adds by itself.
 */
#include <string.h>

#include "train/train_internal.h"

enum { LARGE_BYTES = 1 << 20 }; /* what is worth making again */

typedef struct walk {
    mote_trainer *trainer;
    tr_plan *plan;
    mote_error *err;
    bool failed;
} walk;

static int32_t new_buffer(walk *w, size_t n_bytes)
{
    tr_plan *plan = w->plan;
    if (plan->n_buffers == plan->buffer_capacity) {
        const int32_t capacity = plan->buffer_capacity ? 2 * plan->buffer_capacity : 256;
        tr_buffer *buffers =
            mote_realloc(w->trainer->allocator, plan->buffers, (size_t)plan->buffer_capacity * sizeof *buffers,
                         (size_t)capacity * sizeof *buffers);
        if (!buffers) {
            w->failed = true;
            return TR_NONE;
        }
        plan->buffers = buffers;
        plan->buffer_capacity = capacity;
    }
    plan->buffers[plan->n_buffers] = (tr_buffer){.n_bytes = n_bytes, .first = TR_NONE, .last = TR_NONE};
    return plan->n_buffers++;
}

static int32_t push(walk *w, tr_kind kind, int32_t node)
{
    tr_plan *plan = w->plan;
    if (plan->n_actions == plan->action_capacity) {
        const int32_t capacity = plan->action_capacity ? 2 * plan->action_capacity : 256;
        tr_action *actions =
            mote_realloc(w->trainer->allocator, plan->actions, (size_t)plan->action_capacity * sizeof *actions,
                         (size_t)capacity * sizeof *actions);
        if (!actions) {
            w->failed = true;
            return 0;
        }
        plan->actions = actions;
        plan->action_capacity = capacity;
    }
    plan->actions[plan->n_actions] = (tr_action){kind, node};
    return plan->n_actions++;
}

static void touch(walk *w, int32_t buffer, int32_t at)
{
    if (buffer == TR_NONE || w->failed)
        return;
    tr_buffer *b = &w->plan->buffers[buffer];
    if (b->first == TR_NONE)
        b->first = at;
    b->last = at;
}

/* A value that lies in the arena: the buffer of its root. One that lies nowhere: what it is made from. */
static void touch_value(walk *w, int32_t tensor, int32_t at)
{
    if (tensor < 0)
        return;
    const tr_tensor *info = &w->plan->info[w->plan->info[tensor].root];
    touch(w, info->now, at);
    if (!info->rows)
        return;
    const tr_node *maker = &w->plan->nodes[info->producer];
    touch(w, maker->saved, at);
    for (int32_t i = 0; i < maker->io.n_inputs; i++)
        touch_value(w, maker->io.node->inputs[i], at);
}

static bool asks(uint32_t mask, int32_t i)
{
    return mask == MOTE_GRAD_ALL || (i < 32 && (mask >> i & 1u));
}

/* --- what is made again --- */

static bool is_read_backward(const walk *w, int32_t tensor)
{
    const mote_graph *graph = w->trainer->graph;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const tr_node *node = &w->plan->nodes[k];
        if (!node->backward || node->view)
            continue;
        for (int32_t i = 0; i < graph->nodes[k]->n_inputs; i++)
            if (graph->nodes[k]->inputs[i] == tensor && asks(node->facet->needs_inputs, i))
                return true;
        for (int32_t i = 0; i < graph->nodes[k]->n_outputs; i++)
            if (graph->nodes[k]->outputs[i] == tensor && asks(node->facet->needs_outputs, i))
                return true;
    }
    return false;
}

/* The node's own backward pass reads all its inputs: they are there when it is repeated. */
static bool keeps_inputs(const walk *w, const tr_node *node)
{
    for (int32_t i = 0; i < node->io.n_inputs; i++) {
        const int32_t tensor = node->io.node->inputs[i];
        if (tensor >= 0 && !w->plan->info[w->plan->info[tensor].root].fixed && !asks(node->facet->needs_inputs, i))
            return false;
    }
    return true;
}

static bool has_views(const walk *w, int32_t tensor)
{
    for (int32_t i = 0; i < w->trainer->graph->n_tensors; i++)
        if (i != tensor && w->plan->info[i].root == tensor)
            return true;
    return false;
}

/* Made again for everybody who reads it, forward and backward, it would cost more than its memory is worth. */
static bool is_better_kept(const walk *w, const tr_node *maker, int32_t tensor)
{
    return maker->grad.costly && mote_graph_count_uses(w->trainer->graph, tensor) > 1;
}

/* Everybody who reads the value takes it row by row, and its maker gives it so. */
static bool is_rows(const walk *w, const tr_node *maker, int32_t tensor)
{
    const mote_graph *graph = w->trainer->graph;
    if (!maker->grad.gives_rows || is_better_kept(w, maker, tensor) || maker->io.n_outputs != 1 ||
        mote_graph_is_output(graph, tensor) || tensor == w->trainer->loss.tensor || has_views(w, tensor) ||
        !keeps_inputs(w, maker))
        return false;
    int32_t n_readers = 0;
    for (int32_t k = 0; k < graph->n_nodes; k++)
        for (int32_t i = 0; i < graph->nodes[k]->n_inputs; i++) {
            if (graph->nodes[k]->inputs[i] != tensor)
                continue;
            const tr_node *reader = &w->plan->nodes[k];
            n_readers++;
            if (i != 0 || reader->view || reader->folded || !reader->grad.takes_rows)
                return false;
        }
    return n_readers > 0;
}

static void choose_rows(walk *w)
{
    const mote_graph *graph = w->trainer->graph;
    for (int32_t k = 0; w->trainer->options.recompute != MOTE_RECOMPUTE_NONE && k < graph->n_nodes; k++) {
        tr_node *node = &w->plan->nodes[k];
        if (node->folded || node->view || !node->facet)
            continue;
        const int32_t out = graph->nodes[k]->outputs[0];
        node->grad.output_is_rows = w->plan->info[out].rows = is_rows(w, node, out);
    }
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const int32_t in = graph->nodes[k]->n_inputs > 0 ? graph->nodes[k]->inputs[0] : TR_NONE;
        if (in >= 0 && w->plan->info[in].rows)
            w->plan->nodes[k].grad.maker = &w->plan->nodes[w->plan->info[in].producer].grad;
    }
}

static void choose_again(walk *w)
{
    const mote_recompute mode = w->trainer->options.recompute;
    const mote_graph *graph = w->trainer->graph;
    for (int32_t k = 0; mode != MOTE_RECOMPUTE_NONE && w->plan->training && k < graph->n_nodes; k++) {
        const tr_node *node = &w->plan->nodes[k];
        if (!node->backward || node->view || !(node->facet->flags & MOTE_GRAD_CHEAP) || node->io.n_outputs != 1)
            continue;
        const int32_t out = graph->nodes[k]->outputs[0];
        const size_t least = mode == MOTE_RECOMPUTE_ALL ? 1 : LARGE_BYTES;
        if (w->plan->tensors[out].n_bytes < least || out == w->trainer->loss.tensor || out == w->trainer->loss.output)
            continue;
        w->plan->info[out].again = !w->plan->info[out].rows &&
                                   (mode == MOTE_RECOMPUTE_ALL || !is_better_kept(w, node, out)) &&
                                   keeps_inputs(w, node) && is_read_backward(w, out) && !has_views(w, out);
    }
}

/* --- forward --- */

static void forward(walk *w, int32_t k)
{
    const mote_graph *graph = w->trainer->graph;
    const mote_node *at = graph->nodes[k];
    tr_node *node = &w->plan->nodes[k];
    const int32_t now = push(w, TR_FORWARD, k);
    for (int32_t i = 0; i < at->n_inputs; i++)
        touch_value(w, at->inputs[i], now);
    for (int32_t i = 0; i < at->n_outputs && !node->view; i++) {
        tr_tensor *info = &w->plan->info[at->outputs[i]];
        if (info->rows)
            continue;
        info->value = info->now = new_buffer(w, w->plan->tensors[at->outputs[i]].n_bytes);
        touch(w, info->now, now);
    }
    if (node->view)
        return;
    if (node->grad.saved_bytes) {
        node->saved = new_buffer(w, node->grad.saved_bytes);
        touch(w, node->saved, now);
    }
    if (node->services.scratch_bytes) {
        node->scratch = new_buffer(w, node->services.scratch_bytes);
        touch(w, node->scratch, now);
    }
}

/* --- backward --- */

/* Makes a value again, and before it those that it is made from. */
static void make_again(walk *w, int32_t tensor)
{
    const int32_t root = w->plan->info[tensor].root;
    tr_tensor *info = &w->plan->info[root];
    if (!(info->again || info->rows) || info->value_again != TR_NONE || w->failed)
        return;
    const mote_node *at = w->trainer->graph->nodes[info->producer];
    for (int32_t i = 0; i < at->n_inputs; i++)
        if (at->inputs[i] >= 0)
            make_again(w, at->inputs[i]);
    if (info->rows)
        return;
    const int32_t now = push(w, TR_AGAIN, info->producer);
    for (int32_t i = 0; i < at->n_inputs; i++)
        touch_value(w, at->inputs[i], now);
    info->value_again = info->now = new_buffer(w, w->plan->tensors[root].n_bytes);
    touch(w, info->now, now);
    tr_node *node = &w->plan->nodes[info->producer];
    touch(w, node->saved, now);
    if (node->services.scratch_bytes) {
        node->scratch_again = new_buffer(w, node->services.scratch_bytes);
        touch(w, node->scratch_again, now);
    }
}

/* The gradient by input 0 can be left to whoever made that value and reads the gradient by rows. */
static bool gives_d_rows(const walk *w, const tr_node *node)
{
    const int32_t tensor = node->io.node->inputs[0];
    const tr_tensor *info = &w->plan->info[tensor];
    if (!node->grad.gives_d_rows || w->trainer->options.recompute == MOTE_RECOMPUTE_NONE || info->producer == TR_NONE ||
        info->root != tensor || info->gradient != w->plan->info[node->io.node->outputs[0]].gradient ||
        mote_graph_count_uses(w->trainer->graph, tensor) != 1 || tensor == w->trainer->loss.tensor)
        return false;
    const tr_node *producer = &w->plan->nodes[info->producer];
    return producer->backward && !producer->view && producer->grad.takes_d_rows && producer->io.n_outputs == 1;
}

/* Where input i's gradient goes: a fresh buffer, the output's own, or one beside it that is added. */
static void plan_contribution(walk *w, tr_node *node, int32_t i, int32_t now)
{
    const mote_node *at = node->io.node;
    tr_tensor *info = &w->plan->info[at->inputs[i]];
    const tr_tensor *out = &w->plan->info[at->outputs[0]];
    const size_t n_bytes = w->plan->tensors[at->inputs[i]].n_bytes;
    const bool first = info->n_gradients++ == 0;
    if (info->weight == TR_NONE && first) {
        const bool in_place = i == 0 && (node->view || (node->facet->flags & MOTE_GRAD_IN_PLACE)) &&
                              n_bytes == w->plan->tensors[at->outputs[0]].n_bytes && out->gradient != TR_NONE;
        info->gradient = in_place ? out->gradient : new_buffer(w, n_bytes);
    }
    if (!first) {
        if (i == 0 && (node->facet->flags & MOTE_GRAD_ADDS)) {
            node->grad.add |= 1u;
        } else {
            node->partials[i] = new_buffer(w, n_bytes);
            touch(w, node->partials[i], now);
        }
    }
    if (i == 0 && first && gives_d_rows(w, node)) {
        tr_node *producer = &w->plan->nodes[info->producer];
        producer->grad.d_maker = &node->grad;
        producer->d_maker = (int32_t)(node - w->plan->nodes);
        node->grad.d_input_is_rows = true;
    }
    touch(w, info->gradient, now);
}

static void backward(walk *w, int32_t k)
{
    const mote_node *at = w->trainer->graph->nodes[k];
    tr_node *node = &w->plan->nodes[k];
    bool arrives = false;
    for (int32_t i = 0; i < at->n_outputs; i++)
        arrives |= w->plan->info[at->outputs[i]].n_gradients > 0;
    node->backward = node->backward && arrives;
    if (!node->backward)
        return;
    for (int32_t i = 0; i < at->n_inputs && !node->view; i++)
        if (at->inputs[i] >= 0 && asks(node->facet->needs_inputs, i))
            make_again(w, at->inputs[i]);
    for (int32_t i = 0; i < at->n_outputs && !node->view; i++)
        if (asks(node->facet->needs_outputs, i))
            make_again(w, at->outputs[i]);
    const int32_t now = push(w, TR_BACKWARD, k);
    for (int32_t i = 0; i < at->n_inputs && !node->view; i++)
        if (at->inputs[i] >= 0 && asks(node->facet->needs_inputs, i))
            touch_value(w, at->inputs[i], now);
    if (node->d_maker != TR_NONE) { /* what its gradient is made from */
        touch_value(w, at->outputs[0], now);
        touch(w, w->plan->nodes[node->d_maker].saved, now);
    }
    for (int32_t i = 0; i < at->n_outputs; i++) {
        if (!node->view && asks(node->facet->needs_outputs, i))
            touch_value(w, at->outputs[i], now);
        touch(w, w->plan->info[at->outputs[i]].gradient, now);
    }
    /* from the last: the first input may take the output's memory, which the others read before */
    for (int32_t i = at->n_inputs - 1; i >= 0; i--)
        if (at->inputs[i] >= 0 && w->plan->info[at->inputs[i]].wants)
            plan_contribution(w, node, i, now);
    touch(w, node->saved, now);
    if (node->services.scratch_bytes) { /* of its own: nothing is kept in between */
        node->scratch_backward = new_buffer(w, node->services.scratch_bytes);
        touch(w, node->scratch_backward, now);
    }
}

/* --- places --- */

static mote_status place(walk *w)
{
    tr_plan *plan = w->plan;
    const mote_allocator *allocator = w->trainer->allocator;
    rt_span *spans = mote_calloc(allocator, (size_t)plan->n_buffers + 1, sizeof *spans);
    if (!spans)
        return mote_error_set(w->err, MOTE_NO_MEMORY, "out of memory for a training plan");
    for (int32_t i = 0; i < plan->n_buffers; i++)
        spans[i] = (rt_span){.n_bytes = plan->buffers[i].first == TR_NONE ? 0 : plan->buffers[i].n_bytes,
                             .first = plan->buffers[i].first,
                             .last = plan->buffers[i].last};
    const mote_status status = rt_pack(spans, plan->n_buffers, &plan->arena_bytes, allocator);
    for (int32_t i = 0; i < plan->n_buffers; i++)
        plan->buffers[i].offset = spans[i].offset;
    mote_free(allocator, spans);
    return status == MOTE_OK ? MOTE_OK
                             : mote_error_set(w->err, status, "%s: the activations' sizes", mote_status_text(status));
}

/* What finish reads lives to the end. */
static void keep_saved(walk *w)
{
    for (int32_t k = 0; k < w->trainer->graph->n_nodes; k++) {
        const tr_node *node = &w->plan->nodes[k];
        if (node->facet && node->facet->finish && node->saved != TR_NONE)
            touch(w, node->saved, w->plan->n_actions);
    }
}

mote_status tr_plan_actions(mote_trainer *trainer, tr_plan *plan, mote_error *err)
{
    walk w = {.trainer = trainer, .plan = plan, .err = err};
    const mote_graph *graph = trainer->graph;
    choose_rows(&w);
    choose_again(&w);
    for (int32_t k = 0; k < graph->n_nodes; k++)
        if (!plan->nodes[k].folded)
            forward(&w, k);
    const int32_t now = push(&w, TR_LOSS, TR_NONE);
    touch_value(&w, trainer->loss.tensor, now);
    touch_value(&w, trainer->loss.output, now);
    if (plan->training) {
        tr_tensor *seed = &plan->info[trainer->loss.tensor];
        seed->gradient = new_buffer(&w, plan->tensors[trainer->loss.tensor].n_bytes);
        seed->n_gradients = 1;
        touch(&w, seed->gradient, now);
        for (int32_t k = graph->n_nodes - 1; k >= 0; k--)
            backward(&w, k);
        keep_saved(&w);
    }
    if (w.failed)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a training plan");
    return place(&w);
}
