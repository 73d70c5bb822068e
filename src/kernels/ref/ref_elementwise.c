/* The element-wise slots, plainly. */
#include "kernels/kernels.h"
#include "kernels/strict_math.h"
#include "kernels/vec_math.h"

void mote_f32_exp__ref(const float *in, float *out, int64_t n, float shift, float factor)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_exp_f32((in[i] - shift) * factor);
}

void mote_f32_logistic__ref(const float *in, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_logistic_f32(in[i]);
}

void mote_f32_logistic_strict__ref(const float *in, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_logistic_strict_f32(in[i]);
}

void mote_f32_tanh__ref(const float *in, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_tanh_f32(in[i]);
}

void mote_f32_gelu__ref(const float *in, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_gelu_f32(in[i]);
}

static int8_t finish(const mote_qs8_pair_job *job, int32_t value)
{
    const int32_t code = mote_wrap_add_i32(mote_scale_i32(value, job->scale), job->zero_point);
    return (int8_t)mote_clamp_i32(code, job->low, job->high);
}

void mote_qs8_mul__ref(const mote_qs8_pair_job *job, int64_t n)
{
    for (int64_t i = 0; i < n; ++i) {
        const int32_t a = job->a[job->a_step ? i : 0] - job->zero_a, b = job->b[job->b_step ? i : 0] - job->zero_b;
        job->c[i] = finish(job, a * b);
    }
}

void mote_qs8_add__ref(const mote_qs8_pair_job *job, int64_t n)
{
    for (int64_t i = 0; i < n; ++i) {
        const int32_t a = job->a[job->a_step ? i : 0] - job->zero_a, b = job->b[job->b_step ? i : 0] - job->zero_b;
        const int32_t x = mote_scale_i32(mote_shift_left_i32(a, job->left_shift), job->scale_a);
        const int32_t y = mote_scale_i32(mote_shift_left_i32(b, job->left_shift), job->scale_b);
        job->c[i] = finish(job, job->subtract ? mote_wrap_sub_i32(x, y) : mote_wrap_add_i32(x, y));
    }
}
