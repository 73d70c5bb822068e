#include "op/conv_2d/conv_order.h"

#include "op/conv_2d/conv_parts.h"

#include <string.h>

enum { LANES = 16, FEW = 4, ROWS = 4, PEELED = 8, MOST_BLOCKS = 4 };

typedef float few __attribute__((vector_size(FEW * sizeof(float))));

/* How columns are walked: sixteen at a time, then eight and four, then one. */
typedef enum walk { IN_SIXTEENS, IN_VECTORS, ALONE } walk;

/* Some neighbouring columns of the right side: column c of row k is b[k * nr + c]. */
typedef struct strip {
    const float *b;
    int64_t nr;
    int32_t n; /* columns, at most LANES */
    walk how;
} strip;

/* The sums stay in local variables, which compilers keep in registers. */
static void sum_rising_1(const float *b, int64_t nr, const float *a, int64_t k, float *sum)
{
    float own = 0;
    for (int64_t i = 0; i < k; i++)
        own += a[i] * b[i * nr];
    *sum = own;
}

static void sum_rising_4(const float *b, int64_t nr, const float *a, int64_t k, float *sums)
{
    few own = {0};
    for (int64_t i = 0; i < k; i++) {
        few row;
        memcpy(&row, b + i * nr, sizeof row);
        own += a[i] * row;
    }
    memcpy(sums, &own, sizeof own);
}

/* Of n columns, at most FEW. Called with constants, so that the sums stay in registers. */
static inline void sum_even_and_odd_n(const float *b, int64_t nr, const float *a, int64_t k, int32_t n, float *sums)
{
    float even[FEW] = {0}, odd[FEW] = {0};
    const int64_t whole = k - k % PEELED;
    for (int64_t i = 0; i < whole; i += 2)
        for (int32_t c = 0; c < n; c++) {
            even[c] += a[i] * b[i * nr + c];
            odd[c] += a[i + 1] * b[(i + 1) * nr + c];
        }
    for (int32_t c = 0; c < n; c++)
        even[c] += odd[c];
    for (int64_t i = whole; i < k; i++)
        for (int32_t c = 0; c < n; c++)
            even[c] += a[i] * b[i * nr + c];
    for (int32_t c = 0; c < n; c++)
        sums[c] = even[c];
}

static void sum_rising(const strip *s, const float *a, int64_t k, float *sums)
{
    int32_t c = 0;
    for (; c + FEW <= s->n; c += FEW)
        sum_rising_4(s->b + c, s->nr, a, k, sums + c);
    for (; c < s->n; c++)
        sum_rising_1(s->b + c, s->nr, a, k, sums + c);
}

static void sum_even_and_odd(const strip *s, const float *a, int64_t k, float *sums)
{
    int32_t c = 0;
    for (; c + FEW <= s->n; c += FEW)
        sum_even_and_odd_n(s->b + c, s->nr, a, k, FEW, sums + c);
    for (; c < s->n; c++)
        sum_even_and_odd_n(s->b + c, s->nr, a, k, 1, sums + c);
}

/* Of one column; four pairs of even and odd k. */
static float sum_pairs(const float *b, int64_t nr, const float *a, int64_t k)
{
    float p[PEELED] = {0};
    int64_t i = 0;
    for (; i + PEELED <= k; i += PEELED)
        for (int32_t j = 0; j < PEELED; j++)
            p[j] += a[i + j] * b[(i + j) * nr];
    float even = (p[0] + p[2]) + (p[4] + p[6]), odd = (p[1] + p[3]) + (p[5] + p[7]);
    for (; i + 2 <= k; i += 2) {
        even += a[i] * b[i * nr];
        odd += a[i + 1] * b[(i + 1) * nr];
    }
    const float sum = even + odd;
    return i < k ? sum + a[i] * b[i * nr] : sum;
}

/* Of one column of a dense layer: a vector of eight, whose halves are added first. */
static float sum_vector(const float *b, int64_t nr, const float *a, int64_t k)
{
    float p[PEELED] = {0};
    int64_t i = 0;
    for (; i + PEELED <= k; i += PEELED)
        for (int32_t j = 0; j < PEELED; j++)
            p[j] += a[i + j] * b[(i + j) * nr];
    float sum = ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
    for (; i < k; i++)
        sum += a[i] * b[i * nr];
    return sum;
}

/* One row by columns that are of one kind. */
static void sum_part(const strip *s, const mote_conv_order *order, int64_t row, const float *a, int64_t k, float *sums)
{
    const bool plain = order->n_rows == 1 || row >= order->n_rows - order->n_rows % 4 || s->how == IN_SIXTEENS;
    if (order->is_dense && order->n_rows == 1)
        for (int32_t c = 0; c < s->n; c++)
            sums[c] = sum_vector(s->b + c, s->nr, a, k);
    else if (plain)
        sum_rising(s, a, k, sums);
    else if (s->how == IN_VECTORS)
        sum_even_and_odd(s, a, k, sums);
    else
        for (int32_t c = 0; c < s->n; c++)
            sums[c] = sum_pairs(s->b + c, s->nr, a, k);
}

/* A stretch of k, and how much of it is summed at a time. */
typedef struct stretch {
    int64_t begin, end, part;
} stretch;

static void sum_strip(const mote_f32_gemm_job *job, const strip *whole, const mote_conv_order *order, int64_t row,
                      const stretch *in, float *sums)
{
    const float *a = job->a + row * job->a_stride;
    for (int32_t c = 0; c < whole->n; c++)
        sums[c] = 0;
    for (int64_t k = in->begin; k < in->end; k += in->part) {
        float more[LANES] = {0};
        const strip s = {whole->b + k * whole->nr, whole->nr, whole->n, whole->how};
        sum_part(&s, order, order->row + row, a + k, in->end - k < in->part ? in->end - k : in->part, more);
        for (int32_t c = 0; c < s.n; c++)
            sums[c] = k == in->begin ? more[c] : sums[c] + more[c];
    }
}

/* ROWS rows of columns that rise in all rows: the sums of one row by themselves would wait for each other. */
static void sum_rows(const mote_f32_gemm_job *job, const strip *s, int64_t row, const stretch *in,
                     float sums[ROWS][LANES])
{
    const float *a = job->a + row * job->a_stride;
    for (int32_t c = 0; c < s->n; c += FEW) {
        few total[ROWS] = {{0}};
        for (int64_t k = in->begin; k < in->end; k += in->part) {
            const int64_t end = in->end - k < in->part ? in->end : k + in->part;
            few own[ROWS] = {{0}};
            for (int64_t i = k; i < end; i++) {
                few b;
                memcpy(&b, s->b + i * s->nr + c, sizeof b);
                for (int32_t r = 0; r < ROWS; r++)
                    own[r] += a[r * job->a_stride + i] * b;
            }
            for (int32_t r = 0; r < ROWS; r++)
                total[r] = k == in->begin ? own[r] : total[r] + own[r];
        }
        for (int32_t r = 0; r < ROWS; r++)
            memcpy(&sums[r][c], &total[r], sizeof total[r]);
    }
}

static float join_blocks(float blocks[MOST_BLOCKS][ROWS][LANES], int64_t n, int32_t row, int32_t column)
{
    float sum = blocks[0][row][column];
    if (n == MOST_BLOCKS)
        return (sum + blocks[1][row][column]) + (blocks[2][row][column] + blocks[3][row][column]);
    for (int64_t i = 1; i < n; i++)
        sum += blocks[i][row][column];
    return sum;
}

/* `rows` is ROWS, or 1. */
static void sum_blocks(const mote_f32_gemm_job *job, const strip *s, const mote_conv_order *order,
                       const mote_conv_parts *parts, int64_t row, int32_t rows, float sums[ROWS][LANES])
{
    float blocks[MOST_BLOCKS][ROWS][LANES];
    int64_t n = 0;
    for (int64_t k = 0; k < job->k; k += parts->block, n++) {
        const stretch in = {k, job->k - k < parts->block ? job->k : k + parts->block, parts->part};
        if (rows == ROWS)
            sum_rows(job, s, row, &in, blocks[n]);
        else
            sum_strip(job, s, order, row, &in, blocks[n][0]);
    }
    for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < s->n; c++)
            sums[r][c] = join_blocks(blocks, n, r, c);
}

/* The columns from `first` on that lie in one panel and are of one kind. */
static strip strip_from(const mote_f32_gemm_job *job, int64_t nr, const mote_conv_order *order, int64_t together,
                        int64_t first)
{
    const int64_t column = order->column + first, group = column / together * together;
    const int64_t n = order->n_columns - group < together ? order->n_columns - group : together;
    const int64_t sixteens = group + n - n % LANES, vectors = group + n - n % FEW;
    const walk how = column < sixteens ? IN_SIXTEENS : column < vectors ? IN_VECTORS : ALONE;
    int64_t end = how == IN_SIXTEENS ? sixteens : how == IN_VECTORS ? vectors : group + n;
    end -= order->column;
    end = end < job->n ? end : job->n;
    end = end < (first / nr + 1) * nr ? end : (first / nr + 1) * nr;
    return (strip){.b = job->packed + first / nr * nr * (1 + job->k) + first % nr + nr,
                   .nr = nr,
                   .n = (int32_t)(end - first < LANES ? end - first : LANES),
                   .how = how};
}

static void finish(const mote_f32_gemm_job *job, const float *bias, int32_t n, const float *sums, float *out)
{
    for (int32_t i = 0; i < n; i++) {
        const float value = sums[i] + bias[i];
        out[i] = value < job->low ? job->low : value > job->high ? job->high : value;
    }
}

void mote_conv_order_run(const mote_f32_gemm_job *job, int64_t nr, const mote_conv_order *order, int64_t row_begin,
                         int64_t row_end)
{
    const mote_conv_parts parts = mote_conv_parts_of(order, job->k);
    for (int64_t first = 0; first < job->n;) {
        const strip s = strip_from(job, nr, order, parts.columns, first);
        const bool together = order->n_rows > 1 && s.how == IN_SIXTEENS && s.n % FEW == 0;
        for (int64_t row = row_begin; row < row_end;) {
            float sums[ROWS][LANES];
            const int32_t rows = together && row_end - row >= ROWS ? ROWS : 1;
            sum_blocks(job, &s, order, &parts, row, rows, sums);
            for (int32_t r = 0; r < rows; r++)
                finish(job, s.b - nr, s.n, sums[r], job->c + (row + r) * job->c_stride + first);
            row += rows;
        }
        first += s.n;
    }
}
