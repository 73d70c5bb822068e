/*
 * 16 small networks in every form that Keras 2 and Keras 3 save, against the outputs that Keras computed; the same
 * weights loaded into the bare architecture; and the cats-and-dogs network on 32 photos.
 */
#include "golden/golden.h"

#include <mote/convert.h>
#include <mote/import.h>

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* Relative to the largest value of the output. */
static const double TOLERANCE = 1e-5;
/* Keras 3 changed hard_sigmoid: it computes this network 1.28e-4 away from the stored outputs, which are Keras 2's. */
static const double TOLERANCE_ACTIVATIONS_3 = 1.5e-4;

enum { MAX_ENDS = 4 };

static mote_model *load(const char *path)
{
    mote_model *model;
    mote_error err = {0};
    golden_must(mote_model_load(&model, path, NULL, &err), &err, path);
    return model;
}

/* A runtime for what inference needs of it; frees the model. */
static golden_model open_lowered(mote_model *model)
{
    golden_model m = {0};
    mote_error err = {0};
    golden_must(mote_lower(model, NULL, &m.model, &err), &err, "lower");
    mote_model_free(model);
    golden_must(mote_runtime_new(&m.runtime, m.model, NULL, &err), &err, "runtime");
    golden_must(mote_runtime_allocate(m.runtime, &err), &err, "allocate");
    return m;
}

static double worst_of(const mote_tensor *ours, const mote_tensor *all, int64_t example)
{
    const int64_t n = mote_shape_count(&ours->shape);
    const float *a = ours->data, *b = all->data;
    double largest = 0, error = 0;
    assert_int_equal(ours->dtype, MOTE_FLOAT32);
    assert_true((example + 1) * n <= mote_shape_count(&all->shape));
    for (int64_t i = 0; i < mote_shape_count(&all->shape); i++)
        largest = fmax(largest, fabs((double)b[i]));
    for (int64_t i = 0; i < n; i++) {
        assert_true(isfinite(a[i]));
        error = fmax(error, fabs((double)a[i] - (double)b[example * n + i]));
    }
    return error / largest;
}

/* All stored examples through the model, which is freed. */
static void check(const char *folder, const char *what, mote_model *model, double tolerance)
{
    char path[1200];
    golden_model m = open_lowered(model);
    mote_tensor inputs[MAX_ENDS] = {0}, outputs[MAX_ENDS] = {0};
    const int32_t n_inputs = mote_runtime_n_inputs(m.runtime), n_outputs = mote_runtime_n_outputs(m.runtime);
    assert_true(n_inputs <= MAX_ENDS && n_outputs <= MAX_ENDS);
    for (int32_t i = 0; i < n_inputs; i++) {
        snprintf(path, sizeof path, "%s/input%d.npy", folder, i);
        inputs[i] = golden_npy(path);
    }
    for (int32_t i = 0; i < n_outputs; i++) {
        snprintf(path, sizeof path, "%s/keras_output%d.npy", folder, i);
        outputs[i] = golden_npy(path);
    }
    double worst = 0;
    for (int64_t example = 0; example < inputs[0].shape.dims[0]; example++) {
        mote_error err = {0};
        for (int32_t i = 0; i < n_inputs; i++) {
            mote_tensor *in = mote_runtime_input(m.runtime, i);
            const int64_t n = mote_shape_count(&in->shape);
            golden_must(mote_tensor_from_float(in, (const float *)inputs[i].data + example * n, n), &err, path);
        }
        golden_must(mote_runtime_invoke(m.runtime, &err), &err, path);
        for (int32_t i = 0; i < n_outputs; i++)
            worst = fmax(worst, worst_of(mote_runtime_output(m.runtime, i), &outputs[i], example));
    }
    if (worst > tolerance)
        print_message("%s, %s: %g off\n", folder, what, worst);
    assert_true(worst <= tolerance);
    for (int32_t i = 0; i < n_inputs; i++)
        mote_free(NULL, inputs[i].data);
    for (int32_t i = 0; i < n_outputs; i++)
        mote_free(NULL, outputs[i].data);
    golden_close(&m);
}

static int nets(char names[][80], int capacity, char *root, size_t room)
{
    if (!mote_test_shared("keras_nets", root, room))
        return 0;
    DIR *folders = opendir(root);
    assert_non_null(folders);
    int n = 0;
    for (const struct dirent *entry = readdir(folders); entry && n < capacity; entry = readdir(folders))
        if (entry->d_name[0] != '.')
            snprintf(names[n++], sizeof names[0], "%.70s", entry->d_name);
    closedir(folders);
    return n;
}

static void every_form_of_every_net(void **state)
{
    (void)state;
    static const char *const forms[] = {"model.h5", "model_keras2.keras", "model_keras3.h5", "model_keras3.keras"};
    char names[64][80], root[1024];
    const int n = nets(names, 64, root, sizeof root);
    int n_checked = 0;
    if (n == 0)
        skip();
    for (int i = 0; i < n; i++)
        for (size_t form = 0; form < sizeof forms / sizeof forms[0]; form++) {
            char folder[1200], path[1300];
            snprintf(folder, sizeof folder, "%s/%.70s", root, names[i]);
            snprintf(path, sizeof path, "%s/%s", folder, forms[form]);
            if (access(path, R_OK) != 0)
                continue;
            const bool hard = strcmp(names[i], "activations") == 0 && strstr(forms[form], "keras3");
            check(folder, forms[form], load(path), hard ? TOLERANCE_ACTIVATIONS_3 : TOLERANCE);
            n_checked++;
        }
    print_message("%d files of %d networks\n", n_checked, n);
    assert_true(n_checked >= 2 * n);
}

/* Other values in all weights, so that what is not loaded shows. */
static void spoil(mote_model *model)
{
    for (int32_t i = 0; i < model->n_layers; i++)
        for (int32_t j = 0; j < model->layers[i].n_weights; j++) {
            const int32_t tensor = model->layers[i].weights[j].tensor;
            float *values = tensor >= 0 ? model->graphs[0]->tensors[tensor]->data : NULL;
            const int64_t count = tensor >= 0 ? mote_shape_count(&model->graphs[0]->tensors[tensor]->shape) : 0;
            for (int64_t k = 0; k < count; k++)
                values[k] = 0.25f;
        }
}

static void weights_into_the_bare_architecture(void **state)
{
    (void)state;
    typedef struct row {
        const char *file;
        mote_weights_match how;
    } row;
    static const row rows[] = {
        {"weights.h5", MOTE_WEIGHTS_BY_ORDER},      {"weights.h5", MOTE_WEIGHTS_BY_NAME},
        {"weights.h5", MOTE_WEIGHTS_BACKBONE},      {"keras3.weights.h5", MOTE_WEIGHTS_BY_ORDER},
        {"model_keras3.h5", MOTE_WEIGHTS_BY_ORDER}, {"model_keras2.keras", MOTE_WEIGHTS_BACKBONE},
    };
    char names[64][80], root[1024];
    const int n = nets(names, 64, root, sizeof root);
    int n_checked = 0;
    if (n == 0)
        skip();
    for (int i = 0; i < n; i++)
        for (size_t j = 0; j < sizeof rows / sizeof rows[0]; j++) {
            char folder[1200], path[1300];
            snprintf(folder, sizeof folder, "%s/%.70s", root, names[i]);
            snprintf(path, sizeof path, "%s/%s", folder, rows[j].file);
            if (access(path, R_OK) != 0)
                continue;
            char model_path[1300];
            snprintf(model_path, sizeof model_path, "%s/model.h5", folder);
            mote_model *model = load(model_path);
            mote_error err = {0};
            spoil(model);
            golden_must(mote_model_load_weights(&model, path, rows[j].how, &err), &err, path);
            check(folder, rows[j].file, model, TOLERANCE);
            n_checked++;
        }
    print_message("%d files of weights\n", n_checked);
    assert_true(n_checked > 0);
}

/* The ImageNet backbone by order into the model with a head: the same as by name, and the head stays. */
static void backbone_under_a_head(void **state)
{
    (void)state;
    char trained[1024], notop[1024];
    if (!mote_test_shared("study/trained.h5", trained, sizeof trained) ||
        !mote_test_shared("weights/efficientnetb0_notop.h5", notop, sizeof notop))
        skip();
    mote_model *before = load(trained), *by_order = load(trained), *by_name = load(trained);
    mote_error err = {0};
    assert_int_equal(mote_model_load_weights(&by_order, notop, MOTE_WEIGHTS_BY_ORDER, &err), MOTE_SHAPE);
    assert_non_null(strstr(err.message, "has no counterpart in the file"));
    golden_must(mote_model_load_weights(&by_order, notop, MOTE_WEIGHTS_BACKBONE, &err), &err, notop);
    golden_must(mote_model_load_weights(&by_name, notop, MOTE_WEIGHTS_BY_NAME, &err), &err, notop);
    int n_changed = 0, n_kept = 0;
    for (int32_t i = 0; i < before->n_layers; i++)
        for (int32_t j = 0; j < before->layers[i].n_weights; j++) {
            const mote_layer_weight *weight = &by_order->layers[i].weights[j];
            if (weight->tensor < 0)
                continue;
            const mote_tensor *a = by_order->graphs[0]->tensors[weight->tensor];
            const mote_tensor *b = by_name->graphs[0]->tensors[by_name->layers[i].weights[j].tensor];
            const mote_tensor *old = before->graphs[0]->tensors[before->layers[i].weights[j].tensor];
            assert_memory_equal(a->data, b->data, a->n_bytes);
            const bool changed = memcmp(a->data, old->data, a->n_bytes) != 0;
            n_changed += changed;
            n_kept += !changed;
        }
    print_message("%d weights from the file, %d kept\n", n_changed, n_kept);
    assert_true(n_changed > 300);
    assert_true(n_kept >= 6 && n_kept < 20); /* the head's dense layers and batch normalization */
    mote_model_free(before);
    mote_model_free(by_order);
    mote_model_free(by_name);
}

static void refused_by_the_first_layer_that_differs(void **state)
{
    (void)state;
    char lenet[1024], cnn[1024], keras3[1024];
    if (!mote_test_shared("keras_nets/lenet/model.h5", lenet, sizeof lenet) ||
        !mote_test_shared("keras_nets/cnn_bn/weights.h5", cnn, sizeof cnn) ||
        !mote_test_shared("keras_nets/lenet/keras3.weights.h5", keras3, sizeof keras3))
        skip();
    mote_model *model = load(lenet), *const same = model;
    mote_error err = {0};
    assert_int_equal(mote_model_load_weights(&model, cnn, MOTE_WEIGHTS_BY_ORDER, &err), MOTE_SHAPE);
    assert_non_null(strstr(err.message, "layer 'conv2d"));
    assert_int_equal(mote_model_load_weights(&model, keras3, MOTE_WEIGHTS_BY_NAME, &err), MOTE_UNSUPPORTED);
    assert_ptr_equal(model, same);
    mote_model_free(model);
}

static void photos_of_the_study(void **state)
{
    (void)state;
    char path[1100];
    if (!mote_test_shared("study/outputs.json", path, sizeof path))
        skip();
    json_t *root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    const json_t *photos = json_object_get(root, "photos"), *wanted = json_object_get(root, "keras");
    if (!mote_test_shared("study/trained.h5", path, sizeof path))
        skip();
    golden_model m = open_lowered(load(path));
    mote_tensor *input = mote_runtime_input(m.runtime, 0);
    const int64_t n = mote_shape_count(&input->shape);
    float *pixels = calloc((size_t)n, sizeof *pixels);
    assert_non_null(pixels);
    double worst = 0;
    for (size_t i = 0; i < json_array_size(photos); i++) {
        char name[256];
        mote_image image;
        mote_error err = {0};
        snprintf(name, sizeof name, "data/cats_vs_dogs/test/%s", json_string_value(json_array_get(photos, i)));
        if (!mote_test_shared(name, path, sizeof path))
            skip();
        golden_must(mote_image_load(path, 3, NULL, &image, &err), &err, path);
        assert_int_equal(mote_image_resize(&image, input->shape.dims[1], input->shape.dims[2], pixels), MOTE_OK);
        assert_int_equal(mote_tensor_from_float(input, pixels, n), MOTE_OK);
        mote_image_free(&image);
        golden_must(mote_runtime_invoke(m.runtime, &err), &err, path);
        const float *scores = mote_runtime_output(m.runtime, 0)->data;
        for (size_t j = 0; j < 2; j++) {
            const double score = json_number_value(json_array_get(json_array_get(wanted, i), j));
            worst = fmax(worst, fabs((double)scores[j] - score));
        }
    }
    print_message("%zu photos, at most %g off\n", json_array_size(photos), worst);
    assert_true(json_array_size(photos) == 32 && worst <= 1e-4);
    free(pixels);
    golden_close(&m);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_every_net), cmocka_unit_test(weights_into_the_bare_architecture),
        cmocka_unit_test(backbone_under_a_head),   cmocka_unit_test(refused_by_the_first_layer_that_differs),
        cmocka_unit_test(photos_of_the_study),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
