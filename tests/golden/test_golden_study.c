/* The cats-and-dogs study: every tensor of the int8 network for one photo, and the outputs of all forms for four. */
#include "golden/golden.h"

#include <jansson.h>
#include <math.h>
#include <sha256.h>
#include <string.h>

static json_t *load_json(const char *name)
{
    char path[1024];
    json_error_t error;
    if (!mote_test_shared(name, path, sizeof path))
        return NULL;
    json_t *root = json_load_file(path, 0, &error);
    assert_non_null(root);
    return root;
}

/* study/resized_<class>.<number>.npy */
static void fill_photo(mote_runtime *runtime, const char *name)
{
    char relative[128], path[1024];
    snprintf(relative, sizeof relative, "study/resized_%s.npy", name);
    assert_true(mote_test_shared(relative, path, sizeof path));
    mote_tensor photo = golden_npy(path);
    mote_tensor *input = mote_runtime_input(runtime, 0);
    assert_int_equal(mote_tensor_from_float(input, photo.data, mote_shape_count(&photo.shape)), MOTE_OK);
    mote_free(NULL, photo.data);
}

static void hash(const mote_tensor *tensor, char hex[65])
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, tensor->data, tensor->n_bytes);
    SHA256End(&context, hex);
}

static void every_tensor_is_equal(const mote_runtime_options *options)
{
    char path[1024], hex[65];
    json_t *root = load_json("study/int8_every_tensor.json");
    if (!root || !mote_test_shared("study/int8.tflite", path, sizeof path))
        skip();
    golden_model m = golden_open(path, options);
    mote_error err = {0};
    fill_photo(m.runtime, "cat.4001");
    golden_must(mote_runtime_invoke(m.runtime, &err), &err, path);
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(root, "tensors"), i, row)
    {
        const int32_t index = (int32_t)json_integer_value(json_object_get(row, "tensor"));
        const mote_tensor *tensor = mote_runtime_tensor(m.runtime, index);
        assert_non_null(tensor);
        hash(tensor, hex);
        if (strcmp(hex, json_string_value(json_object_get(row, "sha256"))) != 0)
            print_message("operator %zu (%s), tensor %d '%s' differs\n", i,
                          json_string_value(json_object_get(row, "name")), index, tensor->name);
        assert_string_equal(hex, json_string_value(json_object_get(row, "sha256")));
    }
    assert_int_equal(i, 311);
    golden_close(&m);
    json_decref(root);
}

static void every_tensor_of_int8(void **state)
{
    (void)state;
    every_tensor_is_equal(&(mote_runtime_options){.n_threads = 4, .keep_all = true});
}

static void every_tensor_of_int8_by_the_reference_kernels(void **state)
{
    (void)state;
    every_tensor_is_equal(&(mote_runtime_options){.n_threads = 4, .keep_all = true, .reference = true});
}

/* Both numbers of outputs.json for a photo: rows of [cat, dog] beside the list of photos. */
static const json_t *stored_output(json_t *root, const char *form, const char *photo)
{
    char name[64];
    snprintf(name, sizeof name, "%.3s/%s.jpg", photo, photo);
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(root, "photos"), i, entry)
    {
        if (strcmp(json_string_value(entry), name) == 0)
            return json_array_get(json_object_get(root, form), i);
    }
    return NULL;
}

static void check_outputs(const char *form, double limit, bool reference)
{
    static const char *const PHOTOS[] = {"cat.4001", "cat.4076", "dog.4001", "dog.4151"};
    char relative[64], path[1024];
    snprintf(relative, sizeof relative, "study/%s.tflite", form);
    json_t *root = load_json("study/outputs.json");
    if (!root || !mote_test_shared(relative, path, sizeof path))
        skip();
    golden_model m = golden_open(path, &(mote_runtime_options){.n_threads = 4, .reference = reference});
    for (size_t i = 0; i < 4; i++) {
        mote_error err = {0};
        const json_t *wanted = stored_output(root, form, PHOTOS[i]);
        assert_non_null(wanted);
        fill_photo(m.runtime, PHOTOS[i]);
        golden_must(mote_runtime_invoke(m.runtime, &err), &err, path);
        const mote_tensor *out = mote_runtime_output(m.runtime, 0);
        assert_int_equal(mote_shape_count(&out->shape), 2);
        for (size_t k = 0; k < 2; k++) {
            const double ours =
                out->dtype == MOTE_UINT8 ? ((const uint8_t *)out->data)[k] : (double)((const float *)out->data)[k];
            const double theirs = json_number_value(json_array_get(wanted, k));
            if (fabs(ours - theirs) > limit)
                print_message("%s %s[%zu]: %g, not %g\n", form, PHOTOS[i], k, ours, theirs);
            assert_true(fabs(ours - theirs) <= limit);
        }
    }
    golden_close(&m);
    json_decref(root);
}

static void outputs_of_int8(void **state)
{
    (void)state;
    check_outputs("int8", 0, false);
}

/* Each of its convolutions rounds its input to 8 bits, so one differing bit in a float would move whole codes: up to
 * 0.1 between LiteRT's sets of kernels. Here all tensors before the last SOFTMAX are those of the reference kernels. */
static void outputs_of_dynamic(void **state)
{
    (void)state;
    check_outputs("dynamic", 1e-7, false);
}

static void outputs_of_dynamic_by_the_reference_kernels(void **state)
{
    (void)state;
    check_outputs("dynamic", 1e-7, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tensor_of_int8),
        cmocka_unit_test(every_tensor_of_int8_by_the_reference_kernels),
        cmocka_unit_test(outputs_of_int8),
        cmocka_unit_test(outputs_of_dynamic),
        cmocka_unit_test(outputs_of_dynamic_by_the_reference_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
