/* The vector-friendly exp, logistic and tanh against the C library in double, over a dense sample of all floats; half
 * precision against known bits and there and back. */
#include "unit/mote_test.h"

#include "kernels/converter_math.h"
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

/* What TensorFlow 2.21's interpreter answers. GELU beyond |x| = sqrt 2 hangs on a processor's approximate reciprocal.
 */
static void converters_functions_have_its_bits(void **state)
{
    (void)state;
    enum { N = 10 };
    static const float x[N] = {0x1.823e44p-2f,  0x1.4240dp-2f,   0x1.6badd8p+1f,  0x1.820f78p+0f, -0x1.0f2aeap-2f,
                               -0x1.1470c2p-1f, -0x1.3e6fe6p+4f, -0x1.564564p+2f, 0x1.1ae1aep+2f, 0x1.4p+4f};
    static const float logistic[N] = {0x1.2fb74cp-1f, 0x1.27f3d2p-1f,  0x1.e3c53ep-1f, 0x1.a3360ep-1f, 0x1.bc99f8p-2f,
                                      0x1.790ae2p-2f, 0x1.3859ccp-29f, 0x1.36536ep-8f, 0x1.f9e972p-1f, 1};
    static const float tangent[N] = {0x1.70e96p-2f,
                                     0x1.380526p-2f,
                                     0x1.fc866ap-1f,
                                     0x1.d02cdap-1f,
                                     -0x1.09008p-2f,
                                     -0x1.f8c282p-2f,
                                     -1,
                                     -0x1.fffa12p-1f,
                                     0x1.ffda1p-1f,
                                     1};
    static const float gelu[N] = {0x1.f3c952p-3f,  0x1.91da6cp-3f, 0x1.6adca6p+1f,  0x1.68ab38p+0f, -0x1.ad122p-4f,
                                  -0x1.45c906p-3f, -0.0f,          -0x1.feb7bp-23f, 0x1.1ae152p+2f, 0x1.4p+4f};
    static const float gelu_tanh[N] = {0x1.f3c62ap-3f,  0x1.91d8d6p-3f, 0x1.6aebacp+1f, 0x1.689d16p+0f, -0x1.ad13bep-4f,
                                       -0x1.45d4eep-3f, -0.0f,          -0.0f,          0x1.1ae18cp+2f, 0x1.4p+4f};
    for (int i = 0; i < N; i++) {
        assert_true(mote_logistic_converter_f32(x[i]) == logistic[i]);
        assert_true(mote_tanh_converter_f32(x[i]) == tangent[i]);
        assert_true(mote_gelu_tanh_converter_f32(x[i]) == gelu_tanh[i]);
        const float got = mote_gelu_converter_f32(x[i]), far = fabsf(got - gelu[i]);
        assert_true(x[i] * x[i] <= 2 ? far == 0 : far <= 4e-7f * fabsf(gelu[i]) + 1e-30f);
    }
    assert_true(mote_exp_converter_f32(0) == 1 && mote_exp_converter_f32(-INFINITY) == 0);
    for (float y = 0; y > -104; y -= 0.37f)
        assert_true(fabs((double)mote_exp_converter_f32(y) - exp((double)y)) <= 1.3e-7 * exp((double)y) + 1e-45);
    assert_true(isnan(mote_logistic_converter_f32(NAN)) && isnan(mote_tanh_converter_f32(NAN)) &&
                isnan(mote_gelu_converter_f32(NAN)));
    assert_true(mote_logistic_converter_f32(-INFINITY) == 0 && mote_logistic_converter_f32(INFINITY) == 1);
    assert_true(mote_gelu_converter_f32(INFINITY) == INFINITY);
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
        cmocka_unit_test(converters_functions_have_its_bits),
        cmocka_unit_test(gelu_keeps_its_bound),
        cmocka_unit_test(ends_of_the_range),
        cmocka_unit_test(half_precision_goes_there_and_back),
        cmocka_unit_test(bfloat16_rounds_to_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
