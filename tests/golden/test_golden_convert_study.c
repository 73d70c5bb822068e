/*
 * mote's conversions of the study's network beside TensorFlow's: int8 calibrated with the same 100 photos, tensor for
 * tensor; the outputs of the float forms for 32 photos.
 */
#include "golden/golden_convert.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { PIXELS = 224 * 224 * 3, N_CALIBRATION = 100, EACH = 20 };

static void load_photo(const char *name, float *pixels)
{
    char path[1100];
    mote_image image;
    mote_error err = {0};
    assert_true(mote_test_shared(name, path, sizeof path));
    golden_must(mote_image_load(path, 3, NULL, &image, &err), &err, path);
    assert_int_equal(mote_image_resize(&image, 224, 224, pixels), MOTE_OK);
    mote_image_free(&image);
}

typedef struct photos {
    float pixels[PIXELS];
    int32_t at;
} photos;

/* cat.0, dog.0, cat.20, dog.20, … */
static mote_status next(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    (void)err;
    photos *p = arg;
    assert_int_equal(n_inputs, 1);
    *more = p->at < N_CALIBRATION;
    if (!*more)
        return MOTE_OK;
    char name[128];
    const char *kind = p->at % 2 ? "dog" : "cat";
    snprintf(name, sizeof name, "data/cats_vs_dogs/train/%s/%s.%d.jpg", kind, kind, p->at / 2 * EACH);
    load_photo(name, p->pixels);
    inputs[0] = p->pixels;
    p->at++;
    return MOTE_OK;
}

static bool here(char *path, size_t n_bytes)
{
    char other[1024];
    return mote_test_shared("study/trained.h5", path, n_bytes) &&
           mote_test_shared("data/cats_vs_dogs/train/dog/dog.980.jpg", other, sizeof other) &&
           mote_test_shared("data/cats_vs_dogs/test/cat/cat.4001.jpg", other, sizeof other);
}

static mote_model *convert(const char *source, const mote_convert_options *options)
{
    mote_error err = {0};
    mote_model *model, *made;
    golden_must(mote_model_load(&model, source, NULL, &err), &err, source);
    golden_must(mote_convert(model, options, &made, &err), &err, source);
    mote_model_free(model);
    return made;
}

/* Every activation, weight and bias of TensorFlow's file but its arithmetic on shapes. */
static void int8_is_tensorflows(void **state)
{
    (void)state;
    char path[1024];
    if (!here(path, sizeof path))
        skip();
    mote_error err = {0};
    mote_convert_options options = mote_convert_options_default(MOTE_FORMAT_INT8);
    photos *source = calloc(1, sizeof *source);
    const mote_calibration_source calibration = {next, source};
    options.input_type = options.output_type = MOTE_UINT8;
    options.calibration = &calibration;
    mote_model *ours = convert(path, &options), *theirs;
    free(source);
    assert_true(mote_test_shared("study/int8.tflite", path, sizeof path));
    golden_must(mote_tflite_load(&theirs, path, NULL, &err), &err, path);
    const golden_counts counts = golden_compare("the study", theirs->graphs[0], ours->graphs[0], 1e-4);
    print_message("%d operators and %d tensors matched, %d quantized; of %lld integers %lld off by one\n",
                  counts.n_operators, counts.n_tensors, counts.n_quantized, (long long)counts.n_integers,
                  (long long)counts.n_off_by_one);
    /* 311 operators less 16 chains of SHAPE, STRIDED_SLICE, PACK and RESHAPE */
    assert_int_equal(counts.n_operators, 311 - 16 * 4);
    assert_true(counts.n_quantized >= 400 && counts.n_integers >= 4650000);
    mote_model_free(ours);
    mote_model_free(theirs);
}

/* The largest difference to the stored outputs. */
static double worst_of(mote_runtime *runtime, json_t *names, json_t *wanted, float *pixels)
{
    double worst = 0;
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        char photo[256];
        mote_error err = {0};
        snprintf(photo, sizeof photo, "data/cats_vs_dogs/test/%s", json_string_value(name));
        load_photo(photo, pixels);
        assert_int_equal(mote_tensor_from_float(mote_runtime_input(runtime, 0), pixels, PIXELS), MOTE_OK);
        golden_must(mote_runtime_invoke(runtime, &err), &err, photo);
        const mote_tensor *out = mote_runtime_output(runtime, 0);
        assert_int_equal(mote_shape_count(&out->shape), 2);
        for (size_t k = 0; k < 2; k++)
            worst = fmax(worst, fabs((double)((const float *)out->data)[k] -
                                     json_number_value(json_array_get(json_array_get(wanted, i), k))));
    }
    assert_int_equal(i, 32);
    return worst;
}

static void check_outputs(mote_format format, double limit)
{
    char path[1024], outputs[1024];
    if (!here(path, sizeof path) || !mote_test_shared("study/outputs.json", outputs, sizeof outputs))
        skip();
    json_t *root = json_load_file(outputs, 0, NULL);
    float *pixels = calloc(PIXELS, sizeof *pixels);
    assert_true(root && pixels);
    const mote_convert_options options = mote_convert_options_default(format);
    golden_model m = {.model = convert(path, &options)};
    mote_error err = {0};
    golden_must(mote_runtime_new(&m.runtime, m.model, NULL, &err), &err, path);
    golden_must(mote_runtime_allocate(m.runtime, &err), &err, path);
    const double worst =
        worst_of(m.runtime, json_object_get(root, "photos"), json_object_get(root, mote_format_name(format)), pixels);
    print_message("%s: at most %.2g from TensorFlow's outputs\n", mote_format_name(format), worst);
    assert_true(worst <= limit);
    golden_close(&m);
    free(pixels);
    json_decref(root);
}

static void float32_answers(void **state)
{
    (void)state;
    check_outputs(MOTE_FORMAT_FLOAT32, 1e-5);
}

static void float16_answers(void **state)
{
    (void)state;
    check_outputs(MOTE_FORMAT_FLOAT16, 1e-3);
}

/* All integers are TensorFlow's; some biases that a normalization went into differ in their last bits. */
static void dynamic_answers(void **state)
{
    (void)state;
    check_outputs(MOTE_FORMAT_DYNAMIC, 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int8_is_tensorflows),
        cmocka_unit_test(float32_answers),
        cmocka_unit_test(float16_answers),
        cmocka_unit_test(dynamic_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
