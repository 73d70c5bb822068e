/*
 * The product of int16 activations and int8 weights, compiled once per instruction set. Sums of 32 bits serve for as
 * many values of k as cannot overflow them, then they join those of 64 bits.
 */
#include "kernels/kernels.h"
#include "kernels/simd_gemm_int.h" /* immintrin.h */
#include "kernels/wide_scale.h"

/* Four values of a row in every 64-bit lane; n of them exist. */
static inline vec broadcast(const int16_t *a, int64_t n)
{
    int64_t four = 0;
    if (n == KR)
        memcpy(&four, a, sizeof four);
    else
        memcpy(&four, a, (size_t)n * sizeof *a);
    return V_SPLAT_64(_mm_cvtsi64_si128(four));
}

/* Values [k, end) of `rows` rows, a constant, onto total. */
static inline __attribute__((always_inline)) void add_block(const mote_qs16_gemm_job *job, const int8_t *w,
                                                            const int rows, const int16_t *from, int64_t k, int64_t end,
                                                            int64_t total[MR][NR])
{
    vec sums[MR][PARTS], a[MR];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++)
            sums[r][p] = V_BITS(setzero)();
    for (; k < end; k += KR, w += NR * KR) {
        const int64_t n = job->k - k < KR ? job->k - k : KR;
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            a[r] = n == KR ? broadcast(from + r * job->a_stride + k, KR) : broadcast(from + r * job->a_stride + k, n);
        add_group(sums, a, rows, w);
    }
    for (int r = 0; r < rows; r++) {
        int32_t halves[2 * NR];
        memcpy(halves, sums[r], sizeof halves);
        for (int j = 0; j < NR; j++)
            total[r][j] += halves[2 * j] + halves[2 * j + 1];
    }
}

static inline __attribute__((always_inline)) void tile(const mote_qs16_gemm_job *job, const int8_t *panel,
                                                       const int rows, int64_t row, int64_t column)
{
    int64_t total[MR][NR];
    memset(total, 0, (size_t)rows * sizeof total[0]);
    const int8_t *w = panel + NR * sizeof(int32_t);
    for (int64_t k = 0; k < job->k; k += job->k_block) {
        const int64_t end = k + job->k_block < job->k ? k + job->k_block : job->k;
        add_block(job, w + k * NR, rows, job->a + row * job->a_stride, k, end, total);
    }
    const int64_t n = job->n - column < NR ? job->n - column : NR;
    for (int r = 0; r < rows; r++)
        mote_wide_store(&job->scale, total[r], column, n, job->c + (row + r) * job->c_stride + column);
}

void MOTE_SIMD(mote_qs16_gemm)(const mote_qs16_gemm_job *job, int64_t row_begin, int64_t row_end)
{
    const int64_t panel_bytes = NR * ((int64_t)sizeof(int32_t) + (job->k + KR - 1) / KR * KR);
    for (int64_t column = 0; column < job->n; column += NR) {
        const int8_t *panel = (const int8_t *)job->packed + column / NR * panel_bytes;
        int64_t row = row_begin;
        for (; row + MR <= row_end; row += MR)
            tile(job, panel, MR, row, column);
        for (; row < row_end; row++)
            tile(job, panel, 1, row, column);
    }
}
