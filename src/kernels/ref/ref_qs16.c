/* The specification of int16 on int8 weights (kernels.h): plain sums of 64 bits. */
#include "kernels/simd_dw.h"
#include "kernels/wide_scale.h"

void mote_qs16_gemm__ref(const mote_qs16_gemm_job *job, int64_t row_begin, int64_t row_end)
{
    enum { NR = 4, KR = 4 };
    const int64_t k_padded = (job->k + KR - 1) / KR * KR;
    for (int64_t row = row_begin; row < row_end; row++)
        for (int64_t column = 0; column < job->n; column++) {
            const int8_t *panel =
                (const int8_t *)job->packed + column / NR * NR * ((int64_t)sizeof(int32_t) + k_padded);
            const int8_t *weights = panel + NR * (int64_t)sizeof(int32_t) + column % NR * KR;
            int64_t sum = 0;
            for (int64_t k = 0; k < job->k; k++)
                sum += (int64_t)job->a[row * job->a_stride + k] * weights[k / KR * KR * NR + k % KR];
            mote_wide_store(&job->scale, &sum, column, 1, job->c + row * job->c_stride + column);
        }
}

void mote_qs16_dw__ref(const mote_dw_job *job, int32_t row)
{
    const int16_t *input = job->input, *filter = job->filter;
    int16_t *out = (int16_t *)job->output + (int64_t)row * job->out_width * job->channels;
    for (int32_t x = 0; x < job->out_width; x++, out += job->channels) {
        const mote_dw_taps t = mote_dw_find_taps(job, row, x);
        for (int64_t c = 0; c < job->channels; c++) {
            int64_t sum = 0;
            for (int32_t fy = t.y0; fy < t.y1; fy++)
                for (int32_t fx = t.x0; fx < t.x1; fx++) {
                    const int64_t step = (int64_t)fy * job->dilation_h * job->in_width + (int64_t)fx * job->dilation_w;
                    sum += (int64_t)input[t.input + step * job->channels + c] *
                           filter[((int64_t)fy * job->filter_width + fx) * job->channels + c];
                }
            mote_wide_store(&job->scale, &sum, c, 1, out + c);
        }
    }
}
