/* The arena: places for lifetimes, checked by brute force on random ones. */
#include "runtime/interpreter.h"

#include "unit/mote_test.h"

#include <mote/rng.h>

static size_t align64(size_t n)
{
    return (n + 63) / 64 * 64;
}

static bool meet(const rt_span *a, const rt_span *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The most that is alive at one time: no plan can be smaller. */
static size_t peak(const rt_span *spans, int32_t n, int32_t n_nodes)
{
    size_t most = 0;
    for (int32_t t = 0; t < n_nodes; t++) {
        size_t sum = 0;
        for (int32_t i = 0; i < n; i++)
            if (spans[i].first <= t && t <= spans[i].last)
                sum += align64(spans[i].n_bytes);
        most = sum > most ? sum : most;
    }
    return most;
}

static void random_spans_never_overlap(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(20, 0);
    double worst = 1;
    for (int round = 0; round < 400; round++) {
        rt_span spans[120];
        const int32_t n = (int32_t)mote_rng_below(&rng, 120), n_nodes = 1 + (int32_t)mote_rng_below(&rng, 60);
        size_t sum = 0, total;
        for (int32_t i = 0; i < n; i++) {
            const int32_t first = (int32_t)mote_rng_below(&rng, (uint32_t)n_nodes);
            spans[i] = (rt_span){.n_bytes = mote_rng_below(&rng, 5) ? mote_rng_below(&rng, 100000) : 0,
                                 .first = first,
                                 .last = first + (int32_t)mote_rng_below(&rng, (uint32_t)(n_nodes - first))};
            sum += align64(spans[i].n_bytes);
        }
        assert_int_equal(rt_pack(spans, n, &total, NULL), MOTE_OK);
        for (int32_t i = 0; i < n; i++) {
            assert_int_equal(spans[i].offset % 64, 0);
            assert_true(spans[i].offset + spans[i].n_bytes <= total);
            for (int32_t j = 0; j < i; j++)
                if (meet(&spans[i], &spans[j]) && spans[i].n_bytes && spans[j].n_bytes)
                    assert_true(spans[i].offset + spans[i].n_bytes <= spans[j].offset ||
                                spans[j].offset + spans[j].n_bytes <= spans[i].offset);
        }
        const size_t least = peak(spans, n, n_nodes);
        assert_true(total >= least && total <= sum);
        if (least && (double)total / (double)least > worst)
            worst = (double)total / (double)least;
    }
    print_message("worst plan: %.2f times the peak\n", worst);
    assert_true(worst < 1.6);
}

static void a_chain_needs_two_neighbours(void **state)
{
    (void)state;
    rt_span spans[50];
    size_t total;
    for (int32_t i = 0; i < 50; i++)
        spans[i] = (rt_span){.n_bytes = 1024, .first = i, .last = i + 1};
    assert_int_equal(rt_pack(spans, 50, &total, NULL), MOTE_OK);
    assert_int_equal(total, 2 * 1024);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    rt_span spans[3] = {{PTRDIFF_MAX / 2, 0, 0, 0}, {PTRDIFF_MAX / 2, 1, 1, 0}, {PTRDIFF_MAX / 2, 2, 2, 0}};
    size_t total;
    assert_int_equal(rt_pack(spans, 3, &total, NULL), MOTE_LIMIT);
    rt_span huge = {SIZE_MAX, 0, 0, 0};
    assert_int_equal(rt_pack(&huge, 1, &total, NULL), MOTE_LIMIT);
    assert_int_equal(rt_pack(NULL, 0, &total, NULL), MOTE_OK);
    assert_int_equal(total, 0);
}

static void very_many_spans_stay_apart(void **state)
{
    (void)state;
    enum { N = 30000 };
    rt_span *spans = calloc(N, sizeof *spans);
    size_t total;
    assert_non_null(spans);
    for (int32_t i = 0; i < N; i++)
        spans[i] = (rt_span){.n_bytes = 100, .first = i, .last = i + 1};
    assert_int_equal(rt_pack(spans, N, &total, NULL), MOTE_OK);
    for (int32_t i = 1; i < N; i++)
        assert_true(spans[i].offset >= spans[i - 1].offset + 100 || spans[i - 1].offset >= spans[i].offset + 100);
    free(spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_spans_never_overlap),
        cmocka_unit_test(a_chain_needs_two_neighbours),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(very_many_spans_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
