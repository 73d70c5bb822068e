/*
 * Photos once decoded, kept as bytes under a limit. A hit and a miss give the same floats: either the pixels that the
 * resize reads are kept and it runs again, or (whole_numbers) all values are rounded and those are kept.
 */
#ifndef MOTE_DATA_PHOTO_CACHE_H
#define MOTE_DATA_PHOTO_CACHE_H

#include "data/photo.h"

#include <pthread.h>

typedef struct mote_photo_cache {
    const mote_dataset *dataset;
    int32_t height, width, channels;
    bool whole_numbers;
    size_t limit_bytes, used_bytes;
    int64_t n;
    mote_kept_photo *photos; /* n; an entry is set once, under the mutex, and stays */
    pthread_mutex_t mutex;
} mote_photo_cache;

/* n places; false: out of memory. */
bool mote_photo_cache_init(mote_photo_cache *cache, int64_t n);
void mote_photo_cache_fini(mote_photo_cache *cache);
/* The example that has this place: out is height x width x channels. Thread-safe. */
mote_status mote_photo_cache_load(mote_photo_cache *cache, int64_t place, int64_t example, float *out, mote_error *err);

#endif
