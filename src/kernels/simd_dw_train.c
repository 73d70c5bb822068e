/*
 * Depthwise convolution as it trains, compiled once per instruction set. A few outputs of a few vectors of channels
 * keep their sums in registers while the taps go by; outputs whose taps leave the line are made one by one from the
 * taps inside. GNU vectors, no immintrin.h.
 */
#include "kernels/kernels.h"
#include "kernels/simd_f32.h"

enum { LANES = MOTE_SIMD_BYTES / 4, AT_ONCE = MOTE_SIMD_BYTES == 64 ? 6 : 3, WIDE = 4, MAX_ROW = 8 };

typedef mote_vec_f32 vec;

/* Outputs [x, x + n) at channels [c, c + vectors): taps [first, last) of each row. n and vectors are constants. */
static inline __attribute__((always_inline)) void outputs(const mote_dw_line_job *job, int32_t x, const int n,
                                                          int64_t c, const int vectors, int64_t width, int32_t first,
                                                          int32_t last)
{
    const bool stream = job->stream && width == LANES && !job->add;
    vec sum[AT_ONCE > WIDE ? AT_ONCE : WIDE][WIDE];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
        const vec bias = job->bias ? mote_vec_fetch(job->bias + c + v * LANES, width) : (vec){0};
#pragma GCC unroll 8
        for (int i = 0; i < n; i++)
            sum[i][v] = bias;
    }
    const int64_t step = job->x_step * job->in_stride, dilation = job->x_dilation * job->in_stride;
    const int64_t at = (x * (int64_t)job->x_step + job->origin) * job->in_stride + first * dilation + c;
    for (int32_t fy = 0; fy < job->ny; fy++) {
        const float *column = job->rows[fy] + at, *w = job->weights[fy] + first * job->w_step + c;
        for (int32_t fx = first; fx < last; fx++, w += job->w_step, column += dilation)
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) {
                const vec weight = mote_vec_fetch(w + v * LANES, width);
#pragma GCC unroll 8
                for (int i = 0; i < n; i++)
                    sum[i][v] += weight * mote_vec_fetch(column + i * step + v * LANES, width);
            }
    }
#pragma GCC unroll 8
    for (int i = 0; i < n; i++) {
        float *out = job->out + (x + i) * job->out_stride + c;
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            if (stream)
                mote_vec_stream(out + v * LANES, sum[i][v]);
            else
                mote_vec_put(out + v * LANES, job->add ? sum[i][v] + mote_vec_fetch(out + v * LANES, width) : sum[i][v],
                             width);
    }
}

/* One output, from the taps inside the line. */
static void edge(const mote_dw_line_job *job, int32_t x)
{
    const int64_t at = (int64_t)x * job->x_step + job->origin;
    int32_t first = 0, last = job->nx;
    while (first < last && at + (int64_t)first * job->x_dilation < 0)
        first++;
    while (last > first && at + (int64_t)(last - 1) * job->x_dilation >= job->n_columns)
        last--;
    int64_t c = 0;
    for (; c + WIDE * LANES <= job->channels; c += WIDE * LANES)
        outputs(job, x, 1, c, WIDE, LANES, first, last);
    for (; c + LANES <= job->channels; c += LANES)
        outputs(job, x, 1, c, 1, LANES, first, last);
    if (c < job->channels)
        outputs(job, x, 1, c, 1, job->channels - c, first, last);
}

static bool is_inside(const mote_dw_line_job *job, int32_t x)
{
    const int64_t at = (int64_t)x * job->x_step + job->origin;
    return at >= 0 && at + (int64_t)(job->nx - 1) * job->x_dilation < job->n_columns;
}

void MOTE_SIMD(mote_f32_dw_line)(const mote_dw_line_job *job)
{
    for (int32_t x = 0; x < job->n;) {
        if (x + AT_ONCE > job->n && x > 0 && job->n >= AT_ONCE && !job->add)
            x = job->n - AT_ONCE; /* some once more */
        if (x + AT_ONCE > job->n || !is_inside(job, x) || !is_inside(job, x + AT_ONCE - 1)) {
            edge(job, x++);
            continue;
        }
        int64_t c = 0;
        for (; c + 2 * LANES <= job->channels; c += 2 * LANES)
            outputs(job, x, AT_ONCE, c, 2, LANES, 0, job->nx);
        for (; c + LANES <= job->channels; c += LANES)
            outputs(job, x, AT_ONCE, c, 1, LANES, 0, job->nx);
        if (c < job->channels)
            outputs(job, x, AT_ONCE, c, 1, job->channels - c, 0, job->nx);
        x += AT_ONCE;
    }
    if (job->stream)
        mote_vec_stream_end();
}

/* The outputs [from, to) whose column of tap fx lies inside the line. */
static void inside_of(const mote_dw_taps_job *job, int32_t fx, int32_t *from, int32_t *to)
{
    const int64_t offset = job->origin + (int64_t)fx * job->x_dilation;
    int32_t first = 0, last = job->n;
    while (first < last && (int64_t)first * job->x_step + offset < 0)
        first++;
    while (last > first && (int64_t)(last - 1) * job->x_step + offset >= job->n_columns)
        last--;
    *from = first;
    *to = last;
}

/* Taps of one filter row at one vector of channels. Outputs of [from, to) have all taps inside; two at a time, so that
 * sums do not wait for one another. */
static inline __attribute__((always_inline)) void tap_row(const mote_dw_taps_job *job, int32_t fy, int64_t c,
                                                          int64_t width, int32_t from, int32_t to, const int taps)
{
    vec even[MAX_ROW], odd[MAX_ROW];
    float *sums = job->sums + (int64_t)fy * job->nx * job->channels + c;
#pragma GCC unroll 8
    for (int i = 0; i < taps; i++) {
        even[i] = mote_vec_fetch(sums + i * job->channels, width);
        odd[i] = (vec){0};
    }
    const int64_t step = job->x_step * job->in_stride, dilation = job->x_dilation * job->in_stride;
    const float *row = job->rows[fy] + job->origin * job->in_stride + c;
    int32_t x = from;
    for (; x + 2 <= to; x += 2) {
        const vec a = mote_vec_fetch(job->dy + x * job->dy_stride + c, width);
        const vec b = mote_vec_fetch(job->dy + (x + 1) * job->dy_stride + c, width);
        const float *column = row + x * step;
#pragma GCC unroll 8
        for (int i = 0; i < taps; i++) {
            even[i] += a * mote_vec_fetch(column + i * dilation, width);
            odd[i] += b * mote_vec_fetch(column + step + i * dilation, width);
        }
    }
    if (x < to) {
        const vec a = mote_vec_fetch(job->dy + x * job->dy_stride + c, width);
#pragma GCC unroll 8
        for (int i = 0; i < taps; i++)
            even[i] += a * mote_vec_fetch(row + x * step + i * dilation, width);
    }
#pragma GCC unroll 8
    for (int i = 0; i < taps; i++)
        mote_vec_put(sums + i * job->channels, even[i] + odd[i], width);
}

/* The outputs at either end that tap fx reads and the rows above leave out. */
static void tap_ends(const mote_dw_taps_job *job, int32_t fy, int32_t fx, int64_t c, int64_t width, int32_t from,
                     int32_t to)
{
    int32_t first, last;
    inside_of(job, fx, &first, &last);
    float *sums = job->sums + ((int64_t)fy * job->nx + fx) * job->channels + c;
    const float *row = job->rows[fy] + (job->origin + (int64_t)fx * job->x_dilation) * job->in_stride + c;
    vec sum = mote_vec_fetch(sums, width);
    for (int32_t x = first; x < last; x++) {
        if (x == from && to > from)
            x = to;
        if (x >= last)
            break;
        sum += mote_vec_fetch(job->dy + x * job->dy_stride + c, width) *
               mote_vec_fetch(row + x * job->x_step * job->in_stride, width);
    }
    mote_vec_put(sums, sum, width);
}

static inline __attribute__((always_inline)) void taps_at(const mote_dw_taps_job *job, int64_t c, int64_t width)
{
    int32_t from, to, unused;
    inside_of(job, 0, &from, &unused);
    inside_of(job, job->nx - 1, &unused, &to);
    if (job->nx != 3 && job->nx != 5 && job->nx != 7)
        to = from; /* every tap by itself */
    to = to > from ? to : from;
    for (int32_t fy = 0; fy < job->ny; fy++) {
        if (to > from && job->nx == 3)
            tap_row(job, fy, c, width, from, to, 3);
        else if (to > from && job->nx == 5)
            tap_row(job, fy, c, width, from, to, 5);
        else if (to > from)
            tap_row(job, fy, c, width, from, to, 7);
        for (int32_t fx = 0; fx < job->nx && (from > 0 || to < job->n); fx++)
            tap_ends(job, fy, fx, c, width, from, to);
    }
    if (!job->bias_sums)
        return;
    vec sum = mote_vec_fetch(job->bias_sums + c, width);
    for (int32_t x = 0; x < job->n; x++)
        sum += mote_vec_fetch(job->dy + x * job->dy_stride + c, width);
    mote_vec_put(job->bias_sums + c, sum, width);
}

void MOTE_SIMD(mote_f32_dw_taps)(const mote_dw_taps_job *job)
{
    int64_t c = 0;
    for (; c + LANES <= job->channels; c += LANES)
        taps_at(job, c, LANES);
    if (c < job->channels)
        taps_at(job, c, job->channels - c);
}
