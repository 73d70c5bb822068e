/* A thread that works for the one that the program runs on. */
#ifndef MOTE_BASE_WORKER_THREAD_H
#define MOTE_BASE_WORKER_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Signals stay with the program's own threads: a handler that removes half-written outputs holds up the thread that
 * makes them, where beside it on a worker it would miss the next one. False: no thread to be had. */
bool mote_worker_thread_start(pthread_t *thread, void *(*call)(void *), void *arg);

#endif
