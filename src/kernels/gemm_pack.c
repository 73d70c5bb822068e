#include "kernels/kernels.h"

#include <string.h>

static int64_t panels(int64_t n, int64_t nr)
{
    return (n + nr - 1) / nr;
}

static int64_t round_up(int64_t k, int64_t kr)
{
    return (k + kr - 1) / kr * kr;
}

size_t mote_f32_gemm_packed_count(const mote_kernels *kernels, int64_t n, int64_t k)
{
    const int64_t nr = kernels->f32_gemm.nr;
    return (size_t)(panels(n, nr) * nr * (1 + k));
}

void mote_f32_gemm_pack(const mote_kernels *kernels, int64_t n, int64_t k, const float *weights, const float *bias,
                        float *packed)
{
    mote_f32_gemm_pack_strided(kernels, n, k, weights, k, 1, bias, packed);
}

void mote_f32_gemm_pack_strided(const mote_kernels *kernels, int64_t n, int64_t k, const float *weights,
                                int64_t n_stride, int64_t k_stride, const float *bias, float *packed)
{
    const int64_t nr = kernels->f32_gemm.nr;
    for (int64_t panel = 0; panel < panels(n, nr); panel++) {
        for (int64_t j = 0; j < nr; j++) {
            const int64_t column = panel * nr + j;
            packed[j] = column < n && bias ? bias[column] : 0.0f;
        }
        packed += nr;
        for (int64_t i = 0; i < k; i++, packed += nr)
            for (int64_t j = 0; j < nr; j++) {
                const int64_t column = panel * nr + j;
                packed[j] = column < n ? weights[column * n_stride + i * k_stride] : 0.0f;
            }
    }
}

size_t mote_f32_mm_packed_count(const mote_kernels *kernels, int64_t n, int64_t k)
{
    return (size_t)(panels(n, kernels->f32_mm.nr) * kernels->f32_mm.nr * k);
}

int64_t mote_f32_mm_n_panels(const mote_kernels *kernels, int64_t n)
{
    return panels(n, kernels->f32_mm.nr);
}

/* Columns that are whole rows of the packed form; zeros past `width`. */
static void copy_rows(const float *b, int64_t k_stride, int64_t k, int64_t width, int64_t nr, float *packed)
{
    for (int64_t i = 0; i < k; i++, packed += nr) {
        memcpy(packed, b + i * k_stride, (size_t)width * sizeof *packed);
        memset(packed + width, 0, (size_t)(nr - width) * sizeof *packed);
    }
}

/* Columns that lie apart: a few rows at a time, which stay in the cache while column after column fills them. */
static void transpose_rows(const float *b, int64_t k_stride, int64_t n_stride, int64_t k, int64_t width, int64_t nr,
                           float *packed)
{
    enum { ROWS = 64 };
    for (int64_t first = 0; first < k; first += ROWS) {
        const int64_t last = first + ROWS < k ? first + ROWS : k;
        for (int64_t j = 0; j < width; j++)
            for (int64_t i = first; i < last; i++)
                packed[i * nr + j] = b[i * k_stride + j * n_stride];
        for (int64_t i = first; i < last; i++)
            memset(packed + i * nr + width, 0, (size_t)(nr - width) * sizeof *packed);
    }
}

void mote_f32_mm_pack_panels(const mote_kernels *kernels, int64_t n, int64_t k, const float *b, int64_t k_stride,
                             int64_t n_stride, float *packed, int64_t first, int64_t last)
{
    const int64_t nr = kernels->f32_mm.nr;
    for (int64_t panel = first; panel < last; panel++) {
        const int64_t column = panel * nr, width = n - column < nr ? n - column : nr;
        if (n_stride == 1)
            copy_rows(b + column, k_stride, k, width, nr, packed + column * k);
        else
            transpose_rows(b + column * n_stride, k_stride, n_stride, k, width, nr, packed + column * k);
    }
}

void mote_f32_mm_pack(const mote_kernels *kernels, int64_t n, int64_t k, const float *b, int64_t k_stride,
                      int64_t n_stride, float *packed)
{
    mote_f32_mm_pack_panels(kernels, n, k, b, k_stride, n_stride, packed, 0, mote_f32_mm_n_panels(kernels, n));
}

size_t mote_qs8_gemm_packed_bytes(const mote_kernels *kernels, int64_t n, int64_t k)
{
    const int64_t nr = kernels->qs8_gemm.nr;
    return (size_t)(panels(n, nr) * nr * ((int64_t)sizeof(int32_t) + round_up(k, kernels->qs8_gemm.kr)));
}

/* bias - in_zero_point * sum of a column's weights */
static int32_t folded_bias(int64_t k, const int8_t *column, int64_t k_stride, int32_t bias, int32_t in_zero_point)
{
    int32_t sum = 0;
    for (int64_t i = 0; in_zero_point && i < k; i++)
        sum = mote_wrap_add_i32(sum, column[i * k_stride]);
    return mote_wrap_sub_i32(bias, mote_wrap_mul_i32(in_zero_point, sum));
}

void mote_qs8_gemm_pack(const mote_kernels *kernels, int64_t n, int64_t k, const int8_t *weights, const int32_t *bias,
                        int32_t in_zero_point, void *packed)
{
    mote_qs8_gemm_pack_strided(kernels, n, k, weights, k, 1, bias, in_zero_point, packed);
}

void mote_qs8_gemm_pack_strided(const mote_kernels *kernels, int64_t n, int64_t k, const int8_t *weights,
                                int64_t n_stride, int64_t k_stride, const int32_t *bias, int32_t in_zero_point,
                                void *packed)
{
    const int64_t nr = kernels->qs8_gemm.nr, kr = kernels->qs8_gemm.kr;
    int8_t *to = packed;
    for (int64_t panel = 0; panel < panels(n, nr); panel++) {
        for (int64_t j = 0; j < nr; j++, to += sizeof(int32_t)) {
            const int64_t column = panel * nr + j;
            const int32_t value = column < n ? folded_bias(k, weights + column * n_stride, k_stride,
                                                           bias ? bias[column] : 0, in_zero_point)
                                             : 0;
            memcpy(to, &value, sizeof value);
        }
        for (int64_t i = 0; i < k; i += kr)
            for (int64_t j = 0; j < nr; j++)
                for (int64_t l = 0; l < kr; l++) {
                    const int64_t column = panel * nr + j;
                    *to++ = column < n && i + l < k ? weights[column * n_stride + (i + l) * k_stride] : (int8_t)0;
                }
    }
}
