/*
 * Normalization's passes, compiled once per instruction set. What limits them is memory, which is therefore read from
 * front to back; a channel's constants and sums lie in the cache. The activation is a constant of each inlined loop.
 * GNU vectors, no immintrin.h.
 */
#include "kernels/kernels.h"
#include "kernels/simd_f32.h"

enum { LANES = MOTE_SIMD_BYTES / 4, WIDE = 4 * LANES, AHEAD = 4096 };

typedef mote_vec_f32 vec;

/* --- activations: those of norm_activation.h --- */

/* Constant beyond |z| = 86; NaN gives some number: callers multiply by z. */
static inline __attribute__((always_inline)) vec logistic(vec z)
{
    return mote_vec_logistic(mote_vec_max(mote_vec_min(z, mote_vec_all(86.0f)), mote_vec_all(-86.0f)));
}

static inline __attribute__((always_inline)) vec activate(int32_t activation, vec z)
{
    const vec zero = {0};
    switch (activation) {
    case MOTE_NORM_RELU:
        return mote_vec_max(z, zero);
    case MOTE_NORM_RELU6:
        return mote_vec_min(mote_vec_max(z, zero), mote_vec_all(6.0f));
    case MOTE_NORM_HARD_SWISH:
        return z * mote_vec_min(mote_vec_max(z + 3.0f, zero), mote_vec_all(6.0f)) * (1.0f / 6.0f);
    case MOTE_NORM_SWISH:
        return z * logistic(z);
    default:
        return z;
    }
}

static inline __attribute__((always_inline)) vec derivative(int32_t activation, vec z)
{
    const mote_vec_i32 one = (mote_vec_i32)mote_vec_all(1.0f);
    switch (activation) {
    case MOTE_NORM_RELU:
        return (vec)(one & (z > 0.0f));
    case MOTE_NORM_RELU6:
        return (vec)(one & (z > 0.0f) & (z < 6.0f));
    case MOTE_NORM_HARD_SWISH: {
        const mote_vec_i32 inside = (z > -3.0f) & (z < 3.0f);
        const vec slope = z * (1.0f / 3.0f) + 0.5f;
        return (vec)((inside & (mote_vec_i32)slope) | (one & (z >= 3.0f)));
    }
    case MOTE_NORM_SWISH: {
        const vec s = logistic(z);
        return s * (1.0f + z * (1.0f - s));
    }
    default:
        return mote_vec_all(1.0f);
    }
}

/* --- the walk --- */

/* `width` channels of a row from c on, which lie at `at`; width is a constant where it is LANES. */
typedef void block_fn(const mote_norm_job *job, int64_t at, int64_t c, int64_t width);

/* The job by value: no store can be into it, so that it is read once. */
static inline __attribute__((always_inline)) void walk(const mote_norm_job job, int64_t row_begin, int64_t row_end,
                                                       block_fn *fn)
{
    const int64_t channels = job.channels;
    for (int64_t at = row_begin * channels; at < row_end * channels; at += channels) {
        int64_t c = 0;
        for (; c + LANES <= channels; c += LANES)
            fn(&job, at + c, c, LANES);
        if (c < channels)
            fn(&job, at + c, c, channels - c);
    }
}

/* --- moments: a block of channels at a time, whose sums stay in registers; rows are few enough for a cache --- */

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
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < width; j += LANES)
            __builtin_prefetch(x + (n + i) * job->channels + j, 0, 2); /* rows that come next, as many */
        for (int64_t j = 0; j < width; j++) {
            const float d = x[i * job->channels + j] - mean[j];
            squares[j] += d * d;
        }
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
    int64_t c = 0;
    for (; c + WIDE <= job->channels; c += WIDE)
        moments_block(job, row_begin, row_end, c, WIDE);
    for (; c + LANES <= job->channels; c += LANES)
        moments_block(job, row_begin, row_end, c, LANES);
    if (c < job->channels)
        moments_block(job, row_begin, row_end, c, job->channels - c);
}

/* --- forward --- */

static inline __attribute__((always_inline)) vec centred(const mote_norm_job *job, int64_t at, int64_t c, int64_t width)
{
    return mote_vec_fetch(job->x + at, width) - mote_vec_fetch(job->mean + c, width);
}

static inline __attribute__((always_inline)) void apply(const mote_norm_job *job, int64_t at, int64_t c, int64_t width,
                                                        const int32_t activation)
{
    __builtin_prefetch(job->x + at + AHEAD, 0, 2);
    const vec scale = mote_vec_fetch(job->scale + c, width), offset = mote_vec_fetch(job->offset + c, width);
    mote_vec_put(job->y + at, activate(activation, centred(job, at, c, width) * scale + offset), width);
}

/* --- backward --- */

/* Two arrays are read and one written: more than the processor prefetches well by itself. Into the second cache: the
 * first has fewer misses under way. */
static inline __attribute__((always_inline)) void prefetch(const mote_norm_job *job, int64_t at)
{
    __builtin_prefetch(job->x + at + AHEAD, 0, 2);
    __builtin_prefetch(job->dy + at + AHEAD, 0, 2);
}

static inline __attribute__((always_inline)) void reduce(const mote_norm_job *job, int64_t at, int64_t c, int64_t width,
                                                         const int32_t activation)
{
    prefetch(job, at);
    const vec scale = mote_vec_fetch(job->scale + c, width), offset = mote_vec_fetch(job->offset + c, width);
    const vec x = centred(job, at, c, width);
    const vec dz = mote_vec_fetch(job->dy + at, width) * derivative(activation, x * scale + offset);
    mote_vec_put(job->sum + c, mote_vec_fetch(job->sum + c, width) + dz, width);
    mote_vec_put(job->sum_2 + c, mote_vec_fetch(job->sum_2 + c, width) + dz * x, width);
    if (job->y)
        mote_vec_put(job->y + at, dz, width);
}

static inline __attribute__((always_inline)) void input(const mote_norm_job *job, int64_t at, int64_t c, int64_t width)
{
    prefetch(job, at);
    const vec scale = mote_vec_fetch(job->scale + c, width), shift = mote_vec_fetch(job->shift + c, width);
    const vec slope = mote_vec_fetch(job->slope + c, width), dy = mote_vec_fetch(job->dy + at, width);
    mote_vec_put(job->y + at, dy * scale - shift - centred(job, at, c, width) * slope, width);
}

void MOTE_SIMD(mote_f32_norm_input)(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    walk(*job, row_begin, row_end, input);
}

/* --- one loop per activation --- */

#define PASSES(name, activation)                                                                                       \
    static inline __attribute__((always_inline)) void apply_##name##_at(const mote_norm_job *job, int64_t at,          \
                                                                        int64_t c, int64_t width)                      \
    {                                                                                                                  \
        apply(job, at, c, width, activation);                                                                          \
    }                                                                                                                  \
    static void apply_##name(const mote_norm_job *job, int64_t row_begin, int64_t row_end)                             \
    {                                                                                                                  \
        walk(*job, row_begin, row_end, apply_##name##_at);                                                             \
    }                                                                                                                  \
    static inline __attribute__((always_inline)) void reduce_##name##_at(const mote_norm_job *job, int64_t at,         \
                                                                         int64_t c, int64_t width)                     \
    {                                                                                                                  \
        reduce(job, at, c, width, activation);                                                                         \
    }                                                                                                                  \
    static void reduce_##name(const mote_norm_job *job, int64_t row_begin, int64_t row_end)                            \
    {                                                                                                                  \
        walk(*job, row_begin, row_end, reduce_##name##_at);                                                            \
    }

PASSES(linear, MOTE_NORM_LINEAR)
PASSES(relu, MOTE_NORM_RELU)
PASSES(relu6, MOTE_NORM_RELU6)
PASSES(hard_swish, MOTE_NORM_HARD_SWISH)
PASSES(swish, MOTE_NORM_SWISH)

typedef void pass_fn(const mote_norm_job *job, int64_t row_begin, int64_t row_end);

void MOTE_SIMD(mote_f32_norm_apply)(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    static pass_fn *const by_activation[] = {apply_linear, apply_relu, apply_relu6, apply_hard_swish, apply_swish};
    by_activation[job->activation](job, row_begin, row_end);
}

void MOTE_SIMD(mote_f32_norm_reduce)(const mote_norm_job *job, int64_t row_begin, int64_t row_end)
{
    static pass_fn *const by_activation[] = {reduce_linear, reduce_relu, reduce_relu6, reduce_hard_swish, reduce_swish};
    by_activation[job->activation](job, row_begin, row_end);
}
