/*
 * Keras's .h5 form:
 *
 *   /                       attributes keras_version, backend, model_config, training_config
 *   /model_weights          attributes layer_names, keras_version, backend
 *   /model_weights/<layer>  attribute weight_names: ["<layer>/kernel:0", …]; datasets at those names below it
 *
 * A model inside the model has the weights of all its layers in one list: those that train, then the others.
 */
#include "import/keras_save.h"
#include "import/h5_write.h"
#include "import/keras_layout.h"
#include "import/keras_names.h"
#include "import/keras_version.h"

#include <mote/io.h>
#include <mote/text.h>
#include <stdlib.h>
#include <string.h>

mote_status keras_save_weight(const mote_model *model, const mote_layer_weight *weight, h5_writer *writer,
                              const char *path, mote_error *err)
{
    if (weight->tensor < 0) {
        const mote_dtype dtype = weight->dtype == MOTE_INT64 ? MOTE_INT64 : MOTE_FLOAT32;
        h5_write_dataset(writer, path, dtype, &weight->shape, weight->data);
        return MOTE_OK;
    }
    const mote_tensor *tensor = model->graphs[0]->tensors[weight->tensor];
    const int64_t count = mote_shape_count(&weight->shape);
    if (tensor->dtype != MOTE_FLOAT32 || !tensor->data || count < 0 || tensor->n_bytes != (size_t)count * sizeof(float))
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "weight '%s' is not the float constant that Keras's layer has; save before converting",
                              weight->name);
    float *values = mote_alloc(NULL, tensor->n_bytes);
    if (!values)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for weight '%s'", weight->name);
    keras_lay_back(tensor->data, &weight->shape, weight->layout, values);
    h5_write_dataset(writer, path, MOTE_FLOAT32, &weight->shape, values);
    mote_free(NULL, values);
    return MOTE_OK;
}

/* --- which weights a layer's group lists --- */

typedef struct weight_list {
    const mote_layer_weight **weights;
    int32_t n;
} weight_list;

/* The weights of a layer and of all inside of it: Keras lists what trains first. */
static weight_list list_weights(const mote_model *model, int32_t layer)
{
    int32_t n = 0;
    for (int32_t i = layer; i < model->n_layers; i++)
        n += mote_layer_is_inside(model, i, layer) ? model->layers[i].n_weights : 0;
    weight_list list = {calloc((size_t)n + 1, sizeof *list.weights), 0};
    for (int pass = 0; list.weights && pass < 2; pass++)
        for (int32_t i = layer; i < model->n_layers; i++)
            for (int32_t j = 0; mote_layer_is_inside(model, i, layer) && j < model->layers[i].n_weights; j++)
                if ((model->layers[i].weights[j].trainable && mote_layer_trains(model, i)) == (pass == 0))
                    list.weights[list.n++] = &model->layers[i].weights[j];
    return list;
}

/* "layer/kernel:0" as "layer/kernel_2:0" where two names before it are the same: a .keras file leaves out which part of
 * the layer has a weight (forward or backward, query or key). Keras loads by order, HDF5 wants names that differ. */
static const char *unlike(const char *name, const char *const *before, int32_t n, mote_arena *arena)
{
    const char *colon = strrchr(name, ':');
    const int stem = colon ? (int)(colon - name) : (int)strlen(name);
    const size_t room = strlen(name) + 16;
    const char *text = name;
    for (int32_t i = 0, number = 0; i < n;) {
        if (strcmp(before[i], text) != 0) {
            i++;
            continue;
        }
        char *other = mote_arena_alloc(arena, room);
        if (!other)
            return NULL;
        snprintf(other, room, "%.*s_%d%s", stem, name, ++number, colon ? colon : "");
        text = other;
        i = 0;
    }
    return text;
}

static mote_status write_layer(const mote_model *model, int32_t layer, h5_writer *writer, mote_error *err)
{
    char group[1024], path[2048];
    mote_arena *arena = mote_arena_new(NULL, 0);
    const weight_list list = list_weights(model, layer);
    const char **names = calloc((size_t)list.n + 1, sizeof *names);
    mote_status status = arena && list.weights && names ? MOTE_OK : mote_error_no_memory(err);
    snprintf(group, sizeof group, "/model_weights/%s", model->layers[layer].name);
    for (int32_t i = 0; status == MOTE_OK && i < list.n; i++) {
        names[i] = unlike(list.weights[i]->name, names, i, arena);
        if (!names[i])
            status = mote_error_no_memory(err);
    }
    if (status == MOTE_OK) {
        h5_write_group(writer, group);
        h5_write_text_list(writer, group, "weight_names", list.n, names);
    }
    for (int32_t i = 0; status == MOTE_OK && i < list.n; i++) {
        snprintf(path, sizeof path, "%s/%s", group, names[i]);
        status = keras_save_weight(model, list.weights[i], writer, path, err);
    }
    mote_arena_free(arena);
    free(names);
    free(list.weights);
    return status;
}

static mote_status write_weights(const mote_model *model, const char *version, h5_writer *writer, mote_error *err)
{
    const char **names = calloc((size_t)model->n_layers + 1, sizeof *names);
    if (!names)
        return mote_error_no_memory(err);
    int32_t n = 0;
    for (int32_t i = 0; i < model->n_layers; i++)
        if (model->layers[i].parent < 0)
            names[n++] = model->layers[i].name;
    h5_write_group(writer, "/model_weights");
    h5_write_text_list(writer, "/model_weights", "layer_names", n, names);
    h5_write_text(writer, "/model_weights", "backend", "tensorflow");
    h5_write_text(writer, "/model_weights", "keras_version", version);
    free(names);
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < model->n_layers; i++)
        if (model->layers[i].parent < 0)
            status = write_layer(model, i, writer, err);
    return status;
}

const char *keras_save_version(const mote_model *model, int keras_major)
{
    const char *own = model->keras_version;
    const bool fits = own && own[0] != '1' && keras_major_of(own) == keras_major;
    return fits ? own : keras_major == 3 ? "3.0.0" : "2.15.0";
}

static mote_status write_texts(const mote_model *model, h5_writer *writer, mote_error *err)
{
    json_t *document, *settings = NULL;
    int keras_major;
    mote_status status = keras_dialect_document(model, KERAS_FORM_H5, &document, &keras_major, err);
    if (status == MOTE_OK)
        status = keras_dialect_training(model, KERAS_FORM_H5, &settings, err);
    if (status == MOTE_OK) {
        char *text = json_dumps(document, JSON_COMPACT);
        char *training = settings ? json_dumps(settings, JSON_COMPACT) : NULL;
        const char *version = keras_save_version(model, keras_major);
        h5_write_text(writer, "/", "keras_version", version);
        h5_write_text(writer, "/", "backend", "tensorflow");
        if (text)
            h5_write_text(writer, "/", "model_config", text);
        else
            status = mote_error_no_memory(err);
        if (training)
            h5_write_text(writer, "/", "training_config", training);
        if (status == MOTE_OK)
            status = write_weights(model, version, writer, err);
        free(text);
        free(training);
    }
    json_decref(document);
    json_decref(settings);
    return status;
}

static mote_status build_h5(const mote_model *model, unsigned char **bytes, size_t *n_bytes,
                            const mote_allocator *allocator, mote_error *err)
{
    h5_writer *writer = h5_writer_new();
    if (!writer)
        return mote_error_no_memory(err);
    mote_status status = write_texts(model, writer, err);
    if (status == MOTE_OK)
        status = h5_writer_finish(writer, bytes, n_bytes, allocator, err);
    h5_writer_free(writer);
    return status;
}

static mote_status build(const mote_model *model, keras_form form, unsigned char **bytes, size_t *n_bytes,
                         const mote_allocator *allocator, mote_error *err)
{
    mote_model view;
    *bytes = NULL;
    *n_bytes = 0;
    mote_arena *arena = mote_arena_new(allocator, 0);
    mote_status status = arena ? keras_plain_names(model, arena, &view, err) : mote_error_no_memory(err);
    if (status == MOTE_OK)
        status = form == KERAS_FORM_ZIP ? keras_build_zip(&view, bytes, n_bytes, err)
                                        : build_h5(&view, bytes, n_bytes, allocator, err);
    mote_arena_free(arena);
    return status;
}

mote_status mote_keras_build_h5(const mote_model *model, unsigned char **bytes, size_t *n_bytes,
                                const mote_allocator *allocator, mote_error *err)
{
    return build(model, KERAS_FORM_H5, bytes, n_bytes, allocator, err);
}

mote_status mote_keras_save(const mote_model *model, const char *path, mote_error *err)
{
    unsigned char *bytes;
    size_t n_bytes;
    const keras_form form = mote_text_ends_with(path, ".keras") ? KERAS_FORM_ZIP : KERAS_FORM_H5;
    mote_status status = build(model, form, &bytes, &n_bytes, NULL, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "%s", path);
    status = mote_file_write(path, bytes, n_bytes, err);
    mote_free(NULL, bytes);
    return status;
}
