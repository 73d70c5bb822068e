/* The specification of normalization's passes (kernels.h). */
#include "kernels/norm_activation.h"

static float normalized(const mote_norm_job *job, int64_t at, int64_t c)
{
    return (job->x[at] - job->mean[c]) * job->scale[c] + job->offset[c];
}

void mote_f32_norm_moments__ref(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    for (int64_t c = 0; c < job->channels; c++) {
        float sum = 0.0f, squares = 0.0f;
        for (int64_t row = row_begin; row < row_end; row++)
            sum += job->x[row * job->channels + c];
        const float mean = sum / (float)(row_end - row_begin);
        for (int64_t row = row_begin; row < row_end; row++) {
            const float d = job->x[row * job->channels + c] - mean;
            squares += d * d;
        }
        job->sum[c] = sum;
        job->sum_2[c] = squares;
    }
}

void mote_f32_norm_apply__ref(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    for (int64_t row = row_begin; row < row_end; row++)
        for (int64_t c = 0; c < job->channels; c++) {
            const int64_t at = row * job->channels + c;
            job->y[at] = mote_norm_activate(job->activation, normalized(job, at, c));
        }
}

void mote_f32_norm_reduce__ref(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    for (int64_t c = 0; c < job->channels; c++) {
        float sum = 0.0f, products = 0.0f;
        for (int64_t row = row_begin; row < row_end; row++) {
            const int64_t at = row * job->channels + c;
            const float dz = job->dy[at] * mote_norm_derivative(job->activation, normalized(job, at, c));
            sum += dz;
            products += dz * (job->x[at] - job->mean[c]);
            if (job->y)
                job->y[at] = dz;
        }
        job->sum[c] += sum;
        job->sum_2[c] += products;
    }
}

void mote_f32_norm_input__ref(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    for (int64_t row = row_begin; row < row_end; row++)
        for (int64_t c = 0; c < job->channels; c++) {
            const int64_t at = row * job->channels + c;
            job->y[at] = job->dy[at] * job->scale[c] - job->shift[c] - (job->x[at] - job->mean[c]) * job->slope[c];
        }
}
