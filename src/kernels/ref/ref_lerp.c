/* The slots of the bilinear resize, plainly. */
#include "kernels/kernels.h"

void mote_u8_lerp__ref(const mote_u8_lerp_job *job)
{
    for (int64_t i = 0; i < job->n_pixels; i++)
        for (int32_t c = 0; c < job->channels; c++) {
            const float left = job->line[job->left[i] + c], right = job->line[job->right[i] + c];
            const int64_t at = i * job->channels + c;
            job->out[at] = left + (right - left) * job->weights[at];
        }
}

void mote_f32_lerp__ref(const float *a, const float *b, float weight, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = a[i] + (b[i] - a[i]) * weight;
}
