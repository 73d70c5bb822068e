/* The specification of the matrix products (kernels.h). Slow and plain on purpose. */
#include "kernels/kernels.h"

#include <string.h>

void mote_f32_gemm__ref(const mote_f32_gemm_job *job, int64_t row_begin, int64_t row_end)
{
    enum { NR = 4 };
    for (int64_t row = row_begin; row < row_end; row++)
        for (int64_t column = 0; column < job->n; column++) {
            const float *panel = job->packed + column / NR * NR * (1 + job->k);
            float sum = 0.0f;
            for (int64_t k = 0; k < job->k; k++)
                sum += job->a[row * job->a_stride + k] * panel[NR * (1 + k) + column % NR];
            sum += panel[column % NR];
            sum = sum < job->low ? job->low : sum;
            job->c[row * job->c_stride + column] = sum > job->high ? job->high : sum;
        }
}

void mote_qs8_gemm__ref(const mote_qs8_gemm_job *job, int64_t row_begin, int64_t row_end)
{
    enum { NR = 4, KR = 4 };
    const int64_t k_padded = (job->k + KR - 1) / KR * KR;
    for (int64_t row = row_begin; row < row_end; row++)
        for (int64_t column = 0; column < job->n; column++) {
            const int8_t *panel =
                (const int8_t *)job->packed + column / NR * NR * ((int64_t)sizeof(int32_t) + k_padded);
            const int8_t *weights = panel + NR * (int64_t)sizeof(int32_t) + column % NR * KR;
            int32_t sum;
            memcpy(&sum, panel + column % NR * (int64_t)sizeof(int32_t), sizeof sum);
            for (int64_t k = 0; k < job->k; k++)
                sum = mote_wrap_add_i32(sum, job->a[row * job->a_stride + k] * weights[k / KR * KR * NR + k % KR]);
            if (job->sums) {
                job->sums[row * job->n + column] = sum;
                continue;
            }
            const mote_multiplier m = {job->mantissa[column], job->exponent[column]};
            const int32_t scaled = mote_wrap_add_i32(mote_scale_i32(sum, m), job->zero_point);
            job->c[row * job->c_stride + column] = (int8_t)mote_clamp_i32(scaled, job->low, job->high);
        }
}

void mote_f32_mm__ref(const mote_f32_mm_job *job, int64_t row_begin, int64_t row_end)
{
    enum { NR = 4 };
    for (int64_t row = row_begin; row < row_end; row++)
        for (int64_t column = 0; column < job->n; column++) {
            const float *b = job->packed ? job->b + column / NR * (NR * job->k) + column % NR : job->b + column;
            const int64_t b_row = job->packed ? NR : job->b_row;
            float sum = 0.0f;
            for (int64_t k = 0; k < job->k; k++)
                sum += job->a[row * job->a_row + k * job->a_step] * b[k * b_row];
            sum += job->bias ? job->bias[column] : 0.0f;
            float *c = &job->c[row * job->c_row + column];
            *c = job->add ? *c + sum : sum;
        }
}
