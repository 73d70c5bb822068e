#include "pass/pass.h"

typedef struct activation_row {
    mote_op op;
    mote_activation activation;
} activation_row;

static const activation_row ACTIVATIONS[] = {
    {MOTE_OP_RELU, MOTE_ACT_RELU},
    {MOTE_OP_RELU6, MOTE_ACT_RELU6},
    {MOTE_OP_RELU_N1_TO_1, MOTE_ACT_RELU_N1_TO_1},
};

static bool find_activation(mote_op op, mote_activation *activation)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof ACTIVATIONS[0]; i++)
        if (ACTIVATIONS[i].op == op) {
            *activation = ACTIVATIONS[i].activation;
            return true;
        }
    return false;
}

/* CONCATENATION has the field, but TFLite defines no activation for it. */
static bool takes_activation(const mote_node *node)
{
    const int32_t *activation = mote_pass_activation(node);
    return activation && *activation == MOTE_ACT_NONE && node->op != MOTE_OP_CONCATENATION;
}

mote_status mote_pass_fuse_activation(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model, (void)err;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const mote_node *node = graph->nodes[i];
        mote_activation activation;
        if (!find_activation(node->op, &activation) || graph->tensors[node->inputs[0]]->dtype != MOTE_FLOAT32)
            continue;
        mote_node *producer = mote_pass_producer(graph, node->inputs[0]);
        if (!producer || !takes_activation(producer) || mote_pass_only_user(graph, node->inputs[0]) != node)
            continue;
        *mote_pass_activation(producer) = (int32_t)activation;
        producer->outputs[0] = node->outputs[0];
        mote_graph_remove_node(graph, i--);
    }
    return MOTE_OK;
}
