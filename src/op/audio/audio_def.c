#include "op/audio/audio.h"
#include "op/custom/flexbuffer.h"
#include "op/op_infer.h"

enum { MAX_WINDOW = 1 << 20, MAX_CHANNELS = 4096 };

int32_t mote_spectrogram_fft_length(int32_t window_size)
{
    int32_t n = 2;
    while (n < window_size)
        n *= 2;
    return n;
}

static void read_spectrogram(const uint8_t *options, size_t n, void *params)
{
    *(mote_audio_spectrogram_params *)params = (mote_audio_spectrogram_params){
        .window_size = mote_flex_find_i32(options, n, "window_size", 0),
        .stride = mote_flex_find_i32(options, n, "stride", 0),
        .magnitude_squared = mote_flex_find_i32(options, n, "magnitude_squared", 0) != 0,
    };
}

/* [samples, channels] -> [channels, windows, frequencies] */
static mote_status infer_spectrogram(const mote_op_io *io, mote_error *err)
{
    const mote_audio_spectrogram_params *p = io->node->params;
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    if (p->window_size < 2 || p->window_size > MAX_WINDOW || p->stride < 1)
        return mote_error_set(err, MOTE_SHAPE, "window_size %d is not from 2 to %d, or stride %d is below 1",
                              p->window_size, MAX_WINDOW, p->stride);
    io->outputs[0]->dtype = MOTE_FLOAT32;
    if (mote_infer_is_open(io, 1)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const mote_shape *in = &io->inputs[0]->shape;
    if (in->rank != 2)
        return mote_error_set(err, MOTE_SHAPE, "the input has rank %d, not 2: samples x channels", in->rank);
    const int32_t windows = in->dims[0] < p->window_size ? 0 : 1 + (in->dims[0] - p->window_size) / p->stride;
    io->outputs[0]->shape =
        (mote_shape){3, {in->dims[1], windows, 1 + mote_spectrogram_fft_length(p->window_size) / 2}};
    return MOTE_OK;
}

/* For inspect: the names and places are not a table of the schema's. */
static const mote_op_field SPECTROGRAM_FIELDS[] = {
    {"window_size", 0, MOTE_FIELD_I32, offsetof(mote_audio_spectrogram_params, window_size), 0},
    {"stride", 0, MOTE_FIELD_I32, offsetof(mote_audio_spectrogram_params, stride), 0},
    {"magnitude_squared", 0, MOTE_FIELD_BOOL, offsetof(mote_audio_spectrogram_params, magnitude_squared), 0},
};

const mote_op_def mote_op_def_audio_spectrogram = {
    .name = "AudioSpectrogram",
    .fields = SPECTROGRAM_FIELDS,
    .n_fields = sizeof SPECTROGRAM_FIELDS / sizeof *SPECTROGRAM_FIELDS,
    .params_bytes = sizeof(mote_audio_spectrogram_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_spectrogram,
    .read_custom = read_spectrogram,
};

static void read_mfcc(const uint8_t *options, size_t n, void *params)
{
    *(mote_mfcc_params *)params = (mote_mfcc_params){
        .upper_frequency_limit = mote_flex_find_i32(options, n, "upper_frequency_limit", 0),
        .lower_frequency_limit = mote_flex_find_i32(options, n, "lower_frequency_limit", 0),
        .filterbank_channel_count = mote_flex_find_i32(options, n, "filterbank_channel_count", 0),
        .dct_coefficient_count = mote_flex_find_i32(options, n, "dct_coefficient_count", 0),
    };
}

static mote_status check_mfcc(const mote_mfcc_params *p, mote_error *err)
{
    if (p->filterbank_channel_count < 1 || p->filterbank_channel_count > MAX_CHANNELS || p->dct_coefficient_count < 1 ||
        p->dct_coefficient_count > p->filterbank_channel_count)
        return mote_error_set(err, MOTE_SHAPE,
                              "filterbank_channel_count %d is not from 1 to %d, or not at least "
                              "dct_coefficient_count %d",
                              p->filterbank_channel_count, MAX_CHANNELS, p->dct_coefficient_count);
    if (p->lower_frequency_limit < 0 || p->upper_frequency_limit <= p->lower_frequency_limit)
        return mote_error_set(err, MOTE_SHAPE, "frequencies from %d to %d Hz are no band", p->lower_frequency_limit,
                              p->upper_frequency_limit);
    return MOTE_OK;
}

/* [channels, windows, frequencies], the sample rate -> [channels, windows, coefficients] */
static mote_status infer_mfcc(const mote_op_io *io, mote_error *err)
{
    const mote_mfcc_params *p = io->node->params;
    mote_status status = mote_infer_need(io, 2, err);
    if (status == MOTE_OK)
        status = check_mfcc(p, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = MOTE_FLOAT32;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const mote_shape *in = &io->inputs[0]->shape;
    if (in->rank != 3 || mote_shape_count(&io->inputs[1]->shape) != 1)
        return mote_error_set(err, MOTE_SHAPE,
                              "the inputs must be channels x windows x frequencies and one sample rate");
    if (in->dims[2] < 2)
        return mote_error_set(err, MOTE_SHAPE, "%d frequencies are not at least 2", in->dims[2]);
    io->outputs[0]->shape = (mote_shape){3, {in->dims[0], in->dims[1], p->dct_coefficient_count}};
    return MOTE_OK;
}

static const mote_op_field MFCC_FIELDS[] = {
    {"upper_frequency_limit", 0, MOTE_FIELD_I32, offsetof(mote_mfcc_params, upper_frequency_limit), 0},
    {"lower_frequency_limit", 0, MOTE_FIELD_I32, offsetof(mote_mfcc_params, lower_frequency_limit), 0},
    {"filterbank_channel_count", 0, MOTE_FIELD_I32, offsetof(mote_mfcc_params, filterbank_channel_count), 0},
    {"dct_coefficient_count", 0, MOTE_FIELD_I32, offsetof(mote_mfcc_params, dct_coefficient_count), 0},
};

const mote_op_def mote_op_def_mfcc = {
    .name = "Mfcc",
    .fields = MFCC_FIELDS,
    .n_fields = sizeof MFCC_FIELDS / sizeof *MFCC_FIELDS,
    .params_bytes = sizeof(mote_mfcc_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_mfcc,
    .read_custom = read_mfcc,
};
