/* Carrying out a plan. */
#include <math.h>
#include <string.h>

#include <mote/clock.h>

#include "train/train_internal.h"

static void *at(const mote_trainer *trainer, int32_t buffer)
{
    return buffer == TR_NONE ? NULL : trainer->arena + trainer->plan->buffers[buffer].offset;
}

static void point(mote_trainer *trainer, int32_t tensor, void *data)
{
    trainer->plan->tensors[tensor].data = data;
}

/* Every value's first place; views follow their roots. */
static void point_values(mote_trainer *trainer, const mote_train_batch *batch)
{
    tr_plan *plan = trainer->plan;
    const mote_graph *graph = trainer->graph;
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        const tr_tensor *info = &plan->info[i];
        if (info->weight != TR_NONE)
            point(trainer, i, trainer->weights[info->weight].value);
        else if (!info->fixed && info->value != TR_NONE)
            point(trainer, i, at(trainer, info->value));
    }
    for (int32_t i = 0; i < graph->n_inputs; i++)
        point(trainer, graph->inputs[i], (void *)(uintptr_t)batch->inputs[i]);
    for (int32_t i = 0; i < graph->n_tensors; i++)
        if (plan->info[i].root != i)
            point(trainer, i, plan->tensors[plan->info[i].root].data);
}

static mote_run services(mote_trainer *trainer, tr_node *node, int32_t scratch)
{
    return (mote_run){.plan = &trainer->plan->services, .node = &node->services, .scratch = at(trainer, scratch)};
}

static mote_status run_forward(mote_trainer *trainer, tr_node *node, bool again, mote_error *err)
{
    if (node->view)
        return MOTE_OK;
    mote_run run = services(trainer, node, again ? node->scratch_again : node->scratch);
    node->grad.saved = at(trainer, node->saved);
    node->grad.again = again;
    const bool by_rows = tr_runs_by_rows(node);
    if (by_rows && node->grad.output_is_rows)
        return MOTE_OK;
    if (node->facet && node->facet->forward && (!by_rows || node->grad.maker))
        return node->facet->forward(&run, &node->grad, err);
    return node->run->eval(&run, &node->io, node->run_state, err);
}

typedef struct add_job {
    float *to;
    const float *from;
} add_job;

static void add_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const add_job *job = arg;
    float *restrict to = job->to;
    const float *restrict from = job->from;
    for (int64_t i = begin; i < end; i++)
        to[i] += from[i];
}

static float *gradient_of(const mote_trainer *trainer, int32_t tensor)
{
    const tr_tensor *info = &trainer->plan->info[tensor];
    return info->weight != TR_NONE ? trainer->weights[info->weight].gradient : at(trainer, info->gradient);
}

static mote_status run_backward(mote_trainer *trainer, tr_node *node, mote_error *err)
{
    enum { ADD_GRAIN = 16384 };
    const mote_node *of = node->io.node;
    const tr_plan *plan = trainer->plan;
    for (int32_t i = 0; i < of->n_outputs; i++)
        node->d_outputs[i] = plan->info[of->outputs[i]].n_gradients > 0 ? gradient_of(trainer, of->outputs[i]) : NULL;
    for (int32_t i = 0; i < of->n_inputs; i++) {
        node->d_inputs[i] = NULL;
        if (of->inputs[i] < 0 || !plan->info[of->inputs[i]].wants)
            continue;
        node->d_inputs[i] =
            node->partials[i] != TR_NONE ? at(trainer, node->partials[i]) : gradient_of(trainer, of->inputs[i]);
    }
    mote_run run = services(trainer, node, node->scratch_backward);
    node->grad.saved = at(trainer, node->saved);
    const mote_status status = node->facet->backward(&run, &node->grad, err);
    for (int32_t i = 0; status == MOTE_OK && i < of->n_inputs; i++) {
        if (node->partials[i] == TR_NONE)
            continue;
        add_job job = {gradient_of(trainer, of->inputs[i]), node->d_inputs[i]};
        mote_pool_for(trainer->runtime.pool, mote_shape_count(&plan->tensors[of->inputs[i]].shape), ADD_GRAIN,
                      add_range, &job);
    }
    return status;
}

static mote_status run_loss(mote_trainer *trainer, const mote_train_batch *batch, mote_step_result *result)
{
    const tr_plan *plan = trainer->plan;
    const mote_tensor *output = &plan->tensors[trainer->loss.output], *values = &plan->tensors[trainer->loss.tensor];
    memcpy(trainer->outputs, output->data, output->n_bytes);
    result->outputs = trainer->outputs;
    result->n = batch->n;
    if (!batch->classes && !batch->targets)
        return MOTE_OK;
    const int64_t columns = output->shape.dims[output->shape.rank - 1];
    result->loss = tr_loss_compute(
        &trainer->loss, batch, values->data, output->data, mote_shape_count(&output->shape) / columns, columns,
        plan->training ? gradient_of(trainer, trainer->loss.tensor) : NULL, &result->n_correct);
    return MOTE_OK;
}

/* --- where a value that is not finite came up first --- */

static bool is_finite(const mote_tensor *tensor)
{
    const float *x = tensor->data;
    const int64_t n = x && tensor->dtype == MOTE_FLOAT32 ? mote_shape_count(&tensor->shape) : 0;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static mote_status look_at(const mote_trainer *trainer, const tr_node *node, mote_error *err)
{
    for (int32_t i = 0; i < node->io.n_inputs; i++)
        if (node->io.inputs[i] && node->io.inputs[i]->data && !is_finite(node->io.inputs[i]))
            return tr_prefix_node(trainer, node->io.node,
                                  mote_error_set(err, MOTE_ARGUMENT, "input '%s' holds values that are not finite",
                                                 node->io.inputs[i]->name),
                                  err);
    for (int32_t i = 0; i < node->io.n_outputs; i++)
        if (!is_finite(node->io.outputs[i]))
            return tr_prefix_node(trainer, node->io.node,
                                  mote_error_set(err, MOTE_ARGUMENT, "its output is the first that is not finite"),
                                  err);
    return MOTE_OK;
}

mote_status tr_run(mote_trainer *trainer, const mote_train_batch *batch, mote_step_result *result, bool look,
                   mote_error *err)
{
    tr_plan *plan = trainer->plan;
    point_values(trainer, batch);
    for (int32_t a = 0; a < plan->n_actions; a++) {
        const tr_action *action = &plan->actions[a];
        const bool timed = trainer->options.profile && action->kind != TR_LOSS;
        const int64_t begin = timed ? mote_clock_ns() : 0;
        tr_node *node = action->node == TR_NONE ? NULL : &plan->nodes[action->node];
        mote_status status = MOTE_OK;
        switch (action->kind) {
        case TR_FORWARD:
            node->grad.stream = (uint64_t)trainer->step << 20 | (uint64_t)action->node;
            status = run_forward(trainer, node, false, err);
            break;
        case TR_LOSS:
            status = run_loss(trainer, batch, result);
            break;
        case TR_AGAIN:
            point(trainer, trainer->graph->nodes[action->node]->outputs[0],
                  at(trainer, plan->info[trainer->graph->nodes[action->node]->outputs[0]].value_again));
            status = run_forward(trainer, node, true, err);
            break;
        case TR_BACKWARD:
            status = run_backward(trainer, node, err);
            break;
        }
        if (status == MOTE_OK && look && action->kind == TR_FORWARD) {
            status = look_at(trainer, node, err);
            if (status != MOTE_OK)
                return status;
        }
        if (status != MOTE_OK)
            return node ? tr_prefix_node(trainer, node->io.node, status, err) : status;
        if (timed)
            (action->kind == TR_FORWARD ? trainer->forward_ns : trainer->backward_ns)[action->node] +=
                mote_clock_ns() - begin;
        if (look && action->kind == TR_LOSS)
            return MOTE_OK;
    }
    return MOTE_OK;
}

void tr_finish(mote_trainer *trainer)
{
    tr_plan *plan = trainer->plan;
    for (int32_t k = 0; k < trainer->graph->n_nodes; k++) {
        tr_node *node = &plan->nodes[k];
        if (node->facet && node->facet->finish && !node->folded) {
            node->grad.saved = at(trainer, node->saved);
            node->facet->finish(&node->grad);
        }
    }
}
