#include "op/conv_2d/conv_order.h"

#include <string.h>

enum { MOST_K = 608, LANES = 16, FEW = 4, ROWS = 4, PEELED = 8, LEAST_BLOCKED_K = 128, LEAST_FAR_COLUMNS = 8000 };

typedef float few __attribute__((vector_size(FEW * sizeof(float))));

/* Some neighbouring columns of the right side: column c of row k is b[k * nr + c]. */
typedef struct strip {
    const float *b;
    int64_t nr;
    int32_t n; /* columns, at most LANES */
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

/* One row by columns that are of one kind: [first, first + s->n) of the whole product. */
static void sum_part(const strip *s, const mote_conv_order *order, int64_t row, int64_t first, const float *a,
                     int64_t k, float *sums)
{
    const int64_t in_vectors = order->n_columns - order->n_columns % 4;
    const bool plain = order->n_rows == 1 || row >= order->n_rows - order->n_rows % 4 ||
                       first < order->n_columns - order->n_columns % LANES;
    if (order->is_dense && order->n_rows == 1)
        for (int32_t c = 0; c < s->n; c++)
            sums[c] = sum_vector(s->b + c, s->nr, a, k);
    else if (plain)
        sum_rising(s, a, k, sums);
    else if (first < in_vectors)
        sum_even_and_odd(s, a, k, sums);
    else
        for (int32_t c = 0; c < s->n; c++)
            sums[c] = sum_pairs(s->b + c, s->nr, a, k);
}

/* k goes in parts of at most MOST_K, what Eigen finds to fit into 48 KB of first-level cache; several are made alike.
 */
static int64_t part_size(const mote_conv_order *order, int64_t k)
{
    if (order->n_rows == 1) /* products with a vector have parts of their own */
        return order->is_dense || k < LEAST_BLOCKED_K ? k : order->n_columns < LEAST_FAR_COLUMNS ? 16 : 4;
    if (k <= MOST_K || k % MOST_K == 0)
        return MOST_K;
    return MOST_K - PEELED * ((MOST_K - 1 - k % MOST_K) / (PEELED * (k / MOST_K + 1)));
}

static void sum_strip(const mote_f32_gemm_job *job, const strip *whole, const mote_conv_order *order, int64_t row,
                      int64_t first, int64_t part, float *sums)
{
    const float *a = job->a + row * job->a_stride;
    for (int32_t c = 0; c < whole->n; c++)
        sums[c] = 0;
    for (int64_t k = 0; k < job->k; k += part) {
        float more[LANES] = {0};
        const strip s = {whole->b + k * whole->nr, whole->nr, whole->n};
        sum_part(&s, order, order->row + row, order->column + first, a + k, job->k - k < part ? job->k - k : part,
                 more);
        for (int32_t c = 0; c < s.n; c++)
            sums[c] = k == 0 ? more[c] : sums[c] + more[c];
    }
}

/* How many columns from `first` on lie in one panel and are of one kind. */
static int32_t strip_width(const mote_f32_gemm_job *job, int64_t nr, const mote_conv_order *order, int64_t first)
{
    const int64_t column = order->column + first, sixteens = order->n_columns - order->n_columns % LANES;
    const int64_t in_vectors = order->n_columns - order->n_columns % 4;
    int64_t end = column < sixteens ? sixteens : column < in_vectors ? in_vectors : order->n_columns;
    end -= order->column;
    end = end < job->n ? end : job->n;
    end = end < (first / nr + 1) * nr ? end : (first / nr + 1) * nr;
    return (int32_t)(end - first < LANES ? end - first : LANES);
}

/* ROWS rows of columns that rise in all rows: the sums of one row by themselves would wait for each other. */
static void sum_rows(const mote_f32_gemm_job *job, const strip *s, int64_t part, int64_t row, float sums[ROWS][LANES])
{
    const float *a = job->a + row * job->a_stride;
    for (int32_t c = 0; c < s->n; c += FEW) {
        few total[ROWS] = {{0}};
        for (int64_t k = 0; k < job->k; k += part) {
            const int64_t end = job->k - k < part ? job->k : k + part;
            few own[ROWS] = {{0}};
            for (int64_t i = k; i < end; i++) {
                few b;
                memcpy(&b, s->b + i * s->nr + c, sizeof b);
                for (int32_t r = 0; r < ROWS; r++)
                    own[r] += a[r * job->a_stride + i] * b;
            }
            for (int32_t r = 0; r < ROWS; r++)
                total[r] = k == 0 ? own[r] : total[r] + own[r];
        }
        for (int32_t r = 0; r < ROWS; r++)
            memcpy(&sums[r][c], &total[r], sizeof total[r]);
    }
}

static bool rises_in_all_rows(const mote_conv_order *order, int64_t first, int32_t n)
{
    return order->n_rows > 1 && order->column + first < order->n_columns - order->n_columns % LANES && n % FEW == 0;
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
    const int64_t part = part_size(order, job->k);
    for (int64_t first = 0; first < job->n;) {
        const int32_t n = strip_width(job, nr, order, first);
        const float *panel = job->packed + first / nr * nr * (1 + job->k) + first % nr;
        const strip s = {panel + nr, nr, n};
        const bool together = rises_in_all_rows(order, first, n);
        for (int64_t row = row_begin; row < row_end;) {
            float sums[ROWS][LANES];
            const int32_t rows = together && row_end - row >= ROWS ? ROWS : 1;
            if (rows == ROWS)
                sum_rows(job, &s, part, row, sums);
            else
                sum_strip(job, &s, order, row, first, part, sums[0]);
            for (int32_t r = 0; r < rows; r++)
                finish(job, panel, n, sums[r], job->c + (row + r) * job->c_stride + first);
            row += rows;
        }
        first += n;
    }
}
