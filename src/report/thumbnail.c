#include "report/thumbnail.h"

#include <math.h>

static float sample(const mote_image *image, int64_t i)
{
    return image->dtype == MOTE_UINT8 ? (float)((const unsigned char *)image->data)[i]
                                      : ((const float *)image->data)[i];
}

/* Arrays may hold pixels of 0…1. */
static float to_bytes_factor(const mote_image *image)
{
    const int64_t n = (int64_t)image->height * image->width * image->channels;
    for (int64_t i = 0; i < n; i++)
        if (image->dtype == MOTE_UINT8 || sample(image, i) > 1)
            return 1;
    return 255;
}

static unsigned char mean(const mote_image *image, const int32_t rows[2], const int32_t columns[2], int32_t channel,
                          float factor)
{
    float sum = 0;
    for (int32_t y = rows[0]; y < rows[1]; y++)
        for (int32_t x = columns[0]; x < columns[1]; x++)
            sum += sample(image, ((int64_t)y * image->width + x) * image->channels + channel);
    const float value = sum / (float)((rows[1] - rows[0]) * (columns[1] - columns[0])) * factor;
    return (unsigned char)(value > 0 ? value < 255 ? lrintf(value) : 255 : 0); /* NaN: 0 */
}

static void shrink(const mote_image *from, mote_image *to)
{
    const float factor = to_bytes_factor(from);
    unsigned char *out = to->data;
    for (int32_t y = 0; y < to->height; y++) {
        const int32_t rows[] = {(int32_t)((int64_t)y * from->height / to->height),
                                (int32_t)((int64_t)(y + 1) * from->height / to->height)};
        for (int32_t x = 0; x < to->width; x++) {
            const int32_t columns[] = {(int32_t)((int64_t)x * from->width / to->width),
                                       (int32_t)((int64_t)(x + 1) * from->width / to->width)};
            for (int32_t c = 0; c < to->channels; c++)
                *out++ = mean(from, rows, columns, c, factor);
        }
    }
}

static int32_t scaled(int32_t side, double scale)
{
    const int32_t length = (int32_t)(side * scale);
    return length < 1 ? 1 : length;
}

mote_status thumbnail_make(const mote_dataset *dataset, int64_t example, int32_t long_side, int32_t quality,
                           unsigned char **jpeg, size_t *n_bytes, mote_error *err)
{
    mote_image photo;
    mote_status status = mote_dataset_decode(dataset, example, 0, &photo, err);
    if (status != MOTE_OK)
        return status;
    const int32_t longest = photo.height > photo.width ? photo.height : photo.width;
    const double scale = longest > long_side ? (double)long_side / longest : 1;
    mote_image small = {.height = scaled(photo.height, scale),
                        .width = scaled(photo.width, scale),
                        .channels = photo.channels,
                        .dtype = MOTE_UINT8};
    small.data = mote_calloc(NULL, (size_t)small.height * (size_t)small.width, (size_t)small.channels);
    if (small.data) {
        shrink(&photo, &small);
        status = mote_jpeg_encode(&small, quality, NULL, jpeg, n_bytes, err);
    } else {
        status = mote_error_no_memory(err);
    }
    mote_image_free(&photo);
    mote_image_free(&small);
    return status;
}
