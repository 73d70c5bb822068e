/*
 * Every variant of the products and depthwise kernels beside the reference: codes bit for bit, floats within
 * 2e-6 * sum |a| |b|, at sizes that leave remainders everywhere.
 */
#include "unit/mote_test.h"

#include "kernels/kernels.h"

#include <mote/cpu.h>
#include <mote/rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 60, MAX_ROWS = 9, MAX_N = 130, MAX_K = 300, PADDED_N = 256, MAX_CHANNELS = 150, SIDE = 7, TAPS = 25 };

static const uint32_t LEVELS[] = {MOTE_CPU_SSE41, MOTE_CPU_SSE41 | MOTE_CPU_AVX2,
                                  MOTE_CPU_SSE41 | MOTE_CPU_AVX2 | MOTE_CPU_AVX512, UINT32_MAX};
enum { N_LEVELS = sizeof LEVELS / sizeof *LEVELS };

/* The processor's own features at a level; false: it lacks some of them. */
static bool select_level(int32_t level, mote_kernels *kernels)
{
    const uint32_t wanted = LEVELS[level] == UINT32_MAX ? mote_cpu_features() : LEVELS[level];
    mote_kernels_select(wanted, kernels);
    return (wanted & mote_cpu_features()) == wanted;
}

static int32_t below(mote_rng *rng, int32_t n)
{
    return (int32_t)mote_rng_below(rng, (uint32_t)n);
}

static void fill_floats(mote_rng *rng, float *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = mote_rng_normal(rng);
}

static void fill_codes(mote_rng *rng, int8_t *codes, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        codes[i] = (int8_t)(below(rng, 256) - 128);
}

/* --- products --- */

typedef struct product {
    int64_t rows, n, k;
    float a[MAX_ROWS * MAX_K], b[MAX_N * MAX_K], bias[MAX_N];
    int8_t qa[MAX_ROWS * MAX_K], qb[MAX_N * MAX_K];
    int32_t qbias[MAX_N], mantissa[PADDED_N], exponent[PADDED_N], zero_a;
} product;

static void draw_product(mote_rng *rng, product *p)
{
    p->rows = 1 + below(rng, MAX_ROWS);
    p->n = 1 + below(rng, MAX_N);
    p->k = 1 + below(rng, MAX_K);
    p->zero_a = below(rng, 256) - 128;
    fill_floats(rng, p->a, p->rows * p->k);
    fill_floats(rng, p->b, p->n * p->k);
    fill_floats(rng, p->bias, p->n);
    fill_codes(rng, p->qa, p->rows * p->k);
    fill_codes(rng, p->qb, p->n * p->k);
    for (int32_t i = 0; i < PADDED_N; i++) {
        p->mantissa[i] = (1 << 30) + below(rng, 1 << 30);
        p->exponent[i] = -10 + below(rng, 5);
    }
    for (int64_t i = 0; i < p->n; i++)
        p->qbias[i] = below(rng, 20000) - 10000;
}

static void run_f32(const product *p, const mote_kernels *kernels, float *c)
{
    float *packed =
        aligned_alloc(64, (mote_f32_gemm_packed_count(kernels, p->n, p->k) * sizeof *packed + 63) / 64 * 64);
    mote_f32_gemm_pack(kernels, p->n, p->k, p->b, p->bias, packed);
    const mote_f32_gemm_job job = {.n = p->n,
                                   .k = p->k,
                                   .a = p->a,
                                   .a_stride = p->k,
                                   .packed = packed,
                                   .c = c,
                                   .c_stride = p->n,
                                   .low = -20,
                                   .high = 20};
    kernels->f32_gemm.run(&job, 0, p->rows);
    free(packed);
}

static void run_qs8(const product *p, const mote_kernels *kernels, int8_t *c)
{
    void *packed = aligned_alloc(64, (mote_qs8_gemm_packed_bytes(kernels, p->n, p->k) + 63) / 64 * 64);
    mote_qs8_gemm_pack(kernels, p->n, p->k, p->qb, p->qbias, p->zero_a, packed);
    const mote_qs8_gemm_job job = {.n = p->n,
                                   .k = p->k,
                                   .a = p->qa,
                                   .a_stride = p->k,
                                   .packed = packed,
                                   .mantissa = p->mantissa,
                                   .exponent = p->exponent,
                                   .c = c,
                                   .c_stride = p->n,
                                   .zero_point = -3,
                                   .low = -120,
                                   .high = 127};
    kernels->qs8_gemm.run(&job, 0, p->rows);
    free(packed);
}

/* What the order of additions may change. */
static float tolerance(const product *p, int64_t row, int64_t column)
{
    float sum = fabsf(p->bias[column]);
    for (int64_t i = 0; i < p->k; i++)
        sum += fabsf(p->a[row * p->k + i] * p->b[column * p->k + i]);
    return 2e-6f * sum;
}

static void products_equal_the_reference(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(21, 0);
    mote_kernels reference, kernels;
    mote_kernels_select(0, &reference);
    product *p = malloc(sizeof *p);
    static float want[MAX_ROWS * MAX_N], got[MAX_ROWS * MAX_N];
    static int8_t codes_wanted[MAX_ROWS * MAX_N], codes[MAX_ROWS * MAX_N];
    for (int32_t round = 0; round < ROUNDS; round++) {
        draw_product(&rng, p);
        run_f32(p, &reference, want);
        run_qs8(p, &reference, codes_wanted);
        for (int32_t level = 0; level < N_LEVELS; level++) {
            if (!select_level(level, &kernels))
                continue;
            run_f32(p, &kernels, got);
            run_qs8(p, &kernels, codes);
            assert_memory_equal(codes, codes_wanted, (size_t)(p->rows * p->n));
            for (int64_t i = 0; i < p->rows * p->n; i++)
                if (!(fabsf(got[i] - want[i]) <= tolerance(p, i / p->n, i % p->n)))
                    fail_msg("%s: %g, not %g", kernels.f32_gemm.variant, (double)got[i], (double)want[i]);
        }
    }
    free(p);
}

/* --- depthwise --- */

typedef struct window {
    mote_dw_job job; /* without what is of one type */
    float x[SIDE * SIDE * MAX_CHANNELS], w[TAPS * MAX_CHANNELS], bias[MAX_CHANNELS];
    int8_t qx[SIDE * SIDE * MAX_CHANNELS];
    int16_t qw[TAPS * MAX_CHANNELS];
    int32_t qbias[MAX_CHANNELS], mantissa[PADDED_N], exponent[PADDED_N];
} window;

static void draw_window(mote_rng *rng, window *w)
{
    const int32_t filter = 1 + 2 * below(rng, 3), stride = 1 + below(rng, 2);
    w->job = (mote_dw_job){.channels = 1 + below(rng, MAX_CHANNELS),
                           .in_height = SIDE,
                           .in_width = SIDE,
                           .out_width = (SIDE + stride - 1) / stride,
                           .filter_height = filter,
                           .filter_width = filter,
                           .stride_h = stride,
                           .stride_w = stride,
                           .dilation_h = 1,
                           .dilation_w = 1,
                           .pad_top = filter / 2,
                           .pad_left = filter / 2,
                           .low_f32 = -3,
                           .high_f32 = 6,
                           .in_zero_point = below(rng, 256) - 128,
                           .zero_point = 5,
                           .low = -128,
                           .high = 127};
    const int64_t channels = w->job.channels;
    fill_floats(rng, w->x, SIDE * SIDE * channels);
    fill_floats(rng, w->w, TAPS * channels);
    fill_floats(rng, w->bias, channels);
    fill_codes(rng, w->qx, SIDE * SIDE * channels);
    for (int64_t i = 0; i < TAPS * channels; i++)
        w->qw[i] = (int16_t)(below(rng, 256) - 128);
    for (int32_t i = 0; i < PADDED_N; i++) {
        w->mantissa[i] = (1 << 30) + below(rng, 1 << 30);
        w->exponent[i] = -9 + below(rng, 4);
    }
    for (int64_t i = 0; i < channels; i++)
        w->qbias[i] = below(rng, 2000) - 1000;
}

static void run_window(const window *w, const mote_kernels *kernels, float *out, int8_t *codes)
{
    mote_dw_job job = w->job, q = w->job;
    job.input = w->x, job.filter = w->w, job.bias = w->bias, job.output = out;
    q.input = w->qx, q.filter = w->qw, q.bias = w->qbias, q.output = codes;
    q.mantissa = w->mantissa, q.exponent = w->exponent;
    for (int32_t row = 0; row < job.out_width; row++) {
        kernels->f32_dw.run(&job, row);
        kernels->qs8_dw.run(&q, row);
    }
}

static void windows_equal_the_reference(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(22, 0);
    mote_kernels reference, kernels;
    mote_kernels_select(0, &reference);
    window *w = malloc(sizeof *w);
    static float want[SIDE * SIDE * MAX_CHANNELS], got[SIDE * SIDE * MAX_CHANNELS];
    static int8_t codes_wanted[SIDE * SIDE * MAX_CHANNELS], codes[SIDE * SIDE * MAX_CHANNELS];
    for (int32_t round = 0; round < ROUNDS; round++) {
        draw_window(&rng, w);
        const int64_t n = w->job.out_width * w->job.out_width * w->job.channels;
        run_window(w, &reference, want, codes_wanted);
        for (int32_t level = 0; level < N_LEVELS; level++) {
            if (!select_level(level, &kernels))
                continue;
            run_window(w, &kernels, got, codes);
            assert_memory_equal(codes, codes_wanted, (size_t)n);
            for (int64_t i = 0; i < n; i++)
                if (!(fabsf(got[i] - want[i]) <= 1e-4f)) /* 25 products of a normal size */
                    fail_msg("%s: %g, not %g", kernels.f32_dw.variant, (double)got[i], (double)want[i]);
        }
    }
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_equal_the_reference),
        cmocka_unit_test(windows_equal_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
