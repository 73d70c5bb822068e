/*
 * tf.image.resize, bilinear: half-pixel centres, no antialias, float32 arithmetic in the reference's order
 * (horizontal first, then vertical).
 */
#include <mote/data.h>

#include <math.h>
#include <string.h>

typedef struct lerp {
    int32_t lower, upper;
    float weight; /* of upper */
} lerp;

static lerp *make_lerps(const mote_allocator *allocator, int32_t n_in, int32_t n_out)
{
    lerp *lerps = mote_calloc(allocator, (size_t)n_out, sizeof *lerps);
    const float scale = (float)n_in / (float)n_out;
    for (int32_t i = 0; lerps && i < n_out; i++) {
        const float at = ((float)i + 0.5f) * scale - 0.5f;
        const float floor_at = floorf(at);
        const int32_t lower = (int32_t)floor_at, upper = (int32_t)ceilf(at);
        lerps[i].lower = lower > 0 ? lower : 0;
        lerps[i].upper = upper < n_in - 1 ? upper : n_in - 1;
        lerps[i].weight = at - floor_at;
    }
    return lerps;
}

static void line_u8(const unsigned char *row, const lerp *xs, int32_t n, int32_t channels, float *out)
{
    for (int32_t i = 0; i < n; i++) {
        const unsigned char *left = row + (size_t)xs[i].lower * (size_t)channels;
        const unsigned char *right = row + (size_t)xs[i].upper * (size_t)channels;
        for (int32_t c = 0; c < channels; c++)
            out[(size_t)i * (size_t)channels + (size_t)c] =
                (float)left[c] + ((float)right[c] - (float)left[c]) * xs[i].weight;
    }
}

static void line_f32(const float *row, const lerp *xs, int32_t n, int32_t channels, float *out)
{
    for (int32_t i = 0; i < n; i++) {
        const float *left = row + (size_t)xs[i].lower * (size_t)channels;
        const float *right = row + (size_t)xs[i].upper * (size_t)channels;
        for (int32_t c = 0; c < channels; c++)
            out[(size_t)i * (size_t)channels + (size_t)c] = left[c] + (right[c] - left[c]) * xs[i].weight;
    }
}

static void line(const mote_image *image, int32_t y, const lerp *xs, int32_t n, float *out)
{
    const size_t at = (size_t)y * (size_t)image->width * (size_t)image->channels;
    if (image->dtype == MOTE_UINT8)
        line_u8((const unsigned char *)image->data + at, xs, n, image->channels, out);
    else
        line_f32((const float *)image->data + at, xs, n, image->channels, out);
}

static void copy_as_float(const mote_image *image, float *out)
{
    const size_t n = (size_t)image->height * (size_t)image->width * (size_t)image->channels;
    if (image->dtype == MOTE_FLOAT32) {
        memcpy(out, image->data, n * sizeof *out);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (float)((const unsigned char *)image->data)[i];
}

mote_status mote_image_resize(const mote_image *image, int32_t height, int32_t width, float *out)
{
    if (image->dtype != MOTE_UINT8 && image->dtype != MOTE_FLOAT32)
        return MOTE_UNSUPPORTED;
    if (image->height == height && image->width == width) {
        copy_as_float(image, out);
        return MOTE_OK;
    }
    const size_t row = (size_t)width * (size_t)image->channels;
    lerp *xs = make_lerps(image->allocator, image->width, width);
    lerp *ys = make_lerps(image->allocator, image->height, height);
    float *lines = mote_alloc(image->allocator, 2 * row * sizeof *lines);
    mote_status status = xs && ys && lines ? MOTE_OK : MOTE_NO_MEMORY;
    float *line_of[2] = {lines, lines ? lines + row : NULL};
    int32_t held[2] = {-1, -1}; /* which source line is in each */
    for (int32_t y = 0; status == MOTE_OK && y < height; y++) {
        if (held[1] == ys[y].lower && held[0] != ys[y].lower) {
            float *swap = line_of[0];
            line_of[0] = line_of[1];
            line_of[1] = swap;
            held[1] = held[0];
            held[0] = ys[y].lower;
        }
        const int32_t wanted[2] = {ys[y].lower, ys[y].upper};
        for (int i = 0; i < 2; i++)
            if (held[i] != wanted[i]) {
                line(image, wanted[i], xs, width, line_of[i]);
                held[i] = wanted[i];
            }
        const float *top = line_of[0], *bottom = line_of[1];
        const float weight = ys[y].weight;
        float *target = out + (size_t)y * row;
        for (size_t i = 0; i < row; i++)
            target[i] = top[i] + (bottom[i] - top[i]) * weight;
    }
    mote_free(image->allocator, xs);
    mote_free(image->allocator, ys);
    mote_free(image->allocator, lines);
    return status;
}

/* --- what a model expects of a pixel --- */

typedef struct pixels_row {
    const char *name;
    mote_pixels pixels;
} pixels_row;

static const pixels_row PIXELS[] = {
    {"0..255", MOTE_PIXELS_0_255},
    {"0..1", MOTE_PIXELS_0_1},
    {"-1..1", MOTE_PIXELS_M1_1},
    {"imagenet", MOTE_PIXELS_IMAGENET},
};

bool mote_pixels_parse(const char *text, mote_pixels *pixels)
{
    for (size_t i = 0; i < sizeof PIXELS / sizeof PIXELS[0]; i++)
        if (strcmp(text, PIXELS[i].name) == 0) {
            *pixels = PIXELS[i].pixels;
            return true;
        }
    return false;
}

void mote_pixels_apply(mote_pixels pixels, float *values, int64_t n_pixels, int32_t channels)
{
    static const float mean[] = {0.485f, 0.456f, 0.406f}, deviation[] = {0.229f, 0.224f, 0.225f};
    const int64_t n = n_pixels * channels;
    switch (pixels) {
    case MOTE_PIXELS_0_255:
        return;
    case MOTE_PIXELS_0_1:
        for (int64_t i = 0; i < n; i++)
            values[i] /= 255.0f;
        return;
    case MOTE_PIXELS_M1_1:
        for (int64_t i = 0; i < n; i++)
            values[i] = values[i] / 127.5f - 1.0f;
        return;
    case MOTE_PIXELS_IMAGENET:
        for (int64_t i = 0; i < n; i++) {
            const int32_t c = channels == 3 ? (int32_t)(i % 3) : 0;
            values[i] = (values[i] / 255.0f - mean[c]) / deviation[c];
        }
        return;
    }
}
