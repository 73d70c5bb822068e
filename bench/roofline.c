#include "roofline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 128, SHOWN = 8 };

/* A pass of a node, or of all nodes of an operator. */
typedef struct row {
    const char *name;
    bool backward;
    double ms, products, bytes;
    double compute_ms, memory_ms; /* what each roof allows at best */
    double bound_ms;              /* per node the larger of the two, added up */
} row;

struct bench_roofline {
    int32_t n_nodes;
    int64_t *forward_ns, *backward_ns, optimizer_ns;
};

bench_roofline *bench_roofline_new(const mote_trainer *trainer)
{
    bench_roofline *roofline = calloc(1, sizeof *roofline);
    if (!roofline)
        return NULL;
    roofline->n_nodes = mote_trainer_n_costs(trainer);
    roofline->forward_ns = calloc((size_t)roofline->n_nodes + 1, sizeof *roofline->forward_ns);
    roofline->backward_ns = calloc((size_t)roofline->n_nodes + 1, sizeof *roofline->backward_ns);
    if (roofline->forward_ns && roofline->backward_ns)
        return roofline;
    bench_roofline_free(roofline);
    return NULL;
}

void bench_roofline_free(bench_roofline *roofline)
{
    if (!roofline)
        return;
    free(roofline->forward_ns);
    free(roofline->backward_ns);
    free(roofline);
}

static void keep_least(int64_t *least, int64_t ns)
{
    *least = *least == 0 || ns < *least ? ns : *least;
}

void bench_roofline_add(bench_roofline *roofline, const mote_trainer *trainer)
{
    for (int32_t i = 0; i < roofline->n_nodes; i++) {
        const mote_trainer_cost cost = mote_trainer_node_cost(trainer, i);
        keep_least(&roofline->forward_ns[i], cost.forward_ns);
        keep_least(&roofline->backward_ns[i], cost.backward_ns);
    }
    keep_least(&roofline->optimizer_ns, mote_trainer_optimizer_ns(trainer));
}

static row row_of(bench_peaks peaks, const char *name, bool backward, int64_t ns, double products, double bytes)
{
    row r = {.name = name, .backward = backward, .ms = (double)ns / 1e6, .products = products, .bytes = bytes};
    r.compute_ms = 2 * products / peaks.gflops / 1e6;
    r.memory_ms = bytes / peaks.gbytes / 1e6;
    r.bound_ms = r.compute_ms > r.memory_ms ? r.compute_ms : r.memory_ms;
    return r;
}

static void add_row(row *rows, int32_t *n_rows, const row *one)
{
    int32_t at = 0;
    while (at < *n_rows && (strcmp(rows[at].name, one->name) != 0 || rows[at].backward != one->backward))
        at++;
    if (at == MAX_ROWS)
        return;
    if (at == *n_rows)
        rows[(*n_rows)++] = (row){.name = one->name, .backward = one->backward};
    rows[at].ms += one->ms;
    rows[at].products += one->products;
    rows[at].bytes += one->bytes;
    rows[at].compute_ms += one->compute_ms;
    rows[at].memory_ms += one->memory_ms;
    rows[at].bound_ms += one->bound_ms;
}

static void print_row(const row *r)
{
    if (r->ms >= 0.005)
        printf("  %-20.20s %-8s %8.2f ms %8.1f GFLOP/s %7.1f GB/s %6.0f%% of %s\n", r->name,
               r->backward ? "backward" : "forward", r->ms, 2 * r->products / r->ms / 1e6, r->bytes / r->ms / 1e6,
               100 * r->bound_ms / r->ms, r->compute_ms > r->memory_ms ? "compute" : "memory");
}

static int by_rest(const void *a, const void *b)
{
    const row *x = a, *y = b;
    const double p = x->ms - x->bound_ms, q = y->ms - y->bound_ms;
    return (p < q) - (p > q);
}

static void print_rest(row *rows, int32_t n_rows)
{
    double above = 0, total = 0;
    for (int32_t i = 0; i < n_rows; i++) {
        total += rows[i].ms;
        above += rows[i].ms > rows[i].bound_ms ? rows[i].ms - rows[i].bound_ms : 0;
    }
    qsort(rows, (size_t)n_rows, sizeof *rows, by_rest);
    printf("what remains: %.1f of %.1f ms lie above the roof, most of it in\n", above, total);
    for (int32_t i = 0; i < n_rows && i < SHOWN && rows[i].ms > rows[i].bound_ms; i++)
        printf("  %-20.20s %-8s %8.2f ms\n", rows[i].name, rows[i].backward ? "backward" : "forward",
               rows[i].ms - rows[i].bound_ms);
}

void bench_roofline_print(const bench_roofline *roofline, const mote_trainer *trainer, bench_peaks peaks,
                          const char *only)
{
    row rows[MAX_ROWS];
    int32_t n_rows = 0;
    for (int32_t i = 0; i < roofline->n_nodes; i++) {
        const mote_trainer_cost cost = mote_trainer_node_cost(trainer, i);
        row passes[] = {
            row_of(peaks, cost.op, false, roofline->forward_ns[i], cost.forward_products, cost.forward_bytes),
            row_of(peaks, cost.op, true, roofline->backward_ns[i], cost.backward_products, cost.backward_bytes)};
        for (int32_t k = 0; k < 2; k++) {
            add_row(rows, &n_rows, &passes[k]);
            passes[k].name = cost.layer;
            if (only && strcmp(cost.op, only) == 0)
                print_row(&passes[k]);
        }
    }
    printf("peaks of this run: %.1f GFLOP/s (multiply-adds in registers), %.1f GB/s (arrays beyond the caches)\n",
           peaks.gflops, peaks.gbytes);
    printf("per operator, each node at its fastest; what is made again counts as backward, and what lies in a cache\n"
           "passes the memory's roof:\n");
    for (int32_t i = 0; i < n_rows; i++)
        print_row(&rows[i]);
    printf("  %-20s %-8s %8.2f ms\n", "optimizer", "", (double)roofline->optimizer_ns / 1e6);
    print_rest(rows, n_rows);
}
