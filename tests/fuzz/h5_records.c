#include "fuzz/h5_records.h"
#include "import/keras_file.h"

#include <string.h>

typedef struct source {
    const unsigned char *bytes;
    size_t left;
} source;

static bool read_bytes(void *context, void *data, size_t n_bytes)
{
    source *s = context;
    if (n_bytes > s->left)
        return false;
    if (n_bytes)
        memcpy(data, s->bytes, n_bytes);
    s->bytes += n_bytes;
    s->left -= n_bytes;
    return true;
}

static void load(mote_h5 *h5, size_t n_bytes)
{
    const mote_import_options options = {0};
    mote_arena *texts = mote_arena_new(NULL, 0);
    mote_model *model;
    mote_error err;
    keras_file file;
    if (texts && keras_file_from_h5(&file, h5, n_bytes, texts, &err) == MOTE_OK &&
        keras_file_load(&model, &file, &options, &err) == MOTE_OK)
        mote_model_free(model);
    mote_h5_close(h5);
    mote_arena_free(texts);
}

void h5_records_read(const void *records, size_t n_bytes)
{
    source s = {records, n_bytes};
    mote_h5 *h5;
    mote_error err;
    if (mote_h5_receive(&h5, n_bytes, read_bytes, &s, &err) == MOTE_OK)
        load(h5, n_bytes);
}
