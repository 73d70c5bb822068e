#include "base/worker_thread.h"

#include <signal.h>

bool mote_worker_thread_start(pthread_t *thread, void *(*call)(void *), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(thread, NULL, call, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}
