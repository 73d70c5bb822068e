/*
 * Layers of Keras from a description in text and weights one_layer_weight here, run, and compared with values worked
 * out by hand; and what is refused, by layer name, class and reason. tests/peers/check_layers.py compares with Keras
 * itself.
 */
#include "unit/mote_test.h"

#include <mote/convert.h>

#include "import/keras_function.h"
#include "support/one_layer.h"

#include <string.h>

#define N(array) ((int64_t)(sizeof(array) / sizeof *(array)))

/* --- values by hand --- */

static void a_causal_convolution_looks_back(void **state)
{
    (void)state;
    const one_layer_weight weights[] = {{3, {2, 1, 1}, {10, 1}}, {1, {1}, {0.5f}}};
    const one_layer_weights s = {weights, 2};
    const float x[] = {1, 2, 3}, wanted[] = {1.5f, 12.5f, 23.5f};
    one_layer_expect("Conv1D",
                     "\"trainable\": true, \"filters\": 1, \"kernel_size\": [2], \"strides\": [1], "
                     "\"padding\": \"causal\", \"dilation_rate\": [1], \"use_bias\": true, \"activation\": \"linear\"",
                     "[3, 1]", NULL, 2, &s, x, wanted, N(wanted));
}

static void a_transposed_convolution_spreads(void **state)
{
    (void)state;
    const one_layer_weight weights[] = {{4, {2, 2, 1, 1}, {1, 2, 3, 4}}};
    const one_layer_weights s = {weights, 1};
    const float x[] = {1, 10}, wanted[] = {1, 2, 10, 20, 3, 4, 30, 40};
    one_layer_expect("Conv2DTranspose",
                     "\"trainable\": true, \"kernel_size\": [2, 2], \"strides\": [2, 2], "
                     "\"padding\": \"valid\", \"use_bias\": false",
                     "[1, 2, 1]", NULL, 2, &s, x, wanted, N(wanted));
}

/* A dilation of 2 puts a zero between the kernel's elements. */
static void a_dilated_transposed_convolution_leaves_gaps(void **state)
{
    (void)state;
    const one_layer_weight weights[] = {{3, {2, 1, 1}, {1, 2}}};
    const one_layer_weights s = {weights, 1};
    const float x[] = {1, 10}, wanted[] = {1, 10, 2, 20};
    one_layer_expect("Conv1DTranspose",
                     "\"trainable\": true, \"kernel_size\": [2], \"strides\": [1], \"dilation_rate\": [2], "
                     "\"padding\": \"valid\", \"use_bias\": false",
                     "[2, 1]", NULL, 2, &s, x, wanted, N(wanted));
}

/* Products that are the same for every row, or with a matrix of their own for each. */
static void einstein_sums_multiply(void **state)
{
    (void)state;
    const one_layer_weight shared[] = {{2, {2, 2}, {1, 2, 3, 4}}}, own[] = {{3, {2, 2, 1}, {1, 2, 3, 4}}};
    const one_layer_weights all = {shared, 1}, each = {own, 1};
    const float x[] = {1, 10}, turned[] = {31, 42}, rows[] = {1, 10, 100, 1000}, products[] = {21, 4300};
    one_layer_expect("EinsumDense", "\"trainable\": true, \"equation\": \"abc,bd->adc\", \"bias_axes\": null", "[2, 1]",
                     NULL, 3, &all, x, turned, N(turned));
    one_layer_expect("EinsumDense", "\"trainable\": true, \"equation\": \"abc,bcd->abd\", \"bias_axes\": null",
                     "[2, 2]", NULL, 3, &each, rows, products, N(products));

    const one_layer_weight one[] = {{0, {0}, {3}}}; /* sums over nothing, in as many dimensions as there are */
    const one_layer_weights number = {one, 1};
    const float tripled[] = {3};
    one_layer_expect("EinsumDense", "\"trainable\": true, \"equation\": \"abcdefgh,->abcdefgh\", \"bias_axes\": null",
                     "[1, 1, 1, 1, 1, 1, 1]", NULL, 3, &number, x, tripled, N(tripled));
}

/* Channels first: [2 channels, 1, 2] pooled over the width. */
static void channels_first_is_turned(void **state)
{
    (void)state;
    const float x[] = {1, 5, 7, 3}, wanted[] = {5, 7};
    one_layer_expect("MaxPooling2D", "\"trainable\": true, \"pool_size\": [1, 2], \"data_format\": \"channels_first\"",
                     "[2, 1, 2]", NULL, 2, NULL, x, wanted, N(wanted));
}

static void layer_normalization_over_the_last_axis(void **state)
{
    (void)state;
    const one_layer_weight weights[] = {{1, {2}, {2, 3}}, {1, {2}, {10, 20}}};
    const one_layer_weights s = {weights, 2};
    const float x[] = {1, 3, 5, 5}, wanted[] = {8, 23, 10, 20}; /* (x - mean) / sqrt(1 + 0) is -1, 1 */
    one_layer_expect("LayerNormalization", "\"trainable\": true, \"axis\": [2], \"epsilon\": 0.0000001", "[2, 2]", NULL,
                     2, &s, x, wanted, N(wanted));
}

static void what_is_random_rests_at_inference(void **state)
{
    (void)state;
    const float x[] = {1, 250, 3, 4};
    static const char *const CLASSES[] = {"RandomFlip", "RandomHue", "RandomErasing", "CutMix"};
    for (int64_t i = 0; i < N(CLASSES); i++)
        one_layer_expect(CLASSES[i], "\"trainable\": true", "[2, 2, 1]", NULL, 3, NULL, x, x, N(x));
}

/* Keras 2: clip(0.2 x + 0.5, 0, 1); Keras 3: relu6(x + 3) / 6. */
static void hard_sigmoid_is_the_files_own(void **state)
{
    (void)state;
    const float x[] = {-4, 1}, second[] = {0, 0.7f}, third[] = {0, 4.0f / 6.0f};
    one_layer_expect("Activation", "\"trainable\": true, \"activation\": \"hard_sigmoid\"", "[2]", NULL, 2, NULL, x,
                     second, 2);
    one_layer_expect("Activation", "\"trainable\": true, \"activation\": \"hard_sigmoid\"", "[2]", NULL, 3, NULL, x,
                     third, 2);
}

static void relu_with_everything(void **state)
{
    (void)state;
    const float x[] = {-3, 0.5f, 2, 9}, wanted[] = {-0.4f, -0.05f, 2, 6}; /* 0.1 (x - 1) below 1 */
    one_layer_expect("ReLU", "\"trainable\": true, \"max_value\": 6.0, \"negative_slope\": 0.1, \"threshold\": 1.0",
                     "[4]", NULL, 2, NULL, x, wanted, N(wanted));
}

/* h1 = 2 x1, h2 = 2 x2 + 3 h1, linear. */
static void a_simple_rnn_steps(void **state)
{
    (void)state;
    const one_layer_weight weights[] = {{2, {1, 1}, {2}}, {2, {1, 1}, {3}}};
    const one_layer_weights s = {weights, 2};
    const char *config = "\"trainable\": true, \"units\": 1, \"activation\": \"linear\", \"use_bias\": false, "
                         "\"return_sequences\": true, \"go_backwards\": %s";
    const float x[] = {1, 10}, forward[] = {2, 26}, backward[] = {20, 62};
    char text[256];
    snprintf(text, sizeof text, config, "false");
    one_layer_expect("SimpleRNN", text, "[2, 1]", NULL, 2, &s, x, forward, N(forward));
    snprintf(text, sizeof text, config, "true");
    one_layer_expect("SimpleRNN", text, "[2, 1]", NULL, 2, &s, x, backward, N(backward));
}

/* Gates i, f, c, o all linear: c = i g, h = o c. With kernel 1, 1, 2, 3: h = 3x (x 2x) = 6 x³. */
static void an_lstm_orders_its_gates(void **state)
{
    (void)state;
    const one_layer_weight weights[] = {{2, {1, 4}, {1, 1, 2, 3}}, {2, {1, 4}, {0}}, {1, {4}, {0}}};
    const one_layer_weights s = {weights, 3};
    const float x[] = {2}, wanted[] = {48};
    one_layer_expect("LSTM",
                     "\"trainable\": true, \"units\": 1, \"activation\": \"linear\", "
                     "\"recurrent_activation\": \"linear\", \"use_bias\": true",
                     "[1, 1]", NULL, 2, &s, x, wanted, 1);
}

/* One head of size 1 whose projections are 1: two equal keys share the weight, so that the values' mean comes out. */
/* Gates are 1/2 and activations the identity: c = c/2 + (x + h)/2, h = c/2, pixel by pixel. */
static void a_convolutional_lstm_steps(void **state)
{
    (void)state;
    const one_layer_weight weights[] = {{4, {1, 1, 1, 4}, {0, 0, 1, 0}}, {4, {1, 1, 1, 4}, {0, 0, 1, 0}}};
    const one_layer_weight lines[] = {{3, {1, 1, 4}, {0, 0, 1, 0}}, {3, {1, 1, 4}, {0, 0, 1, 0}}};
    const one_layer_weights images = {weights, 2}, sequences = {lines, 2};
    const float x[] = {4, 8, 2, 0}, last[] = {1.25f, 1.5f}, all[] = {1, 2, 1.25f, 1.5f};
    const char *config = "\"trainable\": true, \"filters\": 1, \"kernel_size\": 1, \"use_bias\": false, "
                         "\"activation\": \"linear\", \"recurrent_activation\": \"sigmoid\"";
    const char *more = "\"trainable\": true, \"filters\": 1, \"kernel_size\": 1, \"use_bias\": false, "
                       "\"activation\": \"linear\", \"recurrent_activation\": \"sigmoid\", "
                       "\"data_format\": \"channels_first\", \"return_sequences\": true";
    one_layer_expect("ConvLSTM2D", config, "[2, 1, 2, 1]", NULL, 2, &images, x, last, N(last));
    one_layer_expect("ConvLSTM2D", more, "[2, 1, 2, 1]", NULL, 3, &images, x, all, N(all));
    one_layer_expect("ConvLSTM1D", config, "[2, 2, 1]", NULL, 2, &sequences, x, last, N(last));
    one_layer_expect("ConvLSTM1D", more, "[2, 1, 2]", NULL, 3, &sequences, x, all, N(all));
}

static void attention_takes_a_mean(void **state)
{
    (void)state;
    const one_layer_weight one = {3, {1, 1, 1}, {1}};
    const one_layer_weight zero_query = {3, {1, 1, 1}, {0}};
    const one_layer_weight weights[] = {zero_query, one, one, {3, {1, 1, 1}, {2}}};
    const one_layer_weights s = {weights, 4};
    const float x[] = {1, 5}, wanted[] = {6, 6};
    one_layer_expect("MultiHeadAttention", "\"trainable\": true, \"num_heads\": 1, \"key_dim\": 1, \"use_bias\": false",
                     "[2, 1]", "[[\"x\", 0, 0, {\"value\": [\"x\", 0, 0]}]]", 2, &s, x, wanted, N(wanted));
}

/* The first operator of a kind in the model that mote_lower makes; NULL: none. */
static const mote_node *find_node(const mote_graph *graph, int32_t op)
{
    for (int32_t k = 0; k < graph->n_nodes; k++)
        if (graph->nodes[k]->op == op)
            return graph->nodes[k];
    return NULL;
}

/* What TensorFlow's converter has between the scores and SOFTMAX, and behind the sums of Keras 2, keeps their ranges
 * apart from what is written over them. */
static void attention_has_ranges_of_its_own(void **state)
{
    (void)state;
    const one_layer_weight one = {3, {1, 1, 1}, {1}};
    const one_layer_weight weights[] = {one, one, one, one};
    const one_layer_weights s = {weights, 4};
    for (int major = 2; major <= 3; major++) {
        mote_model *model, *lowered;
        mote_error err = {0};
        if (one_layer_build("MultiHeadAttention",
                            "\"trainable\": true, \"num_heads\": 1, \"key_dim\": 1, \"use_bias\": false", "[2, 1]",
                            "[[\"x\", 0, 0, {\"value\": [\"x\", 0, 0]}]]", major, &s, &model, &err) != MOTE_OK)
            fail_msg("%s", err.message);
        assert_int_equal(mote_lower(model, NULL, &lowered, &err), MOTE_OK);
        const mote_graph *graph = lowered->graphs[0];
        const mote_node *softmax = find_node(graph, MOTE_OP_SOFTMAX);
        assert_non_null(softmax);
        assert_true(graph->tensors[softmax->inputs[0]]->is_unsized);
        mote_model_free(lowered);
        mote_model_free(model);
    }
}

/* --- functions that code calls inline --- */

static void constants_stand_on_either_side(void **state)
{
    (void)state;
    const float x[] = {2, 5}, left[] = {-1, -4}, right[] = {1, 2.5f};
    one_layer_expect("TFOpLambda", "\"trainable\": true, \"function\": \"math.subtract\"", "[2]",
                     "[\"_CONSTANT_VALUE\", -1, 1.0, {\"y\": [\"x\", 0, 0], \"name\": null}]", 2, NULL, x, left, 2);
    one_layer_expect("TFOpLambda", "\"trainable\": true, \"function\": \"math.truediv\"", "[2]",
                     "[\"x\", 0, 0, {\"y\": 2.0, \"name\": null}]", 2, NULL, x, right, 2);
}

/* The graph's one float type stands for each that a file names. */
static void floats_of_any_width_are_one_type(void **state)
{
    (void)state;
    const float x[] = {2, 5}, ones[] = {1, 1};
    one_layer_expect("TFOpLambda", "\"trainable\": true, \"function\": \"ones_like\"", "[2]",
                     "[\"x\", 0, 0, {\"dtype\": \"float16\"}]", 2, NULL, x, ones, 2);
    one_layer_expect("TFOpLambda", "\"trainable\": true, \"function\": \"cast\"", "[2]",
                     "[\"x\", 0, 0, {\"dtype\": \"float64\"}]", 2, NULL, x, x, 2);
    one_layer_expect("TFOpLambda", "\"trainable\": true, \"function\": \"convert_to_tensor\"", "[2]",
                     "[\"x\", 0, 0, {\"dtype\": \"bfloat16\"}]", 2, NULL, x, x, 2);
}

static void slices_are_pythons(void **state)
{
    (void)state;
    const float x[] = {0, 1, 2, 3, 4, 5}, back[] = {2, 1, 0, 5, 4, 3}, last[] = {3, 4};
    const char *config = "\"trainable\": true, \"function\": \"__operators__.getitem\"";
    one_layer_expect("SlicingOpLambda", config, "[2, 3]",
                     "[\"x\", 0, 0, {\"slice_spec\": [{\"class_name\": \"__ellipsis__\"}, "
                     "{\"start\": null, \"stop\": null, \"step\": -1}]}]",
                     2, NULL, x, back, N(back));
    one_layer_expect("SlicingOpLambda", config, "[2, 3]",
                     "[\"x\", 0, 0, {\"slice_spec\": [{\"start\": null, \"stop\": null, \"step\": null}, -1, "
                     "{\"start\": null, \"stop\": 2, \"step\": null}]}]",
                     2, NULL, x, last, N(last));
}

/* What is written over a slice of everything, which TensorFlow's file has, leaves the range in front of it alone. */
static void slices_of_everything_are_remembered(void **state)
{
    (void)state;
    const one_layer_weights none = {NULL, 0};
    mote_model *model;
    mote_error err = {0};
    if (one_layer_build("SlicingOpLambda", "\"trainable\": true, \"function\": \"__operators__.getitem\"", "[2, 3]",
                        "[\"x\", 0, 0, {\"slice_spec\": [{\"class_name\": \"__ellipsis__\"}, "
                        "{\"start\": null, \"stop\": 3, \"step\": null}]}]",
                        2, &none, &model, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    const mote_graph *graph = model->graphs[0];
    assert_true(graph->tensors[graph->inputs[0]]->is_unsized);
    mote_model_free(model);
}

/* Of a Reshape TensorFlow's converter knows no size, since it computes the shape: what follows stays behind it. */
static void reshape_stays_where_it_is(void **state)
{
    (void)state;
    const one_layer_weights none = {NULL, 0};
    for (int major = 2; major <= 3; major++) {
        mote_model *model;
        mote_error err = {0};
        if (one_layer_build("Reshape", "\"trainable\": true, \"target_shape\": [3, 2]", "[2, 3]", "[[\"x\", 0, 0, {}]]",
                            major, &none, &model, &err) != MOTE_OK)
            fail_msg("%s", err.message);
        const mote_node *reshape = find_node(model->graphs[0], MOTE_OP_RESHAPE);
        assert_non_null(reshape);
        assert_true(model->graphs[0]->tensors[reshape->outputs[0]]->is_unsized);
        mote_model_free(model);
    }
}

/* Keras 3 has a layer and a function called Add: the function's node is not trainable. */
static void nodes_of_keras_3(void **state)
{
    (void)state;
    const float x[] = {1, 2}, wanted[] = {1.5f, 2.5f}, mean[] = {1.5f};
    const char *tensor = "{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": [null, 2], "
                         "\"dtype\": \"float32\", \"keras_history\": [\"x\", 0, 0]}}";
    char call[512];
    snprintf(call, sizeof call, "{\"args\": [%s, 0.5], \"kwargs\": {}}", tensor);
    one_layer_expect("Add", "\"module\": \"\"", "[2]", call, 3, NULL, x, wanted, 2);
    snprintf(call, sizeof call, "{\"args\": [%s], \"kwargs\": {}}", tensor);
    one_layer_expect("Mean", "\"axis\": [-1], \"keepdims\": true", "[2]", call, 3, NULL, x, mean, 1);
}

static void every_function_has_one_row(void **state)
{
    (void)state;
    static const struct {
        const char *tf, *keras;
    } ROWS[] = {
#define MOTE_KERAS_FUNCTION(tf, keras, build, op, text) {tf, keras},
#include "import/keras_function_list.inc"
#undef MOTE_KERAS_FUNCTION
    };
    for (int64_t i = 0; i < N(ROWS); i++)
        for (int64_t j = 0; j < i; j++) {
            assert_true(!*ROWS[i].tf || strcmp(ROWS[i].tf, ROWS[j].tf) != 0);
            assert_true(!*ROWS[i].keras || strcmp(ROWS[i].keras, ROWS[j].keras) != 0);
        }
}

/* --- refusals --- */

static void what_does_not_import_says_why(void **state)
{
    (void)state;
    one_layer_refused("Lambda", "\"trainable\": true", "[2]", NULL,
                      "layer 'it' (Lambda) holds Python code, which mote does not run; replace it by Keras layers");
    one_layer_refused("MyLayer", "\"trainable\": true", "[2]", NULL, "MyLayer");
    one_layer_refused("Masking", "\"trainable\": true", "[2]", NULL, "steps");
    one_layer_refused("TimeDistributed",
                      "\"trainable\": true, \"layer\": {\"class_name\": \"MyLayer\", \"config\": {}}", "[2, 2]", NULL,
                      "MyLayer");
    one_layer_refused("LSTM", "\"trainable\": true, \"units\": 1, \"stateful\": true", "[2, 2]", NULL, "stateful");
    one_layer_refused("Dense", "\"trainable\": true", "[2]", NULL, "kernel is missing");
    one_layer_refused("Conv2D", "\"trainable\": true, \"padding\": \"full\"", "[2, 2, 1]", NULL, "padding 'full'");
    one_layer_refused("Conv2D", "\"trainable\": true, \"strides\": [0, 1]", "[2, 2, 1]", NULL, "strides");
    one_layer_refused("Softmax", "\"trainable\": true, \"axis\": 0", "[2]", NULL, "axis 0");
    one_layer_refused("Cropping2D", "\"trainable\": true, \"cropping\": [[1, 1], [0, 0]]", "[2, 2, 1]", NULL,
                      "nothing is left");
    one_layer_refused("GroupNormalization", "\"trainable\": true, \"groups\": 3", "[2, 4]", NULL, "groups");
    one_layer_refused("Activation", "\"trainable\": true, \"activation\": \"my_act\"", "[2]", NULL, "my_act");
    one_layer_refused("TFOpLambda", "\"trainable\": true, \"function\": \"signal.rfft\"", "[2]", "[\"x\", 0, 0, {}]",
                      "signal.rfft");
    one_layer_refused("TFOpLambda", "\"trainable\": true, \"function\": \"math.reduce_mean\"", "[2]",
                      "[\"x\", 0, 0, {\"axis\": 0}]", "batch");
    one_layer_refused("TFOpLambda", "\"trainable\": true, \"function\": \"reshape\"", "[4]",
                      "[\"x\", 0, 0, {\"shape\": [-1, 3]}]", "does not fit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_causal_convolution_looks_back),
        cmocka_unit_test(a_transposed_convolution_spreads),
        cmocka_unit_test(a_dilated_transposed_convolution_leaves_gaps),
        cmocka_unit_test(einstein_sums_multiply),
        cmocka_unit_test(channels_first_is_turned),
        cmocka_unit_test(layer_normalization_over_the_last_axis),
        cmocka_unit_test(what_is_random_rests_at_inference),
        cmocka_unit_test(hard_sigmoid_is_the_files_own),
        cmocka_unit_test(relu_with_everything),
        cmocka_unit_test(a_simple_rnn_steps),
        cmocka_unit_test(an_lstm_orders_its_gates),
        cmocka_unit_test(a_convolutional_lstm_steps),
        cmocka_unit_test(attention_takes_a_mean),
        cmocka_unit_test(attention_has_ranges_of_its_own),
        cmocka_unit_test(constants_stand_on_either_side),
        cmocka_unit_test(floats_of_any_width_are_one_type),
        cmocka_unit_test(slices_are_pythons),
        cmocka_unit_test(slices_of_everything_are_remembered),
        cmocka_unit_test(reshape_stays_where_it_is),
        cmocka_unit_test(nodes_of_keras_3),
        cmocka_unit_test(every_function_has_one_row),
        cmocka_unit_test(what_does_not_import_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
