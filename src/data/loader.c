/*
 * Decodes and resizes ahead of its reader. Slots form a ring: example i goes to slot i % n_slots; a decoder may begin
 * it once the reader has left the example before it in that slot. So memory is bounded and order is the slice's.
 */
#include "base/worker_thread.h"
#include "data/reader.h"

#include <string.h>

typedef struct slot {
    float *pixels;
    int64_t example; /* which is ready here; -1: none */
    mote_status status;
    mote_error err;
} slot;

struct mote_loader {
    const mote_dataset *dataset;
    const mote_slice *slice;
    mote_loader_options options;
    const mote_allocator *allocator;
    int64_t n;       /* examples to look at */
    int64_t n_given; /* delivered */
    int64_t n_skipped;
    slot *slots;
    int64_t n_slots;
    pthread_t *threads;
    int32_t n_threads;
    pthread_mutex_t mutex;
    pthread_cond_t ready, room;
    int64_t next_decode; /* the next place in the slice to decode */
    int64_t next_read;   /* the place the reader is at: slots before it are free */
    bool stop;
};

mote_loader_options mote_loader_options_default(void)
{
    return (mote_loader_options){.channels = 3};
}

static mote_status decode_into(const mote_loader *loader, int64_t example, float *pixels, mote_error *err)
{
    const mote_loader_options *o = &loader->options;
    const mote_status status =
        mote_dataset_load(loader->dataset, example, o->channels, o->height, o->width, pixels, err);
    if (status != MOTE_OK)
        return status;
    mote_pixels_apply(o->pixels, pixels, (int64_t)o->height * o->width, o->channels);
    return MOTE_OK;
}

static void *decoder_main(void *arg)
{
    mote_loader *loader = arg;
    pthread_mutex_lock(&loader->mutex);
    for (;;) {
        while (!loader->stop && loader->next_decode < loader->n &&
               loader->next_decode >= loader->next_read + loader->n_slots)
            pthread_cond_wait(&loader->room, &loader->mutex);
        if (loader->stop || loader->next_decode >= loader->n)
            break;
        const int64_t place = loader->next_decode++;
        pthread_mutex_unlock(&loader->mutex);
        slot *s = &loader->slots[place % loader->n_slots];
        mote_error err = {0};
        const mote_status status = decode_into(loader, loader->slice->examples[place], s->pixels, &err);
        pthread_mutex_lock(&loader->mutex);
        s->status = status;
        s->err = err;
        s->example = place;
        pthread_cond_broadcast(&loader->ready);
    }
    pthread_mutex_unlock(&loader->mutex);
    return NULL;
}

static mote_status start(mote_loader *loader, mote_error *err)
{
    const mote_loader_options *o = &loader->options;
    const size_t n_pixels = (size_t)o->height * (size_t)o->width * (size_t)o->channels;
    int32_t n_threads = o->n_threads > 0 ? o->n_threads : mote_cpu_count();
    if (n_threads > loader->n)
        n_threads = loader->n > 0 ? (int32_t)loader->n : 1;
    loader->n_slots = o->n_ahead > 0 ? o->n_ahead : 3 * (int64_t)n_threads + 1;
    loader->slots = mote_calloc(loader->allocator, (size_t)loader->n_slots, sizeof *loader->slots);
    loader->threads = mote_calloc(loader->allocator, (size_t)n_threads, sizeof *loader->threads);
    if (!loader->slots || !loader->threads)
        return mote_error_no_memory(err);
    for (int64_t i = 0; i < loader->n_slots; i++) {
        loader->slots[i].example = -1;
        loader->slots[i].pixels = mote_calloc(loader->allocator, n_pixels, sizeof(float));
        if (!loader->slots[i].pixels)
            return mote_error_no_memory(err);
    }
    for (int32_t i = 0; i < n_threads; i++) {
        if (!mote_worker_thread_start(&loader->threads[i], decoder_main, loader))
            return loader->n_threads ? MOTE_OK : mote_error_set(err, MOTE_NO_MEMORY, "no threads to be had");
        loader->n_threads++;
    }
    return MOTE_OK;
}

mote_status mote_loader_new(mote_loader **loader, const mote_dataset *dataset, const mote_slice *slice,
                            const mote_loader_options *options, const mote_allocator *allocator, mote_error *err)
{
    *loader = NULL;
    const mote_loader_options *o = options;
    if (o->height < 1 || o->width < 1 || (o->channels != 1 && o->channels != 3) ||
        (int64_t)o->height * o->width > MOTE_MAX_PHOTO_PIXELS)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "photos cannot become %d x %d x %d; the model's input is not an image", o->height,
                              o->width, o->channels);
    mote_loader *made = mote_calloc(allocator, 1, sizeof *made);
    if (!made)
        return mote_error_no_memory(err);
    made->dataset = dataset;
    made->slice = slice;
    made->options = *options;
    made->allocator = allocator;
    made->n = slice->n;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->ready, NULL);
    pthread_cond_init(&made->room, NULL);
    const mote_status status = start(made, err);
    if (status != MOTE_OK) {
        mote_loader_free(made);
        return status;
    }
    *loader = made;
    return MOTE_OK;
}

/* Waits for the example at next_read; the slot stays the reader's until the next call. */
static slot *wait_for_next(mote_loader *loader)
{
    slot *s = &loader->slots[loader->next_read % loader->n_slots];
    pthread_mutex_lock(&loader->mutex);
    while (s->example != loader->next_read)
        pthread_cond_wait(&loader->ready, &loader->mutex);
    pthread_mutex_unlock(&loader->mutex);
    return s;
}

static void release(mote_loader *loader)
{
    pthread_mutex_lock(&loader->mutex);
    loader->next_read++;
    pthread_cond_broadcast(&loader->room);
    pthread_mutex_unlock(&loader->mutex);
}

mote_status mote_loader_next(mote_loader *loader, mote_example *example, bool *more, mote_error *err)
{
    const mote_loader_options *o = &loader->options;
    *more = false;
    if (loader->n_given + loader->n_skipped > 0 && loader->next_read < loader->n_given + loader->n_skipped)
        release(loader); /* the example given last */
    while (loader->next_read < loader->n && (o->limit <= 0 || loader->n_given < o->limit)) {
        slot *s = wait_for_next(loader);
        const int64_t id = loader->slice->examples[loader->next_read];
        if (s->status == MOTE_OK) {
            *example = (mote_example){id, mote_dataset_label(loader->dataset, id), s->pixels};
            *more = true;
            loader->n_given++;
            return MOTE_OK;
        }
        if (o->strict || s->status == MOTE_NO_MEMORY) {
            if (err)
                *err = s->err;
            return s->status;
        }
        loader->n_skipped++;
        if (o->on_skip)
            o->on_skip(o->on_skip_arg, mote_dataset_name(loader->dataset, id), &s->err);
        release(loader);
    }
    return MOTE_OK;
}

int64_t mote_loader_skipped(const mote_loader *loader)
{
    return loader->n_skipped;
}

void mote_loader_free(mote_loader *loader)
{
    if (!loader)
        return;
    pthread_mutex_lock(&loader->mutex);
    loader->stop = true;
    pthread_cond_broadcast(&loader->room);
    pthread_mutex_unlock(&loader->mutex);
    for (int32_t i = 0; i < loader->n_threads; i++)
        pthread_join(loader->threads[i], NULL);
    for (int64_t i = 0; loader->slots && i < loader->n_slots; i++)
        mote_free(loader->allocator, loader->slots[i].pixels);
    mote_free(loader->allocator, loader->slots);
    mote_free(loader->allocator, loader->threads);
    pthread_cond_destroy(&loader->ready);
    pthread_cond_destroy(&loader->room);
    pthread_mutex_destroy(&loader->mutex);
    mote_free(loader->allocator, loader);
}
