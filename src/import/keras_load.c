/* The door for Keras's files. */
#include "import/keras_file.h"

#include <math.h>

/* Of a hostile file: values are float32 in memory, whatever the file has, and once more while they are laid out. */
static size_t memory_limit(const keras_file *file)
{
    return ((size_t)256 << 20) + 32 * file->n_bytes;
}

typedef struct source {
    keras_file *file;
    const mote_import_options *options;
} source;

static void warn_of_bad_values(const mote_import_options *options, const keras_layer *layer)
{
    for (int32_t i = 0; options->warn && i < layer->n_weights; i++) {
        const mote_tensor *value = &layer->weights[i].value;
        const float *values = value->data;
        const int64_t n = value->dtype == MOTE_INT64 ? 0 : mote_shape_count(&value->shape);
        int64_t n_bad = 0;
        for (int64_t j = 0; j < n; j++)
            n_bad += !isfinite(values[j]);
        char text[MOTE_ERROR_TEXT_BYTES];
        snprintf(text, sizeof text, "layer '%s' (%s): %lld of the %lld values of its weight %d are NaN or infinite",
                 layer->name, layer->class_name, (long long)n_bad, (long long)n, i);
        if (n_bad)
            options->warn(options->warn_context, text);
    }
}

static mote_status layer_weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    const source *s = arg;
    const mote_status status = s->file->by_path ? keras_weights_by_path(s->file, layer, arena, err)
                                                : keras_weights_by_name(s->file, layer, arena, err);
    if (status == MOTE_OK)
        warn_of_bad_values(s->options, layer);
    return status;
}

static mote_status build(mote_model *model, keras_file *file, const mote_import_options *options, int32_t stand_in,
                         mote_error *err)
{
    json_t *document;
    mote_status status = keras_parse_json(file->config, &document, err);
    if (status != MOTE_OK)
        return status;
    source s = {file, options};
    const keras_sizes sizes = {options->input_shape, stand_in};
    status = keras_build_model(model, document, keras_file_major(file), &sizes, layer_weights, &s, err);
    json_decref(document);
    return status == MOTE_OK ? mote_model_verify(model, err) : status;
}

static mote_status copy_texts(mote_model *model, const keras_file *file, mote_error *err)
{
    model->source = "keras";
    model->config_json = mote_arena_strdup(model->arena, file->config);
    model->training_json = file->training ? mote_arena_strdup(model->arena, file->training) : NULL;
    model->keras_version = file->version ? mote_arena_strdup(model->arena, file->version) : NULL;
    const bool whole =
        model->config_json && (!file->training || model->training_json) && (!file->version || model->keras_version);
    return whole ? MOTE_OK : mote_error_no_memory(err);
}

static mote_status load_sized(mote_model **model, keras_file *file, const mote_import_options *options,
                              int32_t stand_in, mote_error *err)
{
    mote_model *loaded = mote_model_new(options->allocator, memory_limit(file));
    if (!loaded)
        return mote_error_no_memory(err);
    mote_status status = copy_texts(loaded, file, err);
    if (status == MOTE_OK)
        status = build(loaded, file, options, stand_in, err);
    if (status != MOTE_OK) {
        mote_model_free(loaded);
        return status;
    }
    *model = loaded;
    return MOTE_OK;
}

/* Two models of one file with different stand-ins for open sizes: what differs is open. */
static void mark_open(mote_model *model, const mote_model *other)
{
    for (int32_t i = 0; i < model->n_layers && i < other->n_layers; i++)
        for (int32_t j = 0; j < model->layers[i].n_outputs && j < other->layers[i].n_outputs; j++) {
            mote_shape *shape = &model->layers[i].output_shapes[j];
            const mote_shape *as = &other->layers[i].output_shapes[j];
            for (int32_t d = 0; d < shape->rank && shape->rank == as->rank; d++)
                if (shape->dims[d] != as->dims[d])
                    shape->dims[d] = MOTE_DIM_UNKNOWN;
        }
}

/* False: the model does not build with such sizes, or has none open. What is to warn of was said the first time. */
static bool load_open(mote_model **model, keras_file *file, const mote_import_options *options)
{
    /* What strides and poolings divide evenly, and two branches of a network alike. */
    static const int32_t STAND_INS[] = {256, 384};
    mote_error ignored = {0};
    mote_import_options quiet = *options;
    mote_model *other;
    quiet.warn = NULL;
    if (load_sized(model, file, &quiet, STAND_INS[0], &ignored) != MOTE_OK)
        return false;
    if (load_sized(&other, file, &quiet, STAND_INS[1], &ignored) == MOTE_OK) {
        mark_open(*model, other);
        mote_model_free(other);
        return true;
    }
    mote_model_free(*model);
    *model = NULL;
    return false;
}

mote_status keras_file_load(mote_model **model, keras_file *file, const mote_import_options *options, mote_error *err)
{
    if (!file->config)
        return mote_error_set(err, MOTE_FORMAT, "it holds weights alone, no model; save the whole model");
    const mote_status status = load_sized(model, file, options, 0, err);
    /* An argument is wrong where a size is missing. */
    if (status == MOTE_ARGUMENT && options->open_sizes && load_open(model, file, options)) {
        mote_error_clear(err);
        return MOTE_OK;
    }
    return status;
}

mote_status mote_keras_read(mote_model **model, const void *bytes, size_t n_bytes, const mote_import_options *options,
                            mote_error *err)
{
    const mote_import_options plain = {0};
    options = options ? options : &plain;
    *model = NULL;
    mote_arena *texts = mote_arena_new(options->allocator, 0);
    if (!texts)
        return mote_error_no_memory(err);
    keras_file file;
    mote_status status = keras_file_open(&file, bytes, n_bytes, texts, options->allocator, err);
    if (status == MOTE_OK)
        status = keras_file_load(model, &file, options, err);
    keras_file_close(&file);
    mote_arena_free(texts);
    return status;
}

mote_status mote_keras_load(mote_model **model, const char *path, const mote_import_options *options, mote_error *err)
{
    mote_file file;
    *model = NULL;
    mote_status status = mote_file_open(&file, path, KERAS_MAX_FILE_BYTES, options ? options->allocator : NULL, err);
    if (status != MOTE_OK)
        return status;
    status = mote_keras_read(model, file.data, file.n_bytes, options, err);
    mote_file_close(&file);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", path);
}
