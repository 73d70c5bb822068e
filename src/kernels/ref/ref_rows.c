/* The specification of rows beside a shared vector (kernels.h). */
#include "kernels/kernels.h"

void mote_f32_rows_scale__ref(const mote_rows_job *job)
{
    for (int64_t i = 0; i < job->n * job->channels; i++)
        job->y[i] = job->a[i] * job->by[i % job->channels];
}

void mote_f32_rows_sum__ref(const mote_rows_job *job)
{
    for (int64_t i = 0; i < job->n * job->channels; i++)
        job->sum[i % job->channels] += job->a[i];
}

void mote_f32_rows_gate__ref(const mote_rows_job *job)
{
    for (int64_t i = 0; i < job->n * job->channels; i++) {
        const float dy = job->dy[i];
        if (job->sum)
            job->sum[i % job->channels] += dy * job->a[i];
        if (job->y)
            job->y[i] = dy * job->by[i % job->channels];
    }
}
