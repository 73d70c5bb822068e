/*
 * Built-in architectures: those of keras.applications, layer for layer (names, order, defaults, initializers), so that
 * Keras's weight files fit; and mote_tiny, a small EfficientNet. What they make is a Keras model in training form, as
 * if it had been read from a file.
 */
#ifndef MOTE_ARCH_H
#define MOTE_ARCH_H

#include <mote/import.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_arch_info {
    const char *name;   /* Keras's: "EfficientNetB0" */
    const char *about;  /* a few words */
    const char *pixels; /* what it expects of a pixel, as --pixels takes it: "0..255", "-1..1", "caffe" */
    int32_t default_px; /* height and width of its input */
} mote_arch_info;

MOTE_API int32_t mote_arch_count(void);
MOTE_API const mote_arch_info *mote_arch_get(int32_t index); /* NULL out of range */
/* Upper and lower case, '-' and '_' make no difference, "MobileNetV1" is MobileNet; -1: no such name. */
MOTE_API int32_t mote_arch_find(const char *name);

typedef struct mote_arch_options {
    int32_t n_classes; /* of Keras's own top, or of the head where that names none; 0: 1000, ImageNet's */
    int32_t input_px;  /* height and width; 0: the architecture's */
    /* "max", "avg" or NULL. Without a head: n_classes > 0 adds dense:N:softmax, otherwise the pooled features come
     * out. With a head NULL is "avg". */
    const char *pooling;
    /* Layers after the pooling, in place of Keras's top; NULL: Keras's own top (when pooling is NULL too). Items
     * separated by commas: dense:UNITS[:ACTIVATION], batch_norm, dropout:RATE, activation:NAME. */
    const char *head;
    /* Where Keras's ImageNet weights need it (EfficientNetB0–B7: their Normalization holds standard deviations as
     * variances), the stem divides once more by their roots, as Keras does with weights="imagenet". */
    bool imagenet_stem;
    uint64_t seed; /* of the initial weights: same seed, same weights, on every machine */
    const mote_allocator *allocator;
} mote_arch_options;

/* MOTE_ARGUMENT: a size, head or pooling that makes no sense. */
MOTE_API mote_status mote_arch_new(mote_model **model, int32_t arch, const mote_arch_options *options, mote_error *err);
/* As mote_arch_new, then with the weights of a Keras file (mote_model_load_weights). imagenet_stem is found out: a
 * Normalization that holds ImageNet's deviations as its variances needs it. */
MOTE_API mote_status mote_arch_new_with_weights(mote_model **model, int32_t arch, const mote_arch_options *options,
                                                const char *weights_path, mote_weights_match how, mote_error *err);

/* Keras's own file of ImageNet weights, as keras.applications names and places it. */
typedef struct mote_arch_weights {
    char name[128]; /* "efficientnetb0_notop.h5" */
    char url[256];
    const char *md5; /* hexadecimal; NULL: Keras states none (MobileNet, MobileNetV2) */
} mote_arch_weights;

/* The file that fits a model of these options: with Keras's classifier where the model has that for 1000 classes,
 * without elsewhere. Fetching it is the caller's business (mote/fetch.h). MOTE_NOT_FOUND: the architecture is not of
 * keras.applications. */
MOTE_API mote_status mote_arch_imagenet(int32_t arch, const mote_arch_options *options, mote_arch_weights *weights,
                                        mote_error *err);
/* What mote_arch_new would make, counted without making the weights. */
MOTE_API mote_status mote_arch_count_params(int32_t arch, const mote_arch_options *options, int64_t *n_params,
                                            mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
