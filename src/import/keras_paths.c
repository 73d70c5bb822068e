/*
 * Weights by class path, "layers/conv2d_1/vars/0": .keras and .weights.h5. Layers have no names there; the second
 * Conv2D of a model is "conv2d_1". A model that is a layer has "layers" of its own. Files written on Windows by Keras
 * 2.12 join these paths by backslashes, in the names of groups at the root; and Keras 2.12 counts some layers twice, so
 * that the second Conv2D may be "conv2d_2". Hence: the numbers give the order, not the place.
 */
#include "import/keras_dialect.h"
#include "import/keras_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *snake_case(mote_arena *arena, const char *class_name)
{
    const size_t n_bytes = 2 * strlen(class_name) + 4;
    char *out = mote_arena_alloc(arena, n_bytes);
    if (out)
        keras_snake_case(class_name, out, n_bytes);
    return out;
}

/* A group of the file or a layer of the model: what it is called, and its place among those called the same. */
typedef struct numbered {
    const char *base;
    long number;
    const char *whole;  /* of a group: its name */
    keras_layer *layer; /* of a layer */
} numbered;

static int compare(const void *a, const void *b)
{
    const numbered *x = a, *y = b;
    const int by_base = strcmp(x->base, y->base);
    return by_base ? by_base : (x->number > y->number) - (x->number < y->number);
}

/* "conv2d_12" -> "conv2d", 12; "conv2d" -> "conv2d", 0. */
static bool parse_group(mote_arena *arena, const char *name, numbered *out)
{
    size_t n = strlen(name), digits = 0;
    while (digits < n && isdigit((unsigned char)name[n - 1 - digits]))
        digits++;
    const bool has_number = digits > 0 && digits < 9 && n > digits + 1 && name[n - 1 - digits] == '_';
    *out = (numbered){.whole = name, .number = has_number ? strtol(name + n - digits, NULL, 10) : 0};
    out->base = mote_arena_strndup(arena, name, has_number ? n - digits - 1 : n);
    return out->base != NULL;
}

/* --- where the groups of a model's layers are --- */

typedef struct container {
    const char *prefix;  /* "/layers/functional/layers/" */
    const char **groups; /* names behind it */
    int32_t n_groups;
} container;

static const char *const CONTAINERS[] = {"layers", "_layer_checkpoint_dependencies"};
enum { N_CONTAINERS = sizeof CONTAINERS / sizeof CONTAINERS[0] };

static mote_status find_groups(const mote_h5 *h5, const char *base, mote_arena *arena, container *found,
                               mote_error *err)
{
    for (int i = 0; i < N_CONTAINERS; i++) {
        const char *path = mote_arena_printf(arena, "%s/%s", base, CONTAINERS[i]);
        found->prefix = mote_arena_printf(arena, "%s/", path ? path : "");
        if (!path || !found->prefix)
            return mote_error_no_memory(err);
        if (mote_h5_has(h5, path))
            return mote_h5_members(h5, path, arena, &found->groups, &found->n_groups, err);
    }
    return MOTE_OK;
}

/* base is "" or "/layers\functional": all groups are at the root. */
static mote_status find_groups_at_root(const mote_h5 *h5, const char *base, mote_arena *arena, container *found,
                                       mote_error *err)
{
    const char **members;
    int32_t n;
    const mote_status status = mote_h5_members(h5, "/", arena, &members, &n, err);
    if (status != MOTE_OK)
        return status;
    found->groups = mote_arena_calloc(arena, (size_t)n + 1, sizeof *found->groups);
    if (!found->groups)
        return mote_error_no_memory(err);
    for (int i = 0; found->n_groups == 0 && i < N_CONTAINERS; i++) {
        found->prefix = *base ? mote_arena_printf(arena, "%s\\%s\\", base, CONTAINERS[i])
                              : mote_arena_printf(arena, "/%s\\", CONTAINERS[i]);
        if (!found->prefix)
            return mote_error_no_memory(err);
        const size_t length = strlen(found->prefix) - 1; /* members have no leading slash */
        for (int32_t j = 0; j < n; j++)
            if (strncmp(members[j], found->prefix + 1, length) == 0 && !strchr(members[j] + length, '\\'))
                found->groups[found->n_groups++] = members[j] + length;
    }
    return MOTE_OK;
}

/* Gives every layer of a scope its path. */
static mote_status match_layers(const keras_file *file, keras_scope *scope, mote_arena *arena, mote_error *err)
{
    const char *base = scope->owner ? scope->owner->path : "";
    container found = {0};
    if (!base) /* the model itself is not in the file */
        return MOTE_OK;
    if (scope->owner && scope->owner->each_step && !(base = mote_arena_printf(arena, "%s/layer", base)))
        return mote_error_no_memory(err);
    mote_status status = find_groups(file->h5, base, arena, &found, err);
    if (status == MOTE_OK && found.n_groups == 0)
        status = find_groups_at_root(file->h5, base, arena, &found, err);
    if (status != MOTE_OK)
        return status;
    numbered *groups = mote_arena_calloc(arena, (size_t)found.n_groups + 1, sizeof *groups);
    numbered *layers = mote_arena_calloc(arena, (size_t)scope->n_layers + 1, sizeof *layers);
    if (!groups || !layers)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < found.n_groups; i++)
        if (!parse_group(arena, found.groups[i], &groups[i]))
            return mote_error_no_memory(err);
    for (int32_t i = 0; i < scope->n_layers; i++) {
        keras_layer *layer = &scope->layers[i];
        /* "Model" with layers of its own is written where its class goes by that name; Keras makes it a Functional. */
        const bool functional = layer->model && strcmp(layer->class_name, "Model") == 0;
        const char *class_name = functional ? "Functional" : layer->class_name;
        layers[i] = (numbered){.base = snake_case(arena, class_name), .number = i, .layer = layer};
        if (!layers[i].base)
            return mote_error_no_memory(err);
    }
    qsort(groups, (size_t)found.n_groups, sizeof *groups, compare);
    qsort(layers, (size_t)scope->n_layers, sizeof *layers, compare);
    for (int32_t i = 0, j = 0; i < scope->n_layers && j < found.n_groups;) {
        const int order = strcmp(layers[i].base, groups[j].base);
        if (order == 0 && !(layers[i].layer->path = mote_arena_printf(arena, "%s%s", found.prefix, groups[j].whole)))
            return mote_error_no_memory(err);
        i += order <= 0;
        j += order >= 0;
    }
    return MOTE_OK;
}

/* --- the parts of layers that are made of others --- */

/* In the order in which such a layer lists its weights. Keras 2 puts an underscore before some of these names. */
typedef struct parts_row {
    const char *class_name;
    const char *parts[KERAS_MAX_PARTS];
} parts_row;

static const parts_row PARTS[] = {
    {"LSTM", {"cell"}},
    {"GRU", {"cell"}},
    {"SimpleRNN", {"cell"}},
    {"ConvLSTM1D", {"cell"}},
    {"ConvLSTM2D", {"cell"}},
    {"RNN", {"cell"}},
    {"Bidirectional", {"forward_layer/cell", "backward_layer/cell"}},
    {"MultiHeadAttention", {"query_dense", "key_dense", "value_dense", "output_dense"}},
    {"TimeDistributed", {"layer"}},
};

const char *const *keras_layer_parts(const char *class_name)
{
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        if (strcmp(PARTS[i].class_name, class_name) == 0)
            return PARTS[i].parts;
    return NULL;
}

static mote_status read_vars(const keras_file *file, const char *group, keras_layer *layer, mote_arena *arena,
                             mote_error *err)
{
    enum { MAX_VARS = 64 };
    for (int i = 0; i < MAX_VARS; i++) {
        const char *path = mote_arena_printf(arena, "%s/vars/%d", group, i);
        if (!path)
            return mote_error_no_memory(err);
        if (!mote_h5_has(file->h5, path))
            break;
        keras_weight *weights = mote_arena_calloc(arena, (size_t)layer->n_weights + 1, sizeof *weights);
        if (!weights)
            return mote_error_no_memory(err);
        if (layer->n_weights)
            memcpy(weights, layer->weights, (size_t)layer->n_weights * sizeof *weights);
        keras_weight *weight = &weights[layer->n_weights];
        *weight = (keras_weight){.tensor = MOTE_NO_TENSOR, .trainable = true};
        const mote_status status = mote_h5_dataset(file->h5, path, &weight->value, err);
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "layer '%s'", layer->name);
        layer->weights = weights;
        layer->n_weights++;
    }
    return MOTE_OK;
}

static mote_status read_part(const keras_file *file, keras_layer *layer, const char *part, mote_arena *arena,
                             mote_error *err)
{
    const char *plain = mote_arena_printf(arena, "%s/%s", layer->path, part);
    const char *hidden = mote_arena_printf(arena, "%s/_%s", layer->path, part);
    if (!plain || !hidden)
        return mote_error_no_memory(err);
    return read_vars(file, mote_h5_has(file->h5, plain) ? plain : hidden, layer, arena, err);
}

mote_status keras_weights_by_path(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    const keras_file *file = arg;
    mote_status status = MOTE_OK;
    if (layer == layer->scope->layers)
        status = match_layers(file, layer->scope, arena, err);
    if (status != MOTE_OK || !layer->path || layer->model)
        return status;
    status = read_vars(file, layer->path, layer, arena, err);
    const char *const *parts = keras_layer_parts(layer->class_name);
    for (int i = 0; status == MOTE_OK && parts && i < KERAS_MAX_PARTS && parts[i]; i++)
        status = read_part(file, layer, parts[i], arena, err);
    return status;
}
