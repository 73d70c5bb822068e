/* The vector-friendly exp, logistic and tanh against the C library in double, over a dense sample of all floats; half
 * precision against known bits and there and back. */
#include "unit/mote_test.h"

#include "kernels/strict_math.h"
#include "kernels/vec_math.h"

#include <float.h>
#include <math.h>

/* |got - exact| in units of the last place of exact */
static double ulps(double exact, float got)
{
    int exponent;
    frexp(exact, &exponent);
    const double unit = fmax(ldexp(1.0, exponent - 24), (double)FLT_TRUE_MIN);
    return fabs((double)got - exact) / unit;
}

static void exp_logistic_tanh_keep_their_bounds(void **state)
{
    (void)state;
    double worst_exp = 0, worst_logistic = 0, worst_tanh = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 1009) {
        const float x = mote_f32_from_bits((uint32_t)bits);
        if (isnan(x))
            continue;
        if (x > -86.6f && x < 88.72f)
            worst_exp = fmax(worst_exp, ulps(exp((double)x), mote_exp_f32(x)));
        if (x > -86.6f)
            worst_logistic = fmax(worst_logistic, ulps(1 / (1 + exp(-(double)x)), mote_logistic_f32(x)));
        worst_tanh = fmax(worst_tanh, ulps(tanh((double)x), mote_tanh_f32(x)));
    }
    assert_true(worst_exp > 0.4 && worst_exp <= 1.0);
    assert_true(worst_logistic <= 2.5);
    assert_true(worst_tanh <= 1.5);
}

/* Within 0.502 ulp; where the C library is GNU's, its bits. The stride meets neither of the two floats that differ. */
static void strict_exp_and_logistic_are_the_c_librarys(void **state)
{
    (void)state;
    double worst = 0;
    int64_t others = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 1009) {
        const float x = mote_f32_from_bits((uint32_t)bits);
        if (!(x >= -110 && x <= 88.7f))
            continue;
        const float got = mote_exp_strict_f32(x), y = mote_logistic_strict_f32(x);
        worst = fmax(worst, ulps(exp((double)x), got));
        others += got != expf(x);
        others += y != (x > 16.619047164916992188f ? 1 : x < -9 ? expf(x) : 1 / (1 + expf(-x)));
    }
    assert_true(worst <= 0.502);
#if defined(__GLIBC__)
    assert_int_equal(others, 0);
#endif
    assert_true(mote_logistic_strict_f32(INFINITY) == 1 && mote_logistic_strict_f32(-INFINITY) == 0);
    assert_true(isnan(mote_logistic_strict_f32(NAN)));
}

static void gelu_keeps_its_bound(void **state)
{
    (void)state;
    double worst = 0;
    for (int32_t i = -200000; i <= 200000; ++i) {
        const float x = (float)i * 1e-4f;
        const double exact = 0.5 * (double)x * erfc(-(double)x * M_SQRT1_2);
        worst = fmax(worst, fabs((double)mote_gelu_f32(x) - exact) / fmax(1, fabs((double)x)));
    }
    assert_true(worst > 1e-9 && worst <= 2e-7);
    assert_true(mote_gelu_f32(INFINITY) == INFINITY && mote_gelu_f32(-INFINITY) == 0.0f && isnan(mote_gelu_f32(NAN)));
    assert_true(mote_gelu_f32(0.0f) == 0.0f);
}

static void ends_of_the_range(void **state)
{
    (void)state;
    assert_true(mote_exp_f32(-INFINITY) == 0.0f && mote_exp_f32(-1e30f) == 0.0f);
    assert_true(isinf(mote_exp_f32(INFINITY)) && isinf(mote_exp_f32(89.0f)));
    assert_true(mote_exp_f32(0.0f) == 1.0f);
    assert_true(isnan(mote_exp_f32(NAN)) && isnan(mote_logistic_f32(NAN)) && isnan(mote_tanh_f32(NAN)));
    assert_true(mote_logistic_f32(INFINITY) == 1.0f && mote_logistic_f32(-INFINITY) == 0.0f);
    assert_true(mote_logistic_f32(0.0f) == 0.5f);
    assert_true(mote_tanh_f32(INFINITY) == 1.0f && mote_tanh_f32(-INFINITY) == -1.0f);
}

static void half_precision_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits <= UINT16_MAX; ++bits) {
        const float value = mote_f32_from_f16((uint16_t)bits);
        if (isnan(value))
            assert_true(isnan(mote_f32_from_f16(mote_f16_from_f32(value))));
        else
            assert_int_equal(mote_f16_from_f32(value), bits);
    }
    static const struct {
        float value;
        uint16_t bits;
    } known[] = {{1.0f, 0x3C00},     {-2.0f, 0xC000},    {65504.0f, 0x7BFF}, {65519.996f, 0x7BFF},
                 {65520.0f, 0x7C00}, {0x1p-24f, 0x0001}, {0x1p-25f, 0x0000}, {0x1.8p-25f, 0x0001},
                 {0x1p-14f, 0x0400}, {2049.0f, 0x6800},  {2051.0f, 0x6802},  {-INFINITY, 0xFC00}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i)
        assert_int_equal(mote_f16_from_f32(known[i].value), known[i].bits);
}

static void bfloat16_rounds_to_even(void **state)
{
    (void)state;
    assert_int_equal(mote_bf16_from_f32(1.0f), 0x3F80);
    assert_int_equal(mote_bf16_from_f32(mote_f32_from_bits(0x3F808000)), 0x3F80);
    assert_int_equal(mote_bf16_from_f32(mote_f32_from_bits(0x3F818000)), 0x3F82);
    assert_int_equal(mote_bf16_from_f32(mote_f32_from_bits(0x3F808001)), 0x3F81);
    assert_true(isnan(mote_f32_from_bf16(mote_bf16_from_f32(NAN))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_logistic_tanh_keep_their_bounds),
        cmocka_unit_test(strict_exp_and_logistic_are_the_c_librarys),
        cmocka_unit_test(gelu_keeps_its_bound),
        cmocka_unit_test(ends_of_the_range),
        cmocka_unit_test(half_precision_goes_there_and_back),
        cmocka_unit_test(bfloat16_rounds_to_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
