#include "import/arch_weights.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_PX = 32, MAX_PX = 4096, MAX_CLASSES = 1 << 16 };

static const arch_def *const DEFS[] = {
#define MOTE_ARCH(symbol) &arch_##symbol,
#include "import/arch_list.inc"
#undef MOTE_ARCH
};
enum { N_DEFS = sizeof DEFS / sizeof DEFS[0] };

int32_t mote_arch_count(void)
{
    return N_DEFS;
}

const arch_def *arch_def_get(int32_t index)
{
    return index >= 0 && index < N_DEFS ? DEFS[index] : NULL;
}

const mote_arch_info *mote_arch_get(int32_t index)
{
    const arch_def *def = arch_def_get(index);
    return def ? &def->info : NULL;
}

/* Compares names without case, '-', '_' and spaces. */
static bool same_name(const char *a, const char *b)
{
    while (true) {
        while (*a == '-' || *a == '_' || *a == ' ')
            a++;
        while (*b == '-' || *b == '_' || *b == ' ')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

int32_t mote_arch_find(const char *name)
{
    if (same_name(name, "MobileNetV1"))
        name = "MobileNet";
    for (int32_t i = 0; i < N_DEFS; i++)
        if (same_name(name, DEFS[i]->info.name))
            return i;
    return -1;
}

static mote_status check(const mote_arch_options *options, mote_error *err)
{
    if (options->input_px && (options->input_px < MIN_PX || options->input_px > MAX_PX))
        return mote_error_set(err, MOTE_ARGUMENT, "an input of %d pixels; give %d to %d", options->input_px, MIN_PX,
                              MAX_PX);
    if (options->n_classes < 0 || options->n_classes > MAX_CLASSES)
        return mote_error_set(err, MOTE_ARGUMENT, "%d classes; give 1 to %d", options->n_classes, MAX_CLASSES);
    if (options->n_classes == 1 && !options->pooling && !options->head)
        return mote_error_set(
            err, MOTE_ARGUMENT,
            "1 class: Keras's own classifier is a softmax, which is always 1 then; give 2, or pooling "
            "for a sigmoid");
    if (options->pooling && strcmp(options->pooling, "max") != 0 && strcmp(options->pooling, "avg") != 0)
        return mote_error_set(err, MOTE_ARGUMENT, "pooling '%s'; give max or avg", options->pooling);
    return MOTE_OK;
}

/* Pooling and head in place of Keras's top. */
static arch_value own_head(arch *a, const arch_def *def, arch_value x, mote_error *err)
{
    const mote_arch_options *options = a->options;
    const bool max = options->pooling && strcmp(options->pooling, "max") == 0;
    x = arch_global_pool(a, x, max, false, max ? def->max_pool : def->avg_pool);
    const char *head = options->head;
    if (!head && options->n_classes > 0)
        head = arch_name(a, options->n_classes == 1 ? "dense:%d:sigmoid" : "dense:%d:softmax", options->n_classes);
    if (head)
        x = arch_head(a, x, head, err);
    if (x >= 0 && options->head && options->n_classes > 0 && arch_shape_of(a, x).c != options->n_classes) {
        mote_error_set(err, MOTE_ARGUMENT, "the head gives %d values for %d classes; end it with dense:%d:softmax",
                       arch_shape_of(a, x).c, options->n_classes, options->n_classes);
        return -1;
    }
    return x;
}

/* The whole model, as Keras's document. Its name follows Keras: a model with a head of its own is "model". */
static mote_status describe(arch *a, const arch_def *def, json_t **document, mote_error *err)
{
    const mote_arch_options *options = a->options;
    const int32_t px = options->input_px ? options->input_px : def->info.default_px;
    const char *name = def->named_by_px ? arch_name(a, "%s_%d", def->keras_name, px) : def->keras_name;
    const bool own = options->head || options->pooling;
    mote_error_clear(err);
    const arch_value input = arch_input(a, px, "input_1");
    arch_value x = def->features(a, def, input);
    x = own ? own_head(a, def, x, err) : def->top(a, def, x);
    if (a->failed)
        return mote_error_no_memory(err);
    if (x < 0)
        return MOTE_ARGUMENT;
    if (!document)
        return MOTE_OK;
    *document = arch_document(a, options->head || (own && options->n_classes > 0) ? "model" : name, input, x);
    return *document ? MOTE_OK : mote_error_no_memory(err);
}

static mote_status arch_begin(arch *a, int32_t index, const mote_arch_options *options, mote_error *err)
{
    *a = (arch){.options = options};
    if (index < 0 || index >= N_DEFS)
        return mote_error_set(err, MOTE_ARGUMENT, "no such architecture");
    const mote_status status = check(options, err);
    if (status != MOTE_OK)
        return status;
    a->arena = mote_arena_new(options->allocator, 0);
    return a->arena ? MOTE_OK : mote_error_no_memory(err);
}

static void arch_end(arch *a)
{
    for (int32_t i = 0; i < a->n_layers; i++) {
        json_decref(a->layers[i].config);
        json_decref(a->layers[i].kwargs);
    }
    mote_arena_free(a->arena);
}

static mote_status build(arch *a, json_t *document, mote_model **model, mote_error *err)
{
    mote_model *built = mote_model_new(a->options->allocator, 0);
    char *text = json_dumps(document, JSON_COMPACT);
    mote_status status = built && text ? MOTE_OK : mote_error_no_memory(err);
    if (status == MOTE_OK) {
        built->source = "keras";
        built->config_json = mote_arena_strdup(built->arena, text);
        built->keras_version = "2.21.0"; /* whose form of configs this is */
        status = keras_build_model(built, document, 2, NULL, arch_make_weights, a, err);
    }
    free(text);
    if (status == MOTE_OK && !built->config_json)
        status = mote_error_no_memory(err);
    if (status == MOTE_OK)
        status = mote_model_verify(built, err);
    if (status != MOTE_OK) {
        mote_model_free(built);
        return status;
    }
    *model = built;
    return MOTE_OK;
}

mote_status mote_arch_new(mote_model **model, int32_t index, const mote_arch_options *options, mote_error *err)
{
    *model = NULL;
    arch a;
    json_t *document = NULL;
    mote_status status = arch_begin(&a, index, options, err);
    if (status == MOTE_OK)
        status = describe(&a, DEFS[index], &document, err);
    if (status == MOTE_OK)
        status = build(&a, document, model, err);
    json_decref(document);
    arch_end(&a);
    return status;
}

/* Keras's ImageNet file of EfficientNetB0–B7: deviations where variances belong. */
static bool needs_imagenet_stem(const mote_model *model)
{
    static const float DEVIATIONS[] = {0.229f, 0.224f, 0.225f};
    for (int32_t i = 0; i < model->n_layers; i++) {
        const mote_layer *layer = &model->layers[i];
        if (strcmp(layer->class_name, "Normalization") != 0 || layer->n_weights < 2)
            continue;
        const mote_layer_weight *variance = &layer->weights[1];
        const float *values = variance->data;
        if (!values || variance->dtype == MOTE_INT64 || mote_shape_count(&variance->shape) != 3)
            return false;
        for (int32_t j = 0; j < 3; j++)
            if (fabsf(values[j] - DEVIATIONS[j]) > 1e-3f)
                return false;
        return true;
    }
    return false;
}

mote_status mote_arch_new_with_weights(mote_model **model, int32_t index, const mote_arch_options *options,
                                       const char *weights_path, mote_weights_match how, mote_error *err)
{
    mote_arch_options with = *options;
    with.imagenet_stem = false;
    mote_status status = mote_arch_new(model, index, &with, err);
    if (status == MOTE_OK)
        status = mote_model_load_weights(model, weights_path, how, err);
    if (status == MOTE_OK && needs_imagenet_stem(*model)) {
        mote_model_free(*model);
        with.imagenet_stem = true;
        status = mote_arch_new(model, index, &with, err);
        if (status == MOTE_OK)
            status = mote_model_load_weights(model, weights_path, how, err);
    }
    if (status != MOTE_OK) {
        mote_model_free(*model);
        *model = NULL;
    }
    return status;
}

mote_status mote_arch_count_params(int32_t index, const mote_arch_options *options, int64_t *n_params, mote_error *err)
{
    *n_params = 0;
    arch a;
    mote_status status = arch_begin(&a, index, options, err);
    if (status == MOTE_OK)
        status = describe(&a, DEFS[index], NULL, err);
    for (int32_t i = 0; status == MOTE_OK && i < a.n_layers; i++)
        for (int32_t j = 0; j < a.layers[i].n_weights; j++)
            *n_params += mote_shape_count(&a.layers[i].weights[j].shape);
    arch_end(&a);
    return status;
}
