#include "runtime/crew.h"

#include <mote/thread.h>
#include <pthread.h>

static const size_t BUDGET_BYTES = (size_t)128 << 20;

int32_t mote_crew_size(int32_t n_threads, size_t bytes_each)
{
    const int32_t n = n_threads > 0 ? n_threads : mote_cpu_count();
    const size_t fit = bytes_each > 0 ? BUDGET_BYTES / bytes_each : (size_t)n;
    return fit < 1 ? 1 : fit < (size_t)n ? (int32_t)fit : n;
}

typedef struct shift {
    const mote_crew *crew;
    pthread_mutex_t lock; /* over what follows, and the source */
    mote_status status;
    mote_error err;
    int64_t n_examples;
    bool done;
} shift;

static void stop(shift *s, mote_status status, const mote_error *err)
{
    if (s->status == MOTE_OK) {
        s->status = status;
        s->err = *err;
    }
    s->done = true;
}

/* False: nothing more to do. */
static bool take_one(shift *s, int32_t worker)
{
    const float *inputs[MOTE_CREW_MAX_INPUTS];
    mote_error err = {0};
    pthread_mutex_lock(&s->lock);
    bool more = false;
    if (!s->done) {
        const mote_crew *crew = s->crew;
        mote_status status = crew->source->next(crew->source->arg, crew->n_inputs, inputs, &more, &err);
        if (status == MOTE_OK && more)
            status = crew->take(crew->arg, worker, s->n_examples, inputs, &err);
        if (status != MOTE_OK)
            stop(s, status, &err);
        s->done |= !more;
        more = more && status == MOTE_OK;
        s->n_examples += more;
    }
    pthread_mutex_unlock(&s->lock);
    return more;
}

static void work_shift(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    shift *s = arg;
    for (int64_t worker = begin; worker < end; worker++)
        while (take_one(s, (int32_t)worker)) {
            mote_error err = {0};
            const mote_status status = s->crew->work(s->crew->arg, (int32_t)worker, &err);
            if (status == MOTE_OK)
                continue;
            pthread_mutex_lock(&s->lock);
            stop(s, status, &err);
            pthread_mutex_unlock(&s->lock);
        }
}

mote_status mote_crew_run(const mote_crew *crew, const mote_allocator *allocator, int64_t *n_examples, mote_error *err)
{
    shift s = {.crew = crew};
    if (crew->n_inputs > MOTE_CREW_MAX_INPUTS)
        return mote_error_set(err, MOTE_LIMIT, "more than %d inputs", MOTE_CREW_MAX_INPUTS);
    if (pthread_mutex_init(&s.lock, NULL) != 0)
        return mote_error_set(err, MOTE_NO_MEMORY, "no mutex to be had");
    mote_pool *pool = crew->n_workers > 1 ? mote_pool_new(allocator, crew->n_workers) : NULL;
    mote_pool_for(pool, crew->n_workers, 1, work_shift, &s);
    mote_pool_free(pool);
    pthread_mutex_destroy(&s.lock);
    *n_examples = s.n_examples;
    return s.status == MOTE_OK ? MOTE_OK : mote_error_set(err, s.status, "%s", s.err.message);
}
