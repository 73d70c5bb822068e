/* The integer arithmetic under the quantized kernels: against values worked out by hand, and its
 * functions against known answers and against the C library in double. */
#include "unit/mote_test.h"

#include "kernels/fixed_math.h"
#include "kernels/fixed_math16.h"

#include <math.h>

static void high_product_rounds_and_saturates(void **state)
{
    (void)state;
    assert_int_equal(mote_mulh_i32(INT32_MIN, INT32_MIN), INT32_MAX);
    assert_int_equal(mote_mulh_i32(1 << 30, 1 << 30), 1 << 29);
    assert_int_equal(mote_mulh_i32(1, 1 << 30), 1);  /* 0.5 up */
    assert_int_equal(mote_mulh_i32(-1, 1 << 30), 0); /* -0.5 up */
    assert_int_equal(mote_mulh_i32(-3, 1 << 30), -1);
    assert_int_equal(mote_mulh_i16(INT16_MIN, INT16_MIN), INT16_MAX);
    assert_int_equal(mote_mulh_i16(-1, 1 << 14), 0);
    assert_int_equal(mote_mulh_i16(300, 300), 3); /* 90000 / 32768 = 2.75 */
}

static void right_shift_rounds_half_away_from_zero(void **state)
{
    (void)state;
    static const int32_t cases[][3] = {{5, 1, 3},  {-5, 1, -3}, {4, 3, 1},   {-4, 3, -1},        {3, 3, 0},
                                       {-3, 3, 0}, {7, 0, 7},   {-7, 0, -7}, {INT32_MAX, 31, 1}, {INT32_MIN, 31, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i)
        assert_int_equal(mote_shift_right_round_i32(cases[i][0], cases[i][1]), cases[i][2]);
}

static void multipliers_are_mantissa_and_exponent(void **state)
{
    (void)state;
    mote_multiplier m = mote_multiplier_from_double(1.0);
    assert_int_equal(m.mantissa, 1 << 30);
    assert_int_equal(m.exponent, 1);
    m = mote_multiplier_from_double(0.75);
    assert_int_equal(m.mantissa, 3 << 29);
    assert_int_equal(m.exponent, 0);
    m = mote_multiplier_from_double(1.0 - 1e-12); /* rounds up to 2^31: renormalized */
    assert_int_equal(m.mantissa, 1 << 30);
    assert_int_equal(m.exponent, 1);
    m = mote_multiplier_from_double(ldexp(0.6, -32)); /* too small */
    assert_int_equal(m.mantissa, 0);
    assert_int_equal(m.exponent, 0);
    m = mote_multiplier_from_double(INFINITY);
    assert_int_equal(m.mantissa, 0);
}

static void scaling_stays_within_one_of_the_real_product(void **state)
{
    (void)state;
    static const double factors[] = {0.0003921569, 0.0117, 0.5, 0.999, 1.0, 1.7, 12.25};
    for (size_t f = 0; f < sizeof factors / sizeof factors[0]; ++f) {
        const mote_multiplier m = mote_multiplier_from_double(factors[f]);
        for (int32_t x = -40000; x <= 40000; x += 7) {
            assert_true(fabs(mote_scale_i32(x, m) - x * factors[f]) <= 0.75);
            assert_true(fabs(mote_scale_i64(x, m) - x * factors[f]) <= 0.75 + fabs(x * factors[f]) / 32768);
        }
    }
    const mote_multiplier half = mote_multiplier_from_double(0.5);
    assert_int_equal(mote_scale_i32(3, half), 2);
    assert_int_equal(mote_scale_i32(-3, half), -2 + 1); /* the high product's rounding goes up */
    assert_int_equal(mote_scale_i64(3, half), 2);
    assert_int_equal(mote_scale_i64(-3, half), -1);
}

typedef struct pair {
    int32_t x, y;
} pair;

static void functions_give_known_answers(void **state)
{
    (void)state;
    static const pair exps[] = {{0, INT32_MAX},         {-1, 2147483124},        {-12345, 2147088157},
                                {-67108864, 790015308}, {-100000000, 483927985}, {-536870912, 720401},
                                {-1000000007, 725},     {-2147483647, 0}};
    for (size_t i = 0; i < sizeof exps / sizeof exps[0]; ++i) {
        assert_int_equal(mote_fixed_exp(exps[i].x, 5), exps[i].y);
        assert_true(fabs(exps[i].y / 2147483648.0 - exp(exps[i].x / 67108864.0)) < 4e-7);
    }
    static const pair reciprocals[] = {{0, 2147483647},         {1, 2147483647},          {1000, 2147482650},
                                       {123456789, 2030738432}, {1073741824, 1431655762}, {2000000000, 1111923858},
                                       {2147483647, 1073741820}};
    for (size_t i = 0; i < sizeof reciprocals / sizeof reciprocals[0]; ++i) {
        assert_int_equal(mote_fixed_reciprocal_1p(reciprocals[i].x), reciprocals[i].y);
        assert_true(fabs(reciprocals[i].y / 2147483648.0 - 1 / (1 + reciprocals[i].x / 2147483648.0)) < 1e-8);
    }
    static const pair logs[] = {
        {524288, 0},           {524289, 128},           {600000, 9052214},      {1048576, 46516320},
        {10000000, 197857012}, {1000000007, 506904752}, {2147483647, 558195838}};
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; ++i) {
        assert_int_equal(mote_fixed_log_q12(logs[i].x), logs[i].y);
        assert_true(fabs(logs[i].y / 67108864.0 - log(logs[i].x / 524288.0)) < 2e-6);
    }
}

static void inverse_square_root_and_reciprocal(void **state)
{
    (void)state;
    static const struct {
        int32_t x;
        mote_multiplier m;
    } roots[] = {{0, {INT32_MAX, 0}},        {1, {INT32_MAX, 0}},           {2, {1518498372, 0}},
                 {3, {1239850284, 0}},       {100, {214748363, 0}},         {65536, {268435457, -5}},
                 {1000003, {274877500, -7}}, {536870912, {379624593, -12}}, {2147483647, {189812531, -12}}};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; ++i) {
        const mote_multiplier m = mote_fixed_inverse_sqrt(roots[i].x);
        assert_int_equal(m.mantissa, roots[i].m.mantissa);
        assert_int_equal(m.exponent, roots[i].m.exponent);
    }
    static const int32_t inverses[][3] = {{1, 2147483647, 0}, {2, 2147483647, 1},   {3, 1431655762, 1},
                                          {7, 1227133516, 2}, {255, 1077952580, 7}, {2147483647, 1073741820, 30}};
    for (size_t i = 0; i < sizeof inverses / sizeof inverses[0]; ++i) {
        int32_t over;
        assert_int_equal(mote_fixed_reciprocal(inverses[i][0], 31, &over), inverses[i][1]);
        assert_int_equal(over, inverses[i][2]);
    }
}

static double half_of(double x)
{
    return x / 2;
}

static void lut_interpolates(void **state)
{
    (void)state;
    int16_t lut[513];
    mote_lut_i16_fill_f64(1.0, 0, 1.0, 0, half_of, lut);
    for (int32_t x = INT16_MIN; x <= INT16_MAX; ++x)
        assert_true(fabs(mote_lut_i16((int16_t)x, lut) - x / 2.0) <= 1.0);
}

static void sixteen_bit_functions_follow_the_real_ones(void **state)
{
    (void)state;
    for (int32_t x = INT16_MIN; x <= INT16_MAX; ++x) {
        const double real = x / 4096.0;
        assert_true(fabs(mote_fixed16_logistic((int16_t)x) - 32768 / (1 + exp(-real))) <= 16);
        for (int32_t bits = 0; bits <= 4; ++bits) {
            const double unit = (double)(1 << (15 - bits));
            assert_true(fabs(mote_fixed16_tanh((int16_t)x, bits) - 32768 * tanh(x / unit)) <= 32);
        }
    }
    assert_int_equal(mote_fixed16_logistic(0), 16384);
    assert_int_equal(mote_fixed16_tanh(0, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(high_product_rounds_and_saturates),
        cmocka_unit_test(right_shift_rounds_half_away_from_zero),
        cmocka_unit_test(multipliers_are_mantissa_and_exponent),
        cmocka_unit_test(scaling_stays_within_one_of_the_real_product),
        cmocka_unit_test(functions_give_known_answers),
        cmocka_unit_test(inverse_square_root_and_reciprocal),
        cmocka_unit_test(lut_interpolates),
        cmocka_unit_test(sixteen_bit_functions_follow_the_real_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
