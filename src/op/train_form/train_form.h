/*
 * The operators that exist only before lowering: what a network is while it trains. Their identity or affine form
 * at inference is what passes put in their place.
 */
#ifndef MOTE_OP_TRAIN_FORM_TRAIN_FORM_H
#define MOTE_OP_TRAIN_FORM_TRAIN_FORM_H

#include "op/op.h"

/* Inputs: x, gamma, beta, moving mean, moving variance (each one value per slice along axis).
 * At inference: gamma * (x - mean) / sqrt(variance + epsilon) + beta (Ioffe and Szegedy 2015). */
typedef struct mote_batch_norm_params {
    float epsilon, momentum;
    int32_t axis;   /* not negative */
    bool full_rank; /* at inference its constants have the input's rank, so that they are folded behind only */
    /* Set by the trainer only. */
    int32_t activation; /* mote_norm_activation, of the normalized value */
    bool unbiased;      /* the moving variance takes the batch's unbiased one: Keras 2's fused kernel, on images */
} mote_batch_norm_params;

/* Input: x. Training: zeroes with probability rate, scales the rest by 1/(1-rate). noise_shape's dimensions of 1 share
 * one draw; rank 0 draws per element. Inference: identity. With alpha (Klambauer et al. 2017) what is dropped becomes
 * SELU's lowest value, and all is scaled and moved so that mean 0 and variance 1 stay. */
typedef struct mote_dropout_params {
    float rate;
    bool alpha;
    mote_shape noise_shape;
} mote_dropout_params;

/* Input: images. Training: one random transform per image. Inference: identity. CROP has a second input, what comes out
 * at inference; training puts a part of the image of that size in its place, at one place for the whole batch. */
typedef enum mote_augment_kind {
    MOTE_AUGMENT_FLIP,
    MOTE_AUGMENT_ROTATION,
    MOTE_AUGMENT_ZOOM,
    MOTE_AUGMENT_TRANSLATION,
    MOTE_AUGMENT_CONTRAST,
    MOTE_AUGMENT_BRIGHTNESS,
    MOTE_AUGMENT_NOISE,
    MOTE_AUGMENT_CROP,
    MOTE_AUGMENT_FACTOR_NOISE, /* each value times 1 + noise */
    MOTE_AUGMENT_OTHER,        /* not known: it cannot train */
} mote_augment_kind;

typedef enum mote_augment_fill {
    MOTE_AUGMENT_REFLECT, /* d c b a | a b c d | d c b a */
    MOTE_AUGMENT_CONSTANT,
    MOTE_AUGMENT_WRAP,
    MOTE_AUGMENT_EDGE,
} mote_augment_fill;

/* flags of a flip, and of two factors that are one draw */
enum {
    MOTE_AUGMENT_HORIZONTAL = 1,
    MOTE_AUGMENT_VERTICAL = 2,
    MOTE_AUGMENT_SAME_FACTOR = 4,
    MOTE_AUGMENT_WHOLE_BATCH = 8, /* one draw for all images: RandomContrast of Keras 2 */
};

typedef struct mote_random_augment_params {
    int32_t kind; /* mote_augment_kind */
    /* The ranges of the one or two factors (height, width), as Keras's layer reads them: rotation in turns, zoom and
     * translation in parts of the size, contrast and brightness around no change; noise: ± the standard deviation. */
    float low[2], high[2];
    int32_t flags; /* MOTE_AUGMENT_HORIZONTAL … */
    /* Set by the trainer only, from the layer's config. What lies outside the image, and what brightness keeps to. */
    int32_t fill; /* mote_augment_fill */
    float fill_value;
    bool nearest; /* the nearest pixel in place of a bilinear blend */
    float value_low, value_high;
} mote_random_augment_params;

#endif
