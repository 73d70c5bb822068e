/*
 * Normalization's passes, compiled once per instruction set: loops over a block of channels, whose constants and sums
 * stay in a small array, around which the rows go by. The activation is a constant of each inlined loop. The
 * compiler vectorizes them (no immintrin.h).
 */
#include "kernels/norm_activation.h"
#include "kernels/simd.h"

#include <string.h>

enum { LANES = MOTE_SIMD_BYTES / 4, WIDE = 4 * LANES };

/* One block: `width` channels from c on; width is a constant where it is WIDE. */
typedef void block_fn(const mote_norm_job *job, int64_t row_begin, int64_t row_end, int64_t c, int64_t width);

static inline __attribute__((always_inline)) void blocks(const mote_norm_job *job, int64_t row_begin, int64_t row_end,
                                                         block_fn *fn)
{
    int64_t c = 0;
    for (; c + WIDE <= job->channels; c += WIDE)
        fn(job, row_begin, row_end, c, WIDE);
    for (; c + LANES <= job->channels; c += LANES)
        fn(job, row_begin, row_end, c, LANES);
    if (c < job->channels)
        fn(job, row_begin, row_end, c, job->channels - c);
}

static inline __attribute__((always_inline)) void moments(const mote_norm_job *job, int64_t row_begin, int64_t row_end,
                                                          int64_t c, int64_t width)
{
    const float *x = job->x + row_begin * job->channels + c;
    const int64_t n = row_end - row_begin;
    float sum[WIDE] = {0}, squares[WIDE] = {0}, mean[WIDE];
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < width; j++)
            sum[j] += x[i * job->channels + j];
    for (int64_t j = 0; j < width; j++)
        mean[j] = sum[j] / (float)n;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < width; j++) {
            const float d = x[i * job->channels + j] - mean[j];
            squares[j] += d * d;
        }
    memcpy(job->sum + c, sum, (size_t)width * sizeof *sum);
    memcpy(job->sum_2 + c, squares, (size_t)width * sizeof *squares);
}

static void moments_block(const mote_norm_job *job, int64_t row_begin, int64_t row_end, int64_t c, int64_t width)
{
    if (width == WIDE)
        moments(job, row_begin, row_end, c, WIDE);
    else if (width == LANES)
        moments(job, row_begin, row_end, c, LANES);
    else
        moments(job, row_begin, row_end, c, width);
}

void MOTE_SIMD(mote_f32_norm_moments)(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    blocks(job, row_begin, row_end, moments_block);
}

static inline __attribute__((always_inline)) void apply(const mote_norm_job *job, int64_t row_begin, int64_t row_end,
                                                        const int32_t activation)
{
    const int64_t channels = job->channels;
    for (int64_t row = row_begin; row < row_end; row++) {
        const float *restrict x = job->x + row * channels;
        const float *restrict mean = job->mean, *restrict scale = job->scale, *restrict offset = job->offset;
        float *restrict y = job->y + row * channels;
        for (int64_t c = 0; c < channels; c++)
            y[c] = mote_norm_activate(activation, (x[c] - mean[c]) * scale[c] + offset[c]);
    }
}

void MOTE_SIMD(mote_f32_norm_apply)(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    switch (job->activation) {
    case MOTE_NORM_RELU:
        apply(job, row_begin, row_end, MOTE_NORM_RELU);
        return;
    case MOTE_NORM_RELU6:
        apply(job, row_begin, row_end, MOTE_NORM_RELU6);
        return;
    case MOTE_NORM_HARD_SWISH:
        apply(job, row_begin, row_end, MOTE_NORM_HARD_SWISH);
        return;
    case MOTE_NORM_SWISH:
        apply(job, row_begin, row_end, MOTE_NORM_SWISH);
        return;
    default:
        apply(job, row_begin, row_end, MOTE_NORM_LINEAR);
    }
}

static inline __attribute__((always_inline)) void reduce(const mote_norm_job *job, int64_t row_begin, int64_t row_end,
                                                         int64_t c, int64_t width, const int32_t activation)
{
    float sum[WIDE] = {0}, products[WIDE] = {0}, dz[WIDE];
    for (int64_t row = row_begin; row < row_end; row++) {
        const int64_t at = row * job->channels + c;
        const float *x = job->x + at, *dy = job->dy + at;
        for (int64_t j = 0; j < width; j++) {
            const float centred = x[j] - job->mean[c + j];
            dz[j] = dy[j] * mote_norm_derivative(activation, centred * job->scale[c + j] + job->offset[c + j]);
            sum[j] += dz[j];
            products[j] += dz[j] * centred;
        }
        if (job->y)
            memcpy(job->y + at, dz, (size_t)width * sizeof *dz);
    }
    for (int64_t j = 0; j < width; j++) {
        job->sum[c + j] += sum[j];
        job->sum_2[c + j] += products[j];
    }
}

#define REDUCE_BLOCK(name, activation)                                                                                 \
    static void reduce_##name(const mote_norm_job *job, int64_t row_begin, int64_t row_end, int64_t c, int64_t width)  \
    {                                                                                                                  \
        if (width == WIDE)                                                                                             \
            reduce(job, row_begin, row_end, c, WIDE, activation);                                                      \
        else if (width == LANES)                                                                                       \
            reduce(job, row_begin, row_end, c, LANES, activation);                                                     \
        else                                                                                                           \
            reduce(job, row_begin, row_end, c, width, activation);                                                     \
    }

REDUCE_BLOCK(linear, MOTE_NORM_LINEAR)
REDUCE_BLOCK(relu, MOTE_NORM_RELU)
REDUCE_BLOCK(relu6, MOTE_NORM_RELU6)
REDUCE_BLOCK(hard_swish, MOTE_NORM_HARD_SWISH)
REDUCE_BLOCK(swish, MOTE_NORM_SWISH)

void MOTE_SIMD(mote_f32_norm_reduce)(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    static block_fn *const by_activation[] = {reduce_linear, reduce_relu, reduce_relu6, reduce_hard_swish,
                                              reduce_swish};
    blocks(job, row_begin, row_end, by_activation[job->activation]);
}

void MOTE_SIMD(mote_f32_norm_input)(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    const int64_t channels = job->channels;
    const float *restrict mean = job->mean, *restrict scale = job->scale;
    const float *restrict shift = job->shift, *restrict slope = job->slope;
    for (int64_t row = row_begin; row < row_end; row++) {
        const float *x = job->x + row * channels, *dy = job->dy + row * channels;
        float *y = job->y + row * channels;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
        for (int64_t c = 0; c < channels; c++)
            y[c] = dy[c] * scale[c] - shift[c] - (x[c] - mean[c]) * slope[c];
    }
}
