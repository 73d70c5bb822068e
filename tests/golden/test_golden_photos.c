/*
 * From JPEG to answer: 800 photos through the int8 network, against TensorFlow's own decoding, resizing and reference
 * kernels. Another libjpeg may round a pixel differently, so a few answers may differ; none should with libjpeg-turbo.
 */
#include "golden/golden.h"

#include <string.h>

enum { PER_CLASS = 400, FIRST = 4001, ENOUGH = 780 };

static void answer(mote_runtime *runtime, const char *path, uint8_t scores[2])
{
    mote_tensor *input = mote_runtime_input(runtime, 0);
    const int64_t n = mote_shape_count(&input->shape);
    mote_image image;
    mote_error err = {0};
    golden_must(mote_image_load(path, 3, NULL, &image, &err), &err, path);
    float *pixels = calloc((size_t)n, sizeof *pixels);
    assert_non_null(pixels);
    assert_int_equal(mote_image_resize(&image, input->shape.dims[1], input->shape.dims[2], pixels), MOTE_OK);
    assert_int_equal(mote_tensor_from_float(input, pixels, n), MOTE_OK);
    free(pixels);
    mote_image_free(&image);
    golden_must(mote_runtime_invoke(runtime, &err), &err, path);
    memcpy(scores, mote_runtime_output(runtime, 0)->data, 2);
}

static void eight_hundred_photos(void **state)
{
    (void)state;
    char model[1024], stored[1024], path[1100];
    if (!mote_test_shared("study/int8.tflite", model, sizeof model) ||
        !mote_test_shared("study/int8_reference_test800.npy", stored, sizeof stored) ||
        !mote_test_shared("data/cats_vs_dogs/test", path, sizeof path))
        skip();
    mote_tensor wanted = golden_npy(stored);
    assert_int_equal(wanted.n_bytes, 4 * PER_CLASS);
    golden_model m = golden_open(model, NULL);
    int equal = 0;
    for (int i = 0; i < 2 * PER_CLASS; i++) {
        char name[128];
        const char *kind = i < PER_CLASS ? "cat" : "dog";
        uint8_t scores[2];
        snprintf(name, sizeof name, "data/cats_vs_dogs/test/%s/%s.%d.jpg", kind, kind, FIRST + i % PER_CLASS);
        assert_true(mote_test_shared(name, path, sizeof path));
        answer(m.runtime, path, scores);
        equal += memcmp(scores, (const uint8_t *)wanted.data + 2 * i, 2) == 0;
    }
    print_message("%d of %d answers are equal\n", equal, 2 * PER_CLASS);
    assert_true(equal >= ENOUGH);
    golden_close(&m);
    mote_free(NULL, wanted.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(eight_hundred_photos)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
