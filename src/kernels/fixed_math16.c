#include "kernels/fixed_math16.h"

#include "kernels/fixed_point.h"

/* Q0.15 unless a comment says otherwise: the Q0.31 constants of fixed_math.c, rounded. */
enum {
    ONE = INT16_MAX,
    EXP_MINUS_EIGHTH = 28918,
    ONE_THIRD = 10923,
    FORTY_EIGHT_SEVENTEENTHS_Q2 = 23130,
    MINUS_THIRTY_TWO_SEVENTEENTHS_Q2 = -15420,
    ONE_Q2 = 1 << 13,
};

static int16_t saturate(int32_t x)
{
    return (int16_t)mote_clamp_i32(x, INT16_MIN, INT16_MAX);
}

static int16_t rescale_down(int16_t x, int32_t bits)
{
    return (int16_t)mote_shift_right_round_i32(x, bits);
}

static int16_t rescale_up(int16_t x, int32_t bits)
{
    return saturate(x * (1 << bits));
}

/* exp(x) for x in [-1/4, 0): Taylor's series around -1/8. */
static int16_t exp_on_quarter(int16_t a)
{
    const int16_t x = (int16_t)(a + (1 << 12));
    const int16_t x2 = mote_mulh_i16(x, x);
    const int16_t x3 = mote_mulh_i16(x2, x);
    const int16_t x4 = mote_mulh_i16(x2, x2);
    const int16_t third = mote_mulh_i16((int16_t)(rescale_down(x4, 2) + x3), ONE_THIRD);
    const int16_t tail = rescale_down((int16_t)(third + x2), 1);
    return saturate(EXP_MINUS_EIGHTH + mote_mulh_i16(EXP_MINUS_EIGHTH, (int16_t)(x + tail)));
}

/* exp(x) for x <= 0 in Q<integer_bits>; integer_bits in [0, 5]. */
static int16_t exp_on_negative(int16_t x, int32_t integer_bits)
{
    /* exp(-2^k), k = -2 … 4 */
    static const int16_t power[7] = {25520, 19875, 12055, 4435, 600, 11, 0};
    const int32_t fraction_bits = 15 - integer_bits, quarter = 1 << (fraction_bits - 2);
    const int16_t low = (int16_t)((x & (quarter - 1)) - quarter);
    const int16_t remainder = (int16_t)(low - x);
    int16_t result = exp_on_quarter(rescale_up(low, integer_bits));
    for (int32_t k = -2; k < integer_bits; k++)
        if (remainder & (1 << (fraction_bits + k)))
            result = mote_mulh_i16(result, power[k + 2]);
    return x == 0 ? ONE : result;
}

/* 1 / ((1 + x) / 2) in Q2.13 by Newton and Raphson, for x in [0, 1). */
static int16_t reciprocal_of_half(int16_t x)
{
    const int32_t sum = x + ONE;
    const int16_t half = (int16_t)((sum + 1) / 2);
    int16_t r = (int16_t)(FORTY_EIGHT_SEVENTEENTHS_Q2 + mote_mulh_i16(half, MINUS_THIRTY_TWO_SEVENTEENTHS_Q2));
    for (int32_t i = 0; i < 3; i++) {
        const int16_t error = (int16_t)(ONE_Q2 - mote_mulh_i16(half, r));
        r = (int16_t)(r + rescale_up(mote_mulh_i16(r, error), 2)); /* Q4 -> Q2 */
    }
    return r;
}

int16_t mote_fixed16_logistic(int16_t x)
{
    if (x == 0)
        return 1 << 14;
    const int16_t minus = x > 0 ? (int16_t)-x : x;
    const int16_t positive = rescale_up(reciprocal_of_half(exp_on_negative(minus, 3)), 1);
    return x > 0 ? positive : (int16_t)(ONE - positive);
}

int16_t mote_fixed16_tanh(int16_t x, int32_t integer_bits)
{
    if (x == 0)
        return 0;
    /* the double of -|x| has the same bits with one more of them integer */
    const int16_t e = exp_on_negative(x < 0 ? x : (int16_t)-x, integer_bits + 1);
    const int16_t t = rescale_up((int16_t)(reciprocal_of_half(e) - ONE_Q2), 2);
    return x < 0 ? (int16_t)-t : t;
}
