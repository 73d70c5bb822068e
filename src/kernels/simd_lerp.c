/*
 * The bilinear resize's slots, compiled once per instruction set and without fused multiply-add: the values are those
 * of the reference to the last bit. A line's pixels are first gathered into two runs of bytes, which then blend in
 * loops that the compiler vectorizes (no immintrin.h).
 */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { BLOCK_PIXELS = 128, MAX_CHANNELS = 4 };

/* Whole words where the line reaches that far, each overwriting the rest of the one before; bytes at its end. */
static void gather_pixels(const mote_u8_lerp_job *job, const int32_t *at, int64_t n, uint8_t *pixels)
{
    const int32_t channels = job->channels;
    int64_t i = 0;
    for (; i < n && at[i] + MAX_CHANNELS <= job->line_bytes; i++)
        memcpy(pixels + i * channels, job->line + at[i], MAX_CHANNELS);
    for (; i < n; i++)
        for (int32_t c = 0; c < channels; c++)
            pixels[i * channels + c] = job->line[at[i] + c];
}

void MOTE_SIMD(mote_u8_lerp)(const mote_u8_lerp_job *job)
{
    /* Room for the word that the last pixel of a block writes. */
    uint8_t left[(BLOCK_PIXELS + 1) * MAX_CHANNELS], right[(BLOCK_PIXELS + 1) * MAX_CHANNELS];
    for (int64_t begin = 0; begin < job->n_pixels; begin += BLOCK_PIXELS) {
        const int64_t n = job->n_pixels - begin < BLOCK_PIXELS ? job->n_pixels - begin : BLOCK_PIXELS;
        gather_pixels(job, job->left + begin, n, left);
        gather_pixels(job, job->right + begin, n, right);
        const float *restrict weights = job->weights + begin * job->channels;
        float *restrict out = job->out + begin * job->channels;
        for (int64_t i = 0; i < n * job->channels; i++) {
            const float a = left[i], b = right[i];
            out[i] = a + (b - a) * weights[i];
        }
    }
}

void MOTE_SIMD(mote_f32_lerp)(const float *a, const float *b, float weight, float *restrict out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = a[i] + (b[i] - a[i]) * weight;
}
