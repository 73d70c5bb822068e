/*
 * Two forms of one network side by side: float and quantized, or a Keras file and its .tflite. Tensors are matched by
 * name and by place in the structure; every example run through both adds to the difference of each pair.
 */
#ifndef MOTE_DIFF_H
#define MOTE_DIFF_H

#include <mote/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_diff mote_diff;

/* Ratios that would be infinite (no error at all) are given as this, in dB. */
enum { MOTE_DIFF_MAX_DB = 300 };

/* A pair of tensors, in the order of model a; values as real numbers (quantized ones times their scale). */
typedef struct mote_diff_layer {
    const char *name;           /* of the tensor in a; borrowed from the model */
    const char *op;             /* the operator in a that makes it */
    int32_t tensor_a, tensor_b; /* in graphs[0] of each */
    int32_t output;             /* which output of the network it is, or -1 */
    int64_t n_values;           /* compared so far */
    double rmse;                /* root of the mean square of b - a */
    double sqnr_db;             /* power of a over power of b - a */
    double cosine;              /* of the angle between a and b as vectors over all examples; 1 when both are 0 */
    double max_abs;             /* the largest |b - a| */
} mote_diff_layer;

/* Both models are borrowed and must outlive the diff; they must run as they are (mote_lower for Keras's). */
MOTE_API mote_status mote_diff_new(mote_diff **diff, const mote_model *a, const mote_model *b, int32_t n_threads,
                                   const mote_allocator *allocator, mote_error *err);
MOTE_API void mote_diff_free(mote_diff *diff); /* NULL is fine */
/* which 0: a, 1: b. Borrowed: to give its inputs their shapes before mote_diff_start, their values before each step. */
MOTE_API mote_runtime *mote_diff_runtime(const mote_diff *diff, int32_t which);
/* Allocates both and matches their tensors. MOTE_SHAPE when the outputs are not alike. */
MOTE_API mote_status mote_diff_start(mote_diff *diff, mote_error *err);
/* Runs both on what their inputs hold and adds up. */
MOTE_API mote_status mote_diff_step(mote_diff *diff, mote_error *err);
/* The pairs matched, with the differences so far; borrowed until the next step. */
MOTE_API const mote_diff_layer *mote_diff_layers(mote_diff *diff, int32_t *n);
/* The share of rows of the first output in which both have their largest value (with one value: the same side of 0.5)
 * at the same place. */
MOTE_API double mote_diff_agreement(const mote_diff *diff);
MOTE_API int64_t mote_diff_n_examples(const mote_diff *diff);

#ifdef __cplusplus
}
#endif
#endif
