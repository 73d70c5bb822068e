/*
 * Depthwise int8 rows, compiled once per instruction set. Channels go by in blocks of one vector of 16-bit lanes; taps
 * are taken two at a time, so that one multiply-add does both: the products of two 9-bit differences and weights fit.
 */
#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/simd_dw.h"

enum { LANES = MOTE_SIMD_BYTES / 2, MAX_TAPS = 256, QUARTER = 4 };

#if MOTE_SIMD_BYTES == 64
typedef __m512i vec;
#define V(name)      _mm512_##name
#define V_BITS(name) _mm512_##name##_si512
#define V_LOAD_HALF  _mm256_loadu_si256
typedef __m256i half;
#elif MOTE_SIMD_BYTES == 32
typedef __m256i vec;
#define V(name)      _mm256_##name
#define V_BITS(name) _mm256_##name##_si256
#define V_LOAD_HALF  _mm_loadu_si128
typedef __m128i half;
#else
typedef __m128i vec;
#define V(name)      _mm_##name
#define V_BITS(name) _mm_##name##_si128
#define V_LOAD_HALF  _mm_loadl_epi64
typedef __m128i half;
#endif

/* Where one pixel's taps are, from channel 0. */
typedef struct tap_list {
    int32_t n;
    const int8_t *x[MAX_TAPS + 1];
    const int16_t *w[MAX_TAPS + 1];
} tap_list;

static void list_taps(const mote_dw_job *job, const mote_dw_taps *t, tap_list *list)
{
    const int8_t *input = job->input;
    const int16_t *filter = job->filter;
    list->n = 0;
    for (int32_t fy = t->y0; fy < t->y1; fy++)
        for (int32_t fx = t->x0; fx < t->x1; fx++) {
            const int64_t step = (int64_t)fy * job->dilation_h * job->in_width + (int64_t)fx * job->dilation_w;
            list->x[list->n] = input + (t->input + step * job->channels);
            list->w[list->n++] = filter + ((int64_t)fy * job->filter_width + fx) * job->channels;
        }
}

static inline vec load_x(const int8_t *x, vec zero)
{
    return V(sub_epi16)(V(cvtepi8_epi16)(V_LOAD_HALF((const half *)(const void *)x)), zero);
}

static inline vec load_w(const int16_t *w)
{
    return V_BITS(loadu)((const vec *)(const void *)w);
}

/* The sums of LANES channels from c on, in their order. */
static inline void sum_block(const mote_dw_job *job, const tap_list *list, int64_t c, int32_t sums[LANES])
{
    const vec zero = V(set1_epi16)((short)job->in_zero_point), none = V_BITS(setzero)();
    vec low = none, high = none;
    for (int32_t i = 0; i < list->n; i += 2) {
        const bool pair = i + 1 < list->n;
        const vec x0 = load_x(list->x[i] + c, zero), w0 = load_w(list->w[i] + c);
        const vec x1 = pair ? load_x(list->x[i + 1] + c, zero) : none, w1 = pair ? load_w(list->w[i + 1] + c) : none;
        low = V(add_epi32)(low, V(madd_epi16)(V(unpacklo_epi16)(x0, x1), V(unpacklo_epi16)(w0, w1)));
        high = V(add_epi32)(high, V(madd_epi16)(V(unpackhi_epi16)(x0, x1), V(unpackhi_epi16)(w0, w1)));
    }
    /* unpacking works in 128-bit quarters: four channels of each in turn */
    int32_t halves[2][LANES / 2];
    V_BITS(storeu)((vec *)(void *)halves[0], low);
    V_BITS(storeu)((vec *)(void *)halves[1], high);
    for (int q = 0; q < LANES / 8; q++) {
        memcpy(sums + 8 * q, halves[0] + QUARTER * q, QUARTER * sizeof *sums);
        memcpy(sums + 8 * q + QUARTER, halves[1] + QUARTER * q, QUARTER * sizeof *sums);
    }
}

static inline void store(const mote_dw_job *job, int32_t *sums, int64_t c, int64_t n, int8_t *out)
{
    const int32_t *bias = job->bias;
    for (int64_t i = 0; bias && i < n; i++)
        sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)bias[c + i]);
    mote_simd_requantize(sums, job->mantissa + c, job->exponent + c, n, job->zero_point, job->low, job->high, out + c);
}

static void rest(const mote_dw_job *job, const mote_dw_taps *t, int64_t c, int8_t *out)
{
    const int8_t *input = job->input;
    const int16_t *filter = job->filter;
    for (; c < job->channels; c++) {
        int32_t sum = 0;
        for (int32_t fy = t->y0; fy < t->y1; fy++)
            for (int32_t fx = t->x0; fx < t->x1; fx++) {
                const int64_t step = (int64_t)fy * job->dilation_h * job->in_width + (int64_t)fx * job->dilation_w;
                sum = mote_wrap_add_i32(sum, (input[t->input + step * job->channels + c] - job->in_zero_point) *
                                                 filter[((int64_t)fy * job->filter_width + fx) * job->channels + c]);
            }
        store(job, &sum, c, 1, out);
    }
}

void MOTE_SIMD(mote_qs8_dw)(const mote_dw_job *job, int32_t row)
{
    int8_t *out = (int8_t *)job->output + (int64_t)row * job->out_width * job->channels;
    const bool listed = (int64_t)job->filter_height * job->filter_width <= MAX_TAPS;
    tap_list list;
    for (int32_t x = 0; x < job->out_width; x++, out += job->channels) {
        const mote_dw_taps t = mote_dw_find_taps(job, row, x);
        int64_t c = 0;
        if (listed)
            list_taps(job, &t, &list);
        for (; listed && c + LANES <= job->channels; c += LANES) {
            int32_t sums[LANES];
            sum_block(job, &list, c, sums);
            store(job, sums, c, LANES, out);
        }
        rest(job, &t, c, out);
    }
}
