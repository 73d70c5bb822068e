/* A thread pool. Work is split by index, never by time, so results do not depend on the thread count. */
#ifndef MOTE_THREAD_H
#define MOTE_THREAD_H

#include <mote/alloc.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_pool mote_pool;

/* The cores this process may use (affinity mask, and the cgroup's quota where there is one); at least 1. */
MOTE_API int32_t mote_cpu_count(void);

/* n_threads <= 0: mote_cpu_count(). The calling thread is one of them. NULL: out of memory or no threads to be had. */
MOTE_API mote_pool *mote_pool_new(const mote_allocator *allocator, int32_t n_threads);
MOTE_API void mote_pool_free(mote_pool *pool);               /* waits for its threads; NULL is fine */
MOTE_API int32_t mote_pool_n_threads(const mote_pool *pool); /* 1 for NULL */

/* Calls fn(arg, begin, end, thread) over a split of [0, n) into ranges of at least `grain`; returns when
 * all are done. thread is in [0, n_threads). A NULL pool, or a call from inside fn, runs in the caller.
 * One caller at a time. */
MOTE_API void mote_pool_for(mote_pool *pool, int64_t n, int64_t grain,
                            void (*fn)(void *arg, int64_t begin, int64_t end, int32_t thread), void *arg);

#ifdef __cplusplus
}
#endif
#endif
