/* Rows beside a shared vector, compiled once per instruction set; read from front to back. GNU vectors, no immintrin.h.
 */
#include "kernels/kernels.h"
#include "kernels/simd_f32.h"

enum { LANES = MOTE_SIMD_BYTES / 4, AHEAD = 4096 };

typedef mote_vec_f32 vec;

/* `width` channels of a row from c on, which lie at `at`; width is a constant where it is LANES. */
typedef void block_fn(const mote_rows_job *job, int64_t at, int64_t c, int64_t width);

/* The job by value: no store can be into it, so that it is read once. */
static inline __attribute__((always_inline)) void walk(const mote_rows_job job, block_fn *fn)
{
    const int64_t channels = job.channels;
    for (int64_t at = 0; at < job.n * channels; at += channels) {
        int64_t c = 0;
        for (; c + LANES <= channels; c += LANES)
            fn(&job, at + c, c, LANES);
        if (c < channels)
            fn(&job, at + c, c, channels - c);
    }
}

static inline __attribute__((always_inline)) void scale(const mote_rows_job *job, int64_t at, int64_t c, int64_t width)
{
    __builtin_prefetch(job->a + at + AHEAD, 0, 2);
    mote_vec_put(job->y + at, mote_vec_fetch(job->a + at, width) * mote_vec_fetch(job->by + c, width), width);
}

void MOTE_SIMD(mote_f32_rows_scale)(const mote_rows_job *job)
{
    walk(*job, scale);
}

static inline __attribute__((always_inline)) void sum(const mote_rows_job *job, int64_t at, int64_t c, int64_t width)
{
    __builtin_prefetch(job->a + at + AHEAD, 0, 2);
    mote_vec_put(job->sum + c, mote_vec_fetch(job->sum + c, width) + mote_vec_fetch(job->a + at, width), width);
}

void MOTE_SIMD(mote_f32_rows_sum)(const mote_rows_job *job)
{
    walk(*job, sum);
}

static inline __attribute__((always_inline)) void gate(const mote_rows_job *job, int64_t at, int64_t c, int64_t width)
{
    __builtin_prefetch(job->dy + at + AHEAD, 0, 2);
    __builtin_prefetch(job->a + at + AHEAD, 0, 2);
    const vec dy = mote_vec_fetch(job->dy + at, width);
    if (job->sum)
        mote_vec_put(job->sum + c, mote_vec_fetch(job->sum + c, width) + dy * mote_vec_fetch(job->a + at, width),
                     width);
    if (job->y)
        mote_vec_put(job->y + at, dy * mote_vec_fetch(job->by + c, width), width);
}

void MOTE_SIMD(mote_f32_rows_gate)(const mote_rows_job *job)
{
    walk(*job, gate);
}
