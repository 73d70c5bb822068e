/* Random changes of photos. Geometry is one affine map, sampled bilinearly, with edges mirrored ("reflect"). */
#include <mote/fit.h>
#include <mote/rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the list --- */

static const struct {
    const char *name;
    size_t offset;
    float max;
} AMOUNTS[] = {
    {"rotate", offsetof(mote_augment, rotate), 0.5f},       {"zoom", offsetof(mote_augment, zoom), 0.9f},
    {"translate", offsetof(mote_augment, translate), 1.0f}, {"brightness", offsetof(mote_augment, brightness), 1.0f},
    {"contrast", offsetof(mote_augment, contrast), 1.0f},
};

static mote_status refuse(const char *item, size_t n, mote_error *err)
{
    return mote_error_set(err, MOTE_ARGUMENT,
                          "'%.*s' is no augmentation; there are flip, flip_vertical, rotate:TURNS, zoom:PART, "
                          "translate:PART, brightness:PART and contrast:PART, e.g. flip,rotate:0.05,zoom:0.1",
                          (int)(n < 60 ? n : 60), item);
}

static mote_status parse_item(const char *item, size_t n, mote_augment *augment, mote_error *err)
{
    if (n == 4 && strncmp(item, "flip", n) == 0) {
        augment->flip = true;
        return MOTE_OK;
    }
    if (n == 13 && strncmp(item, "flip_vertical", n) == 0) {
        augment->flip_vertical = true;
        return MOTE_OK;
    }
    for (size_t i = 0; i < sizeof AMOUNTS / sizeof AMOUNTS[0]; i++) {
        const size_t length = strlen(AMOUNTS[i].name);
        if (n <= length + 1 || strncmp(item, AMOUNTS[i].name, length) != 0 || item[length] != ':')
            continue;
        char *end;
        const float amount = strtof(item + length + 1, &end);
        if (end != item + n || !(amount > 0 && amount <= AMOUNTS[i].max))
            return refuse(item, n, err);
        memcpy((char *)augment + AMOUNTS[i].offset, &amount, sizeof amount);
        return MOTE_OK;
    }
    return refuse(item, n, err);
}

mote_status mote_augment_parse(const char *text, mote_augment *augment, mote_error *err)
{
    *augment = (mote_augment){0};
    if (strcmp(text, "none") == 0)
        return MOTE_OK;
    while (true) {
        const size_t n = strcspn(text, ",");
        const mote_status status = parse_item(text, n, augment, err);
        if (status != MOTE_OK || text[n] == '\0')
            return status;
        text += n + 1;
    }
}

/* --- geometry --- */

/* Where the pixel (x, y) of the result comes from: x' = a x + b y + c, y' = d x + e y + f. */
typedef struct affine {
    float a, b, c, d, e, f;
} affine;

static float within(mote_rng *rng, float limit)
{
    return (2.0f * mote_rng_float(rng) - 1.0f) * limit;
}

/* Every number is drawn whether it is used or not, so that one augmentation does not change another's draws. */
static bool draw_map(const mote_augment *augment, mote_rng *rng, int32_t height, int32_t width, affine *map)
{
    const bool flip = (mote_rng_u64(rng) >> 63) && augment->flip;
    const bool flip_vertical = (mote_rng_u64(rng) >> 63) && augment->flip_vertical;
    const float angle = within(rng, augment->rotate) * 6.28318530717958647692f;
    const float scale = 1.0f + within(rng, augment->zoom);
    const float dx = within(rng, augment->translate) * (float)width;
    const float dy = within(rng, augment->translate) * (float)height;
    const float cx = 0.5f * (float)(width - 1), cy = 0.5f * (float)(height - 1);
    const float c = cosf(angle) * scale, s = sinf(angle) * scale;
    const float sx = flip ? -1.0f : 1.0f, sy = flip_vertical ? -1.0f : 1.0f;
    *map = (affine){.a = c * sx, .b = -s * sy, .d = s * sx, .e = c * sy};
    map->c = cx - map->a * cx - map->b * cy - dx;
    map->f = cy - map->d * cx - map->e * cy - dy;
    return flip || flip_vertical || augment->rotate > 0 || augment->zoom > 0 || augment->translate > 0;
}

/* "reflect": d c b a | a b c d | d c b a. */
static int32_t mirrored(int32_t i, int32_t n)
{
    const int32_t period = 2 * n;
    i %= period;
    i = i < 0 ? i + period : i;
    return i < n ? i : period - 1 - i;
}

static void sample(const float *photo, int32_t height, int32_t width, int32_t channels, float x, float y, float *out)
{
    const float fx = floorf(x), fy = floorf(y);
    const float wx = x - fx, wy = y - fy;
    const int32_t x0 = mirrored((int32_t)fx, width), x1 = mirrored((int32_t)fx + 1, width);
    const int32_t y0 = mirrored((int32_t)fy, height), y1 = mirrored((int32_t)fy + 1, height);
    const float *top = photo + (int64_t)y0 * width * channels, *bottom = photo + (int64_t)y1 * width * channels;
    for (int32_t c = 0; c < channels; c++) {
        const float t = top[x0 * channels + c] * (1.0f - wx) + top[x1 * channels + c] * wx;
        const float b = bottom[x0 * channels + c] * (1.0f - wx) + bottom[x1 * channels + c] * wx;
        out[c] = t * (1.0f - wy) + b * wy;
    }
}

static void warp(const float *photo, int32_t height, int32_t width, int32_t channels, const affine *map, float *out)
{
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++)
            sample(photo, height, width, channels, map->a * (float)x + map->b * (float)y + map->c,
                   map->d * (float)x + map->e * (float)y + map->f, out + ((int64_t)y * width + x) * channels);
}

/* --- colour --- */

static float clamp(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

static void recolour(float *photo, int64_t n, float low, float high, float shift, float contrast)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += photo[i];
    const float mean = (float)(sum / (double)n);
    for (int64_t i = 0; i < n; i++)
        photo[i] = clamp((photo[i] - mean) * contrast + mean + shift, low, high);
}

typedef struct work {
    const mote_augment *augment;
    float *photos, *scratch;
    int32_t height, width, channels;
    float low, high;
    uint64_t seed, first;
} work;

static void change(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const int64_t n = (int64_t)w->height * w->width * w->channels;
    float *scratch = w->scratch + thread * n;
    for (int64_t i = begin; i < end; i++) {
        float *photo = w->photos + i * n;
        mote_rng rng = mote_rng_make(w->seed ^ 0x61756767u, w->first + (uint64_t)i);
        affine map;
        if (draw_map(w->augment, &rng, w->height, w->width, &map)) {
            memcpy(scratch, photo, (size_t)n * sizeof *photo);
            warp(scratch, w->height, w->width, w->channels, &map, photo);
        }
        const float shift = within(&rng, w->augment->brightness) * (w->high - w->low);
        const float contrast = 1.0f + within(&rng, w->augment->contrast);
        if (w->augment->brightness > 0 || w->augment->contrast > 0)
            recolour(photo, n, w->low, w->high, shift, contrast);
    }
}

void mote_augment_apply(const mote_augment *augment, float *photos, int32_t n, int32_t height, int32_t width,
                        int32_t channels, float low, float high, uint64_t seed, uint64_t first, mote_pool *pool,
                        float *scratch)
{
    work w = {augment, photos, scratch, height, width, channels, low, high, seed, first};
    mote_pool_for(pool, n, 1, change, &w);
}
