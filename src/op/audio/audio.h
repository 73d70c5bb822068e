/* Options of the audio front end's operators, as the custom options name them. */
#ifndef MOTE_OP_AUDIO_AUDIO_H
#define MOTE_OP_AUDIO_AUDIO_H

#include "op/op.h"

typedef struct mote_audio_spectrogram_params {
    int32_t window_size, stride; /* samples */
    bool magnitude_squared;
} mote_audio_spectrogram_params;

typedef struct mote_mfcc_params {
    int32_t upper_frequency_limit, lower_frequency_limit; /* Hz */
    int32_t filterbank_channel_count, dct_coefficient_count;
} mote_mfcc_params;

/* The transform's length: the power of two from the window's size on. */
int32_t mote_spectrogram_fft_length(int32_t window_size);

#endif
