/*
 * Half-pixel centres: output i looks at (i + 1/2) * step - 1/2. Sums and places are float32 in TensorFlow's order,
 * since a last bit decides which of two inputs a kernel reaches. Cubics: Keys 1981, Mitchell and Netravali 1988.
 */
#include "import/keras_sampling.h"

#include <math.h>
#include <stddef.h>
#include <strings.h>

static const float PI = 3.14159265358979323846f;

typedef struct kernel {
    const char *method;
    float radius;
    float (*at)(float distance); /* of at most the radius */
} kernel;

static float triangle(float x)
{
    return 1.0f - x;
}

static float keys_cubic(float x)
{
    return x >= 1.0f ? ((-0.5f * x + 2.5f) * x - 4.0f) * x + 2.0f : (1.5f * x - 2.5f) * x * x + 1.0f;
}

static float mitchell_cubic(float x)
{
    return x >= 1.0f ? ((-7.0f / 18.0f * x + 2.0f) * x - 10.0f / 3.0f) * x + 16.0f / 9.0f
                     : (7.0f / 6.0f * x - 2.0f) * x * x + 8.0f / 9.0f;
}

static float lanczos(float x, float radius)
{
    return x <= 1e-3f ? 1.0f : radius * sinf(PI * x) * sinf(PI * x / radius) / (PI * PI * x * x);
}

static float lanczos_3(float x)
{
    return lanczos(x, 3.0f);
}

static float lanczos_5(float x)
{
    return lanczos(x, 5.0f);
}

/* A third of the radius is the standard deviation; nothing at the radius itself. */
static float gaussian(float x)
{
    return x >= 1.5f ? 0.0f : expf(-2.0f * x * x);
}

static const kernel KERNELS[] = {
    {"bilinear", 1.0f, triangle},  {"bicubic", 2.0f, keys_cubic}, {"mitchellcubic", 2.0f, mitchell_cubic},
    {"lanczos3", 3.0f, lanczos_3}, {"lanczos5", 5.0f, lanczos_5}, {"gaussian", 1.5f, gaussian},
};

static const kernel *find_kernel(const char *method)
{
    for (size_t i = 0; i < sizeof KERNELS / sizeof KERNELS[0]; i++)
        if (strcasecmp(KERNELS[i].method, method) == 0)
            return &KERNELS[i];
    return NULL;
}

/* The nearest input; places beyond the ends of the line are of its last. */
static int32_t clamp(float place, int32_t n)
{
    return place <= 0.0f ? 0 : place >= (float)(n - 1) ? n - 1 : (int32_t)place;
}

/* The kernel around `centre`, its distances divided by `spread`, so that the weights are 1 together. */
static void put_kernel(const kernel *k, float centre, float spread, int32_t n_in, float *row)
{
    const float reach = k->radius * spread, nearer = 1.0f / spread;
    const int32_t first = clamp(ceilf(centre - reach - 0.5f), n_in), last = clamp(floorf(centre + reach - 0.5f), n_in);
    float sum = 0.0f;
    for (int32_t i = first; i <= last; i++) {
        const float distance = fabsf((float)i + 0.5f - centre) * nearer;
        row[i] = distance > k->radius ? 0.0f : k->at(distance);
        sum += row[i];
    }
    for (int32_t i = first; i <= last; i++)
        row[i] /= sum;
}

static void put_kernels(const kernel *k, bool antialias, int32_t n_in, int32_t n_out, float *weights)
{
    const float step = 1.0f / ((float)n_out / (float)n_in), spread = antialias ? fmaxf(step, 1.0f) : 1.0f;
    for (int32_t i = 0; i < n_out; i++)
        put_kernel(k, ((float)i + 0.5f) * step, spread, n_in, weights + (size_t)i * (size_t)n_in);
}

/* TensorFlow looks its bicubic weights up in a table of 1024 places a pixel. */
static void put_tabled(const kernel *k, int32_t n_in, int32_t n_out, float *weights)
{
    const float step = (float)n_in / (float)n_out;
    for (int32_t i = 0; i < n_out; i++) {
        const float place = rintf((((float)i + 0.5f) * step - 0.5f) * 1024.0f) / 1024.0f;
        put_kernel(k, place + 0.5f, 1.0f, n_in, weights + (size_t)i * (size_t)n_in);
    }
}

/* Every input by how much of it lies in the output's part of the line. */
static void put_areas(int32_t n_in, int32_t n_out, float *weights)
{
    const float step = (float)n_in / (float)n_out;
    for (int32_t i = 0; i < n_out; i++) {
        const float begin = (float)i * step, end = (float)(i + 1) * step;
        for (float at = floorf(begin); at < end; at++) {
            const bool begins = at<begin, ends = at + 1.0f> end;
            const float share = begins && ends ? step : begins ? at + 1.0f - begin : ends ? end - at : 1.0f;
            weights[(size_t)i * (size_t)n_in + (size_t)clamp(at, n_in)] += share / step;
        }
    }
}

bool keras_sampling_weights(const keras_sampling *sampling, int32_t n_in, int32_t n_out, float *weights)
{
    const kernel *k = find_kernel(sampling->method);
    if (strcasecmp(sampling->method, "area") == 0)
        put_areas(n_in, n_out, weights);
    else if (k && k->at == keys_cubic && !sampling->antialias)
        put_tabled(k, n_in, n_out, weights);
    else if (k)
        put_kernels(k, sampling->antialias, n_in, n_out, weights);
    return k || strcasecmp(sampling->method, "area") == 0;
}
