/*
 * Third-party networks that exist as a float .tflite and as what Google's converter made of it. mote converts the float
 * file; weights are the partner's. The calibration data is not known: activations and biases are left out, and channels
 * that hold nothing but zeros, whose scale follows the bias. Older converters had one scale for all of a
 * FULLY_CONNECTED filter, and of any dynamic one: pairs with nothing else are not here.
 */
#include "golden/golden.h"

#include <math.h>
#include <mote/convert.h>
#include <mote/import.h>
#include <string.h>

#include "support/graph_match.h"

typedef struct pair_row {
    const char *source, *partner;
    mote_format format;
    int64_t least; /* weights that must be compared */
} pair_row;

static const pair_row PAIRS[] = {
    {"classification/mnist_cnn_float32", "classification/mnist_cnn_dynamic", MOTE_FORMAT_DYNAMIC, 22528},
    {"classification/mnist_cnn_float32", "classification/mnist_cnn_fp16", MOTE_FORMAT_FLOAT16, 23626},
    {"classification/mnist_cnn_float32", "classification/mnist_cnn_int8", MOTE_FORMAT_INT8, 23456},
    {"classification/fsalv_cnn_float32", "classification/fsalv_cnn_fp16", MOTE_FORMAT_FLOAT16, 78370},
    {"classification/fsalv_cnn_float32", "classification/fsalv_cnn_int8_floatio", MOTE_FORMAT_INT8, 3888},
    {"classification/fsalv_cnn_float32", "classification/fsalv_cnn_int8_uint8io", MOTE_FORMAT_INT8, 3888},
    {"classification/iesa_dscnn_fp32", "classification/iesa_dscnn_fp16", MOTE_FORMAT_FLOAT16, 170888},
    {"classification/iesa_dscnn_fp32", "classification/iesa_dscnn_int8", MOTE_FORMAT_INT8, 169152},
    {"classification/mlperf_resnet8_float32", "classification/mlperf_resnet8_int8", MOTE_FORMAT_INT8, 76288},
    {"classification/mlperf_vww_96_float32", "classification/mlperf_vww_96_int8", MOTE_FORMAT_INT8, 207384},
    {"classification/gitadi_cnn_fp32", "classification/gitadi_cnn_int8", MOTE_FORMAT_INT8, 55104},
    {"detection/blazeface_front_float32", "detection/blazeface_front_int8", MOTE_FORMAT_INT8, 99202},
    {"detection/fomo_detector_float32", "detection/fomo_detector_int8", MOTE_FORMAT_INT8, 1744},
    {"other/har_mlp_fp32", "other/har_mlp_float16", MOTE_FORMAT_FLOAT16, 185414},
};

enum { N_EXAMPLES = 3, MOST_INPUTS = 4 };

/* Numbers in [-1, 1] that are the same everywhere. */
typedef struct noise {
    const mote_graph *graph;
    float *values[MOST_INPUTS];
    uint32_t state;
    int32_t at;
} noise;

static mote_status next(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    (void)err;
    noise *n = arg;
    *more = n->at++ < N_EXAMPLES;
    for (int32_t i = 0; *more && i < n_inputs; i++) {
        const int64_t count = mote_shape_count(&n->graph->tensors[n->graph->inputs[i]]->shape);
        for (int64_t k = 0; k < count; k++) {
            n->state = n->state * 1664525u + 1013904223u;
            n->values[i][k] = (float)(n->state >> 8) / (float)(1 << 23) - 1.0f;
        }
        inputs[i] = n->values[i];
    }
    return MOTE_OK;
}

static mote_model *convert(const mote_model *model, mote_format format, const char *what)
{
    noise n = {.graph = model->graphs[0], .state = 1};
    assert_true(n.graph->n_inputs <= MOST_INPUTS);
    for (int32_t i = 0; i < n.graph->n_inputs; i++) {
        n.values[i] = calloc((size_t)mote_shape_count(&n.graph->tensors[n.graph->inputs[i]]->shape), sizeof(float));
        assert_non_null(n.values[i]);
    }
    const mote_calibration_source source = {next, &n};
    mote_convert_options options = mote_convert_options_default(format);
    options.calibration = &source;
    mote_model *made;
    mote_error err = {0};
    golden_must(mote_convert(model, &options, &made, &err), &err, what);
    for (int32_t i = 0; i < n.graph->n_inputs; i++)
        free(n.values[i]);
    return made;
}

typedef struct tally {
    int64_t n, n_off, n_wrong;
} tally;

static void compare_weights(const mote_tensor *a, const mote_tensor *b, tally *t)
{
    const int64_t n = mote_shape_count(&a->shape);
    if (a->dtype == MOTE_FLOAT16) {
        t->n += n;
        t->n_wrong += memcmp(a->data, b->data, a->n_bytes) != 0;
        return;
    }
    const int64_t inner = mote_shape_span(&a->shape, a->quant.axis + 1, a->shape.rank);
    for (int64_t i = 0; i < n; i++) {
        const int64_t c = a->quant.n > 1 ? i / inner % a->quant.n : 0;
        const int32_t wanted = ((const int8_t *)a->data)[i], got = ((const int8_t *)b->data)[i];
        t->n++;
        t->n_off += abs(wanted - got) == 1;
        t->n_wrong += abs(wanted - got) > 1;
        if (wanted != 0)
            t->n_wrong +=
                fabs((double)a->quant.scale[c] - (double)b->quant.scale[c]) > 1e-5 * (double)a->quant.scale[c];
    }
}

static tally check_pair(const pair_row *row, const char *source, const char *partner)
{
    mote_model *model, *theirs;
    mote_error err = {0};
    golden_must(mote_model_load(&model, source, NULL, &err), &err, source);
    golden_must(mote_tflite_load(&theirs, partner, NULL, &err), &err, partner);
    mote_model *ours = convert(model, row->format, row->source);
    graph_match match = graph_match_make(theirs->graphs[0], ours->graphs[0]);
    tally t = {0};
    for (int32_t i = 0; i < match.n_pairs; i++) {
        const mote_tensor *a = theirs->graphs[0]->tensors[match.pairs[i].theirs];
        const mote_tensor *b = ours->graphs[0]->tensors[match.pairs[i].ours];
        const bool weights = a->storage == MOTE_STORAGE_CONST && (a->dtype == MOTE_INT8 || a->dtype == MOTE_FLOAT16) &&
                             mote_shape_count(&a->shape) > 1;
        if (weights && a->dtype == b->dtype && a->quant.n == b->quant.n)
            compare_weights(a, b, &t);
    }
    print_message("%s: %lld weights compared, %lld off by one, %lld wrong\n", row->partner, (long long)t.n,
                  (long long)t.n_off, (long long)t.n_wrong);
    graph_match_free(&match);
    mote_model_free(ours);
    mote_model_free(theirs);
    mote_model_free(model);
    return t;
}

static void weights_are_the_partners(void **state)
{
    (void)state;
    int32_t n = 0;
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        char name[256], source[1024], partner[1024];
        snprintf(name, sizeof name, "corpus/%s.tflite", PAIRS[i].source);
        const bool has_source = mote_test_shared(name, source, sizeof source);
        snprintf(name, sizeof name, "corpus/%s.tflite", PAIRS[i].partner);
        if (!has_source || !mote_test_shared(name, partner, sizeof partner))
            continue;
        const tally t = check_pair(&PAIRS[i], source, partner);
        assert_true(t.n >= PAIRS[i].least);
        assert_int_equal(t.n_wrong, 0);
        assert_true(t.n_off <= 1 || (double)t.n_off <= 1e-4 * (double)t.n);
        n++;
    }
    if (n == 0)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(weights_are_the_partners)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
