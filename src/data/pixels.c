/* What a model expects of a pixel of 0…255. */
#include <mote/data.h>

#include <string.h>

typedef struct pixels_row {
    const char *name;
    mote_pixels pixels;
} pixels_row;

static const pixels_row PIXELS[] = {
    {"0..255", MOTE_PIXELS_0_255},      {"0..1", MOTE_PIXELS_0_1},    {"-1..1", MOTE_PIXELS_M1_1},
    {"imagenet", MOTE_PIXELS_IMAGENET}, {"caffe", MOTE_PIXELS_CAFFE},
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

/* keras.applications.imagenet_utils, mode "caffe". A grey pixel is taken for green. */
static void blue_first(float *values, int64_t n_pixels, int32_t channels)
{
    static const float mean[] = {103.939f, 116.779f, 123.68f};
    for (int64_t i = 0; i < n_pixels; i++) {
        float *pixel = values + i * channels;
        if (channels != 3) {
            pixel[0] -= mean[1];
            continue;
        }
        const float red = pixel[0];
        pixel[0] = pixel[2] - mean[0];
        pixel[1] -= mean[1];
        pixel[2] = red - mean[2];
    }
}

void mote_pixels_range(mote_pixels pixels, float *low, float *high)
{
    static const float ranges[][2] = {
        [MOTE_PIXELS_0_255] = {0.0f, 255.0f},
        [MOTE_PIXELS_0_1] = {0.0f, 1.0f},
        [MOTE_PIXELS_M1_1] = {-1.0f, 1.0f},
        [MOTE_PIXELS_IMAGENET] = {-2.118f, 2.64f}, /* (0 - 0.485) / 0.229, (1 - 0.406) / 0.225 */
        [MOTE_PIXELS_CAFFE] = {-123.68f, 151.061f},
    };
    *low = ranges[pixels][0];
    *high = ranges[pixels][1];
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
    case MOTE_PIXELS_CAFFE:
        blue_first(values, n_pixels, channels);
        return;
    }
}
