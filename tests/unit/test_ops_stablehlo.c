/* STABLEHLO's operators, random numbers and sparse lookups, worked out by hand, and what they refuse. */
#include "unit/mote_test.h"

#include "op/lookup/fingerprint.h"
#include "op/lookup/lookup.h"
#include "op/random/philox.h"
#include "op/random/random.h"
#include "op/stablehlo/stablehlo.h"
#include "support/run_op.h"

#include <string.h>

#define I64(...)                                                                                                       \
    (mote_i64_vec)                                                                                                     \
    {                                                                                                                  \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[])                                          \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }

static void padding_spreads_and_crops(void **state)
{
    (void)state;
    static const int32_t x[] = {1, 2, 3}, zero[] = {9};
    const operand in[] = {{MOTE_INT32, shape_of(1, 3), 0, 0, x, false}, {MOTE_INT32, shape_of(0), 0, 0, zero, false}};
    /* 1 9 2 9 3, the first cropped, one 9 at the end */
    const mote_stablehlo_pad_params params = {I64(-1), I64(1), I64(1)};
    static const int32_t want[] = {9, 2, 9, 3, 9};
    int32_t out[5];
    const operand result = {MOTE_INT32, shape_of(1, 5), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_STABLEHLO_PAD, &params, sizeof params, 2, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, want, sizeof want);
    const mote_stablehlo_pad_params huge = {I64(0), I64(INT64_MAX), I64(1)};
    assert_int_equal(run_op(MOTE_OP_STABLEHLO_PAD, &huge, sizeof huge, 2, in, &result, 1, out), MOTE_SHAPE);
    const mote_stablehlo_pad_params few = {I64(0, 0), I64(0), I64(0)};
    assert_int_equal(run_op(MOTE_OP_STABLEHLO_PAD, &few, sizeof few, 2, in, &result, 1, out), MOTE_SHAPE);
}

static void a_gather_keeps_its_slices_inside(void **state)
{
    (void)state;
    static const int32_t x[] = {0, 1, 2, 3, 4, 5}, at[] = {1, 9, -4};
    const operand in[] = {{MOTE_INT32, shape_of(1, 6), 0, 0, x, false},
                          {MOTE_INT32, shape_of(2, 3, 1), 0, 0, at, false}};
    const mote_stablehlo_gather_params params = {
        .offset_dims = I64(1), .start_index_map = I64(0), .slice_sizes = I64(2), .index_vector_dim = 1};
    static const int32_t want[] = {1, 2, 4, 5, 0, 1};
    int32_t out[6];
    const operand result = {MOTE_INT32, shape_of(2, 3, 2), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_STABLEHLO_GATHER, &params, sizeof params, 2, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, want, sizeof want);
    mote_stablehlo_gather_params wrong = params;
    wrong.start_index_map = I64(1);
    assert_int_equal(run_op(MOTE_OP_STABLEHLO_GATHER, &wrong, sizeof wrong, 2, in, &result, 1, out), MOTE_SHAPE);
    wrong = params;
    wrong.index_vector_dim = 3;
    assert_int_equal(run_op(MOTE_OP_STABLEHLO_GATHER, &wrong, sizeof wrong, 2, in, &result, 1, out), MOTE_SHAPE);
    wrong = params;
    wrong.slice_sizes = I64(7);
    assert_int_equal(run_op(MOTE_OP_STABLEHLO_GATHER, &wrong, sizeof wrong, 2, in, &result, 1, out), MOTE_SHAPE);
}

static void windows_sum_what_they_show(void **state)
{
    (void)state;
    static const int64_t two[] = {2}, one[] = {1}, far[] = {INT64_MAX};
    static const int32_t x[] = {1, 2, 3, 4}, initial[] = {10}, want[] = {13, 15, 17};
    operand in[] = {{MOTE_INT32, shape_of(1, 4), 0, 0, x, false},
                    {MOTE_INT32, shape_of(0), 0, 0, initial, false},
                    {MOTE_INT64, shape_of(1, 1), 0, 0, two, true},
                    {MOTE_INT64, shape_of(1, 1), 0, 0, one, true},
                    {MOTE_INT64, shape_of(1, 1), 0, 0, one, true}};
    mote_reduce_window_params params = {1};
    int32_t out[3];
    const operand result = {MOTE_INT32, shape_of(1, 3), 0, 0, NULL, false};
    assert_int_equal(run_op(MOTE_OP_REDUCE_WINDOW, &params, sizeof params, 5, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, want, sizeof want);
    params.reduce_function = 7;
    assert_int_equal(run_op(MOTE_OP_REDUCE_WINDOW, &params, sizeof params, 5, in, &result, 1, out), MOTE_UNSUPPORTED);
    params.reduce_function = 1;
    in[3].values = far;
    assert_int_equal(run_op(MOTE_OP_REDUCE_WINDOW, &params, sizeof params, 5, in, &result, 1, out), MOTE_SHAPE);
}

/* The known answers of Random123 for keys and counters of zeros and of ones. */
static void generators_give_the_known_answers(void **state)
{
    (void)state;
    static const uint32_t none[4] = {0}, all[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    static const uint32_t philox[2][4] = {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                          {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}};
    static const uint32_t threefry[2][2] = {{0x6b200159, 0x99ba4efe}, {0x1cb996fc, 0xbb002be7}};
    uint32_t out[4];
    for (int i = 0; i < 2; i++) {
        mote_philox(i ? all : none, i ? all : none, out);
        assert_memory_equal(out, philox[i], sizeof philox[i]);
        mote_threefry(i ? all : none, i ? all : none, out);
        assert_memory_equal(out, threefry[i], sizeof threefry[i]);
    }
    mote_philox_stream stream = mote_philox_begin(1, 0);
    mote_philox_skip(&stream, UINT64_MAX);
    mote_philox_skip(&stream, 1);
    assert_int_equal(stream.counter[0] | stream.counter[1], 0);
    assert_int_equal(stream.counter[2], 1);
}

static void draws_differ_and_can_be_repeated(void **state)
{
    (void)state;
    static const int32_t shape[] = {6};
    const operand in[] = {{MOTE_INT32, shape_of(1, 1), 0, 0, shape, true}};
    const operand result = {MOTE_FLOAT32, shape_of(1, 6), 0, 0, NULL, false};
    const mote_random_params params = {3, 4}, other = {3, 5};
    float a[6], b[6], c[6];
    assert_int_equal(run_op(MOTE_OP_RANDOM_UNIFORM, &params, sizeof params, 1, in, &result, 1, a), MOTE_OK);
    assert_int_equal(run_op(MOTE_OP_RANDOM_UNIFORM, &params, sizeof params, 1, in, &result, 1, b), MOTE_OK);
    assert_int_equal(run_op(MOTE_OP_RANDOM_UNIFORM, &other, sizeof other, 1, in, &result, 1, c), MOTE_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    for (int i = 0; i < 6; i++)
        assert_true(a[i] >= 0 && a[i] < 1);
}

/* Of two classes one has all the odds. */
static void multinomial_takes_the_likely_class(void **state)
{
    (void)state;
    static const float logits[] = {-100, 100};
    static const int32_t n[] = {5}, want[] = {1, 1, 1, 1, 1};
    const operand in[] = {{MOTE_FLOAT32, shape_of(2, 1, 2), 0, 0, logits, false},
                          {MOTE_INT32, shape_of(0), 0, 0, n, true}};
    const operand result = {MOTE_INT32, shape_of(2, 1, 5), 0, 0, NULL, false};
    const mote_random_params params = {1, 1};
    int32_t out[5];
    assert_int_equal(run_op(MOTE_OP_MULTINOMIAL, &params, sizeof params, 2, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, want, sizeof want);
}

static mote_status look_up(int32_t last_row, int32_t combiner, float *out)
{
    static const int32_t places[] = {0, 0, 0, 1, 1, 0}, dense[] = {2, 2};
    static const float weights[] = {1, 3, 2}, table[] = {1, 10, 2, 20};
    const int32_t rows[] = {0, 1, last_row};
    const operand in[] = {{MOTE_INT32, shape_of(1, 3), 0, 0, rows, false},
                          {MOTE_INT32, shape_of(2, 3, 2), 0, 0, places, false},
                          {MOTE_INT32, shape_of(1, 2), 0, 0, dense, true},
                          {MOTE_FLOAT32, shape_of(1, 3), 0, 0, weights, false},
                          {MOTE_FLOAT32, shape_of(2, 2, 2), 0, 0, table, true}};
    const operand result = {MOTE_FLOAT32, shape_of(2, 2, 2), 0, 0, NULL, false};
    const mote_embedding_lookup_sparse_params params = {combiner};
    return run_op(MOTE_OP_EMBEDDING_LOOKUP_SPARSE, &params, sizeof params, 5, in, &result, 1, out);
}

static void sparse_rows_are_weighted(void **state)
{
    (void)state;
    float out[4];
    assert_int_equal(look_up(0, 0, out), MOTE_OK);
    assert_near(out[0], 7, 1e-6);
    assert_near(out[3], 20, 1e-6);
    assert_int_equal(look_up(0, 1, out), MOTE_OK);
    assert_near(out[0], 7.0 / 4, 1e-6);
    assert_near(out[3], 10, 1e-6);
    assert_int_equal(look_up(2, 0, out), MOTE_ARGUMENT);
    assert_int_equal(look_up(0, 3, out), MOTE_UNSUPPORTED);
}

static void buckets_need_sorted_boundaries(void **state)
{
    (void)state;
    static const float up[] = {0, 1, 1}, down[] = {1, 0};
    static const float x[] = {-1, 0, 1};
    static const int32_t want[] = {0, 1, 3};
    int32_t bits[3], out[3];
    memcpy(bits, up, sizeof up);
    const operand in[] = {{MOTE_FLOAT32, shape_of(1, 3), 0, 0, x, false}};
    const operand result = {MOTE_INT32, shape_of(1, 3), 0, 0, NULL, false};
    mote_bucketize_params params = {{3, bits}};
    assert_int_equal(run_op(MOTE_OP_BUCKETIZE, &params, sizeof params, 1, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, want, sizeof want);
    memcpy(bits, down, sizeof down);
    params.boundaries.n = 2;
    assert_int_equal(run_op(MOTE_OP_BUCKETIZE, &params, sizeof params, 1, in, &result, 1, out), MOTE_FORMAT);
}

/* The sum, then differences of halves, over the root of 4. */
static void a_rotation_keeps_the_length(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4}, want[] = {5, -1, -2, 0};
    const operand in[] = {{MOTE_FLOAT32, shape_of(2, 1, 4), 0, 0, x, false}};
    const operand result = {MOTE_FLOAT32, shape_of(2, 1, 4), 0, 0, NULL, false};
    const int32_t four = 4, three = 3;
    float out[4];
    assert_int_equal(run_op(MOTE_OP_HADAMARD_ROTATION, &four, sizeof four, 1, in, &result, 1, out), MOTE_OK);
    for (int i = 0; i < 4; i++)
        assert_near(out[i], want[i], 1e-6);
    assert_int_equal(run_op(MOTE_OP_HADAMARD_ROTATION, &three, sizeof three, 1, in, &result, 1, out), MOTE_SHAPE);
}

/* Codes of two bits, lowest first: 1, -2, -1, 0. */
static void a_table_of_two_bits_is_looked_up(void **state)
{
    (void)state;
    static const uint8_t codes[] = {0x39};
    static const int32_t rows[] = {0};
    static const float want[] = {0.5f, -1, -0.5f, 0};
    const operand in[] = {{MOTE_INT32, shape_of(1, 1), 0, 0, rows, false},
                          {MOTE_INT2, shape_of(2, 1, 4), 0.5f, 0, codes, true}};
    const operand result = {MOTE_FLOAT32, shape_of(2, 1, 4), 0, 0, NULL, false};
    float out[4];
    assert_int_equal(run_op(MOTE_OP_EMBEDDING_LOOKUP, NULL, 0, 2, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, want, sizeof want);
}

/* What other users of FarmHash publish of it, and lengths at which it changes its ways. */
static void fingerprints_are_the_known_ones(void **state)
{
    (void)state;
    assert_true(mote_fingerprint("", 0) == UINT64_C(0x9AE16A3B2F90404F));
    assert_true((int64_t)mote_fingerprint("3true", 5) == INT64_C(-4880158226897771312));
    assert_true((int64_t)mote_fingerprint("1footrue", 8) == INT64_C(-1541654101129638711));
    assert_true((int64_t)mote_fingerprint("2applefalse", 11) == INT64_C(2794438866806483259));
    char bytes[200];
    for (size_t n = 1; n <= sizeof bytes; n++) {
        memset(bytes, 'x', n);
        const uint64_t before = mote_fingerprint(bytes, n);
        bytes[n - 1] = 'y'; /* the last byte counts, and so does the length */
        assert_true(mote_fingerprint(bytes, n) != before && mote_fingerprint(bytes, n - 1) != before);
    }
}

static void projections_weigh_their_items(void **state)
{
    (void)state;
    static const float seeds[] = {1, 2, 3, 4, 5, 6}, none[] = {0, 0};
    static const int32_t items[] = {11, 12}, want[] = {0, 8};
    const operand in[] = {{MOTE_FLOAT32, shape_of(2, 2, 3), 0, 0, seeds, true},
                          {MOTE_INT32, shape_of(1, 2), 0, 0, items, false},
                          {MOTE_FLOAT32, shape_of(1, 2), 0, 0, none, false}};
    const operand result = {MOTE_INT32, shape_of(1, 2), 0, 0, NULL, false};
    mote_lsh_projection_params params = {1};
    int32_t out[2];
    assert_int_equal(run_op(MOTE_OP_LSH_PROJECTION, &params, sizeof params, 3, in, &result, 1, out), MOTE_OK);
    assert_memory_equal(out, want, sizeof want); /* no bits; the second row's numbers begin at 2^3 */
    params.type = 3;
    assert_int_equal(run_op(MOTE_OP_LSH_PROJECTION, &params, sizeof params, 3, in, &result, 1, out), MOTE_UNSUPPORTED);
}

/* A body that is no graph of the model's. */
static void a_scatter_needs_its_body(void **state)
{
    (void)state;
    static const int32_t x[] = {1, 2}, at[] = {0}, update[] = {5};
    const operand in[] = {{MOTE_INT32, shape_of(1, 2), 0, 0, x, false},
                          {MOTE_INT32, shape_of(2, 1, 1), 0, 0, at, false},
                          {MOTE_INT32, shape_of(1, 1), 0, 0, update, false}};
    const operand result = {MOTE_INT32, shape_of(1, 2), 0, 0, NULL, false};
    const mote_stablehlo_scatter_params params = {.inserted_window_dims = I64(0),
                                                  .scatter_dims_to_operand_dims = I64(0),
                                                  .index_vector_dim = 1,
                                                  .update_computation_subgraph_index = 3};
    int32_t out[2];
    assert_int_equal(run_op(MOTE_OP_STABLEHLO_SCATTER, &params, sizeof params, 3, in, &result, 1, out), MOTE_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_spreads_and_crops),        cmocka_unit_test(a_gather_keeps_its_slices_inside),
        cmocka_unit_test(windows_sum_what_they_show),       cmocka_unit_test(generators_give_the_known_answers),
        cmocka_unit_test(draws_differ_and_can_be_repeated), cmocka_unit_test(multinomial_takes_the_likely_class),
        cmocka_unit_test(sparse_rows_are_weighted),         cmocka_unit_test(buckets_need_sorted_boundaries),
        cmocka_unit_test(a_rotation_keeps_the_length),      cmocka_unit_test(a_table_of_two_bits_is_looked_up),
        cmocka_unit_test(fingerprints_are_the_known_ones),  cmocka_unit_test(projections_weigh_their_items),
        cmocka_unit_test(a_scatter_needs_its_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
