/* The trainer's copy of the network: an activation after batch normalization becomes part of it. */
#include <jansson.h>
#include <string.h>

#include "import/keras_version.h"
#include "kernels/kernels.h"
#include "op/conv_2d/window.h"
#include "op/train_form/train_form.h"
#include "train/train_internal.h"

/* The only node that reads a tensor; NULL when there are others, or it is an output. */
static mote_node *only_reader(const mote_graph *graph, int32_t tensor)
{
    if (mote_graph_count_uses(graph, tensor) != 1 || mote_graph_is_output(graph, tensor))
        return NULL;
    for (int32_t k = 0; k < graph->n_nodes; k++)
        for (int32_t i = 0; i < graph->nodes[k]->n_inputs; i++)
            if (graph->nodes[k]->inputs[i] == tensor)
                return graph->nodes[k];
    return NULL;
}

static int32_t index_of(const mote_graph *graph, const mote_node *node)
{
    for (int32_t k = 0; k < graph->n_nodes; k++)
        if (graph->nodes[k] == node)
            return k;
    return TR_NONE;
}

static void absorb(mote_graph *graph, mote_node *norm, const mote_node *last, mote_norm_activation activation)
{
    ((mote_batch_norm_params *)norm->params)->activation = (int32_t)activation;
    norm->outputs[0] = last->outputs[0];
    mote_graph_remove_node(graph, index_of(graph, last));
}

/* x * logistic(x) reads x twice: the two nodes, when nobody else reads either value. */
static bool is_swish(const mote_graph *graph, int32_t tensor, mote_node **logistic, mote_node **product)
{
    *logistic = *product = NULL;
    if (mote_graph_count_uses(graph, tensor) != 2 || mote_graph_is_output(graph, tensor))
        return false;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        mote_node *node = graph->nodes[k];
        for (int32_t i = 0; i < node->n_inputs; i++) {
            if (node->inputs[i] == tensor && node->op == MOTE_OP_LOGISTIC)
                *logistic = node;
            else if (node->inputs[i] == tensor && node->op == MOTE_OP_MUL)
                *product = node;
        }
    }
    if (!*logistic || !*product || only_reader(graph, (*logistic)->outputs[0]) != *product)
        return false;
    const int32_t *in = (*product)->inputs;
    return in[0] == (*logistic)->outputs[0] || in[1] == (*logistic)->outputs[0];
}

static void fuse_after(mote_graph *graph, mote_node *norm)
{
    const int32_t tensor = norm->outputs[0];
    mote_node *logistic, *product;
    if (is_swish(graph, tensor, &logistic, &product)) {
        absorb(graph, norm, product, MOTE_NORM_SWISH);
        mote_graph_remove_node(graph, index_of(graph, logistic));
        return;
    }
    const mote_node *next = only_reader(graph, tensor);
    if (!next)
        return;
    if (next->op == MOTE_OP_RELU)
        absorb(graph, norm, next, MOTE_NORM_RELU);
    else if (next->op == MOTE_OP_RELU6)
        absorb(graph, norm, next, MOTE_NORM_RELU6);
    else if (next->op == MOTE_OP_HARD_SWISH)
        absorb(graph, norm, next, MOTE_NORM_HARD_SWISH);
}

/* Zeros around an image that only a convolution reads become the convolution's own. */
static bool absorb_padding(mote_graph *graph, int32_t at)
{
    const mote_node *pad = graph->nodes[at];
    mote_node *next = pad->op == MOTE_OP_PAD ? only_reader(graph, pad->outputs[0]) : NULL;
    mote_conv_window *window = next ? mote_conv_window_of(next) : NULL;
    if (!window || window->padding != MOTE_PADDING_VALID || next->inputs[0] != pad->outputs[0] || pad->inputs[1] < 0)
        return false;
    const mote_tensor *around = graph->tensors[pad->inputs[1]];
    if (!around->data || around->dtype != MOTE_INT32 || mote_shape_count(&around->shape) != 8)
        return false;
    const int32_t *n = around->data;
    const mote_shape *filter = &graph->tensors[next->inputs[1]]->shape;
    if (n[0] || n[1] || n[6] || n[7] || filter->rank != 4)
        return false;
    for (int32_t i = 0; i < 4; i++)
        if (n[2 + i] < 0 || n[2 + i] >= filter->dims[1 + i / 2]) /* as much as the filter reaches over at most */
            return false;
    for (int32_t i = 0; i < 2; i++) {
        window->pad_before[i] = n[2 + 2 * i];
        window->pad_after[i] = n[3 + 2 * i];
    }
    next->inputs[0] = pad->inputs[0];
    mote_graph_remove_node(graph, at);
    return true;
}

/* What the layer's config says beyond the ranges: Keras's defaults where it says nothing. */
static void read_augment(const mote_trainer *trainer, mote_node *node)
{
    mote_random_augment_params *params = node->params;
    params->value_high = 255.0f;
    const char *text = node->layer >= 0 ? trainer->model->layers[node->layer].config_json : NULL;
    json_t *config = text ? json_loads(text, 0, NULL) : NULL;
    const char *fill = json_string_value(json_object_get(config, "fill_mode"));
    const char *interpolation = json_string_value(json_object_get(config, "interpolation"));
    if (fill && strcmp(fill, "constant") == 0)
        params->fill = MOTE_AUGMENT_CONSTANT;
    else if (fill && strcmp(fill, "wrap") == 0)
        params->fill = MOTE_AUGMENT_WRAP;
    else if (fill && strcmp(fill, "nearest") == 0)
        params->fill = MOTE_AUGMENT_EDGE;
    params->fill_value = (float)json_number_value(json_object_get(config, "fill_value"));
    params->nearest = interpolation && strcmp(interpolation, "nearest") == 0;
    const json_t *range = json_object_get(config, "value_range");
    if (json_array_size(range) == 2) {
        params->value_low = (float)json_number_value(json_array_get(range, 0));
        params->value_high = (float)json_number_value(json_array_get(range, 1));
    }
    json_decref(config);
}

mote_status tr_graph_make(mote_trainer *trainer, mote_error *err)
{
    mote_graph *graph = trainer->graph;
    const bool keras_2 = keras_major_of(trainer->model->keras_version) == 2;
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        mote_node *node = graph->nodes[k];
        if (absorb_padding(graph, k)) {
            k--;
            continue;
        }
        if (node->op == MOTE_OP_RANDOM_AUGMENT)
            read_augment(trainer, node);
        if (node->op != MOTE_OP_BATCH_NORM)
            continue;
        mote_batch_norm_params *params = node->params;
        params->unbiased = keras_2 && graph->tensors[node->inputs[0]]->shape.rank == 4;
        fuse_after(graph, node);
        k = index_of(graph, node); /* nodes before it may be gone */
    }
    return mote_graph_sort(graph, err);
}

/* --- the loss's place --- */

static const mote_node *producer_of(const mote_graph *graph, int32_t tensor)
{
    const int32_t k = mote_graph_producer(graph, tensor);
    return k >= 0 ? graph->nodes[k] : NULL;
}

mote_status tr_loss_make(mote_trainer *trainer, mote_error *err)
{
    const mote_trainer_options *options = &trainer->options;
    const mote_graph *graph = trainer->graph;
    tr_loss *loss = &trainer->loss;
    if (graph->n_outputs != 1)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the model has %d outputs; training takes one", graph->n_outputs);
    const mote_shape *shape = &graph->tensors[graph->outputs[0]]->shape;
    if (shape->rank < 2 || !mote_shape_is_known(shape) || graph->tensors[graph->outputs[0]]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the model's output is not a row of float32 values per example");
    *loss = (tr_loss){
        .kind = options->loss,
        .from_logits = options->from_logits,
        .tensor = graph->outputs[0],
        .output = graph->outputs[0],
        .smoothing = options->label_smoothing,
    };
    const int32_t n_classes = shape->dims[shape->rank - 1];
    if (options->loss == MOTE_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY && n_classes < 2)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "the model has one output value; class numbers need one per class (or use "
                              "binary_crossentropy)");
    if (options->class_weights) {
        if (options->n_class_weights < 1 || (n_classes > 1 && options->n_class_weights != n_classes))
            return mote_error_set(err, MOTE_ARGUMENT, "%d class weights for %d classes", options->n_class_weights,
                                  n_classes);
        loss->n_class_weights = options->n_class_weights;
        const size_t n_bytes = (size_t)loss->n_class_weights * sizeof *loss->class_weights;
        loss->class_weights = mote_alloc(trainer->allocator, n_bytes);
        if (!loss->class_weights)
            return mote_error_no_memory(err);
        memcpy(loss->class_weights, options->class_weights, n_bytes);
    }
    const mote_node *last = producer_of(graph, loss->output);
    if (!last || loss->from_logits)
        return MOTE_OK;
    const bool categorical =
        loss->kind == MOTE_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY || loss->kind == MOTE_LOSS_CATEGORICAL_CROSSENTROPY;
    if ((categorical && last->op == MOTE_OP_SOFTMAX) ||
        (loss->kind == MOTE_LOSS_BINARY_CROSSENTROPY && last->op == MOTE_OP_LOGISTIC)) {
        loss->tensor = last->inputs[0];
        loss->from_logits = true;
    }
    return MOTE_OK;
}
