/*
 * The product of two float matrices that training is made of, compiled once per instruction set. A tile holds rows x 2
 * vectors of sums in registers and walks k once; `a` may lie either way round, so that the same loop gives a layer's
 * outputs, the gradient by its inputs, and (a transposed, b as it lies) the gradient by its weights. GNU vectors, no
 * immintrin.h.
 */
#include "kernels/kernels.h"
#include "kernels/simd_f32.h"

enum { LANES = MOTE_SIMD_BYTES / 4, NR = 2 * LANES, MR = MOTE_SIMD_ROWS };

typedef mote_vec_f32 vec;

typedef struct tile_at {
    const float *a, *b, *bias;
    int64_t a_row, b_row, n; /* n: columns that exist */
    float *c;
    bool stream;
} tile_at;

/* Sums of a ragged last panel go through a line of their own. */
static inline __attribute__((always_inline)) void put(const mote_f32_mm_job *job, const tile_at *at, float *c,
                                                      const vec *sum, const int vectors)
{
    if (at->stream && at->n >= vectors * LANES) {
        for (int v = 0; v < vectors; v++)
            mote_vec_stream(c + v * LANES, sum[v]);
        return;
    }
    if (at->n >= vectors * LANES) {
        for (int v = 0; v < vectors; v++)
            mote_vec_store(c + v * LANES, job->add ? mote_vec_load(c + v * LANES) + sum[v] : sum[v]);
        return;
    }
    float line[NR];
    for (int v = 0; v < vectors; v++)
        mote_vec_store(line + v * LANES, sum[v]);
    for (int64_t j = 0; j < at->n; j++)
        c[j] = job->add ? c[j] + line[j] : line[j];
}

/* rows, vectors and whether a_row is 1 are constants in every call: the sums live in registers. */
static inline __attribute__((always_inline)) void tile(const mote_f32_mm_job *job, const tile_at *at, const int rows,
                                                       const int vectors, const bool a_is_line)
{
    const int64_t a_row = a_is_line ? 1 : at->a_row, a_step = a_is_line ? job->a_step : 1;
    vec sum[MR][2];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = (vec){0};
    const float *a = at->a, *b = at->b;
    for (int64_t k = 0; k < job->k; k++, a += a_step, b += at->b_row) {
        const vec b0 = mote_vec_load(b), b1 = vectors > 1 ? mote_vec_load(b + LANES) : b0;
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            const float x = a[r * a_row];
            sum[r][0] += x * b0;
            if (vectors > 1)
                sum[r][1] += x * b1;
        }
    }
    if (at->bias) {
        float line[NR] = {0};
        memcpy(line, at->bias, (size_t)(at->n < vectors * LANES ? at->n : vectors * LANES) * sizeof *line);
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vectors; v++)
                sum[r][v] += mote_vec_load(line + v * LANES);
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        put(job, at, at->c + r * job->c_row, sum[r], vectors);
}

static inline __attribute__((always_inline)) void panel(const mote_f32_mm_job *job, tile_at at, int64_t n_rows,
                                                        const int vectors, const bool a_is_line)
{
    for (; n_rows >= MR; n_rows -= MR) {
        tile(job, &at, MR, vectors, a_is_line);
        at.a += MR * at.a_row;
        at.c += MR * job->c_row;
    }
    for (; n_rows >= 4 && MR > 4; n_rows -= 4) {
        tile(job, &at, 4 < MR ? 4 : MR, vectors, a_is_line);
        at.a += 4 * at.a_row;
        at.c += 4 * job->c_row;
    }
    for (; n_rows > 0; n_rows--) {
        tile(job, &at, 1, vectors, a_is_line);
        at.a += at.a_row;
        at.c += job->c_row;
    }
}

static void panel_of(const mote_f32_mm_job *job, tile_at at, int64_t n_rows, bool wide)
{
    if (job->a_row == 1 && job->a_step != 1) {
        if (wide)
            panel(job, at, n_rows, 2, true);
        else
            panel(job, at, n_rows, 1, true);
    } else if (wide) {
        panel(job, at, n_rows, 2, false);
    } else {
        panel(job, at, n_rows, 1, false);
    }
}

void MOTE_SIMD(mote_f32_mm)(const mote_f32_mm_job *job, int64_t row_begin, int64_t row_end)
{
    float tail[MOTE_MM_MAX_K * LANES]; /* the last few columns of an unpacked b, padded to a vector */
    const bool stream = job->stream && !job->add && mote_vec_can_stream(job->c, job->c_row);
    for (int64_t column = 0; column < job->n;) {
        const int64_t left = job->n - column;
        tile_at at = {
            .a = job->a + row_begin * job->a_row,
            .bias = job->bias ? job->bias + column : NULL,
            .a_row = job->a_row,
            .n = left,
            .c = job->c + row_begin * job->c_row + column,
            .stream = stream,
        };
        const bool wide = left > LANES && (job->packed || left >= NR);
        if (job->packed) {
            at.b = job->b + column / NR * (NR * job->k);
            at.b_row = NR;
        } else if (left >= LANES) {
            at.b = job->b + column;
            at.b_row = job->b_row;
        } else {
            for (int64_t k = 0; k < job->k; k++)
                for (int64_t j = 0; j < LANES; j++)
                    tail[k * LANES + j] = j < left ? job->b[k * job->b_row + column + j] : 0.0f;
            at.b = tail;
            at.b_row = LANES;
        }
        panel_of(job, at, row_end - row_begin, wide);
        column += wide ? NR : job->packed ? NR : LANES;
    }
    if (stream)
        mote_vec_stream_end();
}
