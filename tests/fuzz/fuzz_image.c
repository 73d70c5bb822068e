/* Photos: decoded three ways, which must agree on size, and for JPEGs line by line, which must agree on every byte. */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "data/reader.h"

enum { MAX_PIXELS = 1 << 22 }; /* larger ones only cost time */

typedef struct lines {
    unsigned char *pixels;
    size_t stride;
} lines;

static mote_status begin(void *arg, int32_t height, int32_t width, int32_t channels, mote_error *err)
{
    lines *l = arg;
    l->stride = (size_t)width * (size_t)channels;
    l->pixels = malloc(l->stride * (size_t)height);
    return l->pixels ? MOTE_OK : mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
}

static unsigned char *place(void *arg, int32_t y)
{
    const lines *l = arg;
    return l->pixels + (size_t)y * l->stride;
}

static void check_lines(const uint8_t *bytes, size_t n_bytes, const mote_image *image)
{
    lines l = {0};
    const mote_line_sink sink = {.begin = begin, .place = place, .arg = &l};
    mote_error err;
    if (mote_jpeg_decode_lines(bytes, n_bytes, image->channels, &sink, NULL, &err) != MOTE_OK ||
        memcmp(l.pixels, image->data, l.stride * (size_t)image->height) != 0)
        abort();
    free(l.pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    static const int32_t wanted[] = {0, 1, 3};
    int32_t height, width;
    mote_error err;
    if (mote_image_size(bytes, n_bytes, &height, &width, &err) != MOTE_OK || height < 1 || width < 1 ||
        (int64_t)height * width > MAX_PIXELS)
        return 0;
    for (int i = 0; i < 3; i++) {
        mote_image image;
        if (mote_image_decode(bytes, n_bytes, wanted[i], NULL, &image, &err) != MOTE_OK) {
            if (image.data)
                abort();
            continue;
        }
        if (image.height != height || image.width != width || (wanted[i] && image.channels != wanted[i]))
            abort();
        float resized[3 * 5 * 3];
        if (mote_image_resize(&image, 5, 3, resized) != MOTE_OK)
            abort();
        for (int32_t j = 0; j < 5 * 3 * image.channels; j++)
            if (!(resized[j] >= 0 && resized[j] <= 255))
                abort();
        if (mote_image_sniff(bytes, n_bytes) == IMAGE_JPEG)
            check_lines(bytes, n_bytes, &image);
        mote_image_free(&image);
    }
    return 0;
}
