/* Reading models: Keras's file forms and .tflite, told apart by content, never by file name. */
#ifndef MOTE_IMPORT_H
#define MOTE_IMPORT_H

#include <mote/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One line about something odd in a file that loads all the same: NaN in a weight. */
typedef void mote_warn_fn(void *context, const char *text);

typedef struct mote_import_options {
    const char *input_shape; /* "224x224x3": for inputs with None sizes; NULL: none given */
    /* For looking at a Keras model: None sizes that input_shape does not give are MOTE_DIM_UNKNOWN in the layers'
     * output_shapes, and some number in the graph. */
    bool open_sizes;
    const mote_allocator *allocator;
    mote_warn_fn *warn; /* NULL: unheard */
    void *warn_context;
} mote_import_options;

/* .h5 (Keras 2 and 3, whole model), .keras, or .tflite. options may be NULL. */
MOTE_API mote_status mote_model_load(mote_model **model, const char *path, const mote_import_options *options,
                                     mote_error *err);
MOTE_API mote_status mote_keras_load(mote_model **model, const char *path, const mote_import_options *options,
                                     mote_error *err);
MOTE_API mote_status mote_keras_read(mote_model **model, const void *bytes, size_t n_bytes,
                                     const mote_import_options *options, mote_error *err);

/* How weights of a file find the layers of a model. */
typedef enum mote_weights_match {
    /* As load_weights of Keras: the layers that have weights, one after the other; all of them on both sides. */
    MOTE_WEIGHTS_BY_ORDER,
    /* As load_weights(by_name=True): layers of the same name; others keep what they have. None at all is an error. */
    MOTE_WEIGHTS_BY_NAME,
    /* By order, but the model may have more layers at its end: a file without top into a model with a head. */
    MOTE_WEIGHTS_BACKBONE,
} mote_weights_match;

/*
 * Loads weights alone into a model that import or an architecture made: .h5 by layer names (whole models too),
 * .weights.h5 and .keras by class paths (whose layers have no names: BY_NAME is refused there). MOTE_SHAPE names the
 * first layer that differs. On success *model is freed and replaced, built anew from its Keras description with the
 * layers' trainable flags as they were; on failure it is untouched.
 */
MOTE_API mote_status mote_model_load_weights(mote_model **model, const char *path, mote_weights_match how,
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
