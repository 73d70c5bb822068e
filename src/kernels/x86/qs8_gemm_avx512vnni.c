/*
 * The int8 matrix product with VNNI. vpdpbusd multiplies unsigned by signed bytes, so a is shifted up by 128 (a flip of
 * its top bit), and 128 times the column's weight sum is taken off the start value: exact, since its int32 sums wrap
 * like the reference's. Requantization keeps the reference's two roundings, in 64-bit lanes.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/x86/requantize.h"

#include <immintrin.h>
#include <string.h>

enum { NR = 32, KR = 4, MR = 8 };

static inline void store_half(const mote_qs8_gemm_job *job, const mote_requantizer *codes, __m512i sum, int64_t row,
                              int64_t column)
{
    const int64_t n = job->n - column;
    if (n <= 0)
        return;
    if (job->sums)
        _mm512_mask_storeu_epi32(job->sums + row * job->n + column, n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1), sum);
    else
        mote_requantize_store(codes, sum, job->c + row * job->c_stride + column, n);
}

/* Four bytes of a, shifted to unsigned, in every lane. */
static inline __m512i broadcast(const int8_t *a)
{
    int32_t four;
    memcpy(&four, a, sizeof four);
    return _mm512_set1_epi32(four ^ (int32_t)0x80808080);
}

static inline __m512i broadcast_tail(const int8_t *a, int64_t n)
{
    int8_t four[KR] = {0};
    memcpy(four, a, (size_t)n);
    return broadcast(four);
}

static inline __attribute__((always_inline)) void tile(const mote_qs8_gemm_job *job, const int rows, int64_t row,
                                                       int64_t column, const int8_t *panel, __m512i start0,
                                                       __m512i start1, const mote_requantizer codes[2])
{
    __m512i sum[MR][2];
    const int8_t *a[MR];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
        sum[r][0] = start0;
        sum[r][1] = start1;
        a[r] = job->a + (row + r) * job->a_stride;
    }
    const int8_t *w = panel + NR * sizeof(int32_t);
    int64_t k = 0;
    for (; k + KR <= job->k; k += KR, w += NR * KR) {
        const __m512i w0 = _mm512_loadu_si512(w), w1 = _mm512_loadu_si512(w + 64);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            const __m512i x = broadcast(a[r] + k);
            sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], x, w0);
            sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], x, w1);
        }
    }
    if (k < job->k) {
        const __m512i w0 = _mm512_loadu_si512(w), w1 = _mm512_loadu_si512(w + 64);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            const __m512i x = broadcast_tail(a[r] + k, job->k - k);
            sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], x, w0);
            sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], x, w1);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
        store_half(job, &codes[0], sum[r][0], row + r, column);
        store_half(job, &codes[1], sum[r][1], row + r, column + 16);
    }
}

/* The bias less 128 times each column's sum of weights: what a's shift adds. */
static void start_values(const mote_qs8_gemm_job *job, const int8_t *panel, __m512i *start0, __m512i *start1)
{
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sum0 = _mm512_setzero_si512(), sum1 = sum0;
    const int8_t *w = panel + NR * sizeof(int32_t);
    for (int64_t k = 0; k < job->k; k += KR, w += NR * KR) {
        sum0 = _mm512_dpbusd_epi32(sum0, ones, _mm512_loadu_si512(w));
        sum1 = _mm512_dpbusd_epi32(sum1, ones, _mm512_loadu_si512(w + 64));
    }
    *start0 = _mm512_sub_epi32(_mm512_loadu_si512(panel), _mm512_slli_epi32(sum0, 7));
    *start1 = _mm512_sub_epi32(_mm512_loadu_si512(panel + 64), _mm512_slli_epi32(sum1, 7));
}

void mote_qs8_gemm__avx512vnni(const mote_qs8_gemm_job *job, int64_t row_begin, int64_t row_end)
{
    const int64_t panel_bytes = NR * ((int64_t)sizeof(int32_t) + (job->k + KR - 1) / KR * KR);
    for (int64_t column = 0; column < job->n; column += NR) {
        const int8_t *panel = (const int8_t *)job->packed + column / NR * panel_bytes;
        __m512i start0, start1;
        start_values(job, panel, &start0, &start1);
        mote_requantizer codes[2];
        for (int i = 0; i < 2 && !job->sums; i++)
            codes[i] = mote_requantizer_make(&(mote_requantize_values){.mantissa = job->mantissa + column + 16 * i,
                                                                       .exponent = job->exponent + column + 16 * i,
                                                                       .lanes = 16,
                                                                       .zero_point = job->zero_point,
                                                                       .low = job->low,
                                                                       .high = job->high});
        int64_t row = row_begin;
        for (; row + MR <= row_end; row += MR)
            tile(job, MR, row, column, panel, start0, start1, codes);
        for (; row + 4 <= row_end; row += 4)
            tile(job, 4, row, column, panel, start0, start1, codes);
        for (; row < row_end; row++)
            tile(job, 1, row, column, panel, start0, start1, codes);
    }
}
