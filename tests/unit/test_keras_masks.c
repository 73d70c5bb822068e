/*
 * Masks that a call is given, by name or by position, one or several: heeded by the layers that Keras lets have them,
 * for as long as the call lasts, or refused by the layer's name. Values are worked out by hand;
 * tests/peers/check_layers.py compares with Keras itself.
 */
#include "unit/mote_test.h"

#include <mote/convert.h>
#include <mote/runtime.h>

#include "import/keras_file.h"
#include "import/keras_model.h"

#include <string.h>

/* What a call refers to: Keras 3's tensor, and Keras 2's. */
#define T3(name)                                                                                                       \
    "{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": [], \"dtype\": \"float32\", \"keras_history\": "   \
    "[\"" name "\", 0, 0]}}"
#define T2(name)            "[\"" name "\", 0, 0]"
#define CALL3(args, kwargs) "{\"args\": [" args "], \"kwargs\": {" kwargs "}}"
#define CALL2(name, kwargs) "[[\"" name "\", 0, 0, {" kwargs "}]]"
#define NODE(class, name, config)                                                                                      \
    "{\"class_name\": \"" class "\", \"name\": \"" name "\", \"config\": {\"name\": \"" name "\"" config "}"
#define LAYER(class, name, config, call)                                                                               \
    NODE(class, name, ", \"trainable\": true" config) ", \"inbound_nodes\": [" call "]}"
#define INPUT(name, shape, dtype)                                                                                      \
    NODE("InputLayer", name, ", \"dtype\": \"" dtype "\", \"batch_input_shape\": [null, " shape "]")                   \
    ", \"inbound_nodes\": []}"
#define MODEL(layers, inputs, outputs)                                                                                 \
    "{\"name\": \"m\", \"trainable\": true, \"layers\": [" layers "], \"input_layers\": [" inputs                      \
    "], \"output_layers\": [" outputs "]}"

/* Attention of one head whose query counts for nothing and whose other weights are 1: the mean of what is visible. */
static mote_status give_weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    (void)arg, (void)err;
    static const float values[] = {0, 1, 1, 1};
    if (strcmp(layer->class_name, "MultiHeadAttention") != 0)
        return MOTE_OK;
    layer->weights = mote_arena_calloc(arena, 4, sizeof *layer->weights);
    assert_non_null(layer->weights);
    for (int32_t i = 0; i < 4; i++) {
        mote_tensor value = {.name = "", .dtype = MOTE_FLOAT32, .storage = MOTE_STORAGE_CONST, .layer = -1};
        value.shape = (mote_shape){3, {1, 1, 1}};
        value.n_bytes = sizeof values[0];
        value.data = mote_arena_copy(arena, &values[i], sizeof values[0]);
        layer->weights[i] = (keras_weight){.value = value, .tensor = MOTE_NO_TENSOR, .trainable = true};
    }
    layer->n_weights = 4;
    return MOTE_OK;
}

static mote_status build(int major, const char *config, mote_model **model, mote_error *err)
{
    char text[8192];
    json_t *document;
    snprintf(text, sizeof text, "{\"class_name\": \"Functional\", \"config\": %s}", config);
    assert_int_equal(keras_parse_json(text, &document, err), MOTE_OK);
    *model = mote_model_new(NULL, 0);
    assert_non_null(*model);
    (*model)->source = "keras";
    const mote_status status = keras_build_model(*model, document, major, NULL, give_weights, NULL, err);
    json_decref(document);
    return status;
}

/* Runs the model on x = 1, 2, 4, … and a mask 1, 0, 1, 0, … as far as its inputs go. */
static void expect(int major, const char *config, int32_t n, const float *wanted)
{
    static const float x[] = {1, 2, 4, 8};
    static const bool mask[] = {true, false, true, false};
    mote_model *model = NULL, *lowered = NULL;
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    if (build(major, config, &model, &err) != MOTE_OK || mote_lower(model, NULL, &lowered, &err) != MOTE_OK ||
        mote_runtime_new(&runtime, lowered, NULL, &err) != MOTE_OK || mote_runtime_allocate(runtime, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    for (int32_t i = 0; i < lowered->graphs[0]->n_inputs; i++) {
        mote_tensor *input = mote_runtime_input(runtime, i);
        assert_true(input->n_bytes <= (input->dtype == MOTE_BOOL ? sizeof mask : sizeof x));
        memcpy(input->data, input->dtype == MOTE_BOOL ? (const void *)mask : x, input->n_bytes);
    }
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    int32_t at = 0;
    for (int32_t i = 0; i < lowered->graphs[0]->n_outputs; i++) {
        const mote_tensor *output = mote_runtime_output(runtime, i);
        for (int64_t j = 0; j < mote_shape_count(&output->shape); j++, at++)
            assert_float_equal(((const float *)output->data)[j], wanted[at], 1e-6f);
    }
    assert_int_equal(at, n);
    mote_runtime_free(runtime);
    mote_model_free(lowered);
    mote_model_free(model);
}

static void refused(int major, const char *config, const char *layer, const char *reason)
{
    mote_model *model;
    mote_error err = {0};
    assert_int_not_equal(build(major, config, &model, &err), MOTE_OK);
    if (!strstr(err.message, layer) || !strstr(err.message, reason))
        fail_msg("%s", err.message);
    mote_model_free(model);
}

#define STEPS     INPUT("x", "3, 1", "float32") ", " INPUT("k", "3", "bool") ", "
#define ON(layer) MODEL(STEPS layer, T2("x") ", " T2("k"), T2("it"))
#define N(array)  ((int32_t)(sizeof(array) / sizeof *(array)))

static void a_mean_under_a_mask(void **state)
{
    (void)state;
    const float wanted[] = {2.5f};
    expect(2, ON(LAYER("GlobalAveragePooling1D", "it", "", CALL2("x", "\"mask\": " T2("k")))), 1, wanted);
    expect(3, ON(LAYER("GlobalAveragePooling1D", "it", "", CALL3(T3("x"), "\"mask\": " T3("k")))), 1, wanted);
    expect(3, ON(LAYER("GlobalAveragePooling1D", "it", "", CALL3(T3("x") ", " T3("k"), ""))), 1, wanted);
}

/* Keras 3 chooses where Keras 2 multiplies by 0: what is infinite in a step that does not count does not go on. */
static void hidden_steps_do_not_go_on(void **state)
{
    (void)state;
#define INVERSE                                                                                                        \
    LAYER("Rescaling", "less", ", \"scale\": 1.0, \"offset\": -2.0", CALL3(T3("x"), ""))                               \
    ", " NODE("Reciprocal", "one_over", "") ", \"inbound_nodes\": [" CALL3(T3("less"), "") "]}, "
    const float mean[] = {-0.25f}; /* of 1 / (x - 2) */
    expect(3, ON(INVERSE LAYER("GlobalAveragePooling1D", "it", "", CALL3(T3("one_over"), "\"mask\": " T3("k")))), 1,
           mean);
}

/* In Keras 2 numbers weigh the steps; to Keras 3 each that is not 0 counts. */
static void a_mean_weighed_by_numbers(void **state)
{
    (void)state;
#define WEIGHED(call)                                                                                                  \
    MODEL(INPUT("x", "2, 1", "float32") ", " INPUT("k", "2", "float32") ", " LAYER("GlobalAveragePooling1D", "it", "", \
                                                                                   call),                              \
          T2("x") ", " T2("k"), T2("it"))
    const float second[] = {5.0f / 3}, third[] = {1.5f};
    expect(2, WEIGHED(CALL2("x", "\"mask\": " T2("k"))), 1, second);
    expect(3, WEIGHED(CALL3(T3("x"), "\"mask\": " T3("k"))), 1, third);
}

static void softmax_of_what_is_kept(void **state)
{
    (void)state;
#define SOFTMAX(layer)                                                                                                 \
    MODEL(INPUT("x", "3", "float32") ", " INPUT("k", "3", "bool") ", " layer, T2("x") ", " T2("k"), T2("it"))
    const float wanted[] = {0.04742587f, 0, 0.95257413f}; /* 1 / (1 + e^±3) */
    expect(2, SOFTMAX(LAYER("Softmax", "it", ", \"axis\": -1", CALL2("x", "\"mask\": " T2("k")))), N(wanted), wanted);
    expect(3, SOFTMAX(LAYER("Softmax", "it", ", \"axis\": [-1]", CALL3(T3("x") ", " T3("k"), ""))), N(wanted), wanted);
    /* Nothing is kept: equal parts in Keras 2, zeros in Keras 3. */
#define NONE_2                                                                                                         \
    LAYER("TFOpLambda", "no", ", \"function\": \"math.logical_not\"", CALL2("k", ""))                                  \
    ", " LAYER("TFOpLambda", "none", ", \"function\": \"math.logical_and\"", CALL2("k", "\"y\": " T2("no"))) ", "
#define NONE_3                                                                                                         \
    NODE("LogicalNot", "no", "")                                                                                       \
    ", \"inbound_nodes\": [" CALL3(T3("k"), "") "]}, " NODE("LogicalAnd", "none", "") ", \"inbound_nodes\": [" CALL3(  \
        T3("k") ", " T3("no"), "") "]}, "
    const float equal[] = {1 / 3.0f, 1 / 3.0f, 1 / 3.0f}, zeros[] = {0, 0, 0};
    expect(2, SOFTMAX(NONE_2 LAYER("Softmax", "it", "", CALL2("x", "\"mask\": " T2("none")))), 3, equal);
    expect(3, SOFTMAX(NONE_3 LAYER("Softmax", "it", "", CALL3(T3("x"), "\"mask\": " T3("none")))), 3, zeros);
}

/* Half of -1e9 is enough where the mask is of numbers, in Keras 2; robust_masking and Keras 3 ask whether it is above a
 * half. */
static void softmax_under_numbers(void **state)
{
    (void)state;
#define NUMBERS(config, call)                                                                                          \
    MODEL(INPUT("x", "2", "float32") ", " INPUT("k", "2", "float32") ", " LAYER("Softmax", "it", config, call),        \
          T2("x") ", " T2("k"), T2("it"))
    const float second[] = {0, 1}, third[] = {0.26894142f, 0.73105858f}; /* the mask is 1, 2 */
    expect(2, NUMBERS("", CALL2("x", "\"mask\": " T2("k"))), 2, second);
    expect(2, NUMBERS(", \"robust_masking\": true", CALL2("x", "\"mask\": " T2("k"))), 2, third);
    expect(3, NUMBERS("", CALL3(T3("x"), "\"mask\": " T3("k"))), 2, third);
}

/* The mask of TimeDistributed's call goes on. */
static void steps_keep_the_given_mask(void **state)
{
    (void)state;
    const float wanted[] = {2.5f};
#define EACH                                                                                                           \
    LAYER("TimeDistributed", "td",                                                                                     \
          ", \"layer\": {\"class_name\": \"ReLU\", \"config\": {\"name\": \"r\", \"trainable\": true}}",               \
          CALL2("x", "\"mask\": " T2("k")))                                                                            \
    ", "
    expect(2, ON(EACH LAYER("GlobalAveragePooling1D", "it", "", CALL2("td", ""))), 1, wanted);
    refused(2,
            ON(LAYER("TimeDistributed", "it",
                     ", \"layer\": {\"class_name\": \"Softmax\", \"config\": {\"trainable\": true}}",
                     CALL2("x", "\"mask\": " T2("k")))),
            "'it'", "a mask for the layer inside of it (Softmax)");
}

/* [query_mask, value_mask]: with queries of 0 the mean of the values that count, where the query does. */
static void attention_takes_a_list(void **state)
{
    (void)state;
#define PAIR3 "[" T3("z") ", " T3("x") "]"
#define ZERO  LAYER("Rescaling", "z", ", \"scale\": 0.0, \"offset\": 0.0", CALL2("x", "")) ", "
#define ZERO3 LAYER("Rescaling", "z", ", \"scale\": 0.0, \"offset\": 0.0", CALL3(T3("x"), "")) ", "
    const float both[] = {2.5f, 0, 2.5f}, value[] = {2.5f, 2.5f, 2.5f}, query[] = {7 / 3.0f, 0, 7 / 3.0f};
    expect(3, ON(ZERO3 LAYER("Attention", "it", "", CALL3(PAIR3 ", [" T3("k") ", " T3("k") "]", ""))), 3, both);
    expect(3, ON(ZERO3 LAYER("Attention", "it", "", CALL3(PAIR3, "\"mask\": [null, " T3("k") "]"))), 3, value);
    expect(3, ON(ZERO3 LAYER("Attention", "it", "", CALL3(PAIR3, "\"mask\": [" T3("k") ", null]"))), 3, query);
    expect(2,
           ON(ZERO LAYER("Attention", "it", "", "[[\"z\", 0, 0, {\"mask\": [null, " T2("k") "]}], [\"x\", 0, 0, {}]]")),
           3, value);
}

/* Keras 3 gives the output a mask that was given by name, not one by position. */
static void a_mask_by_position_does_not_go_on(void **state)
{
    (void)state;
#define THEN  ", " LAYER("GlobalAveragePooling1D", "it", "", CALL3(T3("at"), ""))
#define MASKS "[" T3("k") ", " T3("k") "]"
    const float named[] = {2.5f}, placed[] = {5 / 3.0f};
    expect(3, ON(ZERO3 LAYER("Attention", "at", "", CALL3(PAIR3, "\"mask\": " MASKS)) THEN), 1, named);
    expect(3, ON(ZERO3 LAYER("Attention", "at", "", CALL3(PAIR3 ", " MASKS, "")) THEN), 1, placed);
}

static void heads_take_masks_of_keys(void **state)
{
    (void)state;
#define HEADS ", \"num_heads\": 1, \"key_dim\": 1, \"use_bias\": false"
    const float wanted[] = {2.5f, 2.5f, 2.5f};
    expect(3, ON(LAYER("MultiHeadAttention", "it", HEADS, CALL3(T3("x") ", " T3("x"), "\"key_mask\": " T3("k")))), 3,
           wanted);
    expect(3, ON(LAYER("MultiHeadAttention", "it", HEADS, CALL3(T3("x") ", " T3("x") ", null, null, " T3("k"), ""))), 3,
           wanted);
    refused(3, ON(LAYER("MultiHeadAttention", "it", HEADS, CALL3(T3("x") ", " T3("x"), "\"query_mask\": " T3("k")))),
            "'it'", "query_mask");
}

/* --- models --- */

#define MEAN(name, of) LAYER("GlobalAveragePooling1D", name, "", CALL2(of, ""))
#define INNER                                                                                                          \
    "{\"class_name\": \"Functional\", \"name\": \"it\", \"config\": " MODEL(                                           \
        INPUT("a", "3, 1", "float32") ", " INPUT("b", "3, 1", "float32") ", " MEAN("of_a", "a") ", " MEAN("of_b",      \
                                                                                                          "b"),        \
        T2("a") ", " T2("b"), T2("of_a") ", " T2("of_b"))
/* Two inputs, both the same values, and a mask for one of them. */
#define OUTER(call)                                                                                                    \
    MODEL(INPUT("x", "3, 1", "float32") ", " INPUT("y", "3, 1", "float32") ", " INPUT(                                 \
              "k", "3", "bool") ", " INNER ", \"inbound_nodes\": [" call "]}, " MEAN("outside", "x"),                  \
          T2("x") ", " T2("y") ", " T2("k"), "[\"it\", 0, 0], [\"it\", 0, 1], [\"outside\", 0, 0]")

/* Only inside, and only for the input that it is given for. */
static void a_models_mask_ends_with_it(void **state)
{
    (void)state;
    const float first[] = {2.5f, 7 / 3.0f, 7 / 3.0f}, second[] = {7 / 3.0f, 2.5f, 7 / 3.0f};
    expect(2, OUTER("[[\"x\", 0, 0, {\"mask\": [" T2("k") ", null]}], [\"y\", 0, 0, {}]]"), 3, first);
    expect(2, OUTER("[[\"x\", 0, 0, {\"mask\": [null, " T2("k") "]}], [\"y\", 0, 0, {}]]"), 3, second);
}

/* A mask of the first in the file is that of "b": it is not put on "a", the model's first input. */
static void a_dicts_mask_stays_where_it_is(void **state)
{
    (void)state;
#define MASKED LAYER("Masking", "masked", ", \"mask_value\": 2.0", CALL2("x", "")) ", "
    const float wanted[] = {7 / 3.0f, 2.5f};
    expect(2,
           MODEL(INPUT("x", "3, 1", "float32") ", " INPUT("y", "3, 1", "float32") ", " MASKED
                     INNER ", \"inbound_nodes\": [{\"b\": [\"masked\", 0, 0, {}], \"a\": [\"y\", 0, 0, {}]}]}",
                 T2("x") ", " T2("y"), "[\"it\", 0, 0], [\"it\", 0, 1]"),
           2, wanted);
}

static void masks_that_do_not_fit(void **state)
{
    (void)state;
    refused(2, ON(LAYER("Softmax", "it", "", CALL2("x", "\"mask\": " T2("k")))), "'it' (Softmax)",
            "its mask must have");
    refused(2, ON(LAYER("GlobalAveragePooling1D", "it", "", CALL2("x", "\"mask\": " T2("x")))), "'it'",
            "[batch, steps]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_under_a_mask),
        cmocka_unit_test(hidden_steps_do_not_go_on),
        cmocka_unit_test(a_mean_weighed_by_numbers),
        cmocka_unit_test(softmax_of_what_is_kept),
        cmocka_unit_test(softmax_under_numbers),
        cmocka_unit_test(steps_keep_the_given_mask),
        cmocka_unit_test(attention_takes_a_list),
        cmocka_unit_test(a_mask_by_position_does_not_go_on),
        cmocka_unit_test(heads_take_masks_of_keys),
        cmocka_unit_test(a_models_mask_ends_with_it),
        cmocka_unit_test(a_dicts_mask_stays_where_it_is),
        cmocka_unit_test(masks_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
