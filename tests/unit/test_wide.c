/*
 * int16 activations on int8 weights by the kernels, held to plain sums of 64 bits: operators whose filter is a
 * constant, which is packed, to the same ones whose filter is not; and every variant to the reference. Extreme codes
 * overflow 32 bits where a kernel would let them.
 */
#include "unit/mote_test.h"

#include "kernels/kernels.h"
#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "support/run_op.h"

#include <mote/cpu.h>
#include <mote/rng.h>

#include <stdlib.h>
#include <string.h>

enum { N_ROUNDS = 40, MAX_IN = 1 << 14, MAX_FILTER = 1 << 17, MAX_OUT = 1 << 13, MAX_CHANNELS = 1400 };

typedef struct numbers {
    int16_t *x, *got, *want;
    int8_t *w;
    int64_t *bias;
} numbers;

/* All at one end of their range in some rounds, which is as far as sums can go. */
static numbers make_numbers(mote_rng *rng, bool extreme)
{
    numbers n = {
        .x = malloc(MAX_IN * sizeof *n.x),
        .got = calloc(MAX_OUT, sizeof *n.got),
        .want = calloc(MAX_OUT, sizeof *n.want),
        .w = malloc(MAX_FILTER),
        .bias = malloc(MAX_CHANNELS * sizeof *n.bias),
    };
    for (int32_t i = 0; i < MAX_IN; i++)
        n.x[i] = (int16_t)(extreme ? -32768 : (int32_t)mote_rng_below(rng, 65536) - 32768);
    for (int32_t i = 0; i < MAX_FILTER; i++)
        n.w[i] = (int8_t)(extreme ? -128 : (int32_t)mote_rng_below(rng, 256) - 128);
    for (int32_t i = 0; i < MAX_CHANNELS; i++)
        n.bias[i] = (int64_t)mote_rng_below(rng, 1u << 31) * ((int32_t)mote_rng_below(rng, 3) - 1);
    return n;
}

static void free_numbers(numbers *n)
{
    free(n->x);
    free(n->got);
    free(n->want);
    free(n->w);
    free(n->bias);
}

/* A scale under which random sums fill the range and some saturate. */
static float scale_for(int64_t k)
{
    return (float)k * 2.0f;
}

static void check_op(mote_op op, const void *params, size_t params_bytes, const numbers *n, const mote_shape *in,
                     const mote_shape *filter, const mote_shape *out, int64_t k, bool with_bias)
{
    const int32_t channels = out->dims[3];
    operand operands[3] = {
        {MOTE_INT16, *in, 0.001f, 0, n->x, false},
        {MOTE_INT8, *filter, 0.01f, 0, n->w, true},
        {MOTE_INT64, {1, {channels}}, 0.00001f, 0, n->bias, true},
    };
    const operand result = {MOTE_INT16, *out, 0.001f * scale_for(k), 0, NULL, false};
    const int32_t n_operands = with_bias ? 3 : 2;
    assert_int_equal(run_op(op, params, params_bytes, n_operands, operands, &result, 1, n->got), MOTE_OK);
    operands[1].constant = operands[2].constant = false;
    assert_int_equal(run_op(op, params, params_bytes, n_operands, operands, &result, 1, n->want), MOTE_OK);
    assert_memory_equal(n->got, n->want, (size_t)mote_shape_count(out) * sizeof *n->got);
}

static void convolutions_pack_to_the_same_codes(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(11, 0);
    for (int32_t round = 0; round < N_ROUNDS; round++) {
        numbers n = make_numbers(&rng, round % 5 == 4);
        const int32_t size = 1 + below(&rng, 3), side = size + below(&rng, 4);
        const int32_t in_c = 1 + below(&rng, size == 1 ? MAX_CHANNELS - 1 : 90), out_c = 1 + below(&rng, 70);
        const mote_shape in = mote_shape_4d(1, side, side, in_c), filter = mote_shape_4d(out_c, size, size, in_c);
        if (mote_shape_count(&in) > MAX_IN || mote_shape_count(&filter) > MAX_FILTER) {
            free_numbers(&n);
            continue;
        }
        const mote_conv_2d_params params = {
            .window = {.padding = MOTE_PADDING_SAME, .stride = {1, 1}, .dilation = {1, 1}}};
        const mote_shape out = mote_shape_4d(1, side, side, out_c);
        check_op(MOTE_OP_CONV_2D, &params, sizeof params, &n, &in, &filter, &out, (int64_t)size * size * in_c,
                 round % 2 == 0);
        free_numbers(&n);
    }
}

static void depthwise_rows_give_the_same_codes(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(12, 0);
    for (int32_t round = 0; round < N_ROUNDS; round++) {
        numbers n = make_numbers(&rng, round % 5 == 4);
        const int32_t size = 1 + below(&rng, round == 7 ? 1 : 5), side = size + below(&rng, 4);
        const int32_t channels = 1 + below(&rng, 200);
        const mote_shape in = mote_shape_4d(1, side, side, channels);
        const mote_shape filter = mote_shape_4d(1, size, size, channels);
        const mote_depthwise_conv_2d_params params = {
            .window = {.padding = MOTE_PADDING_SAME, .stride = {1, 1}, .dilation = {1, 1}}, .depth_multiplier = 1};
        if (mote_shape_count(&in) <= MAX_OUT)
            check_op(MOTE_OP_DEPTHWISE_CONV_2D, &params, sizeof params, &n, &in, &filter, &in, (int64_t)size * size,
                     round % 2 == 0);
        free_numbers(&n);
    }
}

/* The same product by a set of kernels that packs in its own way. */
static void product(uint32_t features, const numbers *n, int64_t rows, int64_t columns, int64_t k, int64_t k_block,
                    const mote_wide_scale *scale, int16_t *out)
{
    mote_kernels kernels;
    mote_kernels_select(features, &kernels);
    void *packed = aligned_alloc(64, (mote_qs8_gemm_packed_bytes(&kernels, columns, k) + 63) / 64 * 64);
    mote_qs8_gemm_pack(&kernels, columns, k, n->w, NULL, 0, packed);
    const mote_qs16_gemm_job job = {.n = columns,
                                    .k = k,
                                    .k_block = k_block,
                                    .a = n->x,
                                    .a_stride = k,
                                    .packed = packed,
                                    .scale = *scale,
                                    .c = out,
                                    .c_stride = columns};
    kernels.qs16_gemm.run(&job, 0, rows);
    free(packed);
}

static void every_variant_equals_the_reference(void **state)
{
    (void)state;
    const uint32_t sse4 = MOTE_CPU_SSE41, avx2 = sse4 | MOTE_CPU_AVX2, avx512 = avx2 | MOTE_CPU_AVX512;
    const uint32_t sets[] = {sse4, avx2, avx512, mote_cpu_features()};
    mote_rng rng = mote_rng_make(13, 0);
    int64_t factor[128], right[128];
    for (int32_t i = 0; i < 128; i++) {
        factor[i] = 16384 + below(&rng, 16384);
        right[i] = 20 + below(&rng, 20);
    }
    for (int32_t round = 0; round < N_ROUNDS; round++) {
        numbers n = make_numbers(&rng, round % 4 == 3);
        const int64_t rows = 1 + below(&rng, 8), columns = 1 + below(&rng, 90), k = 1 + below(&rng, 1300);
        const mote_wide_scale scale = {
            .factor = factor, .right = right, .bias = round % 2 ? n.bias : NULL, .low = -32768, .high = 32767};
        product(0, &n, rows, columns, k, MOTE_QS16_BLOCK, &scale, n.want);
        for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
            if ((sets[i] & mote_cpu_features()) != sets[i])
                continue;
            memset(n.got, 0x55, MAX_OUT * sizeof *n.got);
            product(sets[i], &n, rows, columns, k, MOTE_QS16_BLOCK, &scale, n.got);
            assert_memory_equal(n.got, n.want, (size_t)(rows * columns) * sizeof *n.got);
        }
        free_numbers(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_pack_to_the_same_codes),
        cmocka_unit_test(depthwise_rows_give_the_same_codes),
        cmocka_unit_test(every_variant_equals_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
