/*
 * From Keras's description of a model (a tree of layers with their calls) to a graph: calls are built as soon as their
 * inputs exist, so that the order of layers in the file does not matter. A call of a model builds all that is inside
 * once more, on the same weights.
 */
#include "import/keras_model.h"

#include "import/keras_expr.h"
#include "import/keras_mask.h"
#include "import/keras_record.h"
#include "import/keras_turned.h"
#include "import/keras_wrapper.h"

#include <string.h>

typedef struct assembly {
    keras_builder builder;
    keras_sizes sizes; /* for None */
    keras_weights_fn *weights;
    void *weights_arg;
    keras_tree tree;
    int32_t n_built; /* calls so far: models in models multiply */
} assembly;

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

static mote_status read_input_shape(assembly *a, const keras_layer *layer, mote_shape *shape, mote_error *err)
{
    const json_t *dims = json_object_get(layer->config, "batch_input_shape");
    if (!dims)
        dims = json_object_get(layer->config, "batch_shape");
    const size_t rank = json_array_size(dims);
    if (rank < 1 || rank > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_FORMAT, "input layer '%s' has no shape", layer->name);
    int32_t given[MOTE_MAX_RANK], n_given = 0;
    const bool parsed = parse_user_dims(a->sizes.given, given, &n_given), has_given = n_given == (int32_t)rank - 1;
    if (a->sizes.given && !parsed)
        return mote_error_set(err, MOTE_ARGUMENT, "--input-shape %s: write the sizes as 224x224x3", a->sizes.given);
    *shape = (mote_shape){.rank = (int32_t)rank, .dims = {1}};
    const json_int_t batch = json_integer_value(json_array_get(dims, 0));
    if (batch > 0 && batch < INT32_MAX)
        a->builder.batch = (int32_t)batch;
    for (size_t i = 1; i < rank; i++) {
        const json_t *dim = json_array_get(dims, i);
        if (json_is_integer(dim) && json_integer_value(dim) > 0 && json_integer_value(dim) < INT32_MAX)
            shape->dims[i] = (int32_t)json_integer_value(dim);
        else if (has_given)
            shape->dims[i] = given[i - 1];
        else if (a->sizes.stand_in > 0)
            shape->dims[i] = a->sizes.stand_in;
        else
            return mote_error_set(err, MOTE_ARGUMENT,
                                  "input '%s' leaves dimension %zu open; give the sizes, e.g. --input-shape 224x224x3",
                                  layer->name, i);
    }
    return MOTE_OK;
}

/* Keras 3 writes some types as a policy: {"class_name": "DTypePolicy", "config": {"name": "float32"}}. */
static const char *dtype_text(const json_t *config)
{
    const json_t *policy = json_object_get(json_object_get(config, "dtype"), "config");
    return policy ? keras_text(policy, "name", "float32") : keras_text(config, "dtype", "float32");
}

static mote_status build_input(assembly *a, keras_layer *layer, keras_call *call, mote_error *err)
{
    mote_shape shape;
    const mote_status status = read_input_shape(a, layer, &shape, err);
    if (status != MOTE_OK)
        return status;
    mote_dtype dtype;
    if (!keras_dtype(dtype_text(layer->config), &dtype))
        return mote_error_set(err, MOTE_UNSUPPORTED, "input '%s' has type %s", layer->name, dtype_text(layer->config));
    const int32_t tensor = mote_graph_add_tensor(a->builder.graph, layer->name, dtype, &shape);
    if (tensor < 0)
        return mote_error_no_memory(err);
    mote_tensor *t = a->builder.graph->tensors[tensor];
    t->layer = layer->record;
    t->signature = shape;
    t->signature.dims[0] = a->builder.batch;
    t->has_signature = true;
    return keras_pass(call, tensor);
}

/* --- calls --- */

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

static mote_status build_scope(assembly *a, keras_scope *scope, const int32_t *given, int32_t n_given, mote_error *err);

/* The tensor for an input of a model that is called with a dict: a model that was made with a list goes by its inputs'
 * names. -1: none. */
static int32_t entry_of(const keras_call *call, const keras_arg *input)
{
    const char *wanted = input->entry ? input->entry : input->from->name;
    for (int32_t i = 0; i < call->n_args; i++)
        if (call->args[i].entry && !keras_arg_is_mask(&call->args[i]) && strcmp(call->args[i].entry, wanted) == 0)
            return call->args[i].tensor;
    return -1;
}

/* Masks that the call gives by name belong to the inputs while the model inside is built, one by one: those of a dict
 * in the order of its keys, whatever the order of the model's inputs. own: what the inputs have else. */
static mote_status give_masks(keras_call *call, const int32_t *given, int32_t *own, mote_error *err)
{
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < call->n_inputs; i++) {
        int32_t mask;
        own[i] = keras_mask_of(call, given[i]);
        status = keras_input_mask(call, i, given[i], &mask, err);
        if (mask == MOTE_NO_TENSOR && call->builder->keras_major >= 3)
            continue; /* which lets what an input has be */
        if (status == MOTE_OK)
            status = keras_set_mask(call, given[i], mask, err);
    }
    return status;
}

static mote_status take_masks_back(keras_call *call, const int32_t *given, const int32_t *own, mote_error *err)
{
    mote_status status = MOTE_OK;
    for (int32_t i = call->n_inputs - 1; status == MOTE_OK && i >= 0; i--)
        status = keras_set_mask(call, given[i], own[i], err);
    return status;
}

/* scope, once more, on the tensors given. */
static mote_status build_named(assembly *a, keras_scope *scope, keras_call *call, const int32_t *given, mote_error *err)
{
    int32_t own[KERAS_MAX_INPUTS];
    const bool masked = !call->layer->each_step && keras_has_mask(call);
    mote_status status = masked ? give_masks(call, given, own, err) : MOTE_OK;
    if (status != MOTE_OK)
        return status;
    const char *prefix = a->builder.prefix;
    a->builder.prefix = mote_arena_printf(a->builder.scratch, "%s%s/", prefix, call->layer->name);
    if (!a->builder.prefix)
        return mote_error_no_memory(err);
    status = build_scope(a, scope, given, call->n_inputs, err);
    a->builder.prefix = prefix;
    return status == MOTE_OK && masked ? take_masks_back(call, given, own, err) : status;
}

/* The inside of a model, on the tensors that it is called with. */
static mote_status build_inside(assembly *a, keras_call *call, mote_error *err)
{
    keras_scope *scope = call->layer->model;
    int32_t given[KERAS_MAX_INPUTS], steps = 1;
    if (call->n_inputs != scope->n_inputs)
        return keras_refuse(call, err, "it is called with %d tensors, and has %d inputs", call->n_inputs,
                            scope->n_inputs);
    if (scope->n_outputs > KERAS_MAX_OUTPUTS)
        return keras_refuse(call, err, "it has %d outputs; %d are the most", scope->n_outputs, KERAS_MAX_OUTPUTS);
    for (int32_t i = 0; i < call->n_inputs; i++) {
        const int32_t entry = entry_of(call, &scope->inputs[i]);
        given[i] = entry >= 0 ? entry : call->inputs[i];
    }
    mote_status status = MOTE_OK;
    if (call->layer->each_step)
        status = keras_enter_steps(call, call->n_inputs, given, &steps, err);
    if (status == MOTE_OK)
        status = build_named(a, scope, call, given, err);
    for (int32_t i = 0; status == MOTE_OK && i < scope->n_outputs; i++)
        call->outputs[i] = scope->outputs[i].tensor;
    call->n_outputs = scope->n_outputs;
    return status == MOTE_OK && call->layer->each_step ? keras_leave_steps(call, steps, err) : status;
}

/* Resolves the arguments; false while one does not exist yet. Tensors go to inputs. */
static mote_status gather(const keras_layer *layer, keras_site *site, int32_t *inputs, int32_t *n, bool *ready,
                          mote_error *err)
{
    *n = 0;
    *ready = false;
    for (int32_t i = 0; i < site->n_args; i++) {
        keras_arg *arg = &site->args[i];
        if (!arg->from)
            continue;
        if (arg->from_call >= arg->from->n_calls)
            return mote_error_set(err, MOTE_FORMAT, "layer '%s': call %d of layer '%s' is not there", layer->name,
                                  arg->from_call, arg->from->name);
        const int32_t n_outputs = arg->from->call_n_outputs[arg->from_call];
        if (n_outputs == 0)
            return MOTE_OK;
        if (arg->from_output >= n_outputs)
            return mote_error_set(err, MOTE_FORMAT, "layer '%s': output %d of layer '%s' is not there", layer->name,
                                  arg->from_output, arg->from->name);
        arg->tensor = arg->from->call_outputs[arg->from_call * KERAS_MAX_OUTPUTS + arg->from_output];
        if (!keras_arg_is_mask(arg)) /* keras_call_mask finds it */
            inputs[(*n)++] = arg->tensor;
    }
    *ready = true;
    return MOTE_OK;
}

static mote_status call_layer(assembly *a, keras_call *call, mote_error *err)
{
    keras_layer *layer = call->layer;
    keras_mask_way mask = KERAS_MASK_DROPPED;
    keras_layer_fn *build = layer->model ? NULL : keras_find_layer(layer->class_name, layer->config, &mask);
    if (!layer->model && !build)
        return refuse_unknown(layer, err);
    if (call->n_inputs < 1)
        return mote_error_set(err, MOTE_FORMAT, "layer '%s' (%s) is called on nothing", layer->name, layer->class_name);
    mote_status status = keras_refuse_turned(call, err);
    if (status != MOTE_OK)
        return status;
    mote_error_clear(err);
    status = layer->model ? build_inside(a, call, err) : build(call, err);
    if (mask == KERAS_MASK_CARRIED || (mask == KERAS_MASK_CARRIED_3 && a->builder.keras_major >= 3)) {
        int32_t own = MOTE_NO_TENSOR;
        if (status == MOTE_OK)
            status = keras_output_mask(call, &own, err);
        if (status == MOTE_OK)
            status = keras_set_mask(call, call->outputs[0], own, err);
    }
    return status;
}

/* given: what the inputs of this scope are bound to; NULL at the top. */
typedef struct binding {
    const int32_t *given;
    int32_t n_given;
} binding;

static bool bind_input(const keras_layer *layer, const binding *bound, keras_call *call)
{
    for (int32_t i = 0; i < bound->n_given; i++)
        if (layer->scope->inputs[i].from == layer) {
            keras_pass(call, bound->given[i]);
            return true;
        }
    return false;
}

/* Tries the next call of a layer; *done when it was built. */
static mote_status try_call(assembly *a, keras_layer *layer, const binding *bound, bool *done, mote_error *err)
{
    const int32_t index = layer->n_calls_done;
    keras_site *site = &layer->sites[index];
    int32_t inputs[KERAS_MAX_INPUTS];
    keras_call call = {.builder = &a->builder,
                       .layer = layer,
                       .config = layer->config,
                       .kwargs = site->kwargs,
                       .args = site->args,
                       .n_args = site->n_args,
                       .inputs = inputs};
    mote_status status = gather(layer, site, inputs, &call.n_inputs, done, err);
    if (status != MOTE_OK || !*done)
        return status;
    if (++a->n_built > KERAS_MAX_CALLS)
        return mote_error_set(err, MOTE_LIMIT, "more than %d calls of layers", KERAS_MAX_CALLS);
    const bool is_input = strcmp(layer->class_name, "InputLayer") == 0;
    if (!is_input)
        status = call_layer(a, &call, err);
    else if (!bind_input(layer, bound, &call))
        status = build_input(a, layer, &call, err);
    if (status != MOTE_OK)
        return status;
    layer->n_calls_done++;
    layer->call_n_outputs[index] = call.n_outputs;
    memcpy(layer->call_outputs + index * KERAS_MAX_OUTPUTS, call.outputs, sizeof call.outputs);
    return keras_record_call(&a->builder, layer, index, err);
}

static mote_status build_calls(assembly *a, keras_scope *scope, const binding *bound, mote_error *err)
{
    for (bool progress = true; progress;) {
        progress = false;
        for (int32_t i = 0; i < scope->n_layers; i++) {
            keras_layer *layer = &scope->layers[i];
            for (bool done = true; done && layer->n_calls_done < layer->n_calls;) {
                const mote_status status = try_call(a, layer, bound, &done, err);
                if (status != MOTE_OK)
                    return status;
                progress |= done;
            }
        }
    }
    for (int32_t i = 0; i < scope->n_layers; i++)
        if (scope->layers[i].n_calls_done < scope->layers[i].n_calls)
            return mote_error_set(err, MOTE_FORMAT, "layer '%s' waits for an input that never comes",
                                  scope->layers[i].name);
    return MOTE_OK;
}

static mote_status resolve_ends(keras_scope *scope, keras_arg *ends, int32_t n, mote_error *err)
{
    keras_site site = {.args = ends, .n_args = n};
    int32_t tensors[KERAS_MAX_INPUTS], n_tensors;
    bool ready;
    const keras_layer model = {.name = scope->name};
    const mote_status status = gather(&model, &site, tensors, &n_tensors, &ready, err);
    if (status == MOTE_OK && !ready)
        return mote_error_set(err, MOTE_FORMAT, "an input or output of model '%s' is not there", scope->name);
    return status;
}

static mote_status build_scope(assembly *a, keras_scope *scope, const int32_t *given, int32_t n_given, mote_error *err)
{
    const binding bound = {given, n_given};
    for (int32_t i = 0; i < scope->n_layers; i++) {
        scope->layers[i].n_calls_done = 0;
        memset(scope->layers[i].call_n_outputs, 0, (size_t)scope->layers[i].n_calls * sizeof(int32_t));
    }
    mote_status status = build_calls(a, scope, &bound, err);
    if (status == MOTE_OK)
        status = resolve_ends(scope, scope->inputs, scope->n_inputs, err);
    if (status == MOTE_OK)
        status = resolve_ends(scope, scope->outputs, scope->n_outputs, err);
    return status;
}

/* --- the whole --- */

static mote_status set_ends(const assembly *a, mote_error *err)
{
    const keras_scope *top = a->tree.top;
    int32_t inputs[KERAS_MAX_INPUTS], outputs[KERAS_MAX_INPUTS];
    for (int32_t i = 0; i < top->n_inputs; i++)
        inputs[i] = top->inputs[i].tensor;
    for (int32_t i = 0; i < top->n_outputs; i++) {
        outputs[i] = top->outputs[i].tensor;
        if (keras_turned_of(&a->builder, outputs[i]))
            return mote_error_set(err, MOTE_UNSUPPORTED, "output %d of the model has the batch in second place", i);
    }
    return mote_graph_set_io(a->builder.graph, top->n_inputs, inputs, top->n_outputs, outputs) == MOTE_OK
               ? MOTE_OK
               : mote_error_no_memory(err);
}

/* Weights of every layer, a model before what is inside. */
static mote_status read_weights(assembly *a, keras_scope *scope, mote_error *err)
{
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < scope->n_layers; i++) {
        keras_layer *layer = &scope->layers[i];
        status = a->weights(a->weights_arg, layer, a->builder.scratch, err);
        if (status == MOTE_OK && layer->model)
            status = read_weights(a, layer->model, err);
    }
    return status;
}

/* Keras 3 trains nothing of a model that is frozen as a whole; Keras 2 forgets that flag on reading. */
static void heed_root_flag(const assembly *a, const json_t *document)
{
    const json_t *config = json_object_get(document, "config");
    mote_model *model = a->builder.model;
    for (int32_t i = 0; a->builder.keras_major == 3 && i < model->n_layers; i++)
        model->layers[i].trainable &= json_is_array(config) || keras_bool(config, "trainable", true);
}

static mote_status assemble(assembly *a, json_t *document, mote_error *err)
{
    mote_status status = keras_tree_read(&a->tree, document, a->builder.arena, a->builder.scratch, err);
    if (status != MOTE_OK)
        return status;
    a->builder.model->name = a->tree.top->name;
    a->builder.prefix = mote_arena_printf(a->builder.scratch, "%s/", a->tree.top->name);
    if (!a->builder.prefix)
        return mote_error_no_memory(err);
    status = keras_record_tree(&a->builder, &a->tree, err);
    if (status != MOTE_OK)
        return status;
    heed_root_flag(a, document);
    status = read_weights(a, a->tree.top, err);
    if (status == MOTE_OK)
        status = build_scope(a, a->tree.top, NULL, 0, err);
    if (status == MOTE_OK)
        status = set_ends(a, err);
    if (status == MOTE_OK)
        status = keras_record_ends(&a->builder, a->tree.top, err);
    return status == MOTE_OK ? keras_record_weights(&a->builder, a->tree.top, err) : status;
}

mote_status keras_build_model(mote_model *model, json_t *document, int keras_major, const keras_sizes *sizes,
                              keras_weights_fn *weights, void *weights_arg, mote_error *err)
{
    assembly a = {
        .builder = {.model = model,
                    .graph = model->graphs[0],
                    .arena = model->arena,
                    .keras_major = keras_major,
                    .batch = MOTE_DIM_UNKNOWN},
        .sizes = sizes ? *sizes : (keras_sizes){0},
        .weights = weights,
        .weights_arg = weights_arg,
    };
    a.builder.scratch = mote_arena_new(NULL, 0);
    if (!a.builder.scratch)
        return mote_error_no_memory(err);
    const mote_status status = assemble(&a, document, err);
    mote_arena_free(a.builder.scratch);
    return status;
}
