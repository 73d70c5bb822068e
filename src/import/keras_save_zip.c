/*
 * Keras's .keras form, a zip of three stored members:
 *
 *   metadata.json     {"keras_version": …}
 *   config.json       the model, with "compile_config"
 *   model.weights.h5  /layers/<class in snake case>[_n]/vars/<i>, n counting layers of a class in the model's order;
 *                     a model inside the model has /layers/<…> of its own below it
 */
#include "import/keras_file.h"
#include "import/keras_save.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { PATH_BYTES = 1024 };

/* The class under which the written config has a layer: models inside are Functional, wrapped operators another. */
static const char *written_class(const json_t *layers, const mote_layer *layer)
{
    json_t *entry;
    size_t i;
    json_array_foreach(layers, i, entry)
    {
        const char *name = json_string_value(json_object_get(json_object_get(entry, "config"), "name"));
        if (name && strcmp(name, layer->name) == 0) {
            const char *class_name = json_string_value(json_object_get(entry, "class_name"));
            return class_name && strcmp(class_name, "Model") != 0 ? class_name : "Functional";
        }
    }
    return layer->class_name;
}

typedef struct saving {
    const mote_model *model;
    int keras_major; /* that the file is written for */
    h5_writer *writer;
} saving;

static mote_status write_scope(const saving *s, int32_t parent, const json_t *layers, const char *above,
                               mote_error *err);

static const json_t *layers_inside(const json_t *layers, const char *name, bool *stepped)
{
    json_t *entry;
    size_t i;
    json_array_foreach(layers, i, entry)
    {
        const json_t *config = json_object_get(entry, "config");
        const char *own = json_string_value(json_object_get(config, "name"));
        if (own && strcmp(own, name) == 0) {
            const json_t *model = keras_stepped_model(entry);
            *stepped = model != NULL;
            return json_object_get(model ? json_object_get(model, "config") : config, "layers");
        }
    }
    return NULL;
}

/* Keras 2 puts an underscore before the parts of attention. */
static bool hidden_parts(const saving *s, const mote_layer *layer)
{
    return strcmp(layer->class_name, "MultiHeadAttention") == 0 && s->keras_major < 3;
}

static mote_status write_layer(const saving *s, int32_t index, const json_t *layers, const char *group, mote_error *err)
{
    const mote_layer *layer = &s->model->layers[index];
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/vars", group);
    h5_write_group(s->writer, path);
    const char *const *parts = keras_layer_parts(layer->class_name);
    int32_t n_parts = 0;
    while (parts && n_parts < KERAS_MAX_PARTS && parts[n_parts])
        n_parts++;
    if (n_parts && layer->n_weights % n_parts != 0)
        n_parts = 0;
    const int32_t by_part = n_parts ? layer->n_weights / n_parts : layer->n_weights;
    for (int32_t i = 0; i < layer->n_weights; i++) {
        if (n_parts)
            snprintf(path, sizeof path, "%s/%s%s/vars/%d", group, hidden_parts(s, layer) ? "_" : "", parts[i / by_part],
                     i % by_part);
        else
            snprintf(path, sizeof path, "%s/vars/%d", group, i);
        const mote_status status = keras_save_weight(s->model, &layer->weights[i], s->writer, path, err);
        if (status != MOTE_OK)
            return status;
    }
    bool stepped = false;
    const json_t *inside = layers_inside(layers, layer->name, &stepped);
    snprintf(path, sizeof path, "%s%s", group, stepped ? "/layer" : "");
    return inside ? write_scope(s, index, inside, path, err) : MOTE_OK;
}

static mote_status write_scope(const saving *s, int32_t parent, const json_t *layers, const char *above,
                               mote_error *err)
{
    const mote_model *model = s->model;
    for (int32_t i = 0; i < model->n_layers; i++) {
        if (model->layers[i].parent != parent)
            continue;
        const char *class_name = written_class(layers, &model->layers[i]);
        int32_t n = 0;
        for (int32_t j = 0; j < i; j++)
            n += model->layers[j].parent == parent && strcmp(written_class(layers, &model->layers[j]), class_name) == 0;
        char snake[128], group[PATH_BYTES];
        keras_snake_case(class_name, snake, sizeof snake);
        const int length = n ? snprintf(group, sizeof group, "%s/layers/%s_%d", above, snake, n)
                             : snprintf(group, sizeof group, "%s/layers/%s", above, snake);
        if (length >= PATH_BYTES)
            return mote_error_set(err, MOTE_LIMIT, "models inside of models, too deep to save");
        const mote_status status = write_layer(s, i, layers, group, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

/* --- the zip --- */

typedef struct member {
    const char *name;
    const void *bytes;
    size_t n_bytes;
} member;

static bool add_member(zip_t *zip, const member *m)
{
    zip_source_t *source = zip_source_buffer(zip, m->bytes, m->n_bytes, 0);
    const zip_int64_t at = source ? zip_file_add(zip, m->name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (at < 0) {
        zip_source_free(source);
        return false;
    }
    /* 1 January 1980, the zip's beginning of time: the same model gives the same bytes. */
    return zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(zip, (zip_uint64_t)at, 0, 1 << 5 | 1, 0) == 0;
}

static bool read_back(zip_source_t *buffer, unsigned char **bytes, size_t *n_bytes)
{
    zip_stat_t info;
    if (zip_source_stat(buffer, &info) != 0 || !(info.valid & ZIP_STAT_SIZE) || zip_source_open(buffer) != 0)
        return false;
    *n_bytes = (size_t)info.size;
    *bytes = mote_alloc(NULL, *n_bytes);
    const bool whole = *bytes && zip_source_read(buffer, *bytes, info.size) == (zip_int64_t)info.size;
    zip_source_close(buffer);
    if (!whole) {
        mote_free(NULL, *bytes);
        *bytes = NULL;
    }
    return whole;
}

static mote_status pack(const member *members, int n, unsigned char **bytes, size_t *n_bytes, mote_error *err)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *buffer = zip_source_buffer_create(NULL, 0, 0, &why);
    zip_t *zip = buffer ? zip_open_from_source(buffer, ZIP_TRUNCATE, &why) : NULL;
    if (!zip) {
        zip_source_free(buffer);
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for the zip");
    }
    zip_source_keep(buffer);
    bool good = true;
    for (int i = 0; good && i < n; i++)
        good = add_member(zip, &members[i]);
    if (!good)
        zip_discard(zip);
    else if (zip_close(zip) != 0) {
        zip_discard(zip);
        good = false;
    }
    good = good && read_back(buffer, bytes, n_bytes);
    zip_source_free(buffer);
    zip_error_fini(&why);
    return good ? MOTE_OK : mote_error_set(err, MOTE_NO_MEMORY, "the zip could not be made; is there memory enough?");
}

static mote_status build_weights(const mote_model *model, int keras_major, const json_t *document,
                                 unsigned char **bytes, size_t *n_bytes, mote_error *err)
{
    const json_t *config = json_object_get(document, "config");
    const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    h5_writer *writer = h5_writer_new();
    if (!writer)
        return mote_error_no_memory(err);
    h5_write_group(writer, "/vars");
    const saving s = {model, keras_major, writer};
    mote_status status = write_scope(&s, -1, layers, "", err);
    if (status == MOTE_OK)
        status = h5_writer_finish(writer, bytes, n_bytes, NULL, err);
    h5_writer_free(writer);
    return status;
}

mote_status keras_build_zip(const mote_model *model, unsigned char **bytes, size_t *n_bytes, mote_error *err)
{
    *bytes = NULL;
    json_t *document, *settings = NULL;
    int keras_major;
    mote_status status = keras_dialect_document(model, KERAS_FORM_ZIP, &document, &keras_major, err);
    if (status == MOTE_OK)
        status = keras_dialect_training(model, KERAS_FORM_ZIP, &settings, err);
    unsigned char *weights = NULL;
    size_t n_weights = 0;
    if (status == MOTE_OK)
        status = build_weights(model, keras_major, document, &weights, &n_weights, err);
    if (status == MOTE_OK) {
        if (settings)
            json_object_set(document, "compile_config", settings);
        json_t *metadata = json_pack("{s:s}", "keras_version", keras_save_version(model, keras_major));
        char *config_text = json_dumps(document, JSON_COMPACT), *metadata_text = json_dumps(metadata, JSON_COMPACT);
        if (config_text && metadata_text) {
            const member members[] = {{"metadata.json", metadata_text, strlen(metadata_text)},
                                      {"config.json", config_text, strlen(config_text)},
                                      {"model.weights.h5", weights, n_weights}};
            status = pack(members, 3, bytes, n_bytes, err);
        } else {
            status = mote_error_no_memory(err);
        }
        free(config_text);
        free(metadata_text);
        json_decref(metadata);
    }
    mote_free(NULL, weights);
    json_decref(document);
    json_decref(settings);
    return status;
}
