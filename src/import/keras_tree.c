#include "import/keras_tree.h"

#include "import/keras_sites.h"

#include <string.h>

typedef struct reader {
    keras_tree *tree;
    mote_arena *arena;
    keras_reading reading;
    int32_t n_calls;
} reader;

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
    layer->sites = mote_arena_calloc(r->reading.scratch, n_calls, sizeof *layer->sites);
    layer->call_outputs = mote_arena_calloc(r->reading.scratch, n_calls * KERAS_MAX_OUTPUTS, sizeof(int32_t));
    layer->call_n_outputs = mote_arena_calloc(r->reading.scratch, n_calls, sizeof(int32_t));
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
    keras_arg *args = mote_arena_calloc(r->reading.scratch, (size_t)scope->n_layers + 1, sizeof *args);
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
    scope->outputs = mote_arena_copy(r->reading.scratch, &args[scope->n_layers - 1], sizeof *args);
    scope->n_inputs = scope->n_outputs = 1;
    return scope->outputs ? MOTE_OK : mote_error_no_memory(err);
}

/* --- functional --- */

static mote_status read_functional(reader *r, keras_scope *scope, const json_t *config, const json_t *layers,
                                   mote_error *err)
{
    mote_status status = MOTE_OK;
    bool keras_3 = false;
    for (int32_t i = 0; status == MOTE_OK && i < scope->n_layers; i++) {
        const json_t *inbound = json_object_get(json_array_get(layers, (size_t)i), "inbound_nodes");
        keras_3 |= keras_is_site_3(json_array_get(inbound, 0));
        status = keras_read_sites(&r->reading, &scope->layers[i], inbound, err);
    }
    if (status == MOTE_OK)
        status = keras_read_ends(&r->reading, scope, json_object_get(config, "input_layers"), &scope->inputs,
                                 &scope->n_inputs, err);
    if (status == MOTE_OK)
        status = keras_read_ends(&r->reading, scope, json_object_get(config, "output_layers"), &scope->outputs,
                                 &scope->n_outputs, err);
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
    scope->layers = mote_arena_calloc(r->reading.scratch, n, sizeof *scope->layers);
    if (!scope->layers)
        return mote_error_no_memory(err);
    for (size_t i = 0; status == MOTE_OK && i < n; i++) {
        status = add_layer(r, scope, json_array_get(layers, i), (int32_t)i, err);
        scope->n_layers++;
    }
    if (status == MOTE_OK)
        status = keras_scope_sort(scope, r->reading.scratch, err);
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
    if (r->reading.depth >= KERAS_MAX_DEPTH)
        return mote_error_set(err, MOTE_LIMIT, "models are nested more than %d deep", KERAS_MAX_DEPTH);
    keras_scope *made = mote_arena_calloc(r->reading.scratch, 1, sizeof *made);
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
    r->reading.depth++;
    const mote_status status = read_layers(r, made, document, err);
    r->reading.depth--;
    return status;
}

mote_status keras_tree_read(keras_tree *tree, json_t *document, mote_arena *arena, mote_arena *scratch, mote_error *err)
{
    *tree = (keras_tree){0};
    reader r = {.tree = tree, .arena = arena, .reading = {.scratch = scratch}};
    return read_scope(&r, &tree->top, NULL, document, err);
}
