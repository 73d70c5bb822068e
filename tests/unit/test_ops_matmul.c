/* BATCH_MATMUL by hand: both transpositions, broadcast, codes with zero points, bare sums; and operands of products
 * that do not fit. */
#include "unit/mote_test.h"

#include "op/batch_matmul/batch_matmul.h"
#include "op/conv_2d/conv_2d.h"
#include "op/fully_connected/fully_connected.h"
#include "support/run_op.h"

#include <string.h>

static void matrices_multiply_plain_and_transposed(void **state)
{
    (void)state;
    static const float a[] = {1, 2, 3, 4, 5, 6}, a_turned[] = {1, 4, 2, 5, 3, 6};
    static const float b[] = {1, 0, 2, -1, 0, 3}, b_turned[] = {1, 2, 0, 0, -1, 3};
    static const float want[] = {5, 7, 14, 13};
    const operand result = {MOTE_FLOAT32, shape_of(2, 2, 2), 0, 0, NULL, false};
    for (int way = 0; way < 8; way++) {
        const bool adj_x = way & 1, adj_y = way & 2, constant = way & 4;
        const mote_batch_matmul_params params = {adj_x, adj_y, false};
        const operand in[] = {
            {MOTE_FLOAT32, adj_x ? shape_of(2, 3, 2) : shape_of(2, 2, 3), 0, 0, adj_x ? a_turned : a, false},
            {MOTE_FLOAT32, adj_y ? shape_of(2, 2, 3) : shape_of(2, 3, 2), 0, 0, adj_y ? b_turned : b, constant}};
        float out[4];
        assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, in, &result, 1, out), MOTE_OK);
        assert_memory_equal(out, want, sizeof want);
    }
}

static void batches_broadcast_and_depths_must_agree(void **state)
{
    (void)state;
    static const float rows[] = {1, 10, 100}, columns[] = {1, 2, 3, 4};
    const mote_batch_matmul_params params = {0};
    const operand in[] = {{MOTE_FLOAT32, shape_of(4, 3, 1, 1, 1), 0, 0, rows, false},
                          {MOTE_FLOAT32, shape_of(3, 2, 1, 2), 0, 0, columns, false}};
    const operand result = {MOTE_FLOAT32, shape_of(4, 3, 2, 1, 2), 0, 0, NULL, false};
    static const float want[] = {1, 2, 3, 4, 10, 20, 30, 40, 100, 200, 300, 400};
    float out[12];
    for (int32_t n_threads = 1; n_threads < 4; n_threads++) {
        assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, in, &result, n_threads, out), MOTE_OK);
        assert_memory_equal(out, want, sizeof want);
    }
    const operand deep[] = {in[0], {MOTE_FLOAT32, shape_of(3, 1, 2, 2), 0, 0, columns, false}};
    assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, deep, &result, 1, out), MOTE_SHAPE);
    const operand flat[] = {in[0], {MOTE_FLOAT32, shape_of(1, 1), 0, 0, columns, false}};
    assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, flat, &result, 1, out), MOTE_SHAPE);
    /* no depth: sums of nothing */
    const operand empty[] = {{MOTE_FLOAT32, shape_of(2, 2, 0), 0, 0, rows, false},
                             {MOTE_FLOAT32, shape_of(2, 0, 2), 0, 0, columns, false}};
    const operand square = {MOTE_FLOAT32, shape_of(2, 2, 2), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, empty, &square, 1, out), MOTE_OK);
    for (int i = 0; i < 4; i++)
        assert_true(out[i] == 0);
}

static void both_zero_points_of_codes_count(void **state)
{
    (void)state;
    /* (3 - 1, 5 - 1) and (2 + 3, -4 + 3): 10 - 4 = 6; scale 0.5 * 0.5 / 0.25 = 1; zero point 7 */
    static const int8_t a[] = {3, 5}, b[] = {2, -4};
    const mote_batch_matmul_params params = {0};
    const operand in[] = {{MOTE_INT8, shape_of(2, 1, 2), 0.5F, 1, a, false},
                          {MOTE_INT8, shape_of(2, 2, 1), 0.5F, -3, b, false}};
    const operand result = {MOTE_INT8, shape_of(2, 1, 1), 0.25F, 7, NULL, false};
    int8_t code;
    assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, in, &result, 1, &code), MOTE_OK);
    assert_int_equal(code, 13);
    /* bare sums know no zero points: 6 - 20 */
    const operand sums = {MOTE_INT32, shape_of(2, 1, 1), 0, 0, NULL, false};
    int32_t sum;
    assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, in, &sums, 1, &sum), MOTE_OK);
    assert_int_equal(sum, -14);
    /* codes without a scale */
    const operand bare[] = {{MOTE_INT8, shape_of(2, 1, 2), 0, 0, a, false}, in[1]};
    assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, bare, &result, 1, &code),
                     MOTE_UNSUPPORTED);
}

static void wide_codes_saturate(void **state)
{
    (void)state;
    static const int16_t a[] = {32767, 32767}, b[] = {32767, 32767};
    static const int8_t narrow[] = {100, -50};
    const mote_batch_matmul_params params = {0};
    const operand in[] = {{MOTE_INT16, shape_of(2, 1, 2), 1.0F, 0, a, false},
                          {MOTE_INT16, shape_of(2, 2, 1), 1.0F, 0, b, false}};
    const operand result = {MOTE_INT16, shape_of(2, 1, 1), 65536.0F, 0, NULL, false};
    int16_t code;
    assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, in, &result, 1, &code), MOTE_OK);
    assert_int_equal(code, 32766); /* 2 * 32767^2 / 65536 = 32766.00003 */
    const operand mixed[] = {in[0], {MOTE_INT8, shape_of(2, 2, 1), 1.0F, 0, narrow, true}};
    const operand finer = {MOTE_INT16, shape_of(2, 1, 1), 1.0F, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_BATCH_MATMUL, &params, sizeof params, 2, mixed, &finer, 1, &code), MOTE_OK);
    assert_int_equal(code, 32767);
}

/* What a file may state and no kernel may believe. */
static void filters_and_biases_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const float x[4] = {0}, w[12] = {0}, bias[3] = {0};
    static const int8_t codes[12] = {0};
    const mote_fully_connected_params params = {0};
    operand in[] = {{MOTE_FLOAT32, shape_of(2, 1, 4), 0, 0, x, false},
                    {MOTE_FLOAT32, shape_of(2, 3, 4), 0, 0, w, true},
                    {MOTE_FLOAT32, shape_of(1, 3), 0, 0, bias, true}};
    operand result = {MOTE_FLOAT32, shape_of(2, 1, 3), 0, 0, NULL, false};
    float out[3];
    assert_int_equal(run_op(MOTE_OP_FULLY_CONNECTED, &params, sizeof params, 3, in, &result, 1, out), MOTE_OK);
    in[2].shape = shape_of(1, 2);
    assert_int_equal(run_op(MOTE_OP_FULLY_CONNECTED, &params, sizeof params, 3, in, &result, 1, out), MOTE_SHAPE);
    in[2] = (operand){MOTE_INT8, shape_of(1, 3), 0, 0, codes, true};
    assert_int_equal(run_op(MOTE_OP_FULLY_CONNECTED, &params, sizeof params, 3, in, &result, 1, out), MOTE_UNSUPPORTED);
    in[1] = (operand){MOTE_INT8, shape_of(2, 3, 4), 0.5F, 0, codes, true};
    assert_int_equal(run_op(MOTE_OP_FULLY_CONNECTED, &params, sizeof params, 2, in, &result, 1, out), MOTE_OK);
    result = (operand){MOTE_INT8, shape_of(2, 1, 3), 0.5F, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_FULLY_CONNECTED, &params, sizeof params, 2, in, &result, 1, out), MOTE_UNSUPPORTED);
    const mote_conv_2d_params conv = {.window = {.stride = {1, 1}, .dilation = {1, 1}}};
    const operand empty[] = {{MOTE_FLOAT32, shape_of(4, 1, 2, 2, 0), 0, 0, x, false},
                             {MOTE_FLOAT32, shape_of(4, 1, 1, 1, 3), 0, 0, w, true}};
    const operand image = {MOTE_FLOAT32, shape_of(4, 1, 2, 2, 1), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_CONV_2D, &conv, sizeof conv, 2, empty, &image, 1, out), MOTE_SHAPE);
    /* an axis that is no whole number leaves the output without a shape */
    static const float axis[] = {0};
    const operand split[] = {{MOTE_FLOAT32, shape_of(0), 0, 0, axis, true},
                             {MOTE_FLOAT32, shape_of(1, 3), 0, 0, x, false}};
    assert_true(run_op(MOTE_OP_SPLIT, NULL, 0, 2, split, &image, 1, out) != MOTE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrices_multiply_plain_and_transposed),
        cmocka_unit_test(batches_broadcast_and_depths_must_agree),
        cmocka_unit_test(both_zero_points_of_codes_count),
        cmocka_unit_test(wide_codes_saturate),
        cmocka_unit_test(filters_and_biases_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
