/* Weights in a group per layer, each by name: .h5 and the older weights .h5. */
#include "import/keras_file.h"
#include "import/keras_weight_order.h"

#include <string.h>

mote_status keras_group_weights(const keras_file *file, const char *layer_name, mote_arena *arena,
                                keras_weight **weights, int32_t *n, mote_error *err)
{
    *weights = NULL;
    *n = 0;
    const char *group = mote_arena_printf(arena, "%s/%s", file->root, layer_name), **names;
    if (!group)
        return mote_error_no_memory(err);
    if (!mote_h5_has(file->h5, group))
        return MOTE_OK;
    mote_status status = mote_h5_text_list(file->h5, group, "weight_names", arena, &names, n, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "layer '%s'", layer_name);
    *weights = mote_arena_calloc(arena, (size_t)*n + 1, sizeof **weights);
    if (!*weights)
        return mote_error_no_memory(err);
    for (int32_t i = 0; status == MOTE_OK && i < *n; i++) {
        keras_weight *weight = &(*weights)[i];
        *weight = (keras_weight){.name = names[i], .tensor = MOTE_NO_TENSOR, .trainable = true};
        const char *path = mote_arena_printf(arena, "%s/%s", group, names[i]);
        status = path ? mote_h5_dataset(file->h5, path, &weight->value, err) : mote_error_no_memory(err);
    }
    return status;
}

/* --- the weights of a model that is a layer are one list; their names tell whose they are --- */

static keras_layer *find_below(const keras_scope *scope, const char *name)
{
    keras_layer *found = keras_scope_find(scope, name);
    for (int32_t i = 0; !found && i < scope->n_layers; i++)
        if (scope->layers[i].model)
            found = find_below(scope->layers[i].model, name);
    return found;
}

/* The layer that the longest stretch of whole parts from `at` on names; *end: where it ends. Names of Keras 2 may hold
 * slashes themselves ("expanded_conv/expand"). */
static keras_layer *find_longest(const keras_scope *scope, const char *at, const char **end)
{
    char name[512];
    for (const char *slash = strrchr(at, '/'); slash;) {
        const size_t n = (size_t)(slash - at);
        if (n < sizeof name) {
            memcpy(name, at, n);
            name[n] = '\0';
            keras_layer *layer = find_below(scope, name);
            *end = slash;
            if (layer)
                return layer;
        }
        do
            slash--;
        while (slash > at && *slash != '/');
        slash = slash > at ? slash : NULL;
    }
    return NULL;
}

/* "head/dense/kernel:0": the first part that names a layer, going down where it names a model. */
static keras_layer *find_holder(const keras_scope *scope, const char *weight_name)
{
    for (const char *at = weight_name, *slash; (slash = strchr(at, '/'));) {
        const char *end = slash;
        keras_layer *layer = find_longest(scope, at, &end);
        if (layer && !layer->model)
            return layer;
        if (layer)
            scope = layer->model;
        at = (layer ? end : slash) + 1;
    }
    return NULL;
}

/* Keras 2 names the statistics of a Normalization layer "mean:0", "variance:0" and "count:0", whatever it is called. */
static keras_layer *find_normalization(const keras_scope *scope, const int32_t *n_found)
{
    enum { N_STATISTICS = 3 };
    keras_layer *found = NULL;
    for (int32_t i = 0; !found && i < scope->n_layers; i++) {
        keras_layer *layer = &scope->layers[i];
        if (layer->model)
            found = find_normalization(layer->model, n_found);
        else if (strcmp(layer->class_name, "Normalization") == 0 && n_found[layer->record] < N_STATISTICS)
            found = layer;
    }
    return found;
}

/* Whose each weight is; *unknown: the first that no name tells. */
static void find_holders(const keras_layer *owner, const keras_weight *pool, int32_t n, keras_layer **holders,
                         int32_t *n_found, const char **unknown)
{
    *unknown = NULL;
    for (int32_t i = 0; i < n && !*unknown; i++) {
        holders[i] = find_holder(owner->model, pool[i].name);
        if (!holders[i] && !strchr(pool[i].name, '/'))
            holders[i] = find_normalization(owner->model, n_found);
        if (holders[i])
            n_found[holders[i]->record]++;
        else
            *unknown = pool[i].name;
    }
}

/* Weights keep the names that they were made with: those of a layer that was renamed are told by their order. */
static mote_status deal_out(keras_layer *owner, const keras_weight *pool, int32_t n, int32_t n_records, int keras_major,
                            mote_arena *arena, mote_error *err)
{
    keras_layer **holders = mote_arena_calloc(arena, (size_t)n + 1, sizeof *holders);
    int32_t *n_found = mote_arena_calloc(arena, (size_t)n_records, sizeof *n_found);
    const char *unknown;
    if (!holders || !n_found)
        return mote_error_no_memory(err);
    find_holders(owner, pool, n, holders, n_found, &unknown);
    if (unknown) {
        bool fits;
        const mote_status status = keras_deal_by_order(owner, pool, n, keras_major, arena, &fits, err);
        if (status != MOTE_OK || fits)
            return status;
        return mote_error_set(err, MOTE_FORMAT, "layer '%s' (%s): its weight '%s' belongs to no layer inside of it",
                              owner->name, owner->class_name, unknown);
    }
    for (int32_t i = 0; i < n; i++) {
        keras_layer *layer = holders[i];
        if (!layer->weights)
            layer->weights = mote_arena_calloc(arena, (size_t)n_found[layer->record], sizeof *layer->weights);
        if (!layer->weights)
            return mote_error_no_memory(err);
        layer->weights[layer->n_weights++] = pool[i];
    }
    return MOTE_OK;
}

/* The last record below a model, plus one. */
static int32_t count_records(const keras_scope *scope)
{
    int32_t n = 0;
    for (int32_t i = 0; i < scope->n_layers; i++) {
        const keras_layer *layer = &scope->layers[i];
        const int32_t below = layer->model ? count_records(layer->model) : 0;
        n = layer->record >= n ? layer->record + 1 : n;
        n = below > n ? below : n;
    }
    return n;
}

mote_status keras_weights_by_name(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    if (layer->scope->owner) /* dealt out with its model's */
        return MOTE_OK;
    keras_weight *pool;
    int32_t n;
    const mote_status status = keras_group_weights(arg, layer->name, arena, &pool, &n, err);
    if (status != MOTE_OK)
        return status;
    if (layer->model)
        return deal_out(layer, pool, n, count_records(layer->model), keras_file_major(arg), arena, err);
    layer->weights = pool;
    layer->n_weights = n;
    return MOTE_OK;
}
