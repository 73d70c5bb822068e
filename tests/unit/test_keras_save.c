/*
 * Keras files that mote writes and reads again, of models described here: names that become alike, parts of layers that
 * the two versions of Keras call differently, weights that a layer makes something of, and what is said about them.
 * tests/peers/check_save.py lets Keras itself read such files.
 */
#include "unit/mote_test.h"

#include <mote/import.h>
#include <mote/io.h>
#include <mote/keras.h>

#include "import/keras_dialect.h"
#include "import/keras_file.h"
#include "import/keras_model.h"
#include "import/keras_save.h"

#include <math.h>
#include <string.h>

/* Shapes of the weights of one layer, all of whose values are `value`. */
typedef struct given {
    const char *layer;
    mote_shape shapes[4];
    int32_t n;
    float value;
} given;

static mote_status give(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    (void)err;
    const given *g = arg;
    if (strcmp(layer->name, g->layer) != 0)
        return MOTE_OK;
    layer->n_weights = g->n;
    layer->weights = mote_arena_calloc(arena, (size_t)g->n, sizeof *layer->weights);
    assert_non_null(layer->weights);
    for (int32_t i = 0; i < g->n; i++) {
        const int64_t n = mote_shape_count(&g->shapes[i]);
        float *values = mote_arena_calloc(arena, (size_t)n, sizeof *values);
        assert_non_null(values);
        for (int64_t j = 0; j < n; j++)
            values[j] = g->value;
        layer->weights[i] = (keras_weight){
            .value = {.name = "",
                      .dtype = MOTE_FLOAT32,
                      .storage = MOTE_STORAGE_CONST,
                      .layer = -1,
                      .shape = g->shapes[i],
                      .data = values,
                      .n_bytes = (size_t)n * sizeof *values},
            .tensor = MOTE_NO_TENSOR,
            .trainable = true,
        };
    }
    return MOTE_OK;
}

/* The model of a description, as import leaves it. sizes: for what it leaves open, or NULL. */
static mote_model *made(const char *text, const given *g, const char *sizes)
{
    json_t *document;
    mote_error err = {0};
    const keras_sizes given_sizes = {.given = sizes};
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    assert_int_equal(keras_parse_json(text, &document, &err), MOTE_OK);
    if (keras_build_model(model, document, 2, &given_sizes, give, (void *)(uintptr_t)g, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    json_decref(document);
    model->source = "keras";
    model->config_json = mote_arena_strdup(model->arena, text);
    assert_non_null(model->config_json);
    return model;
}

static const given NOTHING = {.layer = ""};

#define SEQUENTIAL(shape, layers)                                                                                      \
    "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": [{\"class_name\": \"InputLayer\", "    \
    "\"config\": {\"name\": \"x\", \"batch_input_shape\": [null, " shape "]}}" layers "]}}"
#define LAYER(class, name, config)                                                                                     \
    ", {\"class_name\": \"" class "\", \"config\": {\"name\": \"" name "\", \"trainable\": true" config "}}"

/* "a/b_c", "a_b/c" and "a/b/c" all become "a_b_c" without their slashes. */
static void renamed_layers_stay_apart(void **state)
{
    (void)state;
    mote_error err = {0};
    unsigned char *bytes;
    size_t n_bytes;
    mote_model *again,
        *model = made(SEQUENTIAL("4", LAYER("ReLU", "a/b_c", "") LAYER("ReLU", "a_b/c", "") LAYER("ReLU", "a/b/c", "")),
                      &NOTHING, NULL);
    assert_int_equal(mote_keras_build_h5(model, &bytes, &n_bytes, NULL, &err), MOTE_OK);
    if (mote_keras_read(&again, bytes, n_bytes, NULL, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    assert_int_equal(again->n_layers, 3);
    assert_string_equal(again->layers[0].name, "a_b_c");
    assert_string_equal(again->layers[1].name, "a_b_c_");
    assert_string_equal(again->layers[2].name, "a_b_c__");
    mote_free(NULL, bytes);
    mote_model_free(again);
    mote_model_free(model);
}

/* Keras 2 looks for "_query_dense", Keras 3 for "query_dense": a file for the one is written so, whoever made the
 * model. */
static void parts_are_named_for_the_file(void **state)
{
    (void)state;
    static const char text[] =
        "{\"class_name\": \"Functional\", \"config\": {\"name\": \"m\", \"layers\": [{\"class_name\": \"InputLayer\", "
        "\"name\": \"x\", "
        "\"config\": {\"name\": \"x\", \"batch_input_shape\": [null, 3, 2]}, \"inbound_nodes\": []}, "
        "{\"class_name\": \"MultiHeadAttention\", \"name\": \"it\", \"config\": {\"name\": \"it\", \"trainable\": "
        "true, "
        "\"num_heads\": 1, \"key_dim\": 2, \"use_bias\": false}, "
        "\"inbound_nodes\": [[[\"x\", 0, 0, {\"value\": [\"x\", 0, 0]}]]]}], "
        "\"input_layers\": [[\"x\", 0, 0]], \"output_layers\": [[\"it\", 0, 0]]}}";
    const mote_shape in = {3, {2, 1, 2}}, out = {3, {1, 2, 2}};
    const given weights = {"it", {in, in, in, out}, 4, 1.0f};
    mote_error err = {0};
    mote_model *model = made(text, &weights, NULL);
    model->keras_version = "3.1.0"; /* that saved what Keras 2 had described */
    unsigned char *bytes;
    size_t n_bytes;
    assert_int_equal(keras_build_zip(model, &bytes, &n_bytes, &err), MOTE_OK);
    assert_non_null(memmem(bytes, n_bytes, "2.15.0", 6));
    assert_non_null(memmem(bytes, n_bytes, "_query_dense", 12));
    mote_free(NULL, bytes);
    mote_model_free(model);
}

/* A .keras file names no weights. The kernel with zeros in it is made of the layer's own, which trains. */
static void a_dilated_kernel_is_the_layers_own(void **state)
{
    (void)state;
    const given weights = {"it", {{4, {2, 2, 1, 1}}}, 1, 3.0f};
    mote_model *model =
        made(SEQUENTIAL("2, 2, 1", LAYER("Conv2DTranspose", "it",
                                         ", \"kernel_size\": [2, 2], \"dilation_rate\": [2, 2], \"use_bias\": false")),
             &weights, NULL);
    const mote_layer_weight *kernel = &model->layers[0].weights[0];
    assert_int_equal(model->layers[0].n_weights, 1);
    assert_string_equal(kernel->name, "it/kernel:0");
    assert_true(kernel->trainable);
    assert_true(kernel->tensor >= 0);
    assert_int_equal(model->graphs[0]->tensors[kernel->tensor]->n_bytes, 4 * sizeof(float));
    mote_model_free(model);
}

static void count_warning(void *context, const char *text)
{
    assert_non_null(strstr(text, "layer 'it' (Dense): 2 of the 2 values of its weight 0"));
    ++*(int32_t *)context;
}

/* A file whose sizes are open is built more than once. */
static void a_warning_is_given_once(void **state)
{
    (void)state;
    const given weights = {"it", {{2, {1, 2}}, {1, {2}}}, 1, NAN};
    mote_error err = {0};
    unsigned char *bytes;
    size_t n_bytes;
    int32_t n_warnings = 0;
    mote_model *again,
        *model = made(SEQUENTIAL("null, 1", LAYER("Dense", "it", ", \"use_bias\": false")), &weights, "4x1");
    assert_int_equal(mote_keras_build_h5(model, &bytes, &n_bytes, NULL, &err), MOTE_OK);
    const mote_import_options options = {.open_sizes = true, .warn = count_warning, .warn_context = &n_warnings};
    if (mote_keras_read(&again, bytes, n_bytes, &options, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    assert_int_equal(n_warnings, 1);
    assert_int_equal(again->layers[0].output_shapes[0].dims[1], MOTE_DIM_UNKNOWN);
    mote_free(NULL, bytes);
    mote_model_free(again);
    mote_model_free(model);
}

/* The groups of .keras files. */
static void classes_are_written_in_snake_case(void **state)
{
    (void)state;
    static const char *const NAMES[][2] = {
        {"Conv2DTranspose", "conv2d_transpose"},
        {"ConvLSTM2D", "conv_lstm2d"},
        {"PReLU", "p_re_lu"},
        {"SimpleRNN", "simple_rnn"},
        {"LSTM", "lstm"},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        char text[64];
        keras_snake_case(NAMES[i][0], text, sizeof text);
        assert_string_equal(text, NAMES[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renamed_layers_stay_apart),          cmocka_unit_test(parts_are_named_for_the_file),
        cmocka_unit_test(a_dilated_kernel_is_the_layers_own), cmocka_unit_test(a_warning_is_given_once),
        cmocka_unit_test(classes_are_written_in_snake_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
