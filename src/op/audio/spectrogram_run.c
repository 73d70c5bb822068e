/*
 * AudioSpectrogram: windows of `window_size` samples, `stride` apart, weighted by a periodic Hann window, padded with
 * zeros to a power of two and transformed; what remains of each frequency is its magnitude, or the square of it.
 */
#include "op/audio/audio.h"
#include "op/fourier/fft.h"

#include <math.h>
#include <string.h>

typedef struct spectrogram {
    double *window;
    mote_fft_roots roots;
} spectrogram;

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_audio_spectrogram_params *p = io->node->params;
    if (io->inputs[0]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the input is %s, not float32",
                              mote_dtype_name(io->inputs[0]->dtype));
    const int32_t n_fft = mote_spectrogram_fft_length(p->window_size);
    spectrogram *s = *state = mote_run_persistent(run, sizeof *s);
    double *window = mote_run_persistent(run, (size_t)p->window_size * sizeof *window);
    mote_complex *roots = mote_run_persistent(run, (size_t)n_fft / 2 * sizeof *roots);
    if (!s || !window || !roots)
        return mote_error_no_memory(err);
    *s = (spectrogram){window, {n_fft, roots}};
    for (int32_t i = 0; i < p->window_size; i++)
        window[i] = 0.5 - 0.5 * cos(2 * acos(-1.0) * i / p->window_size);
    mote_fft_make_roots(n_fft, roots);
    mote_run_request_scratch(run, ((size_t)n_fft + 2) * sizeof(double));
    return MOTE_OK;
}

static void magnitudes(const double *pairs, int32_t n, bool squared, float *out)
{
    for (int32_t k = 0; k < n; k++) {
        const float power = (float)(pairs[2 * k] * pairs[2 * k] + pairs[2 * k + 1] * pairs[2 * k + 1]);
        out[k] = squared ? power : sqrtf(power);
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    const mote_audio_spectrogram_params *p = io->node->params;
    const spectrogram *s = state;
    const float *in = io->inputs[0]->data;
    const int32_t *dims = io->outputs[0]->shape.dims;
    double *values = mote_run_scratch(run);
    float *out = io->outputs[0]->data;
    for (int32_t channel = 0; channel < dims[0]; channel++)
        for (int32_t w = 0; w < dims[1]; w++, out += dims[2]) {
            const float *from = in + (int64_t)w * p->stride * dims[0] + channel;
            for (int32_t i = 0; i < p->window_size; i++)
                values[i] = (double)from[(int64_t)i * dims[0]] * s->window[i];
            memset(values + p->window_size, 0, (size_t)(s->roots.n - p->window_size) * sizeof *values);
            mote_real_fft(s->roots.n, &s->roots, values);
            magnitudes(values, dims[2], p->magnitude_squared, out);
        }
    return MOTE_OK;
}

const mote_op_run mote_op_run_audio_spectrogram = {.prepare = prepare, .eval = eval};
