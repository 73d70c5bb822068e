/*
 * Photos of a dataset as the floats that training reads, by way of the pixels that the resize reads ("kept",
 * data/resize.h): bytes that may stay in memory and give the same floats again without decoding.
 */
#ifndef MOTE_DATA_PHOTO_H
#define MOTE_DATA_PHOTO_H

#include "data/reader.h"

typedef struct mote_kept_photo {
    int32_t height, width; /* of the photo */
    unsigned char *bytes;  /* from the dataset's allocator; NULL: not kept */
    size_t n_bytes;
} mote_kept_photo;

/* Decodes an example and keeps what a resize to height x width reads. MOTE_UNSUPPORTED for arrays of floats. */
mote_status mote_kept_photo_load(const mote_dataset *dataset, int64_t example, int32_t channels, int32_t height,
                                 int32_t width, mote_kept_photo *photo, mote_error *err);
mote_status mote_kept_photo_resize(const mote_kept_photo *photo, const mote_dataset *dataset, int32_t channels,
                                   int32_t height, int32_t width, float *out, mote_error *err);

#endif
