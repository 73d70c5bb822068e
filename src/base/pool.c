/*
 * A pool of threads that sleep on a condition variable between jobs and spin briefly first: a network's
 * nodes follow one another within microseconds.
 *
 * `state` holds the job's number, whether it is open, and how many workers are inside. A worker enters an open job
 * only, and the caller closes it when no chunk is left: nobody waits for a thread that wakes late.
 *
 * A job is [0, n) cut into equal chunks; threads claim chunks from an atomic counter. What a chunk computes
 * depends on its range only, so who ran it does not matter.
 */
#include <mote/thread.h>

#include "base/worker_thread.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

enum { CHUNKS_PER_THREAD = 4, SPINS = 2000 };

/* state: job number << 32 | open | workers inside */
#define STATE_INSIDE UINT64_C(0x7fffffff)
#define STATE_OPEN   UINT64_C(0x80000000)

typedef void range_fn(void *arg, int64_t begin, int64_t end, int32_t thread);

typedef struct worker {
    struct mote_pool *pool;
    pthread_t thread;
    int32_t index;
} worker;

struct mote_pool {
    const mote_allocator *allocator;
    int32_t n_threads;
    worker *workers; /* n_threads - 1: the caller is thread 0 */
    int32_t n_started;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    atomic_uint_fast64_t state;
    atomic_bool stop;
    range_fn *fn;
    void *arg;
    int64_t n, chunk;
    atomic_int_fast64_t next;
    atomic_bool running; /* a job is under way: a call from inside runs in its caller */
};

/* cgroup v2's "max 100000" or "200000 100000": quota and period in microseconds; 0: no quota. */
static int32_t cgroup_cores(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (!file)
        return 0;
    long quota = 0, period = 0;
    const int n = fscanf(file, "%ld %ld", &quota, &period);
    fclose(file);
    if (n != 2 || quota <= 0 || period <= 0)
        return 0;
    return (int32_t)((quota + period - 1) / period);
}

int32_t mote_cpu_count(void)
{
    cpu_set_t set;
    int32_t n = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        n = CPU_COUNT(&set);
    const int32_t quota = cgroup_cores();
    if (quota > 0 && quota < n)
        n = quota;
    return n > 0 ? n : 1;
}

static void work(mote_pool *pool, int32_t thread)
{
    for (;;) {
        const int64_t begin = atomic_fetch_add(&pool->next, pool->chunk);
        if (begin >= pool->n)
            return;
        const int64_t end = pool->n - begin < pool->chunk ? pool->n : begin + pool->chunk;
        pool->fn(pool->arg, begin, end, thread);
    }
}

/* An open job that this worker has not been in. */
static bool is_new(uint64_t state, uint64_t seen)
{
    return (state & STATE_OPEN) && state >> 32 != seen;
}

static bool wait_for_job(mote_pool *pool, uint64_t seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (is_new(atomic_load(&pool->state), seen) || atomic_load(&pool->stop))
            return !atomic_load(&pool->stop);
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    pthread_mutex_lock(&pool->mutex);
    while (!is_new(atomic_load(&pool->state), seen) && !atomic_load(&pool->stop))
        pthread_cond_wait(&pool->wake, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return !atomic_load(&pool->stop);
}

/* Enters the job that is open, unless it closes first; *seen becomes its number. */
static bool enter(mote_pool *pool, uint64_t *seen)
{
    uint_fast64_t state = atomic_load(&pool->state);
    while (is_new(state, *seen))
        if (atomic_compare_exchange_weak(&pool->state, &state, state + 1)) {
            *seen = state >> 32;
            return true;
        }
    return false;
}

static void *worker_main(void *arg)
{
    worker *self = arg;
    mote_pool *pool = self->pool;
    uint64_t seen = 0;
    while (wait_for_job(pool, seen)) {
        if (!enter(pool, &seen))
            continue;
        work(pool, self->index);
        const uint64_t before = atomic_fetch_sub(&pool->state, 1);
        if ((before & STATE_INSIDE) == 1 && !(before & STATE_OPEN)) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
    return NULL;
}

mote_pool *mote_pool_new(const mote_allocator *allocator, int32_t n_threads)
{
    if (n_threads <= 0)
        n_threads = mote_cpu_count();
    mote_pool *pool = mote_calloc(allocator, 1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->allocator = allocator;
    pool->n_threads = n_threads;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->workers = mote_calloc(allocator, (size_t)n_threads, sizeof *pool->workers);
    if (!pool->workers) {
        mote_pool_free(pool);
        return NULL;
    }
    for (int32_t i = 0; i < n_threads - 1; i++) {
        pool->workers[i] = (worker){.pool = pool, .index = i + 1};
        if (!mote_worker_thread_start(&pool->workers[i].thread, worker_main, &pool->workers[i])) {
            mote_pool_free(pool);
            return NULL;
        }
        pool->n_started++;
    }
    return pool;
}

void mote_pool_free(mote_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->stop, true);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (int32_t i = 0; i < pool->n_started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->mutex);
    mote_free(pool->allocator, pool->workers);
    mote_free(pool->allocator, pool);
}

int32_t mote_pool_n_threads(const mote_pool *pool)
{
    return pool ? pool->n_threads : 1;
}

static void post_job(mote_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->state, ((atomic_load(&pool->state) >> 32) + 1) << 32 | STATE_OPEN);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

static void close_and_wait(mote_pool *pool)
{
    atomic_fetch_and(&pool->state, ~STATE_OPEN);
    for (int i = 0; i < SPINS; i++) {
        if ((atomic_load(&pool->state) & STATE_INSIDE) == 0)
            return;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    pthread_mutex_lock(&pool->mutex);
    while ((atomic_load(&pool->state) & STATE_INSIDE) != 0)
        pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

void mote_pool_for(mote_pool *pool, int64_t n, int64_t grain, range_fn *fn, void *arg)
{
    if (n <= 0)
        return;
    if (grain < 1)
        grain = 1;
    bool idle = false;
    if (!pool || pool->n_threads == 1 || n <= grain || !atomic_compare_exchange_strong(&pool->running, &idle, true)) {
        fn(arg, 0, n, 0);
        return;
    }
    const int64_t even = n / ((int64_t)pool->n_threads * CHUNKS_PER_THREAD);
    pool->chunk = even > grain ? even : grain;
    pool->n = n;
    pool->fn = fn;
    pool->arg = arg;
    atomic_store(&pool->next, 0);
    post_job(pool);
    work(pool, 0);
    close_and_wait(pool);
    atomic_store(&pool->running, false);
}
