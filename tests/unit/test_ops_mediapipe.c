/* MediaPipe's custom operators, worked out by hand from what its public sources say; no other program here runs them.
 */
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include "op/average_pool_2d/pool_2d.h"
#include "op/custom/custom.h"
#include "op/transpose_conv/transpose_conv.h"
#include "support/run_op.h"

#include <math.h>
#include <string.h>

static const mote_pool_2d_params PAIRS = {
    .padding = MOTE_PADDING_SAME, .stride_w = 2, .stride_h = 2, .filter_width = 2, .filter_height = 2};

/* Rows 1 2 3 | 8 5 4 | 6 7 9: the last window of each row and column has fewer elements. */
static void greatest_values_and_where_they_lie(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 8, 5, 4, 6, 7, 9};
    const operand in = {MOTE_FLOAT32, shape_of(4, 1, 3, 3, 1), 0, 0, x, false};
    const operand results[] = {{MOTE_FLOAT32, shape_of(4, 1, 2, 2, 1), 0, 0, NULL, false},
                               {MOTE_FLOAT32, shape_of(4, 1, 2, 2, 1), 0, 0, NULL, false}};
    float values[4], indices[4];
    void *const to[] = {values, indices};
    assert_int_equal(run_op_many(MOTE_OP_MAX_POOLING_WITH_ARGMAX_2D, &PAIRS, sizeof PAIRS, 1, &in, 2, results, to),
                     MOTE_OK);
    static const float want[] = {8, 4, 7, 9}, at[] = {2, 2, 1, 0};
    assert_memory_equal(values, want, sizeof want);
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(indices[i] - at[i] - 0.1f) < 1e-6f);
}

/* Back to where they were; an index outside of the image, or none, puts nothing. */
static void unpooled_values_return_to_their_places(void **state)
{
    (void)state;
    static const float x[] = {8, 4, 7, 9}, indices[] = {2.1f, 1.1f, NAN, 7.1f};
    const operand in[] = {{MOTE_FLOAT32, shape_of(4, 1, 2, 2, 1), 0, 0, x, false},
                          {MOTE_FLOAT32, shape_of(4, 1, 2, 2, 1), 0, 0, indices, false}};
    const operand out = {MOTE_FLOAT32, shape_of(4, 1, 4, 4, 1), 0, 0, NULL, false};
    float y[16];
    assert_int_equal(run_op(MOTE_OP_MAX_UNPOOLING_2D, &PAIRS, sizeof PAIRS, 2, in, &out, 1, y), MOTE_OK);
    static const float want[] = {0, 0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_memory_equal(y, want, sizeof want);
}

/* 1 and 2, two places apart, each spread as 1, 10, 100; SAME takes one place off at the end. */
static void transposed_convolution_begins_with_the_bias(void **state)
{
    (void)state;
    static const float x[] = {1, 2}, filter[] = {1, 10, 100}, bias[] = {0.5f};
    const operand in[] = {{MOTE_FLOAT32, shape_of(4, 1, 1, 2, 1), 0, 0, x, false},
                          {MOTE_FLOAT32, shape_of(4, 1, 1, 3, 1), 0, 0, filter, true},
                          {MOTE_FLOAT32, shape_of(1, 1), 0, 0, bias, true}};
    mote_transpose_conv_params params = {.padding = MOTE_PADDING_SAME, .stride_h = 2, .stride_w = 2};
    const operand out = {MOTE_FLOAT32, shape_of(4, 1, 1, 4, 1), 0, 0, NULL, false};
    float y[5];
    assert_int_equal(run_op(MOTE_OP_CONVOLUTION_2D_TRANSPOSE_BIAS, &params, sizeof params, 3, in, &out, 1, y), MOTE_OK);
    static const float want[] = {1.5f, 10.5f, 102.5f, 20.5f};
    assert_memory_equal(y, want, sizeof want);
    params.padding = MOTE_PADDING_VALID;
    const operand whole = {MOTE_FLOAT32, shape_of(4, 1, 1, 5, 1), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_CONVOLUTION_2D_TRANSPOSE_BIAS, &params, sizeof params, 3, in, &whole, 1, y),
                     MOTE_OK);
    assert_true(y[4] == 200.5f);
    params.stride_w = 0;
    assert_int_equal(run_op(MOTE_OP_CONVOLUTION_2D_TRANSPOSE_BIAS, &params, sizeof params, 3, in, &whole, 1, y),
                     MOTE_SHAPE);
}

/* With stride 1, SAME takes one place off at either end. */
static void transposed_convolution_pads_in_the_middle(void **state)
{
    (void)state;
    static const float x[] = {1, 2}, filter[] = {1, 10, 100}, bias[] = {0};
    const operand in[] = {{MOTE_FLOAT32, shape_of(4, 1, 1, 2, 1), 0, 0, x, false},
                          {MOTE_FLOAT32, shape_of(4, 1, 1, 3, 1), 0, 0, filter, true},
                          {MOTE_FLOAT32, shape_of(1, 1), 0, 0, bias, true}};
    const mote_transpose_conv_params params = {.padding = MOTE_PADDING_SAME, .stride_h = 1, .stride_w = 1};
    const operand out = {MOTE_FLOAT32, shape_of(4, 1, 1, 2, 1), 0, 0, NULL, false};
    float y[2];
    assert_int_equal(run_op(MOTE_OP_CONVOLUTION_2D_TRANSPOSE_BIAS, &params, sizeof params, 3, in, &out, 1, y), MOTE_OK);
    static const float want[] = {12, 120}; /* of 1 12 120 200 */
    assert_memory_equal(y, want, sizeof want);
}

/* The struct of selfie_segmenter.tflite: SAME, stride 2 x 2; and one cut short. */
static void options_are_read_from_c_structs(void **state)
{
    (void)state;
    static const uint8_t options[] = {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0};
    const mote_op_def *def = mote_op_find((int32_t)mote_op_find_custom("Convolution2DTransposeBias"));
    mote_transpose_conv_params params = {0};
    def->read_custom(options, sizeof options, &params);
    assert_int_equal(params.padding, MOTE_PADDING_SAME);
    assert_true(params.stride_w == 2 && params.stride_h == 3);
    def->read_custom(options, 7, &params);
    assert_true(params.stride_w == 0 && params.stride_h == 0);
    assert_int_equal(mote_op_find_custom("no such operator"), MOTE_OP_CUSTOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greatest_values_and_where_they_lie),
        cmocka_unit_test(unpooled_values_return_to_their_places),
        cmocka_unit_test(transposed_convolution_begins_with_the_bias),
        cmocka_unit_test(transposed_convolution_pads_in_the_middle),
        cmocka_unit_test(options_are_read_from_c_structs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
