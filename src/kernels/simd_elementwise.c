/*
 * The element-wise slots, compiled once per instruction set: loops without calls or branches that the compiler turns
 * into vector code. Outputs may be their inputs.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/vec_math.h"

#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

void MOTE_SIMD(mote_f32_exp)(const float *in, float *out, int64_t n, float shift, float factor)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_exp_f32((in[i] - shift) * factor);
}

void MOTE_SIMD(mote_f32_logistic)(const float *in, float *out, int64_t n)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_logistic_f32(in[i]);
}

void MOTE_SIMD(mote_f32_tanh)(const float *in, float *out, int64_t n)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_tanh_f32(in[i]);
}

void MOTE_SIMD(mote_f32_gelu)(const float *in, float *out, int64_t n)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_gelu_f32(in[i]);
}

enum { BLOCK = 256 };

/* (a[i] - zero_a)(b[i] - zero_b), or with one of them held. */
static void products_of(const mote_qs8_mul_job *job, int64_t at, int64_t n, int32_t *restrict products)
{
    const int32_t zero_a = job->zero_a, zero_b = job->zero_b;
    if (job->a_step == job->b_step) {
        const int8_t *a = job->a + at, *b = job->b + at;
        for (int64_t i = 0; i < n; ++i)
            products[i] = (a[i] - zero_a) * (b[i] - zero_b);
        return;
    }
    const int8_t *walked = (job->a_step ? job->a : job->b) + at;
    const int32_t zero = job->a_step ? zero_a : zero_b;
    const int32_t held = job->a_step ? job->b[0] - zero_b : job->a[0] - zero_a;
    for (int64_t i = 0; i < n; ++i)
        products[i] = (walked[i] - zero) * held;
}

/*
 * The high product in double, which every vector unit has: |p| < 2^16, so p * mantissa * 2^left is below 2^51 for
 * left <= 3 and exact; with 2^20 added the conversion towards zero is a floor. Then the rounding shift, as
 * mote_shift_right_round_i32 has it.
 */
void MOTE_SIMD(mote_qs8_mul)(const mote_qs8_mul_job *job, int64_t n)
{
    const int32_t left = mote_max_i32(job->scale.exponent, 0), right = mote_max_i32(-job->scale.exponent, 0);
    if (left > 3) {
        mote_qs8_mul__ref(job, n);
        return;
    }
    const double factor = (double)job->scale.mantissa * (1 << left) / 2147483648.0;
    const int32_t mask = (int32_t)((INT64_C(1) << right) - 1), half = mask >> 1;
    const int32_t zero = job->zero_point, low = job->low, high = job->high;
    int32_t products[BLOCK], codes[BLOCK];
    int8_t *const c = job->c;
    for (int64_t at = 0; at < n; at += BLOCK) {
        const int64_t m = n - at < BLOCK ? n - at : BLOCK;
        products_of(job, at, m, products);
        for (int64_t i = 0; i < m; ++i) {
            const int32_t product = (int32_t)(products[i] * factor + (0x1p20 + 0.5)) - (1 << 20);
            const int32_t rounded = (product >> right) + ((product & mask) > half + (product < 0));
            codes[i] = mote_clamp_i32(rounded + zero, low, high);
        }
        for (int64_t i = 0; i < m; ++i)
            c[at + i] = (int8_t)codes[i];
    }
}
