/*
 * The int8 matrix product with VNNI. vpdpbusd multiplies unsigned by signed bytes, so a is shifted up by 128 (a flip of
 * its top bit), and 128 times the column's weight sum is taken off the start value: exact, since its int32 sums wrap
 * like the reference's. Requantization keeps the reference's two roundings, in 64-bit lanes.
 */
#include "kernels/kernels.h"
#include "kernels/x86/requantize_avx512.h"

#include <immintrin.h>
#include <string.h>

enum { NR = 32, KR = 4, MR = 8 };

static inline void store_half(const mote_qs8_gemm_job *job, __m512i sum, int64_t row, int64_t column)
{
    const int64_t n = job->n - column;
    if (n <= 0)
        return;
    const __mmask16 lanes = n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
    if (job->sums) {
        _mm512_mask_storeu_epi32(job->sums + row * job->n + column, lanes, sum);
        return;
    }
    const __m512i mantissa = _mm512_loadu_si512(job->mantissa + column);
    const __m512i exponent = _mm512_loadu_si512(job->exponent + column);
    __m512i q = _mm512_add_epi32(mote_requantize_avx512(sum, mantissa, exponent), _mm512_set1_epi32(job->zero_point));
    q = _mm512_max_epi32(q, _mm512_set1_epi32(job->low));
    q = _mm512_min_epi32(q, _mm512_set1_epi32(job->high));
    _mm_mask_storeu_epi8(job->c + row * job->c_stride + column, lanes, _mm512_cvtepi32_epi8(q));
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
                                                       __m512i start1)
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
        store_half(job, sum[r][0], row + r, column);
        store_half(job, sum[r][1], row + r, column + 16);
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
        int64_t row = row_begin;
        for (; row + MR <= row_end; row += MR)
            tile(job, MR, row, column, panel, start0, start1);
        for (; row + 4 <= row_end; row += 4)
            tile(job, 4, row, column, panel, start0, start1);
        for (; row < row_end; row++)
            tile(job, 1, row, column, panel, start0, start1);
    }
}
