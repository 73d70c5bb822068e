/* Batches for training: the same at any number of threads, with and without the cache, and from any place on. */
#include "unit/mote_test.h"

#include <mote/data.h>

#include <string.h>

#include "support/photos.h"

enum { N_CATS = 13, N_DOGS = 10, N = N_CATS + N_DOGS, SIDE = 24, N_VALUES = SIDE * SIDE * 3 };

typedef struct fixture {
    char folder[64];
    mote_dataset *dataset;
    mote_slice slice;
    int n_skips;
    char skipped[256];
} fixture;

static void open_data(fixture *f)
{
    mote_error err = {0};
    if (mote_dataset_open(&f->dataset, f->folder, NULL, NULL, &err) != MOTE_OK ||
        mote_dataset_slice(f->dataset, "train", &f->slice, &err) != MOTE_OK)
        fail_msg("%s", err.message);
}

static void close_data(fixture *f)
{
    mote_slice_free(&f->slice, NULL);
    mote_dataset_free(f->dataset);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    photos_make_folder(f->folder);
    for (int i = 0; i < N; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/%d.jpg", i < N_CATS ? "cat" : "dog", i);
        photos_write_jpeg(f->folder, name, 20 + 3 * i, 90 - 2 * i, i % 5 ? 3 : 1, (uint64_t)i);
    }
    open_data(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    close_data(f);
    photos_remove(f->folder);
    free(f);
    return 0;
}

static mote_batches_options options(void)
{
    mote_batches_options o = mote_batches_options_default();
    assert_true(o.cache_bytes > 0);
    o.height = o.width = SIDE;
    o.batch = 4;
    o.seed = 5;
    o.n_threads = 1;
    o.cache_bytes = 0;
    return o;
}

static mote_batches *new_batches(const fixture *f, const mote_batches_options *o)
{
    mote_batches *batches;
    mote_error err = {0};
    if (mote_batches_new(&batches, f->dataset, &f->slice, o, NULL, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    return batches;
}

static mote_batch next(mote_batches *batches)
{
    mote_batch batch;
    mote_error err = {0};
    if (mote_batches_next(batches, &batch, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    return batch;
}

static uint64_t digest_of(const void *data, size_t n, uint64_t h)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
    return h;
}

static uint64_t digest_batch(const mote_batch *batch, uint64_t h)
{
    h = digest_of(batch->pixels, (size_t)batch->n * N_VALUES * sizeof(float), h);
    h = digest_of(batch->labels, (size_t)batch->n * sizeof *batch->labels, h);
    return digest_of(batch->examples, (size_t)batch->n * sizeof *batch->examples, h);
}

/* All of n_epochs epochs. */
static uint64_t run(const fixture *f, const mote_batches_options *o, int n_epochs)
{
    mote_batches *batches = new_batches(f, o);
    uint64_t h = 1;
    for (int64_t i = 0; i < n_epochs * mote_batches_per_epoch(batches); i++) {
        const mote_batch batch = next(batches);
        assert_int_equal(batch.epoch, i / mote_batches_per_epoch(batches));
        assert_int_equal(batch.index, i % mote_batches_per_epoch(batches));
        h = digest_batch(&batch, h);
    }
    mote_batches_free(batches);
    return h;
}

static void every_example_once_an_epoch(void **state)
{
    const fixture *f = *state;
    mote_batches_options o = options();
    mote_batches *batches = new_batches(f, &o);
    assert_int_equal(mote_batches_per_epoch(batches), 6);
    int64_t first[N], orders[3][N];
    for (int epoch = 0; epoch < 3; epoch++) {
        int seen[N] = {0}, n = 0;
        for (int i = 0; i < 6; i++) {
            const mote_batch batch = next(batches);
            assert_int_equal(batch.n, i < 5 ? 4 : 3);
            for (int32_t j = 0; j < batch.n; j++) {
                seen[batch.examples[j]]++;
                orders[epoch][n++] = batch.examples[j];
                assert_int_equal(batch.labels[j], mote_dataset_label(f->dataset, batch.examples[j]));
            }
        }
        for (int i = 0; i < N; i++)
            assert_int_equal(seen[i], 1);
    }
    assert_memory_not_equal(orders[0], orders[1], sizeof orders[0]);
    assert_memory_not_equal(orders[1], orders[2], sizeof orders[0]);
    assert_int_equal(mote_batches_skipped(batches), 0);
    mote_batches_free(batches);
    o.shuffle = false;
    batches = new_batches(f, &o);
    for (int i = 0, n = 0; i < 6; i++) {
        const mote_batch batch = next(batches);
        for (int32_t j = 0; j < batch.n; j++)
            first[n++] = batch.examples[j];
    }
    assert_memory_equal(first, f->slice.examples, sizeof first);
    mote_batches_free(batches);
}

static void pixels_are_those_of_the_loader(void **state)
{
    const fixture *f = *state;
    mote_batches_options o = options();
    o.shuffle = false;
    o.pixels = MOTE_PIXELS_M1_1;
    mote_loader_options lo = mote_loader_options_default();
    lo.height = lo.width = SIDE;
    lo.pixels = MOTE_PIXELS_M1_1;
    mote_loader *loader;
    assert_int_equal(mote_loader_new(&loader, f->dataset, &f->slice, &lo, NULL, NULL), MOTE_OK);
    mote_batches *batches = new_batches(f, &o);
    for (int i = 0; i < 6; i++) {
        const mote_batch batch = next(batches);
        for (int32_t j = 0; j < batch.n; j++) {
            mote_example example;
            bool more;
            assert_int_equal(mote_loader_next(loader, &example, &more, NULL), MOTE_OK);
            assert_true(more);
            assert_memory_equal(batch.pixels + (size_t)j * N_VALUES, example.pixels, N_VALUES * sizeof(float));
        }
    }
    mote_loader_free(loader);
    mote_batches_free(batches);
}

static void same_at_any_thread_count_and_cache(void **state)
{
    const fixture *f = *state;
    mote_batches_options o = options();
    const uint64_t wanted = run(f, &o, 3);
    for (int i = 0; i < 8; i++) {
        o.n_threads = i % 2 ? 5 : 2;
        o.n_ahead = i % 3 ? 1 : 20; /* several epochs in flight */
        o.cache_bytes = i < 4 ? 0 : i < 6 ? 20000 : 1 << 30;
        assert_true(run(f, &o, 3) == wanted);
    }
    o.seed++;
    assert_true(run(f, &o, 3) != wanted);
}

static void whole_numbers_are_near_and_small(void **state)
{
    const fixture *f = *state;
    mote_batches_options o = options(), whole = options();
    whole.whole_numbers = true;
    whole.cache_bytes = 1 << 30;
    o.shuffle = whole.shuffle = false;
    mote_batches *a = new_batches(f, &o), *b = new_batches(f, &whole);
    for (int i = 0; i < 12; i++) {
        const mote_batch x = next(a), y = next(b);
        for (int32_t j = 0; j < x.n * N_VALUES; j++) {
            assert_true(y.pixels[j] == (float)(int)y.pixels[j]);
            assert_true(x.pixels[j] - y.pixels[j] <= 0.5f && y.pixels[j] - x.pixels[j] <= 0.5f);
        }
    }
    assert_int_equal(mote_batches_cached_bytes(b), N * N_VALUES);
    assert_int_equal(mote_batches_cached_bytes(a), 0);
    mote_batches_free(a);
    mote_batches_free(b);
    const uint64_t wanted = run(f, &whole, 3);
    whole.cache_bytes = 0;
    whole.n_threads = 3;
    assert_true(run(f, &whole, 3) == wanted);
}

static void goes_on_from_any_place(void **state)
{
    const fixture *f = *state;
    mote_batches_options o = options();
    o.n_threads = 3;
    mote_batches *a = new_batches(f, &o), *b = new_batches(f, &o);
    next(b);
    for (int64_t i = 0; i < 15; i++) {
        const mote_batch x = next(a);
        const uint64_t wanted = digest_batch(&x, 1);
        assert_int_equal(mote_batches_seek(b, i / 6, i % 6, NULL), MOTE_OK);
        const mote_batch y = next(b);
        assert_true(digest_batch(&y, 1) == wanted);
    }
    const mote_batch x = next(a);
    const uint64_t wanted = digest_batch(&x, 1);
    const mote_batch y = next(b); /* and on */
    assert_true(digest_batch(&y, 1) == wanted);
    mote_error err = {0};
    assert_int_equal(mote_batches_seek(b, 0, 6, &err), MOTE_ARGUMENT);
    assert_int_equal(mote_batches_seek(b, -1, 0, &err), MOTE_ARGUMENT);
    mote_batches_free(a);
    mote_batches_free(b);
}

static void drops_the_last_where_asked(void **state)
{
    const fixture *f = *state;
    mote_batches_options o = options();
    o.drop_last = true;
    mote_batches *batches = new_batches(f, &o);
    assert_int_equal(mote_batches_per_epoch(batches), 5);
    for (int i = 0; i < 11; i++)
        assert_int_equal(next(batches).n, 4);
    mote_batches_free(batches);
    o.batch = N + 1;
    mote_error err = {0};
    assert_int_equal(mote_batches_new(&batches, f->dataset, &f->slice, &o, NULL, &err), MOTE_ARGUMENT);
    assert_non_null(strstr(err.message, "smaller batch"));
    o.drop_last = false;
    batches = new_batches(f, &o);
    assert_int_equal(next(batches).n, N);
    mote_batches_free(batches);
    o.height = 0;
    assert_int_equal(mote_batches_new(&batches, f->dataset, &f->slice, &o, NULL, &err), MOTE_ARGUMENT);
}

static void on_skip(void *arg, const char *name, const mote_error *err)
{
    fixture *f = arg;
    f->n_skips++;
    snprintf(f->skipped, sizeof f->skipped, "%s", name);
    assert_non_null(strstr(err->message, strrchr(name, '/')));
}

static void unreadable_photos_are_left_out(void **state)
{
    fixture *f = *state;
    close_data(f);
    photos_write_text(f->folder, "cat/text.jpg", "this is no photo");
    photos_write_text(f->folder, "dog/empty.jpg", "");
    open_data(f);
    mote_batches_options o = options();
    o.on_skip = on_skip;
    o.on_skip_arg = f;
    o.batch = N + 2;
    mote_batches *batches = new_batches(f, &o);
    for (int i = 0; i < 3; i++)
        assert_int_equal(next(batches).n, N);
    assert_int_equal(f->n_skips, 2); /* once each */
    assert_int_equal(mote_batches_skipped(batches), 2);
    mote_batches_free(batches);
    o.batch = 4;
    o.on_skip = NULL;
    const uint64_t wanted = run(f, &o, 3);
    o.n_threads = 4;
    o.cache_bytes = 1 << 30;
    assert_true(run(f, &o, 3) == wanted);
    o.batch = N + 2;
    o.strict = true;
    batches = new_batches(f, &o);
    mote_batch batch;
    mote_error err = {0};
    assert_int_equal(mote_batches_next(batches, &batch, &err), MOTE_FORMAT);
    assert_true(strstr(err.message, "text.jpg") || strstr(err.message, "empty.jpg"));
    mote_batches_free(batches);
}

static void nothing_readable_is_an_error(void **state)
{
    (void)state;
    fixture f = {0};
    photos_make_folder(f.folder);
    photos_write_text(f.folder, "cat/a.jpg", "no");
    photos_write_text(f.folder, "dog/b.jpg", "no");
    open_data(&f);
    const mote_batches_options o = options();
    mote_batches *batches = new_batches(&f, &o);
    mote_batch batch;
    mote_error err = {0};
    assert_int_equal(mote_batches_next(batches, &batch, &err), MOTE_FORMAT);
    assert_non_null(strstr(err.message, "none of the 2 photos"));
    mote_batches_free(batches);
    close_data(&f);
    photos_remove(f.folder);
}

static void ends_in_the_middle(void **state)
{
    const fixture *f = *state;
    mote_batches_options o = options();
    o.n_threads = 4;
    for (int i = 0; i < 20; i++) {
        mote_batches *batches = new_batches(f, &o);
        for (int j = 0; j < i % 4; j++)
            next(batches);
        mote_batches_free(batches);
    }
    mote_batches_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_example_once_an_epoch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pixels_are_those_of_the_loader, set_up, tear_down),
        cmocka_unit_test_setup_teardown(same_at_any_thread_count_and_cache, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_numbers_are_near_and_small, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_from_any_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(drops_the_last_where_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unreadable_photos_are_left_out, set_up, tear_down),
        cmocka_unit_test(nothing_readable_is_an_error),
        cmocka_unit_test_setup_teardown(ends_in_the_middle, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
