/* Built-in architectures against keras.applications' numbers, heads, and Keras files written and read again. */
#include "mote_test.h"

#include <mote/arch.h>
#include <mote/io.h>
#include <mote/keras.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* count_params() of keras.applications (tf_keras 2.21) with weights=None. */
static void test_params(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t n_params;
    } rows[] = {{"EfficientNetB0", 5330571},   {"efficientnet-b3", 12320535},  {"EfficientNetB7", 66658687},
                {"EfficientNetV2B0", 7200312}, {"EfficientNetV2B3", 14467622}, {"MobileNet", 4253864},
                {"MobileNetV1", 4253864},      {"MobileNetV2", 3538984},       {"mobilenet_v3_small", 2554968},
                {"MobileNetV3Large", 5507432}, {"ResNet50", 25636712},         {"ResNet50V2", 25613800}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const mote_arch_options options = {0};
        int64_t n_params;
        mote_error err = {0};
        assert_int_equal(mote_arch_count_params(mote_arch_find(rows[i].name), &options, &n_params, &err), MOTE_OK);
        assert_int_equal(n_params, rows[i].n_params);
    }
    assert_int_equal(mote_arch_find("EfficientNetB8"), -1);
    assert_null(mote_arch_get(mote_arch_count()));
}

/* Names of keras.applications (tf_keras 2.21); tests/peers compares all of them, with their MD5. */
static void test_imagenet(void **state)
{
    (void)state;
    static const struct {
        const char *arch;
        mote_arch_options options;
        const char *url, *md5;
    } rows[] = {
        {"EfficientNetB0",
         {0},
         "https://storage.googleapis.com/keras-applications/efficientnetb0.h5",
         "902e53a9f72be733fc0bcb005b3ebbac"},
        {"EfficientNetB0",
         {.n_classes = 2},
         "https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5",
         "50bc09e76180e00e4465e1a485ddc09d"},
        {"EfficientNetV2B3",
         {.head = "dense:2"},
         "https://storage.googleapis.com/tensorflow/keras-applications/efficientnet_v2/efficientnetv2-b3_notop.h5",
         "f6abf7b5849ac99a89b50dd3fd532856"},
        {"MobileNet",
         {.n_classes = 1000, .input_px = 160},
         "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/mobilenet_1_0_160_tf.h5",
         NULL},
        {"MobileNet",
         {.pooling = "max", .input_px = 300},
         "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/mobilenet_1_0_224_tf_no_top.h5",
         NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mote_arch_weights weights;
        mote_error err = {0};
        const int32_t arch = mote_arch_find(rows[i].arch);
        assert_int_equal(mote_arch_imagenet(arch, &rows[i].options, &weights, &err), MOTE_OK);
        assert_string_equal(weights.url, rows[i].url);
        assert_string_equal(weights.name, strrchr(rows[i].url, '/') + 1);
        if (rows[i].md5)
            assert_string_equal(weights.md5, rows[i].md5);
        else
            assert_null(weights.md5);
    }
    mote_arch_weights weights;
    mote_error err = {0};
    assert_int_equal(mote_arch_imagenet(mote_arch_find("mote_tiny"), &rows[0].options, &weights, &err), MOTE_NOT_FOUND);
    assert_int_equal(mote_arch_imagenet(-1, &rows[0].options, &weights, &err), MOTE_ARGUMENT);
}

static mote_model *make(const char *name, const mote_arch_options *options)
{
    mote_model *model;
    mote_error err = {0};
    if (mote_arch_new(&model, mote_arch_find(name), options, &err) != MOTE_OK)
        fail_msg("%s: %s", name, err.message);
    return model;
}

static void test_all_build(void **state)
{
    (void)state;
    for (int32_t i = 0; i < mote_arch_count(); i++) {
        const char *name = mote_arch_get(i)->name;
        if (strncmp(name, "EfficientNetB", 13) == 0 && name[13] > '1')
            continue; /* wider and deeper only: counted above, built beside Keras in tests/peers */
        const mote_arch_options options = {.n_classes = 3, .input_px = 40};
        int64_t n_params;
        mote_error err = {0};
        assert_int_equal(mote_arch_count_params(i, &options, &n_params, &err), MOTE_OK);
        mote_model *model = make(name, &options);
        assert_int_equal(mote_model_count_params(model).total, n_params);
        const mote_graph *graph = model->graphs[0];
        const mote_shape *out = &graph->tensors[graph->outputs[0]]->shape;
        assert_int_equal(out->rank, 2);
        assert_int_equal(out->dims[1], 3);
        mote_model_free(model);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        mote_arch_options options;
        const char *says;
    } rows[] = {
        {{.head = "dense:0"}, "dense:UNITS"},
        {{.head = "dense:2:foo"}, "no such activation"},
        {{.head = "dense"}, "dense:UNITS"},
        {{.head = ""}, "not a layer of a head"},
        {{.head = "dense:2,,dense:3"}, "not a layer"},
        {{.head = "dropout:1"}, "dropout:RATE"},
        {{.head = "dropout:nan"}, "dropout:RATE"},
        {{.head = "batch_norm:1"}, "not a layer"},
        {{.head = "activation:relu:1"}, "activation"},
        {{.head = "dense:3", .n_classes = 2}, "for 2 classes"},
        {{.head = "dense:1:2:3:4"}, "dense:UNITS"},
        {{.input_px = 31}, "31 pixels"},
        {{.pooling = "sum"}, "max or avg"},
        {{.n_classes = -1}, "-1 classes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mote_model *model;
        mote_error err = {0};
        assert_int_equal(mote_arch_new(&model, mote_arch_find("mote_tiny"), &rows[i].options, &err), MOTE_ARGUMENT);
        assert_null(model);
        if (!strstr(err.message, rows[i].says))
            fail_msg("'%s' does not say '%s'", err.message, rows[i].says);
    }
    mote_model *model;
    mote_error err = {0};
    assert_int_equal(mote_arch_new(&model, -1, &rows[0].options, &err), MOTE_ARGUMENT);
}

typedef struct file_bytes {
    unsigned char *data;
    size_t n;
} file_bytes;

static file_bytes saved(const mote_model *model, const char *path)
{
    mote_error err = {0};
    if (mote_keras_save(model, path, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    mote_file file;
    assert_int_equal(mote_file_open(&file, path, 0, NULL, &err), MOTE_OK);
    file_bytes b = {malloc(file.n_bytes), file.n_bytes};
    assert_non_null(b.data);
    memcpy(b.data, file.data, file.n_bytes);
    mote_file_close(&file);
    return b;
}

static bool equal(const file_bytes *a, const file_bytes *b)
{
    return a->n == b->n && memcmp(a->data, b->data, a->n) == 0;
}

static mote_model *load(const char *path)
{
    mote_model *model;
    mote_error err = {0};
    if (mote_model_load(&model, path, NULL, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    return model;
}

static const char *const TRAINING =
    "{\"loss\":\"sparse_categorical_crossentropy\",\"metrics\":null,\"optimizer_config\":{\"class_name\":\"Adam\","
    "\"config\":{\"name\":\"Adam\",\"learning_rate\":0.001}}}";

/* Written, read, written: the same bytes; flags, compile settings and every weight as they were. */
static void round_trip(const char *form)
{
    char path[64], again[64];
    snprintf(path, sizeof path, "test_arch_%d.%s", (int)getpid(), form);
    snprintf(again, sizeof again, "test_arch_again_%d.%s", (int)getpid(), form);
    const mote_arch_options options = {
        .input_px = 32, .head = "dense:4:relu,batch_norm,dropout:0.5,dense:2:softmax", .seed = 9};
    mote_model *model = make("mote_tiny", &options);
    model->training_json = TRAINING;
    model->layers[3].trainable = model->layers[5].trainable = false;
    const file_bytes first = saved(model, path);
    mote_model *back = load(path);
    const file_bytes second = saved(back, again);
    assert_true(equal(&first, &second));
    assert_int_equal(back->n_layers, model->n_layers);
    assert_non_null(strstr(back->training_json, "sparse_categorical_crossentropy"));
    assert_non_null(strstr(back->training_json, "\"learning_rate\":0.001"));
    for (int32_t i = 0; i < model->n_layers; i++) {
        const mote_layer *a = &model->layers[i], *b = &back->layers[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->trainable, b->trainable);
        assert_int_equal(a->n_weights, b->n_weights);
        for (int32_t j = 0; j < a->n_weights; j++) {
            if (a->weights[j].tensor < 0)
                continue;
            const mote_tensor *x = model->graphs[0]->tensors[a->weights[j].tensor];
            const mote_tensor *y = back->graphs[0]->tensors[b->weights[j].tensor];
            assert_int_equal(x->n_bytes, y->n_bytes);
            assert_memory_equal(x->data, y->data, x->n_bytes);
        }
    }
    free(first.data);
    free(second.data);
    mote_model_free(back);
    mote_model_free(model);
    unlink(path);
    unlink(again);
}

static void test_h5_round_trip(void **state)
{
    (void)state;
    round_trip("h5");
}

static void test_keras_round_trip(void **state)
{
    (void)state;
    round_trip("keras");
}

/* The seed alone decides. */
static void test_seed(void **state)
{
    (void)state;
    mote_arch_options options = {.input_px = 32, .n_classes = 2, .seed = 1};
    unsigned char *a, *b, *c;
    size_t n_a, n_b, n_c;
    mote_error err = {0};
    mote_model *model = make("mote_tiny", &options);
    assert_int_equal(mote_keras_build_h5(model, &a, &n_a, NULL, &err), MOTE_OK);
    mote_model_free(model);
    model = make("mote_tiny", &options);
    assert_int_equal(mote_keras_build_h5(model, &b, &n_b, NULL, &err), MOTE_OK);
    mote_model_free(model);
    options.seed = 2;
    model = make("mote_tiny", &options);
    assert_int_equal(mote_keras_build_h5(model, &c, &n_c, NULL, &err), MOTE_OK);
    mote_model_free(model);
    assert_int_equal(n_a, n_b);
    assert_memory_equal(a, b, n_a);
    assert_int_equal(n_a, n_c);
    assert_memory_not_equal(a, c, n_a);
    mote_free(NULL, a);
    mote_free(NULL, b);
    mote_free(NULL, c);
}

/* What has no Keras description cannot be saved as one. */
static void test_not_keras(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    unsigned char *bytes;
    size_t n;
    mote_error err = {0};
    assert_int_equal(mote_keras_build_h5(model, &bytes, &n, NULL, &err), MOTE_UNSUPPORTED);
    assert_null(bytes);
    mote_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_params),   cmocka_unit_test(test_imagenet),      cmocka_unit_test(test_all_build),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_h5_round_trip), cmocka_unit_test(test_keras_round_trip),
        cmocka_unit_test(test_seed),     cmocka_unit_test(test_not_keras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
