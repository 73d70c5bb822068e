/*
 * Photos decoded and resized by one thread: `decode_photos PHOTOS [N [SIZE]]`, the first N of them. Each is done
 * several times and counts at its fastest; decode_peers.py does the same in TensorFlow.
 */
#include "data/reader.h"

#include <mote/clock.h>
#include <mote/data.h>

#include <stdio.h>
#include <stdlib.h>

enum { RUNS = 5 };

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "../shared/data/cats_vs_dogs";
    const int32_t size = argc > 3 ? atoi(argv[3]) : 224;
    mote_error err;
    mote_dataset *photos;
    if (mote_dataset_open(&photos, path, NULL, NULL, &err) != MOTE_OK) {
        fprintf(stderr, "decode_photos: %s\n", err.message);
        return 1;
    }
    const int64_t all = mote_dataset_n_examples(photos), wanted = argc > 2 ? atoi(argv[2]) : 100;
    const int64_t n = wanted < all ? wanted : all;
    float *pixels = calloc((size_t)size * (size_t)size, 3 * sizeof *pixels);
    int64_t total_ns = 0, done = 0;
    for (int64_t i = 0; pixels && i < n; i++) {
        int64_t least = INT64_MAX;
        mote_status status = MOTE_OK;
        for (int run = 0; run < RUNS && status == MOTE_OK; run++) {
            const int64_t begin_ns = mote_clock_ns();
            status = mote_dataset_load(photos, i * all / n, 3, size, size, pixels, &err);
            const int64_t ns = mote_clock_ns() - begin_ns;
            least = ns < least ? ns : least;
        }
        if (status != MOTE_OK)
            continue;
        total_ns += least;
        done++;
    }
    printf("mote: %.3f ms a photo, decoded and resized to %d x %d, one thread; %lld photos\n",
           (double)total_ns / 1e6 / (double)(done ? done : 1), size, size, (long long)done);
    free(pixels);
    mote_dataset_free(photos);
    return done > 0 ? 0 : 1;
}
