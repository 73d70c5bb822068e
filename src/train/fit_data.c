/* The photos of a training run: what fits the model is checked before the first step. */
#include "train/fit_run.h"

#include <string.h>

/* --- the model's ends --- */

static const mote_tensor *output_of(const mote_model *model)
{
    const mote_graph *graph = model->graphs[0];
    return graph->n_outputs == 1 ? graph->tensors[graph->outputs[0]] : NULL;
}

int32_t fit_n_outputs(const mote_model *model)
{
    const mote_tensor *output = output_of(model);
    return output && output->shape.rank == 2 ? output->shape.dims[1] : -1;
}

/* SOFTMAX and LOGISTIC make probabilities. */
bool fit_ends_in_logits(const mote_model *model)
{
    const mote_graph *graph = model->graphs[0];
    const int32_t producer = graph->n_outputs ? mote_graph_producer(graph, graph->outputs[0]) : -1;
    if (producer < 0)
        return true;
    const mote_op op = graph->nodes[producer]->op;
    return op != MOTE_OP_SOFTMAX && op != MOTE_OP_LOGISTIC;
}

void mote_fit_choose_loss(const mote_model *model, mote_trainer_options *trainer)
{
    trainer->loss =
        fit_n_outputs(model) == 1 ? MOTE_LOSS_BINARY_CROSSENTROPY : MOTE_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY;
    trainer->from_logits = fit_ends_in_logits(model);
}

/* The softmax of one value is 1, whatever the value. */
static bool says_one(const mote_graph *graph)
{
    const int32_t last = mote_graph_producer(graph, graph->outputs[0]);
    const mote_shape *shape = &graph->tensors[graph->outputs[0]]->shape;
    return last >= 0 && graph->nodes[last]->op == MOTE_OP_SOFTMAX && shape->dims[shape->rank - 1] == 1;
}

static mote_status check_model(const mote_model *model, mote_error *err)
{
    const mote_graph *graph = model->graphs[0];
    if (graph->n_inputs != 1 || graph->tensors[graph->inputs[0]]->shape.rank != 4)
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "the model does not take one image; training from folders and "
                              "arrays of images needs that");
    if (fit_n_outputs(model) < 1)
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "the model does not end in one row of scores; give it a head, e.g. pooling and dense");
    if (says_one(graph))
        return mote_error_set(err, MOTE_ARGUMENT,
                              "the model ends in a softmax of one value, which is always 1; give it two classes, or a "
                              "sigmoid");
    return MOTE_OK;
}

/* --- labels --- */

static mote_status check_labels(const mote_dataset *dataset, const mote_slice *slice, const char *what,
                                int32_t n_classes, mote_error *err)
{
    for (int64_t i = 0; i < slice->n; i++) {
        const int32_t label = mote_dataset_label(dataset, slice->examples[i]);
        if (label < 0)
            return mote_error_set(err, MOTE_ARGUMENT, "%s photo '%s' has no label", what,
                                  mote_dataset_name(dataset, slice->examples[i]));
        if (label >= n_classes)
            return mote_error_set(err, MOTE_ARGUMENT,
                                  "%s photo '%s' is of class %d, and the model tells %d classes apart (0 to %d)", what,
                                  mote_dataset_name(dataset, slice->examples[i]), label, n_classes, n_classes - 1);
    }
    return MOTE_OK;
}

static mote_status check_variety(const mote_fit_options *options, mote_error *err)
{
    const mote_slice *slice = options->train;
    const int32_t first = mote_dataset_label(options->dataset, slice->examples[0]);
    for (int64_t i = 1; i < slice->n; i++)
        if (mote_dataset_label(options->dataset, slice->examples[i]) != first)
            return MOTE_OK;
    const char *name = mote_dataset_class_name(options->dataset, first);
    return mote_error_set(err, MOTE_ARGUMENT,
                          "all %lld training photos are of one class ('%s'): there is nothing to learn from them",
                          (long long)slice->n, name ? name : "?");
}

/* One value per channel has no variance to normalize by. */
static mote_status check_batch_norm(const mote_model *model, int32_t batch, mote_error *err)
{
    const mote_graph *graph = model->graphs[0];
    for (int32_t i = 0; batch == 1 && i < graph->n_nodes; i++) {
        const mote_node *node = graph->nodes[i];
        if (node->op != MOTE_OP_BATCH_NORM || node->layer < 0 || !mote_layer_trains(model, node->layer))
            continue;
        const mote_shape *shape = &graph->tensors[node->inputs[0]]->shape;
        if (mote_shape_count(shape) == mote_shape_count(&graph->tensors[node->inputs[1]]->shape))
            return mote_error_set(err, MOTE_ARGUMENT,
                                  "a batch of 1 has no variance for layer '%s' (BatchNormalization); use --batch 2 or "
                                  "more, or freeze the layer",
                                  model->layers[node->layer].name);
    }
    return MOTE_OK;
}

mote_status fit_data_check(const mote_model *model, const mote_fit_options *options, mote_error *err)
{
    mote_status status = check_model(model, err);
    if (status != MOTE_OK)
        return status;
    const int32_t n_outputs = fit_n_outputs(model), n_classes = n_outputs == 1 ? 2 : n_outputs;
    if (options->train->n < 1)
        return mote_error_set(err, MOTE_ARGUMENT, "the training split is empty");
    if (options->train->n < options->batch)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "the training split has %lld photos, fewer than a batch of %d; use "
                              "--batch %lld or a larger split",
                              (long long)options->train->n, options->batch, (long long)options->train->n);
    status = check_labels(options->dataset, options->train, "training", n_classes, err);
    if (status == MOTE_OK)
        status = check_variety(options, err);
    if (status == MOTE_OK && options->val && options->val->n < 1)
        status = mote_error_set(err, MOTE_ARGUMENT, "the validation split is empty");
    if (status == MOTE_OK && options->val)
        status = check_labels(options->val_dataset ? options->val_dataset : options->dataset, options->val,
                              "validation", n_classes, err);
    return status == MOTE_OK ? check_batch_norm(model, options->batch, err) : status;
}

mote_status fit_data_balance(fit_run *run, mote_error *err)
{
    const mote_fit_options *options = run->options;
    const int32_t n_classes = run->outputs.n_outputs == 1 ? 2 : run->outputs.n_outputs;
    run->class_weights = mote_calloc(NULL, (size_t)n_classes, sizeof *run->class_weights);
    int64_t *counts = mote_calloc(NULL, (size_t)n_classes, sizeof *counts);
    if (!run->class_weights || !counts) {
        mote_free(NULL, counts);
        return mote_error_no_memory(err);
    }
    for (int64_t i = 0; i < options->train->n; i++)
        counts[mote_dataset_label(options->dataset, options->train->examples[i])]++;
    for (int32_t i = 0; i < n_classes; i++)
        run->class_weights[i] =
            counts[i] ? (float)((double)options->train->n / ((double)n_classes * (double)counts[i])) : 1.0f;
    mote_free(NULL, counts);
    return MOTE_OK;
}

/* --- batches --- */

static mote_status open_batches(fit_run *run, bool training, size_t cache_bytes, mote_batches **out, mote_error *err)
{
    const mote_fit_options *options = run->options;
    mote_batches_options how = mote_batches_options_default();
    how.height = run->height;
    how.width = run->width;
    how.channels = run->channels;
    how.pixels = options->pixels;
    how.batch = run->batch;
    how.shuffle = training && options->shuffle;
    how.seed = options->trainer.seed;
    how.n_threads = options->trainer.n_threads;
    how.cache_bytes = cache_bytes;
    how.whole_numbers = true;
    how.strict = options->strict;
    how.on_skip = options->on_skip;
    how.on_skip_arg = options->arg;
    const mote_dataset *dataset = !training && options->val_dataset ? options->val_dataset : options->dataset;
    return mote_batches_new(out, dataset, training ? options->train : options->val, &how, NULL, err);
}

static bool augments(const mote_augment *a)
{
    return a->flip || a->flip_vertical || a->rotate > 0 || a->zoom > 0 || a->translate > 0 || a->brightness > 0 ||
           a->contrast > 0;
}

static mote_status make_buffers(fit_run *run, mote_error *err)
{
    const size_t photo = (size_t)run->height * (size_t)run->width * (size_t)run->channels;
    const size_t n_threads = (size_t)mote_pool_n_threads(run->pool);
    const bool augment = augments(&run->options->augment);
    if (augment) {
        run->photos = mote_calloc(NULL, photo * (size_t)run->batch, sizeof *run->photos);
        run->scratch = mote_calloc(NULL, photo * n_threads, sizeof *run->scratch);
    }
    run->targets = mote_calloc(NULL, (size_t)run->batch * (size_t)run->outputs.n_outputs, sizeof *run->targets);
    return run->targets && (!augment || (run->photos && run->scratch)) ? MOTE_OK : mote_error_no_memory(err);
}

mote_status fit_data_open(fit_run *run, mote_error *err)
{
    const mote_fit_options *options = run->options;
    const int64_t n_val = options->val ? options->val->n : 0;
    /* The cache is shared by the number of photos. */
    const double part = (double)options->train->n / (double)(options->train->n + n_val);
    const size_t train_bytes = (size_t)((double)options->cache_bytes * part);
    mote_status status = make_buffers(run, err);
    if (status == MOTE_OK)
        status = open_batches(run, true, train_bytes, &run->train, err);
    if (status == MOTE_OK && options->val)
        status = open_batches(run, false, options->cache_bytes - train_bytes, &run->val, err);
    if (status != MOTE_OK)
        return status;
    const int64_t per_pass = mote_batches_per_epoch(run->train);
    run->steps_per_epoch = options->steps_per_epoch > 0 ? options->steps_per_epoch : per_pass;
    if (run->val) {
        const int64_t all = mote_batches_per_epoch(run->val);
        run->n_val_steps =
            options->validation_steps > 0 && options->validation_steps < all ? options->validation_steps : all;
    }
    return MOTE_OK;
}

void fit_data_close(fit_run *run)
{
    mote_batches_free(run->train);
    mote_batches_free(run->val);
    mote_free(NULL, run->photos);
    mote_free(NULL, run->scratch);
    mote_free(NULL, run->targets);
    mote_free(NULL, run->class_weights);
}

/* Labels in the form that the loss takes. */
static void set_labels(const fit_run *run, const mote_batch *from, mote_train_batch *batch)
{
    if (run->options->trainer.loss == MOTE_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY) {
        batch->classes = from->labels;
        return;
    }
    const int32_t n = run->outputs.n_outputs;
    memset(run->targets, 0, (size_t)from->n * (size_t)n * sizeof *run->targets);
    for (int32_t i = 0; i < from->n; i++) {
        if (n == 1)
            run->targets[i] = (float)from->labels[i];
        else
            run->targets[(int64_t)i * n + from->labels[i]] = 1.0f;
    }
    batch->targets = run->targets;
}

mote_status fit_data_next(fit_run *run, mote_train_batch *batch, const float **input, const int32_t **labels,
                          mote_error *err)
{
    mote_batch from;
    do {
        const mote_status status = mote_batches_next(run->train, &from, err);
        if (status != MOTE_OK)
            return status;
    } while (from.n == 0); /* all of a batch can be unreadable */
    *input = from.pixels;
    *labels = from.labels;
    if (run->photos) {
        const size_t photo = (size_t)run->height * (size_t)run->width * (size_t)run->channels;
        float low, high;
        mote_pixels_range(run->options->pixels, &low, &high);
        memcpy(run->photos, from.pixels, photo * (size_t)from.n * sizeof *run->photos);
        mote_augment_apply(&run->options->augment, run->photos, from.n, run->height, run->width, run->channels, low,
                           high, run->options->trainer.seed, (uint64_t)run->progress.step * (uint64_t)run->batch,
                           run->pool, run->scratch);
        *input = run->photos;
    }
    *batch = (mote_train_batch){.n = from.n, .inputs = input};
    set_labels(run, &from, batch);
    return MOTE_OK;
}

mote_status fit_data_next_val(fit_run *run, mote_train_batch *batch, const float **input, const int32_t **labels,
                              mote_error *err)
{
    mote_batch from;
    const mote_status status = mote_batches_next(run->val, &from, err);
    if (status != MOTE_OK)
        return status;
    *input = from.pixels;
    *labels = from.labels;
    *batch = (mote_train_batch){.n = from.n, .inputs = input};
    set_labels(run, &from, batch);
    return MOTE_OK;
}
