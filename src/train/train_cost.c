/* What nodes cost, beside what they must: the numbers of a roofline. */
#include "train/train_internal.h"

int32_t mote_trainer_n_costs(const mote_trainer *trainer)
{
    return trainer->graph->n_nodes;
}

/* What reading a value moves: one that lies nowhere is made from its maker's inputs. */
static double value_bytes(const tr_plan *plan, int32_t tensor)
{
    if (tensor < 0)
        return 0;
    const tr_tensor *info = &plan->info[plan->info[tensor].root];
    if (!info->rows)
        return (double)plan->tensors[tensor].n_bytes;
    const mote_op_io *maker = &plan->nodes[info->producer].io;
    double sum = 0;
    for (int32_t i = 0; i < maker->n_inputs; i++)
        sum += value_bytes(plan, maker->node->inputs[i]);
    return sum;
}

static double forward_bytes(const tr_plan *plan, const tr_node *node)
{
    const mote_node *of = node->io.node;
    const bool nothing = tr_runs_by_rows(node) && node->grad.output_is_rows;
    double sum = 0;
    for (int32_t i = 0; i < of->n_inputs && !nothing; i++)
        sum += value_bytes(plan, of->inputs[i]);
    for (int32_t i = 0; i < of->n_outputs && !node->grad.output_is_rows; i++)
        sum += (double)plan->tensors[of->outputs[i]].n_bytes;
    return sum;
}

/* Backward reads what its facet asks for and the outputs' gradients, and writes the inputs'. A gradient that lies
 * nowhere is made from the output and what its maker left. */
static double backward_bytes(const tr_plan *plan, const tr_node *node)
{
    const mote_node *of = node->io.node;
    double sum = 0;
    for (int32_t i = 0; i < of->n_inputs; i++) {
        if (of->inputs[i] < 0)
            continue;
        sum += i < 32 && (node->facet->needs_inputs >> i & 1u) ? value_bytes(plan, of->inputs[i]) : 0;
        sum += plan->info[of->inputs[i]].wants ? (double)plan->tensors[of->inputs[i]].n_bytes : 0;
    }
    for (int32_t i = 0; i < of->n_outputs; i++) {
        const bool asks = node->grad.d_maker || (i < 32 && (node->facet->needs_outputs >> i & 1u));
        sum += (double)plan->tensors[of->outputs[i]].n_bytes * (1 + asks);
    }
    return sum;
}

static int32_t n_wanted(const tr_plan *plan, const mote_node *node)
{
    int32_t n = 0;
    for (int32_t i = 0; i < node->n_inputs && i < 2; i++)
        n += node->inputs[i] >= 0 && plan->info[node->inputs[i]].wants;
    return n;
}

mote_trainer_cost mote_trainer_node_cost(const mote_trainer *trainer, int32_t index)
{
    const mote_node *of = trainer->graph->nodes[index];
    mote_trainer_cost cost = {
        .op = mote_op_name(of->op),
        .layer = of->layer >= 0 ? trainer->model->layers[of->layer].name : "",
        .forward_ns = trainer->forward_ns[index],
        .backward_ns = trainer->backward_ns[index],
    };
    const tr_plan *plan = trainer->plan;
    if (!plan || plan->nodes[index].folded || plan->nodes[index].view)
        return cost;
    const tr_node *node = &plan->nodes[index];
    const int64_t n = mote_shape_count(&node->io.outputs[0]->shape);
    cost.forward_products = (double)(node->facet && node->facet->products ? node->facet->products(&node->io) : n);
    cost.forward_bytes = forward_bytes(plan, node);
    if (node->backward) {
        cost.backward_products = cost.forward_products * n_wanted(plan, of);
        cost.backward_bytes = backward_bytes(plan, node);
    }
    return cost;
}

int64_t mote_trainer_optimizer_ns(const mote_trainer *trainer)
{
    return trainer->optimizer_ns;
}

void mote_trainer_reset_costs(mote_trainer *trainer)
{
    trainer->optimizer_ns = 0;
    for (int32_t k = 0; k < trainer->graph->n_nodes; k++)
        trainer->forward_ns[k] = trainer->backward_ns[k] = 0;
}
