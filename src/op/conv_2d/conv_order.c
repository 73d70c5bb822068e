#include "op/conv_2d/conv_order.h"

enum { MOST_K = 608, LANES = 16, PEELED = 8, LEAST_BLOCKED_K = 128, LEAST_FAR_COLUMNS = 8000 };

/* Some neighbouring columns of the right side: column c of row k is b[k * nr + c]. */
typedef struct strip {
    const float *b;
    int64_t nr;
    int32_t n; /* columns, at most LANES */
} strip;

static void add_products(float *sums, float a, const float *b, int32_t n)
{
    if (n == LANES) { /* a constant count for the compiler's vectors */
        for (int32_t c = 0; c < LANES; c++)
            sums[c] += a * b[c];
        return;
    }
    for (int32_t c = 0; c < n; c++)
        sums[c] += a * b[c];
}

static void sum_rising(const strip *s, const float *a, int64_t k, float *sums)
{
    for (int64_t i = 0; i < k; i++)
        add_products(sums, a[i], s->b + i * s->nr, s->n);
}

static void sum_even_and_odd(const strip *s, const float *a, int64_t k, float *sums)
{
    float odd[LANES] = {0};
    const int64_t whole = k - k % PEELED;
    for (int64_t i = 0; i < whole; i += 2) {
        add_products(sums, a[i], s->b + i * s->nr, s->n);
        add_products(odd, a[i + 1], s->b + (i + 1) * s->nr, s->n);
    }
    for (int32_t c = 0; c < s->n; c++)
        sums[c] += odd[c];
    for (int64_t i = whole; i < k; i++)
        add_products(sums, a[i], s->b + i * s->nr, s->n);
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
                      int64_t first, float *sums)
{
    const float *a = job->a + row * job->a_stride;
    const int64_t part = part_size(order, job->k);
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

void mote_conv_order_run(const mote_f32_gemm_job *job, int64_t nr, const mote_conv_order *order, int64_t row_begin,
                         int64_t row_end)
{
    for (int64_t first = 0; first < job->n;) {
        const int32_t n = strip_width(job, nr, order, first);
        const float *panel = job->packed + first / nr * nr * (1 + job->k) + first % nr;
        const strip s = {panel + nr, nr, n};
        for (int64_t row = row_begin; row < row_end; row++) {
            float sums[LANES];
            sum_strip(job, &s, order, row, first, sums);
            float *c = job->c + row * job->c_stride + first;
            for (int32_t i = 0; i < n; i++) {
                const float value = sums[i] + panel[i];
                c[i] = value < job->low ? job->low : value > job->high ? job->high : value;
            }
        }
        first += n;
    }
}
