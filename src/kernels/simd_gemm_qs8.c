/*
 * The int8 matrix product, compiled once per instruction set: four values of k at a time against a panel of columns.
 * Both sides are widened to 16 bits, so that one multiply-add sums two products of a column exactly.
 */
#include "kernels/kernels.h"
#include "kernels/simd_gemm_int.h" /* immintrin.h */

#include "kernels/x86/requantize.h"

#include <string.h>

static void store_row(const mote_qs8_gemm_job *job, const mote_requantizer codes[2], const int32_t *sums, int64_t row,
                      int64_t column)
{
    const int64_t n = job->n - column < NR ? job->n - column : NR;
    if (job->sums) {
        memcpy(job->sums + row * job->n + column, sums, (size_t)n * sizeof *sums);
        return;
    }
    vec half_row[2];
    memcpy(half_row, sums, sizeof half_row);
    int8_t *to = job->c + row * job->c_stride + column;
    mote_requantize_store(&codes[0], half_row[0], to, n);
    if (n > NR / 2)
        mote_requantize_store(&codes[1], half_row[1], to + NR / 2, n - NR / 2);
}

/* Four values of a row, each in 16 bits, in every 64-bit lane. */
static inline vec broadcast(const int8_t *a, int64_t n)
{
    int32_t four = 0;
    if (n == KR)
        memcpy(&four, a, KR);
    else
        memcpy(&four, a, (size_t)n);
    return V_SPLAT_64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(four)));
}

static void store_sums(const mote_qs8_gemm_job *job, const mote_requantizer codes[2], const vec sums[PARTS],
                       const int8_t *panel, int64_t row, int64_t column)
{
    int32_t halves[2 * NR], whole[NR], bias[NR];
    memcpy(halves, sums, sizeof halves);
    memcpy(bias, panel, sizeof bias);
    for (int j = 0; j < NR; j++)
        whole[j] = (int32_t)((uint32_t)halves[2 * j] + (uint32_t)halves[2 * j + 1] + (uint32_t)bias[j]);
    store_row(job, codes, whole, row, column);
}

static inline __attribute__((always_inline)) void tile(const mote_qs8_gemm_job *job, const int8_t *panel,
                                                       const int rows, int64_t row, int64_t column,
                                                       const mote_requantizer codes[2])
{
    vec sums[MR][PARTS], a[MR];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int p = 0; p < PARTS; p++)
            sums[r][p] = V_BITS(setzero)();
    const int8_t *from = job->a + row * job->a_stride, *w = panel + NR * sizeof(int32_t);
    for (int64_t k = 0; k < job->k; k += KR, w += NR * KR) {
        const int64_t n = job->k - k < KR ? job->k - k : KR;
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            a[r] = n == KR ? broadcast(from + r * job->a_stride + k, KR) : broadcast(from + r * job->a_stride + k, n);
        add_group(sums, a, rows, w);
    }
    for (int r = 0; r < rows; r++)
        store_sums(job, codes, sums[r], panel, row + r, column);
}

void MOTE_SIMD(mote_qs8_gemm)(const mote_qs8_gemm_job *job, int64_t row_begin, int64_t row_end)
{
    const int64_t panel_bytes = NR * ((int64_t)sizeof(int32_t) + (job->k + KR - 1) / KR * KR);
    for (int64_t column = 0; column < job->n; column += NR) {
        const int8_t *panel = (const int8_t *)job->packed + column / NR * panel_bytes;
        mote_requantizer codes[2];
        for (int i = 0; i < 2 && !job->sums; i++)
            codes[i] = mote_requantizer_make(&(mote_requantize_values){.mantissa = job->mantissa + column + NR / 2 * i,
                                                                       .exponent = job->exponent + column + NR / 2 * i,
                                                                       .lanes = NR / 2,
                                                                       .zero_point = job->zero_point,
                                                                       .low = job->low,
                                                                       .high = job->high});
        int64_t row = row_begin;
        for (; row + MR <= row_end; row += MR)
            tile(job, panel, MR, row, column, codes);
        for (; row < row_end; row++)
            tile(job, panel, 1, row, column, codes);
    }
}
