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

enum { LANES = MOTE_SIMD_BYTES / 2, MAX_TAPS = 256 };

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

/* Unpacking works in quarters of 128 bits: `low` holds channels 0-3, 8-11, …, `high` the others. Puts them in order. */
static inline void unshuffle(vec *low, vec *high)
{
#if MOTE_SIMD_BYTES == 64
    const vec first = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const vec second = _mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    const vec l = *low, h = *high;
    *low = _mm512_permutex2var_epi32(l, first, h);
    *high = _mm512_permutex2var_epi32(l, second, h);
#elif MOTE_SIMD_BYTES == 32
    const vec l = *low, h = *high;
    *low = _mm256_permute2x128_si256(l, h, 0x20);
    *high = _mm256_permute2x128_si256(l, h, 0x31);
#else
    (void)low, (void)high;
#endif
}

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

/* The sums of LANES channels from c on, in their order; the pixel lies `shift` elements past the list's. */
static inline void sum_block(const mote_dw_job *job, const tap_list *list, int64_t shift, int64_t c,
                             int32_t sums[LANES])
{
    const vec zero = V(set1_epi16)((short)job->in_zero_point), none = V_BITS(setzero)();
    vec low = none, high = none;
    for (int32_t i = 0; i < list->n; i += 2) {
        const bool pair = i + 1 < list->n;
        const vec x0 = load_x(list->x[i] + (shift + c), zero), w0 = load_w(list->w[i] + c);
        const vec x1 = pair ? load_x(list->x[i + 1] + (shift + c), zero) : none,
                  w1 = pair ? load_w(list->w[i + 1] + c) : none;
        low = V(add_epi32)(low, V(madd_epi16)(V(unpacklo_epi16)(x0, x1), V(unpacklo_epi16)(w0, w1)));
        high = V(add_epi32)(high, V(madd_epi16)(V(unpackhi_epi16)(x0, x1), V(unpackhi_epi16)(w0, w1)));
    }
    unshuffle(&low, &high);
    V_BITS(storeu)((vec *)(void *)sums, low);
    V_BITS(storeu)((vec *)(void *)(sums + LANES / 2), high);
}

/* Sums of n channels from c on of pixel x of the row, whose output begins at `out`. */
static inline void store(const mote_dw_job *job, int32_t *sums, int32_t x, int64_t c, int64_t n, int8_t *out)
{
    const int32_t *bias = job->bias;
    for (int64_t i = 0; bias && i < n; i++)
        sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)bias[c + i]);
    if (job->sums)
        memcpy(job->sums + x * job->channels + c, sums, (size_t)n * sizeof *sums);
    else
        mote_simd_requantize(sums, job->mantissa + c, job->exponent + c, n, job->zero_point, job->low, job->high,
                             out + c);
}

static void rest(const mote_dw_job *job, const mote_dw_taps *t, int32_t x, int64_t c, int8_t *out)
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
        store(job, &sum, x, c, 1, out);
    }
}

static bool same_taps(const mote_dw_taps *a, const mote_dw_taps *b)
{
    return a->y0 == b->y0 && a->y1 == b->y1 && a->x0 == b->x0 && a->x1 == b->x1;
}

void MOTE_SIMD(mote_qs8_dw)(const mote_dw_job *job, int32_t row)
{
    const int64_t row_size = (int64_t)job->out_width * job->channels;
    int8_t *out = job->sums ? (int8_t *)job->sums : (int8_t *)job->output + row * row_size; /* with sums: not written */
    const bool listed = (int64_t)job->filter_height * job->filter_width <= MAX_TAPS;
    tap_list list = {.n = 0};
    mote_dw_taps first = {.y0 = -1}; /* of the pixel that the list was made for: inside the image all are alike */
    for (int32_t x = 0; x < job->out_width; x++, out += job->channels) {
        const mote_dw_taps t = mote_dw_find_taps(job, row, x);
        int64_t c = 0;
        if (listed && !same_taps(&t, &first)) {
            list_taps(job, &t, &list);
            first = t;
        }
        for (; listed && c + LANES <= job->channels; c += LANES) {
            int32_t sums[LANES];
            sum_block(job, &list, t.input - first.input, c, sums);
            store(job, sums, x, c, LANES, out);
        }
        rest(job, &t, x, c, out);
    }
}
