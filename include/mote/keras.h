/* Writing models in Keras's file forms, so that Keras 2 (tf_keras) and Keras 3 both load them. */
#ifndef MOTE_KERAS_H
#define MOTE_KERAS_H

#include <mote/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * path ends in ".keras": Keras's zip; otherwise (and for "-", standard output) its .h5 form. Whole or not at all; the
 * same model gives the same bytes. The model must be one in training form that came from Keras (model->source "keras"),
 * as loading, mote_arch_new and training leave it: its config, trainable flags and compile settings are written as they
 * are, in the dialect that both major versions of Keras read where there is one (docs/keras-files.md). Float weights
 * are written as float32. MOTE_UNSUPPORTED: not such a model.
 */
MOTE_API mote_status mote_keras_save(const mote_model *model, const char *path, mote_error *err);

/* As above, the .h5 form in memory: *bytes from allocator (mote_free). What a checkpoint holds. */
MOTE_API mote_status mote_keras_build_h5(const mote_model *model, unsigned char **bytes, size_t *n_bytes,
                                         const mote_allocator *allocator, mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
