/*
 * JPEG as tf.io.decode_jpeg decodes it: the fast integer DCT, fancy upsampling, EXIF orientation ignored; CMYK and YCCK
 * become RGB by multiplying with black.
 */
#include "data/reader.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* A few bytes of scan header cost a walk over the whole photo: what all scans may cost together, in pixels. Real
 * progressive photos have about ten scans. */
enum { MIN_SCANS = 20 };
static const int64_t MAX_SCANNED_PIXELS = (int64_t)2 << 30;

typedef struct jpeg_failure {
    struct jpeg_error_mgr base;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    bool truncated;
    char text[JMSG_LENGTH_MAX];
} jpeg_failure;

static void on_error(j_common_ptr info)
{
    jpeg_failure *failure = (jpeg_failure *)info->err;
    info->err->format_message(info, failure->text);
    longjmp(failure->jump, 1);
}

/* Warnings are not printed; the one that says the file ended too early is remembered. */
static void on_message(j_common_ptr info, int level)
{
    jpeg_failure *failure = (jpeg_failure *)info->err;
    if (level == -1 && info->err->msg_code == JWRN_JPEG_EOF)
        failure->truncated = true;
}

static void on_progress(j_common_ptr common)
{
    const struct jpeg_decompress_struct *info = (const struct jpeg_decompress_struct *)common;
    const int64_t n_pixels = (int64_t)info->image_height * info->image_width;
    if (info->input_scan_number <= MIN_SCANS || info->input_scan_number <= MAX_SCANNED_PIXELS / n_pixels)
        return;
    jpeg_failure *failure = (jpeg_failure *)common->err;
    snprintf(failure->text, sizeof failure->text, "more than %d scans", info->input_scan_number - 1);
    longjmp(failure->jump, 1);
}

static void set_up(struct jpeg_decompress_struct *info, jpeg_failure *failure)
{
    info->err = jpeg_std_error(&failure->base);
    failure->base.error_exit = on_error;
    failure->base.emit_message = on_message;
    failure->truncated = false;
}

/* r = c * k / 255: Adobe stores the four inks inverted, others plain. */
static void cmyk_line_to_rgb(const unsigned char *cmyk, unsigned char *rgb, int32_t n, bool inverted)
{
    for (int32_t i = 0; i < n; i++, cmyk += 4, rgb += 3) {
        const int32_t k = inverted ? cmyk[3] : 255 - cmyk[3];
        for (int32_t c = 0; c < 3; c++)
            rgb[c] = (unsigned char)(k * (inverted ? cmyk[c] : 255 - cmyk[c]) / 255);
    }
}

static void rgb_line_to_gray(const unsigned char *rgb, unsigned char *gray, int32_t n)
{
    for (int32_t i = 0; i < n; i++, rgb += 3)
        gray[i] = (unsigned char)((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 32768) >> 16);
}

typedef struct jpeg_job {
    struct jpeg_decompress_struct info;
    jpeg_failure failure;
    unsigned char *line; /* one line of CMYK, then one of RGB */
    const mote_allocator *allocator;
    const mote_line_sink *sink;
} jpeg_job;

static void read_lines(jpeg_job *job, int32_t channels)
{
    struct jpeg_decompress_struct *info = &job->info;
    const mote_line_sink *sink = job->sink;
    const bool cmyk = info->out_color_space == JCS_CMYK;
    const int32_t width = (int32_t)info->output_width;
    while (info->output_scanline < info->output_height) {
        const int32_t y = (int32_t)info->output_scanline;
        unsigned char *row = sink->place(sink->arg, y);
        JSAMPROW target = cmyk ? job->line : row;
        if (jpeg_read_scanlines(info, &target, 1) != 1) {
            job->failure.truncated = true;
            return;
        }
        if (cmyk) {
            unsigned char *rgb = channels == 3 ? row : job->line + 4 * (size_t)width;
            cmyk_line_to_rgb(job->line, rgb, width, info->saw_Adobe_marker);
            if (channels == 1)
                rgb_line_to_gray(rgb, row, width);
        }
        if (sink->line)
            sink->line(sink->arg, y);
    }
}

static mote_status start(jpeg_job *job, int32_t channels, mote_error *err)
{
    struct jpeg_decompress_struct *info = &job->info;
    const mote_status status = mote_check_photo_size(info->image_height, info->image_width, err);
    if (status != MOTE_OK)
        return status;
    const bool inks = info->num_components == 4;
    info->out_color_space = inks ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info->dct_method = JDCT_IFAST;
    info->do_fancy_upsampling = TRUE;
    jpeg_start_decompress(info);
    job->line = inks ? mote_alloc(job->allocator, 7 * (size_t)info->output_width) : NULL;
    if (inks && !job->line)
        return mote_error_no_memory(err);
    return job->sink->begin(job->sink->arg, (int32_t)info->output_height, (int32_t)info->output_width, channels, err);
}

mote_status mote_jpeg_decode_lines(const void *bytes, size_t n_bytes, int32_t channels, const mote_line_sink *sink,
                                   const mote_allocator *allocator, mote_error *err)
{
    jpeg_job *job = mote_calloc(allocator, 1, sizeof *job);
    if (!job)
        return mote_error_no_memory(err);
    job->allocator = allocator;
    job->sink = sink;
    set_up(&job->info, &job->failure);
    mote_status status = MOTE_OK;
    if (setjmp(job->failure.jump) == 0) {
        jpeg_create_decompress(&job->info);
        job->failure.progress.progress_monitor = on_progress;
        job->info.progress = &job->failure.progress;
        jpeg_mem_src(&job->info, bytes, (unsigned long)n_bytes);
        jpeg_read_header(&job->info, TRUE);
        const int32_t wanted = channels ? channels : job->info.num_components == 1 ? 1 : 3;
        status = start(job, wanted, err);
        if (status == MOTE_OK) {
            read_lines(job, wanted);
            if (job->failure.truncated)
                status = mote_error_set(err, MOTE_FORMAT, "the JPEG ends too early");
        }
    } else {
        status = mote_error_set(err, MOTE_FORMAT, "not a readable JPEG: %s", job->failure.text);
    }
    jpeg_destroy_decompress(&job->info);
    mote_free(allocator, job->line);
    mote_free(allocator, job);
    return status;
}

/* --- into an image --- */

static mote_status begin_image(void *arg, int32_t height, int32_t width, int32_t channels, mote_error *err)
{
    mote_image *image = arg;
    image->height = height;
    image->width = width;
    image->channels = channels;
    image->dtype = MOTE_UINT8;
    image->data = mote_alloc(image->allocator, (size_t)height * (size_t)width * (size_t)channels);
    return image->data ? MOTE_OK
                       : mote_error_set(err, MOTE_NO_MEMORY, "out of memory for %d x %d pixels", width, height);
}

static unsigned char *place_in_image(void *arg, int32_t y)
{
    const mote_image *image = arg;
    return (unsigned char *)image->data + (size_t)y * (size_t)image->width * (size_t)image->channels;
}

mote_status mote_jpeg_decode(const void *bytes, size_t n_bytes, int32_t channels, mote_image *image, mote_error *err)
{
    image->data = NULL;
    const mote_line_sink sink = {.begin = begin_image, .place = place_in_image, .arg = image};
    const mote_status status = mote_jpeg_decode_lines(bytes, n_bytes, channels, &sink, image->allocator, err);
    if (status != MOTE_OK)
        mote_image_free(image);
    return status;
}

mote_status mote_jpeg_size(const void *bytes, size_t n_bytes, int32_t *height, int32_t *width, mote_error *err)
{
    struct jpeg_decompress_struct info;
    jpeg_failure failure;
    set_up(&info, &failure);
    if (setjmp(failure.jump) != 0) {
        jpeg_destroy_decompress(&info);
        return mote_error_set(err, MOTE_FORMAT, "not a readable JPEG: %s", failure.text);
    }
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes, (unsigned long)n_bytes);
    jpeg_read_header(&info, TRUE);
    *height = (int32_t)info.image_height;
    *width = (int32_t)info.image_width;
    jpeg_destroy_decompress(&info);
    return MOTE_OK;
}
