/* PNG as tf.io.decode_png decodes it to 8 bits: 16-bit samples lose their low byte, alpha is dropped, palettes expand.
 */
#include "data/reader.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

typedef struct png_job {
    png_structp png;
    png_infop info;
    const unsigned char *bytes;
    size_t n_bytes, at;
    char text[128];
    unsigned char **rows;
} png_job;

static void on_error(png_structp png, png_const_charp text)
{
    png_job *job = png_get_error_ptr(png);
    snprintf(job->text, sizeof job->text, "%s", text);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void on_read(png_structp png, png_bytep target, size_t n)
{
    png_job *job = png_get_io_ptr(png);
    if (n > job->n_bytes - job->at)
        png_error(png, "the file ends too early");
    memcpy(target, job->bytes + job->at, n);
    job->at += n;
}

static mote_status begin(png_job *job, const void *bytes, size_t n_bytes, mote_error *err)
{
    *job = (png_job){.bytes = bytes, .n_bytes = n_bytes};
    job->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, job, on_error, on_warning);
    job->info = job->png ? png_create_info_struct(job->png) : NULL;
    if (!job->info) {
        png_destroy_read_struct(&job->png, NULL, NULL);
        return mote_error_no_memory(err);
    }
    png_set_read_fn(job->png, job, on_read);
    png_set_user_limits(job->png, 1 << 20, 1 << 20);
    png_set_crc_action(job->png, PNG_CRC_ERROR_QUIT, PNG_CRC_QUIET_USE);
    return MOTE_OK;
}

/* Transforms so that rows come out as 8-bit gray or RGB. */
static void set_transforms(png_job *job, int32_t channels)
{
    const int type = png_get_color_type(job->png, job->info);
    const int depth = png_get_bit_depth(job->png, job->info);
    if (depth == 16)
        png_set_strip_16(job->png);
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(job->png);
    if (type == PNG_COLOR_TYPE_GRAY && depth < 8)
        png_set_expand_gray_1_2_4_to_8(job->png);
    png_set_strip_alpha(job->png);
    const bool colour = (type & PNG_COLOR_MASK_COLOR) != 0;
    if (channels == 3 && !colour)
        png_set_gray_to_rgb(job->png);
    if (channels == 1 && colour) /* the weights of red and green that TensorFlow gives, not libpng's own */
        png_set_rgb_to_gray(job->png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
    png_set_interlace_handling(job->png);
    png_read_update_info(job->png, job->info);
}

static mote_status read_image(png_job *job, int32_t channels, mote_image *image, mote_error *err)
{
    png_read_info(job->png, job->info);
    image->height = (int32_t)png_get_image_height(job->png, job->info);
    image->width = (int32_t)png_get_image_width(job->png, job->info);
    const mote_status status = mote_check_photo_size(image->height, image->width, err);
    if (status != MOTE_OK)
        return status;
    const bool colour = (png_get_color_type(job->png, job->info) & PNG_COLOR_MASK_COLOR) != 0;
    image->channels = channels ? channels : colour ? 3 : 1;
    image->dtype = MOTE_UINT8;
    set_transforms(job, image->channels);
    const size_t stride = (size_t)image->width * (size_t)image->channels;
    if (png_get_rowbytes(job->png, job->info) != stride)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a PNG of an unusual layout");
    image->data = mote_alloc(image->allocator, stride * (size_t)image->height);
    job->rows = mote_calloc(image->allocator, (size_t)image->height, sizeof *job->rows);
    if (!image->data || !job->rows)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for %d x %d pixels", image->width, image->height);
    for (int32_t y = 0; y < image->height; y++)
        job->rows[y] = (unsigned char *)image->data + (size_t)y * stride;
    png_read_image(job->png, job->rows);
    png_read_end(job->png, NULL);
    return MOTE_OK;
}

mote_status mote_png_decode(const void *bytes, size_t n_bytes, int32_t channels, mote_image *image, mote_error *err)
{
    const mote_allocator *allocator = image->allocator;
    png_job *job = mote_calloc(allocator, 1, sizeof *job);
    image->data = NULL;
    if (!job)
        return mote_error_no_memory(err);
    mote_status status = begin(job, bytes, n_bytes, err);
    if (status != MOTE_OK) {
        mote_free(allocator, job);
        return status;
    }
    if (setjmp(png_jmpbuf(job->png)) == 0)
        status = read_image(job, channels, image, err);
    else
        status = mote_error_set(err, MOTE_FORMAT, "not a readable PNG: %s", job->text);
    png_destroy_read_struct(&job->png, &job->info, NULL);
    mote_free(allocator, job->rows);
    mote_free(allocator, job);
    if (status != MOTE_OK)
        mote_image_free(image);
    return status;
}

/* The first chunk of a PNG is IHDR: width and height are big-endian at 16 and 20. */
mote_status mote_png_size(const void *bytes, size_t n_bytes, int32_t *height, int32_t *width, mote_error *err)
{
    const unsigned char *b = bytes;
    if (n_bytes < 24 || memcmp(b + 12, "IHDR", 4) != 0)
        return mote_error_set(err, MOTE_FORMAT, "not a readable PNG: no header");
    const uint32_t w = (uint32_t)b[16] << 24 | (uint32_t)b[17] << 16 | (uint32_t)b[18] << 8 | b[19];
    const uint32_t h = (uint32_t)b[20] << 24 | (uint32_t)b[21] << 16 | (uint32_t)b[22] << 8 | b[23];
    if (w == 0 || h == 0 || w > INT32_MAX || h > INT32_MAX)
        return mote_error_set(err, MOTE_FORMAT, "not a readable PNG: its size is not valid");
    *width = (int32_t)w;
    *height = (int32_t)h;
    return MOTE_OK;
}
