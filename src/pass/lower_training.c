/*
 * Training form to inference: batch normalization is x * scale + offset with scale = gamma / sqrt(variance + epsilon)
 * and offset = beta - mean * scale, in float32 as TensorFlow folds it; dropout and augmentation pass through.
 */
#include "op/train_form/train_form.h"
#include "pass/fold_rsqrt.h"
#include "pass/pass.h"

static bool drop_identity(mote_graph *graph, int32_t at)
{
    const mote_node *node = graph->nodes[at];
    const int32_t from = node->outputs[0], to = node->inputs[node->n_inputs - 1]; /* a crop's second says what */
    mote_graph_remove_node(graph, at);
    mote_graph_replace_uses(graph, from, to);
    return true;
}

/* [C] when the axis is the last, else C with ones behind it, so that it broadcasts; full_rank: with ones in front too.
 */
static mote_shape broadcast_shape(int32_t n, const mote_batch_norm_params *params, int32_t rank)
{
    const int32_t in_front = params->full_rank ? params->axis : 0;
    mote_shape shape = {.rank = rank - params->axis + in_front};
    for (int32_t i = 0; i < shape.rank; i++)
        shape.dims[i] = i == in_front ? n : 1;
    return shape;
}

static mote_status lower_batch_norm(mote_graph *graph, int32_t at, mote_error *err)
{
    const mote_node node = *graph->nodes[at];
    const mote_batch_norm_params *params = node.params;
    for (int32_t i = 1; i < 5; i++)
        if (!mote_pass_is_const_f32(graph, node.inputs[i]))
            return mote_error_set(err, MOTE_UNSUPPORTED, "batch normalization with parameters that are not constant");
    const mote_tensor *output = graph->tensors[node.outputs[0]];
    const float *gamma = graph->tensors[node.inputs[1]]->data, *beta = graph->tensors[node.inputs[2]]->data;
    const float *mean = graph->tensors[node.inputs[3]]->data, *variance = graph->tensors[node.inputs[4]]->data;
    const int32_t n = output->shape.dims[params->axis];
    const mote_shape shape = broadcast_shape(n, params, output->shape.rank);
    const char *name = mote_arena_printf(graph->arena, "%s/scale", output->name);
    const int32_t scale = name ? mote_graph_add_const(graph, name, MOTE_FLOAT32, &shape, NULL) : -1;
    const int32_t offset = scale < 0 ? -1 : mote_graph_add_const(graph, output->name, MOTE_FLOAT32, &shape, NULL);
    const int32_t scaled =
        offset < 0 ? -1 : mote_graph_add_tensor(graph, name, MOTE_FLOAT32, &graph->tensors[node.outputs[0]]->shape);
    if (scaled < 0)
        return mote_error_no_memory(err);
    float *s = graph->tensors[scale]->data, *o = graph->tensors[offset]->data;
    for (int32_t i = 0; i < n; i++)
        s[i] = variance[i] + params->epsilon;
    mote_fold_rsqrt(s, s, n);
    for (int32_t i = 0; i < n; i++) {
        s[i] *= gamma[i];
        o[i] = beta[i] - mean[i] * s[i];
    }
    const int32_t factors[] = {node.inputs[0], scale}, terms[] = {scaled, offset};
    mote_graph_remove_node(graph, at);
    const mote_node *mul = mote_graph_insert_node(graph, at, MOTE_OP_MUL, 2, factors, 1, &scaled);
    const mote_node *add = mote_graph_insert_node(graph, at + 1, MOTE_OP_ADD, 2, terms, 1, node.outputs);
    return mul && add ? MOTE_OK : mote_error_no_memory(err);
}

mote_status mote_pass_lower_training(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const mote_op op = graph->nodes[i]->op;
        if (op == MOTE_OP_BATCH_NORM) {
            const mote_status status = lower_batch_norm(graph, i, err);
            if (status != MOTE_OK)
                return status;
        } else if (op == MOTE_OP_DROPOUT || op == MOTE_OP_RANDOM_AUGMENT) {
            i -= drop_identity(graph, i);
        }
    }
    return MOTE_OK;
}
