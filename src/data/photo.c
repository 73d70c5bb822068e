#include "data/photo.h"
#include "data/resize.h"

mote_status mote_dataset_decode(const mote_dataset *dataset, int64_t example, int32_t channels, mote_image *image,
                                mote_error *err)
{
    const mote_reader *reader = dataset->reader;
    *image = (mote_image){.allocator = dataset->allocator};
    if (reader->decode)
        return reader->decode(dataset, example, channels, image, err);
    mote_encoded photo = {0};
    mote_status status = reader->encoded(dataset, example, &photo, err);
    if (status != MOTE_OK)
        return status;
    status = mote_image_decode(photo.bytes, photo.n_bytes, channels, dataset->allocator, image, err);
    reader->release(&photo);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", dataset->names[example]);
}

mote_status mote_dataset_size(const mote_dataset *dataset, int64_t example, int32_t *height, int32_t *width,
                              mote_error *err)
{
    const mote_reader *reader = dataset->reader;
    if (reader->size)
        return reader->size(dataset, example, height, width, err);
    mote_encoded photo = {0};
    mote_status status = reader->encoded(dataset, example, &photo, err);
    if (status != MOTE_OK)
        return status;
    status = mote_image_size(photo.bytes, photo.n_bytes, height, width, err);
    reader->release(&photo);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", dataset->names[example]);
}

/* --- decoded line by line, resized or kept on the way --- */

/* libjpeg-turbo writes lines that begin at a vector's width past the caches, which is slow to read back at once: ours
 * begin elsewhere. */
enum { OFF_VECTOR = 4 };

typedef struct stream {
    const mote_allocator *allocator;
    const mote_kernels *kernels;
    int32_t height, width;
    float *out;             /* the resized photo; or */
    mote_kept_photo *photo; /* what a resize reads of it */
    mote_resizer resizer;
    unsigned char *line; /* the decoded line */
    int32_t channels;
    size_t n_kept;
} stream;

static mote_status begin(void *arg, int32_t height, int32_t width, int32_t channels, mote_error *err)
{
    stream *s = arg;
    s->channels = channels;
    mote_status status =
        mote_resizer_init(&s->resizer, s->allocator, s->kernels, height, width, channels, s->height, s->width, s->out);
    if (status == MOTE_OK && s->photo) {
        status = mote_resizer_keep_columns(&s->resizer);
        s->photo->height = height;
        s->photo->width = width;
        s->photo->n_bytes = status == MOTE_OK ? mote_resizer_kept_bytes(&s->resizer) : 0;
        s->photo->bytes = mote_alloc(s->allocator, s->photo->n_bytes);
    }
    s->line = mote_alloc(s->allocator, (size_t)width * (size_t)channels + OFF_VECTOR);
    if (status != MOTE_OK || !s->line || (s->photo && !s->photo->bytes))
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for %d x %d pixels", width, height);
    return MOTE_OK;
}

static unsigned char *place(void *arg, int32_t y)
{
    (void)y;
    return ((const stream *)arg)->line + OFF_VECTOR;
}

static void take_line(stream *s, int32_t y, const unsigned char *line)
{
    if (!s->photo) {
        mote_resizer_line_u8(&s->resizer, y, line);
        return;
    }
    if (!mote_resizer_reads(&s->resizer, y))
        return;
    mote_resizer_keep(&s->resizer, line, s->photo->bytes + s->n_kept);
    s->n_kept += (size_t)s->resizer.n_columns * (size_t)s->channels;
}

static void line(void *arg, int32_t y)
{
    stream *s = arg;
    take_line(s, y, s->line + OFF_VECTOR);
}

static void finish(stream *s, mote_status status)
{
    mote_resizer_fini(&s->resizer);
    mote_free(s->allocator, s->line);
    if (status != MOTE_OK && s->photo) {
        mote_free(s->allocator, s->photo->bytes);
        s->photo->bytes = NULL;
    }
}

/* What is not a JPEG is decoded whole first: PNGs may be interlaced. */
static mote_status feed_image(stream *s, const mote_image *image, mote_error *err)
{
    if (image->dtype != MOTE_UINT8)
        return s->photo ? MOTE_UNSUPPORTED : mote_image_resize(image, s->height, s->width, s->out);
    const mote_status status = begin(s, image->height, image->width, image->channels, err);
    const size_t n_line = (size_t)image->width * (size_t)image->channels;
    for (int32_t y = 0; status == MOTE_OK && y < image->height; y++)
        take_line(s, y, (const unsigned char *)image->data + (size_t)y * n_line);
    return status;
}

static mote_status feed(stream *s, const mote_dataset *dataset, int64_t example, int32_t channels, mote_error *err)
{
    const mote_reader *reader = dataset->reader;
    mote_encoded photo = {0};
    mote_status status = MOTE_OK;
    if (reader->encoded)
        status = reader->encoded(dataset, example, &photo, err);
    if (status != MOTE_OK)
        return status;
    if (reader->encoded && mote_image_sniff(photo.bytes, photo.n_bytes) == IMAGE_JPEG) {
        const mote_line_sink sink = {.begin = begin, .place = place, .line = line, .arg = s};
        status = mote_jpeg_decode_lines(photo.bytes, photo.n_bytes, channels, &sink, dataset->allocator, err);
    } else {
        mote_image image = {.allocator = dataset->allocator};
        status = reader->encoded
                     ? mote_image_decode(photo.bytes, photo.n_bytes, channels, dataset->allocator, &image, err)
                     : reader->decode(dataset, example, channels, &image, err);
        if (status == MOTE_OK)
            status = feed_image(s, &image, err);
        mote_image_free(&image);
    }
    if (reader->encoded)
        reader->release(&photo);
    return status == MOTE_OK || !reader->encoded ? status
                                                 : mote_error_prefix(err, status, "%s", dataset->names[example]);
}

mote_status mote_dataset_load(const mote_dataset *dataset, int64_t example, int32_t channels, int32_t height,
                              int32_t width, float *out, mote_error *err)
{
    stream s = {
        .allocator = dataset->allocator, .kernels = &dataset->kernels, .height = height, .width = width, .out = out};
    const mote_status status = feed(&s, dataset, example, channels, err);
    finish(&s, status);
    return status;
}

/* --- kept --- */

mote_status mote_kept_photo_load(const mote_dataset *dataset, int64_t example, int32_t channels, int32_t height,
                                 int32_t width, mote_kept_photo *photo, mote_error *err)
{
    *photo = (mote_kept_photo){0};
    stream s = {.allocator = dataset->allocator,
                .kernels = &dataset->kernels,
                .height = height,
                .width = width,
                .photo = photo};
    const mote_status status = feed(&s, dataset, example, channels, err);
    finish(&s, status);
    return status;
}

mote_status mote_kept_photo_resize(const mote_kept_photo *photo, const mote_dataset *dataset, int32_t channels,
                                   int32_t height, int32_t width, float *out, mote_error *err)
{
    mote_resizer resizer;
    mote_status status = mote_resizer_init(&resizer, dataset->allocator, &dataset->kernels, photo->height, photo->width,
                                           channels, height, width, out);
    if (status == MOTE_OK) {
        status = mote_resizer_keep_columns(&resizer);
        if (status == MOTE_OK)
            mote_resizer_run_kept(&resizer, photo->bytes);
        mote_resizer_fini(&resizer);
    }
    return status == MOTE_OK ? status : mote_error_set(err, status, "out of memory");
}
