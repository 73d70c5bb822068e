/*
 * Depthwise rows, compiled once per instruction set. A pixel's channels are taken a block at a time; the block's sums
 * stay in vectors while the taps go by. Which taps lie inside the image is worked out once per pixel.
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"

#include <string.h>

enum { LANES = MOTE_SIMD_BYTES / 4, BLOCK = 4 * LANES };

typedef mote_vec_f32 vec_f32;
typedef mote_vec_i32 vec_i32;
typedef int8_t vec_i8 __attribute__((vector_size(MOTE_SIMD_BYTES / 4)));
typedef int16_t vec_i16 __attribute__((vector_size(MOTE_SIMD_BYTES / 2)));

/* The taps of one output pixel inside the image: rows [y0, y1) and columns [x0, x1) of the filter. */
typedef struct taps {
    int32_t y0, y1, x0, x1;
    int64_t input; /* element offset of tap (0, 0), maybe outside */
} taps;

static int32_t first_tap(int32_t at, int32_t dilation)
{
    return at < 0 ? (-at + dilation - 1) / dilation : 0;
}

static int32_t end_tap(int32_t at, int32_t dilation, int32_t size, int32_t filter)
{
    const int32_t end = at >= size ? 0 : (size - at + dilation - 1) / dilation;
    return end < filter ? end : filter;
}

static taps find_taps(const mote_dw_job *job, int32_t row, int32_t x)
{
    const int32_t iy = row * job->stride_h - job->pad_top, ix = x * job->stride_w - job->pad_left;
    return (taps){
        .y0 = first_tap(iy, job->dilation_h),
        .y1 = end_tap(iy, job->dilation_h, job->in_height, job->filter_height),
        .x0 = first_tap(ix, job->dilation_w),
        .x1 = end_tap(ix, job->dilation_w, job->in_width, job->filter_width),
        .input = ((int64_t)iy * job->in_width + ix) * job->channels,
    };
}

static inline vec_f32 load_f32(const float *p)
{
    vec_f32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline __attribute__((always_inline)) void f32_block(const mote_dw_job *job, const taps *t, int64_t c,
                                                            const int n_vectors, float *out)
{
    const float *input = (const float *)job->input, *filter = (const float *)job->filter + c;
    const float *bias = job->bias;
    vec_f32 sum[4];
#pragma GCC unroll 4
    for (int v = 0; v < n_vectors; v++)
        sum[v] = (vec_f32){0};
    const int64_t step_y = (int64_t)job->dilation_h * job->in_width * job->channels;
    const int64_t step_x = (int64_t)job->dilation_w * job->channels;
    for (int32_t fy = t->y0; fy < t->y1; fy++)
        for (int32_t fx = t->x0; fx < t->x1; fx++) {
            const float *x = input + t->input + fy * step_y + fx * step_x + c;
            const float *w = filter + ((int64_t)fy * job->filter_width + fx) * job->channels;
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; v++)
                sum[v] += load_f32(x + v * LANES) * load_f32(w + v * LANES);
        }
#pragma GCC unroll 4
    for (int v = 0; v < n_vectors; v++) {
        const vec_f32 biased = bias ? sum[v] + load_f32(bias + c + v * LANES) : sum[v];
        const vec_f32 s = mote_vec_clamp(biased, job->low_f32, job->high_f32);
        memcpy(out + c + v * LANES, &s, sizeof s);
    }
}

static void f32_rest(const mote_dw_job *job, const taps *t, int64_t c, float *out)
{
    const float *input = job->input, *filter = job->filter, *bias = job->bias;
    for (; c < job->channels; c++) {
        float sum = 0.0f;
        for (int32_t fy = t->y0; fy < t->y1; fy++)
            for (int32_t fx = t->x0; fx < t->x1; fx++)
                sum +=
                    input[t->input +
                          ((int64_t)fy * job->dilation_h * job->in_width + fx * job->dilation_w) * job->channels + c] *
                    filter[((int64_t)fy * job->filter_width + fx) * job->channels + c];
        sum += bias ? bias[c] : 0.0f;
        sum = sum < job->low_f32 ? job->low_f32 : sum;
        out[c] = sum > job->high_f32 ? job->high_f32 : sum;
    }
}

void MOTE_SIMD(mote_f32_dw)(const mote_dw_job *job, int32_t row)
{
    float *out = (float *)job->output + (int64_t)row * job->out_width * job->channels;
    for (int32_t x = 0; x < job->out_width; x++, out += job->channels) {
        const taps t = find_taps(job, row, x);
        int64_t c = 0;
        for (; c + BLOCK <= job->channels; c += BLOCK)
            f32_block(job, &t, c, 4, out);
        for (; c + LANES <= job->channels; c += LANES)
            f32_block(job, &t, c, 1, out);
        f32_rest(job, &t, c, out);
    }
}

/* --- int8 --- */

static inline vec_i32 load_i8(const int8_t *p)
{
    vec_i8 v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, vec_i32);
}

static inline vec_i32 load_i16(const int16_t *p)
{
    vec_i16 v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, vec_i32);
}

static inline vec_i32 load_i32(const int32_t *p)
{
    vec_i32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static void qs8_store(const mote_dw_job *job, const int32_t *sums, int64_t c, int64_t n, int8_t *out)
{
    for (int64_t i = 0; i < n; i++) {
        const mote_multiplier m = {job->mantissa[c + i], job->exponent[c + i]};
        const int32_t scaled = mote_wrap_add_i32(mote_scale_i32(sums[i], m), job->zero_point);
        out[c + i] = (int8_t)mote_clamp_i32(scaled, job->low, job->high);
    }
}

static inline __attribute__((always_inline)) void qs8_block(const mote_dw_job *job, const taps *t, int64_t c,
                                                            const int n_vectors, int8_t *out)
{
    const int8_t *input = job->input;
    const int16_t *filter = (const int16_t *)job->filter + c;
    const int32_t *bias = job->bias;
    vec_i32 sum[4];
#pragma GCC unroll 4
    for (int v = 0; v < n_vectors; v++)
        sum[v] = bias ? load_i32(bias + c + v * LANES) : (vec_i32){0};
    const int64_t step_y = (int64_t)job->dilation_h * job->in_width * job->channels;
    const int64_t step_x = (int64_t)job->dilation_w * job->channels;
    const vec_i32 zero = job->in_zero_point - (vec_i32){0};
    for (int32_t fy = t->y0; fy < t->y1; fy++)
        for (int32_t fx = t->x0; fx < t->x1; fx++) {
            const int8_t *x = input + t->input + fy * step_y + fx * step_x + c;
            const int16_t *w = filter + ((int64_t)fy * job->filter_width + fx) * job->channels;
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; v++)
                sum[v] += (load_i8(x + v * LANES) - zero) * load_i16(w + v * LANES);
        }
    int32_t sums[BLOCK];
    memcpy(sums, sum, (size_t)n_vectors * sizeof *sum);
    qs8_store(job, sums, c, (int64_t)n_vectors * LANES, out);
}

static void qs8_rest(const mote_dw_job *job, const taps *t, int64_t c, int8_t *out)
{
    const int8_t *input = job->input;
    const int16_t *filter = job->filter;
    const int32_t *bias = job->bias;
    for (; c < job->channels; c++) {
        int32_t sum = bias ? bias[c] : 0;
        for (int32_t fy = t->y0; fy < t->y1; fy++)
            for (int32_t fx = t->x0; fx < t->x1; fx++) {
                const int64_t at =
                    t->input + ((int64_t)fy * job->dilation_h * job->in_width + fx * job->dilation_w) * job->channels +
                    c;
                sum = mote_wrap_add_i32(sum, (input[at] - job->in_zero_point) *
                                                 filter[((int64_t)fy * job->filter_width + fx) * job->channels + c]);
            }
        qs8_store(job, &sum, c, 1, out);
    }
}

void MOTE_SIMD(mote_qs8_dw)(const mote_dw_job *job, int32_t row)
{
    int8_t *out = (int8_t *)job->output + (int64_t)row * job->out_width * job->channels;
    for (int32_t x = 0; x < job->out_width; x++, out += job->channels) {
        const taps t = find_taps(job, row, x);
        int64_t c = 0;
        for (; c + BLOCK <= job->channels; c += BLOCK)
            qs8_block(job, &t, c, 4, out);
        for (; c + LANES <= job->channels; c += LANES)
            qs8_block(job, &t, c, 1, out);
        qs8_rest(job, &t, c, out);
    }
}
