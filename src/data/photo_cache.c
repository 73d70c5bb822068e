#include "data/photo_cache.h"

#include <math.h>

bool mote_photo_cache_init(mote_photo_cache *cache, int64_t n)
{
    pthread_mutex_init(&cache->mutex, NULL);
    cache->n = n;
    cache->photos = mote_calloc(cache->dataset->allocator, (size_t)n, sizeof *cache->photos);
    return cache->photos;
}

void mote_photo_cache_fini(mote_photo_cache *cache)
{
    for (int64_t i = 0; cache->photos && i < cache->n; i++)
        mote_free(cache->dataset->allocator, cache->photos[i].bytes);
    mote_free(cache->dataset->allocator, cache->photos);
    pthread_mutex_destroy(&cache->mutex);
}

/* What is kept of a place, if anything; room says whether more may be. */
static mote_kept_photo look_up(mote_photo_cache *cache, int64_t place, bool *room)
{
    pthread_mutex_lock(&cache->mutex);
    const mote_kept_photo photo = cache->photos[place];
    *room = cache->used_bytes < cache->limit_bytes;
    pthread_mutex_unlock(&cache->mutex);
    return photo;
}

/* Takes the photo over, or frees it: no room, or another thread was faster (two epochs may meet in flight). */
static void store(mote_photo_cache *cache, int64_t place, mote_kept_photo *photo)
{
    pthread_mutex_lock(&cache->mutex);
    if (!cache->photos[place].bytes && cache->used_bytes + photo->n_bytes <= cache->limit_bytes) {
        cache->photos[place] = *photo;
        cache->used_bytes += photo->n_bytes;
        photo->bytes = NULL;
    }
    pthread_mutex_unlock(&cache->mutex);
    mote_free(cache->dataset->allocator, photo->bytes);
}

static mote_status load_exact(mote_photo_cache *cache, int64_t place, int64_t example, float *out, mote_error *err)
{
    const mote_dataset *dataset = cache->dataset;
    bool room;
    mote_kept_photo photo = look_up(cache, place, &room);
    if (photo.bytes)
        return mote_kept_photo_resize(&photo, dataset, cache->channels, cache->height, cache->width, out, err);
    if (!room)
        return mote_dataset_load(dataset, example, cache->channels, cache->height, cache->width, out, err);
    mote_status status =
        mote_kept_photo_load(dataset, example, cache->channels, cache->height, cache->width, &photo, err);
    if (status != MOTE_OK)
        return status;
    status = mote_kept_photo_resize(&photo, dataset, cache->channels, cache->height, cache->width, out, err);
    store(cache, place, &photo);
    return status;
}

static mote_status load_whole_numbers(mote_photo_cache *cache, int64_t place, int64_t example, float *out,
                                      mote_error *err)
{
    const size_t n = (size_t)cache->height * (size_t)cache->width * (size_t)cache->channels;
    bool room;
    mote_kept_photo photo = look_up(cache, place, &room);
    if (photo.bytes) {
        for (size_t i = 0; i < n; i++)
            out[i] = photo.bytes[i];
        return MOTE_OK;
    }
    const mote_status status =
        mote_dataset_load(cache->dataset, example, cache->channels, cache->height, cache->width, out, err);
    if (status != MOTE_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        out[i] = nearbyintf(out[i]);
    photo = (mote_kept_photo){.n_bytes = n};
    photo.bytes = room ? mote_alloc(cache->dataset->allocator, n) : NULL;
    if (!photo.bytes)
        return MOTE_OK;
    for (size_t i = 0; i < n; i++)
        photo.bytes[i] = (unsigned char)out[i];
    store(cache, place, &photo);
    return MOTE_OK;
}

mote_status mote_photo_cache_load(mote_photo_cache *cache, int64_t place, int64_t example, float *out, mote_error *err)
{
    if (!cache->dataset->reader->encoded) /* arrays are in memory as they are */
        return mote_dataset_load(cache->dataset, example, cache->channels, cache->height, cache->width, out, err);
    return cache->whole_numbers ? load_whole_numbers(cache, place, example, out, err)
                                : load_exact(cache, place, example, out, err);
}
