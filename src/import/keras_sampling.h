/* The weights of tf.image.resize's methods that have no operator in TFLite, for lines of known lengths. */
#ifndef MOTE_IMPORT_KERAS_SAMPLING_H
#define MOTE_IMPORT_KERAS_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

typedef struct keras_sampling {
    const char *method; /* as Keras names it: "bicubic" */
    bool antialias;     /* kernels grow with the step where lines become shorter */
} keras_sampling;

/* weights [n_out, n_in], zeros before: output i is the sum of all inputs, each times its weight in row i. False: the
 * method is not known. */
bool keras_sampling_weights(const keras_sampling *sampling, int32_t n_in, int32_t n_out, float *weights);

#endif
