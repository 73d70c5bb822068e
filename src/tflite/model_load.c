/* The door for every kind of model file: told apart by its first bytes, never by its name. */
#include <mote/import.h>
#include <mote/io.h>
#include <mote/tflite.h>

#include <string.h>

typedef enum file_kind { FILE_UNKNOWN, FILE_TFLITE, FILE_HDF5, FILE_ZIP, FILE_EMPTY } file_kind;

/* HDF5's signature may also stand at 512, 1024, … behind a user block; Keras writes none. */
static file_kind sniff(const unsigned char *b, size_t n)
{
    if (n == 0)
        return FILE_EMPTY;
    if (n >= 8 && memcmp(b + 4, "TFL3", 4) == 0)
        return FILE_TFLITE;
    if (n >= 8 && memcmp(b, "\x89HDF\r\n\x1a\n", 8) == 0)
        return FILE_HDF5;
    if (n >= 4 && memcmp(b, "PK\x03\x04", 4) == 0)
        return FILE_ZIP;
    return FILE_UNKNOWN;
}

mote_status mote_model_load(mote_model **model, const char *path, const mote_import_options *options, mote_error *err)
{
    const mote_allocator *allocator = options ? options->allocator : NULL;
    *model = NULL;
    mote_file file;
    mote_status status = mote_file_open(&file, path, 0, allocator, err);
    if (status != MOTE_OK)
        return status;
    switch (sniff(file.data, file.n_bytes)) {
    case FILE_TFLITE:
        status = mote_tflite_read(model, file.data, file.n_bytes, allocator, err);
        break;
    case FILE_HDF5:
    case FILE_ZIP:
        status = mote_keras_read(model, file.data, file.n_bytes, options, err);
        break;
    case FILE_EMPTY:
        status = mote_error_set(err, MOTE_FORMAT, "an empty file");
        break;
    case FILE_UNKNOWN:
        status =
            mote_error_set(err, MOTE_FORMAT, "not a model mote reads: a Keras .h5 or .keras, or a .tflite is needed");
        break;
    }
    mote_file_close(&file);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", path);
}
