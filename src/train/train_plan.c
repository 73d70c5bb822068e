/* Planning: shapes for a number of examples, prepared operators, and which gradients are asked for. */
#include <stdio.h>
#include <string.h>

#include "train/train_internal.h"

mote_status tr_prefix_node(const mote_trainer *trainer, const mote_node *node, mote_status status, mote_error *err)
{
    const char *op = mote_op_name(node->op);
    if (node->layer >= 0 && node->layer < trainer->model->n_layers) {
        const mote_layer *layer = &trainer->model->layers[node->layer];
        return mote_error_prefix(err, status, "layer '%s' (%s), operator %s", layer->name, layer->class_name,
                                 op ? op : "unknown");
    }
    return mote_error_prefix(err, status, "operator %s", op ? op : "unknown");
}

static mote_status no_memory(mote_error *err)
{
    return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a training plan");
}

/* --- tables --- */

static bool is_weight(const mote_trainer *trainer, int32_t tensor)
{
    return trainer->weight_of[tensor] != TR_NONE;
}

static mote_status make_tensors(const mote_trainer *trainer, tr_plan *plan, mote_error *err)
{
    const mote_graph *graph = trainer->graph;
    plan->tensors = mote_arena_calloc(plan->memory, (size_t)graph->n_tensors, sizeof *plan->tensors);
    plan->info = mote_arena_calloc(plan->memory, (size_t)graph->n_tensors, sizeof *plan->info);
    if (!plan->tensors || !plan->info)
        return no_memory(err);
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        plan->tensors[i] = *graph->tensors[i];
        const bool constant = plan->tensors[i].storage == MOTE_STORAGE_CONST;
        plan->info[i] = (tr_tensor){
            .root = i,
            .known = constant && !is_weight(trainer, i),
            .fixed = constant,
            .producer = TR_NONE,
            .weight = trainer->weight_of[i],
            .value = TR_NONE,
            .value_again = TR_NONE,
            .gradient = TR_NONE,
            .now = TR_NONE,
        };
        if (is_weight(trainer, i) && trainer->weights[trainer->weight_of[i]].trained)
            plan->info[i].wants = plan->training;
        if (!plan->info[i].known)
            plan->tensors[i].data = NULL;
    }
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        mote_tensor *input = &plan->tensors[graph->inputs[i]];
        if (input->dtype != MOTE_FLOAT32 || input->shape.rank < 1)
            return mote_error_set(err, MOTE_UNSUPPORTED, "input '%s' is not float32 with a batch", input->name);
        input->shape.dims[0] = plan->n;
        plan->info[graph->inputs[i]].fixed = true;
    }
    return MOTE_OK;
}

/* A transposed convolution is told the shape of its output by a constant, for the one example of the graph. NULL: out
 * of memory. */
static mote_tensor *shape_for_batch(const tr_plan *plan, mote_tensor *stated)
{
    if (stated->storage != MOTE_STORAGE_CONST || stated->dtype != MOTE_INT32 || stated->n_bytes != 4 * sizeof(int32_t))
        return stated;
    mote_tensor *shape = mote_arena_copy(plan->memory, stated, sizeof *stated);
    int32_t *dims = mote_arena_copy(plan->memory, stated->data, stated->n_bytes);
    if (!shape || !dims)
        return NULL;
    dims[0] *= plan->n;
    shape->data = dims;
    return shape;
}

static mote_status make_nodes(const mote_trainer *trainer, tr_plan *plan, mote_error *err)
{
    const mote_graph *graph = trainer->graph;
    plan->nodes = mote_arena_calloc(plan->memory, (size_t)graph->n_nodes + 1, sizeof *plan->nodes);
    if (!plan->nodes)
        return no_memory(err);
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        tr_node *n = &plan->nodes[k];
        const size_t n_in = (size_t)node->n_inputs, n_out = (size_t)node->n_outputs;
        mote_tensor **args = mote_arena_calloc(plan->memory, n_in + n_out + 1, sizeof *args);
        n->d_inputs = mote_arena_calloc(plan->memory, n_in + 1, sizeof *n->d_inputs);
        n->d_outputs = mote_arena_calloc(plan->memory, n_out + 1, sizeof *n->d_outputs);
        n->partials = mote_arena_calloc(plan->memory, n_in + 1, sizeof *n->partials);
        if (!args || !n->d_inputs || !n->d_outputs || !n->partials)
            return no_memory(err);
        for (size_t i = 0; i < n_in; i++) {
            args[i] = node->inputs[i] >= 0 ? &plan->tensors[node->inputs[i]] : NULL;
            n->partials[i] = TR_NONE;
        }
        if (node->op == MOTE_OP_TRANSPOSE_CONV && !(args[0] = shape_for_batch(plan, args[0])))
            return no_memory(err);
        for (size_t i = 0; i < n_out; i++) {
            args[n_in + i] = &plan->tensors[node->outputs[i]];
            plan->info[node->outputs[i]].producer = k;
        }
        n->io = (mote_op_io){node, args, args + n_in, node->n_inputs, node->n_outputs};
        n->facet = mote_op_find_grad(node->op);
        n->run = mote_op_find_run(node->op);
        n->saved = n->scratch = n->scratch_again = n->scratch_backward = n->d_maker = TR_NONE;
        n->frozen = node->layer >= 0 && node->layer < trainer->model->n_layers &&
                    !mote_layer_trains(trainer->model, node->layer);
        const bool freezes = n->facet && (n->facet->flags & MOTE_GRAD_FREEZES) && n->frozen;
        n->grad = (mote_grad){
            .io = &n->io,
            .facet = n->facet,
            .training = plan->training && !freezes,
            .seed = (uint64_t)trainer->seed,
            .d_outputs = n->d_outputs,
            .d_inputs = n->d_inputs,
        };
        n->services = (rt_node){.def = mote_op_find(node->op), .run = n->run, .io = n->io};
    }
    return MOTE_OK;
}

/* --- the walk --- */

static bool all_known(const tr_plan *plan, const mote_node *node)
{
    for (int32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && !plan->info[node->inputs[i]].known)
            return false;
    return true;
}

/* What depends on shapes and constants alone is evaluated here. */
static mote_status fold(const mote_trainer *trainer, tr_plan *plan, int32_t k, mote_error *err)
{
    tr_node *node = &plan->nodes[k];
    mote_run run = {.plan = &plan->services, .node = &node->services, .memory = plan->memory};
    if (!node->run)
        return mote_error_set(err, MOTE_UNSUPPORTED, "it cannot run");
    void *state = NULL;
    mote_status status = node->run->prepare ? node->run->prepare(&run, &node->io, &state, err) : MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < node->io.n_outputs; i++) {
        mote_tensor *out = node->io.outputs[i];
        if (!mote_tensor_needed_bytes(out, &out->n_bytes))
            return mote_error_set(err, MOTE_LIMIT, "output %d is too large", i);
        out->data = mote_arena_alloc(plan->memory, out->n_bytes ? out->n_bytes : 1);
        if (!out->data)
            return no_memory(err);
        tr_tensor *info = &plan->info[trainer->graph->nodes[k]->outputs[i]];
        info->known = info->fixed = true;
    }
    if (status == MOTE_OK && node->services.scratch_bytes) {
        run.scratch = mote_arena_alloc(plan->memory, node->services.scratch_bytes);
        if (!run.scratch)
            return no_memory(err);
    }
    run.memory = NULL;
    node->folded = true;
    node->services.scratch_bytes = 0;
    return status == MOTE_OK ? node->run->eval(&run, &node->io, state, err) : status;
}

static mote_status need_known_outputs(const tr_node *node, mote_error *err)
{
    for (int32_t i = 0; i < node->io.n_outputs; i++) {
        mote_tensor *out = node->io.outputs[i];
        if (!mote_shape_is_known(&out->shape))
            return mote_error_set(err, MOTE_UNSUPPORTED, "its output shape depends on values");
        if (!mote_tensor_needed_bytes(out, &out->n_bytes))
            return mote_error_set(err, MOTE_LIMIT, "output %d is too large", i);
    }
    return MOTE_OK;
}

static bool wants_any(const tr_plan *plan, const mote_node *node)
{
    for (int32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && plan->info[node->inputs[i]].wants)
            return true;
    return false;
}

/* The output has the input's bytes: they share memory. Not for what is fixed, whose gradient has a place already. */
static bool is_view(const tr_plan *plan, const tr_node *node)
{
    return (node->services.def->flags & MOTE_OP_VIEW) && node->io.node->inputs[0] >= 0 &&
           !plan->info[node->io.node->inputs[0]].fixed;
}

static mote_status prepare(tr_plan *plan, tr_node *node, mote_error *err)
{
    mote_run run = {.plan = &plan->services, .node = &node->services, .memory = plan->memory};
    mote_status status = MOTE_OK;
    if (node->facet && node->facet->plan)
        status = node->facet->plan(&run, &node->grad, err);
    if (status != MOTE_OK || (node->facet && node->facet->forward && !tr_runs_by_rows(node)))
        return status;
    if (!node->run)
        return mote_error_set(err, MOTE_UNSUPPORTED, "it cannot run");
    return node->run->prepare ? node->run->prepare(&run, &node->io, &node->run_state, err) : MOTE_OK;
}

static mote_status plan_node(const mote_trainer *trainer, tr_plan *plan, int32_t k, mote_error *err)
{
    const mote_node *at = trainer->graph->nodes[k];
    tr_node *node = &plan->nodes[k];
    const mote_op_def *def = node->services.def;
    if (!def || (def->flags & (MOTE_OP_CONTROL | MOTE_OP_STATEFUL)))
        return mote_error_set(err, MOTE_UNSUPPORTED, "it cannot be trained through");
    mote_status status = def->infer(&node->io, err);
    if (status == MOTE_OK)
        status = need_known_outputs(node, err);
    if (status != MOTE_OK)
        return status;
    if ((def->flags & MOTE_OP_SHAPE_ONLY) || all_known(plan, at))
        return fold(trainer, plan, k, err);
    const bool wants = wants_any(plan, at);
    if (wants && !node->facet)
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "it has no gradient; freeze the layers before it, or leave the layer out");
    node->backward = wants && node->facet->backward;
    node->view = is_view(plan, node);
    for (int32_t i = 0; i < at->n_outputs; i++) {
        plan->info[at->outputs[i]].wants = node->backward && plan->tensors[at->outputs[i]].dtype == MOTE_FLOAT32;
        if (node->view)
            plan->info[at->outputs[i]].root = plan->info[at->inputs[0]].root;
    }
    return node->view ? MOTE_OK : prepare(plan, node, err);
}

static mote_status make(mote_trainer *trainer, tr_plan *plan, mote_error *err)
{
    plan->services = (rt_plan){.runtime = &trainer->runtime, .graph = trainer->graph};
    mote_status status = make_tensors(trainer, plan, err);
    plan->services.tensors = plan->tensors;
    if (status == MOTE_OK)
        status = make_nodes(trainer, plan, err);
    for (int32_t k = 0; status == MOTE_OK && k < trainer->graph->n_nodes; k++) {
        status = plan_node(trainer, plan, k, err);
        if (status != MOTE_OK)
            tr_prefix_node(trainer, trainer->graph->nodes[k], status, err);
    }
    if (status != MOTE_OK)
        return status;
    const mote_tensor *output = &plan->tensors[trainer->loss.output];
    if (output->shape.dims[0] != plan->n)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the model's output does not follow the batch: %d rows of %d",
                              output->shape.dims[0], plan->n);
    if (plan->training && !plan->info[trainer->loss.tensor].wants)
        return mote_error_set(err, MOTE_ARGUMENT, "nothing trains: every layer that the output depends on is frozen");
    return tr_plan_actions(trainer, plan, err);
}

void tr_plan_free(mote_trainer *trainer)
{
    tr_plan *plan = trainer->plan;
    if (!plan)
        return;
    mote_free(trainer->allocator, plan->actions);
    mote_free(trainer->allocator, plan->buffers);
    mote_arena_free(plan->memory);
    mote_free(trainer->allocator, plan);
    trainer->plan = NULL;
}

mote_status tr_plan_get(mote_trainer *trainer, int32_t n, bool training, mote_error *err)
{
    if (n < 1)
        return mote_error_set(err, MOTE_ARGUMENT, "a batch of %d examples", n);
    if (trainer->plan && trainer->plan->n == n && trainer->plan->training == training)
        return MOTE_OK;
    tr_plan_free(trainer);
    tr_plan *plan = mote_calloc(trainer->allocator, 1, sizeof *plan);
    if (!plan)
        return no_memory(err);
    trainer->plan = plan;
    plan->n = n;
    plan->training = training;
    plan->memory = mote_arena_new(trainer->allocator, trainer->options.limit_bytes);
    mote_status status = plan->memory ? make(trainer, plan, err) : no_memory(err);
    const size_t limit = trainer->options.limit_bytes;
    if (status == MOTE_OK && limit && plan->arena_bytes > limit)
        status = mote_error_set(
            err, MOTE_LIMIT,
            "a step on %d example%s needs %zu bytes, more than the limit of %zu; take fewer at a time, or raise it", n,
            n == 1 ? "" : "s", plan->arena_bytes, limit);
    if (status != MOTE_OK)
        tr_plan_free(trainer);
    return status;
}
