/*
 * mote's conversions beside TensorFlow's own, tensor for tensor: 16 small networks in seven forms, calibrated with the
 * inputs that TensorFlow had. tests/peers/check_convert.py also runs them in LiteRT.
 */
#include "golden/golden_convert.h"

#include <dirent.h>
#include <string.h>

typedef struct form {
    const char *name;
    mote_format format;
    mote_dtype ends; /* of inputs and outputs */
} form;

static const form FORMS[] = {
    {"float32", MOTE_FORMAT_FLOAT32, MOTE_FLOAT32}, {"float16", MOTE_FORMAT_FLOAT16, MOTE_FLOAT32},
    {"dynamic", MOTE_FORMAT_DYNAMIC, MOTE_FLOAT32}, {"int8", MOTE_FORMAT_INT8, MOTE_INT8},
    {"int8_uint8io", MOTE_FORMAT_INT8, MOTE_UINT8}, {"int8_floatio", MOTE_FORMAT_INT8, MOTE_FLOAT32},
    {"int16x8", MOTE_FORMAT_INT16X8, MOTE_FLOAT32},
};
enum { N_FORMS = sizeof FORMS / sizeof *FORMS, MOST_INPUTS = 4 };

typedef struct arrays {
    mote_tensor inputs[MOST_INPUTS];
    int32_t n;
    int64_t at;
} arrays;

static mote_status next(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    (void)err;
    arrays *a = arg;
    assert_int_equal(n_inputs, a->n);
    *more = a->at < a->inputs[0].shape.dims[0];
    for (int32_t i = 0; *more && i < n_inputs; i++)
        inputs[i] =
            (const float *)a->inputs[i].data + a->at * mote_shape_span(&a->inputs[i].shape, 1, a->inputs[i].shape.rank);
    a->at += *more;
    return MOTE_OK;
}

static arrays read_inputs(const char *folder, int32_t n)
{
    arrays a = {.n = n};
    assert_true(n <= MOST_INPUTS);
    for (int32_t i = 0; i < n; i++) {
        char path[1200];
        snprintf(path, sizeof path, "%s/input%d.npy", folder, i);
        a.inputs[i] = golden_npy(path);
        assert_int_equal(a.inputs[i].dtype, MOTE_FLOAT32);
    }
    return a;
}

static void check_form(const char *folder, const form *f, golden_counts *all)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s.tflite", folder, f->name);
    if (access(path, R_OK) != 0)
        return;
    mote_error err = {0};
    mote_model *theirs, *source, *ours;
    golden_must(mote_tflite_load(&theirs, path, NULL, &err), &err, path);
    snprintf(path, sizeof path, "%s/model.h5", folder);
    golden_must(mote_model_load(&source, path, NULL, &err), &err, path);
    arrays inputs = read_inputs(folder, source->graphs[0]->n_inputs);
    const mote_calibration_source calibration = {next, &inputs};
    mote_convert_options options = mote_convert_options_default(f->format);
    options.input_type = options.output_type = f->ends;
    options.calibration = &calibration;
    golden_must(mote_convert(source, &options, &ours, &err), &err, path);
    snprintf(path, sizeof path, "%s as %s", strrchr(folder, '/') + 1, f->name);
    const golden_counts counts = golden_compare(path, theirs->graphs[0], ours->graphs[0], 1e-5);
    all->n_operators += counts.n_operators;
    all->n_tensors += counts.n_tensors;
    all->n_quantized += counts.n_quantized;
    all->n_integers += counts.n_integers;
    all->n_off_by_one += counts.n_off_by_one;
    for (int32_t i = 0; i < inputs.n; i++)
        mote_free(NULL, inputs.inputs[i].data);
    mote_model_free(theirs);
    mote_model_free(source);
    mote_model_free(ours);
}

static void conversions_are_tensorflows(void **state)
{
    (void)state;
    char root[1024];
    if (!mote_test_shared("keras_nets", root, sizeof root))
        skip();
    DIR *folders = opendir(root);
    assert_non_null(folders);
    golden_counts all = {0};
    int32_t n = 0;
    for (const struct dirent *entry = readdir(folders); entry; entry = readdir(folders)) {
        char folder[1100];
        if (entry->d_name[0] == '.' || strlen(entry->d_name) > 64)
            continue;
        snprintf(folder, sizeof folder, "%s/%.64s", root, entry->d_name);
        for (int32_t i = 0; i < N_FORMS; i++)
            check_form(folder, &FORMS[i], &all);
        n++;
    }
    closedir(folders);
    assert_int_equal(all.n_off_by_one, 0);
    print_message("%d networks: %d operators and %d tensors matched, %d quantized; of %lld integers %lld off by one\n",
                  n, all.n_operators, all.n_tensors, all.n_quantized, (long long)all.n_integers,
                  (long long)all.n_off_by_one);
    /* what this copy of the networks holds: a matcher that finds nothing does not pass */
    assert_true(n >= 16 && all.n_operators >= 2400 && all.n_tensors >= 4900 && all.n_quantized >= 2500 &&
                all.n_integers >= 2600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conversions_are_tensorflows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
