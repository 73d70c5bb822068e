#include "kernels/kernels.h"
#include "kernels/quantize_code.h"

void mote_f32_to_qs8__ref(const float *x, int8_t *q, int64_t n, float inverse, int32_t zero, int32_t low)
{
    for (int64_t i = 0; i < n; i++)
        q[i] = mote_code_of(x[i] * inverse, zero, low);
}

void mote_f32_range__ref(const float *x, int64_t n, float *low, float *high)
{
    *low = *high = n ? x[0] : 0.0f;
    for (int64_t i = 1; i < n; i++) {
        *low = x[i] < *low ? x[i] : *low;
        *high = x[i] > *high ? x[i] : *high;
    }
}

void mote_qs8_to_f32__ref(const mote_qs8_to_f32_job *job, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const int32_t sum = job->sums[i] - (job->weight_sums ? job->zero * job->weight_sums[i] : 0);
        const float scale = job->scale[i * job->scale_step];
        float v = job->scale_first ? (float)sum * scale * job->x_scale : (float)sum * (job->x_scale * scale);
        v += job->bias ? job->bias[i] : 0.0f;
        v = v < job->low ? job->low : v;
        job->out[i] = v > job->high ? job->high : v;
    }
}
