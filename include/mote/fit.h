/*
 * A training run: epochs over a dataset with the trainer of mote/train.h, validation, learning-rate schedules, the best
 * weights kept, checkpoints, history, TensorBoard. The same options and data give bit-identical weights at every number
 * of threads, and also after a run that was killed and goes on from its checkpoint.
 */
#ifndef MOTE_FIT_H
#define MOTE_FIT_H

#include <mote/data.h>
#include <mote/train.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- which layers train --- */
/* Sets the trainable flag of every layer whose name matches the POSIX extended regular expression, and of all inside of
 * it where it is a model. *n_layers says how many. MOTE_ARGUMENT: not a regular expression, or nothing matches. */
MOTE_API mote_status mote_model_set_trainable(mote_model *model, const char *regex, bool trainable, int32_t *n_layers,
                                              mote_error *err);

/* --- learning rate --- */
typedef enum mote_schedule_kind {
    MOTE_SCHEDULE_CONSTANT,
    MOTE_SCHEDULE_COSINE,      /* lr * (1 + cos(pi * step / all steps)) / 2: Keras's CosineDecay */
    MOTE_SCHEDULE_EXPONENTIAL, /* lr * factor^(step / every): Keras's ExponentialDecay; every 0: an epoch's steps */
    MOTE_SCHEDULE_STEP,        /* lr * factor^floor(epoch / every) */
    MOTE_SCHEDULE_PLATEAU,     /* times factor when the monitored value has not improved for `every` epochs */
} mote_schedule_kind;
typedef struct mote_schedule {
    mote_schedule_kind kind;
    double factor;        /* in (0, 1] */
    int64_t every;        /* steps, or epochs; see above */
    int64_t warmup_steps; /* the rate rises in a line over so many first steps */
} mote_schedule;
/* "constant", "cosine", "exponential:0.9[:STEPS]", "step:EPOCHS:FACTOR", "plateau:EPOCHS:FACTOR". */
MOTE_API mote_status mote_schedule_parse(const char *text, mote_schedule *schedule, mote_error *err);
/* The rate of step (from 0) as far as it depends on step and epoch alone. n_steps: of the whole run. */
MOTE_API double mote_schedule_rate(const mote_schedule *schedule, double lr, int64_t step, int64_t steps_per_epoch,
                                   int64_t n_steps);

/* --- augmentation: photos are changed at random before each step; ranges are Keras's Random* layers' --- */
typedef struct mote_augment {
    bool flip, flip_vertical; /* half of the photos */
    float rotate;             /* at most this part of a full turn, either way */
    float zoom;               /* heights and widths together, at most by this part, in or out */
    float translate;          /* at most this part of height and width, either way */
    float brightness;         /* at most this part of the range of pixels is added or taken off */
    float contrast;           /* distance from the photo's mean times 1 - c … 1 + c */
} mote_augment;
/* "flip,rotate:0.1,zoom:0.2,translate:0.1,brightness:0.2,contrast:0.2,flip_vertical" */
MOTE_API mote_status mote_augment_parse(const char *text, mote_augment *augment, mote_error *err);
/* In place on n photos of height x width x channels in [low, high]; what a photo becomes depends on seed and its number
 * (first + its place) alone. scratch: as many values as one photo has, times the pool's threads. */
MOTE_API void mote_augment_apply(const mote_augment *augment, float *photos, int32_t n, int32_t height, int32_t width,
                                 int32_t channels, float low, float high, uint64_t seed, uint64_t first,
                                 mote_pool *pool, float *scratch);

/* --- metrics --- */
/* Keras's: top-5 (top_k_categorical_accuracy of k), and for two classes (or one output) AUC of 200 thresholds, and
 * precision and recall of class 1 above 0.5; for more classes precision and recall are means over the classes. */
typedef struct mote_metric_values {
    double loss, accuracy, top_k, auc, precision, recall;
} mote_metric_values;

/* --- one epoch's line of the history --- */
typedef struct mote_epoch {
    int64_t epoch; /* from 1 */
    int64_t step;  /* steps done in the run */
    mote_metric_values train, val;
    bool has_val;
    double learning_rate; /* of the last step */
    double seconds, images_per_second;
    bool best; /* the best so far */
} mote_epoch;

/* While an epoch runs. */
typedef struct mote_fit_step {
    int64_t epoch, n_epochs, step, n_steps; /* within the epoch, from 1 */
    int64_t n_examples;                     /* of the epoch so far */
    double loss, accuracy;                  /* means of the epoch so far */
    bool validating;
} mote_fit_step;

typedef enum mote_monitor { MOTE_MONITOR_ACCURACY, MOTE_MONITOR_LOSS } mote_monitor;

typedef struct mote_fit_options {
    const mote_dataset *dataset;     /* borrowed, as all below */
    const mote_slice *train, *val;   /* val may be NULL */
    const mote_dataset *val_dataset; /* NULL: dataset */
    mote_pixels pixels;
    int32_t batch;
    int64_t epochs;
    int64_t steps_per_epoch;  /* Keras's meaning: an epoch is so many steps, the data goes round; 0: one pass */
    int64_t validation_steps; /* so many batches of val; 0: all */
    bool shuffle, strict;
    size_t cache_bytes; /* for decoded photos */
    double learning_rate;
    mote_schedule schedule;
    mote_augment augment;
    mote_trainer_options trainer; /* loss, optimizer, class weights, smoothing, seed, threads */
    bool balance_classes;         /* class weights from the training labels: n / (classes * n of the class) */
    int32_t top_k;                /* 0: not measured */
    bool auc, precision_recall;
    mote_monitor monitor;   /* of val where there is one, else of the training data */
    bool keep_best;         /* the model gets the best epoch's weights at the end; needs val */
    int64_t patience;       /* stop after so many epochs without a better one; 0: never */
    double min_delta;       /* what counts as better */
    const char *checkpoint; /* folder, or NULL: after each epoch, and every checkpoint_steps steps */
    int64_t checkpoint_steps;
    bool resume;             /* go on from checkpoint; a folder without one begins anew */
    const char *tensorboard; /* folder, or NULL */
    bool histograms;         /* of the weights, in TensorBoard */
    /* What the run is told apart by besides the options here: split expressions, the model's file. May be NULL. */
    const char *identity;
    bool (*stop)(void *arg); /* asked between steps; true: save and return MOTE_CANCELLED; may be NULL */
    void (*on_step)(void *arg, const mote_fit_step *step);
    void (*on_epoch)(void *arg, const mote_epoch *epoch);
    void (*on_note)(void *arg, const char *text);
    void (*on_skip)(void *arg, const char *name, const mote_error *err);
    void *arg;
} mote_fit_options;
MOTE_API mote_fit_options mote_fit_options_default(void);

typedef struct mote_fit_result {
    int64_t epochs, steps; /* done, those before a resume included */
    int64_t best_epoch;    /* 0: none */
    bool stopped_early, resumed;
    int64_t skipped; /* photos that could not be read */
    mote_epoch *history;
    int64_t n_history;
    const mote_allocator *allocator;
} mote_fit_result;

/* Fills in the loss that fits the model's end: SOFTMAX, LOGISTIC, or logits. */
MOTE_API void mote_fit_choose_loss(const mote_model *model, mote_trainer_options *trainer);
/*
 * Trains model in place: afterwards it has the last, the best or the averaged weights, and compile settings to match.
 * MOTE_ARGUMENT: data that does not fit (one line says which), MOTE_DIVERGED: a loss that is not finite,
 * MOTE_CANCELLED: stopped, the model has the weights of that moment, MOTE_FORMAT: a checkpoint that is damaged or of
 * another run. On a full disk the last whole checkpoint stays. result: free with mote_fit_result_free, also after an
 * error.
 */
MOTE_API mote_status mote_fit(mote_model *model, const mote_fit_options *options, mote_fit_result *result,
                              mote_error *err);
MOTE_API void mote_fit_result_free(mote_fit_result *result);

/* One line of JSON (no newline) or CSV for an epoch; columns are those that the run measures. */
MOTE_API mote_status mote_epoch_json(const mote_epoch *epoch, const mote_fit_options *options, char *text,
                                     size_t n_bytes);
/* history.csv or history.jsonl by the path's end, whole or not at all. */
MOTE_API mote_status mote_history_save(const mote_fit_result *result, const mote_fit_options *options, const char *path,
                                       mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
