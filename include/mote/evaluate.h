/*
 * How good a classifier is: a model over labelled photos, with what can be said of the numbers, and two models'
 * answers to the same photos side by side.
 */
#ifndef MOTE_EVALUATE_H
#define MOTE_EVALUATE_H

#include <mote/data.h>
#include <mote/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- numbers --- */

typedef struct mote_interval {
    double low, high;
} mote_interval;

/* The 95% score interval of a share of n_right in n (E. B. Wilson, JASA 22, 1927); [0, 1] for n = 0. */
MOTE_API mote_interval mote_wilson_interval(int64_t n_right, int64_t n);
/* The exact two-sided McNemar test: how probable so uneven a split of (n_lost + n_won) changed answers, or a more
 * uneven one, is when neither model is better. In (0, 1]. */
MOTE_API double mote_mcnemar_p(int64_t n_lost, int64_t n_won);

/* What the scores of a network are, told by the operator that makes its output (QUANTIZE, RESHAPE and the like aside).
 */
typedef enum mote_scores {
    MOTE_SCORES_PROBABILITIES,     /* SOFTMAX, LOGISTIC */
    MOTE_SCORES_LOG_PROBABILITIES, /* LOG_SOFTMAX */
    MOTE_SCORES_LOGITS,            /* anything else */
} mote_scores;
MOTE_API mote_scores mote_model_scores(const mote_model *model);

/* One photo's scores read: n_scores >= 2 classes, the first of the largest wins; or one score for the second of two
 * classes, which wins above 0.5 (a logit: above 0). */
typedef struct mote_reading {
    int32_t top;
    float certainty; /* the probability that the model gives to top, in [0, 1] */
    double loss;     /* -log of the probability of the label, Keras's: probabilities clipped to [1e-7, 1 - 1e-7] */
} mote_reading;
/* false: a score is NaN or infinite. label in [0, classes). */
MOTE_API bool mote_read_scores(mote_scores kind, const float *scores, int32_t n_scores, int32_t label,
                               mote_reading *reading);

/* --- one model --- */

typedef struct mote_answer {
    int64_t example; /* for mote_dataset_name, mote_dataset_decode */
    int32_t label, top;
    float certainty;
} mote_answer;

typedef struct mote_evaluation {
    int64_t n, n_right, n_skipped; /* n photos answered; n_skipped could not be decoded */
    double accuracy;               /* n_right / n */
    mote_interval interval;        /* of accuracy, 95% */
    double loss;                   /* mean over the n photos */
    double seconds;                /* by the clock, decoding included */
    int32_t n_classes;
    int64_t *confusion;   /* [label * n_classes + top]: photos */
    mote_answer *answers; /* n, in the order of the slice */
    const mote_allocator *allocator;
} mote_evaluation;

typedef struct mote_evaluate_options {
    mote_pixels pixels; /* what the model expects of a pixel */
    int32_t n_threads;  /* photos at a time, each on one thread; <= 0: mote_cpu_count() */
    bool strict;        /* a photo that cannot be decoded is an error */
    /* Both called by one thread at a time, though not always the same; either may be NULL. */
    void (*on_progress)(void *arg, int64_t n_done);
    void (*on_skip)(void *arg, const char *name, const mote_error *err);
    void *arg;
    const mote_allocator *allocator;
} mote_evaluate_options;
MOTE_API mote_evaluate_options mote_evaluate_options_default(void);

/* model as it runs (mote_lower for Keras's), one image input, one output of scores. The result is the same at any
 * n_threads. Classes named by other than their numbers must be as many as the scores. MOTE_DIVERGED: a score is NaN or
 * infinite. Free with mote_evaluation_free, also after an error. */
MOTE_API mote_status mote_evaluate(const mote_model *model, const mote_dataset *dataset, const mote_slice *slice,
                                   const mote_evaluate_options *options, mote_evaluation *evaluation, mote_error *err);
MOTE_API void mote_evaluation_free(mote_evaluation *evaluation);

/* Row sums, column sums and the diagonal of the confusion. */
typedef struct mote_class_counts {
    int64_t n, n_answered, n_right; /* photos of the class, photos answered with it, both */
} mote_class_counts;
MOTE_API mote_class_counts mote_evaluation_class(const mote_evaluation *evaluation, int32_t index);

/* --- two models on the same slice --- */
typedef struct mote_pairing {
    int64_t n, n_agree;    /* photos that both answered; with the same class */
    int64_t n_lost, n_won; /* right by a and wrong by b; the other way round */
} mote_pairing;
MOTE_API mote_pairing mote_evaluation_pair(const mote_evaluation *a, const mote_evaluation *b);

#ifdef __cplusplus
}
#endif
#endif
