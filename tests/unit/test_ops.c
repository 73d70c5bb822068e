/* Operators on small tensors worked out by hand, run through the interpreter: broadcasting, codes on scales, axes,
 * ties, refusals. The wide net is tests/peers/check_ops.py. */
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include "op/accumulate/accumulate.h"
#include "op/binary/binary.h"
#include "op/fully_connected/fully_connected.h"
#include "op/quantize/quantize.h"
#include "op/reduce/reduce.h"
#include "op/softmax/softmax.h"
#include "op/space_depth/space_depth.h"
#include "op/unary/unary.h"
#include "support/run_op.h"

#include <math.h>
#include <string.h>

static void add_broadcasts_and_clamps(void **state)
{
    (void)state;
    static const float a[] = {1, -2, 3, -4, 5, -6}, b[] = {10, -20, 0.5f};
    const operand in[] = {{MOTE_FLOAT32, shape_of(2, 2, 3), 0, 0, a, false},
                          {MOTE_FLOAT32, shape_of(1, 3), 0, 0, b, false}};
    const operand out = {MOTE_FLOAT32, shape_of(2, 2, 3), 0, 0, NULL, false};
    const mote_add_params params = {MOTE_ACT_RELU6, false};
    float sum[6];
    assert_int_equal(run_op(MOTE_OP_ADD, &params, sizeof params, 2, in, &out, 1, sum), MOTE_OK);
    static const float want[] = {6, 0, 3.5f, 6, 0, 0};
    assert_memory_equal(sum, want, sizeof want);
    /* a column against a row */
    const operand outer[] = {{MOTE_FLOAT32, shape_of(2, 2, 1), 0, 0, a, false},
                             {MOTE_FLOAT32, shape_of(2, 1, 3), 0, 0, b, false}};
    const mote_add_params none = {MOTE_ACT_NONE, false};
    assert_int_equal(run_op(MOTE_OP_SUB, &none, sizeof none, 2, outer, &out, 1, sum), MOTE_OK);
    static const float differences[] = {-9, 21, 0.5f, -12, 18, -2.5f};
    assert_memory_equal(sum, differences, sizeof differences);
}

static void codes_are_added_on_their_scales(void **state)
{
    (void)state;
    /* 0.5 (a - 10) + 0.25 (b + 4), to codes of 1 around -20 */
    static const int8_t a[] = {10, 30, -128, 127}, b[] = {-4, 4, -128, 127};
    const operand in[] = {{MOTE_INT8, shape_of(1, 4), 0.5f, 10, a, false},
                          {MOTE_INT8, shape_of(1, 4), 0.25f, -4, b, false}};
    const operand out = {MOTE_INT8, shape_of(1, 4), 1.0f, -20, NULL, false};
    const mote_add_params params = {MOTE_ACT_NONE, false};
    int8_t sum[4];
    assert_int_equal(run_op(MOTE_OP_ADD, &params, sizeof params, 2, in, &out, 1, sum), MOTE_OK);
    static const int8_t want[] = {-20, -8, -120, 71}; /* 0, 12, -100, 91.25 */
    assert_memory_equal(sum, want, sizeof want);
    /* their product, 0.125 (a - 10)(b + 4), to codes of 4: 0, 20, 2139 (past the end), 1916 (too) */
    const operand coarse = {MOTE_INT8, shape_of(1, 4), 4.0f, 0, NULL, false};
    const mote_mul_params mul = {MOTE_ACT_NONE};
    assert_int_equal(run_op(MOTE_OP_MUL, &mul, sizeof mul, 2, in, &coarse, 1, sum), MOTE_OK);
    static const int8_t products[] = {0, 5, 127, 127};
    assert_memory_equal(sum, products, sizeof products);
}

static void comparisons_see_real_values(void **state)
{
    (void)state;
    /* codes in quarters around 1 against eighths around 10: 0.5, 0.75, 1 against 0.5, 0.75, 1.25 */
    static const uint8_t a[] = {3, 4, 5};
    static const uint8_t b[] = {14, 16, 20};
    const operand in[] = {{MOTE_UINT8, shape_of(1, 3), 0.25f, 1, a, false},
                          {MOTE_UINT8, shape_of(1, 3), 0.125f, 10, b, false}};
    const operand out = {MOTE_BOOL, shape_of(1, 3), 0, 0, NULL, false};
    uint8_t answer[3];
    assert_int_equal(run_op(MOTE_OP_EQUAL, NULL, 0, 2, in, &out, 1, answer), MOTE_OK);
    assert_true(answer[0] == 1 && answer[1] == 1 && answer[2] == 0);
    assert_int_equal(run_op(MOTE_OP_LESS, NULL, 0, 2, in, &out, 1, answer), MOTE_OK);
    assert_true(answer[0] == 0 && answer[1] == 0 && answer[2] == 1);
}

static void floor_division_goes_down(void **state)
{
    (void)state;
    static const int32_t a[] = {7, -7, 7, -7, INT32_MIN}, b[] = {2, 2, -2, -2, -1};
    const operand in[] = {{MOTE_INT32, shape_of(1, 5), 0, 0, a, false}, {MOTE_INT32, shape_of(1, 5), 0, 0, b, false}};
    const operand out = {MOTE_INT32, shape_of(1, 5), 0, 0, NULL, false};
    int32_t answer[5];
    assert_int_equal(run_op(MOTE_OP_FLOOR_DIV, NULL, 0, 2, in, &out, 1, answer), MOTE_OK);
    static const int32_t quotients[] = {3, -4, -4, 3, INT32_MIN};
    assert_memory_equal(answer, quotients, sizeof quotients);
    assert_int_equal(run_op(MOTE_OP_FLOOR_MOD, NULL, 0, 2, in, &out, 1, answer), MOTE_OK);
    static const int32_t remainders[] = {1, 1, -1, -1, 0};
    assert_memory_equal(answer, remainders, sizeof remainders);
    static const int32_t zero[] = {1, 1, 0, 1, 1};
    const operand by_zero[] = {in[0], {MOTE_INT32, shape_of(1, 5), 0, 0, zero, false}};
    assert_int_equal(run_op(MOTE_OP_FLOOR_DIV, NULL, 0, 2, by_zero, &out, 1, answer), MOTE_ARGUMENT);
    const mote_div_params div = {MOTE_ACT_NONE};
    assert_int_equal(run_op(MOTE_OP_DIV, &div, sizeof div, 2, by_zero, &out, 1, answer), MOTE_ARGUMENT);
}

static void quantize_rounds_half_away_and_saturates(void **state)
{
    (void)state;
    static const float values[] = {0.25f, -0.25f, 0.75f, 0.2499999f, 1e30f, -1e30f, NAN, 63.25f};
    const operand in = {MOTE_FLOAT32, shape_of(1, 8), 0, 0, values, false};
    const operand out = {MOTE_INT8, shape_of(1, 8), 0.5f, 1, NULL, false};
    int8_t codes[8];
    assert_int_equal(run_op(MOTE_OP_QUANTIZE, NULL, 0, 1, &in, &out, 1, codes), MOTE_OK);
    static const int8_t want[] = {2, 0, 3, 1, 127, -128, -128, 127};
    assert_memory_equal(codes, want, sizeof want);
    /* there and back for every code */
    int8_t all[256];
    float real[256];
    for (int32_t i = 0; i < 256; ++i)
        all[i] = (int8_t)(i - 128);
    const operand every = {MOTE_INT8, shape_of(1, 256), 0.013f, -7, all, false};
    const operand floats = {MOTE_FLOAT32, shape_of(1, 256), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_DEQUANTIZE, NULL, 0, 1, &every, &floats, 1, real), MOTE_OK);
    for (int32_t i = 0; i < 256; ++i)
        assert_true(real[i] == 0.013f * (float)(all[i] + 7));
    const operand again = {MOTE_FLOAT32, shape_of(1, 256), 0, 0, real, false};
    int8_t back[256];
    const operand to = {MOTE_INT8, shape_of(1, 256), 0.013f, -7, NULL, false};
    assert_int_equal(run_op(MOTE_OP_QUANTIZE, NULL, 0, 1, &again, &to, 1, back), MOTE_OK);
    assert_memory_equal(back, all, sizeof all);
}

static void four_bit_codes_unpack_low_half_first(void **state)
{
    (void)state;
    static const uint8_t packed[] = {0x8F, 0x71, 0x02}; /* -1, -8, 1, 7, 2 */
    const operand in = {MOTE_INT4, shape_of(1, 5), 2.0f, 0, packed, true};
    const operand out = {MOTE_FLOAT32, shape_of(1, 5), 0, 0, NULL, false};
    float real[5];
    assert_int_equal(run_op(MOTE_OP_DEQUANTIZE, NULL, 0, 1, &in, &out, 1, real), MOTE_OK);
    static const float want[] = {-2, -16, 2, 14, 4};
    assert_memory_equal(real, want, sizeof want);
}

static void reductions_fold_the_axes_they_are_given(void **state)
{
    (void)state;
    float values[24];
    for (int32_t i = 0; i < 24; ++i)
        values[i] = (float)i;
    static const int32_t last_and_first[] = {-1, 0, -1};
    const operand in[] = {{MOTE_FLOAT32, shape_of(3, 2, 3, 4), 0, 0, values, false},
                          {MOTE_INT32, shape_of(1, 3), 0, 0, last_and_first, true}};
    const operand out = {MOTE_FLOAT32, shape_of(1, 3), 0, 0, NULL, false};
    const mote_reduce_params params = {false}, keep = {true};
    float answer[12];
    assert_int_equal(run_op(MOTE_OP_MEAN, &params, sizeof params, 2, in, &out, 1, answer), MOTE_OK);
    assert_true(answer[0] == 7.5f && answer[1] == 11.5f && answer[2] == 15.5f);
    assert_int_equal(run_op(MOTE_OP_REDUCE_MAX, &params, sizeof params, 2, in, &out, 1, answer), MOTE_OK);
    assert_true(answer[0] == 15 && answer[1] == 19 && answer[2] == 23);
    static const int32_t middle[] = {1};
    const operand kept[] = {in[0], {MOTE_INT32, shape_of(1, 1), 0, 0, middle, true}};
    const operand kept_out = {MOTE_FLOAT32, shape_of(3, 2, 1, 4), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_SUM, &keep, sizeof keep, 2, kept, &kept_out, 1, answer), MOTE_OK);
    assert_true(answer[0] == 12 && answer[3] == 21 && answer[4] == 48 && answer[7] == 57);
    static const int32_t outside[] = {3};
    const operand wrong[] = {in[0], {MOTE_INT32, shape_of(1, 1), 0, 0, outside, true}};
    assert_int_equal(run_op(MOTE_OP_SUM, &keep, sizeof keep, 2, wrong, &kept_out, 1, answer), MOTE_SHAPE);
}

static void mean_of_codes_divides_in_the_multiplier(void **state)
{
    (void)state;
    /* codes 1 … 9 around 2 on scale 0.5: mean 1.5; on scale 0.25 around -3 that is 6 - 3 */
    static const uint8_t codes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const int32_t axis[] = {0};
    const operand in[] = {{MOTE_UINT8, shape_of(1, 9), 0.5f, 2, codes, false},
                          {MOTE_INT32, shape_of(1, 1), 0, 0, axis, true}};
    const operand out = {MOTE_UINT8, shape_of(1, 1), 0.25f, 3, NULL, false};
    const mote_reduce_params keep = {true};
    uint8_t mean;
    assert_int_equal(run_op(MOTE_OP_MEAN, &keep, sizeof keep, 2, in, &out, 1, &mean), MOTE_OK);
    assert_int_equal(mean, 9);
    /* the largest code is only that on one scale */
    assert_int_equal(run_op(MOTE_OP_REDUCE_MAX, &keep, sizeof keep, 2, in, &out, 1, &mean), MOTE_UNSUPPORTED);
}

static void arg_max_takes_the_first_of_equals(void **state)
{
    (void)state;
    static const int8_t codes[] = {5, 9, 9, -3, -3, -7};
    static const int32_t axis = -1;
    const operand in[] = {{MOTE_INT8, shape_of(2, 2, 3), 1, 0, codes, false},
                          {MOTE_INT32, shape_of(0), 0, 0, &axis, true}};
    const operand out = {MOTE_INT64, shape_of(1, 2), 0, 0, NULL, false};
    const mote_arg_max_params params = {MOTE_INT64};
    int64_t index[2];
    assert_int_equal(run_op(MOTE_OP_ARG_MAX, &params, sizeof params, 2, in, &out, 1, index), MOTE_OK);
    assert_true(index[0] == 1 && index[1] == 0);
    assert_int_equal(run_op(MOTE_OP_ARG_MIN, &params, sizeof params, 2, in, &out, 1, index), MOTE_OK);
    assert_true(index[0] == 0 && index[1] == 2);
}

static void softmax_sums_to_one(void **state)
{
    (void)state;
    float values[2][37], out_values[2][37];
    for (int32_t i = 0; i < 37; ++i) {
        values[0][i] = (float)i * 0.3f - 5;
        values[1][i] = (float)(i % 5) * 100;
    }
    const operand in = {MOTE_FLOAT32, shape_of(2, 2, 37), 0, 0, values, false};
    const operand out = {MOTE_FLOAT32, shape_of(2, 2, 37), 0, 0, NULL, false};
    const mote_softmax_params params = {1.0f};
    assert_int_equal(run_op(MOTE_OP_SOFTMAX, &params, sizeof params, 1, &in, &out, 1, out_values), MOTE_OK);
    for (int32_t row = 0; row < 2; ++row) {
        double exact_sum = 0, sum = 0;
        for (int32_t i = 0; i < 37; ++i)
            exact_sum += exp((double)values[row][i] - (double)values[row][row == 0 ? 36 : 4]);
        for (int32_t i = 0; i < 37; ++i) {
            const double exact = exp((double)values[row][i] - (double)values[row][row == 0 ? 36 : 4]) / exact_sum;
            assert_true(fabs((double)out_values[row][i] - exact) <= 2e-6 * exact + 1e-30);
            sum += (double)out_values[row][i];
        }
        assert_true(fabs(sum - 1) < 1e-6);
    }
}

/* Networks of 16 bits reach tens of thousands in front of a swish; only where TFLite's product overflows is an end. */
static void sigmoids_take_coarse_scales(void **state)
{
    (void)state;
    static const int16_t codes[] = {-32768, -3, -1, 0, 1, 3, 32767};
    const operand out = {MOTE_INT16, shape_of(1, 7), 1.0f / 32768, 0, NULL, false};
    int16_t got[7];
    const operand wide = {MOTE_INT16, shape_of(1, 7), 5.3f, 0, codes, false};
    assert_int_equal(run_op(MOTE_OP_LOGISTIC, NULL, 0, 1, &wide, &out, 1, got), MOTE_OK);
    static const int16_t logistic[] = {1, 1, 163, 16384, 32605, 32767, 32767};
    assert_memory_equal(got, logistic, sizeof logistic);
    assert_int_equal(run_op(MOTE_OP_TANH, NULL, 0, 1, &wide, &out, 1, got), MOTE_OK);
    static const int16_t tanh_codes[] = {-32767, -32767, -32766, 0, 32766, 32767, 32767};
    assert_memory_equal(got, tanh_codes, sizeof tanh_codes);
    const operand too_wide = {MOTE_INT16, shape_of(1, 7), 5.334f, 0, codes, false};
    assert_int_equal(run_op(MOTE_OP_LOGISTIC, NULL, 0, 1, &too_wide, &out, 1, got), MOTE_UNSUPPORTED);
}

static void tables_follow_the_real_function(void **state)
{
    (void)state;
    int8_t all[256], codes[256];
    for (int32_t i = 0; i < 256; ++i)
        all[i] = (int8_t)(i - 128);
    const operand in = {MOTE_INT8, shape_of(1, 256), 0.05f, -10, all, false};
    const operand out = {MOTE_INT8, shape_of(1, 256), 1.0f / 256, -128, NULL, false};
    assert_int_equal(run_op(MOTE_OP_LOGISTIC, NULL, 0, 1, &in, &out, 1, codes), MOTE_OK);
    for (int32_t i = 0; i < 256; ++i) {
        const double exact = 256 / (1 + exp(-0.05 * (all[i] + 10))) - 128;
        assert_true(fabs(codes[i] - fmin(exact, 127)) <= 0.5001);
    }
    const mote_leaky_relu_params leaky = {0.1f};
    const operand same = {MOTE_INT8, shape_of(1, 256), 0.05f, -10, NULL, false};
    assert_int_equal(run_op(MOTE_OP_LEAKY_RELU, &leaky, sizeof leaky, 1, &in, &same, 1, codes), MOTE_OK);
    for (int32_t i = 0; i < 256; ++i) {
        const double x = all[i] + 10, exact = (x < 0 ? 0.1 * x : x) - 10;
        assert_true(fabs(codes[i] - fmin(exact, 127)) <= 1.0);
    }
    static const int8_t negative[] = {-11};
    const operand below = {MOTE_INT8, shape_of(1, 1), 0.05f, -10, negative, false};
    const operand one = {MOTE_INT8, shape_of(1, 1), 0.05f, -10, NULL, false};
    assert_int_equal(run_op(MOTE_OP_SQRT, NULL, 0, 1, &below, &one, 1, codes), MOTE_ARGUMENT);
}

static void cast_saturates(void **state)
{
    (void)state;
    static const float values[] = {-1.9f, 1.9f, 300, -300, NAN, INFINITY};
    const operand in = {MOTE_FLOAT32, shape_of(1, 6), 0, 0, values, false};
    const operand out = {MOTE_INT8, shape_of(1, 6), 0, 0, NULL, false};
    int8_t codes[6];
    assert_int_equal(run_op(MOTE_OP_CAST, NULL, 0, 1, &in, &out, 1, codes), MOTE_OK);
    static const int8_t want[] = {-1, 1, 127, -128, 127, 127};
    assert_memory_equal(codes, want, sizeof want);
}

static void cumsum_goes_both_ways(void **state)
{
    (void)state;
    static const int32_t values[] = {1, 2, 3, 10, 20, 30}, axis = 1;
    const operand in[] = {{MOTE_INT32, shape_of(2, 2, 3), 0, 0, values, false},
                          {MOTE_INT32, shape_of(0), 0, 0, &axis, true}};
    const operand out = {MOTE_INT32, shape_of(2, 2, 3), 0, 0, NULL, false};
    int32_t sums[6];
    const mote_cumsum_params forward = {false, false}, back = {true, true};
    assert_int_equal(run_op(MOTE_OP_CUMSUM, &forward, sizeof forward, 2, in, &out, 1, sums), MOTE_OK);
    static const int32_t running[] = {1, 3, 6, 10, 30, 60};
    assert_memory_equal(sums, running, sizeof running);
    assert_int_equal(run_op(MOTE_OP_CUMSUM, &back, sizeof back, 2, in, &out, 1, sums), MOTE_OK);
    static const int32_t from_the_end[] = {5, 3, 0, 50, 30, 0};
    assert_memory_equal(sums, from_the_end, sizeof from_the_end);
}

static void select_picks_elements_or_rows(void **state)
{
    (void)state;
    static const uint8_t pick[] = {1, 0};
    static const int16_t x[] = {1, 2, 3, 4}, y[] = {-1, -2, -3, -4};
    const operand in[] = {{MOTE_BOOL, shape_of(1, 2), 0, 0, pick, false},
                          {MOTE_INT16, shape_of(2, 2, 2), 0, 0, x, false},
                          {MOTE_INT16, shape_of(2, 2, 2), 0, 0, y, false}};
    const operand out = {MOTE_INT16, shape_of(2, 2, 2), 0, 0, NULL, false};
    int16_t answer[4];
    assert_int_equal(run_op(MOTE_OP_SELECT, NULL, 0, 3, in, &out, 1, answer), MOTE_OK);
    static const int16_t rows[] = {1, 2, -3, -4}, columns[] = {1, -2, 3, -4};
    assert_memory_equal(answer, rows, sizeof rows);
    assert_int_equal(run_op(MOTE_OP_SELECT_V2, NULL, 0, 3, in, &out, 1, answer), MOTE_OK);
    assert_memory_equal(answer, columns, sizeof columns);
}

static void halves_are_computed_in_float(void **state)
{
    (void)state;
    static const uint16_t a[] = {0x3C00, 0x7BFF, 0x3555, 0xFC00},
                          b[] = {0x4000, 0x7BFF, 0x3555, 0x3C00}; /* 1, 65504, 0.333, -inf */
    const operand in[] = {{MOTE_FLOAT16, shape_of(1, 4), 0, 0, a, false},
                          {MOTE_FLOAT16, shape_of(1, 4), 0, 0, b, false}};
    const operand out = {MOTE_FLOAT16, shape_of(1, 4), 0, 0, NULL, false};
    const mote_add_params params = {MOTE_ACT_NONE, false};
    uint16_t sum[4];
    assert_int_equal(run_op(MOTE_OP_ADD, &params, sizeof params, 2, in, &out, 1, sum), MOTE_OK);
    static const uint16_t want[] = {0x4200, 0x7BFF, 0x3955, 0xFBFF}; /* clamped to finite halves */
    assert_memory_equal(sum, want, sizeof want);
    assert_int_equal(run_op(MOTE_OP_TANH, NULL, 0, 1, in, &out, 1, sum), MOTE_OK);
    static const uint16_t tanhs[] = {0x3A18, 0x3C00, 0x3525, 0xBC00};
    assert_memory_equal(sum, tanhs, sizeof tanhs);
}

/* Large enough to be split: one thread and several give the same bytes. */
static void threads_do_not_change_results(void **state)
{
    (void)state;
    enum { ROWS = 60, COLUMNS = 1000 };
    float *values = malloc(sizeof(float) * ROWS * COLUMNS), *one = malloc(sizeof(float) * ROWS * COLUMNS),
          *four = malloc(sizeof(float) * ROWS * COLUMNS);
    assert_true(values && one && four);
    for (int32_t i = 0; i < ROWS * COLUMNS; ++i)
        values[i] = sinf((float)i) * 5;
    const operand in[] = {{MOTE_FLOAT32, shape_of(2, ROWS, COLUMNS), 0, 0, values, false},
                          {MOTE_FLOAT32, shape_of(2, ROWS, 1), 0, 0, values, false}};
    const operand out = {MOTE_FLOAT32, shape_of(2, ROWS, COLUMNS), 0, 0, NULL, false};
    const mote_mul_params mul = {MOTE_ACT_NONE};
    const mote_softmax_params softmax = {1.0f};
    const size_t n_bytes = sizeof(float) * ROWS * COLUMNS;
    assert_int_equal(run_op(MOTE_OP_MUL, &mul, sizeof mul, 2, in, &out, 1, one), MOTE_OK);
    assert_int_equal(run_op(MOTE_OP_MUL, &mul, sizeof mul, 2, in, &out, 4, four), MOTE_OK);
    assert_memory_equal(one, four, n_bytes);
    assert_true(one[COLUMNS + 1] == values[COLUMNS + 1] * values[1]);
    assert_int_equal(run_op(MOTE_OP_SOFTMAX, &softmax, sizeof softmax, 1, in, &out, 1, one), MOTE_OK);
    assert_int_equal(run_op(MOTE_OP_SOFTMAX, &softmax, sizeof softmax, 1, in, &out, 4, four), MOTE_OK);
    assert_memory_equal(one, four, n_bytes);
    static const int32_t axis[] = {0};
    const operand sum[] = {in[0], {MOTE_INT32, shape_of(1, 1), 0, 0, axis, true}};
    const operand sums = {MOTE_FLOAT32, shape_of(1, COLUMNS), 0, 0, NULL, false};
    const mote_reduce_params drop = {false};
    assert_int_equal(run_op(MOTE_OP_SUM, &drop, sizeof drop, 2, sum, &sums, 1, one), MOTE_OK);
    assert_int_equal(run_op(MOTE_OP_SUM, &drop, sizeof drop, 2, sum, &sums, 4, four), MOTE_OK);
    assert_memory_equal(one, four, sizeof(float) * COLUMNS);
    free(values);
    free(one);
    free(four);
}

static void types_without_a_kernel_are_refused(void **state)
{
    (void)state;
    static const double values[] = {1, 2};
    const operand in[] = {{MOTE_FLOAT64, shape_of(1, 2), 0, 0, values, false},
                          {MOTE_FLOAT64, shape_of(1, 2), 0, 0, values, false}};
    const operand out = {MOTE_FLOAT64, shape_of(1, 2), 0, 0, NULL, false};
    const mote_add_params params = {MOTE_ACT_NONE, false};
    double answer[2];
    assert_int_equal(run_op(MOTE_OP_ADD, &params, sizeof params, 2, in, &out, 1, answer), MOTE_UNSUPPORTED);
    static const float floats[] = {1, 2, 3};
    const operand mixed[] = {{MOTE_FLOAT32, shape_of(1, 2), 0, 0, floats, false}, in[1]};
    assert_int_equal(run_op(MOTE_OP_ADD, &params, sizeof params, 2, mixed, &out, 1, answer), MOTE_SHAPE);
    const operand apart[] = {{MOTE_FLOAT32, shape_of(1, 2), 0, 0, floats, false},
                             {MOTE_FLOAT32, shape_of(1, 3), 0, 0, floats, false}};
    const operand none = {MOTE_FLOAT32, shape_of(1, 2), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_ADD, &params, sizeof params, 2, apart, &none, 1, answer), MOTE_SHAPE);
}

static void blocks_go_into_depth_and_back(void **state)
{
    (void)state;
    /* 2 x 4 pixels: blocks {0 1 4 5} and {2 3 6 7} */
    static const int8_t pixels[] = {0, 1, 2, 3, 4, 5, 6, 7}, deep[] = {0, 1, 4, 5, 2, 3, 6, 7};
    const mote_space_depth_params params = {2}, three = {3};
    const operand fine = {MOTE_INT8, shape_of(4, 1, 2, 4, 1), 0, 0, pixels, false};
    const operand packed = {MOTE_INT8, shape_of(4, 1, 1, 2, 4), 0, 0, deep, false};
    int8_t out[8];
    assert_int_equal(run_op(MOTE_OP_SPACE_TO_DEPTH, &params, sizeof params, 1, &fine, &packed, 1, out), MOTE_OK);
    assert_memory_equal(out, deep, sizeof deep);
    assert_int_equal(run_op(MOTE_OP_DEPTH_TO_SPACE, &params, sizeof params, 1, &packed, &fine, 1, out), MOTE_OK);
    assert_memory_equal(out, pixels, sizeof pixels);
    assert_int_equal(run_op(MOTE_OP_SPACE_TO_DEPTH, &three, sizeof three, 1, &fine, &packed, 1, out), MOTE_SHAPE);
}

static void zeros_are_like_their_input(void **state)
{
    (void)state;
    static const int32_t values[] = {3, -4};
    static const int16_t narrow[] = {3, -4};
    const operand in = {MOTE_INT32, shape_of(1, 2), 0, 0, values, false};
    const operand other = {MOTE_INT16, shape_of(1, 2), 0, 0, narrow, false};
    int32_t out[] = {1, 1};
    assert_int_equal(run_op(MOTE_OP_ZEROS_LIKE, NULL, 0, 1, &in, &in, 1, out), MOTE_OK);
    assert_true(out[0] == 0 && out[1] == 0);
    assert_int_equal(run_op(MOTE_OP_ZEROS_LIKE, NULL, 0, 1, &other, &other, 1, out), MOTE_UNSUPPORTED);
}

static void gather_nd_takes_slices_and_refuses_strange_places(void **state)
{
    (void)state;
    static const int16_t values[] = {10, 11, 12, 20, 21, 22};
    static const int32_t places[] = {1, 2, 0, 0}, outside[] = {1, 3, 0, 0}, negative[] = {-1, 0, 0, 0};
    operand in[] = {{MOTE_INT16, shape_of(2, 2, 3), 0, 0, values, false},
                    {MOTE_INT32, shape_of(2, 2, 2), 0, 0, places, false}};
    const operand out = {MOTE_INT16, shape_of(1, 2), 0, 0, NULL, false};
    int16_t taken[6];
    assert_int_equal(run_op(MOTE_OP_GATHER_ND, NULL, 0, 2, in, &out, 1, taken), MOTE_OK);
    assert_int_equal(taken[0], 22);
    assert_int_equal(taken[1], 10);
    in[1].values = outside;
    assert_int_equal(run_op(MOTE_OP_GATHER_ND, NULL, 0, 2, in, &out, 1, taken), MOTE_ARGUMENT);
    in[1].values = negative;
    assert_int_equal(run_op(MOTE_OP_GATHER_ND, NULL, 0, 2, in, &out, 1, taken), MOTE_ARGUMENT);
    /* one number each: whole rows */
    static const int32_t rows[] = {1, 0};
    const operand by_row[] = {in[0], {MOTE_INT32, shape_of(2, 2, 1), 0, 0, rows, false}};
    const operand both = {MOTE_INT16, shape_of(2, 2, 3), 0, 0, NULL, false};
    static const int16_t swapped[] = {20, 21, 22, 10, 11, 12};
    assert_int_equal(run_op(MOTE_OP_GATHER_ND, NULL, 0, 2, by_row, &both, 1, taken), MOTE_OK);
    assert_memory_equal(taken, swapped, sizeof swapped);
}

typedef struct refusals {
    int32_t n, graph, node;
    char why[128];
} refusals;

static void note_refusal(void *arg, int32_t graph, int32_t node, const char *why)
{
    refusals *r = arg;
    r->n++;
    r->graph = graph;
    r->node = node;
    snprintf(r->why, sizeof r->why, "%s", why);
}

/* ABS of floats runs, EXP of codes without a scale does not; asking says so of the operator, and as the runtime does.
 */
static void what_does_not_run_is_told_by_operator(void **state)
{
    (void)state;
    const mote_shape shape = shape_of(1, 4);
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t in[] = {mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &shape),
                          mote_graph_add_tensor(graph, "q", MOTE_INT8, &shape)};
    const int32_t out[] = {mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &shape),
                           mote_graph_add_tensor(graph, "e", MOTE_INT8, &shape)};
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_ABS, 1, &in[0], 1, &out[0]));
    mote_error err = {0}, same = {0};
    refusals seen = {0};
    assert_int_equal(mote_graph_set_io(graph, 1, in, 1, out), MOTE_OK);
    assert_int_equal(mote_runtime_check(model, NULL, note_refusal, &seen, &err), MOTE_OK);
    assert_int_equal(seen.n, 0);
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_EXP, 1, &in[1], 1, &out[1]));
    assert_int_equal(mote_graph_set_io(graph, 2, in, 2, out), MOTE_OK);
    assert_int_equal(mote_runtime_check(model, NULL, note_refusal, &seen, &err), MOTE_UNSUPPORTED);
    assert_true(seen.n == 1 && seen.graph == 0 && seen.node == 1);
    assert_non_null(strstr(seen.why, "int8"));
    mote_runtime *runtime = NULL;
    assert_int_equal(mote_runtime_new(&runtime, model, NULL, &same), MOTE_UNSUPPORTED);
    assert_string_equal(err.message, same.message);
    const mote_runtime_options tight = {.n_threads = 1, .limit_bytes = 16};
    assert_int_equal(mote_runtime_check(model, &tight, note_refusal, &seen, &err), MOTE_LIMIT);
    mote_model_free(model);
}

/* 6653 steps of 0.02 * 0.01 are 26.498 of 0.05021571: 26, where two roundings would give 26.5 and 27. */
static void dense_layers_on_uint8_round_once(void **state)
{
    (void)state;
    static const uint8_t x[] = {128}, w[] = {128};
    static const int32_t bias[] = {6653};
    const operand in[] = {{MOTE_UINT8, shape_of(2, 1, 1), 0.02f, 128, x, false},
                          {MOTE_UINT8, shape_of(2, 1, 1), 0.01f, 128, w, true},
                          {MOTE_INT32, shape_of(1, 1), 0.0002f, 0, bias, true}};
    const operand out = {MOTE_UINT8, shape_of(2, 1, 1), 0.05021571f, 0, NULL, false};
    uint8_t answer;
    const mote_fully_connected_params params = {0};
    assert_int_equal(run_op(MOTE_OP_FULLY_CONNECTED, &params, sizeof params, 3, in, &out, 1, &answer), MOTE_OK);
    assert_int_equal(answer, 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_layers_on_uint8_round_once),
        cmocka_unit_test(what_does_not_run_is_told_by_operator),
        cmocka_unit_test(add_broadcasts_and_clamps),
        cmocka_unit_test(codes_are_added_on_their_scales),
        cmocka_unit_test(comparisons_see_real_values),
        cmocka_unit_test(floor_division_goes_down),
        cmocka_unit_test(quantize_rounds_half_away_and_saturates),
        cmocka_unit_test(four_bit_codes_unpack_low_half_first),
        cmocka_unit_test(reductions_fold_the_axes_they_are_given),
        cmocka_unit_test(mean_of_codes_divides_in_the_multiplier),
        cmocka_unit_test(arg_max_takes_the_first_of_equals),
        cmocka_unit_test(softmax_sums_to_one),
        cmocka_unit_test(sigmoids_take_coarse_scales),
        cmocka_unit_test(tables_follow_the_real_function),
        cmocka_unit_test(cast_saturates),
        cmocka_unit_test(cumsum_goes_both_ways),
        cmocka_unit_test(select_picks_elements_or_rows),
        cmocka_unit_test(halves_are_computed_in_float),
        cmocka_unit_test(threads_do_not_change_results),
        cmocka_unit_test(types_without_a_kernel_are_refused),
        cmocka_unit_test(blocks_go_into_depth_and_back),
        cmocka_unit_test(zeros_are_like_their_input),
        cmocka_unit_test(gather_nd_takes_slices_and_refuses_strange_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
