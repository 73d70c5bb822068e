/*
 * The float matrix product in GNU vectors, compiled once per instruction set: MOTE_SIMD_BYTES is the width of a
 * vector, MOTE_SIMD(name) appends the set's name, MOTE_SIMD_ROWS is the tile's height. A tile holds rows x 2 vectors of
 * sums in registers and walks k once.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"

#include <string.h>

enum { NR = 2 * MOTE_SIMD_BYTES / 4, MR = MOTE_SIMD_ROWS };

typedef mote_vec_f32 vec;

static inline vec load(const float *p)
{
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store_row(float *c, vec v0, vec v1, int64_t n)
{
    if (n >= NR) {
        memcpy(c, &v0, sizeof v0);
        memcpy(c + NR / 2, &v1, sizeof v1);
        return;
    }
    float line[NR];
    memcpy(line, &v0, sizeof v0);
    memcpy(line + NR / 2, &v1, sizeof v1);
    memcpy(c, line, (size_t)n * sizeof *c);
}

/* rows is a constant in every call, so that the sums live in registers. */
static inline __attribute__((always_inline)) void tile(const mote_f32_gemm_job *job, const int rows, const float *a,
                                                       const float *panel, float *c, int64_t n)
{
    vec sum[MR][2];
    const vec bias0 = load(panel), bias1 = load(panel + NR / 2);
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
        sum[r][0] = (vec){0};
        sum[r][1] = (vec){0};
    }
    const float *b = panel + NR;
    for (int64_t k = 0; k < job->k; k++, b += NR) {
        const vec b0 = load(b), b1 = load(b + NR / 2);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            const float x = a[r * job->a_stride + k];
            sum[r][0] += x * b0;
            sum[r][1] += x * b1;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        store_row(c + r * job->c_stride, mote_vec_clamp(sum[r][0] + bias0, job->low, job->high),
                  mote_vec_clamp(sum[r][1] + bias1, job->low, job->high), n);
}

void MOTE_SIMD(mote_f32_gemm)(const mote_f32_gemm_job *job, int64_t row_begin, int64_t row_end)
{
    for (int64_t column = 0; column < job->n; column += NR) {
        const float *panel = job->packed + column * (1 + job->k);
        const int64_t n = job->n - column;
        int64_t row = row_begin;
        for (; row + MR <= row_end; row += MR)
            tile(job, MR, job->a + row * job->a_stride, panel, job->c + row * job->c_stride + column, n);
        for (; row + 4 <= row_end && MR > 4; row += 4)
            tile(job, 4 < MR ? 4 : MR, job->a + row * job->a_stride, panel, job->c + row * job->c_stride + column, n);
        for (; row < row_end; row++)
            tile(job, 1, job->a + row * job->a_stride, panel, job->c + row * job->c_stride + column, n);
    }
}
