/*
 * 16 small networks as TensorFlow converted them, each in up to seven forms, against LiteRT's reference kernels on 8
 * inputs: integers bit for bit, floats within the bounds below.
 */
#include "golden/golden.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

/* How far float outputs may be, relative to the largest value that the output takes in all examples. */
static double tolerance(const char *form)
{
    return strcmp(form, "dynamic") == 0 ? 1e-3 : 1e-5;
}

static void compare(const char *path, const mote_tensor *ours, const mote_tensor *all, int64_t example, double limit)
{
    const int64_t n = mote_shape_count(&ours->shape);
    assert_true(n > 0);
    assert_int_equal(ours->dtype, all->dtype);
    assert_true((example + 1) * n <= mote_shape_count(&all->shape));
    const size_t element = mote_dtype_bytes(ours->dtype);
    const char *wanted = (const char *)all->data + (size_t)(example * n) * element;
    if (ours->dtype != MOTE_FLOAT32) {
        if (memcmp(ours->data, wanted, (size_t)n * element) != 0)
            print_message("%s: example %lld differs\n", path, (long long)example);
        assert_memory_equal(ours->data, wanted, (size_t)n * element);
        return;
    }
    const float *a = ours->data, *b = (const float *)(const void *)wanted;
    double largest = 0, error = 0;
    for (int64_t i = 0; i < mote_shape_count(&all->shape); i++)
        largest = fmax(largest, fabs((double)((const float *)all->data)[i]));
    for (int64_t i = 0; i < n; i++) {
        error = fmax(error, fabs((double)a[i] - (double)b[i]));
        assert_true(a[i] == a[i]);
    }
    if (error > limit * largest)
        print_message("%s: example %lld is %g off, of %g\n", path, (long long)example, error, largest);
    assert_true(error <= limit * largest);
}

static void check_model(const char *folder, const char *form, const mote_runtime_options *options)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s.tflite", folder, form);
    golden_model m = golden_open(path, options);
    mote_tensor inputs[4] = {0}, outputs[4] = {0};
    const int32_t n_inputs = mote_runtime_n_inputs(m.runtime), n_outputs = mote_runtime_n_outputs(m.runtime);
    assert_true(n_inputs <= 4 && n_outputs <= 4);
    for (int32_t i = 0; i < n_inputs; i++) {
        snprintf(path, sizeof path, "%s/input%d.npy", folder, i);
        inputs[i] = golden_npy(path);
    }
    for (int32_t i = 0; i < n_outputs; i++) {
        snprintf(path, sizeof path, "%s/%s_output%d.npy", folder, form, i);
        outputs[i] = golden_npy(path);
    }
    for (int64_t example = 0; example < inputs[0].shape.dims[0]; example++) {
        mote_error err = {0};
        for (int32_t i = 0; i < n_inputs; i++) {
            mote_tensor *in = mote_runtime_input(m.runtime, i);
            const int64_t n = mote_shape_count(&in->shape);
            assert_int_equal(inputs[i].dtype, MOTE_FLOAT32);
            const float *values = (const float *)inputs[i].data + example * n;
            golden_must(mote_tensor_from_float(in, values, n), &err, path);
        }
        golden_must(mote_runtime_invoke(m.runtime, &err), &err, path);
        for (int32_t i = 0; i < n_outputs; i++)
            compare(path, mote_runtime_output(m.runtime, i), &outputs[i], example, tolerance(form));
    }
    for (int32_t i = 0; i < n_inputs; i++)
        mote_free(NULL, inputs[i].data);
    for (int32_t i = 0; i < n_outputs; i++)
        mote_free(NULL, outputs[i].data);
    golden_close(&m);
}

/* Every network that has this form. */
static void check_form(const char *form, const mote_runtime_options *options)
{
    char root[1024];
    if (!mote_test_shared("keras_nets", root, sizeof root))
        skip();
    DIR *folders = opendir(root);
    assert_non_null(folders);
    int n = 0;
    for (const struct dirent *entry = readdir(folders); entry; entry = readdir(folders)) {
        char folder[1100], model[1200];
        if (entry->d_name[0] == '.' || strlen(entry->d_name) > 64)
            continue;
        snprintf(folder, sizeof folder, "%s/%.64s", root, entry->d_name);
        snprintf(model, sizeof model, "%s/%s.tflite", folder, form);
        if (access(model, R_OK) != 0)
            continue;
        check_model(folder, form, options);
        n++;
    }
    closedir(folders);
    print_message("%s: %d networks\n", form, n);
    assert_true(n > 0);
}

static const mote_runtime_options ONE_THREAD = {.n_threads = 1};

static void float32_agrees(void **state)
{
    (void)state;
    check_form("float32", &ONE_THREAD);
}

static void float16_agrees(void **state)
{
    (void)state;
    check_form("float16", &ONE_THREAD);
}

static void dynamic_agrees(void **state)
{
    (void)state;
    check_form("dynamic", &ONE_THREAD);
}

static void int8_is_equal(void **state)
{
    (void)state;
    check_form("int8", &ONE_THREAD);
    check_form("int8_uint8io", &ONE_THREAD);
    check_form("int8_floatio", &ONE_THREAD);
}

static void int16x8_is_equal(void **state)
{
    (void)state;
    check_form("int16x8", &ONE_THREAD);
}

static void any_number_of_threads_is_equal(void **state)
{
    (void)state;
    check_form("int8", &(mote_runtime_options){.n_threads = 3});
    check_form("int8", &(mote_runtime_options){.n_threads = 4, .keep_all = true});
    check_form("int8", &(mote_runtime_options){.n_threads = 2, .reference = true});
    check_form("float32", &(mote_runtime_options){.n_threads = 4});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float32_agrees),   cmocka_unit_test(float16_agrees),
        cmocka_unit_test(dynamic_agrees),   cmocka_unit_test(int8_is_equal),
        cmocka_unit_test(int16x8_is_equal), cmocka_unit_test(any_number_of_threads_is_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
