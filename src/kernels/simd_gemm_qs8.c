/*
 * The int8 matrix product in plain loops that the compiler vectorizes, compiled once per instruction set: four values
 * of k at a time against a panel of columns.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"

#include <string.h>

enum { NR = 2 * MOTE_SIMD_BYTES / 4, KR = 4 };

static void store_row(const mote_qs8_gemm_job *job, const int32_t *sums, int64_t row, int64_t column)
{
    const int64_t n = job->n - column < NR ? job->n - column : NR;
    if (job->sums) {
        memcpy(job->sums + row * job->n + column, sums, (size_t)n * sizeof *sums);
        return;
    }
    mote_simd_requantize(sums, job->mantissa + column, job->exponent + column, n, job->zero_point, job->low, job->high,
                         job->c + row * job->c_stride + column);
}

/* sums[j] += a0 w[j][0] + a1 w[j][1] + a2 w[j][2] + a3 w[j][3]; unsigned so that overflow wraps. */
static inline void add_group(const int8_t *w, const int32_t a[KR], uint32_t *sums)
{
    for (int j = 0; j < NR; j++)
        sums[j] += (uint32_t)(a[0] * w[4 * j] + a[1] * w[4 * j + 1] + a[2] * w[4 * j + 2] + a[3] * w[4 * j + 3]);
}

static void one_row(const mote_qs8_gemm_job *job, const int8_t *panel, int64_t row, int64_t column)
{
    uint32_t sums[NR];
    memcpy(sums, panel, sizeof sums);
    const int8_t *a = job->a + row * job->a_stride, *w = panel + sizeof sums;
    int64_t k = 0;
    for (; k + KR <= job->k; k += KR, w += NR * KR) {
        const int32_t group[KR] = {a[k], a[k + 1], a[k + 2], a[k + 3]};
        add_group(w, group, sums);
    }
    if (k < job->k) {
        int32_t group[KR] = {0};
        for (int64_t i = k; i < job->k; i++)
            group[i - k] = a[i];
        add_group(w, group, sums);
    }
    int32_t signed_sums[NR];
    memcpy(signed_sums, sums, sizeof sums);
    store_row(job, signed_sums, row, column);
}

void MOTE_SIMD(mote_qs8_gemm)(const mote_qs8_gemm_job *job, int64_t row_begin, int64_t row_end)
{
    const int64_t panel_bytes = NR * ((int64_t)sizeof(int32_t) + (job->k + KR - 1) / KR * KR);
    for (int64_t column = 0; column < job->n; column += NR) {
        const int8_t *panel = (const int8_t *)job->packed + column / NR * panel_bytes;
        for (int64_t row = row_begin; row < row_end; row++)
            one_row(job, panel, row, column);
    }
}
