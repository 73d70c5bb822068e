/* Operators that find, place, count and fold elements: small cases by hand, and what their values may not be. */
#include "unit/mote_test.h"

#include "op/lookup/lookup.h"
#include "op/search/search.h"
#include "op/sequence/sequence.h"
#include "support/run_op.h"

#include <math.h>
#include <string.h>

static operand ints(mote_shape shape, const int32_t *values)
{
    return (operand){MOTE_INT32, shape, 0, 0, values, false};
}

static void rows_of_codes_become_numbers(void **state)
{
    (void)state;
    static const int8_t table[] = {1, -2, 3, -4, 5, -6};
    static const int32_t rows[] = {2, 0}, outside[] = {3, 0};
    operand in[] = {ints(shape_of(1, 2), rows), {MOTE_INT8, shape_of(2, 3, 2), 0.5F, 0, table, true}};
    const operand result = {MOTE_FLOAT32, shape_of(2, 2, 2), 0, 0, NULL, false};
    static const float want[] = {2.5F, -3, 0.5F, -1};
    float out[4];
    assert_int_equal(run_op(MOTE_OP_EMBEDDING_LOOKUP, NULL, 0, 2, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, want, sizeof want);
    in[0].values = outside;
    assert_int_equal(run_op(MOTE_OP_EMBEDDING_LOOKUP, NULL, 0, 2, in, &result, 1, out), MOTE_ARGUMENT);
    in[0].values = rows;
    in[1].zero = 1;
    assert_int_equal(run_op(MOTE_OP_EMBEDDING_LOOKUP, NULL, 0, 2, in, &result, 1, out), MOTE_UNSUPPORTED);
    /* two to a byte, the low half first */
    static const uint8_t packed[] = {0xF1, 0x72, 0x80};
    const operand small[] = {ints(shape_of(1, 1), (const int32_t[]){1}),
                             {MOTE_INT4, shape_of(2, 3, 2), 1.0F, 0, packed, true}};
    const operand row = {MOTE_FLOAT32, shape_of(2, 1, 2), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_EMBEDDING_LOOKUP, NULL, 0, 2, small, &row, 1, out), MOTE_OK);
    assert_true(out[0] == 2 && out[1] == 7);
}

static void one_hot_puts_the_new_axis_where_it_is_told(void **state)
{
    (void)state;
    static const int32_t at[] = {2, -1}, depth[] = {3}, on[] = {7}, off[] = {1};
    const operand in[] = {ints(shape_of(1, 2), at), ints(shape_of(0), depth), ints(shape_of(0), on),
                          ints(shape_of(0), off)};
    int32_t out[6];
    const mote_one_hot_params last = {-1}, first = {0}, beyond = {2};
    const operand by_row = {MOTE_INT32, shape_of(2, 2, 3), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_ONE_HOT, &last, sizeof last, 4, in, &by_row, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){1, 1, 7, 1, 1, 1}), sizeof out);
    const operand by_column = {MOTE_INT32, shape_of(2, 3, 2), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_ONE_HOT, &first, sizeof first, 4, in, &by_column, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){1, 1, 1, 1, 7, 1}), sizeof out);
    assert_int_equal(run_op(MOTE_OP_ONE_HOT, &beyond, sizeof beyond, 4, in, &by_row, 1, out), MOTE_SHAPE);
}

static void scattered_slices_add_up(void **state)
{
    (void)state;
    static const int32_t at[] = {1, 1}, shape[] = {3, 2}, updates[] = {1, 2, 30, 40}, outside[] = {1, 3};
    operand in[] = {ints(shape_of(2, 2, 1), at), ints(shape_of(2, 2, 2), updates), ints(shape_of(1, 2), shape)};
    const operand result = {MOTE_INT32, shape_of(2, 3, 2), 0, 0, NULL, false};
    int32_t out[6];
    assert_int_equal(run_op(MOTE_OP_SCATTER_ND, NULL, 0, 3, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){0, 0, 31, 42, 0, 0}), sizeof out);
    in[0].values = outside;
    assert_int_equal(run_op(MOTE_OP_SCATTER_ND, NULL, 0, 3, in, &result, 1, out), MOTE_ARGUMENT);
    in[0] = ints(shape_of(2, 1, 2), at); /* whole indices, but updates of rows */
    assert_int_equal(run_op(MOTE_OP_SCATTER_ND, NULL, 0, 3, in, &result, 1, out), MOTE_SHAPE);
}

static void sparse_values_lie_on_the_rest(void **state)
{
    (void)state;
    static const int32_t at[] = {0, 1, 1, 0}, shape[] = {2, 2}, values[] = {5, 6}, rest[] = {9};
    operand in[] = {ints(shape_of(2, 2, 2), at), ints(shape_of(1, 2), shape), ints(shape_of(1, 2), values),
                    ints(shape_of(0), rest)};
    const operand result = {MOTE_INT32, shape_of(2, 2, 2), 0, 0, NULL, false};
    int32_t out[4];
    assert_int_equal(run_op(MOTE_OP_SPARSE_TO_DENSE, NULL, 0, 4, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){9, 5, 6, 9}), sizeof out);
    in[0].values = (const int32_t[]){0, 1, 2, 0};
    assert_int_equal(run_op(MOTE_OP_SPARSE_TO_DENSE, NULL, 0, 4, in, &result, 1, out), MOTE_ARGUMENT);
}

static void the_greatest_come_in_order_and_nan_last(void **state)
{
    (void)state;
    static const float x[] = {1, 5, 5, NAN, -2, 5};
    const operand in[] = {{MOTE_FLOAT32, shape_of(1, 6), 0, 0, x, false}, ints(shape_of(0), (const int32_t[]){5})};
    const operand results[] = {{MOTE_FLOAT32, shape_of(1, 5), 0, 0, NULL, false},
                               {MOTE_INT32, shape_of(1, 5), 0, 0, NULL, false}};
    float values[5];
    int32_t places[5];
    assert_int_equal(run_op_many(MOTE_OP_TOPK_V2, NULL, 0, 2, in, 2, results, (void *const[]){values, places}),
                     MOTE_OK);
    assert_memory_equal(places, ((const int32_t[]){1, 2, 5, 0, 4}), sizeof places);
    assert_memory_equal(values, ((const float[]){5, 5, 5, 1, -2}), sizeof values);
    const operand many[] = {in[0], ints(shape_of(0), (const int32_t[]){7})};
    assert_int_equal(run_op_many(MOTE_OP_TOPK_V2, NULL, 0, 2, many, 2, results, (void *const[]){values, places}),
                     MOTE_SHAPE);
}

static void where_lists_places_and_unique_values(void **state)
{
    (void)state;
    static const int32_t x[] = {0, 3, 0, 3, 7, 3};
    const operand in = ints(shape_of(2, 2, 3), x);
    const operand places = {MOTE_INT64, shape_of(2, 4, 2), 0, 0, NULL, false};
    int64_t at[8];
    assert_int_equal(run_op(MOTE_OP_WHERE, NULL, 0, 1, &in, &places, 1, at), MOTE_OK);
    assert_memory_equal(at, ((const int64_t[]){0, 1, 1, 0, 1, 1, 1, 2}), sizeof at);
    const operand vector = ints(shape_of(1, 6), x);
    const operand results[] = {{MOTE_INT32, shape_of(1, 3), 0, 0, NULL, false},
                               {MOTE_INT32, shape_of(1, 6), 0, 0, NULL, false}};
    const mote_unique_params params = {MOTE_INT32};
    int32_t values[3], which[6];
    assert_int_equal(
        run_op_many(MOTE_OP_UNIQUE, &params, sizeof params, 1, &vector, 2, results, (void *const[]){values, which}),
        MOTE_OK);
    assert_memory_equal(values, ((const int32_t[]){0, 3, 7}), sizeof values);
    assert_memory_equal(which, ((const int32_t[]){0, 1, 0, 1, 2, 1}), sizeof which);
}

static void ranges_end_before_their_limit(void **state)
{
    (void)state;
    int32_t out[4];
    operand in[] = {ints(shape_of(0), (const int32_t[]){9}), ints(shape_of(0), (const int32_t[]){-2}),
                    ints(shape_of(0), (const int32_t[]){-3})};
    const operand result = {MOTE_INT32, shape_of(1, 4), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_RANGE, NULL, 0, 3, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){9, 6, 3, 0}), sizeof out);
    in[2].values = (const int32_t[]){0};
    assert_int_equal(run_op(MOTE_OP_RANGE, NULL, 0, 3, in, &result, 1, out), MOTE_ARGUMENT);
    in[2].values = (const int32_t[]){3};
    assert_int_equal(run_op(MOTE_OP_RANGE, NULL, 0, 3, in, &result, 1, out), MOTE_ARGUMENT);
    static const float zero = 0, far = 3e38F, step = 1e-30F, nan_step = NAN;
    operand floats[] = {{MOTE_FLOAT32, shape_of(0), 0, 0, &zero, true},
                        {MOTE_FLOAT32, shape_of(0), 0, 0, &far, true},
                        {MOTE_FLOAT32, shape_of(0), 0, 0, &step, true}};
    const operand numbers = {MOTE_FLOAT32, shape_of(1, 4), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_RANGE, NULL, 0, 3, floats, &numbers, 1, out), MOTE_ARGUMENT);
    floats[2].values = &nan_step;
    assert_int_equal(run_op(MOTE_OP_RANGE, NULL, 0, 3, floats, &numbers, 1, out), MOTE_ARGUMENT);
    static const int64_t low = INT64_MIN, high = INT64_MAX, back = INT64_MIN;
    const operand wide[] = {{MOTE_INT64, shape_of(0), 0, 0, &high, true},
                            {MOTE_INT64, shape_of(0), 0, 0, &low, true},
                            {MOTE_INT64, shape_of(0), 0, 0, &back, true}};
    const operand two = {MOTE_INT64, shape_of(1, 2), 0, 0, NULL, false};
    int64_t ends[2];
    assert_int_equal(run_op(MOTE_OP_RANGE, NULL, 0, 3, wide, &two, 1, ends), MOTE_OK);
    assert_true(ends[0] == INT64_MAX && ends[1] == -1);
}

static void sequences_turn_round_up_to_their_length(void **state)
{
    (void)state;
    static const int32_t x[] = {1, 2, 3, 4, 5, 6, 7, 8};
    operand in[] = {ints(shape_of(2, 2, 4), x), ints(shape_of(1, 2), (const int32_t[]){3, 1})};
    const mote_reverse_sequence_params params = {1, 0};
    const operand result = {MOTE_INT32, shape_of(2, 2, 4), 0, 0, NULL, false};
    int32_t out[8];
    assert_int_equal(run_op(MOTE_OP_REVERSE_SEQUENCE, &params, sizeof params, 2, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){3, 2, 1, 4, 5, 6, 7, 8}), sizeof out);
    in[1].values = (const int32_t[]){5, 1};
    assert_int_equal(run_op(MOTE_OP_REVERSE_SEQUENCE, &params, sizeof params, 2, in, &result, 1, out), MOTE_ARGUMENT);
}

static void segments_fold_and_negative_ones_count_nowhere(void **state)
{
    (void)state;
    static const int32_t x[] = {1, 2, 3, 4, 5, 6};
    operand in[] = {ints(shape_of(2, 3, 2), x), ints(shape_of(1, 3), (const int32_t[]){1, -1, 1}),
                    ints(shape_of(0), (const int32_t[]){2})};
    const operand result = {MOTE_INT32, shape_of(2, 2, 2), 0, 0, NULL, false};
    int32_t out[4];
    assert_int_equal(run_op(MOTE_OP_UNSORTED_SEGMENT_SUM, NULL, 0, 3, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){0, 0, 6, 8}), sizeof out);
    assert_int_equal(run_op(MOTE_OP_UNSORTED_SEGMENT_MIN, NULL, 0, 3, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){INT32_MAX, INT32_MAX, 1, 2}), sizeof out);
    in[1].values = (const int32_t[]){1, 2, 0};
    assert_int_equal(run_op(MOTE_OP_UNSORTED_SEGMENT_SUM, NULL, 0, 3, in, &result, 1, out), MOTE_ARGUMENT);
    in[1].values = (const int32_t[]){0, 1, 1};
    assert_int_equal(run_op(MOTE_OP_SEGMENT_SUM, NULL, 0, 2, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){1, 2, 8, 10}), sizeof out);
    in[1].values = (const int32_t[]){0, 2, 2};
    assert_int_equal(run_op(MOTE_OP_SEGMENT_SUM, NULL, 0, 2, in, &result, 1, out), MOTE_ARGUMENT);
}

static void boxes_are_moved_inside_and_shapes_broadcast(void **state)
{
    (void)state;
    static const int32_t x[] = {1, 2, 3, 4, 5, 6}, box[] = {70, 80};
    operand in[] = {ints(shape_of(2, 2, 3), x), ints(shape_of(2, 1, 2), box),
                    ints(shape_of(1, 2), (const int32_t[]){-9, 9})};
    const operand result = {MOTE_INT32, shape_of(2, 2, 3), 0, 0, NULL, false};
    int32_t out[6];
    assert_int_equal(run_op(MOTE_OP_DYNAMIC_UPDATE_SLICE, NULL, 0, 3, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){1, 70, 80, 4, 5, 6}), sizeof out);
    in[1] = ints(shape_of(2, 2, 4), x);
    assert_int_equal(run_op(MOTE_OP_DYNAMIC_UPDATE_SLICE, NULL, 0, 3, in, &result, 1, out), MOTE_SHAPE);

    operand shapes[] = {ints(shape_of(1, 3), (const int32_t[]){2, 1, 5}),
                        ints(shape_of(1, 2), (const int32_t[]){4, 1})};
    const operand shape = {MOTE_INT32, shape_of(1, 3), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_BROADCAST_ARGS, NULL, 0, 2, shapes, &shape, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){2, 4, 5}), 3 * sizeof *out);
    shapes[1].values = (const int32_t[]){4, 3};
    assert_int_equal(run_op(MOTE_OP_BROADCAST_ARGS, NULL, 0, 2, shapes, &shape, 1, out), MOTE_ARGUMENT);
}

static void diagonals_make_and_change_matrices(void **state)
{
    (void)state;
    static const int32_t diagonal[] = {7, 8}, x[] = {1, 2, 3, 4, 5, 6};
    const operand in[] = {ints(shape_of(2, 2, 3), x), ints(shape_of(1, 2), diagonal)};
    const operand square = {MOTE_INT32, shape_of(2, 2, 2), 0, 0, NULL, false};
    int32_t out[6];
    assert_int_equal(run_op(MOTE_OP_MATRIX_DIAG, NULL, 0, 1, &in[1], &square, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){7, 0, 0, 8}), 4 * sizeof *out);
    const operand wide = {MOTE_INT32, shape_of(2, 2, 3), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_MATRIX_SET_DIAG, NULL, 0, 2, in, &wide, 1, out), MOTE_OK);
    assert_memory_equal(out, ((const int32_t[]){7, 2, 3, 4, 8, 6}), sizeof out);
    const operand longer[] = {in[0], ints(shape_of(1, 3), x)};
    assert_int_equal(run_op(MOTE_OP_MATRIX_SET_DIAG, NULL, 0, 2, longer, &wide, 1, out), MOTE_SHAPE);
}

/* A row of 1, 2, 3, 4: the sum, 1 - 3 + i (4 - 2), and 1 - 2 + 3 - 4; a second row of the same is added or taken off.
 */
static void fourier_transform_of_rows(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4, 1, 2, 3, 4};
    static const int32_t length[] = {2, 4};
    const operand in[] = {{MOTE_FLOAT32, shape_of(2, 2, 4), 0, 0, x, false},
                          {MOTE_INT32, shape_of(1, 2), 0, 0, length, true}};
    const operand out = {MOTE_COMPLEX64, shape_of(2, 2, 3), 0, 0, NULL, false};
    static const float want[] = {20, 0, -4, 4, -4, 0, 0, 0, 0, 0, 0, 0};
    float got[12];
    assert_int_equal(run_op(MOTE_OP_RFFT2D, NULL, 0, 2, in, &out, 1, got), MOTE_OK);
    for (int i = 0; i < 12; i++)
        assert_true(fabsf(got[i] - want[i]) < 1e-6f);
    static const int32_t odd[] = {2, 3};
    const operand refused[] = {in[0], {MOTE_INT32, shape_of(1, 2), 0, 0, odd, true}};
    assert_int_equal(run_op(MOTE_OP_RFFT2D, NULL, 0, 2, refused, &out, 1, got), MOTE_SHAPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fourier_transform_of_rows),
        cmocka_unit_test(rows_of_codes_become_numbers),
        cmocka_unit_test(one_hot_puts_the_new_axis_where_it_is_told),
        cmocka_unit_test(scattered_slices_add_up),
        cmocka_unit_test(sparse_values_lie_on_the_rest),
        cmocka_unit_test(the_greatest_come_in_order_and_nan_last),
        cmocka_unit_test(where_lists_places_and_unique_values),
        cmocka_unit_test(ranges_end_before_their_limit),
        cmocka_unit_test(sequences_turn_round_up_to_their_length),
        cmocka_unit_test(segments_fold_and_negative_ones_count_nowhere),
        cmocka_unit_test(boxes_are_moved_inside_and_shapes_broadcast),
        cmocka_unit_test(diagonals_make_and_change_matrices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
