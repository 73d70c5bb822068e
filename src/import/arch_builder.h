/*
 * Writing down an architecture the way Keras does: layers called on layers, each with its config and the shapes of its
 * weights. What comes out is Keras's JSON, which the importer turns into a graph: there is one road from Keras to a
 * graph. The first failure sticks in the arch, so the functions that add layers return a value and no status.
 */
#ifndef MOTE_IMPORT_ARCH_BUILDER_H
#define MOTE_IMPORT_ARCH_BUILDER_H

#include <jansson.h>
#include <mote/arch.h>

typedef struct arch arch;
typedef int32_t arch_value; /* what a layer returned: the layer's index */

/* How weights begin; the names are Keras's. */
typedef enum arch_init {
    ARCH_GLOROT_UNIFORM, /* Keras's default */
    ARCH_ZEROS,
    ARCH_ONES,
    ARCH_HE_FAN_OUT,     /* VarianceScaling(2, fan_out, truncated_normal): EfficientNet's convolutions */
    ARCH_FAN_OUT_UNIFORM /* VarianceScaling(1/3, fan_out, uniform): EfficientNet's classifier */
} arch_init;

/* Keras's files of ImageNet weights: folder + stem + pixels where the model is named by them + end. */
typedef struct arch_imagenet {
    const char *folder; /* under storage.googleapis.com; NULL: there are none */
    const char *stem;
    const char *top, *notop;         /* ends: with and without the classifier */
    const char *top_md5, *notop_md5; /* as in Keras's source; NULL: not there */
} arch_imagenet;

typedef struct arch_def {
    mote_arch_info info;
    const char *keras_name; /* of the model without a head: "efficientnetb0" */
    bool named_by_px;       /* "_224" after it */
    const void *config;     /* the family's own struct */
    arch_value (*features)(arch *a, const struct arch_def *def, arch_value x);
    arch_value (*top)(arch *a, const struct arch_def *def, arch_value x); /* Keras's own classifier */
    /* Names of Keras's pooling layers without a top; NULL: counted ("global_max_pooling2d"). */
    const char *avg_pool, *max_pool;
    arch_imagenet imagenet;
} arch_def;

#define MOTE_ARCH(symbol) extern const arch_def arch_##symbol;
#include "import/arch_list.inc"
#undef MOTE_ARCH

/* --- what a layer returned --- */
/* Height, width, channels; a pooled or dense value is 0 x 0 x channels. */
typedef struct arch_shape {
    int32_t h, w, c;
} arch_shape;
arch_shape arch_shape_of(const arch *a, arch_value x);
const mote_arch_options *arch_options(const arch *a);
enum { ARCH_IMAGENET_CLASSES = 1000 };
int32_t arch_n_classes(const arch *a); /* ImageNet's where the options name none */
/* A name in the arch's memory. */
const char *arch_name(arch *a, const char *format, ...) MOTE_PRINTF(2, 3);

/* --- layers. name NULL: Keras's count of the class ("re_lu_1"). Defaults of Keras are zeros of the structs. --- */
typedef struct arch_conv {
    int32_t filters, kernel, stride; /* stride 0 is 1; filters is unused for depthwise */
    bool same, bias;
    const char *activation; /* NULL: linear */
    arch_init init;
} arch_conv;
arch_value arch_conv_2d(arch *a, arch_value x, arch_conv conv, const char *name);
arch_value arch_depthwise_2d(arch *a, arch_value x, arch_conv conv, const char *name);

typedef struct arch_norm {
    double momentum, epsilon; /* 0: Keras's 0.99 and 1e-3 */
} arch_norm;
arch_value arch_batch_norm(arch *a, arch_value x, arch_norm norm, const char *name);
arch_value arch_activation(arch *a, arch_value x, const char *activation, const char *name);
arch_value arch_relu(arch *a, arch_value x, double max, const char *name); /* max 0: no bound */
arch_value arch_zero_pad(arch *a, arch_value x, int32_t before, int32_t after, const char *name);
/* Zeros so that a strided "valid" kernel sees what "same" would: keras.applications' correct_pad. */
arch_value arch_correct_pad(arch *a, arch_value x, int32_t kernel, const char *name);
arch_value arch_max_pool(arch *a, arch_value x, int32_t size, int32_t stride, const char *name);
arch_value arch_global_pool(arch *a, arch_value x, bool max, bool keep_dims, const char *name);
/* To 1 x 1 x channels, or to channels alone. */
arch_value arch_reshape(arch *a, arch_value x, bool spatial, const char *name);
arch_value arch_flatten(arch *a, arch_value x, const char *name);
arch_value arch_dropout(arch *a, arch_value x, double rate, bool whole_examples, const char *name);
arch_value arch_dense(arch *a, arch_value x, int32_t units, const char *activation, arch_init init, const char *name);
arch_value arch_add(arch *a, arch_value x, arch_value y, const char *name);
arch_value arch_multiply(arch *a, arch_value x, arch_value y, const char *name);
arch_value arch_rescale(arch *a, arch_value x, double scale, double offset, const char *name);
/* mean and variance NULL: weights, as before adapt (0 and 1). */
arch_value arch_normalize(arch *a, arch_value x, const double mean[3], const double variance[3], const char *name);
/* TFOpLambda ("math.multiply", "__operators__.add") with a constant; y is stolen. */
arch_value arch_tf_op(arch *a, arch_value x, const char *function, json_t *y);

/* v rounded to a multiple of divisor, never more than a tenth below: keras.applications' _make_divisible. */
int32_t arch_divisible(double v, int32_t divisor);

/* The layers that spec names, on x (arch_head.c). */
arch_value arch_head(arch *a, arch_value x, const char *spec, mote_error *err);

const arch_def *arch_def_get(int32_t index); /* NULL out of range */

/* --- for arch.c --- */
typedef struct arch_weight {
    const char *name; /* "stem_conv/kernel:0" */
    mote_shape shape; /* as in the Keras file */
    arch_init init;
    bool is_count; /* one int64: Normalization's */
} arch_weight;
enum { ARCH_MAX_WEIGHTS = 4 };

typedef struct arch_layer {
    const char *name, *class_name;
    json_t *config;
    json_t *kwargs; /* of its call, or NULL */
    arch_value inputs[2];
    int32_t n_inputs;
    arch_shape shape;
    arch_weight weights[ARCH_MAX_WEIGHTS];
    int32_t n_weights;
} arch_layer;

struct arch {
    mote_arena *arena;
    const mote_arch_options *options;
    arch_layer *layers;
    int32_t n_layers, capacity;
    bool failed; /* out of memory */
};

arch_value arch_input(arch *a, int32_t px, const char *name);
/* The order in which Keras's functional model lists layers, from inputs to output; into the arena, NULL: no memory. */
const arch_value *arch_order(arch *a, arch_value output);
/* Keras's JSON document of the model; NULL: out of memory. */
json_t *arch_document(arch *a, const char *model_name, arch_value input, arch_value output);

#endif
