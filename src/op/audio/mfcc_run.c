/*
 * Mfcc: a squared spectrum's magnitudes weighted into bands that are triangles on the mel scale, their logarithm, and
 * of its discrete cosine transform the first coefficients. All in double precision.
 */
#include "op/audio/audio.h"

#include <math.h>

static const double FLOOR = 1e-12; /* below which a band's logarithm is not taken */

/* Where a frequency's magnitude goes: its share to the band that falls there, the rest to the one that rises. */
typedef struct mel_bin {
    double share;
    int32_t falling; /* -1: below the first band's peak */
} mel_bin;

/* Scratch. */
typedef struct mel_filter {
    double *peaks; /* of all bands and one more, in mel */
    double *bands;
    mel_bin *bins;
    int32_t begin, end; /* the bins that count */
} mel_filter;

static double mel_of(double hz)
{
    return 1127.0 * log1p(hz / 700.0);
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_mfcc_params *p = io->node->params;
    if (io->inputs[0]->dtype != MOTE_FLOAT32 || io->inputs[1]->dtype != MOTE_INT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a spectrum of %s and a rate of %s; mote knows float32 and int32",
                              mote_dtype_name(io->inputs[0]->dtype), mote_dtype_name(io->inputs[1]->dtype));
    const int32_t n = p->filterbank_channel_count;
    double *cosines = *state = mote_run_persistent(run, (size_t)p->dct_coefficient_count * (size_t)n * sizeof *cosines);
    if (!cosines)
        return mote_error_no_memory(err);
    const double norm = sqrt(2.0 / n), step = acos(-1.0) / n;
    for (int32_t i = 0; i < p->dct_coefficient_count; i++)
        for (int32_t j = 0; j < n; j++)
            cosines[(int64_t)i * n + j] = norm * cos(i * step * (j + 0.5));
    mote_run_request_scratch(run, ((size_t)n + 1 + (size_t)n) * sizeof(double) +
                                      (size_t)io->inputs[0]->shape.dims[2] * sizeof(mel_bin));
    return MOTE_OK;
}

/* As HTK does: the constant part never counts. */
static mel_filter make_filter(const mote_mfcc_params *p, int32_t n_bins, int32_t rate, double *scratch)
{
    const int32_t n = p->filterbank_channel_count;
    mel_filter f = {.peaks = scratch, .bands = scratch + n + 1};
    f.bins = (mel_bin *)(void *)(f.bands + n);
    const double low = mel_of(p->lower_frequency_limit), spacing = (mel_of(p->upper_frequency_limit) - low) / (n + 1);
    for (int32_t i = 0; i <= n; i++)
        f.peaks[i] = low + spacing * (i + 1);
    const double hz_per_bin = 0.5 * rate / (n_bins - 1);
    const double begin = 1.5 + p->lower_frequency_limit / hz_per_bin, end = p->upper_frequency_limit / hz_per_bin;
    if (end >= n_bins) /* the spectrum ends before the band: TFLite leaves all bands empty */
        return f;
    f.begin = begin < n_bins ? (int32_t)begin : n_bins;
    f.end = (int32_t)end + 1;
    int32_t rising = 0;
    for (int32_t i = f.begin; i < f.end; i++) {
        const double mel = mel_of(i * hz_per_bin);
        while (rising < n && f.peaks[rising] < mel)
            rising++;
        const double before = rising > 0 ? f.peaks[rising - 1] : low;
        f.bins[i] = (mel_bin){(f.peaks[rising] - mel) / (f.peaks[rising] - before), rising - 1};
    }
    return f;
}

static void weigh(const mel_filter *f, int32_t n_bands, const float *spectrum)
{
    for (int32_t j = 0; j < n_bands; j++)
        f->bands[j] = 0;
    for (int32_t i = f->begin; i < f->end; i++) {
        const double magnitude = sqrt((double)spectrum[i]), share = magnitude * f->bins[i].share;
        const int32_t falling = f->bins[i].falling;
        if (falling >= 0)
            f->bands[falling] += share;
        if (falling + 1 < n_bands)
            f->bands[falling + 1] += magnitude - share;
    }
    for (int32_t j = 0; j < n_bands; j++)
        f->bands[j] = log(f->bands[j] < FLOOR ? FLOOR : f->bands[j]);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    const mote_mfcc_params *p = io->node->params;
    const mote_shape *shape = &io->inputs[0]->shape;
    const double *cosines = state;
    const float *in = io->inputs[0]->data;
    float *out = io->outputs[0]->data;
    const int32_t rate = *(const int32_t *)io->inputs[1]->data, n_bands = p->filterbank_channel_count;
    if (rate <= 0)
        return mote_error_set(err, MOTE_ARGUMENT, "a sample rate of %d Hz", rate);
    const mel_filter f = make_filter(p, shape->dims[2], rate, mote_run_scratch(run));
    for (int64_t w = 0; w < (int64_t)shape->dims[0] * shape->dims[1]; w++, in += shape->dims[2]) {
        if (f.end > 0)
            weigh(&f, n_bands, in);
        for (int32_t i = 0; i < p->dct_coefficient_count; i++) {
            double sum = 0;
            for (int32_t j = 0; j < n_bands && f.end > 0; j++)
                sum += cosines[(int64_t)i * n_bands + j] * f.bands[j];
            *out++ = (float)sum;
        }
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_mfcc = {.prepare = prepare, .eval = eval};
