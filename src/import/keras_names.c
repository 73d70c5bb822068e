#include "import/keras_names.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct renamed {
    const char *from, *to;
} renamed;

typedef struct renaming {
    renamed *names;
    int32_t n;
} renaming;

bool keras_same_plain_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !(strchr("/_", *a) && strchr("/_", *b)))
            return false;
    return *a == *b;
}

static const char *find(const renaming *r, const char *name)
{
    for (int32_t i = 0; i < r->n; i++)
        if (strcmp(r->names[i].from, name) == 0)
            return r->names[i].to;
    return NULL;
}

/* By a layer, or by one that is renamed already. */
static bool is_taken(const mote_model *model, const renaming *r, const char *name)
{
    for (int32_t i = 0; i < model->n_layers; i++)
        if (strcmp(model->layers[i].name, name) == 0)
            return true;
    for (int32_t i = 0; i < r->n; i++)
        if (strcmp(r->names[i].to, name) == 0)
            return true;
    return false;
}

/* With '_' for '/', and one more behind where another layer is called so; NULL: out of memory. */
static const char *plain_name(const mote_model *model, const renaming *r, const char *name, mote_arena *arena)
{
    char *plain = mote_arena_strdup(arena, name);
    for (char *at = plain; at && *at; at++)
        *at = *at == '/' ? '_' : *at;
    while (plain && is_taken(model, r, plain))
        plain = mote_arena_printf(arena, "%s_", plain);
    return plain;
}

static mote_status list_names(const mote_model *model, mote_arena *arena, renaming *r, mote_error *err)
{
    *r = (renaming){.names = mote_arena_calloc(arena, (size_t)model->n_layers + 1, sizeof *r->names)};
    if (!r->names)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < model->n_layers; i++) {
        const char *name = model->layers[i].name;
        if (!strchr(name, '/') || find(r, name))
            continue;
        const char *plain = plain_name(model, r, name, arena);
        if (!plain)
            return mote_error_no_memory(err);
        r->names[r->n++] = (renamed){name, plain};
    }
    return MOTE_OK;
}

/* --- the description: a string that is such a name is the layer's, wherever it stands --- */

static json_t *replacement(const renaming *r, const json_t *value)
{
    const char *text = json_string_value(value);
    const char *to = text && strchr(text, '/') ? find(r, text) : NULL;
    return to ? json_string(to) : NULL;
}

static void rename_all(const renaming *r, json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *item = json_array_get(value, i), *other = replacement(r, item);
        if (other)
            json_array_set_new(value, i, other);
        else
            rename_all(r, item);
    }
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at)) {
        json_t *item = json_object_iter_value(at), *other = replacement(r, item);
        if (other)
            json_object_iter_set_new(value, at, other);
        else
            rename_all(r, item);
    }
}

static mote_status rename_description(const renaming *r, mote_arena *arena, mote_model *view, mote_error *err)
{
    json_t *document = view->config_json ? json_loads(view->config_json, 0, NULL) : NULL;
    if (!document)
        return MOTE_OK; /* who writes it says what is wrong with it */
    rename_all(r, document);
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    view->config_json = text ? mote_arena_strdup(arena, text) : NULL;
    free(text);
    return view->config_json ? MOTE_OK : mote_error_no_memory(err);
}

/* --- layers and weights --- */

/* "expanded_conv/expand/kernel:0" of layer "expanded_conv/expand": "expanded_conv_expand/kernel:0" */
static mote_status rename_weights(const char *from, mote_arena *arena, mote_layer *layer, mote_error *err)
{
    const size_t n = strlen(from);
    layer->weights = mote_arena_copy(arena, layer->weights, (size_t)layer->n_weights * sizeof *layer->weights);
    if (!layer->weights)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < layer->n_weights; i++) {
        mote_layer_weight *weight = &layer->weights[i];
        if (strncmp(weight->name, from, n) != 0 || weight->name[n] != '/')
            continue;
        weight->name = mote_arena_printf(arena, "%s%s", layer->name, weight->name + n);
        if (!weight->name)
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}

mote_status keras_plain_names(const mote_model *model, mote_arena *arena, mote_model *view, mote_error *err)
{
    renaming r;
    *view = *model;
    mote_status status = list_names(model, arena, &r, err);
    if (status != MOTE_OK || r.n == 0)
        return status;
    view->layers = mote_arena_copy(arena, model->layers, (size_t)model->n_layers * sizeof *model->layers);
    if (!view->layers)
        return mote_error_no_memory(err);
    for (int32_t i = 0; status == MOTE_OK && i < view->n_layers; i++) {
        mote_layer *layer = &view->layers[i];
        const char *to = strchr(layer->name, '/') ? find(&r, layer->name) : NULL;
        if (!to)
            continue;
        layer->name = to;
        if (layer->n_weights > 0)
            status = rename_weights(model->layers[i].name, arena, layer, err);
    }
    return status == MOTE_OK ? rename_description(&r, arena, view, err) : status;
}
