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

enum { ROUNDS = 60, MAX_ROWS = 9, MAX_N = 130, MAX_K = 300, PADDED_N = 256, MAX_CHANNELS = 150, SIDE = 7 };

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
    int32_t out_height;
    int64_t n_in, n_out, n_weights;
    float *x, *w, bias[MAX_CHANNELS];
    int8_t *qx, *qw;
    int32_t qbias[MAX_CHANNELS], mantissa[MAX_CHANNELS], exponent[MAX_CHANNELS];
    float scale[MAX_CHANNELS];
} window;

static int32_t outputs_of(int32_t in, int32_t pad, int32_t filter, int32_t stride, int32_t dilation)
{
    const int32_t room = in + 2 * pad - (filter - 1) * dilation;
    return room < 1 ? 1 : (room + stride - 1) / stride;
}

/* Sizes of all kinds: those that kernels are made for, wide lines, taps farther apart than a line is long. */
static mote_dw_job draw_sizes(mote_rng *rng)
{
    const bool usual = below(rng, 2) == 0, far = below(rng, 8) == 0;
    const int32_t square = 1 + 2 * below(rng, 3), stride = 1 + below(rng, 2);
    mote_dw_job job = {.channels = 1 + below(rng, below(rng, 3) == 0 ? MAX_CHANNELS : 40),
                       .in_height = 1 + below(rng, SIDE),
                       .in_width = 1 + below(rng, below(rng, 4) == 0 ? 25 * SIDE : 2 * SIDE),
                       .filter_height = usual ? square : 1 + below(rng, 6),
                       .filter_width = usual ? square : 1 + below(rng, 6),
                       .stride_h = usual ? stride : 1 + below(rng, 3),
                       .stride_w = usual ? stride : 1 + below(rng, 3),
                       .dilation_h = usual ? 1 : 1 + below(rng, 3),
                       .dilation_w = usual ? 1 : 1 + below(rng, far ? 400 : 3)};
    job.pad_top = below(rng, (job.filter_height - 1) * job.dilation_h + 1);
    job.pad_left = below(rng, (job.filter_width - 1) * job.dilation_w + 1);
    job.out_width = outputs_of(job.in_width, job.pad_left, job.filter_width, job.stride_w, job.dilation_w);
    return job;
}

/* Mostly shifts to the right; some channels weigh nothing, and some networks have shifts to the left. */
static void draw_multipliers(mote_rng *rng, window *w)
{
    const int32_t most = below(rng, 4) == 0 ? 3 : -1;
    for (int32_t i = 0; i < MAX_CHANNELS; i++) {
        const bool none = below(rng, 20) == 0;
        w->mantissa[i] = none ? 0 : below(rng, 5) == 0 ? 1 << 30 : (1 << 30) + below(rng, 1 << 30);
        w->exponent[i] = none ? 0 : most - below(rng, below(rng, 10) == 0 ? 32 + most : 12);
        w->scale[i] = (float)(1 + below(rng, 1000)) * 1e-4f;
    }
}

static void draw_window(mote_rng *rng, window *w)
{
    w->job = draw_sizes(rng);
    mote_dw_job *job = &w->job;
    job->low_f32 = -3;
    job->high_f32 = 6;
    job->in_zero_point = below(rng, 256) - 128;
    job->zero_point = below(rng, 256) - 128;
    job->low = -128 + below(rng, 2) * 100;
    job->high = 127 - below(rng, 2) * 50;
    w->out_height = outputs_of(job->in_height, job->pad_top, job->filter_height, job->stride_h, job->dilation_h);
    w->n_in = job->in_height * job->in_width * job->channels;
    w->n_out = w->out_height * job->out_width * job->channels;
    w->n_weights = job->filter_height * job->filter_width * job->channels;
    w->x = malloc((size_t)w->n_in * sizeof *w->x);
    w->w = malloc((size_t)w->n_weights * sizeof *w->w);
    w->qx = malloc((size_t)w->n_in);
    w->qw = malloc((size_t)w->n_weights);
    fill_floats(rng, w->x, w->n_in);
    fill_floats(rng, w->w, w->n_weights);
    fill_floats(rng, w->bias, job->channels);
    fill_codes(rng, w->qx, w->n_in);
    fill_codes(rng, w->qw, w->n_weights);
    draw_multipliers(rng, w);
    for (int64_t i = 0; i < job->channels; i++)
        w->qbias[i] = below(rng, 20) == 0 ? INT32_MAX - below(rng, 2000) : below(rng, 2000) - 1000;
}

static void free_window(window *w)
{
    free(w->x);
    free(w->w);
    free(w->qx);
    free(w->qw);
}

typedef struct window_results {
    float *floats, *hybrid;
    int8_t *codes;
} window_results;

static void run_window(const window *w, const mote_kernels *kernels, const window_results *to)
{
    mote_dw_job job = w->job, q = w->job;
    void *packed = malloc(mote_qs8_dw_packed_bytes(kernels, q.channels, q.filter_height, q.filter_width));
    mote_qs8_dw_pack(kernels, q.channels, q.filter_height, q.filter_width, w->qw, packed);
    job.input = w->x, job.filter = w->w, job.bias = w->bias, job.output = to->floats;
    q.input = w->qx, q.filter = packed, q.bias = w->qbias, q.output = to->codes;
    q.mantissa = w->mantissa, q.exponent = w->exponent;
    mote_dw_job hybrid = q;
    hybrid.to_floats = true, hybrid.output = to->hybrid, hybrid.bias = w->bias;
    hybrid.x_scale = 0.03f, hybrid.scale_f32 = w->scale, hybrid.scale_step = w->out_height % 2;
    for (int32_t row = 0; row < w->out_height; row++) {
        kernels->f32_dw.run(&job, row);
        kernels->qs8_dw.run(&q, row);
        kernels->qs8_dw.run(&hybrid, row);
    }
    free(packed);
}

static window_results results_of(const window *w)
{
    const size_t n = (size_t)w->n_out;
    return (window_results){malloc(n * sizeof(float)), malloc(n * sizeof(float)), malloc(n)};
}

static void free_results(const window_results *r)
{
    free(r->floats);
    free(r->hybrid);
    free(r->codes);
}

/* 36 products of a normal size. */
static void compare_windows(const window *w, const mote_kernels *kernels, const window_results *want)
{
    const window_results got = results_of(w);
    run_window(w, kernels, &got);
    assert_memory_equal(got.codes, want->codes, (size_t)w->n_out);
    assert_memory_equal(got.hybrid, want->hybrid, (size_t)w->n_out * sizeof(float));
    for (int64_t i = 0; i < w->n_out; i++)
        if (!(fabsf(got.floats[i] - want->floats[i]) <= 1e-4f))
            fail_msg("%s: %g, not %g", kernels->f32_dw.variant, (double)got.floats[i], (double)want->floats[i]);
    free_results(&got);
}

static void windows_equal_the_reference(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(22, 0);
    mote_kernels reference, kernels;
    mote_kernels_select(0, &reference);
    for (int32_t round = 0; round < 4 * ROUNDS; round++) {
        window w;
        draw_window(&rng, &w);
        const window_results want = results_of(&w);
        run_window(&w, &reference, &want);
        for (int32_t level = 0; level < N_LEVELS; level++)
            if (select_level(level, &kernels))
                compare_windows(&w, &kernels, &want);
        free_results(&want);
        free_window(&w);
    }
}

/* --- swish, whose exponential each variant makes in its own way --- */

/* z / (1 + e^-z) at the ends, and densely where it bends; derivative by reduce with dy = 1, x = z. */
static void swish_is_within_its_bound(void **state)
{
    (void)state;
    enum { N = 1 << 14, CHANNELS = 20 };
    static float z[N], y[N], ones[N], dz[N];
    const float one[CHANNELS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, zero[CHANNELS] = {0};
    float sum[CHANNELS] = {0}, sum_2[CHANNELS] = {0};
    mote_norm_job job = {.channels = CHANNELS,
                         .activation = MOTE_NORM_SWISH,
                         .x = z,
                         .mean = zero,
                         .scale = one,
                         .offset = zero,
                         .sum = sum,
                         .sum_2 = sum_2,
                         .dy = ones};
    for (int32_t i = 0; i < N; i++) {
        z[i] = (i % 2 ? 12.0f : 86.0f) * (2.0f * (float)i / (float)N - 1.0f);
        ones[i] = 1.0f;
    }
    z[0] = INFINITY;
    z[1] = NAN;
    z[2] = -1000.0f;
    z[3] = 1000.0f;
    for (int32_t level = -1; level < N_LEVELS; level++) {
        mote_kernels kernels;
        mote_kernels_select(0, &kernels);
        if (level >= 0 && !select_level(level, &kernels))
            continue;
        job.y = y;
        kernels.f32_norm_apply.run(&job, 0, N / CHANNELS);
        job.y = dz;
        kernels.f32_norm_reduce.run(&job, 0, N / CHANNELS);
        assert_true(y[0] == INFINITY && isnan(y[1]) && fabsf(y[2]) < 1e-30f && y[3] == 1000.0f);
        for (int32_t i = 4; i < N / CHANNELS * CHANNELS; i++) {
            const double x = z[i], s = 1 / (1 + exp(-x)), bound = 4e-7 + 1.4e-8 * fabs(x);
            const double slope = s * (1 + x * (1 - s));
            if (!(fabs(y[i] - x * s) <= bound * fabs(x * s)) ||
                !(fabs(dz[i] - slope) <= (bound + 8e-7) * (1 + fabs(x)) * s))
                fail_msg("%s: at %.9g %.9g and %.9g, not %.9g and %.9g", kernels.f32_norm_apply.variant, x,
                         (double)y[i], (double)dz[i], x * s, slope);
        }
    }
}

/* Stores past the caches need whole vectors at whole addresses; a line that asks for them may lie anywhere. */
static void streamed_lines_may_lie_anywhere(void **state)
{
    (void)state;
    enum { CHANNELS = 37, N = 8 };
    mote_rng rng = mote_rng_make(23, 0);
    float x[(N + 2) * CHANNELS], w[3 * CHANNELS], want[N * CHANNELS];
    _Alignas(64) float room[N * 48 + 1];
    fill_floats(&rng, x, (N + 2) * CHANNELS);
    fill_floats(&rng, w, 3 * CHANNELS);
    const float *const rows[] = {x}, *const weights[] = {w};
    mote_dw_line_job job = {.channels = CHANNELS,
                            .in_stride = CHANNELS,
                            .n_columns = N + 2,
                            .ny = 1,
                            .nx = 3,
                            .x_step = 1,
                            .x_dilation = 1,
                            .rows = rows,
                            .weights = weights,
                            .w_step = CHANNELS,
                            .out = want,
                            .out_stride = CHANNELS,
                            .n = N};
    mote_f32_dw_line__ref(&job);
    job.stream = true;
    for (int32_t level = 0; level < N_LEVELS; level++) {
        mote_kernels kernels;
        if (!select_level(level, &kernels))
            continue;
        for (int32_t i = 0; i < 4; i++) {
            job.out = room + i % 2;
            job.out_stride = i / 2 ? 48 : CHANNELS;
            kernels.f32_dw_line.run(&job);
            for (int32_t j = 0; j < N * CHANNELS; j++)
                assert_true(fabsf(job.out[j / CHANNELS * job.out_stride + j % CHANNELS] - want[j]) < 1e-5f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_equal_the_reference),
        cmocka_unit_test(windows_equal_the_reference),
        cmocka_unit_test(swish_is_within_its_bound),
        cmocka_unit_test(streamed_lines_may_lie_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
