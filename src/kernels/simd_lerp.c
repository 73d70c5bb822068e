/*
 * The bilinear resize's slots, compiled once per instruction set and without fused multiply-add: the values are those
 * of the reference to the last bit. A pixel's two neighbours are words of four bytes, whatever the channels: what is
 * too much is written over by the next pixel. GNU vectors, no immintrin.h.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/simd_f32.h"

enum { WORD = 4 };

/* channels is a constant in every call. */
static inline __attribute__((always_inline)) void blend(const mote_u8_lerp_job *job, const int32_t channels)
{
    const uint8_t *line = job->line;
    const int32_t *left = job->left, *right = job->right;
    const float *weights = job->weights;
    float *out = job->out;
    const int64_t n_values = job->n_pixels * channels, last = job->line_bytes - WORD;
    int64_t i = 0;
    for (; i * channels + WORD <= n_values && right[i] <= last; i++) {
        const mote_word_f32 a = mote_word_from_bytes(line + left[i]), b = mote_word_from_bytes(line + right[i]);
        mote_word_f32 weight;
        memcpy(&weight, weights + i * channels, sizeof weight);
        const mote_word_f32 value = a + (b - a) * weight;
        memcpy(out + i * channels, &value, sizeof value);
    }
    for (; i < job->n_pixels; i++)
        for (int32_t c = 0; c < channels; c++) {
            const float a = line[left[i] + c], b = line[right[i] + c];
            out[i * channels + c] = a + (b - a) * weights[i * channels + c];
        }
}

void MOTE_SIMD(mote_u8_lerp)(const mote_u8_lerp_job *job)
{
    if (job->channels == 3)
        blend(job, 3);
    else if (job->channels == 1)
        blend(job, 1);
    else
        blend(job, job->channels);
}

void MOTE_SIMD(mote_f32_lerp)(const float *a, const float *b, float weight, float *restrict out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = a[i] + (b[i] - a[i]) * weight;
}
