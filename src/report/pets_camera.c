/*
 * From layers to a photo: fur and ground get texture, what lies behind is out of focus, light falls from one side and
 * has a colour, the lens darkens the corners and blurs, the sensor adds noise. All in float, channel by channel.
 */
#include "report/pets.h"

#include <math.h>
#include <string.h>

typedef struct camera {
    double gain[3], gamma;         /* exposure and white balance; contrast */
    double slope_x, slope_y;       /* light falls off across the picture */
    double vignette;               /* darkening of the corners */
    float noise;                   /* of the sensor, of 255 */
    int32_t blur_back, blur_all;   /* box radii in pixels */
    float fur;                     /* how strong the texture of the coat is */
    int32_t fur_across, fur_along; /* size of its tufts, 1 / 64 of the width each */
    uint64_t key;                  /* of the textures */
} camera;

/* Value noise in [-1, 1]: a hash at whole places, blended between. */
static float corner(uint64_t key, int32_t x, int32_t y)
{
    uint64_t h = key ^ ((uint64_t)(uint32_t)x << 32 | (uint32_t)y);
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return (float)(int32_t)(h >> 33) * (1.0f / 1073741824.0f) - 1.0f;
}

static float value_noise(uint64_t key, float x, float y)
{
    const float fx = floorf(x), fy = floorf(y), u = x - fx, v = y - fy;
    const int32_t ix = (int32_t)fx, iy = (int32_t)fy;
    const float a = corner(key, ix, iy), b = corner(key, ix + 1, iy), c = corner(key, ix, iy + 1),
                d = corner(key, ix + 1, iy + 1);
    return (a + (b - a) * u) * (1 - v) + (c + (d - c) * u) * v;
}

static camera pick_up(mote_rng *rng, int32_t px)
{
    camera c = {.key = mote_rng_u64(rng)};
    const double exposure = pets_between(rng, 0.70, 1.25), warm = pets_between(rng, -0.14, 0.14);
    c.gain[0] = exposure * (1 + warm);
    c.gain[1] = exposure * (1 + pets_between(rng, -0.05, 0.05));
    c.gain[2] = exposure * (1 - warm);
    c.gamma = pets_between(rng, 0.8, 1.3);
    c.slope_x = pets_between(rng, -0.35, 0.35);
    c.slope_y = pets_between(rng, -0.25, 0.25);
    c.vignette = pets_between(rng, 0, 0.45);
    c.noise = (float)pets_between(rng, 1, 9);
    const double focus = (double)px / 96;
    c.blur_back = (int32_t)lround(pets_between(rng, 0, 4) * focus);
    c.blur_all = pets_chance(rng, 0.25) ? (int32_t)lround(pets_between(rng, 0.5, 1.0) * focus) : 0;
    c.fur = (float)pets_between(rng, 0.05, 0.18);
    c.fur_across = 1 + (int32_t)mote_rng_below(rng, 3);
    c.fur_along = 2 + (int32_t)mote_rng_below(rng, 5);
    return c;
}

/* A box filter along one axis of an image of n lines: `step` from value to value, `line` from line to line. */
static void box_blur(float *image, float *scratch, int32_t n, size_t step, size_t line, int32_t radius)
{
    const float scale = 1.0f / (float)(2 * radius + 1);
    for (int32_t j = 0; j < n; j++) {
        float *at = image + (size_t)j * line, sum = 0;
        for (int32_t i = 0; i < n; i++)
            scratch[i] = at[(size_t)i * step];
        for (int32_t i = -radius; i <= radius; i++)
            sum += scratch[i < 0 ? 0 : i < n ? i : n - 1];
        for (int32_t i = 0; i < n; i++) {
            at[(size_t)i * step] = sum * scale;
            const int32_t out = i - radius, in = i + radius + 1;
            sum += scratch[in < n ? in : n - 1] - scratch[out > 0 ? out : 0];
        }
    }
}

/* Twice each way: near enough to a lens. */
static void blur(float *image, float *scratch, int32_t px, int32_t radius)
{
    const int32_t r = radius < px / 2 ? radius : px / 2 - 1;
    for (int32_t i = 0; r > 0 && i < 2; i++)
        for (size_t c = 0; c < 3; c++) {
            box_blur(image + c, scratch, px, 3, 3 * (size_t)px, r);
            box_blur(image + c, scratch, px, 3 * (size_t)px, 3, r);
        }
}

/* Cairo's premultiplied BGRA over image, with a texture on what is drawn there. */
static void lay_over(float *image, const unsigned char *layer, int stride, int32_t px, const camera *c, float texture)
{
    const float unit = 64.0f / (float)px;
    for (int32_t y = 0; y < px; y++)
        for (int32_t x = 0; x < px; x++) {
            uint32_t bgra;
            memcpy(&bgra, layer + (size_t)y * (size_t)stride + 4 * (size_t)x, 4);
            if (bgra >> 24 == 0)
                continue;
            const float u = (float)x * unit, v = (float)y * unit;
            const float tuft = value_noise(c->key, u / (float)c->fur_across, v / (float)c->fur_along) +
                               value_noise(c->key + 1, u * 1.7f, v * 0.8f);
            const float keep = 1.0f - (float)(bgra >> 24) / 255.0f, factor = 1.0f + texture * tuft;
            float *at = image + 3 * ((size_t)y * (size_t)px + (size_t)x);
            for (int k = 0; k < 3; k++)
                at[k] = at[k] * keep + (float)(bgra >> (16 - 8 * k) & 255) * factor;
        }
}

static void expose(const float *image, int32_t px, const camera *c, mote_rng *rng, unsigned char *out)
{
    /* Contrast as a table: a power for every value of every photo would cost more than all else. */
    float curve[256];
    for (int i = 0; i < 256; i++)
        curve[i] = 255.0f * (float)pow(i / 255.0, c->gamma);
    for (int32_t y = 0; y < px; y++)
        for (int32_t x = 0; x < px; x++) {
            const double u = (x + 0.5) / px - 0.5, v = (y + 0.5) / px - 0.5;
            const double light = (1 + c->slope_x * u + c->slope_y * v) * (1 - c->vignette * 2 * (u * u + v * v));
            const size_t at = 3 * ((size_t)y * (size_t)px + (size_t)x);
            const uint64_t draw = mote_rng_u64(rng); /* four bytes summed are near enough to a bell */
            for (int k = 0; k < 3; k++) {
                const uint64_t bits = draw >> (20 * k);
                const float bell =
                    (float)((bits & 31) + (bits >> 5 & 31) + (bits >> 10 & 31) + (bits >> 15 & 31)) / 62.0f - 1;
                const double value = (double)image[at + (size_t)k] * c->gain[k] * light;
                const int32_t place = value < 0 ? 0 : value < 255 ? (int32_t)value : 255;
                const float shown = curve[place] + c->noise * 2 * bell;
                out[at + (size_t)k] = (unsigned char)(shown < 0 ? 0 : shown < 255 ? shown + 0.5f : 255);
            }
        }
}

bool pets_photograph(const pet_layers *layers, int32_t px, mote_rng *rng, const mote_allocator *allocator,
                     unsigned char *out)
{
    const camera c = pick_up(rng, px);
    const size_t n = 3 * (size_t)px * (size_t)px;
    float *image = mote_calloc(allocator, n + (size_t)px, sizeof *image);
    if (!image)
        return false;
    float *scratch = image + n;
    lay_over(image, layers->back, layers->stride, px, &c, 0.07f);
    blur(image, scratch, px, c.blur_back);
    lay_over(image, layers->animal, layers->stride, px, &c, c.fur);
    lay_over(image, layers->front, layers->stride, px, &c, 0.07f);
    blur(image, scratch, px, c.blur_all);
    expose(image, px, &c, rng, out);
    mote_free(allocator, image);
    return true;
}
