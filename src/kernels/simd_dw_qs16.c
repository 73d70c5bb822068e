/* Depthwise int16 rows, compiled once per instruction set: loops over a block of channels that the compiler vectorizes
 * (no immintrin.h). */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/simd_dw.h"
#include "kernels/wide_scale.h"

#include <string.h>

enum { BLOCK = 64 };

/* Sums of `width` channels from c on; as few taps as these fit 32 bits. */
static inline __attribute__((always_inline)) void block(const mote_dw_job *job, const mote_dw_taps *t, int64_t c,
                                                        int64_t width, int16_t *out)
{
    const int16_t *input = (const int16_t *)job->input + c, *filter = (const int16_t *)job->filter + c;
    int32_t sums[BLOCK] = {0};
    int64_t wide[BLOCK];
    for (int32_t fy = t->y0; fy < t->y1; fy++)
        for (int32_t fx = t->x0; fx < t->x1; fx++) {
            const int64_t step = (int64_t)fy * job->dilation_h * job->in_width + (int64_t)fx * job->dilation_w;
            const int16_t *x = input + t->input + step * job->channels;
            const int16_t *w = filter + ((int64_t)fy * job->filter_width + fx) * job->channels;
            for (int64_t i = 0; i < width; i++)
                sums[i] += (int32_t)x[i] * w[i];
        }
    for (int64_t i = 0; i < width; i++)
        wide[i] = sums[i];
    mote_wide_store(&job->scale, wide, c, width, out + c);
}

void MOTE_SIMD(mote_qs16_dw)(const mote_dw_job *job, int32_t row)
{
    int16_t *out = (int16_t *)job->output + (int64_t)row * job->out_width * job->channels;
    for (int32_t x = 0; x < job->out_width; x++, out += job->channels) {
        const mote_dw_taps t = mote_dw_find_taps(job, row, x);
        int64_t c = 0;
        for (; c + BLOCK <= job->channels; c += BLOCK)
            block(job, &t, c, BLOCK, out);
        for (; c + 16 <= job->channels; c += 16)
            block(job, &t, c, 16, out);
        if (c < job->channels)
            block(job, &t, c, job->channels - c, out);
    }
}
