/*
 * Depthwise rows, compiled once per instruction set. A pixel's channels are taken a block at a time; the block's sums
 * stay in vectors while the taps go by. Which taps lie inside the image is worked out once per pixel.
 */
#include "kernels/simd_dw.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

#include <string.h>

enum { LANES = MOTE_SIMD_BYTES / 4, BLOCK = 4 * LANES };

typedef mote_vec_f32 vec_f32;

static inline vec_f32 load_f32(const float *p)
{
    vec_f32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline __attribute__((always_inline)) void f32_block(const mote_dw_job *job, const mote_dw_taps *t, int64_t c,
                                                            const int n_vectors, float *out)
{
    const float *input = (const float *)job->input, *filter = (const float *)job->filter + c;
    const float *bias = job->bias;
    vec_f32 sum[4];
#pragma GCC unroll 4
    for (int v = 0; v < n_vectors; v++)
        sum[v] = (vec_f32){0};
    const int64_t step_y = (int64_t)job->dilation_h * job->in_width * job->channels;
    const int64_t step_x = (int64_t)job->dilation_w * job->channels;
    for (int32_t fy = t->y0; fy < t->y1; fy++)
        for (int32_t fx = t->x0; fx < t->x1; fx++) {
            const float *x = input + t->input + fy * step_y + fx * step_x + c;
            const float *w = filter + ((int64_t)fy * job->filter_width + fx) * job->channels;
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; v++)
                sum[v] += load_f32(x + v * LANES) * load_f32(w + v * LANES);
        }
#pragma GCC unroll 4
    for (int v = 0; v < n_vectors; v++) {
        const vec_f32 biased = bias ? sum[v] + load_f32(bias + c + v * LANES) : sum[v];
        const vec_f32 s = mote_vec_clamp(biased, job->low_f32, job->high_f32);
        memcpy(out + c + v * LANES, &s, sizeof s);
    }
}

static void f32_rest(const mote_dw_job *job, const mote_dw_taps *t, int64_t c, float *out)
{
    const float *input = job->input, *filter = job->filter, *bias = job->bias;
    for (; c < job->channels; c++) {
        float sum = 0.0f;
        for (int32_t fy = t->y0; fy < t->y1; fy++)
            for (int32_t fx = t->x0; fx < t->x1; fx++)
                sum +=
                    input[t->input +
                          ((int64_t)fy * job->dilation_h * job->in_width + fx * job->dilation_w) * job->channels + c] *
                    filter[((int64_t)fy * job->filter_width + fx) * job->channels + c];
        sum += bias ? bias[c] : 0.0f;
        sum = sum < job->low_f32 ? job->low_f32 : sum;
        out[c] = sum > job->high_f32 ? job->high_f32 : sum;
    }
}

void MOTE_SIMD(mote_f32_dw)(const mote_dw_job *job, int32_t row)
{
    float *out = (float *)job->output + (int64_t)row * job->out_width * job->channels;
    for (int32_t x = 0; x < job->out_width; x++, out += job->channels) {
        const mote_dw_taps t = mote_dw_find_taps(job, row, x);
        int64_t c = 0;
        for (; c + BLOCK <= job->channels; c += BLOCK)
            f32_block(job, &t, c, 4, out);
        for (; c + LANES <= job->channels; c += LANES)
            f32_block(job, &t, c, 1, out);
        f32_rest(job, &t, c, out);
    }
}
