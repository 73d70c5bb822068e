/*
 * Losses and their gradients. Rows are examples (or pixels, for outputs with more dimensions); a row's weight is its
 * class's times its example's. Sums are in double and in order.
 */
#include <math.h>
#include <string.h>

#include "train/train_internal.h"

static const float CLIP = 1e-7f; /* Keras's epsilon */

const char *mote_loss_name(mote_loss loss)
{
    static const char *const names[] = {"sparse_categorical_crossentropy", "categorical_crossentropy",
                                        "binary_crossentropy", "mean_squared_error"};
    return loss >= 0 && loss < MOTE_LOSS_COUNT ? names[loss] : "?";
}

bool mote_loss_parse(const char *text, mote_loss *loss)
{
    for (int32_t i = 0; i < MOTE_LOSS_COUNT; i++)
        if (strcmp(text, mote_loss_name((mote_loss)i)) == 0) {
            *loss = (mote_loss)i;
            return true;
        }
    if (strcmp(text, "mse") != 0)
        return false;
    *loss = MOTE_LOSS_MEAN_SQUARED_ERROR;
    return true;
}

typedef struct loss_row {
    const tr_loss *loss;
    const float *values; /* n of them */
    int64_t n;
    int32_t label;        /* sparse */
    const float *targets; /* dense */
    float *gradient;      /* or NULL; d loss / d values, before weights */
} loss_row;

static float target_at(const loss_row *row, int64_t i)
{
    const float s = row->loss->smoothing;
    const float y = row->targets ? row->targets[i] : i == row->label ? 1.0f : 0.0f;
    const float rest = row->loss->kind == MOTE_LOSS_BINARY_CROSSENTROPY ? 0.5f : 1.0f / (float)row->n;
    return s > 0.0f ? y * (1.0f - s) + s * rest : y;
}

/* - sum y log softmax(x); by x: softmax(x) sum y - y */
static double categorical_logits(const loss_row *row)
{
    const float *x = row->values;
    float largest = x[0];
    for (int64_t i = 1; i < row->n; i++)
        largest = x[i] > largest ? x[i] : largest;
    double sum = 0, loss = 0, mass = 0;
    for (int64_t i = 0; i < row->n; i++)
        sum += exp((double)x[i] - largest);
    const double log_sum = log(sum);
    for (int64_t i = 0; i < row->n; i++) {
        const double y = target_at(row, i);
        mass += y;
        if (y != 0)
            loss -= y * ((double)x[i] - largest - log_sum);
    }
    for (int64_t i = 0; row->gradient && i < row->n; i++)
        row->gradient[i] = (float)(exp((double)x[i] - largest) / sum * mass - target_at(row, i));
    return isnan(largest) ? (double)largest : loss;
}

static float clip(float p)
{
    return p < CLIP ? CLIP : p > 1.0f - CLIP ? 1.0f - CLIP : p;
}

static bool is_clipped(float p)
{
    return p < CLIP || p > 1.0f - CLIP;
}

/* Probabilities of a row, made to sum to 1 as Keras does, for dense labels; class numbers take them as they are and
 * renormalize through the logarithm's softmax: both are - sum y log(q_i / sum q). */
static double categorical_probabilities(const loss_row *row)
{
    const float *p = row->values;
    double total = 0, loss = 0, mass = 0;
    const bool dense = row->targets != NULL;
    /* Dense: q = clip(p / sum p). Sparse: q = clip(p), then softmax of log q, which is q / sum q. */
    double sum_p = 0;
    for (int64_t i = 0; i < row->n; i++) {
        sum_p += p[i];
        total += clip(p[i]);
    }
    for (int64_t i = 0; i < row->n; i++) {
        const double y = target_at(row, i), q = dense ? clip((float)(p[i] / sum_p)) : clip(p[i]) / total;
        mass += y;
        if (y != 0)
            loss -= y * log(q);
    }
    double kept = 0; /* dense: sum of y over the values that are not clipped */
    for (int64_t i = 0; dense && i < row->n; i++)
        kept += is_clipped((float)(p[i] / sum_p)) ? 0 : target_at(row, i);
    for (int64_t i = 0; row->gradient && i < row->n; i++) {
        const double y = target_at(row, i);
        if (dense)
            row->gradient[i] = (float)(kept / sum_p - (is_clipped((float)(p[i] / sum_p)) ? 0 : y / p[i]));
        else
            row->gradient[i] = is_clipped(p[i]) ? 0.0f : (float)(mass / total - y / p[i]);
    }
    return loss;
}

static double binary(const loss_row *row)
{
    double loss = 0;
    for (int64_t i = 0; i < row->n; i++) {
        const double y = target_at(row, i), x = row->values[i];
        double gradient;
        if (row->loss->from_logits) {
            loss += (x > 0 ? x : 0) - x * y + log1p(exp(-fabs(x)));
            gradient = 1.0 / (1.0 + exp(-x)) - y;
        } else {
            const double p = clip(row->values[i]), e = CLIP; /* Keras adds epsilon to the logarithms too */
            loss -= y * log(p + e) + (1 - y) * log(1 - p + e);
            gradient = is_clipped(row->values[i]) ? 0 : (1 - y) / (1 - p + e) - y / (p + e);
        }
        if (row->gradient)
            row->gradient[i] = (float)(gradient / (double)row->n);
    }
    return loss / (double)row->n;
}

static double squared(const loss_row *row)
{
    double loss = 0;
    for (int64_t i = 0; i < row->n; i++) {
        const double d = (double)row->values[i] - row->targets[i];
        loss += d * d;
        if (row->gradient)
            row->gradient[i] = (float)(2 * d / (double)row->n);
    }
    return loss / (double)row->n;
}

static double row_loss(const loss_row *row)
{
    switch (row->loss->kind) {
    case MOTE_LOSS_BINARY_CROSSENTROPY:
        return binary(row);
    case MOTE_LOSS_MEAN_SQUARED_ERROR:
        return squared(row);
    default:
        return row->loss->from_logits ? categorical_logits(row) : categorical_probabilities(row);
    }
}

static int32_t largest_of(const float *values, int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        best = values[i] > values[best] ? i : best;
    return (int32_t)best;
}

/* The class of a row's label, for class weights and accuracy. */
static int32_t label_of(const loss_row *row)
{
    if (!row->targets)
        return row->label;
    return row->n == 1 ? row->targets[0] > 0.5f : largest_of(row->targets, row->n);
}

static bool is_correct(const tr_loss *loss, const float *outputs, int64_t n, int32_t label)
{
    if (n > 1)
        return largest_of(outputs, n) == label;
    const float middle = loss->from_logits && loss->tensor == loss->output ? 0.0f : 0.5f;
    return (outputs[0] > middle) == (label == 1);
}

double tr_loss_compute(const tr_loss *loss, const mote_train_batch *batch, const float *values, const float *outputs,
                       int64_t n_rows, int64_t n_columns, float *gradient, int32_t *n_correct)
{
    double total = 0;
    const int64_t rows_per_example = n_rows / batch->n;
    *n_correct = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        const loss_row row = {
            .loss = loss,
            .values = values + i * n_columns,
            .n = n_columns,
            .label = batch->classes ? batch->classes[i] : 0,
            .targets = batch->targets ? batch->targets + i * n_columns : NULL,
            .gradient = gradient ? gradient + i * n_columns : NULL,
        };
        const int32_t label = label_of(&row);
        double weight = batch->weights ? batch->weights[i / rows_per_example] : 1.0;
        if (loss->class_weights && label >= 0 && label < loss->n_class_weights)
            weight *= loss->class_weights[label];
        total += weight * row_loss(&row);
        const double share = weight / (double)n_rows;
        for (int64_t j = 0; row.gradient && j < n_columns; j++)
            row.gradient[j] = (float)(row.gradient[j] * share);
        *n_correct += is_correct(loss, outputs + i * n_columns, n_columns, label);
    }
    return total / (double)n_rows;
}

mote_status tr_check_labels(const mote_trainer *trainer, const mote_train_batch *batch, mote_error *err)
{
    const mote_shape *shape = &trainer->graph->tensors[trainer->loss.output]->shape;
    const int32_t n_classes = shape->dims[shape->rank - 1];
    if (trainer->loss.kind != MOTE_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY)
        return batch->targets ? MOTE_OK
                              : mote_error_set(err, MOTE_ARGUMENT, "%s needs labels as rows of numbers",
                                               mote_loss_name(trainer->loss.kind));
    if (!batch->classes)
        return mote_error_set(err, MOTE_ARGUMENT, "sparse_categorical_crossentropy needs labels as class numbers");
    const int64_t rows = batch->n * mote_shape_span(shape, 1, shape->rank - 1);
    for (int64_t i = 0; i < rows; i++)
        if (batch->classes[i] < 0 || batch->classes[i] >= n_classes)
            return mote_error_set(err, MOTE_ARGUMENT, "label %d of example %lld is outside the model's %d classes",
                                  batch->classes[i], (long long)(i / (rows / batch->n)), n_classes);
    return MOTE_OK;
}
