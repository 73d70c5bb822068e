/* What the two file forms share. */
#ifndef MOTE_IMPORT_KERAS_SAVE_H
#define MOTE_IMPORT_KERAS_SAVE_H

#include "import/h5_write.h"
#include "import/keras_dialect.h"

#include <mote/keras.h>

/* Writes a weight in Keras's layout. */
mote_status keras_save_weight(const mote_model *model, const mote_layer_weight *weight, h5_writer *writer,
                              const char *path, mote_error *err);
/* The model's own version of Keras where it is of that major, else one that had this form. */
const char *keras_save_version(const mote_model *model, int keras_major);
/* The .keras form; *bytes: free with mote_free(NULL, …). */
mote_status keras_build_zip(const mote_model *model, unsigned char **bytes, size_t *n_bytes, mote_error *err);

#endif
