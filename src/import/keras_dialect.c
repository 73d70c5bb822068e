#include "import/keras_dialect.h"
#include "import/keras_sites.h"
#include "import/keras_version.h"

#include <ctype.h>
#include <string.h>

typedef struct dialect {
    const mote_model *model;
    keras_form form;
    bool both; /* still readable by both versions */
} dialect;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

void keras_snake_case(const char *class_name, char *text, size_t n_bytes)
{
    size_t n = 0;
    for (size_t i = 0; class_name[i] && n + 3 < n_bytes; i++) {
        const unsigned char c = (unsigned char)class_name[i], after = (unsigned char)class_name[i + 1];
        const unsigned char before = i ? (unsigned char)class_name[i - 1] : 0;
        if (i > 0 && isupper(c) && (islower(after) || islower(before)))
            text[n++] = '_';
        text[n++] = (char)tolower(c);
    }
    text[n] = '\0';
}

/* --- parts of configs --- */

/* {"class_name": "DTypePolicy", "config": {"name": "float32"}} -> "float32" */
static json_t *plain_dtype(const json_t *dtype)
{
    if (strcmp(text_of(dtype, "class_name"), "DTypePolicy") != 0)
        return NULL;
    return json_string(text_of(json_object_get(dtype, "config"), "name"));
}

/* Keys that one version writes and the other refuses, where their value says nothing but the default. */
static void drop_defaults(json_t *config)
{
    static const char *const WHEN_NULL[] = {"input_axes", "output_axes", "quantization_config", "lora_rank",
                                            "lora_alpha"};
    for (size_t i = 0; i < sizeof WHEN_NULL / sizeof WHEN_NULL[0]; i++)
        if (json_is_null(json_object_get(config, WHEN_NULL[i])))
            json_object_del(config, WHEN_NULL[i]);
    json_object_del(config, "shared_object_id");
    json_object_del(config, "rng_type");
    if (json_is_false(json_object_get(config, "synchronized")))
        json_object_del(config, "synchronized");
    if (json_is_false(json_object_get(config, "renorm")))
        json_object_del(config, "renorm");
    if (json_is_false(json_object_get(config, "time_major")))
        json_object_del(config, "time_major");
}

/* Objects inside of a config: initializers, policies, wrapped layers. Depth is bounded by jansson's parser. */
static void simplify(json_t *value)
{
    const char *key;
    json_t *inner;
    size_t i;
    if (json_is_array(value))
        json_array_foreach(value, i, inner) simplify(inner);
    if (!json_is_object(value))
        return;
    drop_defaults(value);
    void *next;
    json_object_foreach_safe(value, next, key, inner)
    {
        json_t *plain = plain_dtype(inner);
        if (plain)
            json_object_set_new(value, key, plain);
        else
            simplify(inner);
    }
}

/* Two spellings of the input's shape; each version reads the older. */
static void old_input_shape(json_t *config)
{
    json_t *shape = json_object_get(config, "batch_shape");
    if (!shape)
        return;
    json_object_set(config, "batch_input_shape", shape);
    json_object_del(config, "batch_shape");
}

static bool is_any_of(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

static void translate_config(const char *class_name, json_t *config)
{
    static const char *const SEPARABLE[] = {"SeparableConv2D", "SeparableConv1D"};
    static const char *const UNGROUPED[] = {"DepthwiseConv2D", "DepthwiseConv1D", "SeparableConv2D",
                                            "SeparableConv1D", "Conv2DTranspose", "Conv1DTranspose"};
    if (is_any_of(class_name, UNGROUPED, sizeof UNGROUPED / sizeof UNGROUPED[0]) &&
        json_integer_value(json_object_get(config, "groups")) == 1)
        json_object_del(config, "groups");
    json_t *axis = json_object_get(config, "axis");
    if (strcmp(class_name, "BatchNormalization") == 0 && json_is_array(axis) && json_array_size(axis) == 1)
        json_object_set(config, "axis", json_array_get(axis, 0));
    if (is_any_of(class_name, SEPARABLE, 2)) {
        /* Keras 2 writes what its base class has; the layer has a depthwise and a pointwise kernel instead. */
        json_object_del(config, "kernel_initializer");
        json_object_del(config, "kernel_regularizer");
        json_object_del(config, "kernel_constraint");
    }
    if (strcmp(class_name, "InputLayer") == 0)
        old_input_shape(config);
}

/* --- TFOpLambda: arithmetic that Keras 2 wrapped and Keras 3 does not know --- */

typedef struct wrapped_op {
    const char *function, *layer; /* the layer for two tensors */
    bool scales;                  /* y a constant: scale, else offset */
} wrapped_op;

static const wrapped_op WRAPPED[] = {
    {"math.multiply", "Multiply", true},
    {"math.add", "Add", false},
    {"__operators__.add", "Add", false},
};

/* The innermost of lists of one: [[[[a, b, c]]]] -> [a, b, c]. */
static json_t *innermost(json_t *value)
{
    while (json_is_array(value) && json_array_size(value) == 1)
        value = json_array_get(value, 0);
    return value;
}

static bool numbers(const json_t *value)
{
    if (json_is_number(value))
        return true;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_number(json_array_get(value, i)))
            return false;
    return json_array_size(value) > 0;
}

static json_t *reference_to(const json_t *reference)
{
    return json_pack("[O,O,O,{}]", json_array_get(reference, 0), json_array_get(reference, 1),
                     json_array_get(reference, 2));
}

/* One call only; a shared operator does not occur, since each use of an operator is a layer. */
static bool unwrap_op(json_t *layer)
{
    json_t *config = json_object_get(layer, "config");
    const json_t *calls = json_object_get(layer, "inbound_nodes");
    const json_t *call = json_array_get(calls, 0);
    json_t *y = json_object_get(json_array_get(call, 3), "y");
    if (keras_is_constant(call)) { /* 0.5 * x: the same as x * 0.5 */
        json_t *constant = json_array_get(call, 2);
        call = y;
        y = constant;
    }
    const wrapped_op *op = NULL;
    for (size_t i = 0; i < sizeof WRAPPED / sizeof WRAPPED[0]; i++)
        if (strcmp(WRAPPED[i].function, text_of(config, "function")) == 0)
            op = &WRAPPED[i];
    if (!op || json_array_size(calls) != 1 || !keras_is_reference(call) || !y)
        return false;
    json_t *to = NULL, *inbound = NULL;
    const char *name = text_of(config, "name");
    const int trainable = !json_is_false(json_object_get(config, "trainable"));
    if (keras_is_reference(y)) {
        to = json_pack("{s:s, s:b, s:s}", "name", name, "trainable", trainable, "dtype", "float32");
        inbound = json_pack("[[o,o]]", reference_to(call), reference_to(y));
        json_object_set_new(layer, "class_name", json_string(op->layer));
    } else if (numbers(innermost(y))) {
        json_t *constant = json_deep_copy(innermost(y));
        to = json_pack("{s:s, s:b, s:s, s:o, s:o}", "name", name, "trainable", trainable, "dtype", "float32", "scale",
                       op->scales ? constant : json_real(1.0), "offset", op->scales ? json_real(0.0) : constant);
        inbound = json_pack("[[o]]", reference_to(call));
        json_object_set_new(layer, "class_name", json_string("Rescaling"));
    }
    json_object_set_new(layer, "config", to);
    json_object_set_new(layer, "inbound_nodes", inbound);
    return to && inbound;
}

/* --- calls: Keras 3's {"args": [tensor, …], "kwargs": {…}} -> Keras 2's [["layer", 0, 0, {…}], …] --- */

static json_t *history_of(const json_t *tensor)
{
    if (strcmp(text_of(tensor, "class_name"), "__keras_tensor__") != 0)
        return NULL;
    json_t *history = json_object_get(json_object_get(tensor, "config"), "keras_history");
    return keras_is_reference(history) ? history : NULL;
}

/* Keyword arguments that say something; NULL when one is not plain. */
static json_t *plain_kwargs(json_t *kwargs)
{
    json_t *plain = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(kwargs, key, value)
    {
        if (json_is_null(value))
            continue;
        if (json_is_object(value) || json_is_array(value)) {
            json_decref(plain);
            return NULL;
        }
        json_object_set(plain, key, value);
    }
    return plain;
}

static json_t *old_call(const json_t *call)
{
    const json_t *args = json_object_get(call, "args");
    const json_t *list = json_array_get(args, 0);
    if (json_array_size(args) != 1)
        return NULL;
    list = json_is_array(list) ? list : args;
    json_t *kwargs = plain_kwargs(json_object_get(call, "kwargs"));
    json_t *old = kwargs ? json_array() : NULL;
    for (size_t i = 0; old && i < json_array_size(list); i++) {
        const json_t *history = history_of(json_array_get(list, i));
        json_t *reference = history ? reference_to(history) : NULL;
        if (reference && i == 0)
            json_array_set(reference, 3, kwargs);
        if (!reference || json_array_append_new(old, reference) != 0) {
            json_decref(old);
            old = NULL;
        }
    }
    json_decref(kwargs);
    return old;
}

/* False: a call that Keras 2 has no words for. */
static bool old_calls(json_t *layer)
{
    json_t *calls = json_object_get(layer, "inbound_nodes");
    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *call = json_array_get(calls, i);
        if (!json_is_object(call))
            continue;
        json_t *old = old_call(call);
        if (!old)
            return false;
        json_array_set_new(calls, i, old);
    }
    return true;
}

/* One input or output is ["name", 0, 0] for Keras 3, which takes [["name", 0, 0]] of a model inside another for a list;
 * at the top both versions read the latter. */
static void write_ends(json_t *config, const char *key, bool inside)
{
    json_t *ends = json_object_get(config, key);
    if (keras_is_reference(ends) && !inside)
        json_object_set_new(config, key, json_pack("[O]", ends));
    else if (inside && json_array_size(ends) == 1 && keras_is_reference(json_array_get(ends, 0)))
        json_object_set(config, key, json_array_get(ends, 0));
}

/* --- layers and models --- */

static void set_module(json_t *object, const char *module)
{
    json_object_set_new(object, "module", json_string(module));
    json_object_set_new(object, "registered_name", json_null());
}

static int32_t find_record(const mote_model *model, int32_t parent, const char *name)
{
    for (int32_t i = 0; i < model->n_layers; i++)
        if (model->layers[i].parent == parent && strcmp(model->layers[i].name, name) == 0)
            return i;
    return -1;
}

/* A model around layers that train must not be frozen: Keras 3 would read their weights in another order. */
static bool is_thawed(const mote_model *model, int32_t record)
{
    return model->layers[record].trainable || mote_layer_trains(model, record);
}

static void translate_model(dialect *d, json_t *object, int32_t record);

/* The one name for a functional model that both versions export. */
static void name_model_class(json_t *object)
{
    const bool sequential = strcmp(text_of(object, "class_name"), "Sequential") == 0;
    set_module(object, sequential ? "keras" : "keras.models");
    json_object_set_new(object, "class_name", json_string(sequential ? "Sequential" : "Model"));
}

/* A model inside of a layer's config: Keras 3 finds its class by the module in .h5 too. */
static void translate_stepped(dialect *d, json_t *model, int32_t record)
{
    translate_model(d, model, record);
    name_model_class(model);
}

static void translate_layer(dialect *d, json_t *layer, int32_t parent)
{
    json_t *config = json_object_get(layer, "config");
    const char *name = text_of(layer, "name")[0] ? text_of(layer, "name") : text_of(config, "name");
    const int32_t record = find_record(d->model, parent, name);
    if (record >= 0 && json_object_get(config, "trainable"))
        json_object_set_new(config, "trainable", json_boolean(is_thawed(d->model, record)));
    json_object_del(layer, "build_config");
    json_object_del(layer, "compile_config");
    d->both &= old_calls(layer);
    if (keras_is_model_class(text_of(layer, "class_name")) && json_is_object(config)) {
        translate_model(d, layer, record);
        return;
    }
    if (keras_stepped_model(layer))
        translate_stepped(d, keras_stepped_model(layer), record);
    if (strcmp(text_of(layer, "class_name"), "TFOpLambda") == 0) {
        const bool unwrapped = unwrap_op(layer);
        if (!unwrapped)
            return; /* Keras 2 alone: its module stays as it is */
        config = json_object_get(layer, "config");
    }
    simplify(config);
    translate_config(text_of(layer, "class_name"), config);
    const char *module = text_of(layer, "module");
    d->both &= module[0] == '\0' || strncmp(module, "keras.layers", 12) == 0 || strstr(module, "TFOp") != NULL ||
               strncmp(module, "tf_keras.", 9) == 0;
    if (d->form == KERAS_FORM_ZIP)
        set_module(layer, "keras.layers");
    else {
        json_object_del(layer, "module");
        json_object_del(layer, "registered_name");
    }
}

static void translate_model(dialect *d, json_t *object, int32_t record)
{
    json_t *config = json_object_get(object, "config");
    const bool sequential = strcmp(text_of(object, "class_name"), "Sequential") == 0;
    json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    json_t *layer;
    size_t i;
    json_array_foreach(layers, i, layer) translate_layer(d, layer, record);
    if (json_is_object(config)) {
        json_t *plain = plain_dtype(json_object_get(config, "dtype"));
        if (plain)
            json_object_set_new(config, "dtype", plain);
        write_ends(config, "input_layers", record >= 0);
        write_ends(config, "output_layers", record >= 0);
    }
    if (d->form == KERAS_FORM_ZIP) {
        name_model_class(object);
    } else {
        json_object_del(object, "module");
        json_object_del(object, "registered_name");
        json_object_set_new(object, "class_name", json_string(sequential ? "Sequential" : "Functional"));
    }
}

/* What came from Keras 3 and stays there: as it was, but for the flags. */
static void set_flags(const dialect *d, json_t *object, int32_t parent)
{
    json_t *config = json_object_get(object, "config"), *layer;
    json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    size_t i;
    json_array_foreach(layers, i, layer)
    {
        json_t *inner = json_object_get(layer, "config");
        const int32_t record = find_record(d->model, parent, text_of(inner, "name"));
        if (record < 0)
            continue;
        if (json_object_get(inner, "trainable"))
            json_object_set_new(inner, "trainable", json_boolean(is_thawed(d->model, record)));
        set_flags(d, keras_stepped_model(layer) ? keras_stepped_model(layer) : layer, record);
    }
}

/* Keras 3 trains nothing of a model that is frozen as a whole. */
static void thaw_root(const mote_model *model, json_t *document)
{
    json_t *config = json_object_get(document, "config");
    for (int32_t i = 0; i < model->n_layers; i++)
        if (mote_layer_trains(model, i) && json_is_false(json_object_get(config, "trainable")))
            json_object_set_new(config, "trainable", json_true());
}

mote_status keras_dialect_document(const mote_model *model, keras_form form, json_t **document, int *keras_major,
                                   mote_error *err)
{
    *document = NULL;
    if (!model->config_json || strcmp(model->source, "keras") != 0)
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "the model does not come from Keras, so there is no description of it to save");
    json_t *original = json_loads(model->config_json, 0, NULL);
    json_t *translated = json_deep_copy(original);
    if (!translated) {
        json_decref(original);
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory, or the model's description is not JSON");
    }
    dialect d = {model, form, true};
    json_object_del(translated, "build_config");
    json_object_del(translated, "compile_config");
    json_object_del(translated, "keras_version");
    json_object_del(translated, "backend");
    translate_model(&d, translated, -1);
    const bool from_keras3 = keras_major_of(model->keras_version) == 3;
    if (!d.both && from_keras3) {
        json_decref(translated);
        translated = original;
        json_object_del(translated, "compile_config");
        set_flags(&d, translated, -1);
        if (form == KERAS_FORM_ZIP && !json_object_get(translated, "module"))
            name_model_class(translated);
    } else {
        json_decref(original);
    }
    thaw_root(model, translated);
    *keras_major = !d.both && from_keras3 ? 3 : 2;
    *document = translated;
    return MOTE_OK;
}

/* --- compile settings --- */

/* Settings of an optimizer that one version alone knows. */
static void plain_optimizer(json_t *config)
{
    static const char *const OWN[] = {"jit_compile", "is_legacy_optimizer", "loss_scale_factor",
                                      "gradient_accumulation_steps"};
    for (size_t i = 0; i < sizeof OWN / sizeof OWN[0]; i++)
        json_object_del(config, OWN[i]);
    if (!json_is_true(json_object_get(config, "use_ema"))) {
        json_object_del(config, "use_ema");
        json_object_del(config, "ema_momentum");
        json_object_del(config, "ema_overwrite_frequency");
    }
    /* None is the default of each. Keras 2 takes the class of .h5 for its older one, which lacks the key. */
    void *next;
    const char *key;
    json_t *value;
    json_object_foreach_safe(config, next, key, value)
    {
        if (json_is_null(value))
            json_object_del(config, key);
    }
}

/* "accuracy" for the object that Keras 2 makes of it and Keras 3 does not know. */
static void plain_metrics(json_t *metrics)
{
    json_t *metric;
    size_t i;
    json_array_foreach(metrics, i, metric)
    {
        if (json_is_array(metric))
            plain_metrics(metric);
        json_t *name = json_object_get(json_object_get(metric, "config"), "name");
        if (strcmp(text_of(metric, "class_name"), "MeanMetricWrapper") == 0 && json_is_string(name))
            json_array_set(metrics, i, name);
    }
}

/* .h5 says "optimizer_config", .keras "optimizer"; the rest is the same. */
mote_status keras_dialect_training(const mote_model *model, keras_form form, json_t **settings, mote_error *err)
{
    *settings = model->training_json ? json_loads(model->training_json, 0, NULL) : NULL;
    if (!*settings)
        return MOTE_OK;
    json_t *old = json_object_get(*settings, "optimizer_config"), *new = json_object_get(*settings, "optimizer");
    json_t *from = json_is_object(old) ? old : json_is_object(new) ? new : NULL;
    json_t *optimizer = from ? json_pack("{s:O, s:O}", "class_name", json_object_get(from, "class_name"), "config",
                                         json_object_get(from, "config"))
                             : NULL;
    if (from && !optimizer) {
        json_decref(*settings);
        *settings = NULL;
        return mote_error_set(err, MOTE_FORMAT, "the model's compile settings have an optimizer without a class");
    }
    plain_metrics(json_object_get(*settings, "metrics"));
    plain_metrics(json_object_get(*settings, "weighted_metrics"));
    json_object_del(*settings, "optimizer_config");
    json_object_del(*settings, "optimizer");
    if (!optimizer) {
        /* Keras 3 leaves it out of .keras; .h5 is not read without one. */
        if (form == KERAS_FORM_H5) {
            json_decref(*settings);
            *settings = NULL;
        }
        return MOTE_OK;
    }
    /* Keras 2 marks its own optimizers so in .h5. */
    const char *class_name = text_of(optimizer, "class_name");
    if (strncmp(class_name, "Custom>", 7) == 0) {
        json_t *plain = json_string(class_name + 7);
        json_object_set_new(optimizer, "class_name", plain);
    }
    plain_optimizer(json_object_get(optimizer, "config"));
    if (form == KERAS_FORM_ZIP)
        set_module(optimizer, "keras.optimizers");
    json_object_set_new(*settings, form == KERAS_FORM_H5 ? "optimizer_config" : "optimizer", optimizer);
    return MOTE_OK;
}
