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

void mote_f32_mm_pack(const mote_kernels *kernels, int64_t n, int64_t k, const float *b, int64_t k_stride,
                      int64_t n_stride, float *packed)
{
    const int64_t nr = kernels->f32_mm.nr;
    for (int64_t column = 0; column < n; column += nr) {
        const int64_t width = n - column < nr ? n - column : nr;
        for (int64_t i = 0; i < k; i++, packed += nr) {
            const float *from = b + i * k_stride + column * n_stride;
            for (int64_t j = 0; j < width; j++)
                packed[j] = from[j * n_stride];
            for (int64_t j = width; j < nr; j++)
                packed[j] = 0.0f;
        }
    }
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
