/*
 * Batches in a ring: batch s (counted from the last seek) is made in slot s % n_slots once the reader has left the one
 * before it there. Decoders take examples one by one, all of a batch before any of the next; who makes an example does
 * not change it. A slot's examples are drawn when it is opened, in order, from the epoch's permutation.
 */
#include "base/worker_thread.h"
#include "data/photo_cache.h"

#include <mote/clock.h>
#include <mote/rng.h>

#include <string.h>

typedef struct batch_slot {
    int64_t epoch, index;
    int32_t n, n_taken, n_done;
    float *pixels;
    int32_t *labels;
    int64_t *places, *examples;
    mote_status *status;
    mote_error err; /* of the first example in order that failed */
    int32_t first_failed;
} batch_slot;

struct mote_batches {
    const mote_dataset *dataset;
    const mote_slice *slice;
    mote_batches_options options;
    const mote_allocator *allocator;
    mote_photo_cache cache;
    int64_t n_per_epoch;
    size_t n_values; /* of one example */
    int64_t *order;  /* the permutation of order_epoch: places in the slice */
    int64_t order_epoch;
    bool *known_bad; /* n of the slice: reported already */
    int64_t n_skipped, waited_ns;
    batch_slot *slots;
    int64_t n_slots;
    pthread_t *threads;
    int32_t n_threads;
    pthread_mutex_t mutex;
    pthread_cond_t ready, room;
    /* Since the last seek: */
    int64_t begin_epoch, begin_index; /* of batch 0 */
    int64_t n_opened;                 /* slots opened so far */
    int64_t at;                       /* the batch the reader is at */
    bool given;                       /* and it has been given */
    int32_t n_flying;                 /* examples being decoded */
    bool pause, stop;
};

enum { DEFAULT_AHEAD = 2, MAX_BATCH = 1 << 20 };
static const uint64_t SHUFFLE_STREAM = 0x73687566; /* keeps these draws apart from others with the same seed */

mote_batches_options mote_batches_options_default(void)
{
    const size_t most = (size_t)4 << 30, quarter = mote_memory_bytes() / 4;
    return (mote_batches_options){
        .channels = 3, .batch = 16, .shuffle = true, .cache_bytes = quarter < most ? quarter : most};
}

/* --- which examples (under the mutex) --- */

static void set_order(mote_batches *b, int64_t epoch)
{
    const int64_t n = b->slice->n;
    for (int64_t i = 0; i < n; i++)
        b->order[i] = i;
    b->order_epoch = epoch;
    if (!b->options.shuffle)
        return;
    /* Fisher-Yates; a slice holds fewer than 2^32 examples (checked at the door). */
    mote_rng rng = mote_rng_make(b->options.seed, SHUFFLE_STREAM + (uint64_t)epoch);
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t j = mote_rng_below(&rng, (uint32_t)i + 1), swap = b->order[i];
        b->order[i] = b->order[j];
        b->order[j] = swap;
    }
}

static void open_slot(mote_batches *b)
{
    batch_slot *s = &b->slots[b->n_opened % b->n_slots];
    const int64_t number = b->begin_index + b->n_opened++;
    s->epoch = b->begin_epoch + number / b->n_per_epoch;
    s->index = number % b->n_per_epoch;
    if (s->epoch != b->order_epoch)
        set_order(b, s->epoch);
    const int64_t begin = s->index * b->options.batch, rest = b->slice->n - begin;
    s->n = rest < b->options.batch ? (int32_t)rest : b->options.batch;
    s->n_taken = s->n_done = 0;
    s->first_failed = s->n;
    mote_error_clear(&s->err);
    for (int32_t i = 0; i < s->n; i++) {
        s->places[i] = b->order[begin + i];
        s->examples[i] = b->slice->examples[s->places[i]];
        s->labels[i] = mote_dataset_label(b->dataset, s->examples[i]);
    }
}

/* The slot of the oldest batch with an example to take; opens the next where there is room. NULL: wait. */
static batch_slot *slot_with_work(mote_batches *b)
{
    if (b->pause)
        return NULL;
    batch_slot *last = b->n_opened > 0 ? &b->slots[(b->n_opened - 1) % b->n_slots] : NULL;
    if (last && last->n_taken < last->n)
        return last;
    if (b->n_opened >= b->at + b->n_slots)
        return NULL;
    open_slot(b);
    return &b->slots[(b->n_opened - 1) % b->n_slots];
}

/* --- decoders --- */

static mote_status make_example(mote_batches *b, const batch_slot *s, int32_t i, mote_error *err)
{
    const mote_batches_options *o = &b->options;
    float *pixels = s->pixels + (size_t)i * b->n_values;
    const mote_status status = mote_photo_cache_load(&b->cache, s->places[i], s->examples[i], pixels, err);
    if (status == MOTE_OK)
        mote_pixels_apply(o->pixels, pixels, (int64_t)o->height * o->width, o->channels);
    return status;
}

/* Want of memory is nobody's photo: it ends the run, whichever example met it. */
static void note_failure(batch_slot *s, int32_t i, mote_status status, const mote_error *err)
{
    if (status == MOTE_OK || s->err.code == MOTE_NO_MEMORY || (i > s->first_failed && status != MOTE_NO_MEMORY))
        return;
    s->first_failed = i;
    s->err = *err;
}

static void *decoder_main(void *arg)
{
    mote_batches *b = arg;
    pthread_mutex_lock(&b->mutex);
    for (;;) {
        batch_slot *s = NULL;
        while (!b->stop && !(s = slot_with_work(b)))
            pthread_cond_wait(&b->room, &b->mutex);
        if (b->stop)
            break;
        const int32_t i = s->n_taken++;
        b->n_flying++;
        pthread_mutex_unlock(&b->mutex);
        mote_error err = {0};
        const mote_status status = make_example(b, s, i, &err);
        pthread_mutex_lock(&b->mutex);
        s->status[i] = status;
        note_failure(s, i, status, &err);
        b->n_flying--;
        if (++s->n_done == s->n || b->n_flying == 0)
            pthread_cond_broadcast(&b->ready);
    }
    pthread_mutex_unlock(&b->mutex);
    return NULL;
}

/* --- made and ended --- */

static bool make_slots(mote_batches *b)
{
    const size_t n = (size_t)b->options.batch;
    b->n_slots = (b->options.n_ahead > 0 ? b->options.n_ahead : DEFAULT_AHEAD) + 1;
    b->slots = mote_calloc(b->allocator, (size_t)b->n_slots, sizeof *b->slots);
    for (int64_t i = 0; b->slots && i < b->n_slots; i++) {
        batch_slot *s = &b->slots[i];
        s->pixels = mote_calloc(b->allocator, n, b->n_values * sizeof *s->pixels);
        s->labels = mote_calloc(b->allocator, n, sizeof *s->labels);
        s->places = mote_calloc(b->allocator, n, sizeof *s->places);
        s->examples = mote_calloc(b->allocator, n, sizeof *s->examples);
        s->status = mote_calloc(b->allocator, n, sizeof *s->status);
        if (!s->pixels || !s->labels || !s->places || !s->examples || !s->status)
            return false;
    }
    return b->slots;
}

static mote_status start(mote_batches *b, mote_error *err)
{
    const int32_t wanted = b->options.n_threads > 0 ? b->options.n_threads : mote_cpu_count();
    b->order = mote_calloc(b->allocator, (size_t)b->slice->n, sizeof *b->order);
    b->known_bad = mote_calloc(b->allocator, (size_t)b->slice->n, sizeof *b->known_bad);
    b->threads = mote_calloc(b->allocator, (size_t)wanted, sizeof *b->threads);
    if (!make_slots(b) || !b->order || !b->known_bad || !b->threads || !mote_photo_cache_init(&b->cache, b->slice->n))
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for batches of %d photos", b->options.batch);
    b->order_epoch = -1;
    b->pause = true; /* until the first seek or read: what is made before would be for nothing */
    for (; b->n_threads < wanted; b->n_threads++)
        if (!mote_worker_thread_start(&b->threads[b->n_threads], decoder_main, b))
            return b->n_threads ? MOTE_OK : mote_error_set(err, MOTE_NO_MEMORY, "no threads to be had");
    return MOTE_OK;
}

static mote_status check_options(const mote_batches_options *o, const mote_slice *slice, mote_error *err)
{
    if (o->height < 1 || o->width < 1 || (o->channels != 1 && o->channels != 3) ||
        (int64_t)o->height * o->width > MOTE_MAX_PHOTO_PIXELS)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "photos cannot become %d x %d x %d; the model's input is not an image", o->height,
                              o->width, o->channels);
    if (o->batch < 1 || o->batch > MAX_BATCH)
        return mote_error_set(err, MOTE_ARGUMENT, "a batch of %d; from 1 to %d is possible", o->batch, MAX_BATCH);
    if (slice->n < 1 || slice->n >= UINT32_MAX)
        return mote_error_set(err, MOTE_ARGUMENT, "%lld examples to train on", (long long)slice->n);
    if (o->drop_last && slice->n < o->batch)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "%lld examples do not fill one batch of %d; take a smaller batch or a larger split",
                              (long long)slice->n, o->batch);
    return MOTE_OK;
}

mote_status mote_batches_new(mote_batches **batches, const mote_dataset *dataset, const mote_slice *slice,
                             const mote_batches_options *options, const mote_allocator *allocator, mote_error *err)
{
    *batches = NULL;
    mote_status status = check_options(options, slice, err);
    if (status != MOTE_OK)
        return status;
    mote_batches *made = mote_calloc(allocator, 1, sizeof *made);
    if (!made)
        return mote_error_no_memory(err);
    const mote_batches_options *o = options;
    *made = (mote_batches){.dataset = dataset, .slice = slice, .options = *o, .allocator = allocator};
    made->n_per_epoch = (slice->n + (o->drop_last ? 0 : o->batch - 1)) / o->batch;
    made->n_values = (size_t)o->height * (size_t)o->width * (size_t)o->channels;
    made->cache = (mote_photo_cache){.dataset = dataset,
                                     .height = o->height,
                                     .width = o->width,
                                     .channels = o->channels,
                                     .whole_numbers = o->whole_numbers,
                                     .limit_bytes = o->cache_bytes};
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->ready, NULL);
    pthread_cond_init(&made->room, NULL);
    status = start(made, err);
    if (status != MOTE_OK) {
        mote_batches_free(made);
        return status;
    }
    *batches = made;
    return MOTE_OK;
}

void mote_batches_free(mote_batches *batches)
{
    mote_batches *b = batches;
    if (!b)
        return;
    pthread_mutex_lock(&b->mutex);
    b->stop = true;
    pthread_cond_broadcast(&b->room);
    pthread_mutex_unlock(&b->mutex);
    for (int32_t i = 0; i < b->n_threads; i++)
        pthread_join(b->threads[i], NULL);
    for (int64_t i = 0; b->slots && i < b->n_slots; i++) {
        mote_free(b->allocator, b->slots[i].pixels);
        mote_free(b->allocator, b->slots[i].labels);
        mote_free(b->allocator, b->slots[i].places);
        mote_free(b->allocator, b->slots[i].examples);
        mote_free(b->allocator, b->slots[i].status);
    }
    mote_photo_cache_fini(&b->cache);
    mote_free(b->allocator, b->slots);
    mote_free(b->allocator, b->threads);
    mote_free(b->allocator, b->order);
    mote_free(b->allocator, b->known_bad);
    pthread_cond_destroy(&b->ready);
    pthread_cond_destroy(&b->room);
    pthread_mutex_destroy(&b->mutex);
    mote_free(b->allocator, b);
}

/* --- the reader's side --- */

mote_status mote_batches_seek(mote_batches *batches, int64_t epoch, int64_t index, mote_error *err)
{
    mote_batches *b = batches;
    if (epoch < 0 || index < 0 || index >= b->n_per_epoch)
        return mote_error_set(err, MOTE_ARGUMENT, "epoch %lld, batch %lld: an epoch has %lld batches", (long long)epoch,
                              (long long)index, (long long)b->n_per_epoch);
    pthread_mutex_lock(&b->mutex);
    b->pause = true;
    while (b->n_flying > 0)
        pthread_cond_wait(&b->ready, &b->mutex);
    b->begin_epoch = epoch;
    b->begin_index = index;
    b->n_opened = b->at = 0;
    b->given = false;
    b->pause = false;
    pthread_cond_broadcast(&b->room);
    pthread_mutex_unlock(&b->mutex);
    return MOTE_OK;
}

/* Leaves the batch given last, and waits until the next is whole. */
static batch_slot *wait_for_next(mote_batches *b)
{
    const int64_t start_ns = mote_clock_ns();
    pthread_mutex_lock(&b->mutex);
    b->at += b->given;
    b->given = true;
    b->pause = false;
    pthread_cond_broadcast(&b->room);
    batch_slot *s = &b->slots[b->at % b->n_slots];
    while (b->n_opened <= b->at || s->n_done < s->n)
        pthread_cond_wait(&b->ready, &b->mutex);
    pthread_mutex_unlock(&b->mutex);
    b->waited_ns += mote_clock_ns() - start_ns;
    return s;
}

/* The examples that could not be read go; the others move together, in order. */
static void leave_out_failed(mote_batches *b, batch_slot *s)
{
    int32_t n = 0;
    for (int32_t i = 0; i < s->n; i++) {
        if (s->status[i] != MOTE_OK) {
            bool *known = &b->known_bad[s->places[i]];
            b->n_skipped += !*known;
            if (!*known && b->options.on_skip) {
                mote_error again = s->err; /* of the first; of others it is asked for once more */
                if (i != s->first_failed)
                    make_example(b, s, i, &again);
                b->options.on_skip(b->options.on_skip_arg, mote_dataset_name(b->dataset, s->examples[i]), &again);
            }
            *known = true;
            continue;
        }
        if (n != i) {
            memcpy(s->pixels + (size_t)n * b->n_values, s->pixels + (size_t)i * b->n_values,
                   b->n_values * sizeof *s->pixels);
            s->labels[n] = s->labels[i];
            s->examples[n] = s->examples[i];
        }
        n++;
    }
    s->n = s->n_done = n;
}

mote_status mote_batches_next(mote_batches *batches, mote_batch *batch, mote_error *err)
{
    mote_batches *b = batches;
    for (int64_t n_empty = 0; n_empty < b->n_per_epoch; n_empty++) {
        batch_slot *s = wait_for_next(b);
        if (s->first_failed < s->n) {
            if (b->options.strict || s->err.code == MOTE_NO_MEMORY) {
                if (err)
                    *err = s->err;
                return s->err.code;
            }
            leave_out_failed(b, s);
        }
        if (s->n == 0)
            continue;
        *batch = (mote_batch){s->epoch, s->index, s->n, s->pixels, s->labels, s->examples};
        return MOTE_OK;
    }
    return mote_error_set(err, MOTE_FORMAT, "%s: none of the %lld photos can be read", b->dataset->path,
                          (long long)b->slice->n);
}

int64_t mote_batches_per_epoch(const mote_batches *batches)
{
    return batches->n_per_epoch;
}

int64_t mote_batches_skipped(const mote_batches *batches)
{
    return batches->n_skipped;
}

int64_t mote_batches_waited_ns(const mote_batches *batches)
{
    return batches->waited_ns;
}

size_t mote_batches_cached_bytes(mote_batches *batches)
{
    pthread_mutex_lock(&batches->cache.mutex);
    const size_t n_bytes = batches->cache.used_bytes;
    pthread_mutex_unlock(&batches->cache.mutex);
    return n_bytes;
}
