/* A small JPEG of a photo, for the page. */
#ifndef MOTE_REPORT_THUMBNAIL_H
#define MOTE_REPORT_THUMBNAIL_H

#include <mote/data.h>

/* Each pixel the mean of the area that it stands for; never enlarged. *jpeg from mote_alloc. */
mote_status thumbnail_make(const mote_dataset *dataset, int64_t example, int32_t long_side, int32_t quality,
                           unsigned char **jpeg, size_t *n_bytes, mote_error *err);

#endif
