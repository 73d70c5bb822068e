#include "import/keras_weight_order.h"

#include <string.h>

/* How many weights a class has that train, how many that do not, and which settings add one that trains. */
typedef struct weights_row {
    const char *class_name;
    int32_t n_trained, n_rest;
    const char *settings[2];
    int32_t per_setting;
    bool settings_default; /* for a config that leaves them out */
} weights_row;

static const weights_row ROWS[] = {
    {"Conv1D", 1, 0, {"use_bias"}, 1, true},
    {"Conv2D", 1, 0, {"use_bias"}, 1, true},
    {"Conv1DTranspose", 1, 0, {"use_bias"}, 1, true},
    {"Conv2DTranspose", 1, 0, {"use_bias"}, 1, true},
    {"DepthwiseConv1D", 1, 0, {"use_bias"}, 1, true},
    {"DepthwiseConv2D", 1, 0, {"use_bias"}, 1, true},
    {"SeparableConv1D", 2, 0, {"use_bias"}, 1, true},
    {"SeparableConv2D", 2, 0, {"use_bias"}, 1, true},
    {"Dense", 1, 0, {"use_bias"}, 1, true},
    {"Embedding", 1, 0, {NULL}, 0, false},
    {"PReLU", 1, 0, {NULL}, 0, false},
    {"BatchNormalization", 0, 2, {"scale", "center"}, 1, true},
    {"SyncBatchNormalization", 0, 2, {"scale", "center"}, 1, true},
    {"LayerNormalization", 0, 0, {"scale", "center"}, 1, true},
    {"GroupNormalization", 0, 0, {"scale", "center"}, 1, true},
    {"RMSNormalization", 1, 0, {NULL}, 0, false},
    {"LayerScale", 1, 0, {NULL}, 0, false},
    {"SimpleRNN", 2, 0, {"use_bias"}, 1, true},
    {"LSTM", 2, 0, {"use_bias"}, 1, true},
    {"GRU", 2, 0, {"use_bias"}, 1, true},
    {"ConvLSTM1D", 2, 0, {"use_bias"}, 1, true},
    {"ConvLSTM2D", 2, 0, {"use_bias"}, 1, true},
    {"SimpleRNNCell", 2, 0, {"use_bias"}, 1, true},
    {"LSTMCell", 2, 0, {"use_bias"}, 1, true},
    {"GRUCell", 2, 0, {"use_bias"}, 1, true},
    {"MultiHeadAttention", 4, 0, {"use_bias"}, 4, true},
    {"Attention", 0, 0, {"use_scale"}, 1, false},
    {"AdditiveAttention", 0, 0, {"use_scale"}, 1, true},
};

/* Layers with weights of some other number; every other class of the layer list has none. */
static const char *const UNCOUNTED[] = {"EinsumDense", "Normalization", "RNN", "Bidirectional", "TimeDistributed"};

typedef struct weight_counts {
    int32_t trained, rest;
} weight_counts;

static bool count_row(const char *class_name, const json_t *config, weight_counts *counts)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const weights_row *row = &ROWS[i];
        if (strcmp(row->class_name, class_name) != 0)
            continue;
        *counts = (weight_counts){row->n_trained, row->n_rest};
        for (int32_t j = 0; j < 2 && row->settings[j]; j++)
            counts->trained += keras_bool(config, row->settings[j], row->settings_default) ? row->per_setting : 0;
        return true;
    }
    return false;
}

static bool count_uncounted(const char *class_name, const json_t *config, int keras_major, weight_counts *counts)
{
    *counts = (weight_counts){0};
    if (strcmp(class_name, "EinsumDense") == 0) {
        counts->trained = json_is_string(json_object_get(config, "bias_axes")) ? 2 : 1;
        return true;
    }
    if (strcmp(class_name, "Normalization") == 0) { /* mean and variance; Keras 2 counts what it has seen */
        const json_t *given = json_object_get(config, "mean");
        counts->rest = given && !json_is_null(given) ? 0 : keras_major >= 3 ? 2 : 3;
        return true;
    }
    const json_t *inner = json_object_get(config, strcmp(class_name, "RNN") == 0 ? "cell" : "layer");
    if (!count_row(keras_text(inner, "class_name", ""), json_object_get(inner, "config"), counts))
        return false;
    if (strcmp(class_name, "Bidirectional") == 0) {
        counts->trained *= 2;
        counts->rest *= 2;
    }
    return true;
}

static bool count_weights(const keras_layer *layer, int keras_major, weight_counts *counts)
{
    if (count_row(layer->class_name, layer->config, counts))
        return true;
    for (size_t i = 0; i < sizeof UNCOUNTED / sizeof UNCOUNTED[0]; i++)
        if (strcmp(UNCOUNTED[i], layer->class_name) == 0)
            return count_uncounted(layer->class_name, layer->config, keras_major, counts);
    *counts = (weight_counts){0};
    return strcmp(layer->class_name, "InputLayer") == 0 || keras_find_layer(layer->class_name, layer->config, NULL);
}

typedef struct dealing {
    const keras_weight *pool;
    keras_layer **holders; /* of the weights so far */
    int32_t n, at;
    int keras_major;
    bool fits;
} dealing;

static void take(dealing *d, keras_layer *layer, int32_t n)
{
    for (int32_t i = 0; i < n; i++, d->at++)
        if (d->at < d->n)
            d->holders[d->at] = layer;
}

static bool is_trained(const keras_layer *layer)
{
    return keras_bool(layer->config, "trainable", true);
}

/* Keras 2: the weights that train, of what is not frozen; then the rest, in which a frozen model lists first what would
 * train. Keras 3 knows whether each weight trains, and lists those of a frozen model layer by layer. */
static void take_trained(dealing *d, keras_layer *layer)
{
    weight_counts counts;
    if (!is_trained(layer) && (d->keras_major < 3 || !layer->model))
        return;
    for (int32_t i = 0; layer->model && i < layer->model->n_layers; i++)
        take_trained(d, &layer->model->layers[i]);
    if (!layer->model && count_weights(layer, d->keras_major, &counts))
        take(d, layer, counts.trained);
}

static void take_rest(dealing *d, keras_layer *layer)
{
    weight_counts counts;
    for (int32_t i = 0; layer->model && !is_trained(layer) && d->keras_major < 3 && i < layer->model->n_layers; i++)
        take_trained(d, &layer->model->layers[i]);
    for (int32_t i = 0; layer->model && i < layer->model->n_layers; i++)
        take_rest(d, &layer->model->layers[i]);
    if (layer->model)
        return;
    if (count_weights(layer, d->keras_major, &counts))
        take(d, layer, counts.rest + (is_trained(layer) ? 0 : counts.trained));
    else
        d->fits = false;
}

static void take_all(dealing *d, keras_layer *layer)
{
    weight_counts counts;
    for (int32_t i = 0; layer->model && i < layer->model->n_layers; i++)
        take_all(d, &layer->model->layers[i]);
    if (layer->model)
        return;
    if (count_weights(layer, d->keras_major, &counts))
        take(d, layer, counts.trained + counts.rest);
    else
        d->fits = false;
}

static mote_status hand_over(const dealing *d, mote_arena *arena, mote_error *err)
{
    for (int32_t i = 0; i < d->n; i++)
        d->holders[i]->n_weights++;
    for (int32_t i = 0; i < d->n; i++) {
        keras_layer *layer = d->holders[i];
        if (!layer->weights) {
            layer->weights = mote_arena_calloc(arena, (size_t)layer->n_weights, sizeof *layer->weights);
            layer->n_weights = 0;
        }
        if (!layer->weights)
            return mote_error_no_memory(err);
        layer->weights[layer->n_weights++] = d->pool[i];
    }
    return MOTE_OK;
}

mote_status keras_deal_by_order(keras_layer *owner, const keras_weight *pool, int32_t n, int keras_major,
                                mote_arena *arena, bool *fits, mote_error *err)
{
    dealing d = {.pool = pool, .n = n, .keras_major = keras_major, .fits = true};
    d.holders = mote_arena_calloc(arena, (size_t)n + 1, sizeof(keras_layer *));
    if (!d.holders)
        return mote_error_no_memory(err);
    if (keras_major >= 3 && !is_trained(owner)) {
        take_all(&d, owner);
    } else {
        take_trained(&d, owner);
        take_rest(&d, owner);
    }
    *fits = d.fits && d.at == n;
    return *fits ? hand_over(&d, arena, err) : MOTE_OK;
}
