/* Every variant of the element-wise kernel slots that this processor runs, against the reference: all tails, outputs
 * poisoned and with a margin that must stay, in place, integers equal, floats within what vec_math.h states. */
#include "unit/mote_test.h"

#include <mote/cpu.h>

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { MOST = 600, MARGIN = 64 };

static uint64_t seed = 88172645463325252u;

static uint32_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16);
}

static const uint32_t masks[] = {
    MOTE_CPU_SSE41,
    MOTE_CPU_SSE41 | MOTE_CPU_AVX2,
    MOTE_CPU_SSE41 | MOTE_CPU_AVX2 | MOTE_CPU_AVX512,
    UINT32_MAX,
};

/* |got - exact| in units of the last place */
static double ulps(double exact, float got)
{
    int exponent;
    frexp(exact, &exponent);
    return fabs((double)got - exact) / fmax(ldexp(1.0, exponent - 24), 0x1p-149);
}

typedef void map_fn(const float *in, float *out, int64_t n);

static void check_map(map_fn *fn, double (*exact)(double), double most_ulps, double most_absolute)
{
    static float in[MOST], out[MOST + MARGIN];
    for (int64_t n = 0; n < 70; ++n) {
        const float spread = ldexpf(1.0f, (int)(n % 7) - 2);
        for (int64_t i = 0; i < n; ++i)
            in[i] = ((float)(next() % 20001) - 10000.0f) * 1e-4f * spread;
        memset(out, 0xCD, sizeof out);
        fn(in, out, n);
        for (int64_t i = 0; i < n; ++i) {
            const double want = exact((double)in[i]);
            assert_true(ulps(want, out[i]) <= most_ulps || fabs((double)out[i] - want) <= most_absolute);
        }
        for (size_t i = (size_t)n * sizeof *out; i < sizeof out; ++i)
            assert_int_equal(((unsigned char *)out)[i], 0xCD);
        fn(in, in, n);
        assert_memory_equal(in, out, (size_t)n * sizeof *in);
    }
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static double gelu(double x)
{
    return 0.5 * x * erfc(-x * M_SQRT1_2);
}

static void float_functions_keep_their_bounds(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof masks / sizeof masks[0]; ++m) {
        mote_kernels kernels;
        mote_kernels_select(masks[m] & mote_cpu_detect(), &kernels);
        check_map(kernels.f32_logistic.run, logistic, 2.5, 0);
        check_map(kernels.f32_tanh.run, tanh, 1.5, 0);
        check_map(kernels.f32_gelu.run, gelu, 0, 2e-7 * 16);
        float x[3] = {-INFINITY, NAN, INFINITY}, y[3];
        kernels.f32_exp.run(x, y, 3, 1.0f, 1.0f);
        assert_true(y[0] == 0 && isnan(y[1]) && isinf(y[2]));
        kernels.f32_exp.run((const float[]){3, 4, 5}, y, 3, 5.0f, 2.0f);
        assert_true(ulps(exp(-4), y[0]) <= 1 && ulps(exp(-2), y[1]) <= 1 && y[2] == 1);
    }
}

/* Numbers where codes change, and what is far outside. */
static float step_like(void)
{
    static const float rare[] = {0, -0.0f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN, 400, -400};
    const uint32_t kind = next() % 16;
    if (kind == 0)
        return rare[next() % (sizeof rare / sizeof rare[0])];
    return kind < 8 ? (float)(next() % 600) - 300 + 0.5f : ((float)(next() % 600001) - 300000) * 1e-3f;
}

static void codes_and_strict_functions_have_the_same_bits_everywhere(void **state)
{
    (void)state;
    static float x[MOST], want_f32[MOST], got_f32[MOST + MARGIN];
    static int8_t want[MOST], got[MOST + MARGIN];
    for (size_t m = 0; m < sizeof masks / sizeof masks[0]; ++m) {
        mote_kernels kernels;
        mote_kernels_select(masks[m] & mote_cpu_detect(), &kernels);
        for (int32_t round = 0; round < 400; ++round) {
            const uint64_t before = seed;
            const int64_t n = next() % MOST;
            for (int64_t i = 0; i < n; ++i)
                x[i] = step_like();
            const float inverse = round % 2 ? 1 : (float)(next() % 1000) * 0.01f;
            const int32_t zero = (int8_t)next(), low = -128 + (int32_t)(next() % 2);
            memset(got, 0x5A, sizeof got);
            memset(got_f32, 0x5A, sizeof got_f32);
            mote_f32_to_qs8__ref(x, want, n, inverse, zero, low);
            kernels.f32_to_qs8.run(x, got, n, inverse, zero, low);
            mote_f32_logistic_strict__ref(x, want_f32, n);
            kernels.f32_logistic_strict.run(x, got_f32, n);
            if (memcmp(want, got, (size_t)n) != 0 || memcmp(want_f32, got_f32, (size_t)n * sizeof *x) != 0)
                print_error("%s, seed %llu\n", kernels.f32_to_qs8.variant, (unsigned long long)before);
            assert_memory_equal(want, got, (size_t)n);
            assert_memory_equal(want_f32, got_f32, (size_t)n * sizeof *x);
            assert_int_equal(got[n], 0x5A);
            assert_int_equal(*(const unsigned char *)&got_f32[n], 0x5A);
        }
    }
}

/* Halves away from zero before the zero point is added: in a sum that is rounded once more some would be lost. The
 * float below 1/2 becomes 1 as the sum with 1/2 does. */
static void codes_by_hand(void **state)
{
    (void)state;
    const float x[] = {0.5f, -0.5f, 1.5f, -2.5f, 0.49999997f, 254.5f, -300, NAN, 1e30f, 0.49999994f, 1.4999999f};
    const int8_t want[] = {-11, -13, -10, -15, -11, 127, -128, -128, 127, -12, -11};
    int8_t got[11];
    mote_f32_to_qs8__ref(x, got, 11, 1, -12, -128);
    assert_memory_equal(got, want, 11);
}

static void ranges_are_those_of_the_reference(void **state)
{
    (void)state;
    static float x[MOST];
    for (size_t m = 0; m < sizeof masks / sizeof masks[0]; ++m) {
        mote_kernels kernels;
        mote_kernels_select(masks[m] & mote_cpu_detect(), &kernels);
        for (int32_t round = 0; round < 300; ++round) {
            const int64_t n = next() % MOST;
            for (int64_t i = 0; i < n; ++i)
                x[i] = next() % 40 == 0 ? NAN : (float)(int32_t)next();
            float low, high, want_low, want_high;
            mote_f32_range__ref(x, n, &want_low, &want_high);
            kernels.f32_range.run(x, n, &low, &high);
            assert_true(low == want_low || (isnan(low) && isnan(want_low)));
            assert_true(high == want_high || (isnan(high) && isnan(want_high)));
        }
    }
}

static void sums_equal_the_reference(void **state)
{
    (void)state;
    static int8_t a[MOST], b[MOST], want[MOST], got[MOST + MARGIN];
    for (size_t m = 0; m < sizeof masks / sizeof masks[0]; ++m) {
        mote_kernels kernels;
        mote_kernels_select(masks[m] & mote_cpu_detect(), &kernels);
        for (int32_t round = 0; round < 600; ++round) {
            const int64_t n = next() % MOST;
            for (int64_t i = 0; i < n; ++i) {
                a[i] = (int8_t)next();
                b[i] = (int8_t)next();
            }
            const int32_t steps = (int32_t)(next() % 3);
            const mote_multiplier half = {1 << 30, 0}; /* of the larger scale */
            const mote_multiplier other_scale = {(int32_t)(next() >> 2 | 1u << 30), -(int32_t)(next() % 12)};
            const bool a_is_larger = next() % 2, alike = next() % 8 == 0;
            const mote_qs8_pair_job job = {
                .a = a,
                .b = b,
                .a_step = steps != 1,
                .b_step = steps != 2,
                .c = want,
                .zero_a = (int8_t)next(),
                .zero_b = (int8_t)next(),
                .zero_point = (int8_t)next(),
                .low = -128 + (int32_t)(next() % 2) * 60,
                .high = 127 - (int32_t)(next() % 2) * 60,
                .scale = {(int32_t)(next() >> 2 | 1u << 30),
                          -16 - (int32_t)(next() % 6) + (int32_t)(next() % 8 == 0) * 17},
                .scale_a = a_is_larger || alike ? half : other_scale,
                .scale_b = a_is_larger && !alike ? other_scale : half,
                .left_shift = 20,
                .subtract = next() % 2,
            };
            mote_qs8_pair_job other = job;
            other.c = got;
            memset(got, 0x5A, sizeof got);
            mote_qs8_add__ref(&job, n);
            kernels.qs8_add.run(&other, n);
            assert_memory_equal(want, got, (size_t)n);
            for (size_t i = (size_t)n; i < sizeof got; ++i)
                assert_int_equal(got[i], 0x5A);
            other.c = b; /* in place */
            if (job.b_step) {
                kernels.qs8_add.run(&other, n);
                assert_memory_equal(want, b, (size_t)n);
            }
        }
    }
}

static void products_equal_the_reference(void **state)
{
    (void)state;
    static int8_t a[MOST], b[MOST], want[MOST], got[MOST + MARGIN];
    for (size_t m = 0; m < sizeof masks / sizeof masks[0]; ++m) {
        mote_kernels kernels;
        mote_kernels_select(masks[m] & mote_cpu_detect(), &kernels);
        for (int32_t round = 0; round < 400; ++round) {
            const uint64_t before = seed;
            const int64_t n = next() % MOST;
            for (int64_t i = 0; i < n; ++i) {
                a[i] = (int8_t)next();
                b[i] = (int8_t)next();
            }
            const int32_t steps = (int32_t)(next() % 3);
            const int32_t high = (int32_t)(next() % 256) - 128;
            const mote_qs8_pair_job job = {
                .a = a,
                .b = b,
                .a_step = steps != 1,
                .b_step = steps != 2,
                .c = want,
                .zero_a = (int8_t)next(),
                .zero_b = (int8_t)next(),
                .zero_point = (int8_t)next(),
                .low = high - (int32_t)(next() % (uint32_t)(high + 129)),
                .high = high,
                .scale = {(int32_t)(next() >> 2 | 1u << 30), (int32_t)(next() % 37) - 31}, /* up to 2^5 */
            };
            mote_qs8_pair_job other = job;
            other.c = got;
            memset(got, 0x5A, sizeof got);
            mote_qs8_mul__ref(&job, n);
            kernels.qs8_mul.run(&other, n);
            if (memcmp(want, got, (size_t)n) != 0)
                print_error("%s, seed %llu\n", kernels.qs8_mul.variant, (unsigned long long)before);
            assert_memory_equal(want, got, (size_t)n);
            for (size_t i = (size_t)n; i < sizeof got; ++i)
                assert_int_equal(got[i], 0x5A);
            other.c = a; /* in place */
            if (job.a_step) {
                kernels.qs8_mul.run(&other, n);
                assert_memory_equal(want, a, (size_t)n);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float_functions_keep_their_bounds),
        cmocka_unit_test(codes_and_strict_functions_have_the_same_bits_everywhere),
        cmocka_unit_test(codes_by_hand),
        cmocka_unit_test(products_equal_the_reference),
        cmocka_unit_test(sums_equal_the_reference),
        cmocka_unit_test(ranges_are_those_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
