/* What is measured while an epoch runs. A plain struct: a checkpoint in the middle of an epoch holds it as it is. */
#ifndef MOTE_TRAIN_FIT_METRICS_H
#define MOTE_TRAIN_FIT_METRICS_H

#include <mote/fit.h>

enum { FIT_THRESHOLDS = 200, FIT_MAX_CLASSES = 1024 };

typedef struct fit_metrics {
    double loss_sum; /* of batch means times their sizes */
    int64_t n, n_correct, n_top_k;
    /* Scores of class 1, by the number of thresholds they are above: for AUC. */
    int64_t above[2][FIT_THRESHOLDS + 1]; /* [label] */
    int64_t n_label[FIT_MAX_CLASSES], n_answer[FIT_MAX_CLASSES], n_hit[FIT_MAX_CLASSES];
} fit_metrics;

/* What the model's outputs are, for metrics. */
typedef struct fit_outputs {
    int32_t n_outputs; /* per example */
    bool logits;
    int32_t top_k;
    bool auc, precision_recall;
} fit_outputs;

void fit_metrics_add(fit_metrics *metrics, const fit_outputs *how, const mote_step_result *result,
                     const int32_t *labels);
mote_metric_values fit_metrics_values(const fit_metrics *metrics, const fit_outputs *how);

#endif
