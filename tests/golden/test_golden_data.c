/* Data as TensorFlow and TFDS have it: resized photos, and which examples a split expression holds, in order. */
#include "golden/golden.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static void check_photo(const char *name, const char *folder, const char *photo)
{
    char stored[1024], path[1024], relative[160];
    snprintf(relative, sizeof relative, "study/resized_%s.npy", name);
    if (!mote_test_shared(relative, stored, sizeof stored))
        skip();
    snprintf(relative, sizeof relative, "data/cats_vs_dogs/test/%s/%s.jpg", folder, photo);
    if (!mote_test_shared(relative, path, sizeof path))
        skip();
    mote_tensor wanted = golden_npy(stored);
    const int64_t n = mote_shape_count(&wanted.shape);
    const int32_t *dims = wanted.shape.dims + wanted.shape.rank - 3;
    float *given = calloc((size_t)n, sizeof *given);
    assert_non_null(given);
    mote_image image;
    mote_error err = {0};
    golden_must(mote_image_load(path, 3, NULL, &image, &err), &err, path);
    assert_int_equal(mote_image_resize(&image, dims[0], dims[1], given), MOTE_OK);
    assert_int_equal(wanted.dtype, MOTE_FLOAT32);
    for (int64_t i = 0; i < n; i++)
        if (fabsf(given[i] - ((const float *)wanted.data)[i]) > 1e-3f)
            fail_msg("%s, value %lld: %g, not %g", name, (long long)i, (double)given[i],
                     (double)((const float *)wanted.data)[i]);
    mote_image_free(&image);
    mote_free(NULL, wanted.data);
    free(given);
}

static void resized_photos(void **state)
{
    (void)state;
    check_photo("cat.4001", "cat", "cat.4001");
    check_photo("cat.4076", "cat", "cat.4076");
    check_photo("dog.4001", "dog", "dog.4001");
    check_photo("dog.4151", "dog", "dog.4151");
}

static void check_slice(const mote_dataset *dataset, const char *expression, const json_t *wanted)
{
    mote_slice slice;
    mote_error err = {0};
    golden_must(mote_dataset_slice(dataset, expression, &slice, &err), &err, expression);
    assert_int_equal(slice.n, json_array_size(wanted));
    for (int64_t i = 0; i < slice.n; i++) {
        const char *name = mote_dataset_name(dataset, slice.examples[i]);
        const json_t *row = json_array_get(wanted, (size_t)i);
        const char *other = json_string_value(json_array_get(row, 0));
        if (!other || strcmp(name, other) != 0)
            fail_msg("%s, place %lld: %s, not %s", expression, (long long)i, name, other ? other : "?");
        assert_int_equal(mote_dataset_label(dataset, slice.examples[i]), json_integer_value(json_array_get(row, 1)));
    }
    mote_slice_free(&slice, NULL);
}

static void slices_of_tfds(void **state)
{
    (void)state;
    char stored[1024], folder[1024];
    if (!mote_test_shared("tfds/slices.json", stored, sizeof stored) ||
        !mote_test_shared("tfds/cats_vs_dogs", folder, sizeof folder))
        skip();
    json_error_t error;
    json_t *slices = json_load_file(stored, 0, &error);
    assert_non_null(slices);
    mote_dataset *dataset;
    mote_error err = {0};
    golden_must(mote_dataset_open(&dataset, folder, NULL, NULL, &err), &err, folder);
    assert_true(json_object_size(slices) > 5);
    const char *expression;
    json_t *wanted;
    json_object_foreach(slices, expression, wanted)
    {
        check_slice(dataset, expression, wanted);
    }
    mote_dataset_free(dataset);
    json_decref(slices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resized_photos),
        cmocka_unit_test(slices_of_tfds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
