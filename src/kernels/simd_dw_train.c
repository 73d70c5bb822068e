/*
 * Depthwise convolution as it trains, compiled once per instruction set. A few outputs of a few vectors of channels
 * keep their sums in registers while the taps go by. All of a line is made of one block of channels before the next, so
 * that what is read of it stays in the first cache. Outputs whose taps leave the line are made one by one from the taps
 * inside. GNU vectors, no immintrin.h.
 */
#include "kernels/kernels.h"
#include "kernels/simd_f32.h"

/* Images are mostly a multiple of 7 wide. */
enum { LANES = MOTE_SIMD_BYTES / 4, AT_ONCE = 7, WIDE = MOTE_SIMD_BYTES == 64 ? 2 : 1, MAX_ROW = 8, MAX_BESIDE = 5 };

typedef mote_vec_f32 vec;

/* Below, n outputs from x on at channels [c, c + vectors): n and vectors are constants, and width, the channels of a
 * vector, where it is LANES. */

static inline __attribute__((always_inline)) void begin(const mote_dw_line_job *job, vec sum[AT_ONCE][WIDE],
                                                        const int n, int64_t c, const int vectors, int64_t width)
{
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
        const vec bias = job->bias ? mote_vec_fetch(job->bias + c + v * LANES, width) : (vec){0};
#pragma GCC unroll 8
        for (int i = 0; i < n; i++)
            sum[i][v] = bias;
    }
}

static inline __attribute__((always_inline)) void put(const mote_dw_line_job *job, vec sum[AT_ONCE][WIDE], int32_t x,
                                                      const int n, int64_t c, const int vectors, int64_t width)
{
    const bool stream = job->stream && width == LANES;
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

/* Taps [first, last) of each row. */
static inline __attribute__((always_inline)) void outputs(const mote_dw_line_job *job, int32_t x, const int n,
                                                          int64_t c, const int vectors, int64_t width, int32_t first,
                                                          int32_t last)
{
    vec sum[AT_ONCE][WIDE];
    begin(job, sum, n, c, vectors, width);
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
    put(job, sum, x, n, c, vectors, width);
}

/* The same of all taps, a constant number, where taps and outputs lie side by side: a column is loaded once for the
 * outputs that read it. */
static inline __attribute__((always_inline)) void outputs_beside(const mote_dw_line_job *job, int32_t x, int64_t c,
                                                                 const int vectors, int64_t width, const int taps)
{
    vec sum[AT_ONCE][WIDE], weight[MAX_BESIDE][WIDE];
    begin(job, sum, AT_ONCE, c, vectors, width);
    for (int32_t fy = 0; fy < job->ny; fy++) {
        const float *column = job->rows[fy] + (x + job->origin) * job->in_stride + c, *w = job->weights[fy] + c;
#pragma GCC unroll 8
        for (int f = 0; f < taps; f++)
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++)
                weight[f][v] = mote_vec_fetch(w + f * job->w_step + v * LANES, width);
#pragma GCC unroll 16
        for (int j = 0; j < AT_ONCE + taps - 1; j++, column += job->in_stride)
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) {
                const vec value = mote_vec_fetch(column + v * LANES, width);
#pragma GCC unroll 8
                for (int i = 0; i < AT_ONCE; i++)
                    if (j >= i && j - i < taps)
                        sum[i][v] += weight[j - i][v] * value;
            }
    }
    put(job, sum, x, AT_ONCE, c, vectors, width);
}

/* One output, from the taps inside the line. */
static inline __attribute__((always_inline)) void edge(const mote_dw_line_job *job, int32_t x, int64_t c,
                                                       const int vectors, int64_t width)
{
    const int64_t at = (int64_t)x * job->x_step + job->origin;
    int32_t first = 0, last = job->nx;
    while (first < last && at + (int64_t)first * job->x_dilation < 0)
        first++;
    while (last > first && at + (int64_t)(last - 1) * job->x_dilation >= job->n_columns)
        last--;
    outputs(job, x, 1, c, vectors, width, first, last);
}

static bool is_inside(const mote_dw_line_job *job, int32_t x)
{
    const int64_t at = (int64_t)x * job->x_step + job->origin;
    return at >= 0 && at + (int64_t)(job->nx - 1) * job->x_dilation < job->n_columns;
}

static inline __attribute__((always_inline)) void line(const mote_dw_line_job *job, int64_t c, const int vectors,
                                                       int64_t width)
{
    const int32_t beside = job->x_step == 1 && job->x_dilation == 1 ? job->nx : 0;
    for (int32_t x = 0; x < job->n;) {
        if (x + AT_ONCE > job->n && x > 0 && job->n >= AT_ONCE && !job->add)
            x = job->n - AT_ONCE; /* some once more */
        if (x + AT_ONCE > job->n || !is_inside(job, x) || !is_inside(job, x + AT_ONCE - 1)) {
            edge(job, x++, c, vectors, width);
            continue;
        }
        if (beside == 5)
            outputs_beside(job, x, c, vectors, width, 5);
        else if (beside == 3)
            outputs_beside(job, x, c, vectors, width, 3);
        else if (beside == 2)
            outputs_beside(job, x, c, vectors, width, 2);
        else
            outputs(job, x, AT_ONCE, c, vectors, width, 0, job->nx);
        x += AT_ONCE;
    }
}

void MOTE_SIMD(mote_f32_dw_line)(const mote_dw_line_job *wanted)
{
    mote_dw_line_job checked = *wanted;
    checked.stream = wanted->stream && !wanted->add && mote_vec_can_stream(wanted->out, wanted->out_stride);
    const mote_dw_line_job *job = &checked;
    int64_t c = 0;
    for (; c + WIDE * LANES <= job->channels; c += WIDE * LANES)
        line(job, c, WIDE, LANES);
    for (; WIDE > 1 && c + LANES <= job->channels; c += LANES)
        line(job, c, 1, LANES);
    if (c < job->channels)
        line(job, c, 1, job->channels - c);
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
