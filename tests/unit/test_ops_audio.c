/* Spectra and cepstral coefficients against the sums that define them. */
#include "unit/mote_test.h"

#include <mote/rng.h>

#include "op/audio/audio.h"
#include "op/fourier/fft.h"
#include "support/run_op.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

/* X[k] of x's n values, by definition. */
static void dft(const double *x, int32_t n, int32_t k, double *re, double *im)
{
    *re = *im = 0;
    for (int32_t j = 0; j < n; j++) {
        *re += x[j] * cos(2 * PI * j * k / n);
        *im -= x[j] * sin(2 * PI * j * k / n);
    }
}

static void the_transform_is_the_sum(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(1, 0);
    for (int32_t n = 2; n <= 256; n *= 2) {
        double x[256], values[258], re, im;
        mote_complex circle[256]; /* of twice the length, too */
        for (int32_t i = 0; i < n; i++)
            x[i] = values[i] = (double)mote_rng_normal(&rng);
        const mote_fft_roots roots = {n % 8 ? n : 2 * n, circle};
        mote_fft_make_roots(roots.n, circle);
        mote_real_fft(n, &roots, values);
        for (int32_t k = 0; k <= n / 2; k++) {
            dft(x, n, k, &re, &im);
            assert_near(values[2 * k], re, 1e-12 * n);
            assert_near(values[2 * k + 1], im, 1e-12 * n);
        }
    }
}

enum { SAMPLES = 23, CHANNELS = 2, WINDOW = 6, STRIDE = 4, WINDOWS = 5, FREQUENCIES = 5 };

static void a_spectrogram_is_of_weighted_windows(void **state)
{
    (void)state;
    float in[SAMPLES * CHANNELS], out[CHANNELS * WINDOWS * FREQUENCIES];
    for (int32_t i = 0; i < SAMPLES * CHANNELS; i++)
        in[i] = (float)sin(i * 0.7) + 0.1f * (float)(i % 5);
    const operand wave = {MOTE_FLOAT32, shape_of(2, SAMPLES, CHANNELS), 0, 0, in, false};
    const operand result = {MOTE_FLOAT32, shape_of(3, CHANNELS, WINDOWS, FREQUENCIES), 0, 0, NULL, false};
    const mote_audio_spectrogram_params params = {WINDOW, STRIDE, false};
    assert_int_equal(run_op(MOTE_OP_AUDIO_SPECTROGRAM, &params, sizeof params, 1, &wave, &result, 1, out), MOTE_OK);
    for (int32_t c = 0; c < CHANNELS; c++)
        for (int32_t w = 0; w < WINDOWS; w++)
            for (int32_t k = 0; k < FREQUENCIES; k++) {
                double x[8] = {0}, re, im;
                for (int32_t i = 0; i < WINDOW; i++)
                    x[i] = (double)in[(w * STRIDE + i) * CHANNELS + c] * (0.5 - 0.5 * cos(2 * PI * i / WINDOW));
                dft(x, 8, k, &re, &im);
                assert_near((double)out[(c * WINDOWS + w) * FREQUENCIES + k], hypot(re, im), 1e-6);
            }
}

static double mel(double hz)
{
    return 1127 * log1p(hz / 700);
}

/* The height at a bin of the triangle between three points of the mel scale. */
static double triangle(double at, double left, double peak, double right)
{
    const double up = (at - left) / (peak - left), down = (right - at) / (right - peak);
    return fmax(0, fmin(up, down));
}

enum { BINS = 65, BANDS = 6, COEFFICIENTS = 4, LOW = 100, HIGH = 3500, RATE = 8000 };

static void coefficients_are_of_triangular_bands(void **state)
{
    (void)state;
    float in[BINS], out[COEFFICIENTS];
    for (int32_t i = 0; i < BINS; i++)
        in[i] = 1 + (float)((i * 37) % 23);
    const int32_t rate = RATE;
    const operand inputs[] = {{MOTE_FLOAT32, shape_of(3, 1, 1, BINS), 0, 0, in, false},
                              {MOTE_INT32, shape_of(1, 1), 0, 0, &rate, false}};
    const operand result = {MOTE_FLOAT32, shape_of(3, 1, 1, COEFFICIENTS), 0, 0, NULL, false};
    const mote_mfcc_params params = {HIGH, LOW, BANDS, COEFFICIENTS};
    assert_int_equal(run_op(MOTE_OP_MFCC, &params, sizeof params, 2, inputs, &result, 1, out), MOTE_OK);
    double bands[BANDS] = {0};
    const double space = (mel(HIGH) - mel(LOW)) / (BANDS + 1);
    for (int32_t b = 0; b < BANDS; b++)
        for (int32_t i = 3; i <= 56; i++) /* 62.5 Hz a bin: 100 Hz is past bin 1, and the first that counts is 1.5 on */
            bands[b] += sqrt((double)in[i]) * triangle(mel(i * 62.5), mel(LOW) + space * b, mel(LOW) + space * (b + 1),
                                                       mel(LOW) + space * (b + 2));
    for (int32_t c = 0; c < COEFFICIENTS; c++) {
        double sum = 0;
        for (int32_t b = 0; b < BANDS; b++)
            sum += sqrt(2.0 / BANDS) * cos(PI * c * (b + 0.5) / BANDS) * log(bands[b]);
        assert_near((double)out[c], sum, 1e-5);
    }
}

static void useless_settings_are_refused(void **state)
{
    (void)state;
    static const mote_mfcc_params bad[] = {{20, 20, 6, 4}, {3500, -1, 6, 4}, {3500, 20, 6, 7}, {3500, 20, 0, 0}};
    static const mote_audio_spectrogram_params worse[] = {{1, 1, false}, {4, 0, false}, {1 << 30, 1, false}};
    const float in[BINS] = {0};
    const int32_t rates[] = {RATE, 0};
    float out[BINS];
    operand inputs[] = {{MOTE_FLOAT32, shape_of(3, 1, 1, BINS), 0, 0, in, false},
                        {MOTE_INT32, shape_of(1, 1), 0, 0, &rates[0], false}};
    const operand wave = {MOTE_FLOAT32, shape_of(2, BINS, 1), 0, 0, in, false};
    const operand result = {MOTE_FLOAT32, shape_of(3, 1, 1, 4), 0, 0, NULL, false};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(run_op(MOTE_OP_MFCC, &bad[i], sizeof *bad, 2, inputs, &result, 1, out), MOTE_SHAPE);
    for (size_t i = 0; i < sizeof worse / sizeof *worse; i++)
        assert_int_equal(run_op(MOTE_OP_AUDIO_SPECTROGRAM, &worse[i], sizeof *worse, 1, &wave, &result, 1, out),
                         MOTE_SHAPE);
    const mote_mfcc_params good = {HIGH, LOW, BANDS, COEFFICIENTS};
    inputs[1].values = &rates[1];
    assert_int_equal(run_op(MOTE_OP_MFCC, &good, sizeof good, 2, inputs, &result, 1, out), MOTE_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_transform_is_the_sum),
        cmocka_unit_test(a_spectrogram_is_of_weighted_windows),
        cmocka_unit_test(coefficients_are_of_triangular_bands),
        cmocka_unit_test(useless_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
