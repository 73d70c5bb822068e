/*
 * What a Keras file says of a whole model, as text given here: whose the weights of a model inside a model are, sizes
 * left open, a batch that is fixed, masks from layer to layer. tests/peers/check_keras.py compares with files of Keras
 * itself.
 */
#include "unit/mote_test.h"

#include <mote/convert.h>
#include <mote/runtime.h>

#include "import/keras_file.h"
#include "import/keras_model.h"
#include "import/keras_weight_order.h"

#include <string.h>

/* --- the weights of a model inside a model, by order --- */

typedef struct list {
    const char *names; /* one letter a weight, in the order in which Keras would list them */
    int keras_major;
    bool fits;
    char dealt[64]; /* "conv: ab, bn: cdef" */
} list;

static void note(list *l, const keras_scope *scope)
{
    for (int32_t i = 0; i < scope->n_layers; i++) {
        const keras_layer *layer = &scope->layers[i];
        if (layer->model)
            note(l, layer->model);
        for (int32_t j = 0; j < layer->n_weights; j++) {
            const size_t used = strlen(l->dealt);
            snprintf(l->dealt + used, sizeof l->dealt - used, "%s%s", j ? "" : used ? " " : "", layer->weights[j].name);
        }
    }
}

/* Stops the building once they are dealt: there are no values. */
static mote_status deal(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    list *l = arg;
    if (!layer->model || layer->scope->owner)
        return MOTE_OK;
    const int32_t n = (int32_t)strlen(l->names);
    keras_weight *pool = mote_arena_calloc(arena, (size_t)n + 1, sizeof *pool);
    assert_non_null(pool);
    for (int32_t i = 0; i < n; i++)
        pool[i] = (keras_weight){.name = mote_arena_strndup(arena, l->names + i, 1)};
    assert_int_equal(keras_deal_by_order(layer, pool, n, l->keras_major, arena, &l->fits, err), MOTE_OK);
    note(l, layer->model);
    return mote_error_set(err, MOTE_CANCELLED, "enough");
}

#define INPUT                                                                                                          \
    "{\"class_name\": \"InputLayer\", \"name\": \"x\", \"config\": {\"name\": \"x\", "                                 \
    "\"batch_input_shape\": [null, 4]}, \"inbound_nodes\": []}"

/* A frozen Dense, a BatchNormalization, and a Sequential of a Dense without bias. */
static void deals(int keras_major, bool frozen, const char *names, const char *wanted)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"top\", \"layers\": [" INPUT ","
             "{\"class_name\": \"Sequential\", \"name\": \"m\", \"config\": {\"name\": \"m\", \"trainable\": %s, "
             "\"layers\": [" INPUT ","
             "{\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", \"trainable\": false}},"
             "{\"class_name\": \"BatchNormalization\", \"config\": {\"name\": \"b\", \"trainable\": true}},"
             "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"trainable\": true, \"layers\": [" INPUT
             ",{\"class_name\": \"Dense\", \"config\": {\"name\": \"e\", \"trainable\": true, \"use_bias\": "
             "false}}]}}]}}]}}",
             frozen ? "false" : "true");
    mote_error err = {0};
    json_t *document;
    list l = {.names = names, .keras_major = keras_major};
    assert_int_equal(keras_parse_json(text, &document, &err), MOTE_OK);
    mote_model *model = mote_model_new(NULL, 0);
    assert_int_equal(keras_build_model(model, document, keras_major, NULL, deal, &l, &err), MOTE_CANCELLED);
    json_decref(document);
    mote_model_free(model);
    assert_int_equal(l.fits, *wanted != '\0');
    assert_string_equal(l.dealt, wanted);
}

static void weights_inside_are_told_by_their_order(void **state)
{
    (void)state;
    /* Trained: gamma, beta, kernel; then the frozen Dense's two, mean and variance. */
    deals(2, false,
          "ghk"
          "db"
          "mv",
          "db ghmv k");
    deals(3, false,
          "ghk"
          "db"
          "mv",
          "db ghmv k");
    /* A frozen model: Keras 2 keeps that order, Keras 3 goes layer by layer. */
    deals(2, true,
          "ghk"
          "db"
          "mv",
          "db ghmv k");
    deals(3, true,
          "db"
          "ghmv"
          "k",
          "db ghmv k");
    /* One too few. */
    deals(2, false, "ghkdbm", "");
}

/* --- sizes --- */

/* pooled: the batch is as given, height and width are open. */
static mote_model *pooled(const char *batch, const keras_sizes *sizes)
{
    char text[2048];
    snprintf(text, sizeof text,
             "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"top\", \"layers\": ["
             "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"x\", \"dtype\": \"float16\", "
             "\"batch_input_shape\": [%s, null, null, 1]}},"
             "{\"class_name\": \"MaxPooling2D\", \"config\": {\"name\": \"p\", \"trainable\": true, "
             "\"pool_size\": [2, 2], \"strides\": [2, 2], \"padding\": \"valid\"}},"
             "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"f\", \"trainable\": true}}]}}",
             batch);
    mote_error err = {0};
    json_t *document;
    assert_int_equal(keras_parse_json(text, &document, &err), MOTE_OK);
    mote_model *model = mote_model_new(NULL, 0);
    list none = {.names = ""};
    const mote_status status = keras_build_model(model, document, 2, sizes, deal, &none, &err);
    json_decref(document);
    if (status == MOTE_OK) {
        model->source = "keras";
        return model;
    }
    assert_non_null(strstr(err.message, "--input-shape"));
    mote_model_free(model);
    return NULL;
}

static void open_sizes_need_numbers(void **state)
{
    (void)state;
    const keras_sizes given = {.given = "6x4x1"}, standing_in = {.stand_in = 8};
    assert_null(pooled("null", NULL));
    mote_model *model = pooled("null", &given);
    assert_non_null(model);
    assert_int_equal(model->layers[0].output_shapes[0].dims[1], 3);
    mote_model_free(model);
    model = pooled("null", &standing_in);
    assert_non_null(model);
    assert_int_equal(model->layers[0].output_shapes[0].dims[1], 4);
    mote_model_free(model);
}

/* The model runs on any number of examples; what is converted has the batch that the file fixes. A half-precision input
 * is float32, as all of the graph. */
static void a_fixed_batch_is_written(void **state)
{
    (void)state;
    const keras_sizes given = {.given = "4x4x1"};
    mote_error err = {0};
    const mote_convert_options options = mote_convert_options_default(MOTE_FORMAT_FLOAT32);
    static const char *const BATCHES[] = {"null", "1", "3"};
    static const int32_t SHAPES[] = {1, 1, 3}, SIGNATURES[] = {MOTE_DIM_UNKNOWN, 1, 3};
    for (int i = 0; i < 3; i++) {
        mote_model *model = pooled(BATCHES[i], &given), *converted;
        assert_non_null(model);
        assert_int_equal(mote_convert(model, &options, &converted, &err), MOTE_OK);
        const mote_graph *graph = converted->graphs[0];
        const int32_t ends[] = {graph->inputs[0], graph->outputs[0]};
        for (int j = 0; j < 2; j++) {
            const mote_tensor *end = graph->tensors[ends[j]];
            assert_int_equal(end->dtype, MOTE_FLOAT32);
            assert_int_equal(end->shape.dims[0], SHAPES[i]);
            assert_int_equal(end->has_signature ? end->signature.dims[0] : end->shape.dims[0], SIGNATURES[i]);
        }
        mote_model_free(converted);
        mote_model_free(model);
    }
}

/* --- sizes that come from a shape --- */

#define INLINE_HEAD(name, function)                                                                                    \
    "{\"class_name\": \"TFOpLambda\", \"name\": \"" name "\", \"config\": {\"name\": \"" name                          \
    "\", \"trainable\": true, \"function\": \"" function "\"}, \"inbound_nodes\": ["
#define INLINE(name, function, call) INLINE_HEAD(name, function) call "]}"

static mote_status build_inline(const char *text, mote_model **model, mote_error *err)
{
    json_t *document;
    list none = {.names = ""};
    assert_int_equal(keras_parse_json(text, &document, err), MOTE_OK);
    *model = mote_model_new(NULL, 0);
    const mote_status status = keras_build_model(*model, document, 2, NULL, deal, &none, err);
    json_decref(document);
    (*model)->source = "keras";
    return status;
}

/* --- names at the entry point --- */

static mote_status no_weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    (void)arg, (void)layer, (void)arena, (void)err;
    return MOTE_OK;
}

/* An Activation `a` on x, and a model `m` around another that is called twice. */
static void check_output_names(int keras_major, const char *outputs, const char *wanted)
{
    char text[4096], got[64] = "";
    snprintf(text, sizeof text,
             "{\"class_name\": \"Functional\", \"config\": {\"name\": \"top\", \"layers\": [" INPUT ","
             "{\"class_name\": \"Activation\", \"name\": \"a\", \"config\": {\"name\": \"a\", \"activation\": "
             "\"relu\"}, \"inbound_nodes\": [[[\"x\", 0, 0, {}]]]},"
             "{\"class_name\": \"Sequential\", \"name\": \"m\", \"config\": {\"name\": \"m\", \"layers\": [" INPUT ","
             "{\"class_name\": \"Activation\", \"config\": {\"name\": \"inner\", \"activation\": \"tanh\"}}]}, "
             "\"inbound_nodes\": [[[\"x\", 0, 0, {}]], [[\"a\", 0, 0, {}]]]}], "
             "\"input_layers\": [[\"x\", 0, 0]], \"output_layers\": %s}}",
             outputs);
    mote_error err = {0};
    json_t *document;
    assert_int_equal(keras_parse_json(text, &document, &err), MOTE_OK);
    mote_model *model = mote_model_new(NULL, 0), *made;
    if (keras_build_model(model, document, keras_major, NULL, no_weights, NULL, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    json_decref(document);
    model->source = "keras";
    const mote_convert_options options = mote_convert_options_default(MOTE_FORMAT_FLOAT32);
    if (mote_convert(model, &options, &made, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    const mote_signature *signature = &made->signatures[0];
    assert_string_equal(signature->inputs[0].name, "x");
    for (int32_t i = 0; i < signature->n_outputs; i++) {
        const size_t used = strlen(got);
        snprintf(got + used, sizeof got - used, "%s%s", i ? " " : "", signature->outputs[i].name);
    }
    assert_string_equal(got, wanted);
    mote_model_free(made);
    mote_model_free(model);
}

static void outputs_have_keras_names(void **state)
{
    (void)state;
    check_output_names(2, "[[\"a\", 0, 0]]", "a");
    check_output_names(2, "[[\"m\", 1, 0]]", "m");
    check_output_names(2, "[[\"m\", 1, 0], [\"m\", 2, 0], [\"a\", 0, 0]]", "a m m_1");
    check_output_names(2, "{\"z\": [\"a\", 0, 0], \"b\": [\"m\", 1, 0]}", "a m");
    check_output_names(3, "{\"z\": [\"a\", 0, 0], \"b\": [\"m\", 1, 0]}", "b z");
}

/* tf.image.resize(x, tf.shape(x)[1:3]), and by a list of both. */
static void sizes_come_from_a_shape(void **state)
{
    (void)state;
    static const char *const PARTS[][2] = {
        {"[{\"start\": 1, \"stop\": 3, \"step\": null}]", "[\"b\", 0, 0]"},
        {"1", "[[\"b\", 0, 0], 5]"},
        {"2", "[3, [\"b\", 0, 0]]"},
    };
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        char text[2048];
        mote_error err = {0};
        mote_model *model;
        snprintf(text, sizeof text,
                 "{\"class_name\": \"Functional\", \"config\": {\"name\": \"top\", \"layers\": ["
                 "{\"class_name\": \"InputLayer\", \"name\": \"x\", \"config\": {\"name\": \"x\", "
                 "\"batch_input_shape\": [null, 3, 5, 1]}, \"inbound_nodes\": []}, %s, %s%s%s, %s, %s%s%s], "
                 "\"input_layers\": [[\"x\", 0, 0]], \"output_layers\": [[\"it\", 0, 0]]}}",
                 INLINE("s", "shape", "[\"x\", 0, 0, {}]"),
                 INLINE_HEAD("b", "__operators__.getitem") "[\"s\", 0, 0, {\"slice_spec\": ", PARTS[i][0], "}]]}",
                 INLINE("p", "nn.avg_pool2d", "[\"x\", 0, 0, {\"ksize\": 1, \"strides\": 2, \"padding\": \"SAME\"}]"),
                 INLINE_HEAD("it", "image.resize") "[\"p\", 0, 0, {\"size\": ", PARTS[i][1], "}]]}");
        if (build_inline(text, &model, &err) != MOTE_OK)
            fail_msg("%s", err.message);
        const mote_shape *shape = &model->layers[model->n_layers - 1].output_shapes[0];
        assert_int_equal(shape->dims[1], 3);
        assert_int_equal(shape->dims[2], 5);
        mote_model_free(model);
    }
}

/* A detector's anchors, repeated for each of the batch: a constant, of which 3 more columns are asked. */
static void a_constant_is_tiled_by_the_batch(void **state)
{
    (void)state;
    mote_error err = {0};
    mote_model *model, *lowered;
    mote_runtime *runtime;
    const mote_status status = build_inline(
        "{\"class_name\": \"Functional\", \"config\": {\"name\": \"top\", \"layers\": ["
        "{\"class_name\": \"InputLayer\", \"name\": \"x\", \"config\": {\"name\": \"x\", "
        "\"batch_input_shape\": [null, 2, 4]}, \"inbound_nodes\": []}," INLINE("s", "compat.v1.shape", "[\"x\", 0, 0, {}]") "," INLINE(
            "b", "__operators__.getitem",
            "[\"s\", 0, 0, {\"slice_spec\": 0}]") "," INLINE("t", "tile",
                                                             "[\"_CONSTANT_VALUE\", -1, [[[1, 2], [3, "
                                                             "4]]], {\"multiples\": [[\"b\", 0, 0], 1, "
                                                             "2]}]") "," INLINE("it", "math.add",
                                                                                "[\"x\", 0, 0, {\"y\": "
                                                                                "[\"t\", 0, 0]}]") "], "
                                                                                                   "\"inpu"
                                                                                                   "t_"
                                                                                                   "layers"
                                                                                                   "\": "
                                                                                                   "[["
                                                                                                   "\"x\","
                                                                                                   " 0, "
                                                                                                   "0]], "
                                                                                                   "\"outp"
                                                                                                   "ut_"
                                                                                                   "layers"
                                                                                                   "\": "
                                                                                                   "[["
                                                                                                   "\"it\""
                                                                                                   ", 0, "
                                                                                                   "0]]}}",
        &model, &err);
    if (status != MOTE_OK)
        fail_msg("%s", err.message);
    const float x[] = {10, 20, 30, 40, 50, 60, 70, 80}, wanted[] = {11, 22, 31, 42, 53, 64, 73, 84};
    assert_int_equal(mote_lower(model, NULL, &lowered, &err), MOTE_OK);
    assert_int_equal(mote_runtime_new(&runtime, lowered, NULL, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    memcpy(mote_runtime_input(runtime, 0)->data, x, sizeof x);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    assert_memory_equal(mote_runtime_output(runtime, 0)->data, wanted, sizeof wanted);
    mote_runtime_free(runtime);
    mote_model_free(lowered);
    mote_model_free(model);
}

/* --- the batch in second place --- */

#define TURNED(reader)                                                                                                 \
    "{\"class_name\": \"Functional\", \"config\": {\"name\": \"top\", \"layers\": [{\"class_name\": \"InputLayer\", "  \
    "\"name\": \"x\", \"config\": {\"name\": \"x\", \"batch_input_shape\": [null, 2, 3]}, \"inbound_nodes\": "         \
    "[]}, " INLINE("t", "transpose", "[\"x\", 0, 0, {\"perm\": [1, 0, 2]}]") "," reader                                \
                                                                             "], \"input_layers\": [[\"x\", 0, 0]], "  \
                                                                             "\"output_layers\": [[\"it\", 0, 0]]}}"

/* A transpose to [2, batch, 3]: of its rows each may be read, and nothing but those. */
static void what_stands_before_the_batch_is_taken_apart(void **state)
{
    (void)state;
    static const char *const READERS[] = {
        TURNED(INLINE("it", "__operators__.getitem", "[\"t\", 0, 0, {\"slice_spec\": 1}]")),
        TURNED(INLINE("it", "unstack", "[\"t\", 0, 0, {\"num\": 2, \"axis\": 0}]")),
        TURNED(INLINE("it", "nn.relu", "[\"t\", 0, 0, {}]")),
        TURNED(INLINE("it", "transpose", "[\"t\", 0, 0, {\"perm\": [1, 0, 2]}]")),
        TURNED(INLINE("it", "__operators__.getitem",
                      "[\"t\", 0, 0, {\"slice_spec\": [{\"start\": 0, \"stop\": 1, \"step\": null}]}]")),
    };
    const float x[] = {1, 2, 3, 4, 5, 6};
    for (size_t i = 0; i < sizeof READERS / sizeof *READERS; i++) {
        mote_error err = {0};
        mote_model *model, *lowered;
        mote_runtime *runtime;
        const mote_status status = build_inline(READERS[i], &model, &err);
        if (i < 2) {
            assert_int_equal(status, MOTE_OK);
            assert_int_equal(model->layers[1].output_shapes[0].dims[0], 2);
            assert_int_equal(model->layers[1].output_shapes[0].dims[1], MOTE_DIM_UNKNOWN);
            assert_int_equal(mote_lower(model, NULL, &lowered, &err), MOTE_OK);
            assert_int_equal(mote_runtime_new(&runtime, lowered, NULL, &err), MOTE_OK);
            assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
            memcpy(mote_runtime_input(runtime, 0)->data, x, sizeof x);
            assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
            assert_memory_equal(mote_runtime_output(runtime, 0)->data, i == 0 ? x + 3 : x, 3 * sizeof *x);
            mote_runtime_free(runtime);
            mote_model_free(lowered);
        } else {
            assert_int_equal(status, MOTE_UNSUPPORTED);
            assert_non_null(strstr(err.message, "'it'"));
            assert_non_null(strstr(err.message, "batch in second place"));
        }
        mote_model_free(model);
    }
}

/* --- masks --- */

#define LAYER(class_name, name, config)                                                                                \
    ",{\"class_name\": \"" class_name "\", \"config\": {\"name\": \"" name "\", \"trainable\": true, " config "}}"

/* One unit whose step is state + input, without bias: kernel and recurrent kernel are 1. */
static mote_status give_ones(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    (void)arg, (void)err;
    if (strcmp(layer->class_name, "SimpleRNN") != 0)
        return MOTE_OK;
    static const float one = 1.0f;
    layer->weights = mote_arena_calloc(arena, 2, sizeof *layer->weights);
    assert_non_null(layer->weights);
    for (int32_t i = 0; i < 2; i++) {
        mote_tensor value = {.name = "", .dtype = MOTE_FLOAT32, .storage = MOTE_STORAGE_CONST, .layer = -1};
        value.shape = (mote_shape){2, {1, 1}};
        value.n_bytes = sizeof one;
        value.data = mote_arena_copy(arena, &one, sizeof one);
        layer->weights[i] = (keras_weight){.value = value, .tensor = MOTE_NO_TENSOR, .trainable = true};
    }
    layer->n_weights = 2;
    return MOTE_OK;
}

static mote_model *masked_model(const char *layers)
{
    char text[2048];
    mote_error err = {0};
    json_t *document;
    snprintf(
        text, sizeof text,
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"top\", \"layers\": ["
        "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"x\", \"batch_input_shape\": [null, 5, 1]}}%s]}}",
        layers);
    assert_int_equal(keras_parse_json(text, &document, &err), MOTE_OK);
    mote_model *model = mote_model_new(NULL, 0);
    if (keras_build_model(model, document, 2, NULL, give_ones, NULL, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    json_decref(document);
    model->source = "keras";
    return model;
}

static void masked(const char *layers, const float *wanted, int32_t n)
{
    const float x[] = {7, 1, 7, 2, 7}; /* 7 does not count */
    mote_error err = {0};
    mote_model *model = masked_model(layers), *lowered;
    assert_int_equal(mote_lower(model, NULL, &lowered, &err), MOTE_OK);
    mote_runtime *runtime;
    assert_int_equal(mote_runtime_new(&runtime, lowered, NULL, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    memcpy(mote_runtime_input(runtime, 0)->data, x, sizeof x);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    const mote_tensor *output = mote_runtime_output(runtime, 0);
    assert_int_equal(mote_shape_count(&output->shape), n);
    for (int32_t i = 0; i < n; i++)
        assert_float_equal(((const float *)output->data)[i], wanted[i], 1e-6f);
    mote_runtime_free(runtime);
    mote_model_free(lowered);
    mote_model_free(model);
}

static void steps_that_do_not_count(void **state)
{
    (void)state;
#define MASKING   LAYER("Masking", "m", "\"mask_value\": 7.0")
#define RNN(more) LAYER("SimpleRNN", "r", "\"units\": 1, \"use_bias\": false, \"activation\": \"linear\", " more)
    const float last[] = {3}, all[] = {0, 1, 1, 3, 3}, zeroed[] = {0, 1, 0, 3, 0}, back[] = {0, 2, 2, 3, 3};
    const float mean[] = {1.5f};
    masked(MASKING RNN("\"return_sequences\": false"), last, 1);
    masked(MASKING LAYER("ReLU", "u", "\"threshold\": 0.0") RNN("\"return_sequences\": true"), all, 5);
    masked(MASKING RNN("\"return_sequences\": true, \"zero_output_for_mask\": true"), zeroed, 5);
    masked(MASKING RNN("\"return_sequences\": true, \"go_backwards\": true"), back, 5);
    masked(MASKING LAYER("GlobalAveragePooling1D", "g", "\"keepdims\": false"), mean, 1);
}

/* The output of a step that does not count is its state: one choice for both. */
static void a_masked_step_chooses_once(void **state)
{
    (void)state;
    static const char *const LAYERS[] = {
        MASKING RNN("\"return_sequences\": true"),
        MASKING RNN("\"return_sequences\": true, \"zero_output_for_mask\": true"),
    };
    static const int32_t WANTED[] = {5, 9}; /* the first output and the first state are both from zeros */
    for (int i = 0; i < 2; i++) {
        mote_model *model = masked_model(LAYERS[i]);
        int32_t n = 0;
        for (int32_t k = 0; k < model->graphs[0]->n_nodes; k++)
            n += model->graphs[0]->nodes[k]->op == MOTE_OP_SELECT_V2;
        assert_int_equal(n, WANTED[i]);
        mote_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_inside_are_told_by_their_order),
        cmocka_unit_test(open_sizes_need_numbers),
        cmocka_unit_test(a_fixed_batch_is_written),
        cmocka_unit_test(outputs_have_keras_names),
        cmocka_unit_test(sizes_come_from_a_shape),
        cmocka_unit_test(a_constant_is_tiled_by_the_batch),
        cmocka_unit_test(what_stands_before_the_batch_is_taken_apart),
        cmocka_unit_test(steps_that_do_not_count),
        cmocka_unit_test(a_masked_step_chooses_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
