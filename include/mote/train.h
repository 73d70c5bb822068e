/*
 * Training: one model, one optimizer, steps of one batch each, in float32 on the processor. What a step computes is
 * what Keras computes, and it is bit-identical at every number of threads.
 *
 * The trainer owns a copy of the weights; mote_trainer_sync writes it back into the model. Everything that makes the
 * next step what it is (weights, moving statistics, the optimizer's slots, the step's number) can be read and set by
 * name, so that a run goes on from a checkpoint to bit-identical weights.
 */
#ifndef MOTE_TRAIN_H
#define MOTE_TRAIN_H

#include <mote/graph.h>
#include <mote/thread.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_trainer mote_trainer;

/* The loss of a batch is the mean over its examples, each times its class's weight (the divisor stays the number of
 * examples, as in Keras). Where the model ends in the SOFTMAX or LOGISTIC that the loss would undo, it is computed from
 * the logits, as Keras does; elsewhere probabilities are clipped to [1e-7, 1 - 1e-7]. */
typedef enum mote_loss {
    MOTE_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY, /* labels are class numbers */
    MOTE_LOSS_CATEGORICAL_CROSSENTROPY,        /* labels are a row of probabilities per example */
    MOTE_LOSS_BINARY_CROSSENTROPY,             /* labels in [0, 1], one per output value; the mean over the row */
    MOTE_LOSS_MEAN_SQUARED_ERROR,
    MOTE_LOSS_COUNT
} mote_loss;
MOTE_API const char *mote_loss_name(mote_loss loss); /* "sparse_categorical_crossentropy" */
MOTE_API bool mote_loss_parse(const char *text, mote_loss *loss);

typedef enum mote_optimizer {
    MOTE_OPTIMIZER_ADAM,  /* Kingma and Ba 2015 */
    MOTE_OPTIMIZER_ADAMW, /* with decoupled weight decay (Loshchilov and Hutter 2019) */
    MOTE_OPTIMIZER_SGD,
    MOTE_OPTIMIZER_RMSPROP,
    MOTE_OPTIMIZER_COUNT
} mote_optimizer;
MOTE_API const char *mote_optimizer_name(mote_optimizer optimizer); /* "adamw" */
MOTE_API bool mote_optimizer_parse(const char *text, mote_optimizer *optimizer);

/* Names, meanings and defaults are Keras's. At most one of the three clips is not 0. */
typedef struct mote_optimizer_options {
    mote_optimizer kind;
    float beta_1, beta_2;  /* Adam, AdamW */
    float epsilon;         /* Adam, AdamW, RMSprop */
    bool amsgrad;          /* Adam, AdamW */
    float rho;             /* RMSprop */
    bool centered;         /* RMSprop */
    float momentum;        /* SGD, RMSprop */
    bool nesterov;         /* SGD */
    float weight_decay;    /* weights lose learning rate * weight_decay * themselves before the step; 0: none */
    float clipnorm;        /* each gradient's norm at most; 0: not clipped */
    float clipvalue;       /* each gradient value's magnitude at most */
    float global_clipnorm; /* the norm of all gradients together at most */
    float ema_momentum;    /* > 0: an exponential moving average of the weights is kept beside them (Keras: 0.99) */
} mote_optimizer_options;
MOTE_API mote_optimizer_options mote_optimizer_options_default(mote_optimizer kind);

/* How much forward work is repeated in the backward pass so that its results need not be kept. */
typedef enum mote_recompute {
    MOTE_RECOMPUTE_AUTO, /* large results of cheap operators */
    MOTE_RECOMPUTE_NONE,
    MOTE_RECOMPUTE_ALL, /* also small ones */
} mote_recompute;

typedef struct mote_trainer_options {
    mote_loss loss;
    bool from_logits; /* the model's outputs are logits */
    /* Labels y become y * (1 - s) + s / classes; for binary crossentropy y * (1 - s) + s / 2. Keras has it for the
     * dense crossentropies only; here class numbers may have it too. */
    float label_smoothing;
    const float *class_weights; /* one per class, copied; NULL: all 1. For class numbers and rows (their largest) */
    int32_t n_class_weights;
    mote_optimizer_options optimizer;
    uint64_t seed; /* of dropout and augmentation */
    mote_recompute recompute;
    int32_t n_threads;  /* <= 0: mote_cpu_count(); ignored when pool is given */
    mote_pool *pool;    /* borrowed, may be NULL */
    bool profile;       /* measure each node: mote_trainer_node_cost */
    size_t limit_bytes; /* refuse to plan more than this; 0: no limit */
    const mote_allocator *allocator;
} mote_trainer_options;
MOTE_API mote_trainer_options mote_trainer_options_default(void);

/* model: in training form (mote_keras_load), with one output; borrowed, must outlive the trainer. What trains is what
 * its layers say: layer.trainable and weight.trainable, read once, here. A layer that is not trainable runs as at
 * inference where that differs (BatchNormalization). Refuses an operator without a gradient by name and layer. */
MOTE_API mote_status mote_trainer_new(mote_trainer **trainer, mote_model *model, const mote_trainer_options *options,
                                      mote_error *err);
MOTE_API void mote_trainer_free(mote_trainer *trainer); /* NULL is fine */

/* n examples. inputs[i]: the model's input i, float32, n x its shape without the batch. Labels: n class numbers for
 * sparse categorical crossentropy, else n rows of the output's shape; the other pointer is NULL. */
typedef struct mote_train_batch {
    int32_t n;
    const float *const *inputs;
    const int32_t *classes;
    const float *targets;
    const float *weights; /* one per example, multiplied with the class weights; NULL: all 1 */
} mote_train_batch;

typedef struct mote_step_result {
    double loss;          /* of the batch, the layers' regularization included */
    int32_t n, n_correct; /* n_correct: where the largest output is the label's (one output: on its side of 0.5) */
    const float *outputs; /* n rows of the model's output; borrowed until the next call */
    double gradient_norm; /* of all gradients together, before clipping */
} mote_step_result;

/* One step of the optimizer. An infinite or NaN loss or gradient changes nothing and is MOTE_ARGUMENT, naming the layer
 * where it came up first. Batches of changing size are fine; memory is planned for each size anew. */
MOTE_API mote_status mote_trainer_step(mote_trainer *trainer, const mote_train_batch *batch, float learning_rate,
                                       mote_step_result *result, mote_error *err);
/* Loss and outputs as at inference; nothing changes. */
MOTE_API mote_status mote_trainer_evaluate(mote_trainer *trainer, const mote_train_batch *batch,
                                           mote_step_result *result, mote_error *err);
/* Outputs as at inference, n rows; borrowed until the next call. */
MOTE_API mote_status mote_trainer_predict(mote_trainer *trainer, const float *const *inputs, int32_t n,
                                          const float **outputs, mote_error *err);
MOTE_API int32_t mote_trainer_output_size(const mote_trainer *trainer); /* values per example */
MOTE_API int64_t mote_trainer_n_steps(const mote_trainer *trainer);     /* done so far, also before a resume */
MOTE_API int64_t mote_trainer_n_trained(const mote_trainer *trainer);   /* weights (numbers) that train */

/* --- state --- */
typedef enum mote_state_kind {
    MOTE_STATE_WEIGHT,    /* of the model, in the graph's layout, trained or not (moving statistics) */
    MOTE_STATE_OPTIMIZER, /* a slot of the optimizer, or the average of a weight */
    MOTE_STATE_COUNTER,   /* the number of steps, the seed */
} mote_state_kind;

typedef struct mote_state_tensor {
    const char *name; /* unique and the same in every run: "stem_conv/kernel:0", "stem_conv/kernel:0/m", "step" */
    mote_state_kind kind;
    bool trained;
    mote_dtype dtype; /* FLOAT32 or INT64 */
    mote_shape shape;
    void *data; /* the live value: may be read between steps, and written to resume */
    size_t n_bytes;
    const float *gradient; /* of the last step, clipped; NULL where it does not train */
} mote_state_tensor;
MOTE_API int32_t mote_trainer_n_state(const mote_trainer *trainer);
MOTE_API mote_state_tensor mote_trainer_state(mote_trainer *trainer, int32_t index);
/* Writes weights and moving statistics into the model; averaged: the moving averages of those that train (MOTE_ARGUMENT
 * when none are kept). */
MOTE_API mote_status mote_trainer_sync(mote_trainer *trainer, bool averaged, mote_error *err);

/* --- cost --- */
/* Memory that a step on n examples takes: activations and gradients; weights, their gradients and slots. */
typedef struct mote_trainer_memory {
    size_t arena_bytes, weights_bytes;
} mote_trainer_memory;
MOTE_API mote_status mote_trainer_plan(mote_trainer *trainer, int32_t n, mote_trainer_memory *memory, mote_error *err);
/* What a node of the training graph has cost since the last reset: with options.profile, else 0. Products and bytes are
 * of one step on as many examples as the last; bytes are what must be read and written at least, once each. */
typedef struct mote_trainer_cost {
    const char *op, *layer; /* borrowed */
    int64_t forward_ns, backward_ns;
    double forward_products, backward_products; /* multiplications with an addition */
    double forward_bytes, backward_bytes;
} mote_trainer_cost;
MOTE_API int32_t mote_trainer_n_costs(const mote_trainer *trainer);
MOTE_API mote_trainer_cost mote_trainer_node_cost(const mote_trainer *trainer, int32_t index);
MOTE_API int64_t mote_trainer_optimizer_ns(const mote_trainer *trainer);
MOTE_API void mote_trainer_reset_costs(mote_trainer *trainer);

#ifdef __cplusplus
}
#endif
#endif
