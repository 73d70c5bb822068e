#include "import/keras_tree.h"

#include "import/keras_arguments.h"

#include <string.h>

typedef struct reader {
    keras_tree *tree;
    mote_arena *arena, *scratch;
    int32_t n_calls;
    int depth;
} reader;

static int by_name(const void *a, const void *b)
{
    return strcmp((*(keras_layer *const *)a)->name, (*(keras_layer *const *)b)->name);
}

keras_layer *keras_scope_find(const keras_scope *scope, const char *name)
{
    const keras_layer key = {.name = name};
    const keras_layer *wanted = &key;
    if (!name || !scope->n_layers)
        return NULL;
    keras_layer **found = bsearch(&wanted, scope->by_name, (size_t)scope->n_layers, sizeof *scope->by_name, by_name);
    return found ? *found : NULL;
}

/* --- what a call refers to --- */

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

static mote_status push(const reader *r, arg_list *list, const keras_arg *arg, mote_error *err)
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

static mote_status push_reference(const reader *r, const keras_scope *scope, const json_t *reference, standing at,
                                  arg_list *list, mote_error *err)
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
static const char **sorted_keys(const reader *r, json_t *object, size_t *n)
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
static mote_status push_tensors(reader *r, const keras_scope *scope, json_t *json, standing at, reference_form form,
                                arg_list *list, bool *found, mote_error *err)
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
static mote_status push_keywords(reader *r, const keras_scope *scope, json_t *kwargs, reference_form form,
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

static mote_status push_constant(const reader *r, const json_t *value, arg_list *list, mote_error *err)
{
    return push(r, list, &(keras_arg){.value = value, .tensor = -1}, err);
}

/* {"args": [tensor, [tensor, tensor], 2.0], "kwargs": {…}} */
static mote_status read_site_3(reader *r, const keras_layer *layer, json_t *node, keras_site *site, arg_list *list,
                               mote_error *err)
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
static mote_status read_site_2(reader *r, const keras_scope *scope, json_t *node, keras_site *site, arg_list *list,
                               mote_error *err)
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

/* Keras 2 also writes a dict of references where the layer was called with a dict. */
static bool is_site_3(const json_t *node)
{
    return json_is_array(json_object_get(node, "args"));
}

static mote_status read_sites(reader *r, keras_layer *layer, const json_t *inbound, mote_error *err)
{
    for (int32_t i = 0; i < (int32_t)json_array_size(inbound); i++) {
        json_t *node = json_array_get(inbound, (size_t)i);
        arg_list list = {.n = 0};
        const mote_status status = is_site_3(node) ? read_site_3(r, layer, node, &layer->sites[i], &list, err)
                                                   : read_site_2(r, layer->scope, node, &layer->sites[i], &list, err);
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "layer '%s' (%s)", layer->name, layer->class_name);
        layer->sites[i].args = list.args;
        layer->sites[i].n_args = list.n;
    }
    return MOTE_OK;
}

/* --- numbering of calls --- */

typedef void arg_visitor(keras_arg *arg, void *context);

static void visit_args(keras_scope *scope, bool calls, bool ends, arg_visitor *visit, void *context)
{
    for (int32_t i = 0; calls && i < scope->n_layers; i++)
        for (int32_t j = 0; j < scope->layers[i].n_calls; j++)
            for (int32_t k = 0; k < scope->layers[i].sites[j].n_args; k++)
                visit(&scope->layers[i].sites[j].args[k], context);
    for (int32_t i = 0; ends && i < scope->n_outputs; i++)
        visit(&scope->outputs[i], context);
}

static void note_beyond(keras_arg *arg, void *context)
{
    (void)context;
    if (arg->from && arg->from_call == arg->from->n_calls)
        arg->from->n_calls_done = 1; /* borrowed as a mark until building begins */
}

static void shift_marked(keras_arg *arg, void *context)
{
    (void)context;
    if (arg->from && arg->from->n_calls_done && arg->from_call > 0)
        arg->from_call--;
}

static void shift_models(keras_arg *arg, void *context)
{
    (void)context;
    if (arg->from && arg->from->model && !arg->from->each_step && !arg->from->model->sequential && arg->from_call > 0)
        arg->from_call--;
}

/*
 * A model that is a layer has, in Keras 2, a call number 0 that made it and is not in the file: its calls are counted
 * from 1. Which models that holds for depends on how they were made, but the last call is always referred to, and so
 * tells. Keras 3 counts calls from 0, yet output_layers count those of functional models from 1.
 */
static void number_calls(keras_scope *scope, bool keras_3)
{
    if (keras_3) {
        visit_args(scope, false, true, shift_models, NULL);
        return;
    }
    visit_args(scope, true, true, note_beyond, NULL);
    visit_args(scope, true, true, shift_marked, NULL);
    for (int32_t i = 0; i < scope->n_layers; i++)
        scope->layers[i].n_calls_done = 0;
}

/* --- layers --- */

bool keras_is_model_class(const char *class_name)
{
    return strcmp(class_name, "Functional") == 0 || strcmp(class_name, "Model") == 0 ||
           strcmp(class_name, "Sequential") == 0;
}

json_t *keras_stepped_model(const json_t *layer)
{
    json_t *inner = json_object_get(json_object_get(layer, "config"), "layer");
    return strcmp(keras_text(layer, "class_name", ""), "TimeDistributed") == 0 &&
                   keras_is_model_class(keras_text(inner, "class_name", ""))
               ? inner
               : NULL;
}

static mote_status read_scope(reader *r, keras_scope **scope, keras_layer *owner, json_t *document, mote_error *err);

static mote_status add_layer(reader *r, keras_scope *scope, json_t *json, int32_t index, mote_error *err)
{
    keras_layer *layer = &scope->layers[index];
    const json_t *inbound = json_object_get(json, "inbound_nodes");
    layer->config = json_object_get(json, "config");
    layer->class_name = keras_text(json, "class_name", NULL);
    layer->name = keras_text(json, "name", keras_text(layer->config, "name", NULL));
    layer->scope = scope;
    if (!layer->class_name || !layer->name || !json_is_object(layer->config))
        return mote_error_set(err, MOTE_FORMAT, "layer %d has no class, name or config", index);
    const size_t n_calls = json_array_size(inbound) > 0 ? json_array_size(inbound) : 1;
    if (++r->tree->n_layers > KERAS_MAX_LAYERS || n_calls > (size_t)(KERAS_MAX_CALLS - r->n_calls))
        return mote_error_set(err, MOTE_LIMIT, "more than %d layers or %d calls", KERAS_MAX_LAYERS, KERAS_MAX_CALLS);
    r->n_calls += (int32_t)n_calls;
    layer->n_calls = (int32_t)n_calls;
    layer->class_name = mote_arena_strdup(r->arena, layer->class_name);
    layer->name = mote_arena_strdup(r->arena, layer->name);
    layer->sites = mote_arena_calloc(r->scratch, n_calls, sizeof *layer->sites);
    layer->call_outputs = mote_arena_calloc(r->scratch, n_calls * KERAS_MAX_OUTPUTS, sizeof(int32_t));
    layer->call_n_outputs = mote_arena_calloc(r->scratch, n_calls, sizeof(int32_t));
    if (!layer->class_name || !layer->name || !layer->sites || !layer->call_outputs || !layer->call_n_outputs)
        return mote_error_no_memory(err);
    /* Keras does not list the input of a Sequential among its layers. */
    const bool listed = !scope->sequential || strcmp(layer->class_name, "InputLayer") != 0;
    layer->record = listed ? r->tree->n_records++ : -1;
    json_t *stepped = keras_stepped_model(json);
    layer->each_step = stepped != NULL;
    json = stepped ? stepped : json;
    return stepped || keras_is_model_class(layer->class_name) ? read_scope(r, &layer->model, layer, json, err)
                                                              : MOTE_OK;
}

static mote_status sort_by_name(const reader *r, keras_scope *scope, mote_error *err)
{
    scope->by_name = mote_arena_calloc(r->scratch, (size_t)scope->n_layers, sizeof *scope->by_name);
    if (!scope->by_name)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < scope->n_layers; i++)
        scope->by_name[i] = &scope->layers[i];
    qsort(scope->by_name, (size_t)scope->n_layers, sizeof *scope->by_name, by_name);
    for (int32_t i = 1; i < scope->n_layers; i++)
        if (strcmp(scope->by_name[i - 1]->name, scope->by_name[i]->name) == 0)
            return mote_error_set(err, MOTE_FORMAT, "two layers of a model are named '%s'", scope->by_name[i]->name);
    return MOTE_OK;
}

/* --- Sequential: each layer is called on the one before --- */

/* Where a Sequential without an input layer says what it was built for; NULL: nowhere. */
static json_t *built_shape(const json_t *document, const json_t *config, const json_t *first)
{
    const json_t *first_config = json_object_get(first, "config");
    json_t *const places[] = {
        json_object_get(first_config, "batch_input_shape"),
        json_object_get(first_config, "batch_shape"),
        json_object_get(config, "build_input_shape"),
        json_object_get(json_object_get(document, "build_config"), "input_shape"),
        json_object_get(json_object_get(first, "build_config"), "input_shape"),
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (json_is_array(places[i]))
            return places[i];
    return NULL;
}

static mote_status add_sequential_input(const json_t *document, json_t *config, json_t *layers, bool nested,
                                        mote_error *err)
{
    const json_t *first = json_array_get(layers, 0);
    if (!first)
        return mote_error_set(err, MOTE_FORMAT, "a model has no layers");
    if (strcmp(keras_text(first, "class_name", ""), "InputLayer") == 0)
        return MOTE_OK;
    json_t *shape = built_shape(document, config, first);
    if (!shape && !nested)
        return mote_error_set(err, MOTE_FORMAT, "the model's input shape is not in the file; build it before saving");
    const char *name = keras_text(json_object_get(first, "config"), "name", "layer");
    json_t *input = json_pack("{s:s, s:{s:s+, s:O?}}", "class_name", "InputLayer", "config", "name", name, "_input",
                              "batch_input_shape", shape);
    return input && json_array_insert_new(layers, 0, input) == 0 ? MOTE_OK : mote_error_no_memory(err);
}

static mote_status chain_sites(const reader *r, keras_scope *scope, mote_error *err)
{
    keras_arg *args = mote_arena_calloc(r->scratch, (size_t)scope->n_layers + 1, sizeof *args);
    if (!args)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < scope->n_layers; i++) {
        args[i] = (keras_arg){.from = &scope->layers[i], .tensor = -1};
        if (scope->layers[i].n_calls != 1)
            return mote_error_set(err, MOTE_FORMAT, "layer '%s' of a Sequential has several calls",
                                  scope->layers[i].name);
        if (i > 0)
            scope->layers[i].sites[0] = (keras_site){.args = &args[i - 1], .n_args = 1};
    }
    scope->inputs = &args[0];
    scope->outputs = mote_arena_copy(r->scratch, &args[scope->n_layers - 1], sizeof *args);
    scope->n_inputs = scope->n_outputs = 1;
    return scope->outputs ? MOTE_OK : mote_error_no_memory(err);
}

/* --- functional --- */

static mote_status read_ends(reader *r, keras_scope *scope, json_t *ends, keras_arg **args, int32_t *n, mote_error *err)
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

static mote_status read_functional(reader *r, keras_scope *scope, const json_t *config, const json_t *layers,
                                   mote_error *err)
{
    mote_status status = MOTE_OK;
    bool keras_3 = false;
    for (int32_t i = 0; status == MOTE_OK && i < scope->n_layers; i++) {
        const json_t *inbound = json_object_get(json_array_get(layers, (size_t)i), "inbound_nodes");
        keras_3 |= is_site_3(json_array_get(inbound, 0));
        status = read_sites(r, &scope->layers[i], inbound, err);
    }
    if (status == MOTE_OK)
        status = read_ends(r, scope, json_object_get(config, "input_layers"), &scope->inputs, &scope->n_inputs, err);
    if (status == MOTE_OK)
        status = read_ends(r, scope, json_object_get(config, "output_layers"), &scope->outputs, &scope->n_outputs, err);
    if (status == MOTE_OK)
        number_calls(scope, keras_3);
    for (int32_t i = 0; status == MOTE_OK && i < scope->n_inputs; i++)
        if (strcmp(scope->inputs[i].from->class_name, "InputLayer") != 0)
            status = mote_error_set(err, MOTE_FORMAT, "input_layers name '%s', which is no input layer",
                                    scope->inputs[i].from->name);
    return status;
}

static mote_status read_layers(reader *r, keras_scope *scope, json_t *document, mote_error *err)
{
    json_t *config = json_object_get(document, "config");
    json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    if (!json_is_array(layers))
        return mote_error_set(err, MOTE_FORMAT, "the config of model '%s' has no layers", scope->name);
    mote_status status =
        scope->sequential ? add_sequential_input(document, config, layers, scope->owner != NULL, err) : MOTE_OK;
    if (status != MOTE_OK)
        return status;
    const size_t n = json_array_size(layers);
    if (n == 0 || n > KERAS_MAX_LAYERS)
        return mote_error_set(err, MOTE_LIMIT, "model '%s' has %zu layers", scope->name, n);
    scope->layers = mote_arena_calloc(r->scratch, n, sizeof *scope->layers);
    if (!scope->layers)
        return mote_error_no_memory(err);
    for (size_t i = 0; status == MOTE_OK && i < n; i++) {
        status = add_layer(r, scope, json_array_get(layers, i), (int32_t)i, err);
        scope->n_layers++;
    }
    if (status == MOTE_OK)
        status = sort_by_name(r, scope, err);
    if (status != MOTE_OK)
        return status;
    return scope->sequential ? chain_sites(r, scope, err) : read_functional(r, scope, config, layers, err);
}

static mote_status read_scope(reader *r, keras_scope **scope, keras_layer *owner, json_t *document, mote_error *err)
{
    const char *class_name = keras_text(document, "class_name", "");
    const json_t *config = json_object_get(document, "config");
    if (!keras_is_model_class(class_name))
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "the model's class is '%s'; only functional and Sequential models can be rebuilt from a "
                              "file",
                              class_name);
    if (r->depth >= KERAS_MAX_DEPTH)
        return mote_error_set(err, MOTE_LIMIT, "models are nested more than %d deep", KERAS_MAX_DEPTH);
    keras_scope *made = mote_arena_calloc(r->scratch, 1, sizeof *made);
    if (!made)
        return mote_error_no_memory(err);
    made->owner = owner;
    made->sequential = strcmp(class_name, "Sequential") == 0;
    made->name =
        owner ? owner->name
              : mote_arena_strdup(r->arena, keras_text(config, "name", made->sequential ? "sequential" : "model"));
    *scope = made;
    if (!made->name)
        return mote_error_no_memory(err);
    r->depth++;
    const mote_status status = read_layers(r, made, document, err);
    r->depth--;
    return status;
}

mote_status keras_tree_read(keras_tree *tree, json_t *document, mote_arena *arena, mote_arena *scratch, mote_error *err)
{
    *tree = (keras_tree){0};
    reader r = {.tree = tree, .arena = arena, .scratch = scratch};
    return read_scope(&r, &tree->top, NULL, document, err);
}
