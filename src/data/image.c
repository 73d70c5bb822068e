/* Images in memory: told apart by their first bytes, never by a file's name; and written. */
#include "data/reader.h"

#include <mote/io.h>

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

void mote_image_free(mote_image *image)
{
    mote_free(image->allocator, image->data);
    image->data = NULL;
}

mote_status mote_check_photo_size(int64_t height, int64_t width, mote_error *err)
{
    if (height < 1 || width < 1)
        return mote_error_set(err, MOTE_FORMAT, "a photo without pixels");
    if (height * width > MOTE_MAX_PHOTO_PIXELS)
        return mote_error_set(err, MOTE_LIMIT, "%lld x %lld pixels, more than %d million; scale it down first",
                              (long long)width, (long long)height, MOTE_MAX_PHOTO_PIXELS / 1000000);
    return MOTE_OK;
}

image_kind mote_image_sniff(const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    if (n >= 3 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff)
        return IMAGE_JPEG;
    if (n >= 8 && memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0)
        return IMAGE_PNG;
    if (n >= 4 && memcmp(b, "GIF8", 4) == 0)
        return IMAGE_GIF;
    if (n >= 2 && memcmp(b, "BM", 2) == 0)
        return IMAGE_BMP;
    if (n >= 12 && memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WEBP", 4) == 0)
        return IMAGE_WEBP;
    return IMAGE_UNKNOWN;
}

static mote_status refuse(image_kind kind, size_t n_bytes, mote_error *err)
{
    const char *name = kind == IMAGE_GIF ? "a GIF" : kind == IMAGE_BMP ? "a BMP" : kind == IMAGE_WEBP ? "a WebP" : NULL;
    if (name)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s; convert it to JPEG or PNG", name);
    return mote_error_set(err, MOTE_FORMAT, n_bytes ? "neither a JPEG nor a PNG" : "an empty file");
}

mote_status mote_image_decode(const void *bytes, size_t n_bytes, int32_t channels, const mote_allocator *allocator,
                              mote_image *image, mote_error *err)
{
    *image = (mote_image){.allocator = allocator};
    if (channels != 0 && channels != 1 && channels != 3)
        return mote_error_set(err, MOTE_ARGUMENT, "%d channels; a photo is decoded to 1 or 3", channels);
    const image_kind kind = mote_image_sniff(bytes, n_bytes);
    if (kind == IMAGE_JPEG)
        return mote_jpeg_decode(bytes, n_bytes, channels, image, err);
    if (kind == IMAGE_PNG)
        return mote_png_decode(bytes, n_bytes, channels, image, err);
    return refuse(kind, n_bytes, err);
}

mote_status mote_image_size(const void *bytes, size_t n_bytes, int32_t *height, int32_t *width, mote_error *err)
{
    const image_kind kind = mote_image_sniff(bytes, n_bytes);
    if (kind == IMAGE_JPEG)
        return mote_jpeg_size(bytes, n_bytes, height, width, err);
    if (kind == IMAGE_PNG)
        return mote_png_size(bytes, n_bytes, height, width, err);
    return refuse(kind, n_bytes, err);
}

mote_status mote_image_load(const char *path, int32_t channels, const mote_allocator *allocator, mote_image *image,
                            mote_error *err)
{
    *image = (mote_image){.allocator = allocator};
    mote_file file;
    mote_status status = mote_file_open(&file, path, 0, allocator, err);
    if (status != MOTE_OK)
        return status;
    status = mote_image_decode(file.data, file.n_bytes, channels, allocator, image, err);
    mote_file_close(&file);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", path);
}

/* --- writing --- */

mote_status mote_png_write(const char *path, const mote_image *image, mote_error *err)
{
    if (image->dtype != MOTE_UINT8 || (image->channels != 1 && image->channels != 3))
        return mote_error_set(err, MOTE_ARGUMENT, "%s: only 8-bit gray or RGB images are written", path);
    mote_output *output;
    const mote_status status = mote_output_open(&output, path, err);
    if (status != MOTE_OK)
        return status;
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->width,
                     .height = (png_uint_32)image->height,
                     .format = image->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    if (!png_image_write_to_stdio(&png, mote_output_stream(output), 0, image->data, 0, NULL)) {
        const bool failed_writing = ferror(mote_output_stream(output));
        if (failed_writing)
            return mote_output_commit(output, err); /* says why */
        mote_output_discard(output);
        return mote_error_set(err, MOTE_IO, "%s: cannot write a PNG: %s", path, png.message);
    }
    return mote_output_commit(output, err);
}

typedef struct jpeg_write_failure {
    struct jpeg_error_mgr base;
    jmp_buf jump;
} jpeg_write_failure;

static void on_write_error(j_common_ptr info)
{
    longjmp(((jpeg_write_failure *)info->err)->jump, 1);
}

static bool compress(FILE *stream, const mote_image *image, int32_t quality)
{
    struct jpeg_compress_struct info;
    jpeg_write_failure failure;
    info.err = jpeg_std_error(&failure.base);
    failure.base.error_exit = on_write_error;
    if (setjmp(failure.jump) != 0) {
        jpeg_destroy_compress(&info);
        return false;
    }
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, stream);
    info.image_width = (JDIMENSION)image->width;
    info.image_height = (JDIMENSION)image->height;
    info.input_components = image->channels;
    info.in_color_space = image->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row =
            (unsigned char *)image->data + (size_t)info.next_scanline * (size_t)image->width * (size_t)image->channels;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    return true;
}

mote_status mote_jpeg_write(const char *path, const mote_image *image, int32_t quality, mote_error *err)
{
    if (image->dtype != MOTE_UINT8 || (image->channels != 1 && image->channels != 3))
        return mote_error_set(err, MOTE_ARGUMENT, "%s: only 8-bit gray or RGB images are written", path);
    mote_output *output;
    const mote_status status = mote_output_open(&output, path, err);
    if (status != MOTE_OK)
        return status;
    if (!compress(mote_output_stream(output), image, quality) && !ferror(mote_output_stream(output))) {
        mote_output_discard(output);
        return mote_error_set(err, MOTE_IO, "%s: cannot write a JPEG", path);
    }
    return mote_output_commit(output, err);
}

mote_status mote_jpeg_encode(const mote_image *image, int32_t quality, const mote_allocator *allocator,
                             unsigned char **bytes, size_t *n_bytes, mote_error *err)
{
    *bytes = NULL;
    if (image->dtype != MOTE_UINT8 || (image->channels != 1 && image->channels != 3))
        return mote_error_set(err, MOTE_ARGUMENT, "only 8-bit gray or RGB images become JPEGs");
    char *text = NULL;
    FILE *stream = open_memstream(&text, n_bytes);
    const bool compressed = stream && compress(stream, image, quality);
    const bool kept = stream && fclose(stream) == 0 && compressed;
    if (kept)
        *bytes = mote_alloc(allocator, *n_bytes);
    if (*bytes)
        memcpy(*bytes, text, *n_bytes);
    free(text);
    return *bytes ? MOTE_OK : mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a JPEG");
}
