#include "import/keras_sites.h"

#include "import/keras_arguments.h"

#include <string.h>

bool keras_is_reference(const json_t *json)
{
    return json_is_array(json) && json_array_size(json) >= 3 && json_is_string(json_array_get(json, 0)) &&
           json_is_integer(json_array_get(json, 1)) && json_is_integer(json_array_get(json, 2));
}

bool keras_is_constant(const json_t *json)
{
    const char *name = json_string_value(json_array_get(json, 0));
    return json_array_size(json) >= 3 && name && strcmp(name, "_CONSTANT_VALUE") == 0;
}

/* The ["layer", call, output] inside of Keras 3's tensor object; NULL: not one. */
static const json_t *tensor_history(const json_t *json)
{
    const char *class_name = json_string_value(json_object_get(json, "class_name"));
    if (!class_name || strcmp(class_name, "__keras_tensor__") != 0)
        return NULL;
    const json_t *history = json_object_get(json_object_get(json, "config"), "keras_history");
    return keras_is_reference(history) ? history : NULL;
}

typedef struct arg_list {
    keras_arg *args;
    int32_t n, capacity;
} arg_list;

/* Where a tensor stands: the argument's name, the innermost dict's key (NULL: none), its place in the innermost list.
 */
typedef struct standing {
    const char *key, *entry;
    int32_t place;
    bool by_position;
} standing;

static mote_status push(const keras_reading *r, arg_list *list, const keras_arg *arg, mote_error *err)
{
    if (list->n == KERAS_MAX_INPUTS)
        return mote_error_set(err, MOTE_LIMIT, "a call has more than %d arguments", KERAS_MAX_INPUTS);
    if (list->n == list->capacity) {
        const int32_t capacity = list->capacity ? list->capacity * 2 : 4;
        keras_arg *bigger = mote_arena_calloc(r->scratch, (size_t)capacity, sizeof *bigger);
        if (!bigger)
            return mote_error_no_memory(err);
        if (list->n)
            memcpy(bigger, list->args, (size_t)list->n * sizeof *bigger);
        list->args = bigger;
        list->capacity = capacity;
    }
    list->args[list->n++] = *arg;
    return MOTE_OK;
}

static mote_status push_reference(const keras_reading *r, const keras_scope *scope, const json_t *reference,
                                  standing at, arg_list *list, mote_error *err)
{
    const char *name = json_string_value(json_array_get(reference, 0));
    const json_int_t call = json_integer_value(json_array_get(reference, 1));
    const json_int_t output = json_integer_value(json_array_get(reference, 2));
    keras_layer *from = keras_scope_find(scope, name);
    if (!from)
        return mote_error_set(err, MOTE_FORMAT, "it refers to a layer '%s', which the model does not have", name);
    if (call < 0 || call > from->n_calls || output < 0 || output >= KERAS_MAX_OUTPUTS)
        return mote_error_set(err, MOTE_FORMAT, "it refers to call %lld, output %lld of layer '%s'", (long long)call,
                              (long long)output, name);
    const keras_arg arg = {.key = at.key,
                           .entry = at.entry,
                           .place = at.place,
                           .by_position = at.by_position,
                           .from = from,
                           .from_call = (int32_t)call,
                           .from_output = (int32_t)output,
                           .tensor = -1};
    return push(r, list, &arg, err);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A JSON object's keys, sorted as Keras sorts them when it flattens a dict. */
static const char **sorted_keys(const keras_reading *r, json_t *object, size_t *n)
{
    *n = json_object_size(object);
    const char **keys = mote_arena_calloc(r->scratch, *n + 1, sizeof *keys), *key;
    json_t *value;
    size_t i = 0;
    if (!keys)
        return NULL;
    json_object_foreach(object, key, value) keys[i++] = key;
    qsort(keys, *n, sizeof *keys, compare_text);
    return keys;
}

typedef enum reference_form { REFERENCES_2, REFERENCES_3 } reference_form;

/* Appends the tensors in nested lists and dicts. Returns through *found whether there were any. */
static mote_status push_tensors(keras_reading *r, const keras_scope *scope, json_t *json, standing at,
                                reference_form form, arg_list *list, bool *found, mote_error *err)
{
    mote_status status = MOTE_OK;
    const json_t *history = form == REFERENCES_3 ? tensor_history(json) : keras_is_reference(json) ? json : NULL;
    if (history) {
        *found = true;
        return push_reference(r, scope, history, at, list, err);
    }
    if (++r->depth > KERAS_MAX_DEPTH)
        status = mote_error_set(err, MOTE_LIMIT, "its arguments are nested too deeply");
    if (json_is_array(json)) {
        for (size_t i = 0; status == MOTE_OK && i < json_array_size(json); i++)
            status = push_tensors(r, scope, json_array_get(json, i),
                                  (standing){at.key, at.entry, (int32_t)i, at.by_position}, form, list, found, err);
    } else if (json_is_object(json)) {
        size_t n;
        const char **keys = sorted_keys(r, json, &n);
        if (!keys)
            status = mote_error_no_memory(err);
        for (size_t i = 0; status == MOTE_OK && i < n; i++)
            status = push_tensors(r, scope, json_object_get(json, keys[i]),
                                  (standing){at.key, keys[i], (int32_t)i, at.by_position}, form, list, found, err);
    }
    r->depth--;
    return status;
}

/* Tensors given by name. In Keras 2 a list that only looks like a reference is left alone. */
static mote_status push_keywords(keras_reading *r, const keras_scope *scope, json_t *kwargs, reference_form form,
                                 arg_list *list, mote_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(kwargs, key, value)
    {
        bool found = false;
        if (form == REFERENCES_2 && keras_is_reference(value) &&
            !keras_scope_find(scope, json_string_value(json_array_get(value, 0))))
            continue;
        const mote_status status = push_tensors(r, scope, value, (standing){.key = key}, form, list, &found, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static mote_status push_constant(const keras_reading *r, const json_t *value, arg_list *list, mote_error *err)
{
    return push(r, list, &(keras_arg){.value = value, .tensor = -1}, err);
}

/* {"args": [tensor, [tensor, tensor], 2.0], "kwargs": {…}} */
static mote_status read_site_3(keras_reading *r, const keras_layer *layer, json_t *node, keras_site *site,
                               arg_list *list, mote_error *err)
{
    const keras_scope *scope = layer->scope;
    const json_t *args = json_object_get(node, "args");
    mote_status status = MOTE_OK;
    for (size_t i = 0; status == MOTE_OK && i < json_array_size(args); i++) {
        json_t *arg = json_array_get(args, i);
        const standing at = {.key = keras_argument_name(layer, i), .by_position = true};
        bool found = false;
        status = push_tensors(r, scope, arg, at, REFERENCES_3, list, &found, err);
        if (status == MOTE_OK && !found && !at.key) /* Keras gives nothing but tensors, and None, by position there */
            status = push_constant(r, arg, list, err);
    }
    json_t *kwargs = json_object_get(node, "kwargs");
    site->kwargs = json_is_object(kwargs) ? kwargs : NULL;
    return status == MOTE_OK ? push_keywords(r, scope, site->kwargs, REFERENCES_3, list, err) : status;
}

/* [["a", 0, 0, {…}], ["b", 0, 0, {…}]]; the keyword arguments stand at the tensors. */
static mote_status read_site_2(keras_reading *r, const keras_scope *scope, json_t *node, keras_site *site,
                               arg_list *list, mote_error *err)
{
    json_t *single = keras_is_reference(node) || keras_is_constant(node) ? node : json_array_get(node, 0);
    json_t *kwargs = json_array_get(single, 3);
    bool found = false;
    mote_status status = keras_is_constant(single)
                             ? push_constant(r, json_array_get(single, 2), list, err)
                             : push_tensors(r, scope, node, (standing){0}, REFERENCES_2, list, &found, err);
    if (status == MOTE_OK && list->n == 0)
        status = mote_error_set(err, MOTE_FORMAT, "its inbound_nodes are not in a form mote knows");
    site->kwargs = json_is_object(kwargs) ? kwargs : NULL;
    return status == MOTE_OK ? push_keywords(r, scope, site->kwargs, REFERENCES_2, list, err) : status;
}

bool keras_is_site_3(const json_t *node)
{
    return json_is_array(json_object_get(node, "args"));
}

mote_status keras_read_sites(keras_reading *r, keras_layer *layer, const json_t *inbound, mote_error *err)
{
    for (int32_t i = 0; i < (int32_t)json_array_size(inbound); i++) {
        json_t *node = json_array_get(inbound, (size_t)i);
        arg_list list = {.n = 0};
        const mote_status status = keras_is_site_3(node)
                                       ? read_site_3(r, layer, node, &layer->sites[i], &list, err)
                                       : read_site_2(r, layer->scope, node, &layer->sites[i], &list, err);
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "layer '%s' (%s)", layer->name, layer->class_name);
        layer->sites[i].args = list.args;
        layer->sites[i].n_args = list.n;
    }
    return MOTE_OK;
}

mote_status keras_read_ends(keras_reading *r, const keras_scope *scope, json_t *ends, keras_arg **args, int32_t *n,
                            mote_error *err)
{
    arg_list list = {.n = 0};
    bool found = false;
    const mote_status status = push_tensors(r, scope, ends, (standing){0}, REFERENCES_2, &list, &found, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "input_layers or output_layers of model '%s'", scope->name);
    if (!found)
        return mote_error_set(err, MOTE_FORMAT, "model '%s' has no inputs or no outputs", scope->name);
    *args = list.args;
    *n = list.n;
    return MOTE_OK;
}
