#include <mote/diff.h>

#include "evaluate/diff_match.h"

#include <math.h>
#include <string.h>

/* Sums over all values of a pair. */
typedef struct sums {
    double aa, bb, ab, ee;
} sums;

struct mote_diff {
    const mote_allocator *allocator;
    const mote_graph *graphs[2];
    mote_runtime *runtimes[2];
    mote_diff_layer *layers;
    sums *sums;
    int32_t n_layers, output_layer; /* the layer of the first output */
    float *values[2];               /* room for the largest tensor that is compared */
    int64_t n_examples, n_rows, n_agreed;
};

mote_status mote_diff_new(mote_diff **diff, const mote_model *a, const mote_model *b, int32_t n_threads,
                          const mote_allocator *allocator, mote_error *err)
{
    const mote_model *models[] = {a, b};
    mote_diff *d = mote_calloc(allocator, 1, sizeof *d);
    *diff = NULL;
    if (!d)
        return mote_error_no_memory(err);
    d->allocator = allocator;
    for (int32_t i = 0; i < 2; i++) {
        mote_runtime_options options = mote_runtime_options_default();
        options.keep_all = true;
        options.n_threads = n_threads;
        options.allocator = allocator;
        d->graphs[i] = models[i]->graphs[0];
        const mote_status status = mote_runtime_new(&d->runtimes[i], models[i], &options, err);
        if (status != MOTE_OK) {
            mote_diff_free(d);
            return mote_error_prefix(err, status, "the %s model", i == 0 ? "first" : "second");
        }
    }
    *diff = d;
    return MOTE_OK;
}

void mote_diff_free(mote_diff *diff)
{
    if (!diff)
        return;
    for (int32_t i = 0; i < 2; i++) {
        mote_runtime_free(diff->runtimes[i]);
        mote_free(diff->allocator, diff->values[i]);
    }
    mote_free(diff->allocator, diff->layers);
    mote_free(diff->allocator, diff->sums);
    mote_free(diff->allocator, diff);
}

mote_runtime *mote_diff_runtime(const mote_diff *diff, int32_t which)
{
    return diff->runtimes[which];
}

int64_t mote_diff_n_examples(const mote_diff *diff)
{
    return diff->n_examples;
}

/* --- matching --- */

/* Elements of each tensor as planned; -1 where that is not known yet. */
static int64_t *count_elements(const mote_diff *diff, int32_t which)
{
    const mote_graph *graph = diff->graphs[which];
    int64_t *counts = mote_calloc(diff->allocator, (size_t)graph->n_tensors, sizeof *counts);
    for (int32_t t = 0; counts && t < graph->n_tensors; t++) {
        const mote_tensor *tensor = mote_runtime_tensor(diff->runtimes[which], t);
        counts[t] = mote_shape_count(tensor ? &tensor->shape : &graph->tensors[t]->shape);
    }
    return counts;
}

static mote_status keep_pairs(mote_diff *diff, const mote_diff_pair *pairs, int32_t n, const int64_t *counts,
                              mote_error *err)
{
    int64_t largest = 1;
    diff->layers = mote_calloc(diff->allocator, (size_t)n, sizeof *diff->layers);
    diff->sums = mote_calloc(diff->allocator, (size_t)n, sizeof *diff->sums);
    if (!diff->layers || !diff->sums)
        return mote_error_no_memory(err);
    diff->output_layer = -1;
    for (int32_t i = 0; i < n; i++) {
        const mote_diff_pair *pair = &pairs[i];
        const char *op = pair->node_a >= 0 ? mote_op_name(diff->graphs[0]->nodes[pair->node_a]->op) : NULL;
        diff->layers[i] = (mote_diff_layer){.name = diff->graphs[0]->tensors[pair->tensor_a]->name,
                                            .op = op ? op : "",
                                            .tensor_a = pair->tensor_a,
                                            .tensor_b = pair->tensor_b,
                                            .output = pair->output};
        if (pair->output == 0)
            diff->output_layer = i;
        if (counts[pair->tensor_a] > largest)
            largest = counts[pair->tensor_a];
    }
    diff->n_layers = n;
    for (int32_t i = 0; i < 2; i++) {
        diff->values[i] = mote_calloc(diff->allocator, (size_t)largest, sizeof *diff->values[i]);
        if (!diff->values[i])
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}

mote_status mote_diff_start(mote_diff *diff, mote_error *err)
{
    for (int32_t i = 0; i < 2; i++) {
        const mote_status status = mote_runtime_allocate(diff->runtimes[i], err);
        if (status != MOTE_OK)
            return mote_error_prefix(err, status, "the %s model", i == 0 ? "first" : "second");
    }
    mote_diff_pair *pairs = NULL;
    int32_t n = 0;
    int64_t *counts_a = count_elements(diff, 0), *counts_b = count_elements(diff, 1);
    mote_status status = counts_a && counts_b ? mote_diff_match(diff->graphs[0], counts_a, diff->graphs[1], counts_b,
                                                                &pairs, &n, diff->allocator, err)
                                              : mote_error_no_memory(err);
    if (status == MOTE_OK)
        status = keep_pairs(diff, pairs, n, counts_a, err);
    mote_free(diff->allocator, pairs);
    mote_free(diff->allocator, counts_a);
    mote_free(diff->allocator, counts_b);
    return status;
}

/* --- adding up --- */

static void add(mote_diff_layer *layer, sums *s, const float *a, const float *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double x = (double)a[i], y = (double)b[i], e = y - x;
        s->aa += x * x;
        s->bb += y * y;
        s->ab += x * y;
        s->ee += e * e;
        if (fabs(e) > layer->max_abs)
            layer->max_abs = fabs(e);
    }
    layer->n_values += n;
}

static int64_t largest_at(const float *values, int64_t n)
{
    int64_t best = 0;
    if (n == 1)
        return values[0] > 0.5F;
    for (int64_t i = 1; i < n; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

static void count_agreement(mote_diff *diff, const mote_shape *shape, int64_t n)
{
    const int64_t width = shape->rank > 0 && shape->dims[shape->rank - 1] > 0 ? shape->dims[shape->rank - 1] : 1;
    for (int64_t at = 0; at + width <= n; at += width) {
        diff->n_agreed += largest_at(diff->values[0] + at, width) == largest_at(diff->values[1] + at, width);
        diff->n_rows++;
    }
}

/* A tensor that is not there (folded away), or whose size turned out different, is left out. */
static void add_layer(mote_diff *diff, int32_t i)
{
    mote_diff_layer *layer = &diff->layers[i];
    const mote_tensor *a = mote_runtime_tensor(diff->runtimes[0], layer->tensor_a);
    const mote_tensor *b = mote_runtime_tensor(diff->runtimes[1], layer->tensor_b);
    if (!a || !b || !a->data || !b->data)
        return;
    const int64_t n = mote_shape_count(&a->shape);
    if (n <= 0 || n != mote_shape_count(&b->shape) || mote_tensor_to_float(a, diff->values[0], n) != MOTE_OK ||
        mote_tensor_to_float(b, diff->values[1], n) != MOTE_OK)
        return;
    add(layer, &diff->sums[i], diff->values[0], diff->values[1], n);
    if (i == diff->output_layer)
        count_agreement(diff, &a->shape, n);
}

mote_status mote_diff_step(mote_diff *diff, mote_error *err)
{
    for (int32_t i = 0; i < 2; i++) {
        const mote_status status = mote_runtime_invoke(diff->runtimes[i], err);
        if (status != MOTE_OK)
            return status;
    }
    for (int32_t i = 0; i < diff->n_layers; i++)
        add_layer(diff, i);
    diff->n_examples++;
    return MOTE_OK;
}

/* --- results --- */

static double ratio_db(double signal, double noise)
{
    if (noise <= 0)
        return MOTE_DIFF_MAX_DB;
    const double db = signal > 0 ? 10 * log10(signal / noise) : -MOTE_DIFF_MAX_DB;
    return db > MOTE_DIFF_MAX_DB ? MOTE_DIFF_MAX_DB : db < -MOTE_DIFF_MAX_DB ? -MOTE_DIFF_MAX_DB : db;
}

static double cosine(const sums *s)
{
    if (s->aa <= 0 || s->bb <= 0)
        return s->aa <= 0 && s->bb <= 0 ? 1 : 0;
    const double c = s->ab / (sqrt(s->aa) * sqrt(s->bb));
    return c > 1 ? 1 : c < -1 ? -1 : c;
}

const mote_diff_layer *mote_diff_layers(mote_diff *diff, int32_t *n)
{
    for (int32_t i = 0; i < diff->n_layers; i++) {
        mote_diff_layer *layer = &diff->layers[i];
        const sums *s = &diff->sums[i];
        layer->rmse = layer->n_values > 0 ? sqrt(s->ee / (double)layer->n_values) : 0;
        layer->sqnr_db = ratio_db(s->aa, s->ee);
        layer->cosine = cosine(s);
    }
    *n = diff->n_layers;
    return diff->layers;
}

double mote_diff_agreement(const mote_diff *diff)
{
    return diff->n_rows > 0 ? (double)diff->n_agreed / (double)diff->n_rows : 0;
}
