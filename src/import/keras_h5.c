/* Keras's .h5 form: the model as JSON in an attribute, the weights in a group per layer. */
#include "import/h5_file.h"
#include "import/keras_model.h"

#include <mote/import.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE_BYTES = 2000 * 1000 * 1000 };

typedef struct h5_source {
    mote_h5 *h5;
    const char *root; /* "/model_weights" or "/" */
} h5_source;

static mote_status layer_weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    const h5_source *source = arg;
    const char *group = mote_arena_printf(arena, "%s/%s", source->root, layer->name);
    if (!group)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    if (!mote_h5_has(source->h5, group))
        return MOTE_OK;
    const char **names;
    int32_t n;
    mote_status status = mote_h5_text_list(source->h5, group, "weight_names", arena, &names, &n, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "layer '%s'", layer->name);
    layer->weights = mote_arena_calloc(arena, (size_t)n, sizeof *layer->weights);
    if (!layer->weights)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    for (int32_t i = 0; status == MOTE_OK && i < n; i++) {
        const char *path = mote_arena_printf(arena, "%s/%s", group, names[i]);
        keras_weight *weight = &layer->weights[i];
        *weight = (keras_weight){.name = names[i], .tensor = MOTE_NO_TENSOR, .trainable = true};
        status = path ? mote_h5_dataset(source->h5, path, arena, &weight->value, err)
                      : mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    }
    layer->n_weights = n;
    return status;
}

static mote_status parse_json(const char *text, json_t **document, mote_error *err)
{
    json_error_t where;
    *document = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (!*document)
        return mote_error_set(err, MOTE_FORMAT, "the model's description is not JSON: line %d, column %d: %s",
                              where.line, where.column, where.text);
    return MOTE_OK;
}

static mote_status read_texts(mote_model *model, mote_h5 *h5, mote_error *err)
{
    mote_status status = mote_h5_text(h5, "/", "model_config", model->arena, &model->config_json, err);
    if (status == MOTE_OK)
        status = mote_h5_text(h5, "/", "training_config", model->arena, &model->training_json, err);
    if (status == MOTE_OK)
        status = mote_h5_text(h5, "/", "keras_version", model->arena, &model->keras_version, err);
    if (status == MOTE_OK && !model->config_json)
        status =
            mote_error_set(err, MOTE_FORMAT, "it holds no model_config: perhaps weights alone; save the whole model");
    return status;
}

static mote_status load_from(mote_model *model, mote_h5 *h5, const char *input_shape, mote_error *err)
{
    mote_status status = read_texts(model, h5, err);
    if (status != MOTE_OK)
        return status;
    json_t *document;
    status = parse_json(model->config_json, &document, err);
    if (status != MOTE_OK)
        return status;
    const int keras_major = model->keras_version && model->keras_version[0] >= '3' ? 3 : 2;
    h5_source source = {h5, mote_h5_has(h5, "/model_weights") ? "/model_weights" : ""};
    status = keras_build_model(model, document, keras_major, input_shape, layer_weights, &source, err);
    json_decref(document);
    return status;
}

mote_status mote_keras_load(mote_model **model, const char *path, const mote_import_options *options, mote_error *err)
{
    const mote_allocator *allocator = options ? options->allocator : NULL;
    *model = NULL;
    mote_file file;
    mote_status status = mote_file_open(&file, path, MAX_FILE_BYTES, allocator, err);
    if (status != MOTE_OK)
        return status;
    mote_h5 *h5 = NULL;
    mote_model *loaded = mote_model_new(allocator, 0);
    if (loaded) {
        loaded->source = "keras";
        status = mote_h5_open(&h5, file.data, file.n_bytes, err);
        if (status == MOTE_OK)
            status = load_from(loaded, h5, options ? options->input_shape : NULL, err);
        mote_h5_close(h5);
    } else {
        status = mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    }
    mote_file_close(&file);
    if (status == MOTE_OK)
        status = mote_model_verify(loaded, err);
    if (status != MOTE_OK) {
        mote_model_free(loaded);
        return mote_error_prefix(err, status, "%s", path);
    }
    *model = loaded;
    return MOTE_OK;
}
