#include "import/keras_file.h"

#include "import/keras_version.h"
#include "import/zip_file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT_BYTES = 64 * 1024 * 1024 };

mote_status keras_parse_json(const char *text, json_t **document, mote_error *err)
{
    json_error_t where;
    *document = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (!*document)
        return mote_error_set(err, MOTE_FORMAT, "the model's description is not JSON: line %d, column %d: %s",
                              where.line, where.column, where.text);
    return MOTE_OK;
}

int keras_file_major(const keras_file *file)
{
    return keras_major_of(file->version);
}

/* --- .h5 --- */

/* Where the weights are; the handle is the file's from now on. */
static mote_status find_root(keras_file *file, mote_h5 *h5, size_t n_bytes, mote_arena *arena, mote_error *err)
{
    const char *const *names;
    int32_t n;
    file->h5 = h5;
    file->n_bytes = n_bytes;
    file->root = mote_h5_has(h5, "/model_weights") ? "/model_weights" : "";
    const mote_status status =
        mote_h5_text_list(h5, *file->root ? file->root : "/", "layer_names", arena, (const char ***)&names, &n, err);
    file->by_path = n == 0 && !*file->root;
    return status;
}

static mote_status open_h5(keras_file *file, const void *bytes, size_t n_bytes, mote_arena *arena, mote_error *err)
{
    mote_h5 *h5;
    const mote_status status = mote_h5_open(&h5, bytes, n_bytes, err);
    return status == MOTE_OK ? find_root(file, h5, n_bytes, arena, err) : status;
}

mote_status keras_file_from_h5(keras_file *file, mote_h5 *h5, size_t n_bytes, mote_arena *arena, mote_error *err)
{
    *file = (keras_file){.root = ""};
    mote_status status = find_root(file, h5, n_bytes, arena, err);
    if (status == MOTE_OK)
        status = mote_h5_text(h5, "/", "model_config", &file->config, err);
    if (status == MOTE_OK)
        status = mote_h5_text(h5, "/", "training_config", &file->training, err);
    if (status == MOTE_OK)
        status = mote_h5_text(h5, "/", "keras_version", &file->version, err);
    return status;
}

/* --- .keras --- */

static mote_status read_entry_text(keras_file *file, mote_zip *zip, const char *name, mote_arena *arena,
                                   const char **text, mote_error *err)
{
    unsigned char *bytes;
    size_t n_bytes;
    mote_status status = mote_zip_read(zip, name, MAX_TEXT_BYTES, &bytes, &n_bytes, file->allocator, err);
    if (status != MOTE_OK || !bytes)
        return status;
    *text = mote_arena_strndup(arena, (const char *)bytes, n_bytes);
    mote_free(file->allocator, bytes);
    return *text ? MOTE_OK : mote_error_no_memory(err);
}

/* keras_version of metadata.json, and compile_config of config.json. */
static mote_status read_settings(keras_file *file, const char *metadata, mote_arena *arena, mote_error *err)
{
    json_t *document;
    mote_status status = MOTE_OK;
    if (metadata) {
        status = keras_parse_json(metadata, &document, err);
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "metadata.json");
        const char *version = keras_text(document, "keras_version", NULL);
        file->version = version ? mote_arena_strdup(arena, version) : NULL;
        json_decref(document);
    }
    status = keras_parse_json(file->config, &document, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "config.json");
    const json_t *compile = json_object_get(document, "compile_config");
    char *text = json_is_object(compile) ? json_dumps(compile, JSON_COMPACT) : NULL;
    file->training = text ? mote_arena_strdup(arena, text) : NULL;
    free(text);
    json_decref(document);
    return MOTE_OK;
}

static mote_status read_archive(keras_file *file, mote_zip *zip, mote_arena *arena, mote_error *err)
{
    const char *metadata = NULL;
    mote_status status = read_entry_text(file, zip, "config.json", arena, &file->config, err);
    if (status == MOTE_OK)
        status = read_entry_text(file, zip, "metadata.json", arena, &metadata, err);
    if (status == MOTE_OK && !file->config)
        status = mote_error_set(err, MOTE_FORMAT, "this zip archive has no config.json: not a .keras file");
    if (status == MOTE_OK)
        status = read_settings(file, metadata, arena, err);
    size_t n_bytes = 0;
    if (status == MOTE_OK)
        status =
            mote_zip_read(zip, "model.weights.h5", KERAS_MAX_FILE_BYTES, &file->image, &n_bytes, file->allocator, err);
    if (status == MOTE_OK && !file->image)
        status = mote_error_set(err, MOTE_FORMAT, "this .keras file has no model.weights.h5");
    if (status == MOTE_OK)
        status = open_h5(file, file->image, n_bytes, arena, err);
    file->by_path = true;
    return status;
}

static mote_status read_zip(keras_file *file, const void *bytes, size_t n_bytes, mote_arena *arena, mote_error *err)
{
    mote_zip *zip;
    mote_status status = mote_zip_open(&zip, bytes, n_bytes, err);
    if (status != MOTE_OK)
        return status;
    status = read_archive(file, zip, arena, err);
    mote_zip_close(zip);
    return status;
}

mote_status keras_file_open(keras_file *file, const void *bytes, size_t n_bytes, mote_arena *arena,
                            const mote_allocator *allocator, mote_error *err)
{
    *file = (keras_file){.root = "", .allocator = allocator};
    if (n_bytes >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0)
        return read_zip(file, bytes, n_bytes, arena, err);
    if (n_bytes < 8 || memcmp(bytes, "\x89HDF\r\n\x1a\n", 8) != 0)
        return mote_error_set(err, MOTE_FORMAT, "not a file of Keras: an .h5 or .keras is needed");
    mote_h5 *h5;
    const mote_status status = mote_h5_open(&h5, bytes, n_bytes, err);
    return status == MOTE_OK ? keras_file_from_h5(file, h5, n_bytes, arena, err) : status;
}

void keras_file_close(keras_file *file)
{
    mote_h5_close(file->h5);
    mote_free(file->allocator, file->image);
}
