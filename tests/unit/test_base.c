/* Statuses, memory, shapes, random numbers, threads and files. */
#include "unit/mote_test.h"

#include <mote/alloc.h>
#include <mote/cpu.h>
#include <mote/io.h>
#include <mote/rng.h>
#include <mote/tensor.h>
#include <mote/thread.h>

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "support/photos.h"

static void error_text_is_one_line(void **state)
{
    (void)state;
    mote_error err;
    assert_int_equal(mote_error_set(&err, MOTE_FORMAT, "tensor '%s'", "a\nb\x01"), MOTE_FORMAT);
    assert_string_equal(err.message, "tensor 'a?b?'");
    assert_int_equal(mote_error_prefix(&err, MOTE_FORMAT, "%s", "file.tflite"), MOTE_FORMAT);
    assert_string_equal(err.message, "file.tflite: tensor 'a?b?'");
    assert_int_equal(mote_error_set(NULL, MOTE_IO, "x"), MOTE_IO);
}

static void long_error_text_is_cut(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    mote_error err;
    mote_error_set(&err, MOTE_IO, "%s", text);
    assert_int_equal(strlen(err.message), MOTE_ERROR_TEXT_BYTES - 1);
    mote_error_prefix(&err, MOTE_IO, "%s", "in front");
    assert_int_equal(strncmp(err.message, "in front: xxx", 13), 0);
    assert_int_equal(strlen(err.message), MOTE_ERROR_TEXT_BYTES - 1);
}

static void every_status_has_a_text(void **state)
{
    (void)state;
    for (int i = MOTE_OK; i <= MOTE_INTERNAL; i++)
        assert_true(strlen(mote_status_text((mote_status)i)) > 3);
    assert_string_equal(mote_status_text((mote_status)999), "unknown error");
}

static void arena_blocks_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    mote_arena *arena = mote_arena_new(NULL, 0);
    unsigned char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        const size_t n = (i * 37) % 5000;
        blocks[i] = mote_arena_alloc(arena, n);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % (n >= 64 ? 64 : 16), 0);
        for (size_t j = 0; j < n; j++)
            assert_int_equal(blocks[i][j], 0);
        if (n)
            memset(blocks[i], (int)(i + 1), n);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < (i * 37) % 5000; j++)
            assert_int_equal(blocks[i][j], (unsigned char)(i + 1));
    mote_arena_free(arena);
}

static void arena_keeps_its_limit(void **state)
{
    (void)state;
    mote_arena *arena = mote_arena_new(NULL, 1000);
    assert_non_null(mote_arena_alloc(arena, 900));
    assert_null(mote_arena_alloc(arena, 101));
    assert_non_null(mote_arena_alloc(arena, 100));
    assert_null(mote_arena_calloc(arena, SIZE_MAX / 2, 4));
    mote_arena_free(arena);
}

static void shapes_count_and_overflow(void **state)
{
    (void)state;
    const mote_shape image = mote_shape_4d(1, 224, 224, 3);
    char text[MOTE_SHAPE_TEXT_BYTES];
    assert_int_equal(mote_shape_count(&image), 150528);
    assert_string_equal(mote_shape_format(&image, text), "1x224x224x3");
    const mote_shape scalar = {0};
    assert_int_equal(mote_shape_count(&scalar), 1);
    const mote_shape huge = {4, {INT32_MAX, INT32_MAX, INT32_MAX, 2}};
    assert_int_equal(mote_shape_count(&huge), -1);
    const mote_shape unknown = {2, {-1, 3}};
    assert_int_equal(mote_shape_count(&unknown), -1);
    assert_string_equal(mote_shape_format(&unknown, text), "?x3");
    const mote_tensor odd = {.dtype = MOTE_INT4, .shape = {1, {3}}};
    size_t n_bytes;
    assert_true(mote_tensor_needed_bytes(&odd, &n_bytes));
    assert_int_equal(n_bytes, 2);
}

static void shapes_broadcast_as_numpy(void **state)
{
    (void)state;
    const mote_shape a = {4, {2, 1, 5, 3}}, b = {2, {4, 1}}, wanted = {4, {2, 4, 5, 3}};
    mote_shape out;
    assert_int_equal(mote_shape_broadcast(&a, &(mote_shape){3, {4, 1, 3}}, &out), MOTE_OK);
    assert_true(mote_shape_equal(&out, &wanted));
    assert_int_equal(mote_shape_broadcast(&a, &b, &out), MOTE_SHAPE);
}

static void random_numbers_are_uniform_and_repeatable(void **state)
{
    (void)state;
    mote_rng a = mote_rng_make(7, 0), b = mote_rng_make(7, 0), other = mote_rng_make(7, 1);
    double sum = 0, square = 0;
    int differ = 0;
    for (int i = 0; i < 20000; i++) {
        const float x = mote_rng_float(&a);
        assert_true(x >= 0 && x < 1);
        assert_true(x == mote_rng_float(&b));
        differ += x != mote_rng_float(&other);
        sum += (double)x;
    }
    assert_true(differ > 19900);
    assert_true(fabs(sum / 20000 - 0.5) < 0.01);
    sum = 0;
    for (int i = 0; i < 20000; i++) {
        const double x = (double)mote_rng_normal(&a);
        sum += x;
        square += x * x;
    }
    assert_true(fabs(sum / 20000) < 0.03 && fabs(square / 20000 - 1) < 0.04);
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++)
        counts[mote_rng_below(&a, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_true(abs(counts[i] - 10000) < 450);
}

typedef struct visit {
    atomic_int hits[1000];
    mote_pool *pool;
    atomic_int nested;
} visit;

static void count_hits(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    visit *v = arg;
    (void)thread;
    for (int64_t i = begin; i < end; i++)
        atomic_fetch_add(&v->hits[i], 1);
}

static void count_nested(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    visit *v = arg;
    (void)thread;
    for (int64_t i = begin; i < end; i++)
        mote_pool_for(v->pool, 1000, 10, count_hits, v);
}

static void pool_visits_each_index_once(void **state)
{
    (void)state;
    for (int32_t n_threads = 1; n_threads <= 5; n_threads++) {
        mote_pool *pool = mote_pool_new(NULL, n_threads);
        assert_non_null(pool);
        for (int round = 0; round < 200; round++) {
            visit v = {.pool = pool};
            mote_pool_for(pool, 1 + round * 4, 1 + round % 7, count_hits, &v);
            for (int i = 0; i < 1000; i++)
                assert_int_equal(atomic_load(&v.hits[i]), i < 1 + round * 4);
        }
        visit v = {.pool = pool};
        mote_pool_for(pool, 8, 1, count_nested, &v);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(atomic_load(&v.hits[i]), 8);
        mote_pool_free(pool);
    }
}

typedef struct both {
    pthread_barrier_t met;
    bool takes_signals[2];
} both;

static void look_at_signals(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    both *b = arg;
    sigset_t blocked;
    assert_int_equal(end - begin, 1); /* each of the two threads has one */
    pthread_barrier_wait(&b->met);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    b->takes_signals[thread] = !sigismember(&blocked, SIGINT) && !sigismember(&blocked, SIGTERM);
}

/* A handler that removes outputs would otherwise run beside the thread that makes them. */
static void signals_stay_with_the_caller(void **state)
{
    (void)state;
    both b = {.takes_signals = {false, true}};
    pthread_barrier_init(&b.met, NULL, 2);
    mote_pool *pool = mote_pool_new(NULL, 2);
    assert_non_null(pool);
    mote_pool_for(pool, 2, 1, look_at_signals, &b);
    assert_true(b.takes_signals[0]);
    assert_false(b.takes_signals[1]);
    mote_pool_free(pool);
    pthread_barrier_destroy(&b.met);
}

static void cpu_words_are_known(void **state)
{
    (void)state;
    assert_int_equal(mote_cpu_parse("ref"), 0);
    assert_int_equal(mote_cpu_parse("avx2"), MOTE_CPU_SSE41 | MOTE_CPU_AVX2);
    assert_int_equal(mote_cpu_parse("nonsense"), UINT32_MAX);
    char text[64];
    assert_string_equal(mote_cpu_format(0, text, sizeof text), "none");
    assert_string_equal(mote_cpu_format(MOTE_CPU_SSE41 | MOTE_CPU_AVX2, text, sizeof text), "sse4 avx2");
}

static void outputs_appear_whole_or_not_at_all(void **state)
{
    (void)state;
    char folder[] = "/tmp/mote-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[128], temporary[160];
    snprintf(path, sizeof path, "%s/out", folder);
    mote_error err = {0};
    mote_output *output;
    assert_int_equal(mote_output_open(&output, path, &err), MOTE_OK);
    snprintf(temporary, sizeof temporary, "%s", mote_output_temporary_path(output));
    fputs("half", mote_output_stream(output));
    assert_int_equal(access(path, F_OK), -1);
    mote_output_discard(output);
    assert_int_equal(access(temporary, F_OK), -1);
    assert_int_equal(access(path, F_OK), -1);

    assert_int_equal(mote_file_write(path, "whole", 5, &err), MOTE_OK);
    mote_file file;
    assert_int_equal(mote_file_open(&file, path, 0, NULL, &err), MOTE_OK);
    assert_int_equal(file.n_bytes, 5);
    assert_memory_equal(file.data, "whole", 5);
    mote_file_close(&file);
    assert_int_equal(mote_file_open(&file, path, 4, NULL, &err), MOTE_LIMIT);
    assert_int_equal(mote_file_open(&file, folder, 0, NULL, &err), MOTE_IO);
    unlink(path);
    assert_int_equal(mote_file_open(&file, path, 0, NULL, &err), MOTE_NOT_FOUND);
    assert_int_equal(mote_output_open(&output, folder, &err), MOTE_IO);
    assert_int_equal(mote_file_write("/nonexistent/folder/x", "a", 1, &err), MOTE_IO);
    rmdir(folder);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    fclose(full);
    mote_error err = {0};
    mote_output *output;
    assert_int_equal(mote_output_open(&output, "/dev/full", &err), MOTE_OK);
    char chunk[5000] = {0};
    fwrite(chunk, 1, sizeof chunk, mote_output_stream(output));
    assert_int_equal(mote_output_commit(output, &err), MOTE_NO_SPACE);
}

static void folders_are_made_with_parents(void **state)
{
    (void)state;
    char folder[] = "/tmp/mote-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[128];
    snprintf(path, sizeof path, "%s/a/b", folder);
    mote_error err = {0};
    assert_int_equal(mote_make_directories(path, &err), MOTE_OK);
    assert_int_equal(mote_make_directories(path, &err), MOTE_OK);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    rmdir(path);
    snprintf(path, sizeof path, "%s/a", folder);
    rmdir(path);
    assert_int_equal(mote_file_write(path, "a", 1, &err), MOTE_OK);
    char below[160];
    snprintf(below, sizeof below, "%s/c", path);
    assert_int_equal(mote_make_directories(below, &err), MOTE_IO);
    unlink(path);
    rmdir(folder);
}

/* A machine's control groups as files below a folder: whichever says the least, the process's own or one above. */
static void control_groups_limit_memory(void **state)
{
    (void)state;
    static const struct {
        const char *groups, *file, *text;
        size_t bytes;
    } rows[] = {
        {"0::/\n", "sys/fs/cgroup/memory.max", "max\n", SIZE_MAX},
        {"0::/\n", "sys/fs/cgroup/memory.max", "536870912\n", 536870912},
        {"0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "3000\n", 3000},
        {"0::/a/b\n", "sys/fs/cgroup/a/memory.max", "2000\n", 2000},
        {"0::/a/b\n", "sys/fs/cgroup/a/b/c/memory.max", "1000\n", SIZE_MAX},
        {"5:cpu:/a\n4:memory:/a\n0::/\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4000\n", 4000},
        {"4:memory:/docker/77\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712",
         9223372036854771712u},
        {"4:memory:/docker/77\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "5000", 5000},
        {"5:cpu:/a\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4000\n", SIZE_MAX},
        {"0::/\n", "sys/fs/cgroup/memory.max", "", SIZE_MAX},
        {"0::/\n", "sys/fs/cgroup/memory.max", "99999999999999999999999\n", SIZE_MAX},
        {"no group", "sys/fs/cgroup/memory.max", "6000\n", SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char folder[64];
        photos_make_folder(folder);
        assert_int_equal(mote_cgroup_memory_bytes(folder), SIZE_MAX);
        photos_write_text(folder, "proc/self/cgroup", rows[i].groups);
        photos_write_text(folder, rows[i].file, rows[i].text);
        if (mote_cgroup_memory_bytes(folder) != rows[i].bytes)
            fail_msg("row %zu: %zu", i, mote_cgroup_memory_bytes(folder));
        photos_remove(folder);
    }
    const size_t machine = mote_memory_bytes();
    assert_true(machine >= (size_t)16 << 20);
    assert_true(machine <= mote_cgroup_memory_bytes(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_text_is_one_line),      cmocka_unit_test(long_error_text_is_cut),
        cmocka_unit_test(every_status_has_a_text),     cmocka_unit_test(arena_blocks_are_zeroed_aligned_and_apart),
        cmocka_unit_test(arena_keeps_its_limit),       cmocka_unit_test(shapes_count_and_overflow),
        cmocka_unit_test(shapes_broadcast_as_numpy),   cmocka_unit_test(random_numbers_are_uniform_and_repeatable),
        cmocka_unit_test(pool_visits_each_index_once), cmocka_unit_test(signals_stay_with_the_caller),
        cmocka_unit_test(cpu_words_are_known),         cmocka_unit_test(outputs_appear_whole_or_not_at_all),
        cmocka_unit_test(a_full_disk_is_an_error),     cmocka_unit_test(folders_are_made_with_parents),
        cmocka_unit_test(control_groups_limit_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
