#include "kernels/fixed_math.h"

/* Q0.31 constants */
enum {
    EXP_MINUS_EIGHTH = 1895147668,
    ONE_THIRD = 715827883,
    LOG_2 = 1488522236,
    FOURTH_ROOT_HALF = 1805811301,
    ROOT_HALF = 1518500250,
    ONE_QUARTER = 536870912,
};

/* x * 2^-bits, rounded */
static int32_t rescale_down(int32_t x, int32_t bits)
{
    return mote_shift_right_round_i32(x, bits);
}

int32_t mote_saturating_shift_left_i32(int32_t x, int32_t bits)
{
    if (bits == 0)
        return x;
    const int32_t threshold = (int32_t)((INT64_C(1) << (31 - bits)) - 1);
    if (x > threshold)
        return INT32_MAX;
    if (x < -threshold)
        return INT32_MIN;
    return mote_shift_left_i32(x, bits);
}

/* exp(x) for x in [-1/4, 0) in Q0.31: Taylor's series around -1/8. */
static int32_t exp_on_quarter(int32_t a)
{
    const int32_t x = a + (1 << 28);
    const int32_t x2 = mote_mulh_i32(x, x);
    const int32_t x3 = mote_mulh_i32(x2, x);
    const int32_t x4 = mote_mulh_i32(x2, x2);
    const int32_t tail = rescale_down(mote_mulh_i32(rescale_down(x4, 2) + x3, ONE_THIRD) + x2, 1);
    return EXP_MINUS_EIGHTH + mote_mulh_i32(EXP_MINUS_EIGHTH, x + tail);
}

int32_t mote_fixed_exp(int32_t x, int32_t integer_bits)
{
    /* exp(-2^k), k = -2 … 4, in Q0.31 */
    static const int32_t power[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t fraction_bits = 31 - integer_bits;
    const int32_t quarter = 1 << (fraction_bits - 2);
    const int32_t low = (x & (quarter - 1)) - quarter;
    int32_t result = exp_on_quarter(mote_saturating_shift_left_i32(low, integer_bits));
    const int32_t remainder = mote_wrap_sub_i32(low, x);
    for (int32_t k = -2; k < integer_bits; ++k) {
        if (remainder & mote_shift_left_i32(1, fraction_bits + k))
            result = mote_mulh_i32(result, power[k + 2]);
    }
    return x == 0 ? INT32_MAX : result;
}

/* 1 / (half the denominator) by Newton and Raphson, in Q2.29; half_denominator in [1/2, 1] in Q0.31. */
static int32_t newton_reciprocal(int32_t half_denominator)
{
    const int32_t one = 1 << 29;
    int32_t x = 1515870810 /* 48/17 */ + mote_mulh_i32(half_denominator, -1010580540 /* -32/17 */);
    for (int32_t i = 0; i < 3; ++i) {
        const int32_t error = one - mote_mulh_i32(half_denominator, x);
        x += mote_saturating_shift_left_i32(mote_mulh_i32(x, error), 2); /* Q4 -> Q2 */
    }
    return x;
}

static int32_t rounding_half_sum(int32_t a, int32_t b)
{
    const int64_t sum = (int64_t)a + b;
    return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

int32_t mote_fixed_reciprocal_1p(int32_t x)
{
    return mote_saturating_shift_left_i32(newton_reciprocal(rounding_half_sum(x, INT32_MAX)), 1); /* Q1 -> Q0 */
}

int32_t mote_fixed_reciprocal(int32_t x, int32_t integer_digits, int32_t *n_bits_over)
{
    const int32_t zeros = mote_leading_zeros_u32((uint32_t)x);
    *n_bits_over = integer_digits - zeros;
    return mote_fixed_reciprocal_1p((int32_t)(((uint32_t)x << zeros) - (UINT32_C(1) << 31)));
}

static int32_t saturate_i64(int64_t x)
{
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

/*
 * log(x): z = x * 2^-p with p chosen so that z lies around 2^(-1/4), in two ways (x and x * sqrt(1/2)), the
 * better one taken; then a rational approximation in q = 2 * (z - 2^(-1/4)).
 */
int32_t mote_fixed_log_q12(int32_t input)
{
    enum { INPUT_BITS = 12, OUTPUT_BITS = 5, SUM_BITS = OUTPUT_BITS + 1 };
    const int32_t alpha_n = 117049297, alpha_d = 127690142, alpha_i = 1057819769, alpha_f = 638450708;
    const int32_t shifted_quarter = rescale_down(ONE_QUARTER, SUM_BITS);
    const int32_t zeros_a = mote_leading_zeros_u32((uint32_t)input);
    const int32_t r_a =
        mote_saturating_shift_left_i32(mote_mulh_i32(mote_saturating_shift_left_i32(input, zeros_a - 1), ROOT_HALF), 1);
    const int32_t power_a =
        saturate_i64((int64_t)mote_saturating_shift_left_i32(INPUT_BITS - zeros_a, 31 - SUM_BITS) + shifted_quarter);
    const int32_t z_b = mote_mulh_i32(input, ROOT_HALF);
    const int32_t headroom_b = mote_leading_zeros_u32((uint32_t)z_b) - 1;
    const int32_t r_b = mote_saturating_shift_left_i32(input, headroom_b);
    const int32_t power_b =
        saturate_i64((int64_t)mote_saturating_shift_left_i32(INPUT_BITS - headroom_b, 31 - SUM_BITS) - shifted_quarter);
    const int32_t r = mote_min_i32(r_a, r_b);
    const int32_t power = mote_max_i32(power_a, power_b);
    const int32_t p = rounding_half_sum(r, FOURTH_ROOT_HALF);
    const int32_t q = mote_shift_left_i32(r - FOURTH_ROOT_HALF, 1);
    const int32_t q2 = mote_mulh_i32(q, q);
    const int32_t numerator = mote_wrap_add_i32(mote_mulh_i32(q, r), mote_mulh_i32(mote_mulh_i32(q, q2), alpha_n));
    const int32_t inner = mote_wrap_add_i32(mote_wrap_add_i32(alpha_i, q), mote_mulh_i32(alpha_d, q2));
    const int32_t denominator_minus_1 = mote_wrap_add_i32(mote_mulh_i32(p, inner), mote_mulh_i32(alpha_f, q));
    const int32_t reciprocal = mote_fixed_reciprocal_1p(denominator_minus_1);
    const int32_t fraction = mote_mulh_i32(rescale_down(numerator, SUM_BITS), reciprocal);
    return mote_saturating_shift_left_i32(mote_wrap_add_i32(mote_mulh_i32(power, LOG_2), fraction),
                                          SUM_BITS - OUTPUT_BITS);
}

mote_multiplier mote_fixed_inverse_sqrt(int32_t x)
{
    if (x <= 1)
        return (mote_multiplier){INT32_MAX, 0};
    int32_t right_shift = 11;
    while (x >= 1 << 29) {
        x /= 4;
        ++right_shift;
    }
    const int32_t pairs = (mote_leading_zeros_u32((uint32_t)x) - 1) / 2 - 1;
    right_shift -= pairs;
    x = mote_shift_left_i32(x, 2 * pairs);
    /* Newton and Raphson in Q3.28: y = 1.5 y - x/2 y³ */
    const int32_t input = x >> 1;
    const int32_t half_input = rescale_down(input, 1);
    const int32_t half_three = (1 << 28) + (1 << 27);
    int32_t y = 1 << 28;
    for (int32_t i = 0; i < 5; ++i) {
        const int32_t y3 = mote_saturating_shift_left_i32(mote_mulh_i32(mote_mulh_i32(y, y), y), 6); /* Q9 -> Q3 */
        y = mote_saturating_shift_left_i32(
            mote_wrap_sub_i32(mote_mulh_i32(half_three, y), mote_mulh_i32(half_input, y3)), 3); /* Q6 -> Q3 */
    }
    mote_multiplier result = {mote_mulh_i32(y, ROOT_HALF), right_shift};
    if (result.exponent < 0) {
        result.mantissa = mote_shift_left_i32(result.mantissa, -result.exponent);
        result.exponent = 0;
    }
    result.exponent = -result.exponent;
    return result;
}

void mote_lut_i16_fill_f32(float input_scale, int32_t input_zero, float output_scale, int32_t output_zero,
                           float (*f)(float value, const void *arg), const void *arg, int16_t lut[513])
{
    const float input_min = input_scale * (float)(INT16_MIN - input_zero);
    const float input_max = input_scale * (float)(INT16_MAX - input_zero);
    const float output_min = output_scale * (float)(INT16_MIN - output_zero);
    const float output_max = output_scale * (float)(INT16_MAX - output_zero);
    const float step = (input_max - input_min) / 512;
    const float half_step = step / 2;
    const float inverse = 65536.0f / (output_max - output_min);
    for (int32_t i = 0; i < 512; ++i) {
        const float value = f(input_min + (float)i * step, arg);
        const float middle = f(input_min + (float)i * step + half_step, arg);
        const float next = f(input_min + (float)(i + 1) * step, arg);
        const float sample = roundf(value * inverse);
        const float interpolated = roundf((next * inverse + roundf(value * inverse)) / 2);
        const float bias = roundf((interpolated - roundf(middle * inverse)) / 2);
        lut[i] = (int16_t)fminf(fmaxf(sample - bias, INT16_MIN), INT16_MAX);
    }
    lut[512] = (int16_t)fminf(fmaxf(roundf(f(input_max, arg) * inverse), INT16_MIN), INT16_MAX);
}

void mote_lut_i16_fill_f64(double input_scale, int32_t input_zero, double output_scale, int32_t output_zero,
                           double (*f)(double value), int16_t lut[513])
{
    const double input_min = input_scale * (INT16_MIN - input_zero);
    const double input_max = input_scale * (INT16_MAX - input_zero);
    const double output_min = output_scale * (INT16_MIN - output_zero);
    const double output_max = output_scale * (INT16_MAX - output_zero);
    const double step = (input_max - input_min) / 512;
    const double half_step = step / 2;
    const double inverse = 65536.0 / (output_max - output_min);
    for (int32_t i = 0; i < 512; ++i) {
        const double value = f(input_min + i * step);
        const double middle = f(input_min + i * step + half_step);
        const double next = f(input_min + (i + 1) * step);
        const double sample = round(value * inverse);
        const double interpolated = round((next * inverse + round(value * inverse)) / 2);
        const double bias = round((interpolated - round(middle * inverse)) / 2);
        lut[i] = (int16_t)fmin(fmax(sample - bias, INT16_MIN), INT16_MAX);
    }
    lut[512] = (int16_t)fmin(fmax(round(f(input_max) * inverse), INT16_MIN), INT16_MAX);
}
