/* Values at the door, against the formats' definitions in double. */
#include <mote/rng.h>
#include <mote/runtime.h>

#include "unit/mote_test.h"

#include <math.h>
#include <string.h>

typedef union float_bits {
    float value;
    uint32_t bits;
} float_bits;

/* IEEE 754 binary16 by its definition */
static double half_value(uint32_t half)
{
    const int exponent = (int)(half >> 10 & 31), fraction = (int)(half & 1023);
    const double value = exponent == 31  ? (fraction ? (double)NAN : (double)INFINITY)
                         : exponent == 0 ? ldexp(fraction, -24)
                                         : ldexp(1024 + fraction, exponent - 25);
    return half & 0x8000 ? -value : value;
}

/* the nearest half, ties to even, as a value */
static double nearest_half(double value)
{
    const double size = fabs(value);
    if (size == 0 || isinf(value))
        return value;
    const int exponent = ilogb(size) < -14 ? -14 : ilogb(size);
    const double rounded = ldexp(rint(ldexp(size, 10 - exponent)), exponent - 10);
    return copysign(rounded >= 65536 ? (double)INFINITY : rounded, value);
}

static void float16_goes_both_ways(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 65536; i++) {
        uint16_t half = (uint16_t)i, back = 0;
        const double oracle = half_value(i);
        mote_tensor tensor = {.dtype = MOTE_FLOAT16, .data = &half};
        float value;
        assert_int_equal(mote_tensor_to_float(&tensor, &value, 1), MOTE_OK);
        if (isnan(oracle)) {
            assert_true(isnan(value));
            continue;
        }
        assert_true((double)value == oracle && !signbit(value) == !signbit(oracle));
        tensor.data = &back;
        assert_int_equal(mote_tensor_from_float(&tensor, &value, 1), MOTE_OK);
        assert_int_equal(back, half);
    }
}

static void float16_rounds_to_nearest_even(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(5, 0);
    for (int i = 0; i < 200000; i++) {
        float_bits at = {.bits = (uint32_t)mote_rng_u64(&rng)};
        if (i & 1) /* around the range of halves, with ties */
            at.bits = (at.bits & 0x8000f000) | ((90 + mote_rng_below(&rng, 60)) << 23) | (at.bits & 0x7ff000);
        if (isnan(at.value))
            continue;
        uint16_t half = 0;
        mote_tensor tensor = {.dtype = MOTE_FLOAT16, .data = &half};
        assert_int_equal(mote_tensor_from_float(&tensor, &at.value, 1), MOTE_OK);
        assert_true(half_value(half) == nearest_half((double)at.value));
    }
}

static void bfloat16_is_the_nearest(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(6, 0);
    for (int i = 0; i < 100000; i++) {
        const float value = mote_rng_normal(&rng) * 100;
        uint16_t half = 0;
        mote_tensor tensor = {.dtype = MOTE_BFLOAT16, .data = &half};
        assert_int_equal(mote_tensor_from_float(&tensor, &value, 1), MOTE_OK);
        const float_bits low = {.bits = (uint32_t)half << 16}, next = {.bits = (uint32_t)(half + 1) << 16},
                         before = {.bits = (uint32_t)(half - 1) << 16};
        const double error = fabs((double)low.value - (double)value);
        assert_true(error <= fabs((double)next.value - (double)value));
        assert_true(error <= fabs((double)before.value - (double)value));
    }
}

static void quantized_values_round_and_clamp(void **state)
{
    (void)state;
    const float scale = 0.5F;
    const int64_t zero = -3;
    const float values[] = {0, 0.24F, 0.25F, -0.25F, -0.26F, 1000, -1000, INFINITY, -INFINITY, NAN};
    const int8_t wanted[] = {-3, -3, -2, -3, -4, 127, -128, 127, -128, -3};
    int8_t got[10];
    mote_tensor tensor = {
        .dtype = MOTE_INT8, .shape = {1, {10}}, .quant = {.n = 1, .scale = &scale, .zero_point = &zero}, .data = got};
    assert_int_equal(mote_tensor_from_float(&tensor, values, 10), MOTE_OK);
    assert_memory_equal(got, wanted, 10);
    float back[10];
    assert_int_equal(mote_tensor_to_float(&tensor, back, 10), MOTE_OK);
    assert_true(back[0] == 0 && back[5] == 65 && back[6] == -62.5F);
    assert_int_equal(mote_tensor_from_float(&tensor, values, 9), MOTE_ARGUMENT);
}

static void plain_numbers_are_kept(void **state)
{
    (void)state;
    static const mote_dtype TYPES[] = {MOTE_INT8,   MOTE_UINT8, MOTE_INT16,  MOTE_UINT16,  MOTE_INT32,
                                       MOTE_UINT32, MOTE_INT64, MOTE_UINT64, MOTE_FLOAT32, MOTE_FLOAT64};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        const float values[] = {0, 1, 2, 100, 127, 3.0e38F, -3.0e38F};
        double room[7];
        float back[7];
        mote_tensor tensor = {.dtype = TYPES[i], .shape = {1, {7}}, .data = room};
        assert_int_equal(mote_tensor_from_float(&tensor, values, 7), MOTE_OK);
        assert_int_equal(mote_tensor_to_float(&tensor, back, 7), MOTE_OK);
        assert_memory_equal(values, back, 5 * sizeof *values);
        assert_true(back[5] >= 127 && back[6] <= 0); /* clamped, never wrapped */
    }
    char bytes[8];
    mote_tensor text = {.dtype = MOTE_STRING, .data = bytes};
    float value = 0;
    assert_int_equal(mote_tensor_from_float(&text, &value, 1), MOTE_UNSUPPORTED);
    assert_int_equal(mote_tensor_to_float(&text, &value, 1), MOTE_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float16_goes_both_ways),  cmocka_unit_test(float16_rounds_to_nearest_even),
        cmocka_unit_test(bfloat16_is_the_nearest), cmocka_unit_test(quantized_values_round_and_clamp),
        cmocka_unit_test(plain_numbers_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
