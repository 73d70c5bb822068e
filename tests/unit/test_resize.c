/* The bilinear resize: every kernel variant equals the reference to the bit, whole images equal what is made line by
 * line and from kept pixels, and a plain double-precision formula is near. */
#include "unit/mote_test.h"

#include <mote/cpu.h>
#include <mote/rng.h>

#include <math.h>
#include <string.h>

#include "data/resize.h"

static const uint32_t MASKS[] = {0, MOTE_CPU_SSE41, MOTE_CPU_SSE41 | MOTE_CPU_AVX2, ~0u};

static unsigned char *draw_bytes(mote_rng *rng, size_t n)
{
    unsigned char *bytes = malloc(n ? n : 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(mote_rng_u64(rng) >> 56);
    return bytes;
}

static float *floats(size_t n)
{
    float *values = malloc((n ? n : 1) * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++)
        values[i] = -1e30f;
    return values;
}

static void kernels_equal_the_reference(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(7, 0);
    mote_kernels reference;
    mote_kernels_select(0, &reference);
    for (size_t m = 0; m < sizeof MASKS / sizeof MASKS[0]; m++) {
        mote_kernels kernels;
        mote_kernels_select(MASKS[m] & mote_cpu_detect(), &kernels);
        for (int64_t n = 1; n <= 300; n = n < 40 ? n + 1 : n + 37)
            for (int32_t channels = 1; channels <= 4; channels++) {
                const int32_t in = (int32_t)n * 2;
                const size_t n_out = (size_t)n * (size_t)channels;
                unsigned char *line =
                    draw_bytes(&rng, (size_t)in * (size_t)channels); /* the sanitizer watches its end */
                int32_t *at = calloc((size_t)n, 2 * sizeof *at);
                float *weights = floats(n_out), *a = floats(n_out), *b = floats(n_out);
                assert_non_null(at);
                for (int64_t i = 0; i < n; i++) {
                    at[i] = (int32_t)(2 * i) * channels;
                    at[n + i] = at[i] + channels;
                }
                for (size_t i = 0; i < n_out; i++)
                    weights[i] = mote_rng_float(&rng);
                mote_u8_lerp_job job = {line, (int64_t)in * channels, at, at + n, weights, n, channels, a};
                reference.u8_lerp.run(&job);
                job.out = b;
                kernels.u8_lerp.run(&job);
                assert_memory_equal(a, b, n_out * sizeof *a);
                reference.f32_lerp.run(a, weights, 0.37f, b, (int64_t)n_out);
                kernels.f32_lerp.run(a, weights, 0.37f, a, (int64_t)n_out);
                assert_memory_equal(a, b, n_out * sizeof *a);
                free(line);
                free(at);
                free(weights);
                free(a);
                free(b);
            }
    }
}

/* In double, each value by itself. */
static double expected(const mote_image *image, int32_t height, int32_t width, int32_t y, int32_t x, int32_t c)
{
    const double fy = fmin(fmax((y + 0.5) * image->height / height - 0.5, 0), image->height - 1);
    const double fx = fmin(fmax((x + 0.5) * image->width / width - 0.5, 0), image->width - 1);
    const int32_t y0 = (int32_t)fy, x0 = (int32_t)fx;
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        const int32_t yy = y0 + i / 2, xx = x0 + i % 2;
        const double weight = (i / 2 ? fy - y0 : 1 - (fy - y0)) * (i % 2 ? fx - x0 : 1 - (fx - x0));
        if (weight > 0)
            sum += weight *
                   ((const unsigned char *)image
                        ->data)[((size_t)yy * (size_t)image->width + (size_t)xx) * (size_t)image->channels + (size_t)c];
    }
    return sum;
}

static void check_one(mote_rng *rng, int32_t in_h, int32_t in_w, int32_t channels, int32_t height, int32_t width)
{
    const size_t n_in = (size_t)in_h * (size_t)in_w * (size_t)channels;
    const size_t n_out = (size_t)height * (size_t)width * (size_t)channels;
    mote_image image = {in_h, in_w, channels, MOTE_UINT8, draw_bytes(rng, n_in), NULL};
    float *whole = floats(n_out), *kept = floats(n_out), *from_float = floats(n_out), *in = floats(n_in);
    assert_int_equal(mote_image_resize(&image, height, width, whole), MOTE_OK);
    for (size_t i = 0; i < n_out; i++) {
        const int32_t c = (int32_t)(i % (size_t)channels), x = (int32_t)(i / (size_t)channels % (size_t)width);
        const int32_t y = (int32_t)(i / (size_t)channels / (size_t)width);
        assert_true(fabs((double)whole[i] - expected(&image, height, width, y, x, c)) < 0.02);
    }
    /* A float image of the same values. */
    for (size_t i = 0; i < n_in; i++)
        in[i] = ((const unsigned char *)image.data)[i];
    const mote_image as_float = {in_h, in_w, channels, MOTE_FLOAT32, in, NULL};
    assert_int_equal(mote_image_resize(&as_float, height, width, from_float), MOTE_OK);
    assert_memory_equal(whole, from_float, n_out * sizeof *whole);
    /* From the kept pixels only. */
    mote_kernels kernels;
    mote_kernels_select(mote_cpu_features(), &kernels);
    mote_resizer r;
    assert_int_equal(mote_resizer_init(&r, NULL, &kernels, in_h, in_w, channels, height, width, kept), MOTE_OK);
    assert_int_equal(mote_resizer_keep_columns(&r), MOTE_OK);
    const size_t n_line = (size_t)r.n_columns * (size_t)channels, n_kept = mote_resizer_kept_bytes(&r);
    assert_true(n_kept <= n_in && n_kept <= 4 * n_out);
    unsigned char *bytes = draw_bytes(rng, n_kept);
    size_t at = 0;
    for (int32_t y = 0; y < in_h; y++)
        if (mote_resizer_reads(&r, y)) {
            assert_true(at + n_line <= n_kept);
            mote_resizer_keep(&r, (const unsigned char *)image.data + (size_t)y * (size_t)(in_w * channels),
                              bytes + at);
            at += n_line;
        }
    assert_int_equal(at, n_kept);
    mote_resizer_run_kept(&r, bytes);
    assert_memory_equal(whole, kept, n_out * sizeof *whole);
    mote_resizer_fini(&r);
    free(bytes);
    free(image.data);
    free(whole);
    free(kept);
    free(from_float);
    free(in);
}

static void sizes_of_all_kinds(void **state)
{
    (void)state;
    static const int32_t sizes[][4] = {{1, 1, 1, 1},     {1, 1, 7, 5},    {1, 9, 4, 4},   {9, 1, 4, 4},    {7, 7, 7, 7},
                                       {375, 50, 22, 9}, {100, 80, 8, 6}, {3, 4, 64, 50}, {33, 31, 32, 32}};
    mote_rng rng = mote_rng_make(11, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int32_t channels = 1; channels <= 3; channels += 2)
            check_one(&rng, sizes[i][0], sizes[i][1], channels, sizes[i][2], sizes[i][3]);
    for (int i = 0; i < 60; i++) {
        int32_t d[4];
        for (int j = 0; j < 4; j++)
            d[j] = 1 + (int32_t)mote_rng_below(&rng, 70);
        check_one(&rng, d[0], d[1], 3, d[2], d[3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_equal_the_reference),
        cmocka_unit_test(sizes_of_all_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
