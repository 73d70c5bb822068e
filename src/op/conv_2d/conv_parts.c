#include "op/conv_2d/conv_parts.h"

/* Eigen's kernel makes ROWS_AT_ONCE places by FILTERS_AT_ONCE filters, in vectors of PACKET floats. */
enum { THREADS = 4, FILTERS_AT_ONCE = 16, ROWS_AT_ONCE = 4, PACKET = 8, K_STEP = 8 };
enum { MOST_SHARED_PART = 320, LEAST_BLOCK = 12 * PACKET, LEAST_BLOCKED_K = 128, LEAST_FAR_COLUMNS = 8000 };

/* m filters by n places. */
typedef struct product {
    int64_t m, n, k;
    double place_cycles; /* to find one number of a place */
} product;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t ceil_to(int64_t x, int64_t step)
{
    return (x + step - 1) / step * step;
}

static int64_t share(int64_t x, int64_t n)
{
    return (x + n - 1) / n;
}

/* --- the costs, in cycles --- */

static double memory_cycles(double bytes)
{
    return bytes * 11 / 64;
}

static bool shares_places(const product *p, int64_t threads)
{
    const int64_t filters = p->m / threads, places = p->n / threads;
    const bool even = p->m % (threads * ROWS_AT_ONCE) == 0;
    const bool uneven_places = p->n % (threads * ROWS_AT_ONCE) != 0;
    if (filters >= ROWS_AT_ONCE &&
        (places < ROWS_AT_ONCE || (places < 4 * ROWS_AT_ONCE && uneven_places && (even || p->m / p->n >= 6))))
        return false;
    return places >= 16 * ROWS_AT_ONCE || p->m <= p->n * 32;
}

/* What one thread of `threads` makes at a time, when they share places or filters. The side that is read over and over
 * stays in the second-level cache. */
static int64_t filters_at_a_time(const product *p, int64_t threads)
{
    const int64_t each = share(p->m, threads);
    if (shares_places(p, threads))
        return least(p->m, ceil_to(each, FILTERS_AT_ONCE));
    const mote_conv_caches caches = mote_conv_caches_of_converter();
    const int64_t filter_bytes = ROWS_AT_ONCE * least(p->k, MOST_SHARED_PART) * (int64_t)sizeof(float);
    const int64_t fitting = (caches.second - caches.first) / filter_bytes;
    return fitting <= each ? fitting / ROWS_AT_ONCE * ROWS_AT_ONCE : least(p->m, ceil_to(each, ROWS_AT_ONCE));
}

static int64_t places_at_a_time(const product *p, int64_t threads)
{
    const int64_t step = shares_places(p, threads) ? ROWS_AT_ONCE : FILTERS_AT_ONCE;
    return least(p->n, ceil_to(share(p->n, threads), step));
}

/* Of a product and its addition, in vectors where there is enough for them. */
static double multiply_cycles(int64_t k, bool fills_vectors)
{
    return k == 1 ? 4 : fills_vectors ? 1 : 2;
}

static int32_t threads_over_outputs(const product *p)
{
    const int64_t k = least(p->k, MOST_SHARED_PART);
    const bool fills = filters_at_a_time(p, 2) >= ROWS_AT_ONCE && places_at_a_time(p, 2) >= FILTERS_AT_ONCE;
    const double floats = (double)sizeof(float);
    const double filter_reads = (double)k / (double)p->n, place_reads = (double)k / (double)p->m;
    double cycles = (double)k * multiply_cycles(k, fills) / PACKET + memory_cycles(floats);
    cycles += place_reads * p->place_cycles / PACKET;
    cycles += memory_cycles(floats * (shares_places(p, 2) ? place_reads : filter_reads));
    const double threads = ((double)p->n * (double)p->m * cycles - 1e5) / 1e5 + 0.9;
    return threads >= THREADS ? THREADS : threads < 2 ? 1 : (int32_t)threads;
}

static int32_t threads_over_k(const product *p)
{
    const bool fills = p->n >= ROWS_AT_ONCE && p->m >= FILTERS_AT_ONCE;
    const double floats = (double)sizeof(float), outputs = (double)p->m * (double)p->n;
    double cycles = multiply_cycles(p->k, fills) * outputs / PACKET + memory_cycles(floats);
    cycles += (double)p->n * (p->place_cycles / PACKET + memory_cycles(floats));
    const double alone = (double)p->k * cycles, joining = outputs * (memory_cycles(3) + 1.0 / PACKET);
    int32_t best = 1;
    double fewest = alone;
    for (int32_t threads = 2; threads <= THREADS; threads += 2) {
        const double together = alone / threads + 1e5 + threads * (joining + 3000);
        if (together < fewest) {
            fewest = together;
            best = threads;
        }
    }
    return best;
}

static bool shares_k(const product *p, int32_t over_outputs, int32_t over_k)
{
    if (over_k < 2 || over_k < over_outputs || p->k / over_k < 2 * ROWS_AT_ONCE)
        return false;
    const int64_t more = p->m > p->n ? p->m : p->n;
    return more / over_outputs < ROWS_AT_ONCE ||
           (p->k / over_k > 8 * ROWS_AT_ONCE && (least(p->m, p->n) < 2 * ROWS_AT_ONCE || over_k > over_outputs));
}

/* --- the parts --- */

/* One thread: so much that its share of both sides lies in the cache, several parts of nearly one size. */
static int64_t part_of_one_thread(int64_t k)
{
    const int64_t floats = FILTERS_AT_ONCE + ROWS_AT_ONCE, sums = FILTERS_AT_ONCE * ROWS_AT_ONCE;
    const int64_t bytes = mote_conv_caches_of_converter().first - sums * (int64_t)sizeof(float);
    const int64_t most = bytes / (floats * (int64_t)sizeof(float)) / K_STEP * K_STEP;
    if (k <= most || k % most == 0)
        return most;
    return most - K_STEP * ((most - 1 - k % most) / (K_STEP * (k / most + 1)));
}

/* A product with a vector has parts of its own. */
static int64_t part_of_one_row(const mote_conv_order *order, int64_t k)
{
    return order->is_dense || k < LEAST_BLOCKED_K ? k : order->n_columns < LEAST_FAR_COLUMNS ? 16 : 4;
}

mote_conv_parts mote_conv_parts_of(const mote_conv_order *order, int64_t k)
{
    mote_conv_parts parts = {.block = k, .columns = order->n_columns};
    if (order->n_rows == 1) {
        parts.part = part_of_one_row(order, k);
        return parts;
    }
    const product p = {order->n_columns, order->n_rows, k, order->of_patches ? 3 * 24 + 14 : 0};
    const int32_t over_outputs = order->is_dense ? 1 : threads_over_outputs(&p);
    const int32_t over_k = order->is_dense ? 1 : threads_over_k(&p);
    if (shares_k(&p, over_outputs, over_k)) {
        const int64_t even = ceil_to(share(k, over_k), K_STEP);
        parts.block = least(k, even > LEAST_BLOCK ? even : LEAST_BLOCK);
    } else if (over_outputs == 1) {
        parts.part = part_of_one_thread(k);
        return parts;
    } else {
        parts.columns = filters_at_a_time(&p, over_outputs);
    }
    parts.part = MOST_SHARED_PART;
    return parts;
}
