/* Greedy by size: the largest first, each at the best-fitting gap between those it lives beside. */
#include <stdlib.h>

#include "runtime/interpreter.h"

enum { MAX_SPANS = 20000 }; /* the search is quadratic: beyond, memory is not reused */

static int by_size(const void *a, const void *b)
{
    const rt_span *x = *(rt_span *const *)a, *y = *(rt_span *const *)b;
    if (x->n_bytes != y->n_bytes)
        return x->n_bytes < y->n_bytes ? 1 : -1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x < y ? -1 : x > y;
}

static bool meet(const rt_span *a, const rt_span *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* placed is sorted by offset. */
static size_t find_place(const rt_span *span, rt_span *const *placed, int32_t n_placed)
{
    size_t best = SIZE_MAX, best_gap = SIZE_MAX, end = 0;
    for (int32_t i = 0; i < n_placed; i++) {
        if (!meet(span, placed[i]))
            continue;
        if (placed[i]->offset > end) {
            const size_t gap = placed[i]->offset - end;
            if (gap >= span->n_bytes && gap < best_gap) {
                best = end;
                best_gap = gap;
            }
        }
        const size_t after = rt_align(placed[i]->offset + placed[i]->n_bytes);
        if (after > end)
            end = after;
    }
    return best != SIZE_MAX ? best : end;
}

static void insert(rt_span **placed, int32_t n_placed, rt_span *span)
{
    int32_t at = n_placed;
    while (at > 0 && placed[at - 1]->offset > span->offset) {
        placed[at] = placed[at - 1];
        at--;
    }
    placed[at] = span;
}

/* The end of everything laid side by side: if this fits a size_t, no sum below overflows. */
static bool sum_fits(const rt_span *spans, int32_t n)
{
    size_t sum = 0;
    for (int32_t i = 0; i < n; i++)
        if (spans[i].n_bytes > PTRDIFF_MAX / 2 || __builtin_add_overflow(sum, rt_align(spans[i].n_bytes), &sum))
            return false;
    return sum <= PTRDIFF_MAX;
}

mote_status rt_pack(rt_span *spans, int32_t n, size_t *total_bytes, const mote_allocator *allocator)
{
    *total_bytes = 0;
    if (!sum_fits(spans, n))
        return MOTE_LIMIT;
    if (n > MAX_SPANS) {
        for (int32_t i = 0; i < n; i++) {
            spans[i].offset = *total_bytes;
            *total_bytes += rt_align(spans[i].n_bytes);
        }
        return MOTE_OK;
    }
    rt_span **order = mote_calloc(allocator, 2 * (size_t)n, sizeof *order);
    if (!order)
        return MOTE_NO_MEMORY;
    rt_span **placed = order + n;
    for (int32_t i = 0; i < n; i++)
        order[i] = &spans[i];
    if (n)
        qsort(order, (size_t)n, sizeof *order, by_size);
    for (int32_t i = 0; i < n; i++) {
        order[i]->offset = find_place(order[i], placed, i);
        insert(placed, i, order[i]);
        const size_t end = rt_align(order[i]->offset + order[i]->n_bytes);
        if (end > *total_bytes)
            *total_bytes = end;
    }
    mote_free(allocator, order);
    return MOTE_OK;
}
