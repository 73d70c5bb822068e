#include "train/fit_metrics.h"

#include <math.h>

static int32_t largest(const float *scores, int32_t n)
{
    int32_t best = 0;
    for (int32_t i = 1; i < n; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

/* The probability of class 1 of two. */
static double positive(const fit_outputs *how, const float *scores)
{
    if (how->n_outputs == 1)
        return how->logits ? 1.0 / (1.0 + exp(-(double)scores[0])) : (double)scores[0];
    return how->logits ? 1.0 / (1.0 + exp((double)scores[0] - (double)scores[1])) : (double)scores[1];
}

/* Keras's thresholds: -1e-7, 1/199 … 198/199, 1 + 1e-7; counts those that p is above. */
static int32_t thresholds_below(double p)
{
    int32_t n = 0;
    const int32_t last = FIT_THRESHOLDS - 1;
    if (p > -1e-7)
        n = 1;
    if (n == 1 && p > 0) {
        const double at = ceil(p * last) - 1.0; /* thresholds i/last < p for i in 1…at */
        n += at >= last - 1 ? last - 1 : at > 0 ? (int32_t)at : 0;
    }
    return p > 1.0 + 1e-7 ? FIT_THRESHOLDS : n;
}

static int64_t n_larger(const float *scores, int32_t n, int32_t label)
{
    int64_t larger = 0;
    for (int32_t i = 0; i < n; i++)
        larger += scores[i] > scores[label];
    return larger;
}

void fit_metrics_add(fit_metrics *metrics, const fit_outputs *how, const mote_step_result *result,
                     const int32_t *labels)
{
    metrics->loss_sum += result->loss * result->n;
    metrics->n += result->n;
    metrics->n_correct += result->n_correct;
    const int32_t n = how->n_outputs;
    for (int32_t i = 0; i < result->n; i++) {
        const float *scores = result->outputs + (int64_t)i * n;
        const int32_t label = labels[i];
        if (how->top_k && n > 1)
            metrics->n_top_k += n_larger(scores, n, label) < how->top_k;
        if (how->auc && n <= 2)
            metrics->above[label == 1][thresholds_below(positive(how, scores))]++;
        if (how->precision_recall && n <= FIT_MAX_CLASSES) {
            const int32_t answer = n <= 2 ? positive(how, scores) > 0.5 : largest(scores, n);
            metrics->n_label[label]++;
            metrics->n_answer[answer]++;
            metrics->n_hit[label] += answer == label;
        }
    }
}

static double ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

/* The trapezoids under the curve of true over false positives, as Keras's AUC sums them. */
static double area(const fit_metrics *metrics)
{
    int64_t n[2] = {0, 0};
    for (int32_t i = 0; i <= FIT_THRESHOLDS; i++) {
        n[0] += metrics->above[0][i];
        n[1] += metrics->above[1][i];
    }
    double sum = 0, before[2] = {ratio(n[0], n[0]), ratio(n[1], n[1])};
    int64_t left[2] = {n[0], n[1]};
    left[0] -= metrics->above[0][0];
    left[1] -= metrics->above[1][0];
    before[0] = ratio(left[0], n[0]);
    before[1] = ratio(left[1], n[1]);
    for (int32_t i = 1; i < FIT_THRESHOLDS; i++) {
        left[0] -= metrics->above[0][i];
        left[1] -= metrics->above[1][i];
        const double now[2] = {ratio(left[0], n[0]), ratio(left[1], n[1])};
        sum += (before[0] - now[0]) * 0.5 * (before[1] + now[1]);
        before[0] = now[0];
        before[1] = now[1];
    }
    return sum;
}

mote_metric_values fit_metrics_values(const fit_metrics *metrics, const fit_outputs *how)
{
    mote_metric_values v = {.accuracy = ratio(metrics->n_correct, metrics->n),
                            .top_k = ratio(metrics->n_top_k, metrics->n)};
    v.loss = metrics->n ? metrics->loss_sum / (double)metrics->n : 0.0;
    if (how->auc && how->n_outputs <= 2)
        v.auc = area(metrics);
    if (how->precision_recall && how->n_outputs <= FIT_MAX_CLASSES) {
        const int32_t from = how->n_outputs <= 2 ? 1 : 0, to = how->n_outputs <= 2 ? 2 : how->n_outputs;
        for (int32_t c = from; c < to; c++) {
            v.precision += ratio(metrics->n_hit[c], metrics->n_answer[c]) / (to - from);
            v.recall += ratio(metrics->n_hit[c], metrics->n_label[c]) / (to - from);
        }
    }
    return v;
}
