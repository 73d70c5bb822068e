/* What quantization makes of whole graphs: islands, tables, masks, operators in terms of others. */
#include <math.h>
#include <string.h>

#include "op/binary/binary.h"
#include "pass/quantize_plan.h"
#include "runtime/calibrate.h"
#include "support/run_op.h"
#include "support/value_graph.h"
#include "unit/mote_test.h"

/* Dynamic range: codes are picked from a table of 1024 numbers, and become floats behind. */
static void large_tables_become_codes(void **state)
{
    (void)state;
    for (int32_t n = 1023; n <= 1024; n++) {
        float table[1024] = {[5] = -2.54f, [7] = 1.27f};
        const mote_shape rows = shape_of(2, n, 1), places = shape_of(3, 1, 2, 2);
        mote_model *model = mote_model_new(NULL, 0);
        assert_non_null(model);
        mote_graph *graph = model->graphs[0];
        const int32_t x = mote_graph_add_tensor(graph, "x", MOTE_INT32, &places), y = add_value(graph, "y");
        add_node(graph, MOTE_OP_GATHER, mote_graph_add_const(graph, "t", MOTE_FLOAT32, &rows, table), x, y);
        assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
        mote_error err = {0};
        assert_int_equal(mote_quantize_dynamic(model, &err), MOTE_OK);
        assert_int_equal(mote_model_verify(model, &err), MOTE_OK);
        assert_int_equal(graph->n_nodes, n < 1024 ? 1 : 2);
        const mote_tensor *codes = graph->tensors[graph->nodes[0]->inputs[0]];
        assert_int_equal(codes->dtype, n < 1024 ? MOTE_FLOAT32 : MOTE_INT8);
        if (n == 1024) {
            const int8_t *q = codes->data;
            assert_true(q[5] == -127 && q[6] == 0 && q[7] == 64);
            assert_int_equal(graph->nodes[1]->op, MOTE_OP_DEQUANTIZE);
            assert_int_equal(graph->nodes[1]->outputs[0], y);
            const mote_tensor *picked = graph->tensors[graph->nodes[0]->outputs[0]];
            assert_true(picked->dtype == MOTE_INT8 && fabsf(picked->quant.scale[0] - 0.02f) < 1e-7f);
        }
        mote_model_free(model);
    }
}

typedef struct words {
    char text[512];
    int32_t n;
} words;

static void on_warning(void *arg, const char *text)
{
    words *w = arg;
    snprintf(w->text, sizeof w->text, "%s", text);
    w->n++;
}

/* FLOOR has no integer form: two of them are an island, with one warning. */
static void operators_without_a_form_are_islands(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const int32_t x = add_value(graph, "x"), a = add_value(graph, "a"), b = add_value(graph, "b"),
                  c = add_value(graph, "c"), y = add_value(graph, "y");
    add_node(graph, MOTE_OP_TANH, x, -1, a);
    add_node(graph, MOTE_OP_FLOOR, a, -1, b);
    add_node(graph, MOTE_OP_FLOOR, b, -1, c);
    add_node(graph, MOTE_OP_LOGISTIC, c, -1, y);
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    const mote_range ranges[] = {{-1, 1}, {-1, 1}, {-1, 0}, {-1, 0}, {0, 1}};
    words w = {0};
    const mote_quantize_spec spec = {.input_type = MOTE_FLOAT32,
                                     .output_type = MOTE_UINT8,
                                     .ranges = ranges,
                                     .on_warning = on_warning,
                                     .on_warning_arg = &w};
    mote_error err = {0};
    assert_int_equal(mote_quantize_integers(model, &spec, &err), MOTE_OK);
    const mote_op wanted[] = {MOTE_OP_QUANTIZE, MOTE_OP_TANH,     MOTE_OP_DEQUANTIZE, MOTE_OP_FLOOR,
                              MOTE_OP_FLOOR,    MOTE_OP_QUANTIZE, MOTE_OP_LOGISTIC,   MOTE_OP_QUANTIZE};
    assert_int_equal(graph->n_nodes, 8);
    for (int32_t k = 0; k < 8; k++)
        assert_int_equal(graph->nodes[k]->op, wanted[k]);
    assert_int_equal(w.n, 1);
    assert_non_null(strstr(w.text, "FLOOR (2 times) has no int8 form"));
    const mote_tensor *out = graph->tensors[graph->outputs[0]];
    assert_int_equal(out->dtype, MOTE_UINT8);
    assert_int_equal(out->quant.zero_point[0], 0);
    mote_model_free(model);
}

/* Of x / y or sqrt(y), where y was seen from `least` to `most`. */
static mote_dtype result_type(float least, float most, bool sqrt)
{
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const int32_t x = add_value(graph, "x"), y = add_value(graph, "y"), z = add_value(graph, "z");
    add_node(graph, sqrt ? MOTE_OP_SQRT : MOTE_OP_DIV, sqrt ? y : x, sqrt ? -1 : y, z);
    const int32_t inputs[] = {x, y};
    assert_int_equal(mote_graph_set_io(graph, 2, inputs, 1, &z), MOTE_OK);
    const mote_range ranges[] = {{-1, 1}, {least, most}, {-1, 1}};
    const mote_quantize_spec spec = {
        .input_type = MOTE_INT8, .output_type = MOTE_INT8, .ranges = ranges, .values = ranges};
    mote_error err = {0};
    assert_int_equal(mote_quantize_integers(model, &spec, &err), MOTE_OK);
    const mote_dtype dtype = graph->tensors[z]->dtype;
    mote_model_free(model);
    return dtype;
}

/* A divisor on its zero point, or a root of what is negative, ends a run: those stay float. */
static void what_can_end_a_run_stays_float(void **state)
{
    (void)state;
    assert_int_equal(result_type(1, 2, false), MOTE_INT8);
    assert_int_equal(result_type(0.007f, 2, false), MOTE_FLOAT32); /* less than the scale, 2/255 */
    assert_int_equal(result_type(-5, 2, false), MOTE_FLOAT32);
    assert_int_equal(result_type(1, 255, false), MOTE_FLOAT32);         /* quotients down to 1/255 of a step */
    assert_int_equal(result_type(300, 1000, false), MOTE_FLOAT32);      /* all of them below a step */
    assert_int_equal(result_type(5e-20f, 1e-19f, false), MOTE_FLOAT32); /* of 2^72 steps */
    assert_int_equal(result_type(0, 2, true), MOTE_INT8);
    assert_int_equal(result_type(-0.1f, 2, true), MOTE_FLOAT32);
}

/* Indices come first and stay int32; the two float inputs behind them are quantized in their order. */
static void inputs_are_quantized_in_their_order(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const int32_t begin = mote_graph_add_tensor(graph, "begin", MOTE_INT32, &(mote_shape){1, {4}});
    const int32_t sizes[] = {1, 2, 2, 1};
    const int32_t size = mote_graph_add_const_i32(graph, "size", 4, sizes);
    const int32_t a = add_value(graph, "a"), b = add_value(graph, "b"), sum = add_value(graph, "sum"),
                  y = add_value(graph, "y");
    add_node(graph, MOTE_OP_ADD, a, b, sum);
    const int32_t slice[] = {sum, begin, size}, inputs[] = {begin, a, b};
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_SLICE, 3, slice, 1, &y));
    assert_int_equal(mote_graph_set_io(graph, 3, inputs, 1, &y), MOTE_OK);
    mote_range ranges[6];
    for (int32_t i = 0; i < 6; i++)
        ranges[i] = (mote_range){-1, (float)(i + 1)};
    const mote_quantize_spec spec = {.input_type = MOTE_FLOAT32, .output_type = MOTE_INT8, .ranges = ranges};
    mote_error err = {0};
    assert_int_equal(mote_quantize_integers(model, &spec, &err), MOTE_OK);
    const mote_op wanted[] = {MOTE_OP_QUANTIZE, MOTE_OP_QUANTIZE, MOTE_OP_ADD, MOTE_OP_SLICE};
    assert_int_equal(graph->n_nodes, 4);
    for (int32_t k = 0; k < 4; k++)
        assert_int_equal(graph->nodes[k]->op, wanted[k]);
    assert_int_equal(graph->inputs[0], begin);
    assert_int_equal(graph->nodes[0]->outputs[0], a);
    assert_int_equal(graph->nodes[1]->outputs[0], b);
    assert_int_equal(mote_model_verify(model, &err), MOTE_OK);
    mote_model_free(model);
}

/* A convolution whose input no one can quantize, as only a damaged file has it, has no integer form. */
static void what_reads_no_floats_has_no_integer_form(void **state)
{
    (void)state;
    const float filter[6] = {1, 2, 3, 4, 5, 6}, bias[2] = {0};
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    const mote_node *node = make_fc(model, filter, bias);
    mote_graph *graph = model->graphs[0];
    graph->tensors[node->inputs[0]]->dtype = MOTE_INT64;
    const mote_range ranges[] = {{-1, 1}, {-1, 1}, {-1, 1}, {-1, 1}};
    const mote_quantize_spec spec = {.input_type = MOTE_INT8, .output_type = MOTE_FLOAT32, .ranges = ranges};
    mote_error err = {0};
    assert_int_equal(mote_quantize_integers(model, &spec, &err), MOTE_OK);
    assert_int_equal(graph->n_nodes, 1);
    assert_int_equal(graph->tensors[node->inputs[1]]->dtype, MOTE_FLOAT32);
    mote_model_free(model);
}

static mote_status give_four(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    static const float x[] = {1, 2, 3, 4};
    int *left = arg;
    (void)n_inputs, (void)err;
    inputs[0] = x;
    *more = --*left >= 0;
    return MOTE_OK;
}

/* What is computed from constants before the first example, and needed by nothing after it, has a range all the same.
 */
static void folded_values_have_ranges(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape shape = shape_of(4, 1, 2, 2, 1);
    const float values[] = {0, 1, 4, 9};
    const int32_t x = add_value(graph, "x"), c = mote_graph_add_const(graph, "c", MOTE_FLOAT32, &shape, values),
                  negated = add_value(graph, "negated"), positive = add_value(graph, "positive"),
                  y = add_value(graph, "y");
    add_node(graph, MOTE_OP_NEG, c, -1, negated);
    add_node(graph, MOTE_OP_ABS, negated, -1, positive);
    add_node(graph, MOTE_OP_ADD, x, positive, y);
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    int left = 1;
    mote_error err = {0};
    mote_range *ranges;
    const mote_calibration_source source = {give_four, &left};
    assert_int_equal(mote_calibrate(model, &source, 1, NULL, &ranges, NULL, &err), MOTE_OK);
    assert_true(ranges[negated].low == -9 && ranges[negated].high == 0);
    assert_true(ranges[positive].low == 0 && ranges[positive].high == 9);
    assert_true(ranges[y].low == 1 && ranges[y].high == 13); /* 1 + 0, 2 + 1, 3 + 4, 4 + 9 */
    mote_free(NULL, ranges);
    mote_model_free(model);
}

/* Rows that are taken from a table of constants are its codes: in int8 the table has the scale of the rows that were
 * seen, in 16x8 they have the table's. */
static void tables_have_the_scale_of_their_rows(void **state)
{
    (void)state;
    for (int32_t wide = 0; wide < 2; wide++) {
        mote_model *model = mote_model_new(NULL, 0);
        assert_non_null(model);
        mote_graph *graph = model->graphs[0];
        const mote_shape shape = shape_of(2, 3, 1);
        const float rows[] = {1, -0.5f, 0.25f};
        const int32_t table = mote_graph_add_const(graph, "table", MOTE_FLOAT32, &shape, rows);
        const int32_t index = mote_graph_add_tensor(graph, "index", MOTE_INT32, &(mote_shape){1, {2}});
        const int32_t y = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &(mote_shape){2, {2, 1}});
        add_node(graph, MOTE_OP_GATHER, table, index, y);
        assert_int_equal(mote_graph_set_io(graph, 1, &index, 1, &y), MOTE_OK);
        const mote_range ranges[] = {{1, -1}, {1, -1}, {-2, 2}};
        const mote_dtype dtype = wide ? MOTE_INT16 : MOTE_INT8;
        const mote_quantize_spec spec = {
            .wide = wide, .input_type = dtype, .output_type = dtype, .ranges = ranges, .values = ranges};
        mote_error err = {0};
        assert_int_equal(mote_quantize_integers(model, &spec, &err), MOTE_OK);
        const mote_tensor *codes = graph->tensors[graph->nodes[0]->inputs[0]],
                          *taken = graph->tensors[graph->nodes[0]->outputs[0]];
        assert_int_equal(taken->dtype, dtype);
        assert_true(fabs((double)taken->quant.scale[0] - (wide ? 1.0 / 32767 : 4.0 / 255)) < 1e-7);
        assert_true(codes->quant.scale[0] == taken->quant.scale[0]);
        assert_int_equal(codes->quant.zero_point[0], taken->quant.zero_point[0]);
        mote_model_free(model);
    }
}

/* A mask of -1e9 in front of SOFTMAX becomes as low as it must be: 8 below where scores from -1 to 2 can be. */
static void masks_leave_room_for_scores(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const mote_shape shape = shape_of(4, 1, 2, 2, 1);
    const float terms[] = {0, -1e9f, 0, 0};
    const int32_t x = add_value(graph, "x"), sum = add_value(graph, "sum"), y = add_value(graph, "y"),
                  mask = mote_graph_add_const(graph, "mask", MOTE_FLOAT32, &shape, terms);
    add_node(graph, MOTE_OP_ADD, x, mask, sum);
    add_node(graph, MOTE_OP_SOFTMAX, sum, -1, y);
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    mote_range ranges[4] = {{-1, 2}, {-1e9f, 2}, {0, 1}, {1, -1}};
    mote_narrow_masks(graph, false, ranges);
    const float wanted[] = {0, -11, 0, 0};
    assert_memory_equal(graph->tensors[mask]->data, wanted, sizeof wanted);
    assert_true(ranges[sum].low == -12.0f && ranges[sum].high == 2.0f);
    mote_model_free(model);
}

/* One that is chosen where the condition says so: 8 below the scores, whichever side it is on. */
static void chosen_masks_leave_room_for_scores(void **state)
{
    (void)state;
    for (int32_t side = 1; side <= 2; side++) {
        mote_model *model = mote_model_new(NULL, 0);
        assert_non_null(model);
        mote_graph *graph = model->graphs[0];
        const mote_shape scalar = {0};
        const float term = -1e9f;
        const int32_t x = add_value(graph, "x"), chosen = add_value(graph, "chosen"), y = add_value(graph, "y"),
                      seen = add_value(graph, "seen"),
                      mask = mote_graph_add_const(graph, "mask", MOTE_FLOAT32, &scalar, &term);
        graph->tensors[seen]->dtype = MOTE_BOOL;
        const int32_t inputs[] = {seen, side == 1 ? mask : x, side == 1 ? x : mask};
        assert_non_null(mote_graph_add_node(graph, MOTE_OP_SELECT_V2, 3, inputs, 1, &chosen));
        add_node(graph, MOTE_OP_SOFTMAX, chosen, -1, y);
        assert_int_equal(mote_graph_set_io(graph, 2, (const int32_t[]){x, seen}, 1, &y), MOTE_OK);
        mote_range ranges[5] = {{-1, 2}, {-1e9f, 2}, {0, 1}, {1, -1}, {1, -1}};
        mote_narrow_masks(graph, false, ranges);
        assert_true(*(const float *)graph->tensors[mask]->data == -9.0f);
        assert_true(ranges[chosen].low == -9.0f && ranges[chosen].high == 2.0f);
        mote_model_free(model);
    }
}

static int32_t choose(mote_graph *graph, int32_t condition, int32_t a, int32_t b, const char *name)
{
    const int32_t y = add_value(graph, name), inputs[] = {condition, a, b};
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_SELECT_V2, 3, inputs, 1, &y));
    return y;
}

/* A recurrent layer under a mask: the fresh value may become the state, which computes, and the output, of which a
 * later choice leaves half the range. */
static void what_is_chosen_from_twice_keeps_its_range(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const int32_t x = add_value(graph, "x"), counts = add_value(graph, "counts"), fresh = add_value(graph, "fresh");
    graph->tensors[counts]->dtype = MOTE_BOOL;
    add_node(graph, MOTE_OP_ADD, x, x, fresh);
    const int32_t first = choose(graph, counts, fresh, x, "first"), next = choose(graph, counts, fresh, x, "state");
    const int32_t later = add_value(graph, "later"), last = choose(graph, counts, later, first, "last");
    add_node(graph, MOTE_OP_NEG, next, -1, later);
    assert_int_equal(mote_graph_set_io(graph, 2, (const int32_t[]){x, counts}, 1, &last), MOTE_OK);
    mote_range ranges[7];
    for (int32_t i = 0; i < graph->n_tensors; i++)
        ranges[i] = i == last ? (mote_range){-1, 1} : (mote_range){-2, 2};
    mote_quantize_plan plan;
    mote_error err = {0};
    assert_int_equal(mote_quantize_plan_make(graph, ranges, false, &plan, &err), MOTE_OK);
    assert_true(plan.tensors[fresh].scale > 3.9f / 255 && plan.tensors[first].scale > 3.9f / 255);
    mote_model_free(model);
}

/* One operator on the input. */
static mote_model *make_unary(mote_op op)
{
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    mote_graph *graph = model->graphs[0];
    const int32_t x = add_value(graph, "x"), y = add_value(graph, "y");
    add_node(graph, op, x, -1, y);
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    return model;
}

/* 16x8: only where LiteRT's kernel would overflow. */
static void curves_read_huge_values_on_a_narrower_scale(void **state)
{
    (void)state;
    for (int huge = 0; huge < 2; huge++) {
        mote_model *model = make_unary(MOTE_OP_LOGISTIC);
        mote_graph *graph = model->graphs[0];
        const float reach = huge ? 175000 : 174000;
        const mote_range ranges[] = {{-reach, reach}, {0, 1}};
        mote_quantize_plan plan;
        mote_error err = {0};
        assert_int_equal(mote_quantize_plan_make(graph, ranges, true, &plan, &err), MOTE_OK);
        const mote_qparams wanted = huge ? mote_qparams_int16(-16, 16) : (mote_qparams){0};
        assert_true(plan.nodes[0].reads[0].scale == wanted.scale);
        assert_true(plan.tensors[graph->inputs[0]].scale == mote_qparams_int16(-reach, reach).scale);
        mote_model_free(model);
    }
}

/* Integers were asked for: an operator that stays float is no reason for floats at the border. */
static void floats_inside_have_integers_around(void **state)
{
    (void)state;
    mote_model *model = make_unary(MOTE_OP_SIN);
    mote_graph *graph = model->graphs[0];
    const mote_range ranges[] = {{-1, 1}, {0, 2.55f}};
    const mote_quantize_spec spec = {.input_type = MOTE_INT8, .output_type = MOTE_UINT8, .ranges = ranges};
    mote_error err = {0};
    assert_int_equal(mote_quantize_integers(model, &spec, &err), MOTE_OK);
    const mote_op wanted[] = {MOTE_OP_DEQUANTIZE, MOTE_OP_SIN, MOTE_OP_QUANTIZE};
    assert_int_equal(graph->n_nodes, 3);
    for (int32_t k = 0; k < 3; k++)
        assert_int_equal(graph->nodes[k]->op, wanted[k]);
    const mote_tensor *x = graph->tensors[graph->inputs[0]], *y = graph->tensors[graph->outputs[0]];
    assert_true(x->dtype == MOTE_INT8 && fabsf(x->quant.scale[0] - 2.0f / 255) < 1e-6f);
    assert_true(y->dtype == MOTE_UINT8 && fabsf(y->quant.scale[0] - 0.01f) < 1e-6f && y->quant.zero_point[0] == 0);
    assert_int_equal(mote_model_verify(model, &err), MOTE_OK);
    mote_model_free(model);
}

static void squares_are_products(void **state)
{
    (void)state;
    mote_model *model = make_unary(MOTE_OP_SQUARE);
    mote_graph *graph = model->graphs[0];
    const int32_t x = graph->inputs[0];
    mote_error err = {0};
    assert_int_equal(mote_expand_for_integers(graph, &err), MOTE_OK);
    assert_int_equal(graph->n_nodes, 1);
    assert_int_equal(graph->nodes[0]->op, MOTE_OP_MUL);
    assert_true(graph->nodes[0]->inputs[0] == x && graph->nodes[0]->inputs[1] == x);
    mote_model_free(model);
}

/* 16x8: HARD_SWISH in terms of ADD and MUL, with RELU6 in the ADD. */
static void hard_swish_is_expanded(void **state)
{
    (void)state;
    mote_model *model = make_unary(MOTE_OP_HARD_SWISH);
    mote_graph *graph = model->graphs[0];
    const int32_t x = graph->inputs[0], y = graph->outputs[0];
    mote_error err = {0};
    assert_int_equal(mote_expand_for_integers(graph, &err), MOTE_OK);
    assert_int_equal(graph->n_nodes, 1);
    assert_int_equal(mote_expand_for_wide(graph, &err), MOTE_OK);
    assert_int_equal(graph->n_nodes, 3);
    assert_int_equal(graph->nodes[0]->op, MOTE_OP_ADD);
    assert_int_equal(((const mote_add_params *)graph->nodes[0]->params)->fused_activation_function, MOTE_ACT_RELU6);
    assert_int_equal(graph->nodes[2]->op, MOTE_OP_MUL);
    assert_int_equal(graph->nodes[2]->inputs[0], x);
    assert_int_equal(graph->nodes[2]->outputs[0], y);
    assert_int_equal(mote_model_verify(model, &err), MOTE_OK);
    mote_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_tables_become_codes),
        cmocka_unit_test(operators_without_a_form_are_islands),
        cmocka_unit_test(what_can_end_a_run_stays_float),
        cmocka_unit_test(inputs_are_quantized_in_their_order),
        cmocka_unit_test(what_reads_no_floats_has_no_integer_form),
        cmocka_unit_test(folded_values_have_ranges),
        cmocka_unit_test(tables_have_the_scale_of_their_rows),
        cmocka_unit_test(masks_leave_room_for_scores),
        cmocka_unit_test(chosen_masks_leave_room_for_scores),
        cmocka_unit_test(what_is_chosen_from_twice_keeps_its_range),
        cmocka_unit_test(curves_read_huge_values_on_a_narrower_scale),
        cmocka_unit_test(floats_inside_have_integers_around),
        cmocka_unit_test(squares_are_products),
        cmocka_unit_test(hard_swish_is_expanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
