/*
 * Depthwise int8 rows, a block of LANES channels at a time. Each file that includes this brings its instructions: a
 * vector holds GROUP taps, one below the other, of each channel of the block.
 *
 *   line:    for each GROUP of the filter's rows:  a vector per column of the image that a run of outputs reads
 *   output:  start + the sum over groups and columns of  line[group][column] * weights[group][column]
 *
 * A line is made once and serves every output that reads it. Rows and columns outside the image hold the zero point,
 * which adds nothing: `start` has the zero point's share taken off for every tap.
 *
 * Before this file:  vec;  GROUP;  ZERO_SHIFT, what dw_gather adds to x;
 *   vec dw_gather(const int8_t *const rows[GROUP])      LANES values of each row
 *   vec dw_weights(const int8_t *w)                     LANES * GROUP of them
 *   vec dw_add(vec sums, vec x, vec w)
 */
#ifndef MOTE_KERNELS_SIMD_DW_QS8_H
#define MOTE_KERNELS_SIMD_DW_QS8_H

#include "kernels/kernels.h"
#include "kernels/simd_f32.h"
#include "kernels/x86/requantize.h"

enum { LANES = MOTE_SIMD_BYTES / 4, LINE_VECTORS = 256, AT_ONCE = 4, MAX_HELD = 16 };

typedef uint32_t dw_u32 __attribute__((vector_size(MOTE_SIMD_BYTES)));

typedef struct dw_block {
    const mote_dw_job *job;
    int64_t channel, n; /* n of the channels, LANES or all there are */
    int32_t row, groups;
    const int8_t *weights;
    vec start;
    mote_requantizer codes;
    mote_vec_f32 factor, bias; /* for floats */
    int8_t outside[LANES];     /* the zero point */
} dw_block;

static inline dw_u32 load_u32(const void *p)
{
    dw_u32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline dw_u32 load_u32_part(const int32_t *p, int64_t n)
{
    int32_t each[LANES] = {0};
    memcpy(each, p, (size_t)n * sizeof *p);
    return load_u32(each);
}

static void make_outputs(dw_block *b)
{
    const mote_dw_job *job = b->job;
    if (!job->to_floats) {
        const mote_requantize_values values = {.mantissa = job->mantissa + b->channel,
                                               .exponent = job->exponent + b->channel,
                                               .lanes = b->n,
                                               .zero_point = job->zero_point,
                                               .low = job->low,
                                               .high = job->high};
        b->codes = mote_requantizer_make(&values);
        return;
    }
    const float *bias = job->bias;
    b->factor = mote_vec_all(job->x_scale) *
                (job->scale_step ? mote_vec_fetch(job->scale_f32 + b->channel, b->n) : mote_vec_all(job->scale_f32[0]));
    b->bias = bias ? mote_vec_fetch(bias + b->channel, b->n) : (mote_vec_f32){0};
}

/* The block at `channel`, whose packed form begins with the sums of its weights. */
static void make_block(dw_block *b, int64_t channel, const int8_t *packed)
{
    const mote_dw_job *job = b->job;
    b->channel = channel;
    b->n = job->channels < LANES ? job->channels : LANES;
    b->weights = packed + LANES * sizeof(int32_t);
    const dw_u32 zero = (uint32_t)(job->in_zero_point + ZERO_SHIFT) - (dw_u32){0};
    const int32_t *bias = job->to_floats ? NULL : job->bias;
    b->start = (vec)((bias ? load_u32_part(bias + channel, b->n) : (dw_u32){0}) - zero * load_u32(packed));
    make_outputs(b);
}

/* One group's rows from the block's channels of column 0 on, and how far apart columns are: 0 outside the image. */
typedef struct dw_rows {
    const int8_t *row[GROUP];
    int64_t step[GROUP];
} dw_rows;

static inline dw_rows rows_of(const dw_block *b, int32_t group)
{
    const mote_dw_job *job = b->job;
    dw_rows rows;
    for (int i = 0; i < GROUP; i++) {
        const int32_t fy = group * GROUP + i;
        const int64_t y = (int64_t)b->row * job->stride_h - job->pad_top + (int64_t)fy * job->dilation_h;
        const bool inside = fy < job->filter_height && y >= 0 && y < job->in_height;
        rows.row[i] = inside ? (const int8_t *)job->input + y * job->in_width * job->channels + b->channel : b->outside;
        rows.step[i] = inside ? job->channels : 0;
    }
    return rows;
}

/* A column inside the image; whole: n is LANES. */
static inline __attribute__((always_inline)) vec gather(const dw_rows *rows, int64_t column, int64_t n, bool whole)
{
    const int8_t *at[GROUP];
    int8_t part[GROUP][LANES] = {{0}};
    for (int i = 0; i < GROUP; i++) {
        at[i] = rows->row[i] + column * rows->step[i];
        if (!whole) {
            memcpy(part[i], at[i], (size_t)n);
            at[i] = part[i];
        }
    }
    return dw_gather(at);
}

static inline vec gather_outside(const dw_block *b)
{
    const int8_t *at[GROUP];
    for (int i = 0; i < GROUP; i++)
        at[i] = b->outside;
    return dw_gather(at);
}

/* Columns [from, from + n_columns) of all groups. */
static inline __attribute__((always_inline)) void make_line(const dw_block *b, int64_t from, int64_t n_columns,
                                                            vec *line, bool whole)
{
    const int64_t width = b->job->in_width, end = from + n_columns < width ? n_columns : width - from;
    const vec outside = gather_outside(b);
    for (int32_t group = 0; group < b->groups; group++, line += n_columns) {
        const dw_rows rows = rows_of(b, group);
        int64_t i = 0;
        for (; i < n_columns && from + i < 0; i++)
            line[i] = outside;
        for (; i < end; i++)
            line[i] = gather(&rows, from + i, b->n, whole);
        for (; i < n_columns; i++)
            line[i] = outside;
    }
}

static inline __attribute__((always_inline)) void store(const dw_block *b, vec sums, int64_t x)
{
    const mote_dw_job *job = b->job;
    const int64_t at = ((int64_t)b->row * job->out_width + x) * job->channels + b->channel;
    if (!job->to_floats) {
        mote_requantize_store(&b->codes, sums, (int8_t *)job->output + at, b->n);
        return;
    }
    const mote_vec_f32 v = __builtin_convertvector((mote_vec_i32)sums, mote_vec_f32) * b->factor + b->bias;
    mote_vec_put((float *)job->output + at, mote_vec_clamp(v, job->low_f32, job->high_f32), b->n);
}

/* n outputs from x on, whose first tap is line[0]; weights NULL: not held in registers. What is called a constant
 * below is one where this is inlined. */
static inline __attribute__((always_inline)) void some(const dw_block *b, const vec *line, int64_t n_columns, int64_t x,
                                                       const int n, const int32_t groups, const int32_t width,
                                                       const vec *held)
{
    const int64_t stride = b->job->stride_w, dilation = b->job->dilation_w;
    vec sums[AT_ONCE];
#pragma GCC unroll 4
    for (int i = 0; i < n; i++)
        sums[i] = b->start;
    for (int32_t group = 0; group < groups; group++)
        for (int32_t fx = 0; fx < width; fx++) {
            const int32_t tap = group * width + fx;
            const vec w = held ? held[tap] : dw_weights(b->weights + (int64_t)tap * LANES * GROUP);
            const vec *column = line + group * n_columns + fx * dilation;
#pragma GCC unroll 4
            for (int i = 0; i < n; i++)
                sums[i] = dw_add(sums[i], column[i * stride], w);
        }
#pragma GCC unroll 4
    for (int i = 0; i < n; i++)
        store(b, sums[i], x + i);
}

static inline __attribute__((always_inline)) void outputs(const dw_block *b, const vec *line, int64_t n_columns,
                                                          int64_t x, int64_t end, const int32_t groups,
                                                          const int32_t width, const bool hold)
{
    vec held[MAX_HELD];
    for (int32_t tap = 0; hold && tap < groups * width; tap++)
        held[tap] = dw_weights(b->weights + (int64_t)tap * LANES * GROUP);
    for (; x + AT_ONCE <= end; x += AT_ONCE, line += AT_ONCE * b->job->stride_w)
        some(b, line, n_columns, x, AT_ONCE, groups, width, hold ? held : NULL);
    for (; x < end; x++, line += b->job->stride_w)
        some(b, line, n_columns, x, 1, groups, width, hold ? held : NULL);
}

/* Outputs [x, end), by the sizes that networks use where it is one of them. */
static void run_line(const dw_block *b, const vec *line, int64_t n_columns, int64_t x, int64_t end)
{
    enum { THREE = (3 + GROUP - 1) / GROUP, FIVE = (5 + GROUP - 1) / GROUP };
    const int32_t width = b->job->filter_width;
    if (b->groups == THREE && width == 3)
        outputs(b, line, n_columns, x, end, THREE, 3, true);
    else if (b->groups == FIVE && width == 5)
        outputs(b, line, n_columns, x, end, FIVE, 5, true);
    else
        outputs(b, line, n_columns, x, end, b->groups, width, false);
}

/* One output of a filter that is too wide for a line. */
static void run_far(const dw_block *b, int64_t x)
{
    const mote_dw_job *job = b->job;
    const int64_t first = x * job->stride_w - job->pad_left;
    vec sums = b->start;
    for (int32_t group = 0; group < b->groups; group++) {
        const dw_rows rows = rows_of(b, group);
        for (int32_t fx = 0; fx < job->filter_width; fx++) {
            const int64_t column = first + (int64_t)fx * job->dilation_w;
            const bool inside = column >= 0 && column < job->in_width;
            sums = dw_add(sums, inside ? gather(&rows, column, b->n, b->n == LANES) : gather_outside(b),
                          dw_weights(b->weights + ((int64_t)group * job->filter_width + fx) * LANES * GROUP));
        }
    }
    store(b, sums, x);
}

static void run_block(const dw_block *b)
{
    const mote_dw_job *job = b->job;
    const int64_t span = ((int64_t)job->filter_width - 1) * job->dilation_w + 1, room = LINE_VECTORS / b->groups;
    const int64_t at_once = span > room ? 0 : (room - span) / job->stride_w + 1;
    vec line[LINE_VECTORS];
    for (int64_t x = 0, n; x < job->out_width; x += n) {
        n = job->out_width - x < at_once ? job->out_width - x : at_once;
        if (n == 0) {
            run_far(b, x);
            n = 1;
            continue;
        }
        const int64_t n_columns = (n - 1) * job->stride_w + span;
        if (b->n == LANES)
            make_line(b, x * job->stride_w - job->pad_left, n_columns, line, true);
        else
            make_line(b, x * job->stride_w - job->pad_left, n_columns, line, false);
        run_line(b, line, n_columns, x, x + n);
    }
}

static inline void run_row(const mote_dw_job *job, int32_t row)
{
    dw_block b = {.job = job, .row = row, .groups = (job->filter_height + GROUP - 1) / GROUP};
    memset(b.outside, job->in_zero_point, sizeof b.outside);
    const int64_t bytes = LANES * ((int64_t)sizeof(int32_t) + (int64_t)b.groups * GROUP * job->filter_width);
    const int8_t *packed = job->filter;
    for (int64_t c = 0; c < job->channels; c += LANES, packed += bytes) {
        /* the last block begins where it is a whole one, as it is packed */
        make_block(&b, c + LANES > job->channels && c > 0 ? job->channels - LANES : c, packed);
        run_block(&b);
    }
}

#endif
