/* Dilated convolutions on their way through conversion: in TensorFlow's parts while ranges are found, one operator
 * after. */
#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "pass/pass.h"
#include "support/run_model.h"
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include <math.h>
#include <string.h>

enum { MOST = 64, MAX_TEXT = 256 };

typedef struct dilated {
    mote_op op;
    int32_t height, width, filter_h, filter_w, rate_h, rate_w, padding;
    int32_t out_h, out_w;
    bool biased;
} dilated;

/* One channel; the input counts up with turns of sign, the filter likewise. */
static mote_model *make(const dilated *d, const float *filter_values)
{
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape in = mote_shape_4d(1, d->height, d->width, 1),
                     filter = mote_shape_4d(1, d->filter_h, d->filter_w, 1),
                     out = mote_shape_4d(1, d->out_h, d->out_w, 1), one = {1, {1}};
    const float bias = d->biased ? 0.5f : 0;
    const int32_t inputs[] = {mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &in),
                              mote_graph_add_const(graph, "w", MOTE_FLOAT32, &filter, filter_values),
                              mote_graph_add_const(graph, "b", MOTE_FLOAT32, &one, &bias)};
    const int32_t output = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &out);
    mote_node *node = mote_graph_add_node(graph, d->op, 3, inputs, 1, &output);
    assert_non_null(node);
    node->layer = 0;
    *mote_conv_window_of(node) =
        (mote_conv_window){.padding = d->padding, .stride = {1, 1}, .dilation = {d->rate_h, d->rate_w}};
    if (d->op == MOTE_OP_DEPTHWISE_CONV_2D)
        ((mote_depthwise_conv_2d_params *)node->params)->depth_multiplier = 1;
    assert_int_equal(mote_graph_set_io(graph, 1, inputs, 1, &output), MOTE_OK);
    return model;
}

static void run(const mote_model *model, float y[MOST], int32_t n)
{
    assert_int_equal(run_on_drawn(model, y, MOST), n);
}

static void settle(mote_model *model)
{
    mote_error err = {0};
    assert_true(mote_graph_compact(model, 0) >= 0);
    if (mote_model_verify(model, &err) != MOTE_OK)
        fail_msg("%s", err.message);
}

/* The same numbers in parts and joined again, and the window is what it was. */
static void check(dilated d)
{
    static const float filter[] = {0.5f, -1, 2, 0.25f, -3, 1, 1.5f, -0.5f, 0.75f};
    const int32_t n = d.out_h * d.out_w;
    float whole[MOST], parts[MOST], joined[MOST];
    mote_error err = {0};
    mote_model *model = make(&d, filter);
    run(model, whole, n);
    assert_int_equal(mote_part_dilated(model, &err), MOTE_OK);
    settle(model);
    char wanted[MAX_TEXT];
    snprintf(wanted, sizeof wanted, "SPACE_TO_BATCH_ND %s BATCH_TO_SPACE_ND%s", mote_op_name(d.op),
             d.biased ? " ADD" : "");
    check_operators(model, wanted);
    run(model, parts, n);
    assert_int_equal(mote_join_dilated(model, model->graphs[0], &err), MOTE_OK);
    settle(model);
    snprintf(wanted, sizeof wanted, "%s%s", mote_op_name(d.op), d.biased ? " ADD" : "");
    check_operators(model, wanted);
    mote_window_op window;
    assert_true(mote_pass_window_op(model->graphs[0], model->graphs[0]->nodes[0], &window));
    assert_int_equal(window.options->padding, d.padding);
    assert_int_equal(window.options->dilation[0], d.rate_h);
    assert_int_equal(window.options->dilation[1], d.rate_w);
    run(model, joined, n);
    for (int32_t i = 0; i < n; i++) {
        assert_true(fabsf(parts[i] - whole[i]) <= 1e-5f);
        assert_true(fabsf(joined[i] - whole[i]) <= 1e-5f);
    }
    mote_model_free(model);
}

static void dilated_windows_come_apart_and_together(void **state)
{
    (void)state;
    const mote_op ops[] = {MOTE_OP_CONV_2D, MOTE_OP_DEPTHWISE_CONV_2D};
    for (int k = 0; k < 4; k++) {
        const mote_op op = ops[k % 2];
        const bool biased = k >= 2;
        check((dilated){op, 7, 6, 3, 3, 2, 2, MOTE_PADDING_SAME, 7, 6, biased});
        check((dilated){op, 7, 6, 3, 3, 2, 2, MOTE_PADDING_VALID, 3, 2, biased});
        check((dilated){op, 5, 7, 2, 3, 3, 1, MOTE_PADDING_SAME, 5, 7, biased});
        check((dilated){op, 1, 8, 1, 3, 1, 3, MOTE_PADDING_VALID, 1, 2, biased});
    }
}

static void plain_windows_and_foreign_files_stay(void **state)
{
    (void)state;
    static const float filter[] = {1, 2};
    mote_error err = {0};
    mote_model *model = make(&(dilated){MOTE_OP_CONV_2D, 1, 5, 1, 2, 1, 1, MOTE_PADDING_VALID, 1, 4, true}, filter);
    assert_int_equal(mote_part_dilated(model, &err), MOTE_OK);
    check_operators(model, "CONV_2D");
    mote_model_free(model);
    model = make(&(dilated){MOTE_OP_CONV_2D, 1, 5, 1, 2, 1, 2, MOTE_PADDING_VALID, 1, 3, true}, filter);
    model->graphs[0]->nodes[0]->layer = -1; /* of no Keras layer */
    assert_int_equal(mote_part_dilated(model, &err), MOTE_OK);
    check_operators(model, "CONV_2D");
    mote_model_free(model);
    model = make(&(dilated){MOTE_OP_CONV_2D, 1, 5, 1, 2, 1, 2, MOTE_PADDING_VALID, 1, 3, true}, filter);
    model->graphs[0]->tensors[model->graphs[0]->inputs[0]]->shape.dims[1] = 0; /* nothing to deal out */
    assert_int_equal(mote_part_dilated(model, &err), MOTE_OK);
    check_operators(model, "CONV_2D");
    mote_model_free(model);
}

/* Crops in front, another block, another scale behind: not what one operator does. */
static void what_is_no_dilated_window_stays_apart(void **state)
{
    (void)state;
    static const float filter[] = {1, 2};
    const dilated d = {MOTE_OP_CONV_2D, 1, 6, 1, 2, 1, 2, MOTE_PADDING_VALID, 1, 4, false};
    mote_error err = {0};
    for (int k = 0; k < 3; k++) {
        mote_model *model = make(&d, filter);
        mote_graph *graph = model->graphs[0];
        assert_int_equal(mote_part_dilated(model, &err), MOTE_OK);
        mote_node *last = graph->nodes[2];
        const float scale = 0.5f;
        const int64_t zero = 0;
        if (k == 0)
            ((int32_t *)graph->tensors[last->inputs[2]]->data)[2] = 1;
        else if (k == 1)
            ((int32_t *)graph->tensors[last->inputs[1]]->data)[0] = 2;
        else
            assert_int_equal(mote_graph_set_quant(graph, last->outputs[0], 1, 0, &scale, &zero), MOTE_OK);
        assert_int_equal(mote_join_dilated(model, graph, &err), MOTE_OK);
        check_operators(model, "SPACE_TO_BATCH_ND CONV_2D BATCH_TO_SPACE_ND");
        mote_model_free(model);
    }
}

static mote_status next(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    static const float x[] = {0, 0, 0, 9, 0};
    int *left = arg;
    (void)err;
    assert_int_equal(n_inputs, 1);
    inputs[0] = x;
    *more = --*left >= 0;
    return MOTE_OK;
}

/* y = x[i + 2] - x[i] is 0, 9, 0; the zero that fills up the second picture makes 0 - 9 beside it, which is cropped off
 * but seen: the scale is 18 / 255, and the bias stays behind. */
static void the_range_takes_in_what_is_cropped(void **state)
{
    (void)state;
    static const float filter[] = {-1, 1};
    mote_model *model = make(&(dilated){MOTE_OP_CONV_2D, 1, 5, 1, 2, 1, 2, MOTE_PADDING_VALID, 1, 3, true}, filter),
               *made;
    int left = 1;
    const mote_calibration_source source = {next, &left};
    mote_convert_options options = mote_convert_options_default(MOTE_FORMAT_INT8);
    options.input_type = options.output_type = MOTE_INT8;
    options.calibration = &source;
    options.n_threads = 1;
    mote_error err = {0};
    if (mote_convert(model, &options, &made, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    check_operators(made, "CONV_2D ADD");
    const mote_graph *graph = made->graphs[0];
    const mote_tensor *product = graph->tensors[graph->nodes[0]->outputs[0]];
    assert_true(fabs((double)product->quant.scale[0] - 18.0 / 255) < 1e-8);
    assert_int_equal(product->quant.zero_point[0], -1);
    assert_int_equal(((const int32_t *)graph->tensors[graph->nodes[0]->inputs[2]]->data)[0], 0);
    mote_model_free(made);
    options = mote_convert_options_default(MOTE_FORMAT_FLOAT32); /* nothing to settle in floats */
    assert_int_equal(mote_convert(model, &options, &made, &err), MOTE_OK);
    check_operators(made, "CONV_2D");
    mote_model_free(made);
    mote_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dilated_windows_come_apart_and_together),
        cmocka_unit_test(plain_windows_and_foreign_files_stay),
        cmocka_unit_test(what_is_no_dilated_window_stays_apart),
        cmocka_unit_test(the_range_takes_in_what_is_cropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
