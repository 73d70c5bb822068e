/* strict_math.h's logistic function, sixteen lanes: the same steps, with the table of roots in four registers, where
 * compilers would gather. */
#ifndef MOTE_KERNELS_X86_STRICT_AVX512_H
#define MOTE_KERNELS_X86_STRICT_AVX512_H

#include "kernels/strict_math.h"

#include <immintrin.h>

enum { STRICT_LANES = 16 };

/* mote_exp_roots[k % 32] */
static inline __m512i exp_roots_of(__m512i k)
{
    const uint64_t *roots = mote_exp_roots;
    const __m512i low = _mm512_permutex2var_epi64(_mm512_loadu_si512(roots), k, _mm512_loadu_si512(roots + 8));
    const __m512i high = _mm512_permutex2var_epi64(_mm512_loadu_si512(roots + 16), k, _mm512_loadu_si512(roots + 24));
    return _mm512_mask_blend_epi64(_mm512_test_epi64_mask(k, _mm512_set1_epi64(16)), low, high);
}

/* mote_exp_strict_f32 */
static inline __m256 exp_lanes(__m256 x)
{
    const __m512d magic = _mm512_set1_pd(0x1.8p52);
    const __m512d z = _mm512_mul_pd(_mm512_set1_pd(0x1.71547652b82fep+5), _mm512_cvtps_pd(x));
    const __m512d shifted = _mm512_add_pd(z, magic), r = _mm512_sub_pd(z, _mm512_sub_pd(shifted, magic));
    const __m512i k = _mm512_castpd_si512(shifted);
    const __m512d scale = _mm512_castsi512_pd(_mm512_add_epi64(exp_roots_of(k), _mm512_slli_epi64(k, 47)));
    const __m512d high =
        _mm512_add_pd(_mm512_mul_pd(_mm512_set1_pd(0x1.c6af84b912394p-20), r), _mm512_set1_pd(0x1.ebfce50fac4f3p-13));
    const __m512d low = _mm512_add_pd(_mm512_mul_pd(_mm512_set1_pd(0x1.62e42ff0c52d6p-6), r), _mm512_set1_pd(1.0));
    const __m512d p = _mm512_add_pd(_mm512_mul_pd(high, _mm512_mul_pd(r, r)), low);
    return _mm512_cvtpd_ps(_mm512_mul_pd(p, scale));
}

/* mote_logistic_strict_f32 of in[0…15] */
static inline void logistic_lanes(const float *in, float *out)
{
    const __m512 x = _mm512_loadu_ps(in), one = _mm512_set1_ps(1.0f), least = _mm512_set1_ps(-110.0f);
    const __mmask16 is_far = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-9.0f), _CMP_LT_OQ);
    __m512 power = _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(x), _mm512_set1_epi32(INT32_MIN)));
    power = _mm512_mask_mov_ps(power, _mm512_cmp_ps_mask(x, _mm512_set1_ps(20.0f), _CMP_GT_OQ), _mm512_set1_ps(-20.0f));
    power = _mm512_mask_mov_ps(power, is_far, _mm512_mask_mov_ps(x, _mm512_cmp_ps_mask(x, least, _CMP_LT_OQ), least));
    const __m256 e0 = exp_lanes(_mm512_castps512_ps256(power)), e1 = exp_lanes(_mm512_extractf32x8_ps(power, 1));
    const __m512 e = _mm512_insertf32x8(_mm512_castps256_ps512(e0), e1, 1);
    __m512 result = _mm512_div_ps(one, _mm512_add_ps(one, e));
    result = _mm512_mask_mov_ps(result, _mm512_cmp_ps_mask(x, _mm512_set1_ps(16.619047164916992188f), _CMP_GT_OQ), one);
    _mm512_storeu_ps(out, _mm512_mask_mov_ps(result, is_far, e));
}

#endif
