/*
 * From Keras's description of a model (a list of layers with their calls) to a graph: calls are built as soon as their
 * inputs exist, so that the order of layers in the file does not matter.
 */
#include "import/keras_model.h"

#include <string.h>

typedef struct assembly {
    keras_builder builder;
    keras_layer *layers;
    int32_t n_layers;
    const char *input_shape; /* the user's, for None sizes */
} assembly;

static mote_status no_memory(mote_error *err)
{
    return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
}

/* --- what a call refers to: ["layer", node, tensor, …] --- */

static keras_layer *find_layer(const assembly *a, const char *name)
{
    for (int32_t i = 0; name && i < a->n_layers; i++)
        if (strcmp(a->layers[i].name, name) == 0)
            return &a->layers[i];
    return NULL;
}

static bool is_reference(const json_t *json)
{
    return json_is_array(json) && json_array_size(json) >= 3 && json_is_string(json_array_get(json, 0)) &&
           json_is_integer(json_array_get(json, 1)) && json_is_integer(json_array_get(json, 2));
}

/* The tensor a reference names: -1 while it does not exist yet, -2 when it never will. */
static int32_t resolve(const assembly *a, const json_t *reference)
{
    const keras_layer *layer = find_layer(a, json_string_value(json_array_get(reference, 0)));
    const json_int_t call = json_integer_value(json_array_get(reference, 1));
    const json_int_t output = json_integer_value(json_array_get(reference, 2));
    if (!layer || call < 0 || call >= layer->n_calls || output < 0 || output >= KERAS_MAX_OUTPUTS)
        return -2;
    if (layer->call_n_outputs[call] == 0)
        return -1;
    return output < layer->call_n_outputs[call] ? layer->call_outputs[call * KERAS_MAX_OUTPUTS + output] : -2;
}

typedef struct arguments {
    int32_t tensors[KERAS_MAX_INPUTS];
    int32_t n;
    json_t *kwargs;
    bool waiting;
} arguments;

static mote_status add_reference(const assembly *a, const json_t *reference, arguments *args, mote_error *err)
{
    const int32_t tensor = resolve(a, reference);
    if (tensor == -2 || args->n >= KERAS_MAX_INPUTS)
        return mote_error_set(err, MOTE_FORMAT, "its inbound_nodes name '%s', which the model does not have",
                              json_string_value(json_array_get(reference, 0)));
    args->waiting |= tensor < 0;
    args->tensors[args->n++] = tensor;
    json_t *kwargs = json_array_get(reference, 3);
    if (json_is_object(kwargs) && !args->kwargs)
        args->kwargs = kwargs;
    return MOTE_OK;
}

/* Tensors given by keyword ({"y": ["layer", 0, 0]}) come after the positional ones. */
static mote_status add_keyword_tensors(const assembly *a, arguments *args, mote_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(args->kwargs, key, value)
    {
        if (!is_reference(value))
            continue;
        const mote_status status = add_reference(a, value, args, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static mote_status read_arguments(const assembly *a, const json_t *node, arguments *args, mote_error *err)
{
    *args = (arguments){.n = 0};
    mote_status status = MOTE_OK;
    if (is_reference(node)) {
        status = add_reference(a, node, args, err);
    } else {
        for (size_t i = 0; status == MOTE_OK && i < json_array_size(node); i++) {
            const json_t *reference = json_array_get(node, i);
            if (!is_reference(reference))
                return mote_error_set(err, MOTE_FORMAT, "its inbound_nodes are not in a form mote knows");
            status = add_reference(a, reference, args, err);
        }
    }
    return status == MOTE_OK ? add_keyword_tensors(a, args, err) : status;
}

/* --- inputs --- */

static bool parse_user_dims(const char *text, int32_t *dims, int32_t *n)
{
    *n = 0;
    while (text && *text && *n < MOTE_MAX_RANK) {
        char *end;
        const long value = strtol(text, &end, 10);
        if (end == text || value < 1 || value > 1 << 20 || (*end && *end != 'x'))
            return false;
        dims[(*n)++] = (int32_t)value;
        text = *end ? end + 1 : end;
    }
    return *n > 0;
}

static mote_status read_input_shape(const assembly *a, const keras_layer *layer, mote_shape *shape, mote_error *err)
{
    const json_t *dims = json_object_get(layer->config, "batch_input_shape");
    if (!dims)
        dims = json_object_get(layer->config, "batch_shape");
    const size_t rank = json_array_size(dims);
    if (rank < 1 || rank > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_FORMAT, "input layer '%s' has no shape", layer->name);
    int32_t given[MOTE_MAX_RANK], n_given = 0;
    const bool has_given = parse_user_dims(a->input_shape, given, &n_given) && n_given == (int32_t)rank - 1;
    *shape = (mote_shape){.rank = (int32_t)rank, .dims = {1}};
    for (size_t i = 1; i < rank; i++) {
        const json_t *dim = json_array_get(dims, i);
        if (json_is_integer(dim) && json_integer_value(dim) > 0 && json_integer_value(dim) < INT32_MAX)
            shape->dims[i] = (int32_t)json_integer_value(dim);
        else if (has_given)
            shape->dims[i] = given[i - 1];
        else
            return mote_error_set(err, MOTE_ARGUMENT,
                                  "input '%s' leaves dimension %zu open; give the sizes, e.g. --input-shape 224x224x3",
                                  layer->name, i);
    }
    return MOTE_OK;
}

static mote_status build_input(assembly *a, keras_layer *layer, mote_error *err)
{
    mote_shape shape;
    const mote_status status = read_input_shape(a, layer, &shape, err);
    if (status != MOTE_OK)
        return status;
    const char *dtype_text = keras_text(layer->config, "dtype", "float32");
    mote_dtype dtype;
    if (!mote_dtype_parse(dtype_text, &dtype))
        return mote_error_set(err, MOTE_UNSUPPORTED, "input '%s' has type %s", layer->name, dtype_text);
    const int32_t tensor = mote_graph_add_tensor(a->builder.graph, layer->name, dtype, &shape);
    if (tensor < 0)
        return no_memory(err);
    mote_tensor *t = a->builder.graph->tensors[tensor];
    t->layer = layer->record;
    t->signature = shape;
    t->signature.dims[0] = MOTE_DIM_UNKNOWN;
    t->has_signature = true;
    layer->call_outputs[0] = tensor;
    layer->call_n_outputs[0] = 1;
    return MOTE_OK;
}

/* --- calls --- */

static void record_call(keras_layer *layer, const keras_call *call, int32_t index)
{
    for (int32_t i = 0; i < call->n_outputs; i++)
        layer->call_outputs[index * KERAS_MAX_OUTPUTS + i] = call->outputs[i];
    layer->call_n_outputs[index] = call->n_outputs;
}

static mote_status refuse_unknown(const keras_layer *layer, mote_error *err)
{
    if (strcmp(layer->class_name, "Lambda") == 0)
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "layer '%s' (Lambda) holds Python code, which mote does not run; replace it by Keras "
                              "layers and save again",
                              layer->name);
    return mote_error_set(err, MOTE_UNSUPPORTED,
                          "layer '%s' (%s): mote does not know this layer class; replace it by Keras's own layers",
                          layer->name, layer->class_name);
}

static mote_status build_call(assembly *a, keras_layer *layer, int32_t index, const arguments *args, mote_error *err)
{
    keras_layer_fn *build = keras_find_layer(layer->class_name);
    if (!build)
        return refuse_unknown(layer, err);
    if (args->n < 1)
        return mote_error_set(err, MOTE_FORMAT, "layer '%s' is called on nothing", layer->name);
    keras_call *call = mote_arena_alloc(a->builder.scratch, sizeof *call);
    if (!call)
        return no_memory(err);
    call->builder = &a->builder;
    call->layer = layer;
    call->config = layer->config;
    call->kwargs = args->kwargs;
    call->inputs = args->tensors;
    call->n_inputs = args->n;
    mote_error_clear(err);
    const mote_status status = build(call, err);
    if (status == MOTE_OK)
        record_call(layer, call, index);
    return status;
}

/* Tries the next call of a layer; *done when it was built. */
static mote_status try_call(assembly *a, keras_layer *layer, bool *done, mote_error *err)
{
    *done = false;
    const int32_t index = layer->n_calls_done;
    if (strcmp(layer->class_name, "InputLayer") == 0) {
        *done = true;
        layer->n_calls_done++;
        return build_input(a, layer, err);
    }
    arguments *args = mote_arena_alloc(a->builder.scratch, sizeof *args);
    if (!args)
        return no_memory(err);
    mote_status status = read_arguments(a, json_array_get(layer->inbound, (size_t)index), args, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "layer '%s' (%s)", layer->name, layer->class_name);
    if (args->waiting)
        return MOTE_OK;
    *done = true;
    layer->n_calls_done++;
    return build_call(a, layer, index, args, err);
}

static mote_status build_calls(assembly *a, mote_error *err)
{
    for (bool progress = true; progress;) {
        progress = false;
        for (int32_t i = 0; i < a->n_layers; i++) {
            keras_layer *layer = &a->layers[i];
            for (bool done = true; done && layer->n_calls_done < layer->n_calls;) {
                const mote_status status = try_call(a, layer, &done, err);
                if (status != MOTE_OK)
                    return status;
                progress |= done;
            }
        }
    }
    for (int32_t i = 0; i < a->n_layers; i++)
        if (a->layers[i].n_calls_done < a->layers[i].n_calls)
            return mote_error_set(err, MOTE_FORMAT, "layer '%s' waits for an input that never comes",
                                  a->layers[i].name);
    return MOTE_OK;
}

/* --- layers --- */

static mote_status add_layer(assembly *a, json_t *json, int32_t index, mote_error *err)
{
    keras_layer *layer = &a->layers[index];
    layer->config = json_object_get(json, "config");
    layer->class_name = keras_text(json, "class_name", NULL);
    layer->name = keras_text(json, "name", keras_text(layer->config, "name", NULL));
    layer->inbound = json_object_get(json, "inbound_nodes");
    layer->record = index;
    if (!layer->class_name || !layer->name || !json_is_object(layer->config))
        return mote_error_set(err, MOTE_FORMAT, "layer %d has no class, name or config", index);
    layer->class_name = mote_arena_strdup(a->builder.arena, layer->class_name);
    layer->name = mote_arena_strdup(a->builder.arena, layer->name);
    const size_t n_calls = json_array_size(layer->inbound);
    layer->n_calls = n_calls > 0 ? (int32_t)n_calls : 1;
    layer->call_outputs =
        mote_arena_calloc(a->builder.scratch, (size_t)layer->n_calls * KERAS_MAX_OUTPUTS, sizeof(int32_t));
    layer->call_n_outputs = mote_arena_calloc(a->builder.scratch, (size_t)layer->n_calls, sizeof(int32_t));
    return layer->class_name && layer->name && layer->call_outputs && layer->call_n_outputs ? MOTE_OK : no_memory(err);
}

/* A Sequential is a chain: each layer is called on the one before. An input layer is made where the file has none. */
static mote_status chain_sequential(json_t *layers, mote_error *err)
{
    const json_t *first = json_array_get(layers, 0);
    if (!first)
        return mote_error_set(err, MOTE_FORMAT, "the model has no layers");
    if (strcmp(keras_text(first, "class_name", ""), "InputLayer") != 0) {
        json_t *shape = json_object_get(json_object_get(first, "config"), "batch_input_shape");
        if (!shape)
            return mote_error_set(err, MOTE_FORMAT,
                                  "the model's input shape is not in the file; build it before saving");
        const char *name = keras_text(json_object_get(first, "config"), "name", "layer");
        json_t *input = json_pack("{s:s, s:{s:s+, s:O, s:s}, s:[]}", "class_name", "InputLayer", "config", "name", name,
                                  "_input", "batch_input_shape", shape, "dtype",
                                  keras_text(json_object_get(first, "config"), "dtype", "float32"), "inbound_nodes");
        if (!input || json_array_insert_new(layers, 0, input) != 0)
            return no_memory(err);
        if (strcmp(keras_text(json_object_get(input, "config"), "dtype", "float32"), "float32") != 0)
            json_object_set_new(json_object_get(input, "config"), "dtype", json_string("float32"));
    }
    for (size_t i = 1; i < json_array_size(layers); i++) {
        const json_t *before = json_array_get(layers, i - 1);
        const char *name = keras_text(json_object_get(before, "config"), "name", keras_text(before, "name", ""));
        json_t *inbound = json_pack("[[[s,i,i,{}]]]", name, 0, 0);
        if (!inbound || json_object_set_new(json_array_get(layers, i), "inbound_nodes", inbound) != 0)
            return no_memory(err);
    }
    return MOTE_OK;
}

/* "output_layers": [["dense_2", 0, 0]], or one reference by itself (Keras 3 writes a single input so). */
static mote_status read_ends(const assembly *a, const json_t *ends, int32_t *tensors, int32_t *n, mote_error *err)
{
    *n = 0;
    if (is_reference(ends)) {
        tensors[(*n)++] = resolve(a, ends);
    } else if (json_is_array(ends)) {
        for (size_t i = 0; i < json_array_size(ends) && *n < KERAS_MAX_INPUTS; i++) {
            if (!is_reference(json_array_get(ends, i)))
                return mote_error_set(err, MOTE_FORMAT, "input_layers or output_layers are not in a form mote knows");
            tensors[(*n)++] = resolve(a, json_array_get(ends, i));
        }
    }
    for (int32_t i = 0; i < *n; i++)
        if (tensors[i] < 0)
            return mote_error_set(err, MOTE_FORMAT, "an input or output of the model names a layer that is not there");
    return *n > 0 ? MOTE_OK : mote_error_set(err, MOTE_FORMAT, "the model has no inputs or no outputs");
}

static mote_status set_ends(assembly *a, const json_t *config, bool sequential, mote_error *err)
{
    mote_graph *graph = a->builder.graph;
    int32_t *ends = mote_arena_calloc(a->builder.scratch, 2 * KERAS_MAX_INPUTS, sizeof *ends);
    if (!ends)
        return no_memory(err);
    int32_t *outputs = ends + KERAS_MAX_INPUTS, n_inputs = 1, n_outputs = 1;
    mote_status status = MOTE_OK;
    if (sequential) {
        ends[0] = a->layers[0].call_outputs[0];
        outputs[0] = a->layers[a->n_layers - 1].call_outputs[0];
    } else {
        status = read_ends(a, json_object_get(config, "input_layers"), ends, &n_inputs, err);
        if (status == MOTE_OK)
            status = read_ends(a, json_object_get(config, "output_layers"), outputs, &n_outputs, err);
    }
    if (status == MOTE_OK && mote_graph_set_io(graph, n_inputs, ends, n_outputs, outputs) != MOTE_OK)
        status = no_memory(err);
    return status;
}

/* --- records for summary and for saving again --- */

static mote_status record_weights(const assembly *a, const keras_layer *layer, mote_layer *record)
{
    mote_arena *arena = a->builder.model->arena;
    record->n_weights = layer->n_weights;
    record->weights = mote_arena_calloc(arena, (size_t)layer->n_weights, sizeof *record->weights);
    if (!record->weights)
        return MOTE_NO_MEMORY;
    for (int32_t i = 0; i < layer->n_weights; i++) {
        const keras_weight *from = &layer->weights[i];
        mote_layer_weight *to = &record->weights[i];
        *to = (mote_layer_weight){.name = mote_arena_strdup(arena, from->name),
                                  .tensor = from->tensor,
                                  .layout = from->layout,
                                  .shape = from->value.shape,
                                  .dtype = from->value.dtype,
                                  .trainable = from->trainable};
        if (from->tensor < 0)
            to->data = mote_arena_copy(arena, from->value.data, from->value.n_bytes);
        if (!to->name || (from->tensor < 0 && !to->data))
            return MOTE_NO_MEMORY;
    }
    return MOTE_OK;
}

static mote_status record_inbound(const assembly *a, const keras_layer *layer, mote_layer *record)
{
    mote_arena *arena = a->builder.model->arena;
    const json_t *node = json_array_get(layer->inbound, 0);
    const bool single = is_reference(node);
    const size_t n = single ? 1 : json_array_size(node);
    record->inbound = mote_arena_calloc(arena, n + 1, sizeof *record->inbound);
    if (!record->inbound)
        return MOTE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const json_t *reference = single ? node : json_array_get(node, i);
        record->inbound[record->n_inbound++] =
            mote_arena_printf(arena, "%s[%d][%d]", json_string_value(json_array_get(reference, 0)),
                              (int)json_integer_value(json_array_get(reference, 1)),
                              (int)json_integer_value(json_array_get(reference, 2)));
        if (!record->inbound[record->n_inbound - 1])
            return MOTE_NO_MEMORY;
    }
    return MOTE_OK;
}

static mote_status record_layer(const assembly *a, const keras_layer *layer, mote_layer *record)
{
    mote_arena *arena = a->builder.model->arena;
    char *config = json_dumps(layer->config, JSON_COMPACT);
    record->name = layer->name;
    record->class_name = layer->class_name;
    record->config_json = config ? mote_arena_strdup(arena, config) : NULL;
    free(config);
    record->trainable = keras_bool(layer->config, "trainable", true);
    record->parent = -1;
    record->n_outputs = layer->call_n_outputs[0];
    const size_t n = (size_t)record->n_outputs;
    record->output_shapes = mote_arena_calloc(arena, n, sizeof *record->output_shapes);
    record->output_tensors = mote_arena_calloc(arena, n, sizeof *record->output_tensors);
    if (!record->config_json || !record->output_shapes || !record->output_tensors)
        return MOTE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        record->output_tensors[i] = layer->call_outputs[i];
        record->output_shapes[i] = a->builder.graph->tensors[layer->call_outputs[i]]->shape;
        record->output_shapes[i].dims[0] = MOTE_DIM_UNKNOWN;
    }
    const mote_status status = record_weights(a, layer, record);
    return status == MOTE_OK ? record_inbound(a, layer, record) : status;
}

static mote_status record_layers(assembly *a, mote_error *err)
{
    mote_model *model = a->builder.model;
    model->layers = mote_arena_calloc(model->arena, (size_t)a->n_layers, sizeof *model->layers);
    if (!model->layers)
        return no_memory(err);
    model->n_layers = a->n_layers;
    for (int32_t i = 0; i < a->n_layers; i++)
        if (record_layer(a, &a->layers[i], &model->layers[i]) != MOTE_OK)
            return no_memory(err);
    return MOTE_OK;
}

static bool is_sequential(const char *class_name)
{
    return strcmp(class_name, "Sequential") == 0;
}

static mote_status assemble(assembly *a, json_t *document, keras_weights_fn *weights, void *weights_arg,
                            mote_error *err)
{
    const char *class_name = keras_text(document, "class_name", "");
    const bool sequential = is_sequential(class_name);
    if (!sequential && strcmp(class_name, "Functional") != 0 && strcmp(class_name, "Model") != 0)
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "the model's class is '%s'; only functional and Sequential models can be rebuilt from a "
                              "file",
                              class_name);
    json_t *config = json_object_get(document, "config");
    json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    if (!json_is_array(layers))
        return mote_error_set(err, MOTE_FORMAT, "the model's config has no layers");
    mote_status status = sequential ? chain_sequential(layers, err) : MOTE_OK;
    if (status != MOTE_OK)
        return status;
    a->n_layers = (int32_t)json_array_size(layers);
    a->layers = mote_arena_calloc(a->builder.scratch, (size_t)a->n_layers, sizeof *a->layers);
    const char *name = keras_text(config, "name", "model");
    a->builder.prefix = mote_arena_printf(a->builder.arena, "%s/", name);
    a->builder.model->name = mote_arena_strdup(a->builder.arena, name);
    if (!a->layers || !a->builder.prefix || !a->builder.model->name)
        return no_memory(err);
    for (int32_t i = 0; status == MOTE_OK && i < a->n_layers; i++) {
        status = add_layer(a, json_array_get(layers, (size_t)i), i, err);
        if (status == MOTE_OK)
            status = weights(weights_arg, &a->layers[i], a->builder.scratch, err);
    }
    if (status == MOTE_OK)
        status = build_calls(a, err);
    if (status == MOTE_OK)
        status = set_ends(a, config, sequential, err);
    return status == MOTE_OK ? record_layers(a, err) : status;
}

mote_status keras_build_model(mote_model *model, json_t *document, int keras_major, const char *input_shape,
                              keras_weights_fn *weights, void *weights_arg, mote_error *err)
{
    assembly a = {
        .builder = {.model = model, .graph = model->graphs[0], .arena = model->arena, .keras_major = keras_major},
        .input_shape = input_shape,
    };
    a.builder.scratch = mote_arena_new(NULL, 0);
    if (!a.builder.scratch)
        return no_memory(err);
    const mote_status status = assemble(&a, document, weights, weights_arg, err);
    mote_arena_free(a.builder.scratch);
    return status;
}
