/* Reading models: Keras's file forms and .tflite, told apart by content, never by file name. */
#ifndef MOTE_IMPORT_H
#define MOTE_IMPORT_H

#include <mote/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_import_options {
    const char *input_shape; /* "224x224x3": for inputs with None sizes; NULL: none given */
    const mote_allocator *allocator;
} mote_import_options;

/* .h5 (Keras 2 and 3, whole model), .keras, or .tflite. options may be NULL. */
MOTE_API mote_status mote_model_load(mote_model **model, const char *path, const mote_import_options *options,
                                     mote_error *err);
MOTE_API mote_status mote_keras_load(mote_model **model, const char *path, const mote_import_options *options,
                                     mote_error *err);

/* model.summary() of Keras, to the letter where the file says as much; width 0: Keras's default. */
MOTE_API mote_status mote_model_summary(const mote_model *model, FILE *out, mote_error *err);
typedef struct mote_param_counts {
    int64_t total, trainable, non_trainable;
} mote_param_counts;
MOTE_API mote_param_counts mote_model_count_params(const mote_model *model);

#ifdef __cplusplus
}
#endif
#endif
